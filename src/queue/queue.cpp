// Queues: a ring of jobs, an owner word for those who push, and words to sleep on, in a structured object.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Each part has its protocol, invariants and crash story in its own header: queue/ring.hpp (the
// jobs), shared/owner_word.hpp (whose turn it is to push), shared/wait_word.hpp (who sleeps), shared/bell.hpp.
//
// Why nobody sleeps through what it waits for. All three wait for a word that changes; they mark themselves first (M).
//   takers   read the owner word (O), then the rewinds and the cell where the next job comes. Who pushes writes that
//            cell, frees O (seq_cst), and reads M (seq_cst): as for cells (cell.cpp). Who gives back adds a rewind and
//            reads M, both seq_cst. So does a listener in an event loop, its mark being in the bell.
//   pushers  read the state of the record at head, then its position. Who finishes a job changes its state and reads M,
//            all seq_cst.
//   callers  read their record's state. Who replies changes it and reads M, all four seq_cst.
// Deaths wake nobody: takers and pushers look again in slices, and then ask the kernel about those who have jobs.
//
// relaxed: where a handle's threads stand is a hint that they leave to each other (state.hpp); a record's fields are
// its taker's or its caller's.
#include "samepage/queue.hpp"

#include <algorithm>

#include "queue/ring.hpp"
#include "queue/state.hpp"
#include "shared/check.hpp"
#include "shared/poll.hpp"
#include "utf8.hpp"

