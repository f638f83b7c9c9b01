// A table's feed of changes: makes the history, and reads it along from a private position. Protocol: history.hpp.
// SPDX-License-Identifier: MIT
//
// Why a sleeper misses no change: as in wait.cpp. It marks itself, reads all owner words, then the tails; a writer has
// moved the tail before it releases its owner word.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "shared/await.hpp"
#include "table/history.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::history_ring;
using tables::read;
using tables::stripes_count;
using tables::write;

namespace {

constexpr const char* keeping = "keep a table's history";
constexpr const char* reading_along = "read a table's changes";
constexpr const char* listening = "listen to a table";

constexpr unsigned overruns_max = 1000;  // in one call

}  // namespace

// ---- Making it -----------------------------------------------------------------------------------------------------

// K1 to K4.
result<void> tables::space::add_history(std::uint64_t ring_bytes, shared::patience& until, const char* operation) {
    const auto mine = own(until, operation);
    if (!mine) return mine.error();
    if (read(body_->history) != 0) return {};
    const std::uint64_t pages = (sizeof(run) + history_bytes(ring_bytes) + spare_bytes + page - 1) / page;
    const auto offset = find_pages(pages, operation);
    if (!offset) return offset.error();
    hand_out(*offset, pages, history_run, ring_bytes);
    const std::uint64_t inside = *offset + sizeof(run);
    for (unsigned i = 0; i < stripes_count; ++i)
        ring_of(*arena_, inside, ring_bytes, i).initialise(read(body_->stripes[i].changes) + 1);
    write(body_->history, inside);
    write(body_->pending, 0);
    return {};
}

result<std::uint64_t> table_bytes::keep_history(std::uint64_t size_bytes, duration timeout) const {
    if (!state_) return tables::closed(keeping);
    const state& s = *state_;
    if (auto good = s.may_write(timeout, keeping); !good) return good.error();
    if (size_bytes == 0 || size_bytes > stripes_count * tables::ring_bytes_max)
        return error(errc::invalid_argument, keeping, "a history has 1 byte to 2 GiB");
    const std::uint64_t least = (size_bytes + stripes_count - 1) / stripes_count;
    tables::body& fixed = s.bytes->fixed();
    if (read(fixed.history) == 0) {
        shared::patience until(timeout);
        const auto all = s.hold_writers(until, keeping);
        if (!all) return all.error();
        const std::uint64_t ring_bytes = std::bit_ceil(std::max(least, tables::ring_bytes_min));
        if (auto made = s.change->add_history(ring_bytes, until, keeping); !made) return made.error();
    }
    s.wake_all();
    std::uint64_t ring_bytes = 0;
    if (!tables::find_history(*s.bytes, read(fixed.history), ring_bytes)) return tables::damaged(keeping);
    return stripes_count * ring_bytes;
}

// ---- Subscribing ---------------------------------------------------------------------------------------------------

struct table_bytes::feed::state {
    const table_bytes::state* table;
    std::string prefix;
    std::uint64_t history = 0, ring_bytes = 0;
    std::array<history_ring::place, stripes_count> places{};
    unsigned stripe = 0;         // that it is reading
    std::uint64_t end = 0;       // and up to where: what comes meanwhile is for later, so that no stripe waits for ever
    std::uint64_t missed = 0;    // since the last entry that was given
    history_ring::entry seen{};  // the last one

    history_ring ring(unsigned i) const { return tables::ring_of(*table->bytes, history, ring_bytes, i); }
    bool is_wanted() const {
        const auto wanted = std::as_bytes(std::span(prefix));
        return seen.key.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), seen.key.begin());
    }
    result<void> begin(bool from_oldest);
    bool has_news() const;
    std::uint64_t end_of(unsigned i) const;
    result<bool> read_on(const os::deadline& until);
    result<void> go_on_from_oldest();
};

