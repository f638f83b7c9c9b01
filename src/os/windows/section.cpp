// Making and measuring sections, and telling what is in one.
// SPDX-License-Identifier: MIT
#include "os/windows/section.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "os/format.hpp"
#include "os/windows/system.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

constexpr std::uint64_t window_bytes = 64ULL << 20U;  // fits in a 32-bit process, too
constexpr std::uint64_t reserve_bytes_min = 64ULL << 20U, reserve_bytes_max = 64ULL << 30U;
constexpr std::uint64_t growth_factor = 1024;

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) noexcept { return (value + to - 1) / to * to; }

}  // namespace

brief_view::brief_view(HANDLE section, std::uint64_t offset, std::size_t size, access a) noexcept
    : data_(static_cast<std::byte*>(MapViewOfFile(section, a == access::read_only ? FILE_MAP_READ : FILE_MAP_WRITE,
                                                  high_half(offset), low_half(offset), size))),
      size_(size) {}

brief_view::~brief_view() {
    if (data_ == nullptr) return;
    const DWORD before = GetLastError();
    UnmapViewOfFile(data_);
    SetLastError(before);
}

std::size_t brief_view::committed() const noexcept {
    std::size_t end = 0;
    MEMORY_BASIC_INFORMATION part{};
    while (end < size_ && VirtualQuery(data_ + end, &part, sizeof(part)) != 0 && part.State == MEM_COMMIT) {
        end += part.RegionSize;
    }
    return std::min(end, size_);
}

// Real Windows keeps eight bytes of bookkeeping for each reserved page, so small objects reserve little.
std::uint64_t reserve_for(std::uint64_t size_bytes) noexcept {
    const std::uint64_t wanted =
        size_bytes > reserve_bytes_max / growth_factor ? reserve_bytes_max : size_bytes * growth_factor;
    return std::max(round_up(size_bytes, granularity_bytes) + spare_bytes, std::max(wanted, reserve_bytes_min));
}

result<std::uint64_t> committed_bytes(HANDLE section, std::uint64_t known, std::uint64_t section_bytes) {
    std::uint64_t at = known / granularity_bytes * granularity_bytes;
    while (at < section_bytes) {
        const auto length = static_cast<std::size_t>(std::min(window_bytes, section_bytes - at));
        const brief_view window(section, at, length, access::read_only);
        if (window.data() == nullptr) return from_system("measure", GetLastError());
        const std::size_t committed = window.committed();
        at += committed;
        if (committed < length) break;
    }
    return std::max(at, known);
}

result<void> commit(HANDLE section, std::uint64_t from, std::uint64_t to) {
    // In one piece where the addresses suffice, so that the system gives all or nothing.
    std::uint64_t at = from / granularity_bytes * granularity_bytes;
    std::uint64_t length = to - at;
    while (at < to) {
        length = std::min(length, to - at);
        const bool fits = length <= std::numeric_limits<std::size_t>::max() / 2;
        const auto view_bytes = fits ? static_cast<std::size_t>(length + spare_bytes) : 0;
        const brief_view window(section, at, view_bytes, access::read_write);
        if (!fits || window.data() == nullptr) {
            if (length <= window_bytes) return from_system("grow", GetLastError());
            length = window_bytes;
            continue;
        }
        if (VirtualAlloc(window.data(), static_cast<std::size_t>(length), MEM_COMMIT, PAGE_READWRITE) == nullptr) {
            const DWORD code = GetLastError();
            return from_system("grow", code,
                               code_of(code) == errc::no_space
                                   ? "the page file has no room for it; enlarge it, or close something large"
                                   : "");
        }
        at += length;
    }
    return {};
}

std::optional<kind> kind_in(HANDLE section, std::uint64_t size_bytes) {
    if (size_bytes < sizeof(structured_prefix)) return std::nullopt;
    const brief_view front(section, 0, static_cast<std::size_t>(std::min(size_bytes, page_bytes)), access::read_only);
    if (front.data() == nullptr || front.committed() == 0) return std::nullopt;
    structured_prefix prefix{};
    std::memcpy(&prefix, front.data(), sizeof(prefix));
    if (prefix.magic != structured_magic) return std::nullopt;
    return static_cast<kind>(prefix.kind);
}

error wrong_kind(const char* operation, const samepage::place& where, std::optional<kind> found) {
    if (!found) {
        return error(
            errc::wrong_kind, operation,
            where.text() + " is a region, bytes without a header: open it as one (samepage read, samepage share)");
    }
    const std::string word(name_of(*found));
    return error(errc::wrong_kind, operation, where.text() + " is a " + word + ": use samepage " + word);
}

}  // namespace samepage::os
