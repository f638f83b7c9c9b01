# A ringer takes the mark away before it rings: killed in between, it leaves listeners that nobody rings for again.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/bell.cpp)
set(FROM [[        object.ring();
        // A survivor finds it armed, and rings once more; or not armed, and everybody has been rung for.
        if (word_->compare_exchange_strong(seen, seen & ~armed)) return;]])
set(TO [[        if (word_->compare_exchange_strong(seen, seen & ~armed)) return object.ring();]])
set(SUBJECT cell.ring)
set(MODE kept)
set(COMPLAINT "sleeps through a value")
