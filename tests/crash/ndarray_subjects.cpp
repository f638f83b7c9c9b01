// Crash subjects: making an array and writing in it, whole or torn.
// SPDX-License-Identifier: MIT
//
// The promise: a copy is what one writer has finished, or says torn at once when the last one died in between; it is
// whole again with the end of the next writing. A writer that is stopped is waited for, and named.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "samepage/ndarray.hpp"
#include "scene.hpp"

namespace crash {

namespace {

using samepage::errc;
using samepage::ndarray;
using samepage::ndarray_options;

constexpr auto patience = std::chrono::seconds(30);
constexpr auto short_wait = std::chrono::milliseconds(5);
constexpr const char* dtype = "<u8";
const std::vector<std::uint64_t> shape = {2, 2};

// What an array can hold: the number that all its elements are, or this.
constexpr std::uint64_t torn = UINT64_MAX;
using states = std::set<std::uint64_t>;

std::uint64_t number_of(actor who) { return 1000 + static_cast<std::uint64_t>(who); }

ndarray_options patient(const scene& s) {
    return {.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience)};
}

ndarray open(const scene& s, samepage::access access = samepage::access::read_write) {
    ndarray_options options = patient(s);
    options.access = access;
    auto a = ndarray::open(s.place, options);
    require(s, a.has_value(), "can't open: " + (a ? "" : a.error().message()));
    return std::move(*a);
}

// What it can be after `who`, whose acts are the beginning of a writing and its end.
states after(const scene& s, const states& before, actor who) {
    const ledger::line& line = s.of(who);
    if (line.begun == 0 || line.refused != 0) return before;
    if (line.begun == 1 && line.acknowledged == 1) return {torn};
    if (line.acknowledged == 2) return {number_of(who)};
    states all = before;
    if (line.begun == 2) all = {number_of(who)};
    all.insert(torn);
    return all;
}

// Before the recoverer, and after it. What another wrote came before the victim's writing, or after it.
states possible(const scene& s, std::uint64_t first, bool with_recoverer) {
    states all = after(s, after(s, {first}, actor::other), actor::victim);
    all.merge(after(s, after(s, {first}, actor::victim), actor::other));
    return with_recoverer ? after(s, all, actor::recoverer) : all;
}

std::string text_of(std::uint64_t state) { return state == torn ? "torn" : std::to_string(state); }

bool names_victim(const scene& s, const samepage::error& why) {
    return why.code() == errc::timed_out && s.victim != 0 &&
           why.detail().find(std::to_string(s.victim)) != std::string_view::npos;
}

void fill(const ndarray& a, std::uint64_t number) {
    for (std::uint64_t& element : a.values<std::uint64_t>().value()) element = number;
}

// What a copy of it is; it is one of these.
std::uint64_t copy_and_judge(const scene& s, const ndarray& a, const states& expected) {
    std::vector<std::uint64_t> copy(4);
    const auto seen = a.copy(std::as_writable_bytes(std::span(copy)), short_wait);
    if (!seen && names_victim(s, seen.error())) return torn;
    require(s, seen || (s.victim == 0 && seen.error().code() == errc::torn),
            "can't copy: " + (seen ? "" : seen.error().message()));
    const bool is_whole = std::ranges::count(copy, copy[0]) == 4;
    const std::uint64_t state = seen ? copy[0] : torn;
    require(s, (!seen || is_whole) && expected.contains(state),
            "lost, invented or torn and believed: " + text_of(state));
    return state;
}

// Begins to write and ends it: two acts. `expected` is what it can be before.
void write(const scene& s, const ndarray& a, samepage::duration timeout, const states& expected) {
    ndarray::writing writing;
    const bool begun = s.act([&] {
        auto got = a.write(timeout);
        require(s, got || s.victim == 0 || names_victim(s, got.error()),
                "a time-out that doesn't name the stopped writer: " + (got ? "" : got.error().message()));
        if (got) writing = std::move(*got);
        return got.has_value();
    });
    if (!begun) return;
    require(s, !writing.was_torn() || expected.contains(torn),
            "the next writer is told that it is torn, and it wasn't");
    require(s, writing.was_torn() || expected != states{torn}, "the next writer isn't told that it is torn");
    fill(a, number_of(s.me));
    s.act([&] { return writing.finish(); });
}

std::shared_ptr<void> keep(const scene& s) {
    auto a = std::make_shared<ndarray>(std::move(ndarray::create(s.place, dtype, shape).value()));
    auto writing = a->write().value();
    fill(*a, number_of(actor::keeper));
    writing.finish().value();
    return a;
}

void write_once(const scene& s) {
    const bool is_next = s.me == actor::recoverer;
    const states expected = is_next ? possible(s, number_of(actor::keeper), false) : states{number_of(actor::keeper)};
    const ndarray a = open(s);
    s.begin();
    // What another writes in between is not known here.
    write(s, a, patience, s.of(actor::other).begun != 0 ? states{torn, number_of(actor::other)} : expected);
    s.end();
}

// It is what it can be, and goes on: the next writing makes it whole.
void is_right(const scene& s, std::uint64_t first) {
    const std::uint64_t state = copy_and_judge(s, open(s, samepage::access::read_only), possible(s, first, true));
    const ndarray a = open(s);
    auto writing = a.write(patience);
    require(s, writing.has_value(), "can't write: " + (writing ? "" : writing.error().message()));
    require(s, writing->was_torn() == (state == torn), "the next writer is told the wrong thing");
    fill(a, 7);
    require(s, writing->finish().has_value(), "can't finish");
    copy_and_judge(s, a, {7});
}

// While the victim stands still: who copies or writes gets through, or names it.
void beside_it(const scene& s) {
    const ndarray a = open(s);
    const ledger::line& it = s.of(actor::victim);
    const bool writes = it.begun == 1 && it.acknowledged == 1;
    const states expected = possible(s, number_of(actor::keeper), false);
    const std::uint64_t state = copy_and_judge(s, a, expected);
    require(s, !writes || state == torn, "a copy of what is just written");
    write(s, a, short_wait, {number_of(actor::keeper), number_of(actor::victim)});
    require(s, !writes || s.mine().refused == 1, "two write at once");
}

void still_works(const scene& s, void* held) {
    const auto& a = *static_cast<ndarray*>(held);
    copy_and_judge(s, a, {7});
    auto writing = a.write(patience);
    require(s, writing && !writing->was_torn(), "who held the array throughout can't write");
    fill(a, 8);
    require(s, writing->finish().has_value(), "who held the array throughout can't finish");
    copy_and_judge(s, a, {8});
}

subject writing() {
    subject s;
    s.name = "ndarray.write";
    s.prepare = keep;
    s.operate = write_once;
    s.recover = write_once;
    s.check = [](const scene& at) { is_right(at, number_of(actor::keeper)); };
    s.meanwhile = beside_it;
    s.survive = still_works;
    return s;
}

// Made and written: nobody sees a head that isn't whole, and who says a type and shape makes what isn't made.
subject creating() {
    subject s;
    s.name = "ndarray.create";
    s.prepare = [](const scene&) { return std::shared_ptr<void>(); };
    s.operate = [](const scene& at) {
        at.begin();
        if (auto a = ndarray::create(at.place, dtype, shape, patient(at))) write(at, *a, patience, {0});
        at.end();
    };
    s.check = [](const scene& at) {
        const auto found = ndarray::open(at.place, {.timeout = samepage::no_wait});
        const bool is_nothing =
            !found && (found.error().code() == errc::not_found || found.error().code() == errc::wrong_kind);
        require(at, found || is_nothing, "open: " + (found ? "" : found.error().message()));
        require(at, found || at.named || at.of(actor::victim).begun == 0, "a file was lost");
        require(at, !found || !at.named, "the name of a dead process is not free");
        const auto a = ndarray::create(at.place, dtype, shape, patient(at));
        require(at, a.has_value(), "can't create: " + (a ? "" : a.error().message()));
        if (at.named) return require(at, a->created() && copy_and_judge(at, *a, {0}) == 0, "not created anew");
        is_right(at, 0);
    };
    s.keeps = false;
    return s;
}

}  // namespace

std::vector<subject> ndarray_subjects() { return {writing(), creating()}; }

}  // namespace crash
