// The exit status of each error of the library.
// SPDX-License-Identifier: MIT
#include "failure.hpp"

namespace samepage::cli {

int status_of(errc code) noexcept {
    switch (code) {
        case errc::not_found:
        case errc::empty:
        case errc::no_key: return status_not_found;
        case errc::timed_out: return status_timed_out;
        case errc::already_exists:
        case errc::wrong_kind:
        case errc::conflict: return status_conflict;
        case errc::denied:
        case errc::not_owner: return status_denied;
        case errc::no_space:
        case errc::full:
        case errc::too_large: return status_full;
        case errc::corrupt:
        case errc::wrong_version: return status_corrupt;
        case errc::invalid_name:
        case errc::invalid_argument: return status_usage;
        case errc::busy:
        case errc::lost_name:
        case errc::not_supported:
        case errc::closed:
        case errc::failed:
        case errc::torn:
        case errc::system: break;
    }
    return status_error;
}

failure::failure(const samepage::error& reason, const std::string& more)
    : exit_status_(status_of(reason.code())), code_(name_of(reason.code())), message_(reason.message() + more) {}

}  // namespace samepage::cli
