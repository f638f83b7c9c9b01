// Makes checkpoints: copies a table beside itself while others go on. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>

#include "shared/words.hpp"
#include "table/state.hpp"
#include "table/verify.hpp"

namespace samepage {

using tables::read;
using tables::write;

namespace {

constexpr const char* checkpointing = "make a checkpoint";

constexpr unsigned passes_max = 4;        // before the writers are held
constexpr std::uint64_t pages_few = 256;  // after a pass that copied no more than these, another brings nothing
// How long some writers wait because others aren't to be had: longer from try to try.
constexpr duration first_round = std::chrono::milliseconds(10), longest_round = std::chrono::milliseconds(160);

// Whether writers have been at work: if none was at the first look, and the second is the same, nobody has changed a
// page in between (writer.hpp I4, space.hpp I4).
class quiet {
   public:
    explicit quiet(const tables::body& fixed) : turns_(turns(fixed)) {
        for (const tables::stripe& s : fixed.stripes) is_at_rest_ &= shared::owner_word::is_free(s.owner.load());
        is_at_rest_ &= shared::owner_word::is_free(fixed.space.load());
    }
    bool is_since(const tables::body& fixed) const { return is_at_rest_ && turns(fixed) == turns_; }

   private:
    using all_turns = std::array<std::uint64_t, tables::stripes_count + 1>;
    static all_turns turns(const tables::body& fixed) {
        all_turns seen{};
        for (unsigned i = 0; i < tables::stripes_count; ++i) seen[i] = read(fixed.stripes[i].next_number);
        seen.back() = read(fixed.space_turns);
        return seen;
    }

    all_turns turns_;
    bool is_at_rest_ = true;
};

result<void> is_a_whole_table(const std::string& path) {
    const auto seen = tables::verify(path, std::chrono::seconds(5));
    if (!seen) return seen.error();
    if (seen->wrong.empty() && seen->unjudged.empty()) return {};
    const std::string& why = seen->wrong.empty() ? seen->unjudged.front() : seen->wrong.front();
    return error(errc::corrupt, checkpointing,
                 "the table isn't whole (" + why + "); the checkpoint before stays: see \"samepage table verify\"");
}

}  // namespace

result<void> tables::put_aside(const arena& where, const shared::structured& opened, const std::string& path) {
    auto to = os::new_file::make(path, opened.object());
    if (!to) return to.error();
    const std::uint64_t size_bytes = opened.object().size_bytes();
    std::vector<std::byte> copy(std::size_t{64} << 10);
    for (std::uint64_t at = 0; at < size_bytes;) {
        const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(copy.size(), size_bytes - at));
        if (!where.reaches(at, here)) return damaged("put a table aside");
        shared::load_bytes(copy.data(), &where.at<std::byte>(at), here);
        if (auto done = to->write(at, std::span(copy).first(here)); !done) return done;
        at += here;
    }
    return to->put_in_place();
}

// All, or none of them for long.
result<table_bytes::state::standstill> table_bytes::state::hold_writers(shared::patience& until,
                                                                        const char* operation) const {
    for (duration round = first_round;; round = std::min(2 * round, longest_round)) {
        standstill all{{}, os::deadline::clock::now()};
        all.turns.reserve(tables::stripes_count + 1);
        shared::patience now(std::min(round, until.end().left()));
        std::optional<error> why;
        const auto take = [&](unsigned index) {
            auto one = own(index, now, operation);
            if (!one) why = one.error();
            if (one) all.turns.push_back(*std::move(one));
        };
        take(tables::growth_point);
        for (unsigned stripe = 0; stripe < tables::stripes_count && !why; ++stripe) take(stripe);
        if (!why) return all;
        all.turns.clear();
        wake_all();  // a dead one's step may have been finished
        if (why->code() != errc::timed_out || until.end().passed()) return *why;
        std::this_thread::yield();
    }
}

result<table_checkpoint> table_bytes::checkpoint(duration timeout) const {
    if (!state_) return tables::closed(checkpointing);
    const state& s = *state_;
    if (!s.is_file())
        return error(errc::not_supported, checkpointing,
                     "a name is memory, which a power failure ends; use a file, ./" + s.opened.place());
    if (auto good = s.may_write(timeout, checkpointing); !good) return good.error();
    shared::patience until(timeout);
    const auto mine = s.own(tables::checkpoint_owner, until, checkpointing);  // K1
    if (!mine) return mine.error();
    const auto path = s.opened.object().file_path();
    if (!path) return path.error();
    auto file = os::new_file::make(*path + ".checkpoint", s.opened.object());
    if (!file) return file.error();
    tables::image_writer image(*s.bytes, *file);
    tables::body& fixed = s.bytes->fixed();
    std::optional<quiet> before;
    for (unsigned pass = 0; pass < passes_max; ++pass) {  // K2, K3
        before.emplace(fixed);
        const auto copied = image.copy_runs(read(fixed.end));
        if (!copied) return copied.error();
        if (*copied <= pages_few) break;
    }
    table_checkpoint done;
    const auto made = std::chrono::system_clock::now().time_since_epoch();
    const auto made_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(made).count());
    {
        shared::patience writers(timeout);
        const auto all = s.hold_writers(writers, checkpointing);  // K4
        if (!all) return all.error();
        const bool is_copied = before->is_since(fixed);
        const auto space = s.change->own_space(writers, checkpointing);
        if (!space) return space.error();
        if (!is_copied) {
            if (const auto copied = image.copy_runs(read(fixed.end)); !copied) return copied.error();
        }
        image.take_fixed(made_ns);
        done.stall = os::deadline::clock::now() - all->since;
    }
    s.wake_all();
    if (auto finished = image.finish(); !finished) return finished.error();
    if (auto whole = is_a_whole_table(os::new_file::half_made(*path + ".checkpoint")); !whole) return whole.error();
    if (auto placed = file->put_in_place(); !placed) return placed.error();  // K6
    write(fixed.checkpoint_ns, made_ns);
    done.records = image.records();
    done.size_bytes = image.size_bytes();
    return done;
}

}  // namespace samepage
