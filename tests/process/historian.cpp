// The role "historian": gets, puts, inserts, exchanges, erases and adds at random, and notes each with its moments.
// SPDX-License-Identifier: MIT
#include "historian.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <random>

#include "runner.hpp"

namespace historian {

namespace {

using history::act;
using samepage::errc;
using samepage::table_bytes;

struct seen {
    std::uint64_t value = history::operation::none, version = 0;
};

std::array<std::byte, 8> bytes_of(std::uint64_t number) {
    std::array<std::byte, 8> bytes;
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

// Now and then one that expires, long after the test: others read that in another way.
samepage::put_options some_options(std::mt19937_64& dice) {
    samepage::put_options how;
    how.timeout = runner::patience;
    if (dice() % 4 == 0) how.expires_in = std::chrono::hours(24);
    return how;
}

[[noreturn]] void give_up(const samepage::error& why) { throw runner::failure("a historian: " + why.message()); }

// Whether it was done; `no` is the error that says that it wasn't.
bool done(const samepage::result<std::uint64_t>& r, errc no, entry& e) {
    if (r) e.version = *r;
    if (!r && r.error().code() != no) give_up(r.error());
    return r.has_value();
}

void get(const table_bytes& t, std::span<const std::byte> key, entry& e, seen& last) {
    std::array<std::byte, 8> into;
    for (;;) {
        const auto got = t.get(key, into);
        if (!got && got.error().code() == errc::busy) continue;
        last = {};
        e.is_done = got.has_value();
        if (!got && got.error().code() != errc::no_key) give_up(got.error());
        if (got) {
            std::memcpy(&e.value, into.data(), sizeof e.value);
            e.version = got->version;
            last = {e.value, e.version};
        }
        return;
    }
}

void perform(const table_bytes& t, entry& e, seen& last, const samepage::put_options& how) {
    const std::string name = key_of(static_cast<unsigned>(e.key));
    const auto key = std::as_bytes(std::span(name));
    const auto value = bytes_of(e.argument);
    switch (static_cast<act>(e.what)) {
        case act::get: get(t, key, e, last); return;
        case act::put: e.is_done = done(t.put(key, value, how), errc{}, e); return;
        case act::insert: e.is_done = done(t.insert(key, value, how), errc::already_exists, e); return;
        case act::exchange:
            e.is_done = done(t.compare_exchange(key, last.version, value, how), errc::conflict, e);
            return;
        case act::erase: {
            const auto was_there = t.erase(key, how.timeout);
            if (!was_there) give_up(was_there.error());
            e.is_done = *was_there;
            return;
        }
        case act::add: {
            const auto sum = t.add(key, e.argument, how);
            if (!sum) give_up(sum.error());
            e.value = *sum;
            e.is_done = true;
        }
    }
}

act some_act(bool is_register, std::mt19937_64& dice) {
    const auto cast = dice() % 10;
    if (cast < 4) return act::get;
    if (cast == 9) return act::erase;
    if (!is_register) return act::add;
    return cast < 6 ? act::put : cast == 6 ? act::insert : act::exchange;
}

}  // namespace

std::uint64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void work(const table_bytes& t, std::span<entry> pages, std::uint64_t number, const std::atomic<bool>* ends) {
    std::mt19937_64 dice(number);
    std::array<seen, keys> last;
    for (std::size_t i = 0; i < pages.size() && (ends == nullptr || !*ends); ++i) {
        entry& e = pages[i];
        e.key = dice() % keys;
        const act what = some_act(e.key < registers, dice);
        e.what = static_cast<std::uint64_t>(what);
        e.argument = what == act::add ? 1 + dice() % 9 : number * entries_max + i;
        seen& known = last[static_cast<std::size_t>(e.key)];
        e.expected = known.value;
        const auto how = some_options(dice);
        e.begun_ns = now_ns();
        // release: pairs with the acquire in gather() (historian)
        e.how_far.store(begun, std::memory_order_release);
        perform(t, e, known, how);
        e.ended_ns = now_ns();
        // release: as above
        e.how_far.store(answered, std::memory_order_release);
    }
}

void gather(std::span<const entry> pages, std::uint64_t number, std::uint64_t ended_ns,
            std::vector<history::operation> (&all)[keys]) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const entry& e = pages[i];
        // acquire: pairs with the releases in work() (historian)
        const std::uint64_t how_far = e.how_far.load(std::memory_order_acquire);
        if (how_far == unused) return;
        history::operation o;
        o.what = static_cast<act>(e.what);
        o.argument = e.argument;
        o.expected = e.expected;
        o.begun_ns = e.begun_ns;
        o.is_answered = how_far == answered;
        o.ended_ns = o.is_answered ? e.ended_ns : ended_ns;
        o.who = "historian " + std::to_string(number) + ", entry " + std::to_string(i);
        if (o.is_answered) {
            o.is_done = e.is_done != 0;
            o.value = e.value;
            o.version = e.version;
        }
        all[e.key].push_back(std::move(o));
    }
}

namespace {

// historian PLACE BOOK NUMBER: says "working", works, says "full".
const runner::role historian("historian", [](const runner::arguments& words) {
    const auto t = table_bytes::open(words.at(0)).value();
    const auto book = samepage::region::open(words.at(1)).value();
    const std::uint64_t number = std::stoull(words.at(2));
    runner::say("working");
    work(t, pages_of(book, number), number);
    runner::say("full");
    runner::hear();
    return 0;
});

}  // namespace

}  // namespace historian
