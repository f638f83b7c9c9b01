// The processes of a crash test that are not stepped: one that acts and ends, and one that keeps.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "scene.hpp"

namespace crash {

// What a child of ours does before anything else: its own end if it hangs, and the directory that it works in.
void enter(const scene& s);

// Runs `act` in a fresh process. Empty when it ended with 0, else what happened to it.
std::string run_actor(const scene& s, actor who, const std::function<void(const scene&)>& act);

// "ended with status 1", "killed by signal 11" of what waitpid gave.
std::string status_text(int status);

// A process that prepares the world and holds what it prepared until it is told to end.
class keeper {
   public:
    keeper(const scene& s, const subject& of);
    keeper(const keeper&) = delete;
    keeper& operator=(const keeper&) = delete;
    ~keeper();

    // Has it run subject::survive, then let go and end. Empty when all went well.
    std::string finish();

   private:
    pid_t process_ = -1;
    int to_it_ = -1;
};

}  // namespace crash
