// What the system or another user stands in the way of: foreign links, file size limits, no descriptors left.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/cell.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;

using forked::signal_pipe;
using forked::status_of;
using runner::fresh_name;
using samepage::errc;
using samepage::region;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

constexpr unsigned member = 65534, other_member = 65533, group = 65534;

bool become(unsigned user) { return ::setgroups(0, nullptr) == 0 && ::setgid(group) == 0 && ::setuid(user) == 0; }

// A base directory with a place for Global names of `group`, for a child of the test.
std::string use_base_for_all() {
    const std::string base = scratch::file(fresh_name("base"));
    fs::create_directory(base);
    for (std::string up = scratch::path(); up != "/dev/shm" && up != "/tmp" && up.size() > 1;
         up = fs::path(up).parent_path())
        ::chmod(up.c_str(), 0755);
    const std::string folder = base + "/samepage-global";
    fs::create_directory(folder);
    const bool done = ::chmod(base.c_str(), 01777) == 0 && ::chown(folder.c_str(), 0, group) == 0 &&
                      ::chmod(folder.c_str(), 02770) == 0;
    ::setenv("SAMEPAGE_DIR", base.c_str(), 1);
    return done ? base : "";
}

std::string file_for_all(const std::string& base) {
    const std::string path = base + "/file";
    std::ofstream(path) << "text of the file";
    return ::chmod(path.c_str(), 0666) == 0 ? path : "";
}

// Opens as `user`, to read. The status is the error's number.
int code_as(unsigned user, const std::string& name) {
    return status_of(forked::run([&] {
        if (!become(user)) return 255;
        samepage::region_options reading;
        reading.access = samepage::access::read_only;
        return static_cast<int>(code_of(region::open(name, reading)));
    }));
}

// Claim: who may make Global names can't have others write or read in a file of his choice through one.
TEST(refusals_test, a_global_name_leads_nobody_to_a_file_that_another_member_chose) {
    if (::geteuid() != 0) GTEST_SKIP() << "becoming another user needs root";
    EXPECT_EQ(status_of(forked::run([] {
                  const std::string path = file_for_all(use_base_for_all());
                  const std::string name = "Global\\" + fresh_name("link");
                  signal_pipe made, done;
                  const pid_t maker = forked::run([&] {
                      if (!become(member)) return 1;
                      const auto page = region::create(name, 8, path);
                      return page && made.give() && !done.take() ? 0 : 2;
                  });
                  if (!made.take()) return 10 + status_of(maker);
                  const auto refused = region::open(name);
                  if (code_of(refused) != errc::denied) return 1;
                  if (refused.error().message().find("user 65534 chose") == std::string::npos) return 2;
                  if (code_as(other_member, name) != static_cast<int>(errc::denied)) return 3;
                  if (code_as(member, name) != 0) return 4;  // his own
                  ::kill(maker, SIGKILL);
                  status_of(maker);
                  return 0;
              })),
              0);
}

TEST(refusals_test, a_global_name_that_root_made_leads_to_its_file) {
    if (::geteuid() != 0) GTEST_SKIP() << "becoming another user needs root";
    EXPECT_EQ(status_of(forked::run([] {
                  const std::string path = file_for_all(use_base_for_all());
                  const std::string name = "Global\\" + fresh_name("link");
                  const auto page = region::create(name, 8, path);
                  if (!page) return 1;
                  return code_as(member, name) == 0 && code_as(other_member, name) == 0 ? 0 : 2;
              })),
              0);
}

// Claim: what is larger than the process may make files is an error in time, not SIGXFSZ.
TEST(refusals_test, a_file_size_limit_is_an_error_and_no_death) {
    EXPECT_EQ(status_of(forked::run([] {
                  const std::string path = scratch::file(fresh_name("file"));
                  auto kept = samepage::cell_bytes::create(fresh_name("kept"));
                  const auto listener = samepage::cell_bytes::create(fresh_name("listener"));
                  if (!kept || !listener || !listener->descriptor()) return 1;
                  const rlimit small{1U << 20, 1U << 20};
                  ::setrlimit(RLIMIT_FSIZE, &small);
                  if (code_of(region::create(fresh_name("large"), 2U << 20)) != errc::too_large) return 2;
                  if (code_of(region::create(path, 2U << 20)) != errc::too_large) return 3;
                  if (fs::exists(path)) return 4;
                  samepage::cell_options options;
                  options.capacity_bytes = 2U << 20;
                  if (code_of(samepage::cell_bytes::create(fresh_name("cell"), options)) != errc::too_large) return 5;
                  if (!region::create(fresh_name("small"), 1U << 20)) return 6;
                  const rlimit none{0, 0};
                  ::setrlimit(RLIMIT_FSIZE, &none);
                  // What is there goes on: storing, waking, ringing.
                  if (!kept->store_text("x") || !listener->store_text("x")) return 7;
                  return code_of(region::create(fresh_name("none"), 1)) == errc::too_large ? 0 : 8;
              })),
              0);
}

// Claim: a list without some of the names says so, whenever descriptors run out on the way. A thread takes and gives
// back the last ones, so that they run out everywhere.
TEST(refusals_test, a_list_without_some_of_the_names_says_so) {
    const int status = status_of(forked::run([] {
        const std::string folder = scratch::file(fresh_name("base"));
        fs::create_directory(folder);
        ::setenv("SAMEPAGE_DIR", folder.c_str(), 1);
        std::vector<region> held;
        for (const char* name : {"a", "b", "c"}) held.push_back(std::move(region::create(name, 1).value()));
        const auto first_free = static_cast<rlim_t>(::fcntl(0, F_DUPFD, 3));
        ::close(static_cast<int>(first_free));
        const rlimit few{first_free + 2, first_free + 2};
        ::setrlimit(RLIMIT_NOFILE, &few);
        std::atomic<bool> stop{false};
        std::thread taker([&] {
            while (!stop) {
                const int one = ::dup(0), two = ::dup(0);
                if (two >= 0) ::close(two);
                if (one >= 0) ::close(one);
            }
        });
        int wrong = 0;
        for (int i = 0; i < 3000; ++i) {
            const auto found = samepage::list(samepage::scope::local);
            if (found && found->entries.size() != 3 && (found->complete || found->why.empty())) ++wrong;
        }
        stop = true;
        taker.join();
        return wrong != 0 ? 1 : 0;
    }));
    EXPECT_EQ(status, 0);
}

}  // namespace
