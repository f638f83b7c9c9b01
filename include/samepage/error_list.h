/* Every error of samepage, once, for C, C++ and the bindings: number, name, what it means, what to do next. */
/* SPDX-License-Identifier: MIT */
#ifndef SAMEPAGE_ERROR_LIST_H
#define SAMEPAGE_ERROR_LIST_H

/* X(number, name, meaning, advice). Numbers are part of the ABI: never reused, only added. */
#define SAMEPAGE_ERRORS(X)                                                                                             \
    X(1, not_found, "nothing of that name is held", "start the process that creates it, or create it")                 \
    X(2, already_exists, "something of that name is held already", "open it, or choose another name")                  \
    X(3, wrong_kind, "it is an object of another kind", "open it as what it is")                                       \
    X(4, wrong_version, "its format is of another version", "use a samepage that reads that version")                  \
    X(5, corrupt, "its bytes are not what they must be", "make it anew; something else has written in it")             \
    X(6, denied, "the system does not allow it", "look at owner and mode of the place")                                \
    X(7, no_space, "there is no room left", "free some, or choose a larger place")                                     \
    X(8, too_large, "it is larger than fits", "make the object larger when it is created")                             \
    X(9, invalid_name, "that is not a name", "use 1 to 200 bytes of UTF-8 without slash, backslash and control bytes") \
    X(10, invalid_argument, "an argument is outside its range", "look at the call's documentation")                    \
    X(11, timed_out, "the time was up", "wait longer, or look who is in the way")                                      \
    X(12, busy, "it changed faster than it could be read", "try again")                                                \
    X(13, full, "nothing fits in any more", "wait for readers, or make the object larger")                             \
    X(14, conflict, "somebody else changed it first", "read again and decide anew")                                    \
    X(15, lost_name, "somebody removed the file of this object", "close it and create it anew")                        \
    X(16, not_supported, "this system cannot do it", "see the documentation's limitations")                            \
    X(17, empty, "nothing has been stored yet", "wait for the first value")                                            \
    X(18, not_owner, "this handle does not own it", "only the owner may release it")                                   \
    X(19, closed, "the handle is closed", "open it again")                                                             \
    X(20, system, "the system refused", "see the system's own code")                                                   \
    X(21, no_key, "there is no record of that key", "put one")                                                         \
    X(22, failed, "who had the job could not do it", "look at what the worker says")                                   \
    X(23, torn, "who was writing it has not finished", "wait for the next writer, or write it anew")

#endif
