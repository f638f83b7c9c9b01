// The C functions about statuses, a thread's last failure and the version.
// SPDX-License-Identifier: MIT
#include <array>
#include <new>
#include <optional>
#include <stdexcept>

#include "capi/call.hpp"

namespace samepage::capi {

namespace {

constinit thread_local std::optional<error> last;

// Where its texts end with a zero, made when they are asked for: failures that nobody asks about are many.
constinit thread_local std::array<char, error::detail_bytes_max + 1> last_detail{};
constinit thread_local std::array<char, 1024> last_message{};

// What doesn't fit is cut, at the border of a UTF-8 character.
void copy(std::string_view text, std::span<char> into) noexcept {
    std::size_t size_bytes = std::min(text.size(), into.size() - 1);
    while (size_bytes < text.size() && size_bytes > 0 &&
           (static_cast<unsigned char>(text[size_bytes]) & 0xC0U) == 0x80U)
        --size_bytes;
    std::copy_n(text.data(), size_bytes, into.data());
    into[size_bytes] = '\0';
}

}  // namespace

samepage_status fail(const error& reason) noexcept {
    last = reason;
    return static_cast<samepage_status>(reason.code());
}

samepage_status fail_by_exception(const char* operation) noexcept {
    try {
        throw;
    } catch (const refusal& refused) {
        return fail(error(errc::invalid_argument, operation, refused.why));
    } catch (const std::bad_alloc&) {
        return fail(error(errc::no_space, operation, "this process gets no more memory; free some"));
    } catch (const std::length_error&) {
        return fail(error(errc::invalid_argument, operation, "there is no memory for so many"));
    } catch (const std::exception& e) {
        return fail(error(errc::system, operation, e.what()));
    } catch (...) {
        return fail(error(errc::system, operation, "an unknown exception"));
    }
}

}  // namespace samepage::capi

namespace capi = samepage::capi;
using capi::last;

const char* samepage_status_name(samepage_status status) {
    switch (status) {
        case samepage_ok: return "ok";
#define SAMEPAGE_X(number, name, meaning, advice) \
    case number: return #name;
            SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
        default: return "unknown";
    }
}

const char* samepage_status_text(samepage_status status) {
    switch (status) {
        case samepage_ok: return "it is done";
#define SAMEPAGE_X(number, name, meaning, advice) \
    case number: return meaning "; " advice;
            SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
        default: return "no status of this version";
    }
}

samepage_status samepage_error_status(void) { return last ? static_cast<samepage_status>(last->code()) : samepage_ok; }
int32_t samepage_error_system_code(void) { return last ? last->system_code() : 0; }
const char* samepage_error_operation(void) { return last ? last->operation() : ""; }

const char* samepage_error_detail(void) {
    if (last) capi::copy(last->detail(), capi::last_detail);
    return capi::last_detail.data();
}

const char* samepage_error_message(void) {
    if (!last) return "";
    try {
        capi::copy(last->message(), capi::last_message);
    } catch (const std::bad_alloc&) {
        capi::copy(samepage::name_of(last->code()), capi::last_message);
    }
    return capi::last_message.data();
}

uint32_t samepage_version(void) {
    return SAMEPAGE_VERSION_MAJOR * 1000000 + SAMEPAGE_VERSION_MINOR * 1000 + SAMEPAGE_VERSION_PATCH;
}

#define SAMEPAGE_TEXT_OF(number) #number
#define SAMEPAGE_DOTTED(major, minor, patch) \
    SAMEPAGE_TEXT_OF(major) "." SAMEPAGE_TEXT_OF(minor) "." SAMEPAGE_TEXT_OF(patch)
const char* samepage_version_text(void) {
    return SAMEPAGE_DOTTED(SAMEPAGE_VERSION_MAJOR, SAMEPAGE_VERSION_MINOR, SAMEPAGE_VERSION_PATCH);
}
