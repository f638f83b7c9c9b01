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
#include <dlfcn.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors.hpp"
#include "samepage/table.hpp"
#include "scene.hpp"
#include "shared/owner_word.hpp"
#include "table_inside.hpp"
#include "tracer.hpp"

namespace {

std::time_t behind_s = 0;

}  // namespace

// In front of the C library's: whoever asks for a time in this program asks here.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    static const auto real = reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
    const int done = real(clock, time);
    if (clock == CLOCK_REALTIME) time->tv_sec -= behind_s;
    return done;
}

namespace crash {

namespace {

using samepage::errc;
using samepage::table_bytes;
using samepage::table_options;
using samepage::shared::owner_word;
namespace tables = samepage::tables;

constexpr auto patience = std::chrono::seconds(30);        // of who must get through
constexpr auto short_wait = std::chrono::milliseconds(5);  // of who may be stopped by a stopped one

// Sizes of values, each of another class of cells; `huge` gets a run of its own.
constexpr unsigned small = 40, middle = 300, other_size = 120, third_size = 700, huge = 17000;

// Puts a value of `bytes` under the nth key of a bucket (of 64), or erases it (0), if it is there. Or locks it for a
// moment, or all; or that key and the next, and unlocks them in the same order. Or makes the history. Records may
// expire: long after the test, or before it, so that nobody sees them: those are put by a clock that is behind.
constexpr unsigned locks = 1, locks_all = 2, locks_two = 3, keeps_history = 4;
constexpr samepage::duration long_ago = std::chrono::seconds(1), much_later = std::chrono::hours(24);
struct deed {
    std::uint64_t bucket;
    unsigned nth;
    unsigned bytes;
    char stamp = 'a';
    samepage::duration expires_in = samepage::forever;
};
using script = std::vector<deed>;

// What a subject is about: who does what, in this order.
struct plot {
    script before;  // by whoever prepares
    script victim, other, recoverer;
    std::uint64_t buckets_before = 0;  // prepared so that there are so many
    unsigned moving_each = 1;          // of the keys of bucket 0, every how many one is moved by a split
    std::uint64_t history_bytes = 0;   // of the history that it has from the start, if any

