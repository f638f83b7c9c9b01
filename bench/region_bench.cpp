// Regions by name: what keeping a name exactly as long as its holders costs over raw shared memory.
// SPDX-License-Identifier: MIT
//
// Operations, each with 4096 bytes that are all written or all read:
//   create + write + close   the limit is shm_open, ftruncate, mmap, write, munmap, close, shm_unlink by hand
//   the same among 1,000 other live objects, held by another process
//   open + read + close      of an object that another process holds; the limit is shm_open, mmap, read, munmap, close
// The peer is Boost.Interprocess shared_memory_object.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <numeric>
#include <vector>

#include "harness.hpp"
#include "samepage/region.hpp"

namespace {

namespace ipc = boost::interprocess;
namespace fs = std::filesystem;

using samepage::region;

constexpr std::size_t page_bytes = 4096;
constexpr unsigned others = 1000;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);
}

std::vector<unsigned char> payload() {
    std::vector<unsigned char> bytes(page_bytes);
    std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
    return bytes;
}

const std::vector<unsigned char> written = payload();

void check_read(const void* bytes) {
    unsigned char copy[page_bytes];
    std::memcpy(copy, bytes, page_bytes);
    if (std::memcmp(copy, written.data(), page_bytes) != 0) fail("what was read is not what was written");
}

// The names of raw and Boost objects, which stand in /dev/shm beside everybody's.
std::string raw_name(const char* what) { return "/samepage-bench-" + std::string(what) + std::to_string(::getpid()); }

// ---- create + write + close ----------------------------------------------------------------------------------------

void raw_create(const std::string& name) {
    const int file = ::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0 || ::ftruncate(file, page_bytes) != 0) fail("shm_open");
    void* const bytes = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    std::memcpy(bytes, written.data(), page_bytes);
    ::munmap(bytes, page_bytes);
    ::close(file);
    ::shm_unlink(name.c_str());
}

void boost_create(const std::string& name) {
    {
        ipc::shared_memory_object object(ipc::create_only, name.c_str() + 1, ipc::read_write);
        object.truncate(page_bytes);
        const ipc::mapped_region bytes(object, ipc::read_write);
        std::memcpy(bytes.get_address(), written.data(), page_bytes);
    }
    ipc::shared_memory_object::remove(name.c_str() + 1);
}

void samepage_create() {
    const auto page = region::create_new("bench", page_bytes);
    if (!page) fail(page.error().message());
    std::memcpy(page->data(), written.data(), page_bytes);
}

// ---- open + read + close -------------------------------------------------------------------------------------------

void raw_open(const std::string& name) {
    const int file = ::shm_open(name.c_str(), O_RDONLY, 0);
    if (file < 0) fail("shm_open");
    void* const bytes = ::mmap(nullptr, page_bytes, PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    check_read(bytes);
    ::munmap(bytes, page_bytes);
    ::close(file);
}

void boost_open(const std::string& name) {
    const ipc::shared_memory_object object(ipc::open_only, name.c_str() + 1, ipc::read_only);
    const ipc::mapped_region bytes(object, ipc::read_only);
    check_read(bytes.get_address());
}

void samepage_open() {
    samepage::region_options reading;
    reading.access = samepage::access::read_only;
    const auto page = region::open("existing", reading);
    if (!page) fail(page.error().message());
    check_read(page->data());
}

// ---- The other process ---------------------------------------------------------------------------------------------

// Two directories of names, one of them crowded, and a process that holds what is in them.
class surroundings {
   public:
    surroundings() {
        std::string name = "/dev/shm/samepage-bench-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) fail("a directory in /dev/shm");
        path_ = name;
        fs::create_directory(quiet());
        fs::create_directory(crowded());
        int ready[2], end[2];
        if (::pipe2(ready, O_CLOEXEC) != 0 || ::pipe2(end, O_CLOEXEC) != 0) fail("pipe");
        holder_ = ::fork();
        if (holder_ == 0) {
            ::close(ready[0]);
            ::close(end[1]);
            hold(ready[1], end[0]);
        }
        ::close(ready[1]);
        ::close(end[0]);
        end_ = end[1];
        char byte = 0;
        if (::read(ready[0], &byte, 1) != 1) fail("the holder of the other objects didn't start");
        ::close(ready[0]);
    }
    ~surroundings() {
        ::close(end_);
        ::waitpid(holder_, nullptr, 0);
        fs::remove_all(path_);
    }
    surroundings(const surroundings&) = delete;
    surroundings& operator=(const surroundings&) = delete;

    std::function<void()> in_quiet() const { return into(quiet()); }
    std::function<void()> in_crowded() const { return into(crowded()); }

   private:
    std::string quiet() const { return path_ + "/quiet"; }
    std::string crowded() const { return path_ + "/crowded"; }
    static std::function<void()> into(std::string where) {
        return [where = std::move(where)] { ::setenv("SAMEPAGE_DIR", where.c_str(), 1); };
    }

    [[noreturn]] void hold(int ready, int end) const {
        rlimit descriptors{};
        ::getrlimit(RLIMIT_NOFILE, &descriptors);
        descriptors.rlim_cur = descriptors.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &descriptors);
        std::vector<region> all;
        in_crowded()();
        for (unsigned i = 0; i < others; ++i) {
            auto page = region::create_new("other" + std::to_string(i), page_bytes);
            if (!page) fail(page.error().message());
            all.push_back(std::move(*page));
        }
        in_quiet()();
        auto existing = region::create_new("existing", page_bytes);
        if (!existing) fail(existing.error().message());
        std::memcpy(existing->data(), written.data(), page_bytes);
        if (::write(ready, "r", 1) != 1) fail("write");
        char byte = 0;
        while (::read(end, &byte, 1) > 0) {
        }
        existing->close();
        all.clear();
        std::_Exit(0);
    }

    std::string path_;
    pid_t holder_ = -1;
    int end_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
    const surroundings around;
    bench::report report(bench::parse(argc, argv));
    using direction = bench::goal::direction;

    const std::string raw = raw_name("raw"), boost = raw_name("boost"), existing = raw_name("existing");
    report.measure({"create + write + close, 4 KiB",
                    {bench::repeated("raw", [&] { raw_create(raw); }),
                     bench::repeated("Boost.Interprocess", [&] { boost_create(boost); }),
                     bench::repeated("samepage", samepage_create, around.in_quiet()),
                     bench::repeated("samepage, 1,000 others", samepage_create, around.in_crowded())},
                    {{"samepage", "raw", direction::at_most, 1.5},
                     {"samepage, 1,000 others", "samepage", direction::at_most, 1.2}}});

    const int file = ::shm_open(existing.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0 || ::write(file, written.data(), page_bytes) != static_cast<ssize_t>(page_bytes)) fail("shm_open");
    ::close(file);
    report.measure({"open + read + close, 4 KiB",
                    {bench::repeated("raw", [&] { raw_open(existing); }),
                     bench::repeated("Boost.Interprocess", [&] { boost_open(existing); }),
                     bench::repeated("samepage", samepage_open, around.in_quiet())},
                    {{"samepage", "raw", direction::at_most, 1.5}}});
    ::shm_unlink(existing.c_str());
    return 0;
}
