// Waiting for a cell's next value and publishing it.
// SPDX-License-Identifier: MIT
#include "cell_origin.hpp"

#include <chrono>

#include "large_value.hpp"

namespace samepage::bridge {

result<void> cell_origin::open_local() {
    auto opened = cell_bytes::create(spec_.place);
    if (!opened) return opened.error();
    cell_ = std::move(*opened);
    buffer_.resize(cell_.capacity_bytes());
    return {};
}

bool cell_origin::resume(bool) {
    sent_ = 0;
    natsMsg* last = nullptr;
    jsErrCode code{};
    const natsStatus status =
        js_GetLastMsg(&last, server_.jetstream(), names_.stream.c_str(), names_.data.c_str(), nullptr, &code);
    const stream_message message{nats_message(last), 0};
    const outcome o = outcome_of(status, code);
    if (o) {
        const at seen = at::parse(message.header(at_header));
        if (seen.incarnation == incarnation()) sent_ = seen.number;
    } else if (!o.not_found()) {
        complain_of(o, "reading the last value in " + names_.stream);
        return false;
    }
    return true;
}

std::size_t cell_origin::step(std::int64_t timeout_ms) {
    if (publisher_.under_way() >= under_way_max) return 0;
    const auto newer = cell_.wait(sent_, std::chrono::milliseconds(timeout_ms));
    if (!newer && newer.error().code() != errc::timed_out && newer.error().code() != errc::busy) fail(newer.error());
    if (!newer || *newer == 0) return 0;
    const auto loaded = cell_.load(buffer_);
    if (!loaded) {
        if (loaded.error().code() != errc::busy) fail(loaded.error());
        return 0;
    }
    const std::uint64_t first = publisher_.next_sequence();
    const auto value = std::span<const std::byte>(buffer_).first(loaded->size_bytes);
    if (!publish_value(publisher_, server_, names_, names_.data, {incarnation(), loaded->version}, value, {})) return 0;
    sent_ = loaded->version;
    const bool in_parts = publisher_.next_sequence() > first + 1;
    if ((in_parts || has_parts_) && publisher_.drain()) {
        const outcome o = remove_older_parts(names_.data, first);
        if (!o) complain_of(o, "removing an older value's parts");
        has_parts_ = in_parts || !o;
    }
    return 1;
}

}  // namespace samepage::bridge
