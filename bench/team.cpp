// Slices of several processes. See the header.
// SPDX-License-Identifier: MIT
#include "team.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

namespace bench {

namespace {

std::int64_t now_ns() { return nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

constexpr std::chrono::seconds patience(60);  // on top of a slice's length

}  // namespace

team::team(std::string name) : name_(std::move(name)), board_(shared_with_children<board>()) {}

team::~team() {
    board_.slice = no_more;
    futex_wake(board_.slice, board_.members);
    for (child& one : children_) {
        for (unsigned tries = 0; tries < 1000 && !one.has_ended(); ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
}

void team::add(unsigned processor, std::function<part()> make) {
    const auto index = static_cast<unsigned>(children_.size());
    if (index == members_max) fail(name_ + ": too many members");
    children_.emplace_back([this, processor, index, &make] {
        if (processor == anywhere) {
            unpin();
        } else {
            pin(processor);
        }
        work(board_, index, make());
        std::exit(0);  // with the destructors of what the member made
    });
    ++board_.members;
}

void team::work(board& shared, unsigned index, const part& todo) {
    member& mine = shared.of[index];
    for (std::uint32_t slice = 1;; ++slice) {
        std::uint32_t wanted = 0;
        while ((wanted = shared.slice) != slice) {
            if (wanted == no_more) return;
            futex_wait(shared.slice, wanted);
        }
        const std::uint32_t all = shared.members;
        ++shared.ready;
        while (shared.ready < all * slice) yield();
        mine.began_ns = now_ns();
        mine.operations = todo({nanoseconds(shared.length_ns), shared.times ? &shared.latencies : nullptr});
        mine.ended_ns = now_ns();
        ++shared.done;
        futex_wake(shared.done);
    }
}

double team::run(nanoseconds length, bool times) {
    board_.length_ns = length.count();
    board_.times = times;
    const std::uint32_t all = board_.members;
    const std::uint32_t slice = ++board_.slice;
    futex_wake(board_.slice, all);
    await_end(all * slice, length);
    std::int64_t began_ns = board_.of[0].began_ns, ended_ns = board_.of[0].ended_ns;
    std::uint64_t operations = 0;
    for (std::uint32_t i = 0; i < all; ++i) {
        began_ns = std::min(began_ns, board_.of[i].began_ns);
        ended_ns = std::max(ended_ns, board_.of[i].ended_ns);
        operations += board_.of[i].operations;
    }
    return static_cast<double>(ended_ns - began_ns) / static_cast<double>(operations);
}

void team::latencies(nanoseconds length, histogram& into) {
    board_.latencies.clear();
    run(length, true);
    into.add(board_.latencies);
}

void team::await_end(std::uint32_t done, nanoseconds length) {
    const auto until = std::chrono::steady_clock::now() + length + patience;
    for (std::uint32_t seen = 0; (seen = board_.done) < done;) {
        futex_wait(board_.done, seen, std::chrono::milliseconds(200));
        for (child& one : children_) {
            if (one.has_ended()) fail(name_ + ": a process has failed");
        }
        if (std::chrono::steady_clock::now() > until) fail(name_ + ": a slice doesn't end");
    }
}

}  // namespace bench
