// result<T>: a value or an error, shaped like C++23's std::expected<T, error>.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "samepage/error.hpp"

namespace samepage {

template <class K, class V>
class table;

// What value() throws when there is none, for programs that like exceptions. The library itself never throws it.
class bad_result : public std::runtime_error {
   public:
    explicit bad_result(const samepage::error& reason) : std::runtime_error(reason.message()), reason_(reason) {}
    const samepage::error& reason() const noexcept { return reason_; }

   private:
    samepage::error reason_;
};

// A value or the reason why there is none. Threads: as safe as T. Reading the wrong side is undefined, as in
// std::expected, except value(), which throws bad_result.
//
//   samepage::result<int> r = f();
//   if (!r) return r.error();
//   use(*r);
template <class T>
class [[nodiscard]] result {
   public:
    using value_type = T;
    static_assert(std::is_nothrow_move_constructible_v<T>, "a result is moved without a fault");

    result(T value) : value_(std::move(value)), has_value_(true) {}
    result(const samepage::error& reason) noexcept : reason_(reason), has_value_(false) {}
    result(const result& other) requires std::is_copy_constructible_v<T> : has_value_(other.has_value_) {
        construct(other);
    }
    result(result&& other) noexcept : has_value_(other.has_value_) { construct(std::move(other)); }
    result& operator=(const result& other) requires std::is_copy_constructible_v<T> { return *this = result(other); }
    result& operator=(result&& other) noexcept {
        if (this == &other) return *this;
        destroy();
        has_value_ = other.has_value_;
        construct(std::move(other));
        return *this;
    }
    ~result() { destroy(); }

    bool has_value() const noexcept { return has_value_; }
    explicit operator bool() const noexcept { return has_value(); }

    T& operator*() & noexcept { return value_; }
    const T& operator*() const& noexcept { return value_; }
    T&& operator*() && noexcept { return std::move(value_); }
    T* operator->() noexcept { return &value_; }
    const T* operator->() const noexcept { return &value_; }

    T& value() & {
        if (!has_value()) throw bad_result(error());
        return **this;
    }
    const T& value() const& {
        if (!has_value()) throw bad_result(error());
        return **this;
    }
    T&& value() && {
        if (!has_value()) throw bad_result(error());
        return std::move(**this);
    }
    template <class U>
    T value_or(U&& other) && {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(other));
    }

    const samepage::error& error() const noexcept { return reason_; }

   private:
    template <class K, class V>
    friend class table;
    // A value that isn't initialised: who makes it fills it in.
    explicit result(std::in_place_t) noexcept requires std::is_trivially_default_constructible_v<T> : has_value_(true) {
        ::new (static_cast<void*>(std::addressof(value_))) T;
    }
    // Only what is there is copied: an error is large.
    template <class Other>
    void construct(Other&& other) {
        if (has_value_) {
            std::construct_at(&value_, std::forward<Other>(other).value_);
        } else {
            std::construct_at(&reason_, other.reason_);
        }
    }
    void destroy() noexcept {
        if (has_value_) std::destroy_at(&value_);
    }

    union {
        T value_;
        samepage::error reason_;
    };
    bool has_value_;
};

template <>
class [[nodiscard]] result<void> {
   public:
    using value_type = void;

    result() noexcept {}  // not = default: that would clear the room for an error first
    result(const samepage::error& reason) noexcept : reason_(reason) {}

    bool has_value() const noexcept { return !reason_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (reason_) throw bad_result(*reason_);
    }
    const samepage::error& error() const noexcept { return *reason_; }

   private:
    std::optional<samepage::error> reason_;
};

}  // namespace samepage
