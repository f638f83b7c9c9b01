// queue: jobs shared by name, each handled by exactly one worker, given to the next one when that one dies.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"

namespace samepage {

// How long a push waits for room, unless told otherwise.
inline constexpr duration pusher_patience = std::chrono::seconds(5);

struct queue_options {
    // Room for all jobs together, fixed when the queue is made, rounded up to 128: each takes 128 bytes, which do for
    // 80 bytes of its own and of the room for its reply, both rounded up to 16; and 128 more for each 112 bytes beyond.
    // An existing queue keeps its own. 256 bytes to 1 GiB.
    std::uint64_t capacity_bytes = std::uint64_t{1} << 20;
    wait_strategy strategy = wait_strategy::spin_then_sleep;
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
};

// What there is to know about a queue, as of some moment during the call.
struct queue_info {
    std::uint64_t capacity_bytes = 0;
    std::uint64_t used_bytes = 0;         // from the oldest unfinished job on: what can't be used again yet
    std::uint64_t jobs_ready = 0;         // to be taken
    std::uint64_t jobs_taken = 0;         // with a living worker
    std::uint64_t replies_ready = 0;      // waiting to be fetched by who called
    std::uint64_t next_id = 0;            // of the next job to be pushed
    std::uint64_t oldest_taken = 0;       // the id of the oldest job that is with a worker; 0: none
    std::uint32_t oldest_process = 0;     // who has it, where the system shows it
    std::uint32_t oldest_deliveries = 0;  // how often it was taken
    std::uint32_t takers_waiting = 0;     // killed ones count until the next push
    std::uint32_t pushers_waiting = 0;    // the same, until there is room
};

// One job that isn't finished.
struct queued_job {
    enum class state : std::uint8_t { ready, taken, replied };
    std::uint64_t id = 0;
    queued_job::state is = state::ready;
    std::uint32_t process = 0;     // the worker's when taken, the caller's when replied; where the system shows it
    std::uint32_t deliveries = 0;  // how often it was taken
    std::uint64_t size_bytes = 0;
    bool is_call = false;
};

// A queue of jobs of bytes or text under a name or in a file. `queue<T>` is the same for a T.
//
// Exactly once while nobody dies: a job goes to one worker and is finished when that one acknowledges it or replies. A
// job that was given back, or whose worker died (its process ended, or its handle was closed), goes to the next worker,
// and deliveries() says so. Nobody is taken for dead by a timeout.
//
// Processes: any number push and take. Whoever is killed leaves each job wholly pushed or not, wholly finished or not.
// A stopped worker keeps its job, the others go on. Who is stopped in the midst of a push makes other pushers time out,
// naming it; workers go on.
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle
// and no `job` of it is left. A job is for one thread at a time.
// fork(): a child's handle pushes and takes for itself; it has none of its parent's jobs.
// Lifetime: as region. A queue at a path keeps its jobs when its holders go or are killed (but a power failure may
// damage it, which then is `corrupt`).
// Room: a job that stays unfinished keeps the room of all jobs pushed after it from being used again.
//
//   auto work = samepage::queue_bytes::create("work").value();
//   work.push_text("resize photo.jpg").value();
//   // in a worker:
//   auto work = samepage::queue_bytes::create("work").value();
//   auto job = work.take().value();
//   if (do_it(job.text())) job.acknowledge().value();    // else its end gives it back
class SAMEPAGE_API queue_bytes {
   public:
    // A job that was taken. Given back at its end unless it was finished. Move-only; ends before its queue handle does.
    class SAMEPAGE_API job {
       public:
        job() noexcept = default;  // no job
        job(job&& other) noexcept { swap(other); }
        job& operator=(job&& other) noexcept {
            job(std::move(other)).swap(*this);
            return *this;
        }
        ~job() {
            if (is_mine()) static_cast<void>(give_back());
        }

