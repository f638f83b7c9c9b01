// Hostile bytes in a queue: those who push, take, reply, call and look, with handles that were open or are opened now.
// SPDX-License-Identifier: MIT
#include <array>
#include <cstddef>
#include <set>
#include <string>

#include "hostile.hpp"
#include "queue/layout.hpp"
#include "samepage/queue.hpp"

namespace hostile {

namespace {

using samepage::no_wait;
using samepage::queue_bytes;

constexpr std::uint64_t capacity_bytes = 1024;

// Each job that is there takes one cell.
const std::array<std::uint64_t, 10> spots = {
    0,
    samepage::queues::takers_offset,
    samepage::shared::participants_offset + 64,
    samepage::queues::words_offset,
    samepage::queues::words_offset + offsetof(samepage::queues::ring_words, head),
    samepage::queues::words_offset + offsetof(samepage::queues::ring_words, rewinds),
    samepage::queues::ring_offset,
    samepage::queues::ring_offset + samepage::queues::cell_bytes,
    samepage::queues::ring_offset + 2 * samepage::queues::cell_bytes,
    samepage::queues::ring_offset + capacity_bytes - samepage::queues::cell_bytes,
};

template <class T>
bool went_well(const samepage::result<T>& r) {
    if (!r) require_explained(r.error());
    return r.has_value();
}

void use(const queue_bytes& q, bool looks) {
    went_well(q.push_text("mine", no_wait));
    for (int i = 0; i < 6; ++i) {
        auto job = q.take(no_wait);
        if (!went_well(job)) break;
        require(job->bytes().size() <= q.capacity_bytes(), "a job is larger than the queue");
        if (i % 3 == 0) went_well(job->acknowledge());
        if (i % 3 == 1) went_well(job->give_back());
        if (i % 3 == 2) went_well(job->reply_text("a reply"));
    }
    went_well(q.push_text(std::string(500, 'x'), no_wait));
    went_well(q.call_text("nobody replies", no_wait, 100));
    if (!looks) return;
    went_well(q.info());
    if (const auto all = q.jobs(); went_well(all)) require(all->size() <= capacity_bytes / 16, "too many jobs");
}

struct queue_under_attack {
    std::string path = scratch_path();
    queue_bytes queue = make(path);
    victim bytes{path};

    static queue_bytes make(const std::string& path) {
        samepage::queue_options options;
        options.capacity_bytes = capacity_bytes;
        queue_bytes q = std::move(queue_bytes::create(path, options).value());
        for (const char* text : {"one", "two", "three"}) q.push_text(text).value();
        return q;
    }
};

}  // namespace

void attack_queue(input bytes) {
    static queue_under_attack attacked;
    const bool looks = looks_too(bytes);
    attacked.bytes.patch(bytes, spots);
    use(attacked.queue, looks);

    // While one has a job.
    attacked.bytes.mend();
    {
        auto job = attacked.queue.take(no_wait);
        require(job.has_value(), "after mending, nothing can be taken");
        attacked.bytes.patch(bytes, spots);
        use(attacked.queue, looks);
        went_well(job->reply_text("late"));
    }

    attacked.bytes.patch(bytes, spots);
    if (const auto fresh = queue_bytes::open(attacked.path); went_well(fresh)) use(*fresh, looks);

    attacked.bytes.mend();
    require(attacked.queue.push_text("four", no_wait).value() == 4, "after mending, nothing can be pushed");
    // This handle may have been told that the first ones were done: then it finds them when it finds no other.
    std::set<std::string> texts;
    for (int i = 0; i < 4; ++i) {
        auto job = attacked.queue.take(no_wait);
        require(job && texts.emplace(job->text()).second && job->acknowledge(), "after mending, the jobs aren't there");
    }
    require(texts == std::set<std::string>{"one", "two", "three", "four"}, "after mending, the jobs are others");
}

}  // namespace hostile
