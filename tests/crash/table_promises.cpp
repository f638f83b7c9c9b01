// What must be there of a table after any death in crash tests: its records, its history, its locked keys.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "table_deeds.hpp"
#include "table_inside.hpp"

namespace crash::deeds {

using samepage::errc;
using samepage::table_bytes;
namespace tables = samepage::tables;

namespace {

struct expectation {
    contents sure;
    contents maybe;  // what is under way: these instead
};

void note(const scene& s, const plot& p, const deed& d, contents& in) {
    if (!is_of_a_record(d)) return;
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
            if (is_of_a_record(d)) all.sure.try_emplace(key_of(s, p, d));
        }
    }
    return all;
}

}  // namespace

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

namespace {

bool had_expired(const scene& s, const plot& p, const std::string& key) {
    return std::any_of(p.before.begin(), p.before.end(),
                       [&](const deed& d) { return d.expires_in == long_ago && key_of(s, p, d) == key; });
}

// What a subscriber is told last of each key is what became of it; and it is told each change once. That a record has
// expired is a change, an erase, once a writer has come by.
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
        const bool is_told = now && *now == (change.second ? 0 : change.first);
        require(s, is_told || (!at_rest && now && *now == 0 && had_expired(s, p, key)),
                "a change is not told, or never was");
    }
    const bool is_all = p.history_bytes > tables::stripes_count * tables::ring_bytes_min;
    require(s, !at_rest || !is_all || told == t.changes(), "a change is told more than once, or not");
}

void is_right(const scene& s) {
    const std::string wrong = table_inside::wrong_with(s.place);
    require(s, wrong.empty(), wrong);
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

}  // namespace

void nothing_is_called_wrong(const scene& s, const table_bytes& t) {
    const auto verdict = t.verify(samepage::no_wait);
    require(s, verdict.has_value(), "verify: " + (verdict ? "" : verdict.error().message()));
    require(s, verdict->wrong.empty(), verdict->wrong.empty() ? "" : "called wrong: " + verdict->wrong.front());
}

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

}  // namespace crash::deeds
