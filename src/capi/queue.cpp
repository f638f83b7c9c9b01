// The C functions of queues and their jobs.
// SPDX-License-Identifier: MIT
#include "samepage/queue.hpp"

#include <memory>

#include "capi/call.hpp"

namespace samepage::capi {

// A job keeps the queue it came from.
struct kept_job {
    std::shared_ptr<queue_bytes> queue;
    queue_bytes::job job;  // ends before the queue does
};

}  // namespace samepage::capi

struct samepage_queue : samepage::capi::slot<std::shared_ptr<samepage::queue_bytes>> {};
struct samepage_job : samepage::capi::slot<samepage::capi::kept_job> {};

namespace capi = samepage::capi;
using capi::kept_job;
using samepage::queue_bytes;
using samepage::result;
using shared_queue = std::shared_ptr<queue_bytes>;

namespace {

constexpr const char* creating = "create a queue";
constexpr const char* asking = "ask a queue";
constexpr const char* asking_job = "ask a job";
constexpr const char* pushing = "push to a queue";
constexpr const char* taking = "take from a queue";
constexpr const char* calling = "call";
constexpr const char* listening = "listen to a queue";

samepage::queue_options options_of(const samepage_queue_options* given) {
    const auto o = capi::options_of(given);
    samepage::queue_options options;
    options.strategy = capi::strategy_of(o.strategy);
    if (o.capacity_bytes != 0) options.capacity_bytes = o.capacity_bytes;
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

result<shared_queue> shared(result<queue_bytes> opened) {
    if (!opened) return opened.error();
    return std::make_shared<queue_bytes>(std::move(*opened));
}

}  // namespace

samepage_status samepage_queue_create(const char* place, const samepage_queue_options* options, samepage_queue** into) {
    return capi::open(creating, into,
                      [&] { return shared(queue_bytes::create(capi::text_of(place), options_of(options))); });
}

samepage_status samepage_queue_create_new(const char* place, const samepage_queue_options* options,
                                          samepage_queue** into) {
    return capi::open(creating, into,
                      [&] { return shared(queue_bytes::create_new(capi::text_of(place), options_of(options))); });
}

samepage_status samepage_queue_open(const char* place, const samepage_queue_options* options, samepage_queue** into) {
    return capi::open("open a queue", into,
                      [&] { return shared(queue_bytes::open(capi::text_of(place), options_of(options))); });
}

void samepage_queue_close(samepage_queue* queue) { capi::pool_of<samepage_queue>.close(queue); }

samepage_status samepage_queue_created(samepage_queue* queue, int32_t* created) {
    return capi::tell(queue, asking, created, [](const shared_queue& object) { return object->created(); });
}

samepage_status samepage_queue_capacity(samepage_queue* queue, uint64_t* capacity_bytes) {
    return capi::tell(queue, asking, capacity_bytes,
                      [](const shared_queue& object) { return object->capacity_bytes(); });
}

samepage_status samepage_queue_check_name(samepage_queue* queue) {
    return capi::with(queue, asking, [](const shared_queue& object) { return capi::give(object->check_name()); });
}

samepage_status samepage_queue_info_get(samepage_queue* queue, samepage_queue_info* info) {
    return capi::with(queue, asking, [&](const shared_queue& object) {
        const auto seen = object->info();
        if (!seen) return capi::fail(seen.error());
        samepage_queue_info all{};
        all.oldest_process = seen->oldest_process;
        all.capacity_bytes = seen->capacity_bytes;
        all.used_bytes = seen->used_bytes;
        all.jobs_ready = seen->jobs_ready;
        all.jobs_taken = seen->jobs_taken;
        all.replies_ready = seen->replies_ready;
        all.next_id = seen->next_id;
        all.oldest_taken = seen->oldest_taken;
        all.oldest_deliveries = seen->oldest_deliveries;
        all.takers_waiting = seen->takers_waiting;
        all.pushers_waiting = seen->pushers_waiting;
        return capi::give_info(all, info);
    });
}

samepage_status samepage_queue_jobs(samepage_queue* queue, samepage_queued_job* into, size_t element_bytes,
                                    size_t count_max, size_t* count) {
    return capi::with(queue, asking, [&](const shared_queue& object) -> samepage_status {
        capi::check_elements(into, element_bytes, count_max);
        const auto seen = object->jobs(count_max);
        if (!seen) return capi::fail(seen.error());
        const std::size_t given = std::min(count_max, seen->size());
        capi::give_elements(into, element_bytes, given, [&](std::size_t i) {
            const samepage::queued_job& one = (*seen)[i];
            return samepage_queued_job{one.id,      one.size_bytes, static_cast<std::uint32_t>(one.is),
                                       one.process, one.deliveries, one.is_call};
        });
        capi::set(count, given);
        return samepage_ok;
    });
}

samepage_status samepage_queue_push(samepage_queue* queue, const void* bytes, size_t size_bytes, int64_t timeout_ns,
                                    uint64_t* id) {
    return capi::with(queue, pushing, [&](const shared_queue& object) {
        return capi::give(object->push(capi::bytes_of(bytes, size_bytes), capi::duration_of(timeout_ns)), id);
    });
}

samepage_status samepage_queue_take(samepage_queue* queue, int64_t timeout_ns, samepage_job** job) {
    if (job != nullptr) *job = nullptr;
    return capi::with(queue, taking, [&](const shared_queue& object) {
        return capi::open(taking, job, [&]() -> result<kept_job> {
            auto taken = object->take(capi::duration_of(timeout_ns));
            if (!taken) return taken.error();
            return kept_job{object, std::move(*taken)};
        });
    });
}

samepage_status samepage_queue_call(samepage_queue* queue, const void* bytes, size_t size_bytes, int64_t timeout_ns,
                                    void* reply, size_t reply_bytes_max, size_t* reply_bytes) {
    return capi::with(queue, calling, [&](const shared_queue& object) -> samepage_status {
        const auto room = capi::room_of(reply, reply_bytes_max);
        const auto came =
            object->call(capi::bytes_of(bytes, size_bytes), capi::duration_of(timeout_ns), reply_bytes_max);
        if (!came) return capi::fail(came.error());
        if (!came->empty()) std::memcpy(room.data(), came->data(), came->size());
        capi::set(reply_bytes, came->size());
        return samepage_ok;
    });
}

samepage_status samepage_queue_descriptor(samepage_queue* queue, intptr_t* descriptor) {
    return capi::with(queue, listening,
                      [&](const shared_queue& object) { return capi::give(object->descriptor(), descriptor); });
}

samepage_status samepage_queue_arm(samepage_queue* queue) {
    return capi::with(queue, listening, [](const shared_queue& object) { return capi::give(object->arm()); });
}

const void* samepage_job_data(samepage_job* job) {
    const kept_job* const mine = capi::object_of(job);
    return mine == nullptr ? nullptr : mine->job.bytes().data();
}

samepage_status samepage_job_size(samepage_job* job, size_t* size_bytes) {
    return capi::tell(job, asking_job, size_bytes, [](const kept_job& mine) { return mine.job.bytes().size(); });
}

samepage_status samepage_job_id(samepage_job* job, uint64_t* id) {
    return capi::tell(job, asking_job, id, [](const kept_job& mine) { return mine.job.id(); });
}

samepage_status samepage_job_deliveries(samepage_job* job, uint32_t* deliveries) {
    return capi::tell(job, asking_job, deliveries, [](const kept_job& mine) { return mine.job.deliveries(); });
}

samepage_status samepage_job_is_call(samepage_job* job, int32_t* is_call, uint64_t* reply_bytes_max) {
    return capi::with(job, asking_job, [&](const kept_job& mine) {
        capi::set(is_call, mine.job.is_call());
        capi::set(reply_bytes_max, mine.job.reply_bytes_max());
        return samepage_ok;
    });
}

samepage_status samepage_job_acknowledge(samepage_job* job) {
    return capi::with(job, "acknowledge a job", [](kept_job& mine) { return capi::give(mine.job.acknowledge()); });
}

samepage_status samepage_job_reply(samepage_job* job, const void* bytes, size_t size_bytes) {
    return capi::with(job, "reply to a job",
                      [&](kept_job& mine) { return capi::give(mine.job.reply(capi::bytes_of(bytes, size_bytes))); });
}

samepage_status samepage_job_fail(samepage_job* job, const char* why) {
    return capi::with(job, "fail a job",
                      [&](kept_job& mine) { return capi::give(mine.job.fail(why == nullptr ? "" : why)); });
}

samepage_status samepage_job_give_back(samepage_job* job) {
    return capi::with(job, "give back a job", [](kept_job& mine) { return capi::give(mine.job.give_back()); });
}

void samepage_job_close(samepage_job* job) { capi::pool_of<samepage_job>.close(job); }
