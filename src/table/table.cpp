// Tables: buckets, records and space in a structured object that grows, and an owner word for each stripe of them.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Each part has its protocol, invariants and crash story in its own header: table/find.hpp (what
// readers see), table/writer.hpp (putting, erasing, splitting, what the dead had begun), table/space.hpp (pages and
// cells), table/locks.hpp (locked keys), table/checkpoint.hpp (power failures), table/arena.hpp (addresses),
// shared/owner_word.hpp (whose turn it is).
//
// Owner words are taken in one order: who makes a checkpoint, who has locked all, growth, a stripe, space. Who puts
// takes the stripe, and space now and then; then, the stripe given back, it may take growth and a stripe to split one
// bucket, if growth is to be had at once. The gate to the mark (table/checkpoint.hpp) is passed while none of them is
// owned.
//
// Why a sleeper misses no change: as in cell.cpp. It marks itself in the wait word, reads the stripe's owner word (of
// all stripes, who waits for any key), then the slot. The writer stores the slot, releases the owner word (seq_cst),
// reads the mark (seq_cst). Who waits for a locked key reads the lock's owner instead, which who unlocks changes.
#include "samepage/table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "shared/await.hpp"
#include "table/cursor.hpp"
#include "table/hash.hpp"
#include "table/scan.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::closed;
using tables::damaged;
using tables::finder;
using tables::getting;
using tables::is_key;
using tables::no_key_that_can_be;
using tables::why_not;
using tables::writer;

namespace {

constexpr const char* putting = "put into a table";
constexpr const char* erasing = "erase from a table";
constexpr const char* scanning = "read a table";
constexpr const char* waiting = "wait for a table";

// Gets whose misses of the cache overlap: more than the processor has buffers for them brings nothing.
constexpr std::size_t keys_at_once = 32;

// How long one who would split a bucket waits for the stripe: somebody else will.
constexpr duration splitter_patience = std::chrono::milliseconds(1);

std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

}  // namespace

table_bytes::table_bytes() noexcept = default;
table_bytes::table_bytes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
table_bytes::table_bytes(table_bytes&&) noexcept = default;
table_bytes& table_bytes::operator=(table_bytes&&) noexcept = default;
table_bytes::~table_bytes() = default;
void table_bytes::close() noexcept { state_.reset(); }

// ---- Opening -----------------------------------------------------------------------------------------------------

result<table_bytes> table_bytes::state::open(std::string_view place, os::disposition disposition,
                                             const table_options& options) {
    const char* const operation = disposition == os::disposition::open_existing ? "open a table" : "create a table";
    const auto where = place::parse(place);
    if (!where) return where.error();
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.access = options.access;
    request.timeout = options.timeout;
    request.spec.kind = kind::table;
    request.spec.format_version = tables::format_version;
    request.spec.fingerprint = tables::fingerprint;
    request.spec.object_bytes = tables::initial_bytes;
    request.spec.parameters[tables::seed_parameter] =
        std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    request.spec.parameters[tables::checked_parameter] = where->is_path() ? 1 : 0;
    request.reserve_bytes = tables::reserve_bytes;
    std::uint64_t mark = 0;
    if (where->is_path()) {
        const auto now = os::boot();
        if (!now) return now.error();
        mark = tables::new_in(*now);
    }
    request.initialise = [=](std::span<std::byte> object) { tables::initialise(object, mark); };
    request.operation = operation;
    auto s = std::make_unique<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    s->attach(options);
    if (auto good = s->come_back(options, operation); !good) return good.error();
    return table_bytes(std::move(s));
}

