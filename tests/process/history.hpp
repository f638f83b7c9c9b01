// Whether what several processes did with one key can have been one thing after the other: a checker of histories.
// SPDX-License-Identifier: MIT
//
// A key is a register: nothing, or a number. Each operation has an interval in which it happened at one moment, if the
// register is linearizable (Herlihy and Wing, 1990). The check goes over the ends of the intervals in time and keeps
// every state that the register can be in, with the operations under way that have happened in it: what has ended must
// have happened in each. That is just-in-time linearization (G. Lowe, "Testing for linearizability", 2017, after Wing
// and Gong, 1993). There are few states, because few operations are under way at a time: as many as there are
// processes, so it takes time as the history is long.
//
// An operation whose process was killed has no answer: it happened before the process was dead, or never.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace history {

enum class act : std::uint64_t { get, put, insert, exchange, erase, add };

struct operation {
    act what = act::get;
    std::uint64_t argument = 0;     // the number that is put; or added
    std::uint64_t expected = none;  // exchange: instead of which one. Who exchanges puts no number twice
    bool is_answered = true;
    bool is_done = true;        // get: there was one; insert, exchange, erase: so
    std::uint64_t value = 0;    // get: the number; add: the sum
    std::uint64_t version = 0;  // of the record that was seen or put; 0: not known
    std::uint64_t begun_ns = 0, ended_ns = 0;
    std::string who;

    static constexpr std::uint64_t none = ~std::uint64_t{0};
};

// Empty, or the operation that cannot have happened, and what was possible.
std::string wrong_with(const std::vector<operation>& all);

}  // namespace history
