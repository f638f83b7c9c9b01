# Who takes a biased word from one that died in the middle isn't told.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/owner_word.cpp)
set(FROM [[    owner_died = is_busy;]])
set(TO [[    owner_died = false;]])
set(SUBJECT lock.biased)
set(MODE kept)
set(COMPLAINT "isn't told of the death")
