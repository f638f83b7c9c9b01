// Measuring side by side: contenders take turns in short slices, and only ratios of the same round are quoted.
// SPDX-License-Identifier: MIT
//
// Machines are shared and their speed changes by the minute. So every round gives each contender one slice, in turning
// order, and a ratio compares two slices of one round. The figure is the median of the rounds' ratios; its spread is
// the middle half of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "histogram.hpp"

namespace bench {

using nanoseconds = std::chrono::nanoseconds;

// One way to do it. `slice` works for about that long and gives the nanoseconds that one operation took.
struct contender {
    std::string name;
    std::function<double(nanoseconds slice)> slice;
    // Where single operations can be timed: works for about that long and adds their times.
    std::function<void(nanoseconds slice, histogram&)> latencies = {};
    bool is_peer = false;
};

// A contender that repeats `operation`. `begin` and `end` stand around each slice and aren't measured.
template <class Operation>
contender repeated(std::string name, Operation operation, std::function<void()> begin = {},
                   std::function<void()> end = {});

// What is asked of two contenders: time of `of` ÷ time of `over`, at most or at least `bound`. Without an `over`:
// the figure of `of` itself.
struct goal {
    enum class direction : std::uint8_t { at_most, at_least };
    std::string of, over;
    goal::direction which = goal::direction::at_most;
    double bound = 1;
    // Not 0: only rounds count in which the limit is at least that many times faster than `of`.
    double limit_faster = 0;

    static constexpr const char* best_peer = "best peer";  // as `of`: the fastest peer of each round
};

// One line of the table: what is done, by whom, and what is wanted. The first contender is the limit.
struct row {
    std::string what;
    std::vector<contender> contenders;
    std::vector<goal> goals;
    unsigned rounds_max = 0;  // for slices that are long by their nature; 0: no fewer than asked for
    std::string unit = "ns/operation";
};

struct options {
    bool tiny = false;  // a moment of everything, for the test run: no figure means anything
    nanoseconds slice{10'000'000};
    unsigned rounds = 150;
    std::string json_path;
    std::string only;  // part of the rows' names: measure these alone
};

// --tiny, --rounds N, --row TEXT, --json FILE (else the program's own path with .json). Ends the program with 2 on
// anything else.
options parse(int argc, char** argv);

// The middle of some figures, and the borders of their middle half.
struct spread {
    double median = 0, low = 0, high = 0;
};
spread spread_of(std::vector<double> figures);

// Measures rows, prints each as a table when it is done, writes all as JSON at the end.
class report {
   public:
    explicit report(options chosen);
    ~report();
    report(const report&) = delete;
    report& operator=(const report&) = delete;

    // Whether a row of this name is wanted: making its contenders may be costly.
    bool wants(const std::string& what) const { return what.find(options_.only) != std::string::npos; }
    void measure(const row& what);

   private:
    options options_;
    std::string json_;  // the rows so far
};

// A template, so that the operation stands in the loop and no call between them is measured.
template <class Operation>
contender repeated(std::string name, Operation operation, std::function<void()> begin, std::function<void()> end) {
    auto slice = [operation = std::move(operation), begin = std::move(begin),
                  end = std::move(end)](nanoseconds length) mutable {
        using clock = std::chrono::steady_clock;
        if (begin) begin();
        const auto start = clock::now();
        auto now = start;
        std::uint64_t done = 0, batch = 1;
        while (now - start < length) {
            const auto before = now;
            for (std::uint64_t i = 0; i < batch; ++i) operation();
            done += batch;
            now = clock::now();
            // So large that looking at the clock is nothing, so small that a slice isn't passed by much.
            if (now - before < length / 50) batch *= 2;
        }
        if (end) end();
        return static_cast<double>(nanoseconds(now - start).count()) / static_cast<double>(done);
    };
    return {std::move(name), std::move(slice)};
}

}  // namespace bench
