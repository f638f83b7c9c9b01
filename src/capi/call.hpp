// How a C function calls its C++ twin: arguments checked, results given, no exception let out.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "capi/handles.hpp"
#include "samepage/duration.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"
#include "samepage/samepage.h"
#include "samepage/wait.hpp"

namespace samepage::capi {

// The pool of each kind of handle. Never destroyed: programs close handles when they like.
template <class Handle>
constinit inline pool<Handle> pool_of;

// Thrown inside guarded() alone: an argument that the C++ side can't be given.
struct refusal {
    const char* why;
};

// Keeps the error for this thread and gives its number.
samepage_status fail(const error& reason) noexcept;
// The same for the exception that is just handled.
samepage_status fail_by_exception(const char* operation) noexcept;

template <class F>
samepage_status guarded(const char* operation, F&& f) noexcept {
    try {
        return f();
    } catch (...) {
        return fail_by_exception(operation);
    }
}

// Calls `f` with the handle's object.
template <class Handle, class F>
samepage_status with(Handle* handle, const char* operation, F&& f) noexcept {
    if (handle == nullptr) return fail(error(errc::closed, operation));
    if (!pool_of<Handle>.has(handle))
        return fail(error(errc::invalid_argument, operation, "that is no handle of this kind"));
    if (handle->state != Handle::live) return fail(error(errc::closed, operation));
    return guarded(operation, [&] { return f(handle->object()); });
}

// The object, or null: for functions that give a pointer.
template <class Handle>
auto* object_of(Handle* handle) noexcept {
    const bool is_live = pool_of<Handle>.has(handle) && handle->state == Handle::live;
    return is_live ? &handle->object() : nullptr;
}

// ---- Results ----

template <class From, class To>
void set(To* into, const From& value) noexcept {
    if (into != nullptr) *into = static_cast<To>(value);
}

inline samepage_status give(const result<void>& done) noexcept { return done ? samepage_ok : fail(done.error()); }

template <class T, class To>
samepage_status give(const result<T>& done, To* into) noexcept {
    if (!done) return fail(done.error());
    set(into, *done);
    return samepage_ok;
}

// After too_large, the size that would do.
inline samepage_status fail_with_size(const error& reason, std::size_t* size_bytes) noexcept {
    if (reason.code() == errc::too_large && reason.needed_bytes() != 0) set(size_bytes, reason.needed_bytes());
    return fail(reason);
}

// One thing that the object knows, as `f` gives it.
template <class Handle, class To, class F>
samepage_status tell(Handle* handle, const char* operation, To* into, F&& f) noexcept {
    return with(handle, operation, [&](auto& object) {
        set(into, f(object));
        return samepage_ok;
    });
}

// Calls `f`, which gives a result<Object>, and makes a handle of that.
template <class Handle, class F>
samepage_status open(const char* operation, Handle** into, F&& f) noexcept {
    return guarded(operation, [&]() -> samepage_status {
        if (into == nullptr) throw refusal{"there is no place for the handle"};
        *into = nullptr;
        auto made = f();
        if (!made) return fail(made.error());
        *into = pool_of<Handle>.make(std::move(*made));
        return samepage_ok;
    });
}

// ---- Arguments. They throw a refusal ----

inline std::string_view text_of(const char* text) {
    if (text == nullptr) throw refusal{"the text is NULL"};
    return text;
}

inline std::span<const std::byte> bytes_of(const void* bytes, std::size_t size_bytes) {
    if (bytes == nullptr && size_bytes != 0) throw refusal{"the bytes are NULL"};
    return {static_cast<const std::byte*>(bytes), size_bytes};
}

inline std::span<std::byte> room_of(void* into, std::size_t into_bytes) {
    if (into == nullptr && into_bytes != 0) throw refusal{"the buffer is NULL"};
    return {static_cast<std::byte*>(into), into_bytes};
}

inline duration duration_of(std::int64_t timeout_ns) noexcept {
    return timeout_ns < 0 ? forever : duration(timeout_ns);
}

// An enum of so many numbers from 0 on.
template <class Enum>
Enum enum_of(std::uint32_t number, std::uint32_t count) {
    if (number >= count) throw refusal{"a number in the options is none of those that there are"};
    return static_cast<Enum>(number);
}

inline samepage::access access_of(std::uint32_t number) {
    return enum_of<samepage_access>(number, 2) == samepage_read_only ? access::read_only : access::read_write;
}

inline std::int32_t number_of(samepage::access access) noexcept {
    return access == access::read_only ? samepage_read_only : samepage_read_write;
}

inline wait_strategy strategy_of(std::uint32_t number) { return enum_of<wait_strategy>(number, 3); }

// An option that is 0 or 1; `why` says so of it.
inline bool flag_of(std::uint32_t number, const char* why) {
    if (number > 1) throw refusal{why};
    return number == 1;
}

inline bool sole_writer_of(std::uint32_t number) { return flag_of(number, "sole_writer is neither 0 nor 1"); }

// Larger than any struct will ever be: a struct_size beyond was never set.
inline constexpr std::uint32_t struct_bytes_max = 4096;

// A copy of the options, what the caller's struct doesn't have and what is 0 left at 0.
template <class Options>
Options options_of(const Options* given) {
    Options all{};
    if (given == nullptr) return all;
    const std::uint32_t size_bytes = given->struct_size;
    if (size_bytes < sizeof(std::uint32_t) || size_bytes > struct_bytes_max)
        throw refusal{"struct_size is not set; set it to sizeof the options"};
    const auto* const bytes = reinterpret_cast<const std::byte*>(given);
    // A later version's option that this one doesn't know.
    if (size_bytes > sizeof(Options) &&
        std::any_of(bytes + sizeof(Options), bytes + size_bytes, [](std::byte b) { return b != std::byte{0}; }))
        throw refusal{"an option is set that this version doesn't have"};
    std::memcpy(&all, given, std::min<std::size_t>(size_bytes, sizeof(Options)));
    return all;
}

// Fills what the caller's struct has, and what only a later version would fill with 0.
template <class Info>
samepage_status give_info(const Info& all, Info* into) {
    if (into == nullptr) throw refusal{"there is no place for the information"};
    const std::uint32_t size_bytes = into->struct_size;
    if (size_bytes < sizeof(std::uint32_t) || size_bytes > struct_bytes_max)
        throw refusal{"struct_size is not set; set it to sizeof the struct"};
    std::memset(static_cast<void*>(into), 0, size_bytes);
    std::memcpy(static_cast<void*>(into), &all, std::min<std::size_t>(size_bytes, sizeof(Info)));
    into->struct_size = size_bytes;
    return samepage_ok;
}

// The same for an array: `count` elements of the caller's size, each made by `element(i)`.
template <class Element, class F>
void give_elements(Element* into, std::size_t element_bytes, std::size_t count, F&& element) {
    auto* to = reinterpret_cast<std::byte*>(into);
    for (std::size_t i = 0; i < count; ++i, to += element_bytes) {
        const Element all = element(i);
        std::memset(to, 0, element_bytes);
        std::memcpy(to, &all, std::min(element_bytes, sizeof(Element)));
    }
}

inline void check_elements(const void* into, std::size_t element_bytes, std::size_t count_max) {
    if (into == nullptr && count_max != 0) throw refusal{"the array is NULL"};
    if (element_bytes < sizeof(std::uint32_t) || element_bytes > struct_bytes_max)
        throw refusal{"element_bytes is not the size of an element"};
}

}  // namespace samepage::capi