void table_bytes::state::attach(const table_options& options) {
    bytes.emplace(opened);
    find.emplace(*bytes);
    seed = opened.header().parameters[tables::seed_parameter];
    strategy = options.strategy;
    self.emplace(opened.object(), opened.participants());
    tables::body& fixed = bytes->fixed();
    owners.reserve(tables::owners_count);
    for (unsigned i = 0; i < tables::stripes_count; ++i)
        owners.emplace_back(fixed.stripes[i].owner, *self, opened.object(), i);
    owners.emplace_back(fixed.growth, *self, opened.object(), tables::growth_point);
    owners.emplace_back(fixed.space, *self, opened.object(), tables::space_point);
    owners.emplace_back(fixed.whole, *self, opened.object(), tables::whole_point);
    owners.emplace_back(fixed.checkpoint, *self, opened.object(), tables::checkpoint_point);
    if (std::byte* const page = opened.wait_page(); page != nullptr) {
        const auto at = [&](std::uint64_t offset) -> std::atomic<std::uint32_t>& {
            return *reinterpret_cast<std::atomic<std::uint32_t>*>(page + offset - shared::wait_page_offset);
        };
        for (unsigned i = 0; i < tables::key_waits_count; ++i)
            key_waits.emplace_back(at(tables::key_waits_offset + std::uint64_t{64} * i), tables::key_waits_point + i);
        any_wait.emplace(at(tables::any_wait_offset), tables::any_wait_point);
    }
    change.emplace(*bytes, owners[tables::space_point], opened.header().parameters[tables::checked_parameter] != 0);
    locks.emplace(*bytes, *change, *self, owners[tables::whole_owner], tables::permits_of(options.permits, seed));
}

