# An owner is taken for dead whatever the kernel says.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/owner_word.cpp)
set(FROM [[    if (*live) return false;]])
set(TO [[    static_cast<void>(*live);]])
set(SUBJECT lock.own)
set(MODE pair)
set(COMPLAINT "stolen from a living owner")
