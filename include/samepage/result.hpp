// result<T>: a value or an error, shaped like C++23's std::expected<T, error>.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "samepage/error.hpp"

namespace samepage {

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

    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(samepage::error reason) : state_(std::in_place_index<1>, reason) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }

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

    const samepage::error& error() const noexcept { return *std::get_if<1>(&state_); }

   private:
    std::variant<T, samepage::error> state_;
};

template <>
class [[nodiscard]] result<void> {
   public:
    using value_type = void;

    result() noexcept = default;
    result(samepage::error reason) noexcept : reason_(reason) {}

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
