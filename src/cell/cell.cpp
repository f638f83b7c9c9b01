// Cells: values, an owner word for writers and a wait word for those who wait, in a structured object.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Each part has its protocol, invariants and crash story in its own header: cell/values.hpp (what
// readers see), shared/owner_word.hpp (whose turn it is to write), shared/wait_word.hpp (who sleeps), shared/bell.hpp
// (who waits in an event loop).
//
// A store: take the owner word; publish; release the owner word; wake those who sleep and ring the bell, if anybody
// does or listens.
//   killed before the publication: the old value stays.    after it: the new one. The owner word is then a dead one's,
//   and the next writer takes it. Sleepers that nobody has woken look again by themselves (wait_word.hpp); event loops
//   hear the next one's ring.
//
// Why a sleeper misses no value: it marks itself (W), then reads the owner word (O), then `current`. The writer stores
// `current`, releases O (seq_cst), reads W (seq_cst). Either the writer sees the mark, or the sleeper's read of O sees
// that release or a later one, which brings `current` with it. So it is with a listener, its mark being in the bell.
#include "samepage/cell.hpp"

#include <algorithm>

#include "cell/layout.hpp"
#include "cell/values.hpp"
#include "shared/await.hpp"
#include "shared/bell.hpp"
#include "shared/owner_word.hpp"
#include "shared/structured.hpp"
#include "shared/wait_word.hpp"

namespace samepage {

using cells::values;

struct cell_bytes::state {
    std::optional<values> content;  // first: near for the shortest of all calls
    shared::structured opened;
    std::optional<shared::participants> self;
    std::optional<shared::owner_word> owner;
    std::optional<shared::wait_word> waiters;  // none: this handle may not mark itself
    std::optional<shared::bell> bell;          // likewise
    wait_strategy strategy;

    state() = default;
    ~state() {
        if (self && opened.may_write()) self->stop_being_sole();
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    static result<cell_bytes> open(std::string_view place, os::disposition disposition, const cell_options& options);
    result<void> attach(const cell_options& options, const char* operation);

    result<std::uint64_t> own(duration timeout, const char* operation) const;
    result<std::uint64_t> publish_and_release(std::span<const std::byte> value, std::uint64_t identity,
                                              const char* operation) const;
    result<std::vector<std::byte>> copy(const char* operation) const;
    result<void> be_sole(duration timeout, const char* operation) const;
    result<void> may_store(std::size_t size_bytes, const char* operation) const;
};

namespace {

constexpr const char* storing = "store in a cell";
constexpr const char* loading = "load a cell";
constexpr const char* waiting = "wait for a cell";
constexpr const char* updating = "update a cell";
constexpr const char* listening = "listen to a cell";

std::string bytes_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); }

error closed(const char* operation) { return error(errc::closed, operation); }

error why_not_loaded(const values::loaded& seen, std::size_t room_bytes, const char* operation) {
    switch (seen.how) {
        case values::outcome::empty: return error(errc::empty, operation);
        case values::outcome::too_small:
            return error(errc::too_large, operation,
                         "the value has " + bytes_text(seen.size_bytes) + ", there is room for " +
                             std::to_string(room_bytes) + "; give a larger buffer")
                .set_needed_bytes(seen.size_bytes);
        case values::outcome::lapped:
            return error(errc::busy, operation, "writers were faster than the copy in every try; try again");
        default: break;
    }
    return error(errc::corrupt, operation, "a value's length cannot be; something else has written in the cell");
}

// Bytes that only the owner changes were changed during its turn.
error overwritten(bool in_the_version, const char* operation) {
    return error(errc::corrupt, operation,
                 in_the_version
                     ? "the newest version is a number that cannot be; something else has written in the cell"
                     : "something else has written in the cell meanwhile; load it to see what it holds");
}

}  // namespace

cell_bytes::cell_bytes() noexcept = default;
cell_bytes::cell_bytes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
cell_bytes::cell_bytes(cell_bytes&&) noexcept = default;
cell_bytes& cell_bytes::operator=(cell_bytes&&) noexcept = default;
cell_bytes::~cell_bytes() = default;
void cell_bytes::close() noexcept { state_.reset(); }

