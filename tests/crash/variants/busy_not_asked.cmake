# Who wants a word that is biased takes it whatever the biased one is in the middle of.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/owner_word.cpp)
set(FROM [[    bool is_busy = busy.load(std::memory_order_acquire) != 0;]])
set(TO [[    bool is_busy = busy.load(std::memory_order_acquire) > 1;]])
set(SUBJECT lock.biased)
set(MODE pair)
set(COMPLAINT "stolen from a living owner")
