// Regions: a held object, its whole view, and text in it.
// SPDX-License-Identifier: MIT
#include "samepage/region.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "os/os.hpp"

namespace samepage {

struct region_view::state {
    os::mapping bytes;
};

region_view::region_view() noexcept = default;
region_view::region_view(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
region_view::region_view(region_view&&) noexcept = default;
region_view& region_view::operator=(region_view&&) noexcept = default;
region_view::~region_view() = default;

std::byte* region_view::data() const noexcept { return state_ ? state_->bytes.data() : nullptr; }
std::size_t region_view::size() const noexcept { return state_ ? state_->bytes.size() : 0; }
result<void> region_view::flush() const { return state_ ? state_->bytes.flush() : result<void>(); }

struct region::state {
    os::held_object object;
    os::mapping whole;

    static result<region> mapped(result<os::held_object> object, const region_options& options);
    static result<region> acquire(std::string_view place_text, os::acquire_request request,
                                  const region_options& options);
};

region::region() noexcept = default;
region::region(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
region::region(region&&) noexcept = default;
region& region::operator=(region&&) noexcept = default;
region::~region() = default;
void region::close() noexcept { state_.reset(); }

result<region> region::state::mapped(result<os::held_object> object, const region_options& options) {
    if (!object) return object.error();
    auto s = std::make_unique<state>();
    s->object = std::move(*object);
    if (options.map_whole) {
        const std::uint64_t size = s->object.size_bytes();
        if (size > std::numeric_limits<std::size_t>::max()) {
            return error(errc::too_large, "map",
                         "this process has fewer addresses than that; set map_whole to false and map windows");
        }
        auto whole = s->object.map(0, static_cast<std::size_t>(size), options.access);
        if (!whole) return whole.error();
        s->whole = std::move(*whole);
    }
    return region(std::move(s));
}

result<region> region::state::acquire(std::string_view place_text, os::acquire_request request,
                                      const region_options& options) {
    const auto where = place::parse(place_text);
    if (!where) return where.error();
    request.where = &*where;
    request.access = options.access;
    request.timeout = options.timeout;
    return mapped(os::held_object::acquire(request), options);
}

namespace {

os::acquire_request ask(os::disposition disposition, std::uint64_t size_bytes = 0) {
    os::acquire_request request;
    request.disposition = disposition;
    request.size_bytes = size_bytes;
    return request;
}

constexpr const char* naming = "create a name for a file";

}  // namespace

result<region> region::create(std::string_view place, std::uint64_t size_bytes, const region_options& options) {
    return state::acquire(place, ask(os::disposition::create_or_open, size_bytes), options);
}

result<region> region::create_new(std::string_view place, std::uint64_t size_bytes, const region_options& options) {
    return state::acquire(place, ask(os::disposition::create_new, size_bytes), options);
}

result<region> region::open(std::string_view place, const region_options& options) {
    return state::acquire(place, ask(os::disposition::open_existing), options);
}

result<region> region::create(std::string_view name, std::uint64_t size_bytes, std::string_view backing_path,
                              const region_options& options) {
    const auto where = place::parse(name);
    if (where && where->is_path()) return error(errc::invalid_name, naming, "a path leads to its own file only");
    if (backing_path.empty()) return error(errc::invalid_argument, naming, "the file's path is empty");
    os::acquire_request request = ask(os::disposition::create_or_open, size_bytes);
    request.backing_path = backing_path;
    return state::acquire(name, request, options);
}

result<region> region::create(std::string_view name, std::uint64_t size_bytes, native_handle backing,
                              const region_options& options) {
    const auto where = place::parse(name);
    if (where && where->is_path()) return error(errc::invalid_name, naming, "a path leads to its own file only");
    os::acquire_request request = ask(os::disposition::create_or_open, size_bytes);
    request.backing = backing;
    return state::acquire(name, request, options);
}

result<region> region::from_native(native_handle handle, std::uint64_t size_bytes, const region_options& options) {
    return state::mapped(os::held_object::adopt(handle, size_bytes, options.access), options);
}

result<region> region::anonymous(std::uint64_t size_bytes, const region_options& options) {
    return state::mapped(os::held_object::anonymous(size_bytes), options);
}

bool region::is_open() const noexcept { return state_ != nullptr; }
bool region::created() const noexcept { return state_ && state_->object.created(); }
std::uint64_t region::size() const noexcept { return state_ ? state_->object.size_bytes() : 0; }
access region::access() const noexcept { return state_ ? state_->object.access() : access::read_only; }
std::byte* region::data() const noexcept { return state_ ? state_->whole.data() : nullptr; }
native_handle region::native() const noexcept { return state_ ? state_->object.native() : -1; }

result<region_view> region::map(std::uint64_t offset_bytes, std::size_t size_bytes) const {
    if (!state_) return error(errc::closed, "map");
    std::uint64_t length = size_bytes;
    if (length == 0 && offset_bytes < size()) length = size() - offset_bytes;
    if (length > std::numeric_limits<std::size_t>::max()) {
        return error(errc::too_large, "map", "this process has fewer addresses than that; map a smaller window");
    }
    auto bytes = state_->object.map(offset_bytes, static_cast<std::size_t>(length), access());
    if (!bytes) return bytes.error();
    return region_view(std::make_unique<region_view::state>(region_view::state{std::move(*bytes)}));
}

result<void> region::write_text(std::string_view text, std::uint64_t offset_bytes) const {
    constexpr const char* operation = "write text";
    if (data() == nullptr) return error(errc::closed, operation, "there is no whole view to write through");
    if (access() == access::read_only) return error(errc::denied, operation, "it was opened read-only");
    if (text.find('\0') != std::string_view::npos)
        return error(errc::invalid_argument, operation, "a text ends at its first zero byte; write bytes instead");
    if (offset_bytes > size() || text.size() >= size() - offset_bytes) {
        return error(errc::too_large, operation,
                     "the text and its end take " + std::to_string(text.size() + 1) + " bytes, from " +
                         std::to_string(offset_bytes) + " on there are " +
                         std::to_string(offset_bytes > size() ? 0 : size() - offset_bytes) +
                         "; make the region larger when it is created");
    }
    std::byte* at = data() + offset_bytes;
    std::memcpy(at, text.data(), text.size());
    at[text.size()] = std::byte{0};
    return {};
}

result<std::string> region::read_text(std::size_t bytes_max, std::uint64_t offset_bytes) const {
    constexpr const char* operation = "read text";
    if (data() == nullptr) return error(errc::closed, operation, "there is no whole view to read through");
    if (offset_bytes > size()) return error(errc::invalid_argument, operation, "the offset is past the region's end");
    const auto* at = reinterpret_cast<const char*>(data()) + offset_bytes;
    const auto bound = static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, size() - offset_bytes));
    // Another process may write meanwhile, so the length is found in the copy and not twice in the region.
    const std::size_t length = ::strnlen(at, bound);
    std::string text(at, length);
    text.resize(::strnlen(text.data(), text.size()));
    return text;
}

result<void> region::flush() const {
    if (!state_) return error(errc::closed, "flush");
    return state_->whole.flush();
}

result<void> region::check_name() const {
    if (!state_) return error(errc::closed, "check the name");
    return state_->object.check_name();
}

}  // namespace samepage
