// region: bytes under a name, the article's CreateFileMapping and MapViewOfFile for Linux and Windows.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/result.hpp"

namespace samepage {

enum class access : std::uint8_t { read_only, read_write };

// What the system calls an open file or section: a descriptor on Linux, a HANDLE on Windows.
using native_handle = std::intptr_t;

struct region_options {
    samepage::access access = access::read_write;
    // Map the whole region at once. Without, data() is null and map() gives windows: for regions larger than memory.
    bool map_whole = true;
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
};

// A window into a region: bytes [offset, offset + size) of it. Move-only; may outlive the region it came from, and then
// keeps the bytes (not the name). Any thread may read and write through it; who writes the same bytes must agree.
class SAMEPAGE_API region_view {
   public:
    region_view() noexcept;
    region_view(region_view&&) noexcept;
    region_view& operator=(region_view&&) noexcept;
    ~region_view();

    std::byte* data() const noexcept;  // null for an empty view. Writing through a read-only view faults.
    std::size_t size() const noexcept;
    std::span<std::byte> bytes() const noexcept { return {data(), size()}; }

    // Writes the changed pages to the disk and waits for it, where the region is a file. Nothing to do for memory.
    result<void> flush() const;

   private:
    friend class region;
    struct state;
    explicit region_view(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

// Bytes that every process finds under one name. No header: byte 0 is the user's byte 0.
//
// Processes: any number may hold it. Threads: const functions from any thread; closing, moving and assigning by one
// thread while no other uses the handle. fork(): a child's handle is a holder of its own.
// Lifetime: a name lives exactly as long as its last handle, whatever ends that one (close, exit, kill -9); a path
// stays. Failure: not_found names the place that was searched; no_space comes first, never SIGBUS later.
//
//   auto page = samepage::region::create("hello", 4096);
//   if (!page) return std::puts(page.error().message().c_str());
//   page->write_text("Hello world, I'm writing to a shared page file.").value();
//   // in another process:
//   auto same = samepage::region::open("hello").value();
//   std::puts(same.read_text(254).value().c_str());
class SAMEPAGE_API region {
   public:
    region() noexcept;  // closed
    region(region&&) noexcept;
    region& operator=(region&&) noexcept;
    ~region();

    // Makes it, zeroed, or opens the one that exists: created() says which, like ERROR_ALREADY_EXISTS. An existing
    // one keeps its size. On a path, 0 is the file's own size and a larger one extends it; else 0 is invalid_argument.
    static result<region> create(std::string_view place, std::uint64_t size_bytes, const region_options& = {});
    // As create, but already_exists if there is one.
    static result<region> create_new(std::string_view place, std::uint64_t size_bytes, const region_options& = {});
    // As create, but not_found if there is none.
    static result<region> open(std::string_view place, const region_options& = {});

    // A name that leads to a file: bytes of the file at `backing_path`, found under `name` while it is held. The file
    // stays. As CreateFileMapping with a file's handle and a name.
    static result<region> create(std::string_view name, std::uint64_t size_bytes, std::string_view backing_path,
                                 const region_options& = {});
    // The same with the caller's open file, which stays the caller's to close. not_supported for one without path.
    static result<region> create(std::string_view name, std::uint64_t size_bytes, native_handle backing,
                                 const region_options& = {});

    // Adopts nothing: duplicates a file or section that the caller opened. Size 0 is its own size.
    static result<region> from_native(native_handle handle, std::uint64_t size_bytes, const region_options& = {});
    // Zeroed bytes without a name, to pass on by inheritance or as a native handle.
    static result<region> anonymous(std::uint64_t size_bytes, const region_options& = {});

    bool is_open() const noexcept;
    bool created() const noexcept;
    std::uint64_t size() const noexcept;  // bytes
    samepage::access access() const noexcept;
    std::byte* data() const noexcept;  // the whole view, null without one
    std::span<std::byte> bytes() const noexcept { return {data(), data() ? static_cast<std::size_t>(size()) : 0}; }
    native_handle native() const noexcept;  // stays the region's

    // Any window: any offset, any length; length 0 is up to the end. Outside the region: invalid_argument.
    result<region_view> map(std::uint64_t offset_bytes, std::size_t size_bytes = 0) const;

    // Text, as lstrcpy would, but bounded: the text and its terminating zero go in whole, or too_large and nothing.
    // A text that holds a zero byte is invalid_argument. Needs the whole view.
    result<void> write_text(std::string_view text, std::uint64_t offset_bytes = 0) const;
    // The bytes up to the first zero, to the end of the region, or to `bytes_max`, whichever comes first.
    result<std::string> read_text(std::size_t bytes_max = SIZE_MAX, std::uint64_t offset_bytes = 0) const;

    result<void> flush() const;  // of the whole view, see region_view::flush

    // Whether the name still leads here: lost_name when somebody removed the file. A system call.
    result<void> check_name() const;

    void close() noexcept;  // what the destructor does

   private:
    struct state;
    explicit region(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace samepage
