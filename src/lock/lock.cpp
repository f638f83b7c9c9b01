// Locks: an owner word in a structured object.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. The protocol with its invariants and crash story: shared/owner_word.hpp.
#include "samepage/lock.hpp"

#include <string>

#include "lock/layout.hpp"
#include "shared/owner_word.hpp"
#include "shared/structured.hpp"

namespace samepage {

struct lock::state {
    shared::structured opened;
    std::optional<shared::participants> self;
    std::optional<shared::owner_word> owner;
    wait_strategy strategy;

    static result<lock> open(std::string_view place, os::disposition disposition, const lock_options& options);
};

lock::lock() noexcept = default;
lock::lock(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
lock::lock(lock&&) noexcept = default;
lock& lock::operator=(lock&&) noexcept = default;
lock::~lock() = default;
void lock::close() noexcept { state_.reset(); }

result<lock> lock::state::open(std::string_view place, os::disposition disposition, const lock_options& options) {
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.timeout = options.timeout;
    request.spec.kind = kind::lock;
    request.spec.format_version = locks::format_version;
    request.spec.fingerprint = locks::fingerprint;
    request.spec.object_bytes = locks::object_bytes;
    request.operation = disposition == os::disposition::open_existing ? "open a lock" : "create a lock";
    auto s = std::make_unique<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    if (s->opened.header().object_bytes < locks::object_bytes) {
        return error(errc::corrupt, request.operation, s->opened.place() + " is too short for a lock; make it anew");
    }
    s->strategy = options.strategy;
    s->self.emplace(s->opened.object(), s->opened.participants());
    s->owner.emplace(s->opened.at<std::atomic<std::uint64_t>>(locks::owner_offset), *s->self, s->opened.object(),
                     locks::owner_point, shared::owner_word::usual);
    return lock(std::move(s));
}

result<lock> lock::create(std::string_view place, const lock_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<lock> lock::create_new(std::string_view place, const lock_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<lock> lock::open(std::string_view place, const lock_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

lock::held::held(const lock& from, std::uint64_t identity, bool owner_died) noexcept
    : state_(from.state_.get()), identity_(identity), owner_died_(owner_died) {}

result<lock::held> lock::acquire(duration timeout) const {
    if (!state_) return error(errc::closed, "acquire a lock");
    if (const std::uint64_t identity = state_->owner->try_fast(); identity != 0) return held(*this, identity, false);
    const auto taken = state_->owner->acquire(timeout, state_->strategy, "acquire a lock");
    if (!taken) return taken.error();
    return held(*this, taken->identity, taken->owner_died);
}

result<void> lock::held::release() {
    const std::uint64_t identity = std::exchange(identity_, 0);
    const auto* from = static_cast<const lock::state*>(state_);
    // A forked child has its parent's `held`, but another identity or none.
    if (identity != 0 && from->self->identity() == identity && from->owner->release(identity, !owner_died_)) return {};
    return error(errc::not_owner, "release a lock", "this handle does not own it; only the owner may release it");
}

bool lock::is_open() const noexcept { return state_ != nullptr; }
bool lock::created() const noexcept { return state_ && state_->opened.object().created(); }

result<lock_info> lock::info() const {
    if (!state_) return error(errc::closed, "look at a lock");
    const std::uint64_t word = state_->owner->load();
    lock_info info;
    info.awaited = (word & shared::owner_word::contended) != 0;
    info.owner_died = (word & shared::owner_word::died) != 0;
    const std::uint64_t owner = state_->owner->owner();
    if (owner == 0) return info;
    const auto live = state_->self->is_live(owner, "look at a lock");
    if (!live) return live.error();
    info.owned = *live;
    info.owner_died = info.owner_died || !*live;
    if (*live) info.owner_process = state_->self->process_of(owner);
    return info;
}

result<void> lock::check_name() const {
    if (!state_) return error(errc::closed, "check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
