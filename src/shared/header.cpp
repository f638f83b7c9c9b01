// Writes and checks the header of structured objects.
// SPDX-License-Identifier: MIT
#include "shared/header.hpp"

#include <chrono>
#include <string>

namespace samepage::shared {

namespace {

std::uint64_t check_of(const object_header& header) noexcept {
    std::array<std::uint8_t, sizeof(object_header)> bytes{};
    std::memcpy(bytes.data(), &header, sizeof header);
    return fnv1a(bytes.data(), offsetof(object_header, check));
}

error damaged(const char* operation, std::string_view place, const char* what) {
    return error(errc::corrupt, operation,
                 std::string(place) + " has a damaged header (" + what +
                     "); something else has written in it: close its holders and make it anew");
}

error wrong_version(const char* operation, std::string_view place, const std::string& what) {
    return error(errc::wrong_version, operation,
                 std::string(place) + " has " + what + "; use the samepage that made it, or make it anew");
}

}  // namespace

error wrong_kind_error(samepage::kind found, const char* operation, std::string_view place) {
    std::string text(place);
    switch (found) {
        case kind::region: text += " is a plain region: samepage read "; break;
        case kind::cell: text += " is a cell: samepage cell get "; break;
        case kind::lock: text += " is a lock: samepage lock "; break;
        case kind::channel: text += " is a channel: samepage channel listen "; break;
        case kind::queue: text += " is a queue: samepage queue take "; break;
        case kind::table: text += " is a table: samepage table get "; break;
        default: text += " is of a kind that this version doesn't know: samepage info ";
    }
    return error(errc::wrong_kind, operation, text.append(place));
}

void write_header(std::span<std::byte> object, const header_spec& spec) noexcept {
    object_header header{};
    header.magic = structured_magic;
    header.kind = static_cast<std::uint32_t>(spec.kind);
    header.format_version = spec.format_version;
    header.byte_order = byte_order_mark;
    header.header_bytes = page_bytes;
    header.fingerprint = spec.fingerprint;
    header.object_bytes = spec.object_bytes;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    header.created_unix_ns =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    header.wait_offset = wait_page_offset;
    header.participants_at = participants_offset;
    header.slots = slots_count;
    header.body_at = body_offset;
    header.parameters = spec.parameters;
    header.check = check_of(header);
    std::memcpy(object.data(), &header, sizeof header);
}

result<object_header> read_header(std::span<const std::byte> bytes, std::uint64_t actual_bytes,
                                  const header_spec& expected, const char* operation, std::string_view place) {
    // The order matters: what must be readable in all versions first, what may differ between versions later.
    if (bytes.size() < sizeof(object_header)) return damaged(operation, place, "too short");
    object_header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != structured_magic) return damaged(operation, place, "no magic");
    if (header.byte_order != byte_order_mark) {
        if (header.byte_order == 0x04030201) return wrong_version(operation, place, "big-endian bytes");
        return damaged(operation, place, "byte order");
    }
    if (header.check != check_of(header)) return damaged(operation, place, "check sum");
    if (header.kind != static_cast<std::uint32_t>(expected.kind)) {
        return wrong_kind_error(static_cast<samepage::kind>(header.kind), operation, place);
    }
    if (header.format_version != expected.format_version) {
        return wrong_version(operation, place,
                             "format version " + std::to_string(header.format_version) + ", this samepage reads " +
                                 std::to_string(expected.format_version));
    }
    if (header.fingerprint != expected.fingerprint) return wrong_version(operation, place, "another layout");
    const bool shape_fits = header.header_bytes == page_bytes && header.wait_offset == wait_page_offset &&
                            header.participants_at == participants_offset && header.slots == slots_count &&
                            header.body_at == body_offset;
    if (!shape_fits) return damaged(operation, place, "offsets");
    if (header.object_bytes < body_offset || header.object_bytes > actual_bytes) {
        return damaged(operation, place, "it is shorter than its header says");
    }
    return header;
}

}  // namespace samepage::shared
