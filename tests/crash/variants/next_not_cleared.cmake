# The head after a channel's new record keeps what was there a lap ago.
# SPDX-License-Identifier: MIT
set(SOURCE src/channel/ring.hpp)
set(USERS src/channel/channel.cpp src/channel/ring.cpp src/channel/subscriber.cpp)
set(FROM [[        next.meta.store(0, std::memory_order_release);]])
set(TO [[]])
set(SUBJECT channel.send_wrapping)
set(MODE kept)
set(COMPLAINT "not theirs")
