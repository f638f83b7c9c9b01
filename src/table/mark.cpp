// The mark of a table's file: set before the first change, cleared by the last close; and going back to a checkpoint.
// SPDX-License-Identifier: MIT
//
// The steps' names are those of checkpoint.hpp.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "shared/words.hpp"
#include "table/checkpoint.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::read;
using tables::write;

// M1 to M5.
result<void> table_bytes::state::begin_changes(const char* operation) const {
    if (is_file()) {
        const auto now = os::boot();
        if (!now) return now.error();
        shared::patience until(writer_patience);
        const auto mine = own(tables::power_owner, until, operation);
        if (!mine) return mine.error();
        const std::uint64_t mark = read(bytes->fixed().mark);
        if (mark != tables::clean && mark != *now) return tables::damaged(operation);
        if (mark == tables::clean) {
            if (auto done = set_mark(*now); !done) {
                write(bytes->fixed().mark, tables::clean);  // nobody has changed anything
                return done;
            }
        }
    }
    // relaxed: as in may_write()
    begun.store(begun_here(), std::memory_order_relaxed);
    return {};
}

result<void> table_bytes::state::set_mark(std::uint64_t mark) const {
    write(bytes->fixed().mark, mark);
    return opened.object().flush();
}

bool table_bytes::state::is_alone() const {
    const auto mine = static_cast<unsigned>((self->identity() & shared::slot_bits) - 1);
    for (unsigned slot = 0; slot < shared::slots_count; ++slot) {
        // relaxed: who claims a slot after this looks at the mark later (I2)
        const bool was_used = opened.participants().generation[slot].load(std::memory_order_relaxed) != 0;
        if (slot == mine || !was_used) continue;
        const auto is_live = opened.object().slot_is_live(slot);
        if (!is_live || *is_live) return false;
    }
    return true;
}

// C1 to C5. Whatever goes wrong, the mark stays.
void table_bytes::state::end_changes() noexcept {
    // relaxed: as in may_write()
    if (!bytes || !is_file() || begun.load(std::memory_order_relaxed) != begun_here() || !is_alone()) return;
    if (!opened.object().flush()) return;
    shared::patience at_once(no_wait);
    const auto mine = own(tables::power_owner, at_once, "close a table");
    if (!mine || !is_alone() || !opened.object().flush()) return;
    static_cast<void>(set_mark(tables::clean));
}

// ---- Going back ----------------------------------------------------------------------------------------------------

result<void> table_bytes::state::come_back(const table_options& options, const char* operation) {
    if (!is_file() || (options.as_it_is && !opened.may_write())) return {};
    const std::uint64_t mark = read(bytes->fixed().mark);
    if (mark == tables::clean) return {};
    const auto now = os::boot();
    if (!now) return now.error();
    if (mark == *now) return {};
    if (options.as_it_is) return take_as_it_is(operation);
    if (opened.may_write()) return go_back(operation);
    // It is the same file: what another handle does with it is done.
    table_options writing = options;
    writing.access = access::read_write;
    const auto writer = open(opened.place(), os::disposition::open_existing, writing);
    if (!writer) return writer.error();
    went_back = writer->went_back();
    return {};
}

result<void> table_bytes::state::take_as_it_is(const char* operation) const {
    const auto now = os::boot();
    if (!now) return now.error();
    shared::patience until(writer_patience);
    const auto mine = own(tables::power_owner, until, operation);
    if (!mine) return mine.error();
    return set_mark(*now);
}

// B1 to B7.
result<void> table_bytes::state::go_back(const char* operation) {
    const auto now = os::boot();
    if (!now) return now.error();
    shared::patience until(writer_patience);
    const auto mine = own(tables::power_owner, until, operation);
    if (!mine) return mine.error();
    const tables::body& fixed = bytes->fixed();
    const std::uint64_t mark = read(fixed.mark);
    if (mark == tables::clean || mark == *now) return {};  // somebody else was faster
    const auto path = opened.object().file_path();
    if (!path) return path.error();
    tables::checkpoint_file from;
    if (auto found = from.open(*path + ".checkpoint", opened.header(), operation); !found) {
        const std::string why = found.error().code() == errc::not_found ? "there is no checkpoint to go back to"
                                                                        : std::string(found.error().detail());
        return error(errc::corrupt, operation,
                     *path + " was being changed when the power failed or the machine was restarted, and " + why +
                         ". \"samepage table verify\" says whether it is whole all the same, \"table export\" saves "
                         "what is, \"table checkpoint --as-it-is\" takes it for the table again");
    }
    if (mark != tables::returning) {
        if (auto kept = tables::put_aside(*bytes, opened, *path + ".aside"); !kept) return kept;
        if (auto done = set_mark(tables::returning); !done) return done;
    }
    if (auto done = put_image(from, operation); !done) return done;
    went_back = true;
    return {};
}

// B5 to B7.
result<void> table_bytes::state::put_image(const tables::checkpoint_file& from, const char* operation) {
    if (auto long_enough = bytes->grow(from.end()); !long_enough) return long_enough;
    if (!bytes->reaches(0, from.end()))
        return error(errc::no_space, operation, "this process has no addresses left for so large a table");
    std::array<std::byte, tables::page> there, wanted;
    for (std::uint64_t at = tables::arena_offset; at < from.end(); at += tables::page) {
        shared::load_bytes(there.data(), &bytes->at<std::byte>(at), there.size());
        shared::load_bytes(wanted.data(), from.at(at), wanted.size());
        if (there != wanted) shared::store_bytes(&bytes->at<std::byte>(at), wanted.data(), wanted.size());
    }
    // Identities that the table has seen come never again.
    const auto& theirs = *reinterpret_cast<const shared::participants_area*>(from.at(shared::participants_offset));
    for (unsigned slot = 0; slot < shared::slots_count; ++slot) {
        std::atomic<std::uint32_t>& generation = opened.participants().generation[slot];
        const std::uint32_t least = theirs.generation[slot].load();
        for (std::uint32_t seen = generation.load(); seen < least && !generation.compare_exchange_weak(seen, least);) {
        }
    }
    tables::body& fixed = bytes->fixed();
    for (std::uint64_t at = 0; at < sizeof fixed; at += 8) {
        if (at == offsetof(tables::body, power) || at == offsetof(tables::body, mark)) continue;
        write(*reinterpret_cast<tables::word*>(reinterpret_cast<std::byte*>(&fixed) + at),
              read(*reinterpret_cast<const tables::word*>(from.at(tables::table_offset + at))));
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    write(fixed.image_check, 0);
    write(fixed.returned_to_ns, read(fixed.checkpoint_ns));
    write(fixed.returned_ns,
          static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    if (auto done = opened.object().flush(); !done) return done;
    return set_mark(tables::clean);
}

}  // namespace samepage
