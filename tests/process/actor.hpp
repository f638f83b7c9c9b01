// The role "actor", which does with regions what it is told, a line at a time: the other process of most tests.
// SPDX-License-Identifier: MIT
//
// Needs no test framework, so that a 32-bit build of it can play too. HANDLE is any word; several at once.
//   create|create_new HANDLE PLACE SIZE [ro] [MS]  -> "created SIZE" or "opened SIZE"; MS: the timeout
//   open HANDLE PLACE [ro] [MS]                    -> "opened SIZE"
//   back HANDLE PLACE SIZE FILE                    -> as create, the name leading to the file
//   write HANDLE TEXT                              -> "done"
//   read HANDLE                                    -> the text, in brackets
//   zeroed HANDLE                                  -> "yes" or "no"
//   view VIEW HANDLE OFFSET SIZE, see VIEW         -> "done"; the text in the view, in brackets
//   store HANDLE                                   -> "done"; a store through the mapping, read-only or not
//   check HANDLE, close HANDLE                     -> "done"
//   exit CODE, quick_exit CODE, abort              -> nothing: it ends so, with everything open
// Every error is answered by its name alone: "not_found".
#pragma once

#include <map>
#include <sstream>
#include <string>

#include "samepage/region.hpp"

namespace actor {

// What an actor has in its hands.
struct stage {
    std::map<std::string, samepage::region> regions;
    std::map<std::string, samepage::region_view> views;
};

// One thing an actor can do: takes its words, gives the answer. A static object each; tests may add some.
class verb {
   public:
    verb(const char* name, std::string (*act)(stage&, std::istringstream& words));
};

}  // namespace actor
