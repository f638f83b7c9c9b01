// Explores every state that an operation can leave behind, and has each judged.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "scene.hpp"

namespace crash {

enum class mode {
    // Everybody died: each state is put into a fresh directory, as after a power cut of the machine's processes.
    // System calls fail in turn, and the recovery is stepped too.
    alone,
    // The victim is killed in place, at each state, while a keeper that opened the object before holds it.
    kept,
    // The victim stands stopped and alive at each state while another acts; then it is killed, or goes on.
    pair,
};

struct report {
    unsigned states = 0;  // different ones, each judged
    unsigned stops = 0;   // of the operation, once through
    unsigned stores = 0;  // of those
    unsigned calls = 0;   // and of those
    unsigned broken = 0;
    bool found_wanted = false;
    std::vector<std::string> complaints;  // the first few
};

// Goes on to the end; or, where a complaint that contains `wanted` is waited for, up to that.
report explore(const subject& what, bool on_name, mode how, const std::string& wanted = {});

}  // namespace crash
