// Hostile bytes in a cell: readers and writers that have it open, and those who open it now.
// SPDX-License-Identifier: MIT
#include <array>

#include "cell/layout.hpp"
#include "hostile.hpp"
#include "samepage/cell.hpp"

namespace hostile {

namespace {

using samepage::cell_bytes;
using samepage::cell_options;
using samepage::no_wait;

constexpr std::size_t capacity_bytes = 100;
constexpr const char* kept = "what is kept";

const std::array<std::uint64_t, 8> spots = {
    0,
    samepage::cells::waiters_offset,
    samepage::shared::participants_offset,
    samepage::shared::participants_offset + 64,
    samepage::cells::owner_offset,
    samepage::cells::current_offset,
    samepage::cells::buffers_offset,
    samepage::cells::buffers_offset + samepage::cells::shape::of(capacity_bytes, true).stride_bytes(),
};

void read(const cell_bytes& c, bool looks) {
    std::array<std::byte, capacity_bytes> bytes;
    if (const auto seen = c.load(bytes)) {
        require(seen->size_bytes <= bytes.size(), "more was loaded than there is room for");
    } else {
        require_explained(seen.error());
    }
    std::array<std::byte, 3> few;
    if (const auto seen = c.load(few); !seen) require_explained(seen.error());
    if (const auto seen = c.load_text()) {
        require(seen->text.size() <= c.capacity_bytes(), "a text is larger than the capacity");
    } else {
        require_explained(seen.error());
    }
    if (const auto next = c.wait(c.version(), no_wait); !next) require_explained(next.error());
    if (!looks) return;
    if (const auto info = c.info(); !info) require_explained(info.error());
    require(c.arm().has_value(), "a damaged bell keeps a listener away");
}

void require_stored(const samepage::result<std::uint64_t>& done) {
    if (!done) return require_explained(done.error());
    require(*done != 0, "a value was acknowledged as version 0");
}

void write(const cell_bytes& c) {
    require_stored(c.store_text("mine", no_wait));
    const auto twice = [](std::span<const std::byte> old) -> samepage::result<std::vector<std::byte>> {
        std::vector<std::byte> bytes(old.begin(), old.end());
        bytes.insert(bytes.end(), old.begin(), old.end());
        return bytes;
    };
    require_stored(c.update(twice, no_wait));
    require_stored(c.compare_exchange(c.version(), {}, no_wait));
}

struct cell_under_attack {
    std::string path = scratch_path();
    cell_bytes writer = make(path);
    cell_bytes reader = open(path, samepage::access::read_only).value();
    victim bytes{path};

    static cell_bytes make(const std::string& path) {
        cell_options options;
        options.capacity_bytes = capacity_bytes;
        cell_bytes c = std::move(cell_bytes::create(path, options).value());
        c.store_text(kept).value();
        return c;
    }
    static samepage::result<cell_bytes> open(const std::string& path, samepage::access access) {
        cell_options options;
        options.access = access;
        return cell_bytes::open(path, options);
    }
};

}  // namespace

void attack_cell(input bytes) {
    static cell_under_attack cell;
    const bool looks = looks_too(bytes);
    cell.bytes.patch(bytes, spots);
    read(cell.reader, looks);
    write(cell.writer);
    read(cell.reader, looks);

    cell.bytes.patch(bytes, spots);
    for (const auto access : {samepage::access::read_only, samepage::access::read_write}) {
        const auto fresh = cell_under_attack::open(cell.path, access);
        if (!fresh) {
            require_explained(fresh.error());
            continue;
        }
        read(*fresh, looks);
        if (access == samepage::access::read_write) write(*fresh);
    }

    cell.bytes.mend();
    require(cell.reader.load_text().value().text == kept, "after mending, the value isn't there");
    require(cell.writer.store_text("more").value() == 2, "after mending, nothing can be stored");
}

}  // namespace hostile
