// Puts and erases records of tables, each as one step in its key's stripe. The steps: table/writer.hpp.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "table/state.hpp"

namespace samepage {

using tables::closed;
using tables::damaged;
using tables::is_key;
using tables::no_key_that_can_be;
using tables::writer;

namespace {

constexpr const char* putting = "put into a table";
constexpr const char* erasing = "erase from a table";

// How long one who would split a bucket waits for the stripe: somebody else will.
constexpr duration splitter_patience = std::chrono::milliseconds(1);

// When the record that comes there is to expire. `stays_so`: one that is there does as before, whatever `how` says.
std::uint64_t moment_of(const writer::place& at, const put_options& how, bool stays_so) noexcept {
    if (at.is_there && (stays_so || how.expires_in == as_before)) return at.record.expires_ns;
    return tables::moment_in(how.expires_in);
}

result<void> is_possible(const table_bytes& t, std::size_t value_bytes, const put_options& how, const char* operation) {
    if (!t.is_open()) return closed(operation);
    if (value_bytes > tables::value_max) return error(errc::too_large, operation, "a value has at most 1 GiB");
    if (how.expires_in < as_before)
        return error(errc::invalid_argument, operation, "a record expires after it was put, not before; erase it");
    return {};
}

}  // namespace

template <class Step>
auto table_bytes::state::with_stripe(std::span<const std::byte> key, std::uint64_t value_bytes, duration timeout,
                                     const char* operation, Step&& step) const
    -> decltype(step(std::declval<writer&>(), std::uint64_t{}, std::declval<writer::place&>(),
                     std::declval<shared::patience&>())) {
    if (!is_key(key)) return no_key_that_can_be(key, operation);
    if (auto good = may_write(timeout, operation); !good) return good.error();
    const std::uint64_t h = hash(key);
    const unsigned stripe = tables::stripe_of(h);
    find->expect_bucket(h);
    if (value_bytes != 0) {
        const std::uint64_t wanted = tables::record_bytes(tables::lengths_of(key.size(), value_bytes));
        change->pages().expect_cell(stripe, tables::class_of(wanted));
    }
    shared::patience until(timeout);
    const auto run = [&]() -> decltype(step(std::declval<writer&>(), h, std::declval<writer::place&>(), until)) {
        const auto mine = own_unlocked(h, until, operation);
        if (!mine) return mine.error();
        if (auto good = self->may_write(operation); !good) return good.error();
        if (auto swept = change->sweep(h, until, operation); !swept) return swept.error();
        writer::place at;
        if (!change->find(key, h, at)) return damaged(operation);
        return step(*change, h, at, until);
    };
    auto done = run();
    leave(stripe, done.has_value());
    return done;
}

// After a put. Whatever goes wrong, the next put tries again; until then some buckets have more groups.
void table_bytes::state::split_one() const {
    shared::patience at_once(no_wait), soon(splitter_patience), later(writer_patience);
    const auto growing = own(tables::growth_point, at_once, putting);
    if (!growing) return;
    const std::uint64_t bucket = change->next_to_split();
    const auto mine = own(static_cast<unsigned>(bucket % tables::stripes_count), soon, putting);
    if (mine) static_cast<void>(change->split(bucket, later, putting));
}

result<std::uint64_t> table_bytes::put(std::span<const std::byte> key, std::span<const std::byte> value,
                                       const put_options& how) const {
    if (how.expires_in == forever && state_) [[likely]] {
        if (const std::uint64_t number = state_->put_plainly(key, value); number != 0) [[likely]]
            return number;
    }
    if (auto good = is_possible(*this, value.size(), how, putting); !good) return good.error();
    return state_->with_stripe(key, value.size(), how.timeout, putting,
                               [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) {
                                   return w.put(hash, key, value, moment_of(at, how, false), at, until, putting);
                               });
}

result<std::size_t> table_bytes::put_many(std::span<const std::byte> keys, std::size_t key_bytes,
                                          std::span<const std::byte> values, std::size_t value_bytes,
                                          std::span<std::uint64_t> versions, const put_options& how) const {
    if (!state_) return closed(putting);
    const std::size_t count = versions.size();
    if (!tables::are_as_many(count, keys.size(), key_bytes, values.size(), value_bytes))
        return tables::not_as_many(putting);
    std::fill(versions.begin(), versions.end(), 0);
    tables::batch near;
    for (std::size_t i = 0; i < count; ++i) {
        if (i % tables::batch_keys == 0) {
            const auto next = keys.subspan(i * key_bytes).first(std::min(tables::batch_keys, count - i) * key_bytes);
            state_->expect(next, key_bytes, state_->bytes->now(), near);
        }
        const auto done =
            put(keys.subspan(i * key_bytes, key_bytes), values.subspan(i * value_bytes, value_bytes), how);
        if (!done && i == 0) return done.error();
        if (!done) return i;
        versions[i] = *done;
    }
    return count;
}

result<std::uint64_t> table_bytes::insert(std::span<const std::byte> key, std::span<const std::byte> value,
                                          const put_options& how) const {
    constexpr const char* operation = "insert into a table";
    if (auto good = is_possible(*this, value.size(), how, operation); !good) return good.error();
    return state_->with_stripe(
        key, value.size(), how.timeout, operation,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            if (at.is_there) return error(errc::already_exists, operation, "there is a record of that key");
            return w.put(hash, key, value, moment_of(at, how, false), at, until, operation);
        });
}