namespace samepage {

using queues::census;
using queues::closed;
using queues::corrupt;
using queues::ring;

namespace {

constexpr const char* pushing = "push into a queue";
constexpr const char* taking = "take from a queue";
constexpr const char* calling = "call through a queue";

constexpr duration first_slice = std::chrono::milliseconds(10);
constexpr duration slice_max = std::chrono::milliseconds(50);

// What a call that doesn't wait allows another process for the few instructions of its turn.
constexpr duration turn_patience = std::chrono::milliseconds(20);

// A worker that always finds jobs looks for those of dead workers at its first take, and then, asking the clock after
// so many takes, that seldom; or more seldom, so that this takes a small part of its time.
constexpr std::uint32_t takes_between_clocks = 256;
constexpr duration between_sweeps = std::chrono::milliseconds(10);
constexpr int sweeps_part = 16;

error not_mine(const char* operation) {
    return error(errc::not_owner, operation, "this handle doesn't have the job (any more); take another");
}

std::string_view text_of(const std::vector<std::byte>& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

queue_bytes::queue_bytes() noexcept = default;
queue_bytes::queue_bytes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
queue_bytes::queue_bytes(queue_bytes&&) noexcept = default;
queue_bytes& queue_bytes::operator=(queue_bytes&&) noexcept = default;
queue_bytes::~queue_bytes() = default;
void queue_bytes::close() noexcept { state_.reset(); }

// ---- Opening -----------------------------------------------------------------------------------------------------

result<queue_bytes> queue_bytes::state::open(std::string_view place, os::disposition disposition,
                                             const queue_options& options) {
    const char* const operation = disposition == os::disposition::open_existing ? "open a queue" : "create a queue";
    if (options.capacity_bytes < queues::capacity_min || options.capacity_bytes > queues::capacity_max) {
        return error(errc::invalid_argument, operation, "a capacity is 256 bytes to 1 GiB");
    }
    const auto where = place::parse(place);
    if (!where) return where.error();
    const auto shape = queues::shape::of(options.capacity_bytes, where->is_path());
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.timeout = options.timeout;
    request.spec.kind = kind::queue;
    request.spec.format_version = queues::format_version;
    request.spec.fingerprint = queues::fingerprint;
    request.spec.object_bytes = shape.object_bytes();
    request.spec.parameters = {shape.ring_bytes, shape.checked ? 1U : 0U, 0, 0};
    request.operation = operation;
    auto s = std::make_unique<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    if (!queues::shape::fits(s->opened.header())) {
        return error(errc::corrupt, operation, s->opened.place() + " says a size that cannot be; make it anew");
    }
    s->attach(options.strategy);
    return queue_bytes(std::move(s));
}

void queue_bytes::state::attach(wait_strategy how) {
    jobs.emplace(&opened.at<std::byte>(0), queues::shape::from(opened.header()));
    self.emplace(opened.object(), opened.participants());
    owner.emplace(opened.at<queues::ring_words>(queues::words_offset).owner, *self, opened.object(),
                  queues::owner_point, shared::owner_word::usual);
    bell.emplace(opened.at<std::atomic<std::uint32_t>>(queues::bell_offset));
    takers.emplace(opened.at<std::atomic<std::uint32_t>>(queues::takers_offset), queues::takers_point);
    pushers.emplace(opened.at<std::atomic<std::uint32_t>>(queues::pushers_offset), queues::pushers_point);
    strategy = how;
}

result<queue_bytes> queue_bytes::create(std::string_view place, const queue_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<queue_bytes> queue_bytes::create_new(std::string_view place, const queue_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<queue_bytes> queue_bytes::open(std::string_view place, const queue_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

// ---- Turns and waiting -------------------------------------------------------------------------------------------

result<turn> queue_bytes::state::own(patience& until, const char* operation) const {
    if (const std::uint64_t identity = owner->try_fast(); identity != 0) return turn(*owner, identity);
    const auto taken = owner->acquire(std::max(until.end().left(), turn_patience), strategy, operation);
    if (!taken) return taken.error();
    turn mine(*owner, taken->identity);
    if (!taken->owner_died || jobs->repair()) return mine;
    mine.is_not_repaired();
    return corrupt(operation);
}

// ---- Pushing -----------------------------------------------------------------------------------------------------

error queue_bytes::state::why_full(const ring::pushed& tried, bool waited, const char* operation) const {
    std::string text = "job " + std::to_string(tried.id) + " keeps the room";
    const std::uint64_t kind = tried.in_the_way & queues::kind_bits;
    if (kind == queues::taken) text += " while " + self->describe(tried.in_the_way) + " has it: wait longer";
    if (kind == queues::ready) text += " until somebody takes it: start a worker";
    if (kind == queues::replied) text += " until " + self->describe(tried.caller) + " fetches its reply: wait longer";
    return error(waited ? errc::timed_out : errc::full, operation, text + ", or create the queue larger");
}

result<ring::pushed> queue_bytes::state::push(std::span<const std::byte> bytes, bool calls, std::uint64_t room_bytes,
                                              patience& until, const char* operation) const {
    const std::uint64_t room_max = queues::capacity_max;
    const std::uint64_t size = bytes.size() > room_max || room_bytes > room_max
                                   ? room_max + 1
                                   : queues::record_cells(bytes.size(), room_bytes) * queues::cell_bytes;
    if (size > jobs->ring_bytes()) {
        return error(errc::too_large, operation,
                     size > room_max ? "a job with the room for its reply has at most 1 GiB"
                                     : "the job needs " + std::to_string(size) + " bytes, the queue has " +
                                           std::to_string(jobs->ring_bytes()) + "; create it with a capacity of " +
                                           std::to_string(size));
    }
    for (duration slice = first_slice;; slice = std::min(slice * 2, slice_max)) {
        ring::pushed tried{};
        {
            const auto mine = own(until, operation);
            if (!mine) return mine.error();
            tried = jobs->push(bytes, calls ? mine->identity() : 0, room_bytes);
        }
        if (tried.how == ring::outcome::corrupt) return corrupt(operation);
        if (tried.how == ring::outcome::good) {
            tell_takers();
            return tried;
        }
        if (census who(*self); jobs->drop_reply(tried, who)) continue;
        if (until.end().passed()) return why_full(tried, until.waits(), operation);
        const auto has_moved = [&] { return jobs->front_has_moved(tried.position); };
        wait(*pushers, has_moved, has_moved, slice, until);
    }
}

result<std::uint64_t> queue_bytes::push(std::span<const std::byte> bytes, duration timeout) const {
    if (!state_) return closed(pushing);
    patience until(timeout);
    const auto done = state_->push(bytes, false, 0, until, pushing);
    if (!done) return done.error();
    return done->id;
}

// ---- Taking ------------------------------------------------------------------------------------------------------

// Looks for the jobs of dead ones, and for others that everybody has missed. False: corrupt.
bool queue_bytes::state::sweep() const {
    const auto begin = std::chrono::steady_clock::now();
    census who(*self);
    std::uint64_t from = finished.load(std::memory_order_relaxed);
    const auto swept = jobs->sweep(who, from, place.load(std::memory_order_relaxed));
    finished.store(from, std::memory_order_relaxed);
    place.store(from, std::memory_order_relaxed);
    if (swept.found) tell_takers();  // there may be more than one
    if (swept.freed) pushers->wake_all(opened.object());
    const auto end = std::chrono::steady_clock::now();
    next_sweep.store((end + std::max<duration>(between_sweeps, (end - begin) * sweeps_part)).time_since_epoch().count(),
                     std::memory_order_relaxed);
    return swept.sound;
}

bool queue_bytes::state::is_sweep_due() const {
    const std::uint32_t count = takes.load(std::memory_order_relaxed);
    takes.store(count + 1, std::memory_order_relaxed);
    if (count % takes_between_clocks != 0) return false;
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    return count == 0 || now >= next_sweep.load(std::memory_order_relaxed);
}

// T1 to T4, from this handle's place.
ring::outcome queue_bytes::state::take_from_place(std::uint64_t me, queues::seen_record& got) const {
    // acquire: pairs with the release below (place): the place isn't older
    const std::uint64_t known = known_rewinds.load(std::memory_order_acquire);
    if (const std::uint64_t rewinds = jobs->rewinds(); rewinds != known) {
        place.store(std::max(jobs->head(), finished.load(std::memory_order_relaxed)), std::memory_order_relaxed);
        // release: pairs with the acquire above (place)
        known_rewinds.store(rewinds, std::memory_order_release);
    }
    // Threads share the place. Who went on from one that another has changed meanwhile, going back, doesn't spoil that.
    std::uint64_t begin = place.load(std::memory_order_relaxed), at = begin;
    const auto how = jobs->take(me, at, got);
    if (at != begin) place.compare_exchange_strong(begin, at, std::memory_order_relaxed);
    return how;
}

// `thorough`: what is none may be a dead worker's, so that is looked at before it is none.
result<ring::outcome> queue_bytes::state::try_take(queues::seen_record& got, bool thorough) const {
    std::uint64_t me = self->identity();
    if (me == 0) {
        const auto claimed = self->claim(taking);
        if (!claimed) return claimed.error();
        me = *claimed;
    }
    if (is_sweep_due() && !sweep()) return ring::outcome::corrupt;
    const auto how = take_from_place(me, got);
    if (how != ring::outcome::none || !thorough) return how;
    if (!sweep()) return ring::outcome::corrupt;
    return take_from_place(me, got);
}

bool queue_bytes::state::may_be_ready() const noexcept {
    // acquire: pairs with the release in take_from_place() (place)
    return jobs->rewinds() != known_rewinds.load(std::memory_order_acquire) ||
           jobs->has_news(place.load(std::memory_order_relaxed));
}

result<queue_bytes::job> queue_bytes::take(duration timeout) const {
    if (!state_) return closed(taking);
    const state& s = *state_;
    patience until(timeout);
    bool thorough = !until.waits();
    for (duration slice = first_slice;; slice = std::min(slice * 2, slice_max)) {
        queues::seen_record got{};
        const auto how = s.try_take(got, thorough);
        if (!how) return how.error();
        if (*how == ring::outcome::corrupt) return corrupt(taking);
        if (*how == ring::outcome::good) return s.unpack(got);
        if (until.end().passed()) {
            if (!std::exchange(thorough, true)) continue;
            if (until.waits()) return error(errc::timed_out, taking, "no job came; wait longer, or push one");
            return error(errc::empty, taking, "there is no job; wait for one, or push one");
        }
        // seq_cst (default): the read of the owner word, see "Why nobody sleeps" (sleepers)
        s.wait(
            *s.takers, [&] { return s.may_be_ready(); }, [&] { return s.owner->settle(), s.may_be_ready(); }, slice,
            until);
        thorough = !s.may_be_ready();
    }
}

result<queue_bytes::job> queue_bytes::state::unpack(const queues::seen_record& got) const {
    job j;
    j.state_ = this;
    j.position_ = got.position;
    j.word_ = got.state;
    // relaxed: the record is this one's since it was taken
    j.id_ = got.at->id.load(std::memory_order_relaxed);
    j.is_call_ = got.at->caller.load(std::memory_order_relaxed) != 0;
    j.room_bytes_ = got.room_bytes;
    j.deliveries_ = static_cast<std::uint32_t>(queues::deliveries_of(got.state));
    j.size_bytes_ = static_cast<std::size_t>(got.job_bytes);
    if (j.size_bytes_ > j.few_.size()) j.many_ = std::make_unique<std::byte[]>(j.size_bytes_);
    jobs->copy_job(got, {j.many_ ? j.many_.get() : j.few_.data(), j.size_bytes_});
    const std::uint64_t check = got.at->check.load(std::memory_order_relaxed);
    if (!jobs->checked() || check == shared::check_of(j.bytes(), j.id_)) return j;
    // A power failure: whoever took it next would find the same.
    static_cast<void>(j.acknowledge());
    return error(errc::corrupt, taking, "the bytes of job " + std::to_string(j.id_) + " are damaged; it is dropped");
}

// ---- Finishing ---------------------------------------------------------------------------------------------------

void queue_bytes::job::swap(job& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(position_, other.position_);
    std::swap(word_, other.word_);
    std::swap(id_, other.id_);
    std::swap(room_bytes_, other.room_bytes_);
    std::swap(deliveries_, other.deliveries_);
    std::swap(is_call_, other.is_call_);
    std::swap(size_bytes_, other.size_bytes_);
    few_.swap(other.few_);
    many_.swap(other.many_);
}

result<void> queue_bytes::job::finish(std::span<const std::byte> reply, bool failed, const char* operation) {
    const auto* const s = static_cast<const state*>(state_);
    const std::uint64_t word = std::exchange(word_, 0);
    if (word == 0 || !s->is_own(word)) return not_mine(operation);
    auto& record = s->jobs->at(position_);
    // relaxed: one that gives up just now leaves a reply to nobody, which is freed like that of a dead one
    const bool awaited = is_call_ && record.caller.load(std::memory_order_relaxed) != 0;
    if (awaited && !failed && reply.size() > room_bytes_) {
        word_ = word;
        return error(errc::too_large, operation,
                     "the reply has " + std::to_string(reply.size()) + " bytes, the caller keeps room for " +
                         std::to_string(room_bytes_) + "; reply less, or call with more room");
    }
    if (awaited) s->jobs->write_reply(position_, size_bytes_, reply, failed);
    std::uint64_t seen = word;
    const std::uint64_t next = (awaited ? queues::replied : queues::done) | queues::in_state(position_);
    if (!ring::change(record, seen, next)) return not_mine(operation);
    if (awaited) s->callers_of(id_).wake_all(s->opened.object());
    s->pushers->wake_all(s->opened.object());
    return {};
}

result<void> queue_bytes::job::acknowledge() { return finish({}, false, "acknowledge a job"); }

result<void> queue_bytes::job::reply(std::span<const std::byte> bytes) {
    return finish(bytes, false, "reply to a job");
}

result<void> queue_bytes::job::fail(std::string_view why) {
    const std::uint64_t space = queues::bytes_behind_job(size_bytes_, room_bytes_);
    const auto kept = std::min<std::uint64_t>(space, error::detail_bytes_max);
    return finish(std::as_bytes(std::span(beginning_of(why, static_cast<std::size_t>(kept)))), true, "fail a job");
}

result<void> queue_bytes::job::give_back() {
    constexpr const char* operation = "give back a job";
    const auto* const s = static_cast<const state*>(state_);
    std::uint64_t word = std::exchange(word_, 0);
    if (word == 0 || !s->is_own(word)) return not_mine(operation);
    const std::uint64_t next = queues::ready | (word & queues::deliveries_bits) | queues::in_state(position_);
    if (!ring::change(s->jobs->at(position_), word, next)) return not_mine(operation);  // G1
    s->jobs->rewind();                                                                  // G2
    s->tell_takers();
    return {};
}

// ---- Calling -----------------------------------------------------------------------------------------------------

result<std::vector<std::byte>> queue_bytes::call(std::span<const std::byte> bytes, duration timeout,
                                                 std::uint64_t reply_bytes_max) const {
    if (!state_) return closed(calling);
    const state& s = *state_;
    patience until(timeout);
    const auto pushed = s.push(bytes, true, reply_bytes_max, until, calling);
    if (!pushed) return pushed.error();
    auto& record = s.jobs->at(pushed->position);
    const auto kind = [&] { return record.state.load() & queues::kind_bits; };
    const auto is_finished = [&] { return kind() != queues::ready && kind() != queues::taken; };
    const std::uint64_t done = queues::done | queues::in_state(pushed->position);
    while (!is_finished() && !until.end().passed())
        s.wait(s.callers_of(pushed->id), is_finished, is_finished, slice_max, until);
    if (!is_finished()) {
        // Nobody may take a job that its caller has given up on, unless somebody has it already.
        std::uint64_t seen = record.state.load();
        while ((seen & queues::kind_bits) == queues::ready) {
            if (ring::change(record, seen, done)) break;  // W1
        }
        const bool withdrawn = (seen & queues::kind_bits) == queues::ready;
        // relaxed: who replies meanwhile leaves a reply to nobody; see job::finish()
        if (!withdrawn) record.caller.store(0, std::memory_order_relaxed);
        s.pushers->wake_all(s.opened.object());
        return error(errc::timed_out, calling,
                     withdrawn
                         ? "no worker has done the job, and none has it now: it is withdrawn; wait longer, or start one"
                         : s.self->describe(seen) + " has the job and hasn't replied yet; its reply is dropped");
    }
    auto reply = s.jobs->copy_reply(pushed->position, bytes.size(), reply_bytes_max);
    std::uint64_t seen = queues::replied | queues::in_state(pushed->position);
    const bool mine = ring::change(record, seen, done);  // F2
    s.pushers->wake_all(s.opened.object());
    if (!mine || !reply) return corrupt(calling);
    if (reply->failed) return error(errc::failed, calling, text_of(reply->bytes));
    return std::move(reply->bytes);
}

result<std::string> queue_bytes::call_text(std::string_view text, duration timeout,
                                           std::uint64_t reply_bytes_max) const {
    const auto reply = call(std::as_bytes(std::span(text)), timeout, reply_bytes_max);
    if (!reply) return reply.error();
    return std::string(text_of(*reply));
}

}  // namespace samepage