result<table_bytes> table_bytes::create(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<table_bytes> table_bytes::create_new(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<table_bytes> table_bytes::open(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

// ---- Reading -----------------------------------------------------------------------------------------------------

template <class RoomFor>
result<std::uint64_t> table_bytes::state::copy_out(std::span<const std::byte> key, std::uint64_t hash,
                                                   RoomFor&& room_for) const {
    std::uint64_t version = 0;
    const auto how = find->get(key, hash, version, [&](const std::byte* value, std::uint64_t size_bytes) {
        const auto count = static_cast<std::size_t>(size_bytes);
        if (std::byte* const to = room_for(count); to != nullptr) shared::load_bytes(to, value, count);
    });
    if (how != finder::outcome::found) return why_not(how, getting);
    return version;
}

result<table_bytes::found> table_bytes::get(std::span<const std::byte> key, std::span<std::byte> into) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    found seen{0, 0};
    const std::uint64_t hash = state_->hash(key);
    const auto copy = [&](const std::byte* value, std::uint64_t size_bytes) {
        seen.size_bytes = static_cast<std::size_t>(size_bytes);
        if (seen.size_bytes <= into.size()) shared::load_bytes(into.data(), value, seen.size_bytes);
    };
    if (state_->find->try_get(key, hash, seen.version, copy) && seen.size_bytes <= into.size()) [[likely]]
        return seen;
    return state_->get_closely(key, hash, into);
}

std::uint64_t table_bytes::get_plain(const void* key, std::size_t key_bytes, void* into,
                                     std::size_t value_bytes) const noexcept {
    if (!state_) [[unlikely]]
        return 0;
    const std::span bytes(static_cast<const std::byte*>(key), key_bytes);
    const std::span to(static_cast<std::byte*>(into), value_bytes);
    // The most common length of keys has code of its own.
    return key_bytes == 8 ? state_->get_plain(bytes.first<8>(), to) : state_->get_plain(bytes, to);
}

result<table_bytes::found> table_bytes::state::get_closely(std::span<const std::byte> key, std::uint64_t hash,
                                                           std::span<std::byte> into) const {
    std::size_t size_bytes = 0;
    const auto version = copy_out(key, hash, [&](std::size_t count) {
        size_bytes = count;
        return count <= into.size() ? into.data() : nullptr;
    });
    if (!version) return version.error();
    if (size_bytes <= into.size()) return found{*version, size_bytes};
    return error(errc::too_large, getting,
                 "the value has " + std::to_string(size_bytes) + " bytes, there is room for " +
                     std::to_string(into.size()) + "; give a larger buffer")
        .set_needed_bytes(size_bytes);
}

result<std::size_t> table_bytes::get_many(std::span<const std::byte> keys, std::size_t key_bytes,
                                          std::span<std::byte> values, std::size_t value_bytes,
                                          std::span<std::uint64_t> versions) const {
    if (!state_) return closed(getting);
    const std::size_t count = versions.size();
    if (key_bytes == 0 || key_bytes > tables::key_max || keys.size() / key_bytes != count ||
        keys.size() % key_bytes != 0 || (count != 0 && values.size() / count != value_bytes) ||
        values.size() != value_bytes * count)
        return error(errc::invalid_argument, getting, "keys, values and versions are not of as many records");
    std::size_t there = 0;
    std::array<std::uint64_t, keys_at_once> hashes;
    std::array<const tables::word*, keys_at_once> slots;
    for (std::size_t first = 0; first < count; first += keys_at_once) {
        const std::size_t here = std::min(keys_at_once, count - first);
        const tables::arena::view view = state_->bytes->now();
        for (std::size_t i = 0; i < here; ++i) {
            hashes[i] = state_->hash(keys.subspan((first + i) * key_bytes, key_bytes));
            state_->find->expect_bucket(hashes[i]);
        }
        for (std::size_t i = 0; i < here; ++i) {
            slots[i] = state_->find->near_slot(hashes[i], view);
            if (slots[i] != nullptr) state_->find->expect_record(*slots[i]);
        }
        for (std::size_t i = 0; i < here; ++i) {
            const auto key = keys.subspan((first + i) * key_bytes, key_bytes);
            std::uint64_t& version = versions[first + i];
            const auto into = values.subspan((first + i) * value_bytes, value_bytes);
            if (slots[i] != nullptr) version = state_->find->copy_exactly(*slots[i], view, key, into);
            if (slots[i] != nullptr && version != 0) [[likely]] {
                ++there;
                continue;
            }
            std::uint64_t seen_bytes = value_bytes;
            const auto how =
                state_->find->get(key, hashes[i], version, [&](const std::byte* from, std::uint64_t size_bytes) {
                    seen_bytes = size_bytes;
                    if (size_bytes == value_bytes) shared::load_bytes(into.data(), from, value_bytes);
                });
            if (how == finder::outcome::missing) {
                version = 0;
                continue;
            }
            if (how != finder::outcome::found) return why_not(how, getting);
            if (seen_bytes != value_bytes)
                return error(errc::wrong_kind, getting,
                             "a record has " + std::to_string(seen_bytes) + " bytes, not " +
                                 std::to_string(value_bytes) + "; get it by itself");
            ++there;
        }
    }
    return there;
}

result<std::vector<std::byte>> table_bytes::get(std::span<const std::byte> key) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    std::vector<std::byte> value;
    const auto version = state_->copy_out(key, state_->hash(key), [&](std::size_t count) {
        value.resize(count);
        return value.data();
    });
    if (!version) return version.error();
    return value;
}

result<table_bytes::text_value> table_bytes::get_text(std::string_view key) const {
    if (!state_) return closed(getting);
    if (!is_key(bytes_of(key))) return no_key_that_can_be(bytes_of(key), getting);
    std::string text;
    const auto version = state_->copy_out(bytes_of(key), state_->hash(bytes_of(key)), [&](std::size_t count) {
        text.resize(count);
        return reinterpret_cast<std::byte*>(text.data());
    });
    if (!version) return version.error();
    return text_value{*version, std::move(text)};
}

result<std::uint64_t> table_bytes::version(std::span<const std::byte> key) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    std::uint64_t version = 0;
    const auto how =
        state_->find->get(key, state_->hash(key), version, [](const std::byte*, std::uint64_t) noexcept {});
    if (how == finder::outcome::missing) return std::uint64_t{0};
    if (how != finder::outcome::found) return why_not(how, getting);
    return version;
}

result<bool> table_bytes::contains(std::string_view key) const {
    const auto seen = version(bytes_of(key));
    if (!seen) return seen.error();
    return *seen != 0;
}

result<void> table_bytes::for_each(const std::function<bool(const record&)>& f, std::string_view prefix) const {
    if (!state_) return closed(scanning);
    tables::scan scan(*state_->bytes, state_->seed);
    for (;;) {
        const auto how = scan.next_bucket(bytes_of(prefix));
        if (how == finder::outcome::missing) return {};
        if (how != finder::outcome::found) return why_not(how, scanning);
        for (const auto& one : scan.records()) {
            if (!f({one.key(), one.value(), one.number})) return {};
        }
    }
}