result<std::uint64_t> table_bytes::compare_exchange(std::span<const std::byte> key, std::uint64_t expected,
                                                    std::span<const std::byte> value, const put_options& how) const {
    if (auto good = is_possible(*this, value.size(), how, putting); !good) return good.error();
    return state_->with_stripe(
        key, value.size(), how.timeout, putting,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            const std::uint64_t version = at.is_there ? at.record.number : 0;
            if (version != expected)
                return error(errc::conflict, putting,
                             "the record has version " + std::to_string(version) + ", not " + std::to_string(expected) +
                                 "; get it and decide anew");
            return w.put(hash, key, value, moment_of(at, how, false), at, until, putting);
        });
}

result<std::uint64_t> table_bytes::update(std::span<const std::byte> key, const change& f,
                                          const put_options& how) const {
    constexpr const char* operation = "update a table";
    if (auto good = is_possible(*this, 0, how, operation); !good) return good.error();
    return state_->with_stripe(
        key, 0, how.timeout, operation,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            std::vector<std::byte> old;
            if (at.is_there) {
                const auto value = w.value_of(at.record);
                old.resize(value.size());
                shared::load_bytes(old.data(), value.data(), old.size());
            }
            const std::span<const std::byte> seen(old);
            const auto next = f(at.is_there ? &seen : nullptr);
            if (!next) return next.error();
            if (next->size() > tables::value_max) return error(errc::too_large, operation, "a value has at most 1 GiB");
            return w.put(hash, key, *next, moment_of(at, how, true), at, until, operation);
        });
}

result<bool> table_bytes::erase(std::span<const std::byte> key, duration timeout) const {
    if (!state_) return closed(erasing);
    return state_->with_stripe(
        key, 0, timeout, erasing,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<bool> {
            if (!at.is_there) return false;
            if (auto done = w.erase(hash, at, until, erasing); !done) return done.error();
            return true;
        });
}

result<std::uint64_t> table_bytes::add(std::span<const std::byte> key, std::uint64_t more,
                                       const put_options& how) const {
    constexpr const char* operation = "add in a table";
    if (!state_) return closed(operation);
    std::uint64_t sum = more;
    const auto done = update(
        key,
        [&](const std::span<const std::byte>* old) -> result<std::vector<std::byte>> {
            if (old != nullptr && old->size() != sizeof sum) {
                return error(errc::wrong_kind, operation,
                             "the record has " + std::to_string(old->size()) + " bytes, a counter has 8");
            }
            std::uint64_t number = 0;
            if (old != nullptr) std::memcpy(&number, old->data(), sizeof number);
            sum = number + more;
            std::vector<std::byte> next(sizeof sum);
            std::memcpy(next.data(), &sum, sizeof sum);
            return next;
        },
        how);
    if (!done) return done.error();
    return sum;
}

}  // namespace samepage
