// Processes that work together in each slice: they begin at the same moment, and the slice ends with the last of them.
// SPDX-License-Identifier: MIT
//
// Between slices all of them sleep. The parent measures nothing itself, it sleeps too, and ends the program when a
// slice doesn't end in time: so no benchmark hangs.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "beside.hpp"
#include "harness.hpp"
#include "histogram.hpp"

namespace bench {

// What a member is told of a slice.
struct order {
    nanoseconds length;
    histogram* latencies;  // where to add each operation's time; null: don't take them
};

class team {
   public:
    // A member's work in one slice. Gives the number of operations that count as this member's.
    using part = std::function<std::uint64_t(const order&)>;
    static constexpr unsigned anywhere = ~0U;  // not on a processor of its own

    explicit team(std::string name);
    ~team();  // lets the members end, so that they can take leave of daemons; kills those that don't
    team(const team&) = delete;
    team& operator=(const team&) = delete;
    // `make` is called in the new process, beside the other members'.
    void add(unsigned processor, std::function<part()> make);

    // The time of one operation in a slice, in nanoseconds.
    double slice(nanoseconds length) { return run(length, false); }
    // Adds the times of a slice's operations.
    void latencies(nanoseconds length, histogram& into);

   private:
    static constexpr unsigned members_max = 8;
    struct member {
        std::int64_t began_ns, ended_ns;
        std::uint64_t operations;
    };
    struct board {
        std::atomic<std::uint32_t> slice{0};  // written by the parent: a new number begins one
        std::atomic<std::uint32_t> ready{0};  // counted up by each member that stands at the start of a slice
        std::atomic<std::uint32_t> done{0};   // counted up by each member at its end
        std::atomic<std::uint32_t> members{0};
        std::int64_t length_ns = 0;
        bool times = false;
        std::array<member, members_max> of{};
        histogram latencies{};
    };
    static constexpr std::uint32_t no_more = ~0U;  // as the number of a slice
    static void work(board& shared, unsigned index, const part& todo);
    double run(nanoseconds length, bool times);
    void await_end(std::uint32_t done, nanoseconds length);

    std::string name_;
    board& board_;
    std::vector<child> children_;
};

// Spins; after a while lets others run, so that it ends where the one that is waited for needs this processor.
template <class Ready>
void spin_until(Ready&& ready) {
    for (unsigned turns = 0; !ready();) {
        if (++turns % 16384 == 0) yield();
    }
}

// Repeats operation(), as long as the slice lasts, and gives how often. `halves`: what an operation's time is divided
// by to become a latency.
template <class Operation>
std::uint64_t repeat(const order& o, unsigned halves, Operation&& operation) {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    std::uint64_t done = 0;
    if (o.latencies != nullptr) {
        for (auto before = start; before - start < o.length; ++done) {
            operation();
            const auto now = clock::now();
            o.latencies->add(static_cast<std::uint64_t>(nanoseconds(now - before).count()) / halves);
            before = now;
        }
        return done;
    }
    std::uint64_t batch = 1;
    for (auto now = start; now - start < o.length;) {
        const auto before = now;
        for (std::uint64_t i = 0; i < batch; ++i) operation();
        done += batch;
        now = clock::now();
        if (now - before < o.length / 100) batch *= 2;
    }
    return done;
}

}  // namespace bench