// ---- Opening -------------------------------------------------------------------------------------------------------

result<cell_bytes> cell_bytes::state::open(std::string_view place, os::disposition disposition,
                                           const cell_options& options) {
    const char* const operation = disposition == os::disposition::open_existing ? "open a cell" : "create a cell";
    if (options.capacity_bytes == 0 || options.capacity_bytes > cells::capacity_max) {
        return error(errc::invalid_argument, operation, "a capacity is 1 byte to 1 GiB");
    }
    const auto where = place::parse(place);
    if (!where) return where.error();
    const auto shape = cells::shape::of(options.capacity_bytes, where->is_path());
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.access = options.access;
    request.timeout = options.timeout;
    request.spec.kind = kind::cell;
    request.spec.format_version = cells::format_version;
    request.spec.fingerprint = cells::fingerprint;
    request.spec.object_bytes = shape.object_bytes();
    request.spec.parameters = {shape.capacity_bytes, shape.buffers, shape.checked ? 1U : 0U, 0};
    request.operation = operation;
    auto s = std::make_unique<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    if (auto attached = s->attach(options, operation); !attached) return attached.error();
    if (options.sole_writer) {
        if (auto alone = s->be_sole(options.timeout, operation); !alone) return alone.error();
    }
    return cell_bytes(std::move(s));
}

result<void> cell_bytes::state::attach(const cell_options& options, const char* operation) {
    if (!cells::shape::fits(opened.header())) {
        return error(errc::corrupt, operation, opened.place() + " says a size that cannot be; make it anew");
    }
    const auto shape = cells::shape::from(opened.header());
    content.emplace(&opened.at<std::byte>(0), shape);
    self.emplace(opened.object(), opened.participants());
    owner.emplace(opened.at<std::atomic<std::uint64_t>>(cells::owner_offset), *self, opened.object(),
                  cells::owner_point, shared::owner_word::usual);
    if (std::byte* const page = opened.wait_page(); page != nullptr) {
        const auto word = [page](std::uint64_t offset) -> std::atomic<std::uint32_t>& {
            return *reinterpret_cast<std::atomic<std::uint32_t>*>(page + offset - shared::wait_page_offset);
        };
        waiters.emplace(word(cells::waiters_offset), cells::waiters_point);
        bell.emplace(word(cells::bell_offset));
    }
    strategy = options.strategy;
    if (!shape.checked || opened.object().created()) return {};
    std::vector<std::byte> scratch(content->capacity_bytes());
    if (content->newest_is_sound(scratch)) return {};
    return error(errc::corrupt, operation,
                 opened.place() + " holds a value that was cut short, by a power failure perhaps; make it anew");
}

