// Crash subjects: putting, replacing and erasing records of tables, small and large, and all that a table does for it.
// SPDX-License-Identifier: MIT
//
// The promise: after any death, each record is there as it was put for sure, or, where a call was under way, as before
// or after it; nothing of the table leaks or is wrong (tables::verify); readers saw all of that throughout; and it goes
// on.
//
// Of locked keys: who gets a lock that a dead one had is told; nobody waits for the dead.
//
// Actors have scripts of deeds, each with keys of its own. Values are zeros but for some words, so that few of their
// states differ.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "actors.hpp"
#include "shared/owner_word.hpp"
#include "table_deeds.hpp"
#include "table_inside.hpp"
#include "tracer.hpp"

namespace crash {

namespace {

using namespace deeds;
using samepage::table_bytes;
using samepage::table_options;
using samepage::shared::owner_word;
namespace tables = samepage::tables;

std::shared_ptr<table_bytes> keep(const scene& s, const plot& p) {
    table_options options;
    auto t = std::make_shared<table_bytes>(std::move(table_bytes::create(s.place, options).value()));
    s.mine().note = table_inside::view(s.place).seed();
    if (p.history_bytes != 0) t->keep_history(p.history_bytes).value();
    set_behind(3600);
    for (const deed& d : p.before) perform(s, p, *t, d, patience).value();
    set_behind(0);
    while (p.buckets_before != 0 && t->info().value().buckets < p.buckets_before)
        perform(s, p, *t, p.before.back(), patience).value();
    return t;
}

// The keeper's handle, open throughout, sees the same and goes on.
void still_works(const scene& s, const plot& p, void* held) {
    const auto& t = *static_cast<table_bytes*>(held);
    look(s, p, t, true);
    goes_on(s, t);
}

void act(const scene& s, const plot& p, bool attached) {
    const table_bytes t = open(s);
    // Who has changed something has its slot. What that takes is another subject's business.
    if (attached) require(s, t.erase_text(key_of(s, 31, 8)).has_value(), "can't attach");
    s.begin();
    play(s, p, t, patience);
    s.end();
}

subject playing(const char* name, const plot& p, bool attached = true) {
    subject s;
    s.name = name;
    s.prepare = [=](const scene& at) { return std::static_pointer_cast<void>(keep(at, p)); };
    s.operate = [=](const scene& at) { act(at, p, attached); };
    if (!p.recoverer.empty()) s.recover = [=](const scene& at) { act(at, p, true); };
    s.check = [=](const scene& at) { all_is_right(at, p); };
    if (!p.other.empty()) {
        s.meanwhile = [=](const scene& at) {
            const table_bytes reader = open(at, samepage::access::read_only);
            look(at, p, reader, false);  // readers wait for nobody
            nothing_is_called_wrong(at, reader);
            const table_bytes t = open(at);
            play(at, p, t, short_wait);
            look(at, p, t, false);
            nothing_is_called_wrong(at, reader);
        };
    }
    s.survive = [=](const scene& at, void* held) { still_works(at, p, held); };
    s.keeps_paths = false;  // what is special about them, check sums, is there when everybody has died
    return s;
}

// Another was killed before, as soon as `step` was written down in the stripe and its word, if there is one, was
// changed; the victim is the first who meets that.
subject recovering(const char* name, const plot& p, unsigned stripe, tables::step step) {
    subject s = playing(name, p);
    s.recover = nullptr;
    s.prepare = [=](const scene& at) {
        auto t = keep(at, p);
        const table_inside::view inside(at.place);
        const auto has_come_to_it = [&, buckets = tables::read(inside.body().buckets)] {
            const tables::stripe& its = inside.body().stripes[stripe];
            if (tables::read(its.doing) != step) return false;
            if (step == tables::splitting) return tables::read(inside.body().buckets) > buckets;
            return step != tables::publishing ||
                   tables::read(inside.bytes().at<tables::word>(tables::read(its.at))) == tables::read(its.after);
        };
        scene theirs = at;
        theirs.me = actor::recoverer;
        tracer dying(
            [&] {
                enter(theirs);
                act(theirs, p, true);
            },
            at.directory);
        while (!has_come_to_it()) {
            const stop where = dying.next();
            require(at, where.what != stop::kind::gone && where.what != stop::kind::end, "it never came to its step");
        }
        dying.kill();
        return std::static_pointer_cast<void>(t);
    };
    return s;
}

// Another one has the key that the victim wants; while the victim is stopped, or has waited, it unlocks it and ends.
subject locking_from_who_leaves(const char* name) {
    const plot p{{}, {{3, 0, locks}}, {}, {}};
    const auto note_of_other = [](const scene& at) -> std::uint64_t& {
        return at.book->lines[static_cast<std::size_t>(actor::other)].note;
    };
    subject s = playing(name, p);
    s.prepare = [=](const scene& at) {
        auto t = keep(at, p);
        std::signal(SIGCHLD, SIG_IGN);  // nobody waits for it, so that kill() says when it has ended
        const pid_t owner = fork();
        if (owner == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            enter(at);
            const table_bytes its = open(at);
            auto held = its.lock_text(key_of(at, p, p.victim.front()));
            note_of_other(at) = held ? static_cast<std::uint64_t>(getpid()) : 1;
            const table_inside::view inside(at.place);
            const auto& lock = inside.bytes().at<tables::lock_node>(tables::read(inside.body().stripes[3].locks));
            const auto somebody_has_waited = [&] { return (tables::read(lock.owner) & owner_word::starving) != 0; };
            while (at.of(actor::other).note != 0 && !somebody_has_waited()) usleep(100);
            _exit(held && held->release() ? 0 : 1);
        }
        while (at.of(actor::other).note == 0) usleep(100);
        require(at, at.of(actor::other).note == static_cast<std::uint64_t>(owner), "it doesn't get the lock");
        return std::static_pointer_cast<void>(t);
    };
    s.operate = [=](const scene& at) {
        const table_bytes t = open(at);
        require(at, t.erase_text(key_of(at, 31, 8)).has_value(), "can't attach");
        at.begin();
        const auto held = t.lock_text(key_of(at, p, p.victim.front()), patience);
        require(at, held.has_value(), held ? "" : held.error().message());
        require(at, !held->owner_died(), "a death is told though the lock was unlocked before");
        at.end();
    };
    s.meanwhile = [](const scene& at) {
        const auto owner = static_cast<pid_t>(std::exchange(at.mine().note, 0));
        while (kill(owner, 0) == 0) usleep(100);
    };
    return s;
}

// Who compacts next empties what a dead one has left half-empty, and nothing of it is lost.
subject compacting(const plot& p) {
    subject s = playing("table.compact", p);
    s.check = [=](const scene& at) {
        all_is_right(at, p);
        const auto done = open(at).compact(patience);
        require(at, done.has_value(), "can't compact: " + (done ? "" : done.error().message()));
        require(at, table_inside::wrong_with(at.place).empty(), table_inside::wrong_with(at.place));
        const table_inside::view inside(at.place);
        std::uint64_t offset = tables::arena_offset;
        while (offset < tables::read(inside.body().end)) {
            const std::uint64_t head = tables::read(inside.bytes().at<tables::run>(offset).head);
            require(at, tables::kind_of(head) != tables::leaving_run, "a slab is never empty");
            offset += tables::pages_of(head) * tables::page;
        }
    };
    return s;
}

script filled(std::uint64_t bucket, unsigned count, unsigned bytes) {
    script all;
    for (unsigned i = 0; i < count; ++i) all.push_back({bucket, i, bytes});
    return all;
}

script with_expiry(script all, samepage::duration expires_in) {
    for (deed& d : all) d.expires_in = expires_in;
    return all;
}

script operator+(script a, const script& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// In most plots the victim works in stripe 3; another acts in stripe 5 and in the victim's, and one that recovers only
// takes that and finds nothing to erase there.
const script others = {{5, 0, middle}, {35, 0, middle}};
const script taking_it = {{35, 9, 0}};

}  // namespace

std::vector<subject> table_subjects() {
    const script one = {{3, 0, middle}, {4, 0, other_size}};
    const script one_huge = {{3, 0, huge}, {4, 0, middle}, {4, 1, huge}, {4, 1, 0}};
    const script crowd = filled(0, 9, small), others_small = {{5, 0, small}, {32, 0, small}};
    const script dirty = {{4, 0, huge}, {4, 0, 0}};  // pages that were used before
    const script cramped = {{4, 0, middle}, {4, 1, other_size}};
    const script worn(40, {3, 0, small});  // more changes of a key than are kept
    constexpr std::uint64_t long_history = std::uint64_t{1} << 20;
    // Passed by: small ones, and one that has pages of its own.
    const script expired = with_expiry(filled(3, 2, small) + script{{3, 2, huge}}, long_ago) + script{{3, 10, small}};
    const script later = with_expiry({{3, 0, middle, 'b'}, {3, 1, middle}}, much_later);
    // Three slabs: the first is left with two records, the second with a dozen, the third gives cells out.
    script sparse = filled(3, 50, third_size);
    for (unsigned i = 0; i < 30; ++i) {
        if (i != 4 && i != 15) sparse.push_back({3, i, 0});
    }
    const script compaction = {{3, 0, compacts}};
    const script beside = {{5, 0, middle}, {3, 51, third_size}, {35, 0, third_size}};
    const script many = filled(0, 4, small) + dirty + filled(5, 50, small);
    return {
        playing("table.put", {{{4, 0, middle}}, {{3, 0, middle}, {3, 1, middle}}, others, taking_it}, false),
        playing("table.replace", {one, {{3, 0, middle, 'b'}, {3, 0, middle, 'c'}}, others, taking_it}),
        playing("table.replace_other_size", {one, {{3, 0, other_size, 'b'}}, others, taking_it}),
        playing("table.erase", {one, {{3, 0, 0}, {3, 0, middle, 'b'}}, others, taking_it}),
        playing("table.replace_large", {one_huge, {{3, 0, huge, 'b'}}, others, {}}),
        playing("table.erase_large", {one_huge, {{3, 0, 0}}, others, {{35, 1, middle}}}),
        playing("table.new_group", {dirty + filled(3, 7, small), {{3, 7, small}}, others, taking_it}),
        playing("table.new_slab", {{{4, 0, middle}}, {{3, 0, third_size}}, others, taking_it}),
        playing("table.grow", {cramped, {{3, 0, third_size}}, others, {}}, false),
        playing("table.split", {crowd, {{0, 9, small}}, others_small, {{32, 9, 0}}, 0, 2}),
        playing("table.split_all", {crowd, {{0, 9, small}}, others_small, {{32, 9, 0}}}),
        playing("table.new_piece", {many, {{5, 0, small, 'b'}}, {{5, 51, small}}, {{32, 9, 0}}, 256}),
        playing("table.put_expiring", {one, later, others, taking_it}),
        playing("table.sweep", {expired, {{3, 11, small}}, others, {{3, 12, small}}}),
        recovering("table.recover_publishing", {one, {{35, 2, middle}}, others, {{3, 0, middle, 'b'}}}, 3,
                   tables::publishing),
        recovering("table.recover_taking", {one, {{35, 2, middle}}, others, {{3, 0, middle, 'b'}}}, 3, tables::taking),
        recovering("table.recover_large", {one_huge, {{35, 2, middle}}, others, {{3, 0, 0}}}, 3, tables::publishing),
        recovering("table.recover_space", {one_huge, {{3, 0, 0}}, others, {{5, 1, third_size}}}, 5, tables::refilling),
        playing("table.lock", {{{4, 0, small}}, {{3, 0, locks}}, others, {{35, 9, locks}}}),
        playing("table.lock_two", {{{4, 0, small}}, {{3, 0, locks_two}}, others, {}}),
        playing("table.lock_all", {{{4, 0, small}}, {{3, 0, locks_all}}, others, {{3, 0, locks_all}}}),
        playing("table.history_put", {one, {{3, 0, middle}, {3, 0, 0}}, others, taking_it, 0, 1, long_history}),
        playing("table.history_overrun", {worn, {{3, 0, small, 'b'}}, others, taking_it, 0, 1, 1}),
        playing("table.history_sweep", {expired, {{3, 11, small}}, others, {{3, 12, small}}, 0, 1, long_history}),
        playing("table.history_split", {crowd, {{0, 9, small}}, others_small, {{32, 9, 0}}, 0, 2, long_history}),
        playing("table.keep_history", {one, {{3, 0, keeps_history}, {3, 0, middle}}, others, {{3, 0, keeps_history}}}),
        compacting({sparse, compaction, beside, {}}),
        locking_from_who_leaves("table.lock_from_who_leaves"),
        recovering("table.recover_lock", {one, {{3, 0, locks}}, others, {{3, 0, locks}}}, 3, tables::publishing),
        recovering("table.recover_splitting", {crowd, {{32, 2, small}}, others_small, {{0, 9, small}}, 0, 2}, 0,
                   tables::splitting),
    };
}

}  // namespace crash
