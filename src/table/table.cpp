// Tables: buckets, records and space in a structured object that grows, and an owner word for each stripe of them.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Each part has its protocol, invariants and crash story in its own header: table/find.hpp (what
// readers see), table/writer.hpp (putting, erasing, splitting, what the dead had begun), table/space.hpp (pages and
// cells), table/steps.hpp (the stores of these two), table/locks.hpp (locked keys), table/checkpoint.hpp (power
// failures), table/arena.hpp (addresses), shared/owner_word.hpp (whose turn it is).
//
// Owner words are taken in one order: who makes a checkpoint, who has locked all, growth, a stripe, space. Who puts
// takes the stripe, and space now and then; then, the stripe given back, it may take growth and a stripe to split one
// bucket, if growth is to be had at once. The gate to the mark (table/checkpoint.hpp) is passed while none of them is
// owned.
#include "samepage/table.hpp"

#include <memory>
#include <random>
#include <utility>

#include "table/hash.hpp"
#include "table/scan.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::closed;

table_bytes::table_bytes() noexcept = default;
table_bytes::table_bytes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
table_bytes::table_bytes(table_bytes&&) noexcept = default;
table_bytes& table_bytes::operator=(table_bytes&&) noexcept = default;
table_bytes::~table_bytes() = default;
void table_bytes::close() noexcept { state_.reset(); }

// ---- Opening -----------------------------------------------------------------------------------------------------

result<table_bytes> table_bytes::state::open(std::string_view place, os::disposition disposition,
                                             const table_options& options) {
    const char* const operation = disposition == os::disposition::open_existing ? "open a table" : "create a table";
    const auto where = place::parse(place);
    if (!where) return where.error();
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.access = options.access;
    request.timeout = options.timeout;
    request.spec.kind = kind::table;
    request.spec.format_version = tables::format_version;
    request.spec.fingerprint = tables::fingerprint;
    request.spec.object_bytes = tables::initial_bytes;
    request.spec.parameters[tables::seed_parameter] =
        std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    request.spec.parameters[tables::checked_parameter] = where->is_path() ? 1 : 0;
    request.reserve_bytes = tables::reserve_bytes;
    std::uint64_t mark = 0;
    if (where->is_path()) {
        const auto now = os::boot();
        if (!now) return now.error();
        mark = tables::new_in(*now);
    }
    request.initialise = [=](std::span<std::byte> object) { tables::initialise(object, mark); };
    request.operation = operation;
    auto s = std::make_unique<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    s->attach(options);
    if (auto good = s->fill_holes(); !good) return good.error();
    if (auto good = s->come_back(options, operation); !good) return good.error();
    if (options.sole_writer) {
        if (auto alone = s->be_sole(options.timeout, operation); !alone) return alone.error();
    }
    return table_bytes(std::move(s));
}

void table_bytes::state::attach(const table_options& options) {
    bytes.emplace(opened);
    find.emplace(*bytes);
    seed = opened.header().parameters[tables::seed_parameter];
    strategy = options.strategy;
    self.emplace(opened.object(), opened.participants());
    tables::body& fixed = bytes->fixed();
    owners.reserve(tables::owners_count);
    for (unsigned i = 0; i < tables::stripes_count; ++i)
        owners.emplace_back(fixed.stripes[i].owner, *self, opened.object(), i);
    owners.emplace_back(fixed.growth, *self, opened.object(), tables::growth_point);
    owners.emplace_back(fixed.space, *self, opened.object(), tables::space_point);
    owners.emplace_back(fixed.whole, *self, opened.object(), tables::whole_point);
    owners.emplace_back(fixed.checkpoint, *self, opened.object(), tables::checkpoint_point);
    if (std::byte* const page = opened.wait_page(); page != nullptr) {
        const auto at = [&](std::uint64_t offset) -> std::atomic<std::uint32_t>& {
            return *reinterpret_cast<std::atomic<std::uint32_t>*>(page + offset - shared::wait_page_offset);
        };
        for (unsigned i = 0; i < tables::key_waits_count; ++i)
            key_waits.emplace_back(at(tables::key_waits_offset + std::uint64_t{64} * i), tables::key_waits_point + i);
        any_wait.emplace(at(tables::any_wait_offset), tables::any_wait_point);
        bell.emplace(at(tables::bell_offset));
    }
    change.emplace(*bytes, owners[tables::space_point], opened.header().parameters[tables::checked_parameter] != 0);
    locks.emplace(*bytes, *change, *self, owners[tables::whole_owner], tables::permits_of(options.permits, seed));
}

result<table_bytes> table_bytes::create(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<table_bytes> table_bytes::create_new(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<table_bytes> table_bytes::open(std::string_view place, const table_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

// ---- Owner words ---------------------------------------------------------------------------------------------------

// Who has had a stripe since was told.
result<void> table_bytes::state::be_sole(duration timeout, const char* operation) const {
    if (auto good = may_write(timeout, operation); !good) return good;
    if (const auto claimed = self->claim(operation); !claimed) return claimed.error();
    if (auto alone = self->become_sole(operation); !alone) return alone;
    shared::patience until(timeout);
    for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
        const auto told = own(stripe, until, operation);
        if (told) continue;
        self->stop_being_sole();
        return told.error();
    }
    return {};
}

result<shared::turn> table_bytes::state::own(unsigned index, shared::patience& until, const char* operation) const {
    const shared::owner_word& owner = owners[index];
    std::uint64_t identity = owner.try_fast();
    bool owner_died = false;
    if (identity == 0) {
        const auto taken = owner.acquire(until.end().left(), strategy, operation);
        if (!taken) return taken.error();
        identity = taken->identity;
        owner_died = taken->owner_died;
    }
    shared::turn mine(owner, identity);
    if (index >= tables::stripes_count) return mine;
    if (tables::read(bytes->fixed().stripes[index].doing) != tables::no_step) {
        // The owner died, or had to leave something to the next one.
        if (auto whole = change->recover(index, until, operation); !whole) return whole.error();
    }
    // Killed before this line, a survivor is counted by the next one in the place of who was dead before.
    if (owner_died) bytes->fixed().deaths.fetch_add(1);
    return mine;
}

// ---- What it is --------------------------------------------------------------------------------------------------

std::uint64_t table_bytes::size() const noexcept {
    std::uint64_t records = 0;
    if (state_) {
        for (const auto& stripe : state_->bytes->fixed().stripes) records += tables::read(stripe.records);
    }
    return records;
}

bool table_bytes::went_back() const noexcept { return state_ && state_->went_back; }
bool table_bytes::is_open() const noexcept { return state_ != nullptr; }
bool table_bytes::created() const noexcept { return state_ && state_->opened.object().created(); }
access table_bytes::access() const noexcept {
    return state_ && state_->opened.may_write() ? access::read_write : access::read_only;
}

result<void> table_bytes::check_name() const {
    if (!state_) return closed("check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
