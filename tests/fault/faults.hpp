// System calls that fail, or kill, when a test says so.
// SPDX-License-Identifier: MIT
//
// The linker leads the library's calls (the list in CMakeLists.txt) through faults.cpp. One thread only.
#pragma once

#include <string>

namespace faults {

enum class effect {
    fail_once,       // this call fails
    fail_from_here,  // this one and all after it
    kill_before,     // the process is killed instead of making it
    kill_after,      // the process is killed when it has been made
};

// From now on: at the `number`-th call (from 1) `what` happens; a failure gives `code`. 0: they are only counted.
void arm(unsigned number, effect what = effect::fail_once, int code = 0);
// No more. How many calls there were since arm().
unsigned disarm();
// The call at which it happened, for messages: "open64 failed with 28"; empty when it didn't come so far.
std::string struck();

}  // namespace faults
