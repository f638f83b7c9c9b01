# A queue's tail goes over a job before its id is known to be used.
# SPDX-License-Identifier: MIT
set(SOURCE src/queue/ring.cpp)
set(FROM [[    words_->last_id.store(id, relaxed);
    words_->tail.store(b->tail + cells, std::memory_order_release);]])
set(TO [[    words_->tail.store(b->tail + cells, std::memory_order_release);
    words_->last_id.store(id, relaxed);]])
set(SUBJECT queue.push)
set(MODE alone)
set(COMPLAINT "ids have holes")
