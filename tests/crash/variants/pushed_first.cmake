# A queue's tail goes over a job before the job is written.
# SPDX-License-Identifier: MIT
set(SOURCE src/queue/ring.cpp)
set(FROM [[    record& r = at(b->tail);
    const std::uint64_t id]])
set(TO [[    record& r = at(b->tail);
    words_->tail.store(b->tail + size, std::memory_order_release);
    const std::uint64_t id]])
set(SUBJECT queue.push)
set(MODE kept)
set(COMPLAINT "queue's bytes cannot be")
