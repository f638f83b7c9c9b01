// What there is to know about a queue and the jobs in it, and descriptors for event loops.
// SPDX-License-Identifier: MIT
#include <map>

#include "queue/state.hpp"

namespace samepage {

using queues::closed;
using queues::corrupt;
using queues::ring;

namespace {

constexpr const char* looking = "look at a queue";
constexpr const char* listening = "listen to a queue";

}  // namespace

bool queue_bytes::is_open() const noexcept { return state_ != nullptr; }
bool queue_bytes::created() const noexcept { return state_ && state_->opened.object().created(); }
std::uint64_t queue_bytes::capacity_bytes() const noexcept { return state_ ? state_->jobs->ring_bytes() : 0; }

// What dead ones had is given back first, so that nobody reads of them.
template <class Look>
result<void> queue_bytes::state::look(Look&& what) const {
    if (!sweep()) return corrupt(looking);
    patience until(std::chrono::seconds(1));
    const auto mine = own(until, looking);
    if (!mine) return mine.error();
    if (!what()) return corrupt(looking);
    return {};
}

result<queue_info> queue_bytes::info() const {
    if (!state_) return closed(looking);
    const state& s = *state_;
    ring::counts all;
    if (const auto looked = s.look([&] { return s.jobs->count(all); }); !looked) return looked.error();
    queue_info info;
    info.capacity_bytes = s.jobs->ring_bytes();
    info.used_bytes = all.used_bytes;
    info.jobs_ready = all.ready;
    info.jobs_taken = all.taken;
    info.replies_ready = all.replied;
    info.next_id = all.next_id;
    info.oldest_taken = all.oldest_id;
    if (all.taken != 0) info.oldest_process = s.self->process_of(all.oldest_state);
    info.oldest_deliveries = static_cast<std::uint32_t>(queues::deliveries_of(all.oldest_state));
    info.takers_waiting = s.takers->sleepers();
    info.pushers_waiting = s.pushers->sleepers();
    return info;
}

result<std::vector<queued_job>> queue_bytes::jobs(std::size_t count_max) const {
    if (!state_) return closed(looking);
    const state& s = *state_;
    std::vector<ring::listed> all;
    if (const auto looked = s.look([&] { return s.jobs->list(all, count_max); }); !looked) return looked.error();
    std::vector<queued_job> jobs;
    std::map<std::uint64_t, std::uint32_t> processes;  // asking the system is slow
    for (const ring::listed& one : all) {
        queued_job j;
        j.id = one.id;
        j.deliveries = static_cast<std::uint32_t>(queues::deliveries_of(one.state));
        j.size_bytes = one.job_bytes;
        j.is_call = one.caller != 0;
        const std::uint64_t kind = one.state & queues::kind_bits;
        if (kind != queues::ready) {
            j.is = kind == queues::taken ? queued_job::state::taken : queued_job::state::replied;
            const std::uint64_t who = (kind == queues::taken ? one.state : one.caller) & shared::identity_bits;
            const auto [known, is_new] = processes.try_emplace(who, 0);
            if (is_new) known->second = s.self->process_of(who);
            j.process = known->second;
        }
        jobs.push_back(j);
    }
    return jobs;
}

// ---- Event loops -------------------------------------------------------------------------------------------------

result<native_handle> queue_bytes::descriptor() const {
    if (!state_) return closed(listening);
    return state_->bell->armed_descriptor(state_->opened.object());
}

result<void> queue_bytes::arm() const {
    if (!state_) return closed(listening);
    if (const auto armed = state_->bell->arm(state_->opened.object()); !armed) return armed.error();
    // seq_cst (default): pairs with the release of the turn, as for sleepers (sleepers)
    state_->owner->settle();
    return {};
}

// ---- The name ----------------------------------------------------------------------------------------------------

result<void> queue_bytes::check_name() const {
    if (!state_) return closed("check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
