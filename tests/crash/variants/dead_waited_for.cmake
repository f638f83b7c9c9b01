# A dead registered subscriber keeps its place.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/channel.cpp)
set(FROM [[    if (!*live) content->unregister(subscriber, identity);
    return !*live;]])
set(TO [[    return false;]])
set(SUBJECT channel.register)
set(MODE kept)
set(COMPLAINT "can't go on")