table_bytes::feed::feed() noexcept = default;
table_bytes::feed::feed(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
table_bytes::feed::feed(feed&&) noexcept = default;
table_bytes::feed& table_bytes::feed::operator=(feed&&) noexcept = default;
table_bytes::feed::~feed() = default;

result<table_bytes::feed> table_bytes::subscribe(const feed_options& options) const {
    if (!state_) return tables::closed(reading_along);
    auto s = std::make_unique<feed::state>();
    s->table = state_.get();
    s->prefix = options.prefix;
    s->history = read(state_->bytes->fixed().history);
    if (s->history == 0)
        return error(errc::not_supported, reading_along,
                     state_->opened.place() + " keeps no history; keep_history() makes one, and so does \"samepage " +
                         "table hold --history SIZE\"");
    if (!tables::find_history(*state_->bytes, s->history, s->ring_bytes)) return tables::damaged(reading_along);
    if (auto begun = s->begin(options.from_oldest); !begun) return begun.error();
    return feed(std::move(s));
}

result<void> table_bytes::feed::state::begin(bool from_oldest) {
    for (unsigned i = 0; i < stripes_count; ++i) {
        const bool found = from_oldest ? ring(i).oldest(places[i]) : ring(i).newest(places[i]);
        if (!found)
            return error(errc::busy, reading_along, "writers were faster in every try; a longer history is needed");
    }
    return {};
}

// Up to where a stripe's entries are there, also those that a dead one's step has still to add.
std::uint64_t table_bytes::feed::state::end_of(unsigned i) const {
    const history_ring its = ring(i);
    return std::max(its.tail(), tables::dead_tail(*table->bytes, i, its, *table->self));
}

bool table_bytes::feed::state::has_news() const {
    for (unsigned i = 0; i < stripes_count; ++i) {
        if (end_of(i) > places[i].position) return true;
    }
    return false;
}

result<void> table_bytes::feed::state::go_on_from_oldest() {
    history_ring::place& at = places[stripe];
    history_ring::place oldest;
    if (!ring(stripe).oldest(oldest))
        return error(errc::busy, reading_along, "writers were faster in every try; a longer history is needed");
    if (oldest.position < at.position || oldest.number < at.number) return tables::damaged(reading_along);
    missed += oldest.number - at.number;
    at = oldest;
    return {};
}

// True: `seen` is to be given. False: there is nothing more, or `until` has passed since all was looked at once.
result<bool> table_bytes::feed::state::read_on(const os::deadline& until) {
    unsigned overruns = 0;
    for (unsigned visits = 0, idle = 0; idle <= stripes_count;) {
        if (visits > stripes_count && until.passed()) return false;
        history_ring::place& at = places[stripe];
        switch (ring(stripe).look(at, end, seen)) {
            case history_ring::sight::entry:
                at = {seen.end, at.number + 1};
                idle = 0;
                if (seen.key.empty()) missed += 1;
                if (!seen.key.empty() && is_wanted()) return true;
                break;
            case history_ring::sight::nothing:
                stripe = (stripe + 1) % stripes_count;
                end = end_of(stripe);
                ++visits;
                ++idle;
                break;
            case history_ring::sight::overrun:
                if (++overruns == overruns_max)
                    return error(errc::busy, reading_along, "writers overran it in every try; read on");
                if (auto done = go_on_from_oldest(); !done) return done.error();
                break;
            case history_ring::sight::corrupt: return tables::damaged(reading_along);
        }
    }
    return false;
}

result<table_bytes::feed::entry> table_bytes::feed::next(duration timeout) {
    if (!state_) return tables::closed(reading_along);
    state& s = *state_;
    const table_bytes::state& t = *s.table;
    for (const auto until = os::deadline::after(timeout);;) {
        const auto found = s.read_on(until);
        if (!found) return found.error();
        if (*found)
            return entry{s.seen.key, s.seen.version, s.seen.kind == tables::erase_entry, std::exchange(s.missed, 0)};
        if (s.missed != 0) return entry{{}, 0, false, std::exchange(s.missed, 0)};
        const auto has_news = [&] { return s.has_news(); };
        const auto has_news_for_sleepers = [&] {
            // seq_cst (default): the reads of the owner words, as in table_bytes::wait_any (sleepers)
            for (const auto& stripe : t.bytes->fixed().stripes) static_cast<void>(stripe.owner.load());
            return s.has_news();
        };
        const auto* const word = t.any_wait ? &*t.any_wait : nullptr;
        if (until.passed() ||
            !shared::await(has_news, has_news_for_sleepers, word, t.opened.object(), t.strategy, until))
            return error(errc::timed_out, reading_along, "nothing was put or erased; wait longer");
    }
}

// ---- Event loops ---------------------------------------------------------------------------------------------------

result<native_handle> table_bytes::descriptor() const {
    if (!state_) return tables::closed(listening);
    if (!state_->bell) return state_->may_not_mark(listening);
    return state_->bell->armed_descriptor(state_->opened.object());
}

result<void> table_bytes::arm() const {
    if (!state_) return tables::closed(listening);
    if (!state_->bell) return state_->may_not_mark(listening);
    if (const auto armed = state_->bell->arm(state_->opened.object()); !armed) return armed.error();
    // seq_cst (default): the reads of the owner words, as for sleepers (sleepers)
    for (const auto& stripe : state_->bytes->fixed().stripes) static_cast<void>(stripe.owner.load());
    return {};
}

}  // namespace samepage