result<table_bytes::cursor> table_bytes::scan(std::string_view prefix) const {
    if (!state_) return closed(scanning);
    return cursor(std::make_unique<cursor::state>(*state_->bytes, state_->seed, prefix));
}

// ---- Writing -----------------------------------------------------------------------------------------------------

result<shared::turn> table_bytes::state::own(unsigned index, shared::patience& until, const char* operation) const {
    const shared::owner_word& owner = owners[index];
    std::uint64_t identity = owner.try_fast();
    bool owner_died = false;
    if (identity == 0) {
        const auto taken = owner.acquire(until.end().left(), strategy, operation);
        if (!taken) return taken.error();
        identity = taken->identity;
        owner_died = taken->owner_died;
    }
    shared::turn mine(owner, identity);
    if (index >= tables::stripes_count) return mine;
    if (tables::read(bytes->fixed().stripes[index].doing) != tables::no_step) {
        // The owner died, or had to leave something to the next one.
        if (auto whole = change->recover(index, until, operation); !whole) return whole.error();
    }
    // Killed before this line, a survivor is counted by the next one in the place of who was dead before.
    if (owner_died) bytes->fixed().deaths.fetch_add(1);
    return mine;
}

template <class Step>
auto table_bytes::state::with_stripe(std::span<const std::byte> key, duration timeout, const char* operation,
                                     Step&& step) const
    -> decltype(step(std::declval<writer&>(), std::uint64_t{}, std::declval<writer::place&>(),
                     std::declval<shared::patience&>())) {
    if (!is_key(key)) return no_key_that_can_be(key, operation);
    if (auto good = may_write(timeout, operation); !good) return good.error();
    const std::uint64_t h = hash(key);
    const unsigned stripe = tables::stripe_of(h);
    shared::patience until(timeout);
    const auto run = [&]() -> decltype(step(std::declval<writer&>(), h, std::declval<writer::place&>(), until)) {
        const auto mine = own_unlocked(h, until, operation);
        if (!mine) return mine.error();
        writer::place at;
        if (!change->find(key, h, at)) return damaged(operation);
        return step(*change, h, at, until);
    };
    auto done = run();
    // Also when it came to nothing: it may have finished what a dead one had begun.
    wake(stripe);
    if (done && change->is_crowded(stripe)) split_one();
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
                                       duration timeout) const {
    if (!state_) return closed(putting);
    if (value.size() > tables::value_max) return error(errc::too_large, putting, "a value has at most 1 GiB");
    return state_->with_stripe(key, timeout, putting,
                               [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) {
                                   return w.put(hash, key, value, at, until, putting);
                               });
}

result<std::uint64_t> table_bytes::insert(std::span<const std::byte> key, std::span<const std::byte> value,
                                          duration timeout) const {
    constexpr const char* operation = "insert into a table";
    if (!state_) return closed(operation);
    if (value.size() > tables::value_max) return error(errc::too_large, operation, "a value has at most 1 GiB");
    return state_->with_stripe(
        key, timeout, operation,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            if (at.slot != nullptr) return error(errc::already_exists, operation, "there is a record of that key");
            return w.put(hash, key, value, at, until, operation);
        });
}

result<std::uint64_t> table_bytes::compare_exchange(std::span<const std::byte> key, std::uint64_t expected,
                                                    std::span<const std::byte> value, duration timeout) const {
    if (!state_) return closed(putting);
    if (value.size() > tables::value_max) return error(errc::too_large, putting, "a value has at most 1 GiB");
    return state_->with_stripe(
        key, timeout, putting,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            const std::uint64_t version = at.slot == nullptr ? 0 : at.record.number;
            if (version != expected)
                return error(errc::conflict, putting,
                             "the record has version " + std::to_string(version) + ", not " + std::to_string(expected) +
                                 "; get it and decide anew");
            return w.put(hash, key, value, at, until, putting);
        });
}