result<cell_bytes> cell_bytes::create(std::string_view place, const cell_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<cell_bytes> cell_bytes::create_new(std::string_view place, const cell_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<cell_bytes> cell_bytes::open(std::string_view place, const cell_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

// ---- Writing -------------------------------------------------------------------------------------------------------

result<void> cell_bytes::state::may_store(std::size_t size_bytes, const char* operation) const {
    if (!opened.may_write()) return error(errc::denied, operation, "it was opened read-only; open it to write");
    if (size_bytes <= content->capacity_bytes()) return {};
    return error(errc::too_large, operation,
                 "the value has " + bytes_text(size_bytes) + ", the cell holds at most " +
                     std::to_string(content->capacity_bytes()) + "; create it with a capacity of " +
                     std::to_string(size_bytes));
}

result<std::uint64_t> cell_bytes::state::own(duration timeout, const char* operation) const {
    std::uint64_t identity = owner->try_fast();
    if (identity == 0) {
        const auto taken = owner->acquire(timeout, strategy, operation);
        if (!taken) return taken.error();
        identity = taken->identity;  // that an owner died needs no repair here
    }
    if (auto good = self->may_write(operation); !good) {
        static_cast<void>(owner->release(identity, true));
        return good.error();
    }
    return identity;
}

result<void> cell_bytes::state::be_sole(duration timeout, const char* operation) const {
    if (auto good = may_store(0, operation); !good) return good;
    const auto identity = own(timeout, operation);
    if (!identity) return identity.error();
    auto alone = self->become_sole(operation);
    static_cast<void>(owner->release(*identity, true));
    return alone;
}

result<std::uint64_t> cell_bytes::state::publish_and_release(std::span<const std::byte> value, std::uint64_t identity,
                                                             const char* operation) const {
    const std::uint64_t version = content->publish(value);
    const bool was_mine = owner->release(identity, true);
    const bool woke = waiters->wake_all(opened.object());
    if (bell->ring(opened.object()) || woke) owner->end_bias();
    if (version == 0 || !was_mine) [[unlikely]]
        return overwritten(version == 0, operation);
    return version;
}

result<std::uint64_t> cell_bytes::store(std::span<const std::byte> value, duration timeout) const {
    if (state_ && state_->opened.may_write() && value.size() <= state_->content->capacity_bytes()) [[likely]] {
        const std::uint64_t identity = state_->owner->try_fast();
        if (identity != 0) [[likely]] {
            if (state_->self->has_no_other_sole()) [[likely]]
                return state_->publish_and_release(value, identity, storing);
            static_cast<void>(state_->owner->release(identity, true));
        }
    }
    return store_waiting(value, timeout);
}

result<std::uint64_t> cell_bytes::store_waiting(std::span<const std::byte> value, duration timeout) const {
    if (!state_) return closed(storing);
    if (auto good = state_->may_store(value.size(), storing); !good) return good.error();
    const auto identity = state_->own(timeout, storing);
    if (!identity) return identity.error();
    return state_->publish_and_release(value, *identity, storing);
}

result<std::uint64_t> cell_bytes::compare_exchange(std::uint64_t expected, std::span<const std::byte> value,
                                                   duration timeout) const {
    constexpr const char* operation = "compare and exchange a cell";
    if (!state_) return closed(operation);
    if (auto good = state_->may_store(value.size(), operation); !good) return good.error();
    const auto identity = state_->own(timeout, operation);
    if (!identity) return identity.error();
    const std::uint64_t newest = state_->content->newest();
    if (newest == expected) return state_->publish_and_release(value, *identity, operation);
    static_cast<void>(state_->owner->release(*identity, true));
    return error(errc::conflict, operation,
                 "the newest version is " + std::to_string(newest) + ", not " + std::to_string(expected) +
                     "; load it and decide anew");
}

result<std::uint64_t> cell_bytes::update(const change& f, duration timeout) const {
    if (!state_) return closed(updating);
    if (auto good = state_->may_store(0, updating); !good) return good.error();
    const auto identity = state_->own(timeout, updating);
    if (!identity) return identity.error();
    // Released however `f` ends. A child that `f` forked owns nothing: its identity is another one.
    struct turn {
        const state& s;
        std::uint64_t identity;
        bool is_mine() const { return identity != 0 && s.self->identity() == identity; }
        ~turn() {
            if (is_mine()) static_cast<void>(s.owner->release(identity, true));
        }
    } turn{*state_, *identity};
    const auto old = state_->copy(updating);
    if (!old && old.error().code() != errc::empty) return old.error();
    const auto changed = f(old ? std::span<const std::byte>(*old) : std::span<const std::byte>());
    if (!changed) return changed.error();
    if (auto good = state_->may_store(changed->size(), updating); !good) return good.error();
    if (!turn.is_mine()) return error(errc::not_owner, updating, "the update was begun before this process was forked");
    return state_->publish_and_release(*changed, std::exchange(turn.identity, 0), updating);
}

// ---- Reading -------------------------------------------------------------------------------------------------------

result<cell_bytes::loaded> cell_bytes::load(std::span<std::byte> into) const {
    if (state_) [[likely]] {
        const std::uint64_t version = state_->content->load_quick(into);
        if (version != 0) [[likely]]
            return loaded{version, values::quick_bytes};
    }
    return load_again(into);
}

// All that is rare stands here, so that load() needs no stack.
result<cell_bytes::loaded> cell_bytes::load_again(std::span<std::byte> into) const {
    if (!state_) return closed(loading);
    const values::loaded seen = state_->content->load(into);
    if (seen.how == values::outcome::whole) return loaded{seen.version, seen.size_bytes};
    return why_not_loaded(seen, into.size(), loading);
}

result<std::vector<std::byte>> cell_bytes::state::copy(const char* operation) const {
    std::vector<std::byte> bytes(content->capacity_bytes());
    const values::loaded seen = content->load(bytes);
    if (seen.how != values::outcome::whole) return why_not_loaded(seen, bytes.size(), operation);
    bytes.resize(seen.size_bytes);
    return bytes;
}

result<cell_bytes::text_value> cell_bytes::load_text() const {
    if (!state_) return closed(loading);
    // Sized by the value, not by the capacity: that may be a GiB. A larger value that comes meanwhile asks for more.
    std::string text(64, '\0');
    for (;;) {
        const values::loaded seen = state_->content->load(std::as_writable_bytes(std::span(text)));
        if (seen.how == values::outcome::too_small) {
            text.resize(std::min(state_->content->capacity_bytes(), seen.size_bytes * 2));
            continue;
        }
        if (seen.how != values::outcome::whole) return why_not_loaded(seen, text.size(), loading);
        text.resize(seen.size_bytes);
        return text_value{seen.version, std::move(text)};
    }
}

std::uint64_t cell_bytes::version() const noexcept { return state_ ? state_->content->newest() : 0; }

// ---- Waiting -------------------------------------------------------------------------------------------------------

result<std::uint64_t> cell_bytes::wait(std::uint64_t version, duration timeout) const {
    if (!state_) return closed(waiting);
    const values& content = *state_->content;
    std::uint64_t now = 0;
    const auto changed = [&] { return (now = content.newest()) != version; };
    // seq_cst (default): the read of the owner word, see "Why a sleeper misses no value" (sleepers)
    const auto changed_for_sleepers = [&] { return state_->owner->settle(), changed(); };
    const shared::wait_word* const word = state_->waiters ? &*state_->waiters : nullptr;
    if (shared::await(changed, changed_for_sleepers, word, state_->opened.object(), state_->strategy,
                      os::deadline::after(timeout)))
        return now;
    return error(errc::timed_out, waiting,
                 "there was no newer value than version " + std::to_string(version) + "; wait longer");
}

namespace {

error may_not_mark(const std::string& place) {
    return error(errc::denied, listening,
                 place + " may only be read by this process, which can't announce that it listens; poll version()");
}

}  // namespace

result<native_handle> cell_bytes::descriptor() const {
    if (!state_) return closed(listening);
    if (!state_->bell) return may_not_mark(state_->opened.place());
    return state_->bell->armed_descriptor(state_->opened.object());
}

result<std::uint64_t> cell_bytes::arm() const {
    if (!state_) return closed(listening);
    if (!state_->bell) return may_not_mark(state_->opened.place());
    if (const auto armed = state_->bell->arm(state_->opened.object()); !armed) return armed.error();
    // seq_cst (default): the read of the owner word, see "Why a sleeper misses no value" (sleepers)
    state_->owner->settle();
    return state_->content->newest();
}

// ---- What it is ----------------------------------------------------------------------------------------------------

bool cell_bytes::is_open() const noexcept { return state_ != nullptr; }
bool cell_bytes::created() const noexcept { return state_ && state_->opened.object().created(); }
std::uint64_t cell_bytes::capacity_bytes() const noexcept { return state_ ? state_->content->capacity_bytes() : 0; }

access cell_bytes::access() const noexcept {
    return state_ && state_->opened.may_write() ? access::read_write : access::read_only;
}

result<cell_info> cell_bytes::info() const {
    if (!state_) return closed("look at a cell");
    cell_info info;
    info.sole_writer_process = state_->self->sole_process();
    const values::loaded seen = state_->content->load({});
    if (seen.how == values::outcome::corrupt) return why_not_loaded(seen, 0, "look at a cell");
    info.version = seen.version;
    info.size_bytes = seen.size_bytes;
    info.capacity_bytes = capacity_bytes();
    const std::uint64_t writer = state_->owner->owner();
    info.writer_active = writer != 0;
    if (info.writer_active) info.writer_process = state_->self->process_of(writer);
    info.sleeps = state_->waiters.has_value();
    if (info.sleeps) info.waiters = state_->waiters->sleepers();
    return info;
}

result<void> cell_bytes::check_name() const {
    if (!state_) return closed("check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
