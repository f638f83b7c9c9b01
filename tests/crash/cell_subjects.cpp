// Crash subjects: storing in a cell, every way, reading it, waiting for it and waking who waits.
// SPDX-License-Identifier: MIT
//
// The promise: after any death, the value is the last acknowledged one or the one in flight, whole; versions count
// acknowledged stores, plus at most the one in flight; and the cell goes on.
#include <poll.h>

#include <chrono>
#include <string>
#include <thread>

#include "samepage/cell.hpp"
#include "scene.hpp"

namespace crash {

namespace {

using samepage::cell_bytes;
using samepage::cell_options;
using samepage::errc;
using samepage::result;

constexpr auto patience = std::chrono::seconds(30);        // of who must get through
constexpr auto short_wait = std::chrono::milliseconds(5);  // of who may be stopped by a stopped one
constexpr std::uint64_t history = 9;                       // stores before: each buffer has held a value
constexpr std::uint64_t capacity_bytes = 64;
constexpr int turns_in_a_row = 300;  // more than a bias needs

// What `who` stores in its act number `act`. Values of one subject differ in length as `step` says.
struct lengths {
    std::size_t before;
    std::size_t after;
};

std::string text_of(actor who, std::uint64_t act, const lengths& l) {
    const std::size_t size = who == actor::keeper ? l.before : l.after;
    std::string text = std::to_string(static_cast<int>(who)) + "." + std::to_string(act) + ".";
    while (text.size() < size)
        text += static_cast<char>('a' + (text.size() + static_cast<std::size_t>(who) + act) % 26);
    return text.substr(0, size);
}

cell_options small_cell() {
    cell_options options;
    options.capacity_bytes = capacity_bytes;
    return options;
}

cell_bytes open(const scene& s, samepage::access access = samepage::access::read_write) {
    cell_options options;
    options.access = access;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto c = cell_bytes::open(s.place, options);
    require(s, c.has_value(), "can't open: " + (c ? "" : c.error().message()));
    return std::move(*c);
}

// Whether the value can be the newest, by what the actors say they did. `before` stores were there from the start.
bool may_be(const scene& s, const lengths& l, std::uint64_t before, std::uint64_t version, const std::string& text) {
    struct writer {
        actor who;
        bool in_flight;
        const ledger::line& line;
        std::string last(bool landed, const lengths& size) const {
            if (landed) return text_of(who, line.begun, size);
            return line.note == 0 ? "" : text_of(who, line.note, size);
        }
    };
    const auto writer_of = [&](actor who) {
        const ledger::line& line = s.of(who);
        return writer{who, line.begun > line.acknowledged + line.refused, line};
    };
    const writer writers[] = {writer_of(actor::victim), writer_of(actor::other), writer_of(actor::recoverer)};
    for (unsigned landed = 0; landed < 8; ++landed) {
        std::uint64_t expected = before;
        std::string last[3];
        bool possible = true;
        for (unsigned i = 0; i < 3; ++i) {
            const bool this_landed = (landed >> i & 1) != 0;
            possible = possible && (!this_landed || writers[i].in_flight);
            expected += writers[i].line.acknowledged + (this_landed ? 1U : 0U);
            last[i] = writers[i].last(this_landed, l);
        }
        if (!possible || expected != version) continue;
        if (!last[2].empty()) {  // the recoverer came after the others
            if (text == last[2]) return true;
        } else if (last[0].empty() && last[1].empty()) {
            if (text == (before == 0 ? "" : text_of(actor::keeper, before, l))) return true;
        } else if ((!last[0].empty() && text == last[0]) || (!last[1].empty() && text == last[1])) {
            return true;
        }
    }
    return false;
}

// Reads without waiting for anybody, and judges.
std::uint64_t read_and_judge(const scene& s, const cell_bytes& c, const lengths& l, std::uint64_t before) {
    const auto seen = c.load_text();
    const bool empty = !seen && seen.error().code() == errc::empty;
    require(s, seen || empty, "can't load: " + (seen ? "" : seen.error().message()));
    const std::uint64_t version = empty ? 0 : seen->version;
    const std::string text = empty ? "" : seen->text;
    require(s, may_be(s, l, before, version, text),
            "torn, lost or invented: version " + std::to_string(version) + ", '" + text + "'");
    return version;
}

// Each verb stores the text of the actor's next act.
using verb = result<std::uint64_t> (*)(const cell_bytes&, const std::string&, samepage::duration);

result<std::uint64_t> store(const cell_bytes& c, const std::string& text, samepage::duration timeout) {
    return c.store_text(text, timeout);
}

result<std::uint64_t> update(const cell_bytes& c, const std::string& text, samepage::duration timeout) {
    return c.update(
        [&](std::span<const std::byte>) -> result<std::vector<std::byte>> {
            const auto bytes = std::as_bytes(std::span(text));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        },
        timeout);
}

result<std::uint64_t> exchange(const cell_bytes& c, const std::string& text, samepage::duration timeout) {
    return c.compare_exchange(c.version(), std::as_bytes(std::span(text)), timeout);
}

void write(const scene& s, const cell_bytes& c, const lengths& l, verb how, samepage::duration timeout) {
    const std::uint64_t act = s.mine().begun + 1;
    s.act([&] {
        auto done = how(c, text_of(s.me, act, l), timeout);
        if (done) s.mine().note = act;
        const bool named = done || done.error().code() != errc::timed_out || s.victim == 0 ||
                           done.error().detail().find(std::to_string(s.victim)) != std::string_view::npos;
        require(s, named, "a time-out that doesn't name the stopped owner: " + (done ? "" : done.error().message()));
        return done;
    });
}

// The first claims a slot, the second is the fast path.
void write_twice(const scene& s, const lengths& l, verb how) {
    const cell_bytes c = open(s);
    s.begin();
    write(s, c, l, how, patience);
    write(s, c, l, how, patience);
    s.end();
}

std::shared_ptr<void> keep(const scene& s, const lengths& l, std::uint64_t stores) {
    auto c = std::make_shared<cell_bytes>(std::move(cell_bytes::create(s.place, small_cell()).value()));
    for (std::uint64_t i = 1; i <= stores; ++i) c->store_text(text_of(actor::keeper, i, l)).value();
    return c;
}

// The cell is right, and goes on: reading, storing, and telling a conflict.
void is_right(const scene& s, const lengths& l, std::uint64_t before) {
    const std::uint64_t version = read_and_judge(s, open(s, samepage::access::read_only), l, before);
    const cell_bytes c = open(s);
    require(s, c.version() == version, "two readers see two versions");
    for (std::uint64_t i = 1; i <= 2; ++i) {
        const auto next = store(c, "on we go", patience);
        require(s, next && *next == version + i, "can't go on: " + (next ? "a wrong version" : next.error().message()));
        require(s, c.load_text().value().text == "on we go", "what was stored isn't there");
    }
    const auto refused = c.compare_exchange(version, {}, patience);
    require(s, !refused && refused.error().code() == errc::conflict, "a conflict isn't told");
}

// While the victim stands still: readers pass it, writers get through or name it.
void beside_it(const scene& s, const lengths& l, std::uint64_t before) {
    const cell_bytes c = open(s);
    const std::uint64_t version = read_and_judge(s, c, l, before);
    write(s, c, l, store, short_wait);
    require(s, s.mine().acknowledged == 1 || c.version() == version, "refused, and yet stored");
}

// The keeper's handle, open throughout, sees and does the same as a fresh one.
void still_works(const scene& s, void* held) {
    const auto& c = *static_cast<cell_bytes*>(held);
    require(s, c.load_text().value().text == "on we go", "who held the cell throughout sees something else");
    require(s, c.store_text("and on").value() == c.version(), "who held the cell throughout can't go on");
}

subject writing(const char* name, const lengths& l, std::uint64_t before, verb how) {
    subject s;
    s.name = name;
    s.prepare = [=](const scene& at) { return keep(at, l, before); };
    s.operate = [=](const scene& at) { write_twice(at, l, how); };
    s.recover = s.operate;
    s.check = [=](const scene& at) { is_right(at, l, before); };
    s.meanwhile = [=](const scene& at) { beside_it(at, l, before); };
    s.survive = still_works;
    return s;
}

subject reading(const char* name, samepage::access access) {
    const lengths l{40, 40};
    subject s = writing(name, l, history, store);
    s.operate = [=](const scene& at) {
        const cell_bytes c = open(at, access);
        at.begin();
        read_and_judge(at, c, l, history);
        at.end();
    };
    s.recover = nullptr;
    s.stores_max = 0;
    return s;
}

// The victim sleeps until its time is up: what it has marked must not hinder anybody afterwards.
subject waiting() {
    const lengths l{40, 40};
    subject s = writing("cell.wait", l, history, store);
    s.operate = [](const scene& at) {
        const cell_bytes c = open(at);
        at.begin();
        const auto next = c.wait(history, std::chrono::milliseconds(15));
        at.end();
        require(at, next ? *next > history : next.error().code() == errc::timed_out, "a wait ended for no reason");
    };
    return s;
}

// The keeper sleeps until there is a next value; whoever publishes it may die before waking it.
struct sleeper {
    cell_bytes cell;
    std::thread thread;
};

std::shared_ptr<void> sleep_until_stored(const scene& s) {
    const lengths l{40, 40};
    auto all = std::make_shared<sleeper>();
    all->cell = std::move(*std::static_pointer_cast<cell_bytes>(keep(s, l, history)));
    all->thread = std::thread([all = all.get()] { all->cell.wait(history).value(); });
    while (all->cell.info().value().waiters == 0) std::this_thread::yield();
    return all;
}

subject waking() {
    subject s = writing("cell.wake", {40, 40}, history, store);
    s.on_paths = false;  // the sleeper must live
    s.prepare = sleep_until_stored;
    // The check has stored: so it wakes up, or hangs.
    s.survive = [](const scene& at, void* held) {
        auto& all = *static_cast<sleeper*>(held);
        all.thread.join();
        still_works(at, &all.cell);
    };
    return s;
}

// The keeper listens; whoever publishes next may die before it rings. The check has stored too, so that the keeper's
// descriptor is readable by then, whoever died where.
subject ringing() {
    const lengths l{40, 40};
    subject s = writing("cell.ring", l, history, store);
    s.on_paths = false;  // the listener must live
    s.prepare = [=](const scene& at) {
        auto held = keep(at, l, history);
        static_cast<cell_bytes*>(held.get())->arm().value();
        return held;
    };
    s.survive = [](const scene& at, void* held) {
        const auto& c = *static_cast<cell_bytes*>(held);
        pollfd one{static_cast<int>(c.descriptor().value()), POLLIN, 0};
        require(at, ::poll(&one, 1, 0) == 1, "a listener sleeps through a value");
        still_works(at, held);
    };
    return s;
}

// The victim listens: what it has marked must not hinder anybody afterwards.
subject listening() {
    subject s = writing("cell.listen", {40, 40}, history, store);
    s.operate = [](const scene& at) {
        const cell_bytes c = open(at);
        at.begin();
        const auto seen = c.arm();
        at.end();
        require(at, seen && *seen >= history, "arming fails");
    };
    return s;
}

// The victim alone may write, while it lives.
subject writing_alone() {
    const lengths l{27, 27};
    subject s = writing("cell.sole", l, history, store);
    s.operate = [=](const scene& at) {
        cell_options options;
        options.sole_writer = true;
        options.timeout = patience;
        at.begin();
        if (auto c = cell_bytes::open(at.place, options)) write(at, *c, l, store, patience);
        at.end();
    };
    s.recover = s.operate;
    return s;
}

// The victim has had so many turns in a row that it keeps the owner word: they were conflicts, which store nothing.
subject writing_biased() {
    const lengths l{27, 27};
    subject s = writing("cell.biased", l, history, store);
    s.operate = [=](const scene& at) {
        const cell_bytes c = open(at);
        for (int turn = 0; turn < turns_in_a_row; ++turn) static_cast<void>(c.compare_exchange(0, {}, patience));
        at.begin();
        write(at, c, l, store, patience);
        write(at, c, l, store, patience);
        at.end();
    };
    return s;
}

// Made, used and given up: an opener never sees a half-made one.
subject creating() {
    const lengths l{40, 40};
    subject s = writing("cell.create", l, 0, store);
    s.prepare = [](const scene&) { return std::shared_ptr<void>(); };
    s.operate = [=](const scene& at) {
        at.begin();
        if (auto c = cell_bytes::create(at.place, small_cell())) write(at, *c, l, store, patience);
        at.end();
    };
    s.check = [=](const scene& at) {
        const bool there = cell_bytes::open(at.place).has_value();
        require(at, there || at.named || at.of(actor::victim).acknowledged == 0, "a file was lost");
        require(at, !there || !at.named, "the name of a dead process is not free");
        const auto c = cell_bytes::create(at.place, small_cell());
        require(at, c.has_value(), "can't create: " + (c ? "" : c.error().message()));
        if (at.named) return require(at, c->created() && c->version() == 0, "not created anew");
        is_right(at, l, 0);
    };
    s.recover = nullptr;
    s.meanwhile = nullptr;
    s.survive = nullptr;
    s.keeps = false;
    return s;
}

}  // namespace

std::vector<subject> cell_subjects() {
    return {writing("cell.store", {27, 27}, history, store),
            writing("cell.store_first", {27, 27}, 0, store),
            writing("cell.store_longer", {5, 40}, history, store),
            writing("cell.store_shorter", {40, 5}, history, store),
            writing("cell.update", {27, 27}, history, update),
            writing("cell.compare_exchange", {27, 27}, history, exchange),
            reading("cell.load", samepage::access::read_write),
            reading("cell.load_read_only", samepage::access::read_only),
            waiting(),
            waking(),
            ringing(),
            listening(),
            writing_alone(),
            writing_biased(),
            creating()};
}

}  // namespace crash
