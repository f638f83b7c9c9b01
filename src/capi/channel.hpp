// What the handles of channels, loans and subscribers hold.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "capi/call.hpp"
#include "samepage/channel.hpp"

namespace samepage::capi {

// A subscriber and the message that it looks at.
struct viewing_subscriber {
    explicit viewing_subscriber(subscriber_bytes from) noexcept : object(std::move(from)) {}

    // Every call ends the view of the last one.
    subscriber_bytes& next() noexcept {
        view.reset();
        return object;
    }

    subscriber_bytes object;
    std::optional<subscriber_bytes::view> view;
};

}  // namespace samepage::capi

struct samepage_channel : samepage::capi::slot<samepage::channel_bytes> {};
struct samepage_loan : samepage::capi::slot<samepage::channel_bytes::loan> {};
struct samepage_subscriber : samepage::capi::slot<samepage::capi::viewing_subscriber> {};