    const script& of(actor who) const {
        return who == actor::victim ? victim : who == actor::other ? other : recoverer;
    }
};

std::string key_of(const scene& s, std::uint64_t bucket, unsigned nth, std::uint64_t buckets = 64) {
    static table_inside::keys all(
        s.of(actor::keeper).note);  // the seed, which the keeper notes; a process has one table
    return all.in(bucket, nth, buckets);
}

std::string key_of(const scene& s, const plot& p, const deed& d) {
    if (d.bucket != 0) return key_of(s, d.bucket, d.nth);
    return key_of(s, d.nth % p.moving_each == 0 ? 64 : 0, d.nth, 128);
}

std::string value_of(const std::string& key, const deed& d) {
    const std::string stamp = key + d.stamp;
    std::string value(d.bytes, '\0');
    for (std::size_t at = 0; at + stamp.size() <= value.size(); at += value.size() / 3)
        value.replace(at, stamp.size(), stamp);
    return value;
}

table_bytes open(const scene& s, samepage::access access = samepage::access::read_write) {
    table_options options;
    options.access = access;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto t = table_bytes::open(s.place, options);
    require(s, t.has_value(), "can't open: " + (t ? "" : t.error().message()));
    return std::move(*t);
}

bool is_lock(const deed& d) { return d.bytes == locks || d.bytes == locks_all || d.bytes == locks_two; }

samepage::result<void> lock(const scene& s, const table_bytes& t, const deed& d, const std::string& key,
                            samepage::duration timeout) {
    auto held = d.bytes == locks_all ? t.lock_all(timeout) : t.lock_text(key, timeout);
    if (!held) return held.error();
    const bool dies = s.me == actor::victim || s.me == actor::recoverer;
    if (dies) s.mine().note = 1;  // from here on its death is to be told
    s.stop_here();
    held->mark_repaired();
    if (d.bytes == locks_two) {
        auto second = t.lock_text(key_of(s, d.bucket, d.nth + 1), timeout);
        if (!second) return second.error();
        second->mark_repaired();
        if (auto done = held->release(); !done) return done;
        held = std::move(second);
    }
    if (dies) s.mine().note = 0;  // from here on it may be
    return held->release();
}

samepage::result<void> perform(const scene& s, const plot& p, const table_bytes& t, const deed& d,
                               samepage::duration timeout) {
    const std::string key = key_of(s, p, d);
    if (is_lock(d)) return lock(s, t, d, key, timeout);
    if (d.bytes == keeps_history) {
        const auto kept = t.keep_history(1, timeout);
        if (!kept) return kept.error();
        return {};
    }
    if (d.bytes == 0) {
        const auto done = t.erase_text(key, timeout);
        if (!done) return done.error();
        return {};
    }
    const auto done = t.put_text(key, value_of(key, d), samepage::put_options{d.expires_in, timeout});
    if (!done) return done.error();
    return {};
}

// An error that a call may give: a system call failed, or a stopped one is in the way, and named.
bool is_explained(const scene& s, const samepage::error& why) {
    if (why.code() == errc::system || why.code() == errc::not_supported || why.code() == errc::no_space) return true;
    return s.victim != 0 && why.code() == errc::timed_out &&
           why.detail().find(std::to_string(s.victim)) != std::string_view::npos;
}

void play(const scene& s, const plot& p, const table_bytes& t, samepage::duration timeout) {
    for (const deed& d : p.of(s.me)) {
        const bool done = s.act([&] {
            const auto how = perform(s, p, t, d, timeout);
            require(s, how || is_explained(s, how.error()), "a deed: " + (how ? "" : how.error().message()));
            return how;
        });
        if (!done) return;
    }
}

// ---- What must be there --------------------------------------------------------------------------------------------

using contents = std::map<std::string, std::optional<std::string>>;  // nothing: an erased one

struct expectation {
    contents sure;
    contents maybe;  // what is under way: these instead
};

void note(const scene& s, const plot& p, const deed& d, contents& in) {
    if (is_lock(d) || d.bytes == keeps_history) return;
    const std::string key = key_of(s, p, d);
    in[key] = d.bytes == 0 || d.expires_in == long_ago ? std::nullopt : std::optional(value_of(key, d));
}

expectation expected(const scene& s, const plot& p) {
    expectation all;
    for (const deed& d : p.before) note(s, p, d, all.sure);
    for (const actor who : {actor::victim, actor::other, actor::recoverer}) {
        const ledger::line& line = s.of(who);
        const script& deeds = p.of(who);
        for (std::size_t i = 0; i < line.acknowledged; ++i) note(s, p, deeds[i], all.sure);
        if (line.begun > line.acknowledged + line.refused) note(s, p, deeds[line.acknowledged], all.maybe);
        for (const deed& d : deeds) {
            if (!is_lock(d) && d.bytes != keeps_history) all.sure.try_emplace(key_of(s, p, d));
        }
    }
    return all;
}

// Each record as it must be; the scan and the count agree with what get says, where nobody is alive to change it.
contents look(const scene& s, const plot& p, const table_bytes& t, bool at_rest) {
    const expectation wanted = expected(s, p);
    contents there;
    for (const auto& [key, value] : wanted.sure) {
        const auto got = t.get_text(key);
        require(s, got || got.error().code() == errc::no_key, "get: " + (got ? "" : got.error().message()));
        if (got) there[key] = got->text;
        const auto seen = got ? std::optional(got->text) : std::nullopt;
        const auto under_way = wanted.maybe.find(key);
        require(s, seen == value || (under_way != wanted.maybe.end() && seen == under_way->second),
                "record " + key +
                    (!seen    ? " is lost"
                     : !value ? " came back"
                              : " has another value"));
    }
    contents scanned;
    const auto done = t.for_each([&](const table_bytes::record& r) {
        require(s, scanned.emplace(r.key_text(), r.text()).second, "a scan shows a record twice");
        return true;
    });
    require(s, done.has_value(), "for_each: " + (done ? "" : done.error().message()));
    require(s, scanned == there, "a scan shows other records than get");
    const bool all_stay =
        std::none_of(p.before.begin(), p.before.end(), [](const deed& d) { return d.expires_in == long_ago; });
    require(s, !at_rest || t.size() == there.size() || (!all_stay && t.size() > there.size()),
            "size is " + std::to_string(t.size()) + ", there are " + std::to_string(there.size()));
    return there;
}

// What a subscriber is told last of each key is what became of it; and it is told each change once.
void history_is_right(const scene& s, const plot& p, const table_bytes& t, bool at_rest) {
    if (t.info().value().history_bytes == 0) return;
    auto feed = t.subscribe({{}, true});
    require(s, feed.has_value(), "subscribe: " + (feed ? "" : feed.error().message()));
    std::map<std::string, std::pair<std::uint64_t, bool>> last;
    std::uint64_t told = 0;
    auto seen = feed->next(samepage::no_wait);
    for (; seen; seen = feed->next(samepage::no_wait), ++told) {
        require(s, seen->missed == 0 && !seen->key.empty(), "a change was missed");
        auto& [version, erased] = last[std::string(seen->key_text())];
        require(s, seen->erased ? !erased && (version == 0 || version == seen->version) : version < seen->version,
                "changes of a key are told in another order, or twice");
        version = seen->version;
        erased = seen->erased;
    }
    require(s, seen.error().code() == errc::timed_out, "next: " + seen.error().message());
    for (const auto& [key, change] : last) {
        const auto now = t.version(std::as_bytes(std::span(key)));
        require(s, now && *now == (change.second ? 0 : change.first), "a change is not told, or never was");
    }
    const bool is_all = p.history_bytes > tables::stripes_count * tables::ring_bytes_min;
    require(s, !at_rest || !is_all || told == t.changes(), "a change is told more than once, or not");
}

void is_right(const scene& s) {
    const std::string wrong = table_inside::wrong_with(s.place);
    require(s, wrong.empty(), wrong);
}

// While somebody is stopped in the middle of a change.
void nothing_is_called_wrong(const scene& s, const table_bytes& t) {
    const auto verdict = t.verify(samepage::no_wait);
    require(s, verdict.has_value(), "verify: " + (verdict ? "" : verdict.error().message()));
    require(s, verdict->wrong.empty(), verdict->wrong.empty() ? "" : "called wrong: " + verdict->wrong.front());
}

// Puts, replaces and erases in each stripe that somebody may have left a step in, and in a fresh one; small and large.
void goes_on(const scene& s, const table_bytes& t) {
    for (const unsigned bucket : {32U, 3U, 37U, 31U}) {
        const std::string key = key_of(s, bucket, 9);
        for (const unsigned bytes : {small, middle, middle, bucket == 3 ? huge : other_size}) {
            const auto done = t.put_text(key, std::string(bytes, 'g'), patience);
            require(s, done.has_value(), "can't go on: " + (done ? "" : done.error().message()));
            const auto got = t.get_text(key);
            require(s, got && got->text == std::string(bytes, 'g'), "what was put last isn't there");
        }
        const auto gone = t.erase_text(key, patience);
        require(s, gone && *gone, "can't erase what was put last");
    }
}

// Who locks a key that the victim died with, or all, is told; then nobody has anything to say any more.
void locks_are_right(const scene& s, const plot& p, const table_bytes& t) {
    if (std::none_of(p.victim.begin(), p.victim.end(), is_lock)) return;
    // Who locks all after the victim's death repairs.
    const ledger::line& second = s.of(actor::recoverer);
    const bool second_has_all = second.begun != 0 && p.recoverer.front().bytes == locks_all;
    const bool first_died = s.of(actor::victim).note == 1 && !second_has_all, second_died = second.note == 1;
    if (p.victim.front().bytes != locks_two) {
        const auto one = t.lock_text(key_of(s, p, p.victim.front()), patience);
        require(s, one.has_value(), "can't lock a key: " + (one ? "" : one.error().message()));
        require(s, one->owner_died() || !(first_died || (second_died && second_has_all)),
                "a death is not told to who locks a key");
    }
    auto all = t.lock_all(patience);
    require(s, all.has_value(), "can't lock all: " + (all ? "" : all.error().message()));
    require(s, all->owner_died() || !(first_died || second_died), "a death with a lock is not told");
    all->mark_repaired();
    require(s, all->release().has_value(), "can't unlock all");
    auto again = t.lock_all(patience);
    require(s, again && !again->owner_died(), "a death is told though it was repaired");
    require(s, again->release().has_value(), "can't unlock all");
    const table_inside::view inside(s.place);
    for (const tables::stripe& stripe : inside.body().stripes)
        require(s, tables::read(stripe.locks) == 0, "a lock is left");
}

void all_is_right(const scene& s, const plot& p) {
    is_right(s);
    const table_bytes reader = open(s, samepage::access::read_only);
    const contents before = look(s, p, reader, false);
    history_is_right(s, p, reader, false);
    const table_bytes t = open(s);
    goes_on(s, t);
    history_is_right(s, p, t, true);
    locks_are_right(s, p, t);
    require(s, look(s, p, t, true) == before, "going on changed a record of others");
    is_right(s);
}

// ---- Subjects ------------------------------------------------------------------------------------------------------

std::shared_ptr<table_bytes> keep(const scene& s, const plot& p) {
    table_options options;
    auto t = std::make_shared<table_bytes>(std::move(table_bytes::create(s.place, options).value()));
    s.mine().note = table_inside::view(s.place).seed();
    if (p.history_bytes != 0) t->keep_history(p.history_bytes).value();
    behind_s = 3600;
    for (const deed& d : p.before) perform(s, p, *t, d, patience).value();
    behind_s = 0;
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
        playing("table.history_split", {crowd, {{0, 9, small}}, others_small, {{32, 9, 0}}, 0, 2, long_history}),
        playing("table.keep_history", {one, {{3, 0, keeps_history}, {3, 0, middle}}, others, {{3, 0, keeps_history}}}),
        locking_from_who_leaves("table.lock_from_who_leaves"),
        recovering("table.recover_lock", {one, {{3, 0, locks}}, others, {{3, 0, locks}}}, 3, tables::publishing),
        recovering("table.recover_splitting", {crowd, {{32, 2, small}}, others_small, {{0, 9, small}}, 0, 2}, 0,
                   tables::splitting),
    };
}

}  // namespace crash
