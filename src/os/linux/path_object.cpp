// Objects at a path: opened, extended, made whole before they have a name.
// SPDX-License-Identifier: MIT
//
// Crash story: a plain file is extended in place, which a kill leaves done or not done. A structured one has no name
// before it is whole (O_TMPFILE, then linkat), so a kill leaves nothing. Where a filesystem has no O_TMPFILE, it is
// made as a hidden file beside the path and linked from there: a kill then leaves that file.
#include "os/linux/path_object.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "os/format.hpp"
#include "os/linux/locks.hpp"
#include "os/linux/space.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* creating = "create";
constexpr const char* opening = "open";

const char* verb(const acquire_request& request) noexcept {
    return request.disposition == disposition::open_existing ? opening : creating;
}

int flags_for(const acquire_request& request) noexcept {
    return (request.access == access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
}

error cannot_open(const acquire_request& request, int why) {
    const std::string& path = request.where->name;
    if (why == ENOENT && request.disposition == disposition::open_existing) {
        return error(errc::not_found, opening,
                     "there is no file " + path + " (" + place_searched(*request.where) + ")");
    }
    if (why == ENOENT)
        return from_system(creating, why, path + " can't be made: its directory is missing, or it is a dangling link");
    if (why == EISDIR) return error(errc::invalid_argument, verb(request), path + " is a directory", why);
    return from_system(verb(request), why, path);
}

std::string directory_of_path(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// Whether the file begins as a structured object does.
bool is_structured(int descriptor) {
    structured_prefix prefix{};
    return ::pread(descriptor, &prefix, sizeof prefix, 0) == static_cast<ssize_t>(sizeof prefix) &&
           prefix.magic == structured_magic;
}

// A whole structured object at `path`, unless there is a file already: then false.
result<bool> make_structured(const acquire_request& request) {
    const std::string& path = request.where->name;
    const std::string directory = directory_of_path(path);
    handle file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
    std::string hidden;
    if (!file && (errno == EOPNOTSUPP || errno == EISDIR)) {
        hidden = directory + ".samepage-new-XXXXXX";
        file = handle(::mkostemp(hidden.data(), O_CLOEXEC));
    }
    if (!file) return cannot_open(request, errno);
    const auto fail = [&](const error& why) -> result<bool> {
        if (!hidden.empty()) ::unlink(hidden.c_str());
        return why;
    };
    if (auto room = reserve_space(file.get(), 0, request.size_bytes, path); !room) return fail(room.error());
    if (auto done = initialise(file.get(), request); !done) return fail(done.error());
    char self[64];
    std::snprintf(self, sizeof self, "/proc/self/fd/%d", file.get());
    const int linked =
        ::linkat(AT_FDCWD, hidden.empty() ? self : hidden.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
    const int why = errno;
    if (!hidden.empty()) ::unlink(hidden.c_str());
    if (linked == 0) return true;
    if (why == EEXIST) return false;
    return cannot_open(request, why);
}

result<void> check_file(const acquire_request& request, int descriptor, held_object::state& s) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) return from_system(verb(request), errno);
    if (!S_ISREG(found.st_mode)) {
        return error(errc::invalid_argument, verb(request),
                     request.where->name + " is not a file: only files can be mapped");
    }
    s.size_bytes = static_cast<std::uint64_t>(found.st_size);
    if (request.access == access::read_only || request.holes_stay) return {};
    return reserve_file(descriptor, found, 0, request.where->name);
}

result<void> open_plain(const acquire_request& request, held_object::state& s) {
    const std::string& path = request.where->name;
    int flags = flags_for(request);
    if (request.disposition == disposition::create_or_open && request.access == access::read_write &&
        request.size_bytes != 0)
        flags |= O_CREAT;
    if (request.disposition == disposition::create_new) flags |= O_CREAT | O_EXCL;
    s.file = handle(::open(path.c_str(), flags & ~O_CREAT & ~O_EXCL));
    if (s.file && request.disposition == disposition::create_new) {
        return error(errc::already_exists, creating, path + " is there already; open it or choose another path");
    }
    if (!s.file && errno == ENOENT && (flags & O_CREAT) != 0) {
        // Exclusively: what is there all the same is another's file, made meanwhile, or a link that leads nowhere.
        s.file = handle(::open(path.c_str(), flags | O_EXCL, 0666));
        s.created = static_cast<bool>(s.file);
        if (!s.file && errno == EEXIST && request.disposition == disposition::create_or_open)
            s.file = handle(::open(path.c_str(), flags & ~O_CREAT));
    }
    if (!s.file) return cannot_open(request, errno);
    if (auto good = check_file(request, s.file.get(), s); !good) return good;
    if (is_structured(s.file.get())) return wrong_kind(s.file.get(), *request.where, false).error();
    if (request.size_bytes > s.size_bytes) {
        if (request.access == access::read_only) {
            return error(errc::invalid_argument, verb(request), path + " is smaller than that, and opened read-only");
        }
        if (auto room = reserve_space(s.file.get(), s.size_bytes, request.size_bytes, path); !room) {
            if (s.created) ::unlink(path.c_str());
            return room;
        }
        s.size_bytes = request.size_bytes;
    }
    if (s.size_bytes == 0)
        return error(errc::invalid_argument, verb(request), path + " is empty: say a size").set_needed_bytes(1);
    return {};
}

result<void> open_structured(const acquire_request& request, held_object::state& s) {
    const std::string& path = request.where->name;
    if (request.disposition != disposition::open_existing) {
        struct stat found {};
        if (::stat(path.c_str(), &found) != 0 && errno == ENOENT) {
            const auto made = make_structured(request);
            if (!made) return made.error();
            s.created = *made;
        }
        if (!s.created && request.disposition == disposition::create_new) {
            return error(errc::already_exists, creating, path + " is there already; open it or choose another path");
        }
    }
    s.file = handle(::open(path.c_str(), flags_for(request)));
    if (!s.file) return cannot_open(request, errno);
    if (auto good = check_file(request, s.file.get(), s); !good) return good;
    if (!is_structured(s.file.get())) return wrong_kind(s.file.get(), *request.where, true).error();
    return {};
}

}  // namespace

result<std::unique_ptr<held_object::state>> acquire_path(const acquire_request& request) {
    auto s = std::make_unique<held_object::state>();
    s->leaves_file = true;
    s->is_file = true;
    s->access = request.access;
    s->path = request.where->name;
    auto opened = request.structured ? open_structured(request, *s) : open_plain(request, *s);
    if (!opened) return opened.error();
    // Shared, for `holders` and for whoever asks who lives. A file stays anyway, so being refused means nothing.
    const auto shown = try_lock(s->file.get(), life_byte, lock_mode::shared);
    static_cast<void>(shown);
    return s;
}

}  // namespace samepage::os
