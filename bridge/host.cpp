// The host's id, and what tells one object from another of the same place.
// SPDX-License-Identifier: MIT
#include "host.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "failure.hpp"
#include "hash.hpp"
#include "samepage/catalog.hpp"

namespace samepage::bridge {

namespace {

[[noreturn]] void fail(const std::string& what, int system_code) {
    const bool denied = system_code == EACCES || system_code == EPERM;
    throw cli::failure(denied ? cli::status_denied : cli::status_error, denied ? "denied" : "system",
                       fmt::format("{}: {}; choose another directory with --state", what, std::strerror(system_code)));
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string own_id(const std::string& directory) {
    const std::string path = directory + "/host";
    if (std::string id = first_line(path); id.size() == 32) return id;
    const std::string id = random_id(), made = path + "." + id;
    {
        std::ofstream file(made);
        file << id << "\n";
        if (!file.flush()) fail(made, errno);
    }
    // Of two that make it at once, one is first.
    const bool linked = ::link(made.c_str(), path.c_str()) == 0;
    const int refused = errno;
    ::unlink(made.c_str());
    if (!linked && refused != EEXIST) fail(path, refused);
    const std::string seen = first_line(path);
    if (seen.size() != 32)
        throw cli::failure(cli::status_corrupt, "corrupt",
                           fmt::format("corrupt: {} hasn't the host's id; remove it to get a new one", path));
    return seen;
}

std::string machine_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

}  // namespace

std::string state_directory(const std::string& given) {
    if (!given.empty()) return given;
    if (const char* states = std::getenv("XDG_STATE_HOME"); states != nullptr && *states == '/')
        return std::string(states) + "/samepage-bridge";
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home == '\0')
        throw cli::usage_error("where is the bridge to keep its state? (--state DIR)");
    return std::string(home) + "/.local/state/samepage-bridge";
}

host::host(const std::string& directory, const std::string& name)
    : directory_(state_directory(directory)), name_(name.empty() ? machine_name() : name) {
    std::error_code refused;
    std::filesystem::create_directories(directory_, refused);
    if (refused) fail(directory_, refused.value());
    ::chmod(directory_.c_str(), 0700);
    id_ = own_id(directory_);
    const std::string page = state_page(directory_);
    auto opened = table_bytes::create(page);
    if (!opened) throw state_failure(opened.error(), page);
    state_ = std::move(*opened);
}

std::string host::trouble(const error& e) const { return state_failure(e, state_page(directory_)).what(); }

std::string state_page(const std::string& directory) {
    return std::filesystem::absolute(directory).string() + "/state.page";
}

cli::failure state_failure(const error& e, const std::string& page) {
    if (e.code() == errc::wrong_kind || e.code() == errc::corrupt || e.code() == errc::wrong_version)
        return {
            cli::status_corrupt, "corrupt",
            fmt::format("corrupt: {} isn't the bridge's table, or is damaged: stop its bridge, and remove it; mirrors "
                        "then copy anew, a channel's once its own channel is removed, too",
                        page)};
    if (e.code() == errc::no_space)
        return {cli::status_full, "no_space", fmt::format("no_space: there is no room for {}: make some there", page)};
    if (e.system_code() == ENOTDIR)
        return {cli::status_error, "system",
                fmt::format("system: {} is no directory; --state names the one that the bridge was started with",
                            std::filesystem::path(page).parent_path().string())};
    return cli::failure(e);
}

result<std::string> incarnation_of(const std::string& place) {
    const auto entry = look_up(place);
    if (!entry) return entry.error();
    struct statx seen {};
    if (::statx(AT_FDCWD, entry->location.c_str(), 0, STATX_INO | STATX_BTIME, &seen) != 0)
        return error(errno == ENOENT ? errc::not_found : errc::system, "look at", place, errno);
    std::string identity = fmt::format("{} {} {}", seen.stx_ino, seen.stx_btime.tv_sec, seen.stx_btime.tv_nsec);
    // Names are memory: they don't outlive a boot, and inodes may come again.
    if (!entry->place.is_path()) identity.append(" ").append(first_line("/proc/sys/kernel/random/boot_id"));
    return hash_of(identity).substr(0, 16);
}

}  // namespace samepage::bridge