result<std::uint64_t> table_bytes::update(std::span<const std::byte> key, const change& f, duration timeout) const {
    constexpr const char* operation = "update a table";
    if (!state_) return closed(operation);
    return state_->with_stripe(
        key, timeout, operation,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<std::uint64_t> {
            std::vector<std::byte> old;
            if (at.slot != nullptr) {
                const auto value = w.value_of(at.record);
                old.resize(value.size());
                shared::load_bytes(old.data(), value.data(), old.size());
            }
            const std::span<const std::byte> seen(old);
            const auto next = f(at.slot == nullptr ? nullptr : &seen);
            if (!next) return next.error();
            if (next->size() > tables::value_max) return error(errc::too_large, operation, "a value has at most 1 GiB");
            return w.put(hash, key, *next, at, until, operation);
        });
}

result<bool> table_bytes::erase(std::span<const std::byte> key, duration timeout) const {
    if (!state_) return closed(erasing);
    return state_->with_stripe(
        key, timeout, erasing,
        [&](writer& w, std::uint64_t hash, writer::place& at, shared::patience& until) -> result<bool> {
            if (at.slot == nullptr) return false;
            if (auto done = w.erase(hash, at, until, erasing); !done) return done.error();
            return true;
        });
}

result<std::uint64_t> table_bytes::add(std::span<const std::byte> key, std::uint64_t more, duration timeout) const {
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
        timeout);
    if (!done) return done.error();
    return sum;
}

// ---- Waiting -----------------------------------------------------------------------------------------------------

result<std::uint64_t> table_bytes::wait(std::span<const std::byte> key, std::uint64_t version, duration timeout) const {
    if (!state_) return closed(waiting);
    if (!is_key(key)) return no_key_that_can_be(key, waiting);
    const state& s = *state_;
    const unsigned stripe = tables::stripe_of(s.hash(key));
    // An error ends the waiting, too.
    result<std::uint64_t> now = version;
    const auto changed = [&] {
        now = this->version(key);
        return (!now && now.error().code() != errc::busy) || (now && *now != version);
    };
    // seq_cst (default): the read of the owner word, see "Why a sleeper misses no change" (sleepers)
    const auto changed_for_sleepers = [&] {
        static_cast<void>(s.bytes->fixed().stripes[stripe].owner.load());
        return changed();
    };
    const auto* const word = s.key_waits.empty() ? nullptr : &s.key_waits[stripe % tables::key_waits_count];
    if (shared::await(changed, changed_for_sleepers, word, s.opened.object(), s.strategy, os::deadline::after(timeout)))
        return now;
    return error(errc::timed_out, waiting,
                 "the record's version is " + std::to_string(version) + " still; wait longer");
}

std::uint64_t table_bytes::changes() const noexcept {
    std::uint64_t count = 0;
    if (state_) {
        for (const auto& stripe : state_->bytes->fixed().stripes) count += tables::read(stripe.changes);
    }
    return count;
}

result<std::uint64_t> table_bytes::wait_any(std::uint64_t changes, duration timeout) const {
    if (!state_) return closed(waiting);
    const state& s = *state_;
    std::uint64_t now = changes;
    const auto changed = [&] { return (now = this->changes()) != changes; };
    const auto changed_for_sleepers = [&] {
        // seq_cst (default): the reads of the owner words, see "Why a sleeper misses no change" (sleepers)
        for (const auto& stripe : s.bytes->fixed().stripes) static_cast<void>(stripe.owner.load());
        return changed();
    };
    const auto* const word = s.any_wait ? &*s.any_wait : nullptr;
    if (shared::await(changed, changed_for_sleepers, word, s.opened.object(), s.strategy, os::deadline::after(timeout)))
        return now;
    return error(errc::timed_out, waiting, "nothing was put or erased; wait longer");
}

// ---- What it is --------------------------------------------------------------------------------------------------

std::uint64_t table_bytes::size() const noexcept {
    std::uint64_t records = 0;
    if (state_) {
        for (const auto& stripe : state_->bytes->fixed().stripes) records += tables::read(stripe.records);
    }
    return records;
}

bool table_bytes::went_back() const noexcept { return state_ && state_->went_back; }
bool table_bytes::is_open() const noexcept { return state_ != nullptr; }
bool table_bytes::created() const noexcept { return state_ && state_->opened.object().created(); }
access table_bytes::access() const noexcept {
    return state_ && state_->opened.may_write() ? access::read_write : access::read_only;
}

result<void> table_bytes::check_name() const {
    if (!state_) return closed("check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