        bool is_mine() const noexcept { return word_ != 0; }  // neither finished nor given back yet
        std::uint64_t id() const noexcept { return id_; }     // 1, 2, 3 … in the order of pushing
        // How often it was taken, this time included: more than 1 when a worker died with it or gave it back. Counts to
        // 8191.
        std::uint32_t deliveries() const noexcept { return deliveries_; }
        std::span<const std::byte> bytes() const noexcept { return {data(), size_bytes_}; }  // a copy
        std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data()), size_bytes_}; }
        bool is_call() const noexcept { return is_call_; }                      // somebody waits for a reply
        std::uint64_t reply_bytes_max() const noexcept { return room_bytes_; }  // 0 when nobody does

        // The job is finished; a caller gets an empty reply. One compare-and-swap. not_owner: it isn't this one's (any
        // more), or it is a forked child's copy of its parent's.
        result<void> acknowledge();
        // The same, with a reply for who called; where nobody did, or the caller has given up, the bytes are dropped.
        // too_large: more than the caller has kept room for; the job is still this one's then.
        result<void> reply(std::span<const std::byte> bytes);
        result<void> reply_text(std::string_view text) { return reply(std::as_bytes(std::span(text))); }
        // The job is finished, though it could not be done, and no other worker shall try: who called gets the error
        // `failed` with this text, UTF-8, of which there is room for so much as a reply may have, 400 bytes at most.
        // Where nobody called, it is dropped. not_owner as acknowledge().
        result<void> fail(std::string_view why);
        // Ready again, in its old place: the next take gets it, also this worker's. Who can't do a job at all, as
        // deliveries() tells, fails it, or puts it aside and acknowledges it. not_owner as acknowledge().
        result<void> give_back();

       private:
        friend class queue_bytes;
        void swap(job& other) noexcept;
        const std::byte* data() const noexcept { return many_ ? many_.get() : few_.data(); }
        result<void> finish(std::span<const std::byte> reply, bool failed, const char* operation);

        const void* state_ = nullptr;  // the queue handle's
        std::uint64_t position_ = 0;
        std::uint64_t word_ = 0;  // what the record's state word says while it is this one's
        std::uint64_t id_ = 0;
        std::uint64_t room_bytes_ = 0;
        std::uint32_t deliveries_ = 0;
        bool is_call_ = false;
        std::size_t size_bytes_ = 0;
        std::array<std::byte, 80> few_;      // the bytes, where there aren't more
        std::unique_ptr<std::byte[]> many_;  // else
    };

    queue_bytes() noexcept;  // closed
    queue_bytes(queue_bytes&&) noexcept;
    queue_bytes& operator=(queue_bytes&&) noexcept;
    ~queue_bytes();

    // Makes it, empty, or opens the one that exists: created() says which.
    static result<queue_bytes> create(std::string_view place, const queue_options& = {});
    // As create, but already_exists if there is one.
    static result<queue_bytes> create_new(std::string_view place, const queue_options& = {});
    // As create, but not_found if there is none.
    static result<queue_bytes> open(std::string_view place, const queue_options& = {});

    // Adds a job and gives its id. Waits for room at most `timeout`. too_large (saying which capacity would do); full,
    // when it doesn't wait, and timed_out, both naming who is in the way; full also when too many processes take part.
    result<std::uint64_t> push(std::span<const std::byte> bytes, duration timeout = pusher_patience) const;
    result<std::uint64_t> push_text(std::string_view text, duration timeout = pusher_patience) const {
        return push(std::as_bytes(std::span(text)), timeout);
    }

    // Takes the oldest ready job, which includes one whose worker is dead. Waits for one at most `timeout`. empty, when
    // it doesn't wait, else timed_out. corrupt, once, for a job whose bytes are damaged: it is dropped.
    result<job> take(duration timeout = forever) const;

    // Pushes a job and waits for its reply, which must fit into `reply_bytes_max`. When a worker dies, the next one has
    // it. timed_out: a job that nobody has taken by then is withdrawn; else it goes on, and its reply is dropped.
    // failed, in the worker's words: it could not do the job.
    result<std::vector<std::byte>> call(std::span<const std::byte> bytes, duration timeout = forever,
                                        std::uint64_t reply_bytes_max = 4096) const;
    result<std::string> call_text(std::string_view text, duration timeout = forever,
                                  std::uint64_t reply_bytes_max = 4096) const;

    // For event loops, in place of waiting in take(): as cell_bytes::descriptor and arm. Whenever it is readable, and
    // once at the beginning, call arm() *first*, then take with no_wait until there is no job. A job that is pushed or
    // given back after arm() makes it readable again. Nothing tells of a worker's death: take now and then also.
    result<native_handle> descriptor() const;
    result<void> arm() const;

    bool is_open() const noexcept;
    bool created() const noexcept;
    std::uint64_t capacity_bytes() const noexcept;
    // Counts the jobs, while pushers wait. timed_out names a pusher that is stopped in the midst of a push.
    result<queue_info> info() const;
    // The oldest unfinished jobs, at most `count_max`. As info().
    result<std::vector<queued_job>> jobs(std::size_t count_max = 1000) const;
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does

   private:
    struct state;
    explicit queue_bytes(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

// A queue of Ts: a thin view of queue_bytes. A job that has another size is wrong_kind when its value is asked for.
// T's layout should be the same in all processes: fixed-width members, no pointers. So should R's, a reply.
//
//   auto orders = samepage::queue<order, receipt>::create("orders").value();
//   receipt r = orders.call({17, 3}).value();
//   // in a worker:
//   auto orders = samepage::queue<order, receipt>::create("orders").value();
//   auto job = orders.take().value();
//   job.reply(handle(job.value().value())).value();
template <class T, class R = T>
class queue {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_copyable_v<R>, "jobs are copied byte by byte");

   public:
    class job : public queue_bytes::job {
       public:
        job() noexcept = default;
        explicit job(queue_bytes::job from) noexcept : queue_bytes::job(std::move(from)) {}
        result<T> value() const { return of_bytes<T>(bytes(), "take from a queue"); }
        result<void> reply(const R& value) { return queue_bytes::job::reply(std::as_bytes(std::span(&value, 1))); }
    };

    queue() noexcept = default;
    static result<queue> create(std::string_view place, const queue_options& options = {}) {
        return of(queue_bytes::create(place, options));
    }
    static result<queue> create_new(std::string_view place, const queue_options& options = {}) {
        return of(queue_bytes::create_new(place, options));
    }
    static result<queue> open(std::string_view place, const queue_options& options = {}) {
        return of(queue_bytes::open(place, options));
    }

    result<std::uint64_t> push(const T& value, duration timeout = pusher_patience) const {
        return bytes_.push(std::as_bytes(std::span(&value, 1)), timeout);
    }
    result<job> take(duration timeout = forever) const {
        auto taken = bytes_.take(timeout);
        if (!taken) return taken.error();
        return job(std::move(*taken));
    }
    result<R> call(const T& value, duration timeout = forever) const {
        const auto reply = bytes_.call(std::as_bytes(std::span(&value, 1)), timeout, sizeof(R));
        if (!reply) return reply.error();
        return of_bytes<R>(*reply, "call");
    }

    bool is_open() const noexcept { return bytes_.is_open(); }
    bool created() const noexcept { return bytes_.created(); }
    const queue_bytes& bytes() const noexcept { return bytes_; }
    void close() noexcept { bytes_.close(); }

   private:
    explicit queue(queue_bytes bytes) noexcept : bytes_(std::move(bytes)) {}
    static result<queue> of(result<queue_bytes> opened) {
        if (!opened) return opened.error();
        return queue(std::move(*opened));
    }
    template <class V>
    static result<V> of_bytes(std::span<const std::byte> bytes, const char* operation) {
        if (bytes.size() != sizeof(V)) {
            return error(errc::wrong_kind, operation,
                         "it has " + std::to_string(bytes.size()) + " bytes, this type has " +
                             std::to_string(sizeof(V)) + "; take it as the type that was pushed");
        }
        std::array<std::byte, sizeof(V)> copy;
        std::memcpy(copy.data(), bytes.data(), sizeof(V));
        return std::bit_cast<V>(copy);
    }

    queue_bytes bytes_;
};

}  // namespace samepage
