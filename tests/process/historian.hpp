// What the role "historian" does with a few keys of a table, and how it notes that in a region, entry after entry.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "history.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"

namespace historian {

// Registers, which are exchanged too, and counters, which are added to.
inline constexpr unsigned registers = 3, keys = 5;
inline std::string key_of(unsigned key) { return "key " + std::to_string(key); }

enum progress : std::uint64_t { unused = 0, begun = 1, answered = 2 };

// In the region: written by one historian, read when it has ended or was killed.
struct entry {
    std::atomic<std::uint64_t> how_far;  // a progress. The last to be written
    std::uint64_t key, what, argument, expected, is_done, value, version, begun_ns, ended_ns;
};

inline constexpr std::uint64_t entries_max = 2000;  // of one historian
inline constexpr std::uint64_t pages_bytes = entries_max * sizeof(entry);

std::uint64_t now_ns();

// Does one operation after the other until the pages are full or `ends` says so. `number`: which historian; no two the
// same.
void work(const samepage::table_bytes& t, std::span<entry> pages, std::uint64_t number,
          const std::atomic<bool>* ends = nullptr);

// What is in the pages, added to each key's. What was begun and not answered had ended by `ended_ns`.
void gather(std::span<const entry> pages, std::uint64_t number, std::uint64_t ended_ns,
            std::vector<history::operation> (&all)[keys]);

inline std::span<entry> pages_of(const samepage::region& book, std::uint64_t number) {
    return {reinterpret_cast<entry*>(book.data() + static_cast<std::size_t>(number * pages_bytes)),
            static_cast<std::size_t>(entries_max)};
}

}  // namespace historian
