# A ringer takes the mark away before it rings: killed in between, it leaves listeners that nobody rings for again.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/bell.cpp)
set(FROM [[    object.ring();
]])
set(TO [[    if (word_->compare_exchange_strong(seen, seen & ~armed)) return object.ring();
]])
set(SUBJECT cell.ring)
set(MODE kept)
set(COMPLAINT "sleeps through a value")
