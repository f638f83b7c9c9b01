// A structured object opened: held, mapped as its user may use it, its header checked.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "os/os.hpp"
#include "shared/header.hpp"
#include "shared/participants.hpp"

namespace samepage::shared {

struct structured_request {
    std::string_view place;
    os::disposition disposition = os::disposition::create_or_open;
    samepage::access access = samepage::access::read_write;
    duration timeout = std::chrono::seconds(5);
    header_spec spec;
    // An object that grows: so many bytes of addresses are kept for it, if the process has them, and holes of its file
    // are its noun's affair.
    std::uint64_t reserve_bytes = 0;
    // Writes the body of a new object; it is zeroed, the header stands. May be empty.
    std::function<void(std::span<std::byte>)> initialise;
    const char* operation = "open";
};

// What every noun holds. Neither copied nor moved: participants point into it.
//
// A writer has the whole object mapped to write. A reader has it read-only, and only the wait page to write where it
// may; where not (a file that it may only read), wait_page() is null and it polls.
class structured {
   public:
    structured() = default;
    structured(const structured&) = delete;
    structured& operator=(const structured&) = delete;

    // Opens it into this. As held_object::acquire and read_header. A reader doesn't create.
    result<void> open(const structured_request& request);

    os::held_object& object() noexcept { return object_; }
    const os::held_object& object() const noexcept { return object_; }
    const object_header& header() const noexcept { return header_; }
    const std::string& place() const noexcept { return place_; }
    // What is mapped from the object's first byte on.
    const os::mapping& whole() const noexcept { return whole_; }
    bool may_write() const noexcept { return may_write_; }

    // A field of the object: checked by the noun's static_asserts and by read_header to lie inside.
    template <class T>
    T& at(std::uint64_t offset) const noexcept {
        return *reinterpret_cast<T*>(whole_.data() + offset);
    }
    std::byte* wait_page() const noexcept {
        if (may_write_) return whole_.data() + wait_page_offset;
        return wait_page_.data();
    }
    participants_area& participants() const noexcept { return at<participants_area>(participants_offset); }

   private:
    result<os::held_object> acquire(const structured_request& request);

    os::held_object object_;
    os::mapping whole_;
    os::mapping wait_page_;
    object_header header_{};
    std::string place_;
    bool may_write_ = false;
};

}  // namespace samepage::shared
