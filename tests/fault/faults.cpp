// The wrapped system calls: counted, failed or killed as armed.
// SPDX-License-Identifier: MIT
#include "faults.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace faults {

namespace {

bool armed = false;
unsigned count = 0, at = 0;
effect what = effect::fail_once;
int code = 0;
const char* call = nullptr;

// One call of the library: `made` makes it, and `failure` is what it gives when it fails.
template <class T, class Call>
T through(const char* name, T failure, Call&& made) {
    if (!armed) return made();
    ++count;
    const bool now = at != 0 && (count == at || (what == effect::fail_from_here && count > at));
    if (!now) return made();
    if (call == nullptr) call = name;
    if (what == effect::kill_after) made();
    if (what == effect::kill_before || what == effect::kill_after) ::kill(::getpid(), SIGKILL);
    errno = code;
    return failure;
}

}  // namespace

void arm(unsigned number, effect w, int c) {
    count = 0;
    at = number;
    what = w;
    code = c;
    call = nullptr;
    armed = true;
}

unsigned disarm() {
    armed = false;
    return count;
}

std::string struck() {
    if (call == nullptr) return {};
    return "call " + std::to_string(at) + ", " + call + " with " + std::to_string(code);
}

}  // namespace faults

using faults::through;

// The linker's names: __wrap_X is called for X, __real_X is X itself.
extern "C" {

int __real_open64(const char*, int, ...);
int __wrap_open64(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
    va_end(rest);
    return through("open", -1, [&] { return __real_open64(path, flags, mode); });
}

int __real_fcntl64(int, int, ...);
int __wrap_fcntl64(int file, int command, ...) {
    std::va_list rest;
    va_start(rest, command);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    return through("fcntl", -1, [&] { return __real_fcntl64(file, command, argument); });
}

int __real_fallocate64(int, int, off64_t, off64_t);
int __wrap_fallocate64(int file, int mode, off64_t offset, off64_t length) {
    return through("fallocate", -1, [&] { return __real_fallocate64(file, mode, offset, length); });
}

void* __real_mmap64(void*, size_t, int, int, int, off64_t);
void* __wrap_mmap64(void* address, size_t length, int protection, int flags, int file, off64_t offset) {
    return through("mmap", MAP_FAILED, [&] { return __real_mmap64(address, length, protection, flags, file, offset); });
}

int __real_fstat64(int, struct stat64*);
int __wrap_fstat64(int file, struct stat64* into) {
    return through("fstat", -1, [&] { return __real_fstat64(file, into); });
}

int __real_stat64(const char*, struct stat64*);
int __wrap_stat64(const char* path, struct stat64* into) {
    return through("stat", -1, [&] { return __real_stat64(path, into); });
}

int __real_lstat64(const char*, struct stat64*);
int __wrap_lstat64(const char* path, struct stat64* into) {
    return through("lstat", -1, [&] { return __real_lstat64(path, into); });
}

int __real_unlink(const char*);
int __wrap_unlink(const char* path) {
    return through("unlink", -1, [&] { return __real_unlink(path); });
}

int __real_mkdir(const char*, mode_t);
int __wrap_mkdir(const char* path, mode_t mode) {
    return through("mkdir", -1, [&] { return __real_mkdir(path, mode); });
}

ssize_t __real_pread64(int, void*, size_t, off64_t);
ssize_t __wrap_pread64(int file, void* into, size_t length, off64_t offset) {
    return through("pread", ssize_t{-1}, [&] { return __real_pread64(file, into, length, offset); });
}

ssize_t __real_pwrite64(int, const void*, size_t, off64_t);
ssize_t __wrap_pwrite64(int file, const void* from, size_t length, off64_t offset) {
    return through("pwrite", ssize_t{-1}, [&] { return __real_pwrite64(file, from, length, offset); });
}

int __real_memfd_create(const char*, unsigned);
int __wrap_memfd_create(const char* name, unsigned flags) {
    return through("memfd_create", -1, [&] { return __real_memfd_create(name, flags); });
}

}  // extern "C"
