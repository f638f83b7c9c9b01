// Making and measuring sections, and telling what is in one.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>

#include "os/os.hpp"
#include "os/windows/handle.hpp"
#include "samepage/kind.hpp"

namespace samepage::os {

inline constexpr DWORD read_rights = FILE_MAP_READ | SECTION_QUERY;
inline constexpr DWORD write_rights = FILE_MAP_READ | FILE_MAP_WRITE | SECTION_QUERY;

constexpr DWORD rights_for(access a) noexcept { return a == access::read_only ? read_rights : write_rights; }

// A view for a moment. Null data, with GetLastError set, when the system refuses.
class brief_view {
   public:
    brief_view(HANDLE section, std::uint64_t offset, std::size_t size, access a) noexcept;
    ~brief_view();
    brief_view(const brief_view&) = delete;
    brief_view& operator=(const brief_view&) = delete;

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    // Bytes from the front of the view that have memory behind them; less than size() only in reserved sections.
    std::size_t committed() const noexcept;

   private:
    std::byte* data_;
    std::size_t size_;
};

// Stays reserved behind the last byte of a section that grows: Wine (8.0) tells nobody of a commit that reaches to the
// very end of the view that it was made through.
inline constexpr std::uint64_t spare_bytes = granularity_bytes;

// How much a section reserves that is made with `size_bytes` and may grow, with the spare bytes.
std::uint64_t reserve_for(std::uint64_t size_bytes) noexcept;

// Bytes from the front of a reserved section that have memory, by the kernel's word. At least `known` have.
result<std::uint64_t> committed_bytes(HANDLE section, std::uint64_t known, std::uint64_t section_bytes);

// Gives the bytes [from, to) of a reserved section memory, zeroed, for everybody.
result<void> commit(HANDLE section, std::uint64_t from, std::uint64_t to);

// The kind in the header at the front of a section; nothing when there is none.
std::optional<kind> kind_in(HANDLE section, std::uint64_t size_bytes);

// "hello is a cell: use samepage cell".
error wrong_kind(const char* operation, const samepage::place& where, std::optional<kind> found);

}  // namespace samepage::os
