// Descriptors for event loops: there are none on Windows, so nobody rings.
// SPDX-License-Identifier: MIT
//
// An event object that one process sets and others wait for would have to be known to the ringer, one for each
// listener, and one that all share wakes either one of them or all of them again and again. Threads wait here.
#include "os/os.hpp"

namespace samepage::os {

result<native_handle> held_object::listen() const {
    return error(errc::not_supported, "make a descriptor for event loops",
                 "there are none on Windows; wait in a thread of its own");
}

void held_object::hush() const {}

void held_object::ring() const {}

}  // namespace samepage::os
