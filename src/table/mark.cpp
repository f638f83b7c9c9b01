// The mark of a table's file: set before the first change, cleared by the last close; and going back to a checkpoint.
// SPDX-License-Identifier: MIT
//
// The steps' names are those of checkpoint.hpp.
#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "shared/words.hpp"
#include "table/bytes.hpp"
#include "table/checkpoint.hpp"
#include "table/state.hpp"
#include "table/verify.hpp"

namespace samepage {

using tables::read;
using tables::write;

// M1 to M5.
result<void> table_bytes::state::begin_changes(duration timeout, const char* operation) const {
    if (is_file()) {
        const auto now = os::boot();
        if (!now) return now.error();
        if (const auto claimed = self->claim(operation); !claimed) return claimed.error();  // M1
        const auto gate = pass_gate(timeout, operation);
        if (!gate) return gate.error();
        const std::uint64_t mark = read(bytes->fixed().mark);
        if (is_in_doubt(*now)) return tables::damaged(operation);
        if (mark != *now) {
            // Of a new one nobody has flushed the name either.
            if (mark != tables::clean) {
                if (auto done = opened.object().flush_name(); !done) return done;
            }
            if (auto done = set_mark(*now); !done) {
                write(bytes->fixed().mark, mark);  // nobody has changed anything
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

result<os::held_object> table_bytes::state::pass_gate(duration timeout, const char* operation) const {
    auto file = opened.object().for_slot();
    if (!file) return file.error();
    for (const auto until = os::deadline::after(timeout);;) {
        const auto claimed = file->claim_slot(tables::gate_slot);
        if (!claimed) return claimed.error();
        if (*claimed) return file;
        if (until.passed())
            return error(errc::timed_out, operation,
                         "process " + std::to_string(file->slot_process(tables::gate_slot)) +
                             " is just opening or closing the table and is alive (running or stopped); wait longer");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
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
    const auto gate = pass_gate(no_wait, "close a table");
    if (!gate || !is_alone() || !opened.object().flush()) return;
    static_cast<void>(set_mark(tables::clean));
}

// ---- Going back ----------------------------------------------------------------------------------------------------

bool table_bytes::state::is_in_doubt(std::uint64_t boot) const noexcept {
    const std::uint64_t mark = read(bytes->fixed().mark);
    return mark != tables::clean && mark != boot && mark != tables::new_in(boot);
}

result<void> table_bytes::state::come_back(const table_options& options, const char* operation) {
    if (!is_file() || (options.as_it_is && !opened.may_write())) return {};
    const auto now = os::boot();
    if (!now) return now.error();
    if (!is_in_doubt(*now))
        return opened.object().created() ? begin_changes(writer_patience, operation) : result<void>();
    if (!opened.may_write()) {
        // It is the same file: what another handle does with it is done.
        table_options writing = options;
        writing.access = access::read_write;
        const auto writer = open(opened.place(), os::disposition::open_existing, writing);
        if (!writer) return writer.error();
        went_back = writer->went_back();
        return {};
    }
    const auto path = opened.object().file_path();
    if (!path) return path.error();
    const auto gate = pass_gate(writer_patience, operation);  // B1
    if (!gate) return gate.error();
    if (!is_in_doubt(*now)) return {};  // somebody else was faster
    if (options.as_it_is) return take_as_it_is(operation);
    tables::checkpoint_file from;
    const auto found = from.open(*path + ".checkpoint", opened.header(), operation);
    if (found) return go_back(from, *path, operation);
    const errc code = found.error().code();
    const bool is_no_way = code == errc::not_found || code == errc::corrupt || code == errc::wrong_kind;
    if (!is_no_way && code != errc::wrong_version) return found.error();  // it may be read the next time
    const std::string why =
        code == errc::not_found ? "there is no checkpoint to go back to" : std::string(found.error().detail());
    return error(errc::corrupt, operation,
                 *path + " was being changed when the power failed or the machine was restarted, and " + why +
                     ". \"samepage table verify\" says whether it is whole all the same, \"table export\" saves what "
                     "is, \"table checkpoint --as-it-is\" takes it for the table again");
}

result<void> table_bytes::state::take_as_it_is(const char* operation) {
    const auto now = os::boot();
    if (!now) return now.error();
    const auto seen = tables::verify(*bytes, opened.header(), *self, os::deadline::after(writer_patience));
    if (!seen.wrong.empty() || !seen.unjudged.empty())
        return error(errc::corrupt, operation,
                     opened.place() + " isn't whole (" + (seen.wrong.empty() ? seen.unjudged : seen.wrong).front() +
                         "); \"samepage table export --as-it-is\" saves what is: make it anew from that");
    // Which identities were given before can't be told from pages of different age: those of now are far from them.
    for (std::atomic<std::uint32_t>& generation : opened.participants().generation) generation.fetch_add(1U << 20);
    return set_mark(*now);
}

result<void> table_bytes::state::go_back(const tables::checkpoint_file& from, const std::string& path,
                                         const char* operation) {
    if (read(bytes->fixed().mark) != tables::returning) {
        if (auto kept = tables::put_aside(*bytes, opened, path + ".aside"); !kept) return kept;  // B3
        if (auto done = set_mark(tables::returning); !done) return done;                         // B4
    }
    if (auto done = put_image(from, operation); !done) return done;
    went_back = true;
    return {};
}

// Words of one page that differ, but for the mark.
void table_bytes::state::put_words(const tables::checkpoint_file& from, std::uint64_t at, std::uint64_t end) {
    std::array<std::byte, tables::page> there, wanted;
    const auto count = static_cast<std::size_t>(end - at);
    shared::load_bytes(there.data(), &bytes->at<std::byte>(at), count);
    shared::load_bytes(wanted.data(), from.at(at), count);
    if (std::equal(there.begin(), there.begin() + static_cast<std::ptrdiff_t>(count), wanted.begin())) return;
    for (std::size_t i = 0; i < count; i += 8) {
        if (at + i == tables::table_offset + offsetof(tables::body, mark)) continue;
        const std::uint64_t word = tables::eight_of(wanted.data() + i);
        if (tables::eight_of(there.data() + i) != word) write(bytes->at<tables::word>(at + i), word);
    }
}

// B5 to B7.
result<void> table_bytes::state::put_image(const tables::checkpoint_file& from, const char* operation) {
    if (auto long_enough = bytes->grow(from.end()); !long_enough) return long_enough;
    if (!bytes->reaches(0, from.end()))
        return error(errc::no_space, operation, "this process has no addresses left for so large a table");
    for (std::uint64_t at = tables::table_offset; at < from.end();) {
        const std::uint64_t next = at / tables::page * tables::page + tables::page;
        put_words(from, at, next);
        at = next;
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
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    write(fixed.image_check, 0);
    write(fixed.returned_to_ns, read(fixed.checkpoint_ns));
    write(fixed.returned_ns,
          static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    if (auto done = opened.object().flush(); !done) return done;
    return set_mark(tables::clean);
}

}  // namespace samepage
