// What a table says about itself: how full it is, who is changing it, who died in it, and whether it is whole.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "table/history.hpp"
#include "table/state.hpp"
#include "table/verify.hpp"

namespace samepage {

using tables::read;

namespace {

// Owner words of the living and the dead. A process is counted once, whatever it owns.
struct owners_seen {
    std::vector<std::uint64_t> live, dead;

    void look(std::uint64_t word, const shared::participants& self) {
        if (shared::owner_word::is_free(word)) return;
        auto& known = tables::is_at_rest(word, self) ? dead : live;
        const std::uint64_t owner = word & shared::identity_bits;
        if (std::find(known.begin(), known.end(), owner) == known.end()) known.push_back(owner);
    }
};

}  // namespace

result<table_info> table_bytes::info() const {
    if (!state_) return error(errc::closed, "look at a table");
    const tables::body& fixed = state_->bytes->fixed();
    table_info info;
    info.records = size();
    info.size_bytes = read(fixed.end);
    info.buckets = read(fixed.buckets);
    info.load = static_cast<double>(info.records) / (static_cast<double>(info.buckets) * tables::group_slots);
    info.deaths_recovered = read(fixed.deaths);
    info.checkpoint_unix_ns = read(fixed.checkpoint_ns);
    info.returned_unix_ns = read(fixed.returned_ns);
    info.returned_to_unix_ns = read(fixed.returned_to_ns);
    info.is_clean = state_->is_file() && read(fixed.mark) == tables::clean;
    info.sole_writer_process = state_->self->sole_process();
    const std::uint64_t history = read(fixed.history);
    std::uint64_t ring_bytes = 0;
    if (history != 0 && tables::find_history(*state_->bytes, history, ring_bytes)) {
        info.history_bytes = tables::stripes_count * ring_bytes;
        for (unsigned i = 0; i < tables::stripes_count; ++i) {
            const auto ring = tables::ring_of(*state_->bytes, history, ring_bytes, i);
            tables::history_ring::place first, last;
            if (ring.oldest(first) && ring.newest(last)) info.history_changes += last.number - first.number;
        }
    }
    owners_seen seen;
    for (const auto& stripe : fixed.stripes) seen.look(stripe.owner.load(), *state_->self);
    info.writers_active = static_cast<std::uint32_t>(seen.live.size());
    seen.look(fixed.growth.load(), *state_->self);
    seen.look(fixed.space.load(), *state_->self);
    info.deaths_pending = static_cast<std::uint32_t>(seen.dead.size());
    return info;
}

result<table_verdict> table_bytes::verify(duration patience) const {
    if (!state_) return error(errc::closed, "verify a table");
    tables::survey seen =
        tables::verify(*state_->bytes, state_->opened.header(), *state_->self, os::deadline::after(patience));
    table_verdict verdict;
    verdict.wrong = std::move(seen.wrong);
    verdict.unjudged = std::move(seen.unjudged);
    verdict.records = seen.records;
    verdict.free_bytes = seen.pages_free * tables::page;
    return verdict;
}

}  // namespace samepage
