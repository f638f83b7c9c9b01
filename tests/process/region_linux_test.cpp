// What Linux adds to lifetime: stopped processes, removed files, other users, 32-bit programs.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "os/linux/directory.hpp"
#include "os/linux/locks.hpp"
#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;

using namespace std::chrono_literals;
using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::region;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

std::string file_of(const std::string& name) {
    return samepage::os::directory_of(samepage::scope::local).path + "/" + name;
}

// SAMEPAGE_DIR for a while: an empty directory that everybody may write in, as /dev/shm.
class open_base {
   public:
    open_base() : path_(scratch::file(fresh_name("base"))), before_(std::getenv("SAMEPAGE_DIR")) {
        fs::create_directory(path_);
        ::chmod(path_.c_str(), 01777);
        for (std::string up = scratch::path(); up != "/dev/shm" && up != "/tmp" && up.size() > 1;
             up = fs::path(up).parent_path())
            ::chmod(up.c_str(), 0755);
        ::setenv("SAMEPAGE_DIR", path_.c_str(), 1);
    }
    ~open_base() { ::setenv("SAMEPAGE_DIR", before_.c_str(), 1); }
    open_base(const open_base&) = delete;
    open_base& operator=(const open_base&) = delete;

    const std::string& path() const { return path_; }

   private:
    std::string path_, before_;
};

// Words: a file. Stands in the gate of the object there, as a process that was stopped in the middle of a create.
const runner::role in_the_gate("in_the_gate", [](const runner::arguments& words) {
    const int file = ::open(words.at(0).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const auto locked = samepage::os::try_lock(file, samepage::os::gate_byte, samepage::os::lock_mode::exclusive);
    runner::say(locked && *locked ? "in" : "not in");
    while (runner::hear()) {
    }
    return 0;
});

TEST(region_linux_test, a_process_stopped_in_the_gate_is_named) {
    const std::string name = fresh_name("gate");
    ASSERT_TRUE(region::create(fresh_name("makes-the-directory"), 1));
    process stopped = process::start("in_the_gate", {file_of(name)});
    ASSERT_EQ(stopped.line(), "in");
    stopped.stop();
    samepage::region_options soon;
    soon.timeout = 300ms;
    for (const auto& r : {region::create(name, 64, soon).error(), region::open(name, soon).error(),
                          region::create_new(name, 64, soon).error()}) {
        EXPECT_EQ(r.code(), errc::timed_out) << r.message();
        EXPECT_NE(r.message().find(std::to_string(stopped.id())), std::string::npos) << r.message();
    }
    EXPECT_TRUE(region::create(fresh_name("elsewhere"), 64, soon)) << "other names are not its business";
    stopped.kill();
    EXPECT_TRUE(region::create_new(name, 64));
}

TEST(region_linux_test, a_stopped_holder_is_a_holder) {
    const std::string name = fresh_name("stopped");
    process holder = process::start("actor");
    ASSERT_EQ(holder.ask("create h " + name + " 64"), "created 64");
    ASSERT_EQ(holder.ask("write h asleep"), "done");
    holder.stop();
    EXPECT_EQ(region::open(name)->read_text().value_or("?"), "asleep");
    EXPECT_EQ(code_of(region::create_new(name, 64)), errc::already_exists);
    holder.resume();
    EXPECT_EQ(holder.ask("read h"), "[asleep]");
}

TEST(region_linux_test, a_removed_file_is_a_lost_name) {
    const std::string name = fresh_name("lost");
    process holder = process::start("actor");
    ASSERT_EQ(holder.ask("create h " + name + " 64"), "created 64");
    ASSERT_EQ(holder.ask("check h"), "done");
    ASSERT_TRUE(fs::remove(file_of(name)));
    EXPECT_EQ(holder.ask("check h"), "lost_name");
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
    const auto next = region::create_new(name, 64);
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_EQ(holder.ask("check h"), "lost_name");
    EXPECT_EQ(holder.ask("close h"), "done");
    EXPECT_TRUE(next->check_name()) << "whoever lost the name took another's away";
    EXPECT_TRUE(region::open(name));
}

// Claim: when the last two holders close at the same time, the file goes with them.
TEST(region_linux_test, two_last_holders_leave_nothing) {
    for (int round = 0; round < 200; ++round) {
        const std::string name = fresh_name("two");
        auto one = region::create(name, 64), two = region::open(name);
        ASSERT_TRUE(one && two);
        std::thread closer([&] { two->close(); });
        one->close();
        closer.join();
        ASSERT_FALSE(fs::exists(file_of(name))) << "in round " << round;
    }
}

// Claim: however opening, refusing and closing interleave, the last close takes the file along.
TEST(region_linux_test, openers_in_the_way_of_closers_leave_nothing) {
    const std::string name = fresh_name("in-the-way");
    std::atomic<unsigned> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            samepage::region_options patient;
            patient.timeout = runner::patience;
            for (int round = 0; round < 200; ++round) {
                const auto page = i % 2 == 0 ? region::create_new(name, 64, patient) : region::open(name, patient);
                const errc code = code_of(page);
                if (code != errc{} && code != errc::already_exists && code != errc::not_found) ++wrong;
            }
        });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_FALSE(fs::exists(file_of(name)));
}

TEST(region_linux_test, listing_frees_what_a_killed_process_left) {
    const std::string name = fresh_name("left");
    process holder = process::start("actor");
    ASSERT_EQ(holder.ask("create h " + name + " 100000"), "created 100000");
    holder.kill();
    ASSERT_TRUE(fs::exists(file_of(name)));
    const auto found = samepage::list(samepage::scope::local);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_FALSE(fs::exists(file_of(name)));
    EXPECT_GE(found->freed_bytes, 100000U);
    for (const auto& entry : found->entries) EXPECT_NE(entry.place.name, name);
}

TEST(region_linux_test, holders_are_shown) {
    const std::string name = fresh_name("shown");
    process holder = process::start("actor");
    ASSERT_EQ(holder.ask("create h " + name + " 64"), "created 64");
    const auto entry = samepage::look_up(name);
    ASSERT_TRUE(entry) << entry.error().message();
    EXPECT_EQ(entry->size_bytes, 64U);
    ASSERT_EQ(entry->holders.size(), 1U);
    EXPECT_EQ(entry->holders[0].process, holder.id());
    holder.kill();
    EXPECT_EQ(code_of(samepage::look_up(name)), errc::not_found);
}

TEST(region_linux_test, what_is_no_object_in_the_directory_is_refused) {
    ASSERT_TRUE(region::create(fresh_name("makes-the-directory"), 1));
    const std::string folder = fresh_name("folder"), link = fresh_name("link"), fifo = fresh_name("fifo");
    fs::create_directory(file_of(folder));
    fs::create_symlink("/etc/passwd", file_of(link));
    ASSERT_EQ(::mkfifo(file_of(fifo).c_str(), 0600), 0);
    for (const std::string& name : {folder, link, fifo}) {
        EXPECT_EQ(code_of(region::create(name, 64)), errc::denied) << name;
        EXPECT_EQ(code_of(region::open(name)), errc::denied) << name;
        EXPECT_TRUE(samepage::list(samepage::scope::local));
        EXPECT_TRUE(fs::exists(fs::symlink_status(file_of(name)))) << name << " was removed";
        fs::remove(file_of(name));
    }
}

// A program that starts now, because one that has looked at the directory before needn't look again.
void expect_of_new_program(const std::string& create, const std::string& open) {
    process program = process::start("actor");
    EXPECT_EQ(program.ask("create h x 1"), create);
    EXPECT_EQ(program.ask("open k x"), open);
}

TEST(region_linux_test, a_directory_of_names_open_to_others_is_refused) {
    const open_base base;
    const std::string folder = samepage::os::directory_of(samepage::scope::local).path;
    expect_of_new_program("created 1", "opened 1");
    ::chmod(folder.c_str(), 0755);
    expect_of_new_program("denied", "denied");
    fs::remove_all(folder);
    fs::create_directory_symlink(scratch::path(), folder);
    expect_of_new_program("denied", "denied");
    fs::remove(folder);
    expect_of_new_program("created 1", "opened 1");
}

TEST(region_linux_test, a_directory_that_is_not_there) {
    const open_base base;
    ::setenv("SAMEPAGE_DIR", (base.path() + "/nowhere").c_str(), 1);
    const auto page = region::create("x", 1);
    ASSERT_FALSE(page);
    EXPECT_NE(page.error().message().find("SAMEPAGE_DIR"), std::string::npos) << page.error().message();
    EXPECT_FALSE(region::open("x"));
    EXPECT_FALSE(fs::exists(base.path() + "/nowhere"));
}

TEST(region_linux_test, paths_that_are_no_files) {
    const std::string fifo = scratch::file(fresh_name("fifo")), dangling = scratch::file(fresh_name("dangling"));
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    fs::create_symlink(dangling + "-target", dangling);
    EXPECT_EQ(code_of(region::create(fifo, 64)), errc::invalid_argument);
    EXPECT_EQ(code_of(region::open(fifo)), errc::invalid_argument);
    EXPECT_EQ(code_of(region::open(dangling)), errc::not_found);
    EXPECT_EQ(code_of(region::open("/dev/null")), errc::invalid_argument);
}

constexpr const char* nobody = "65534";
bool is_root() { return ::geteuid() == 0; }

TEST(region_linux_test, another_user_has_names_of_its_own) {
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    const open_base base;
    const std::string name = fresh_name("mine");
    const auto page = region::create(name, 64);
    ASSERT_TRUE(page && page->write_text("secret"));
    process other = process::start("actor");
    ASSERT_EQ(other.ask(std::string("become ") + nobody), "done");
    EXPECT_EQ(other.ask("open h " + name), "not_found");
    EXPECT_EQ(other.ask("open h " + file_of(name) + " ro"), "denied") << "by its path";
    EXPECT_EQ(other.ask("create h " + name + " 99"), "created 99");
    EXPECT_EQ(page->read_text().value_or("?"), "secret");
    EXPECT_EQ(region::open(name)->size(), 64U);
    EXPECT_EQ(other.ask("open g Global\\" + name), "denied") << "no administrator made a directory for it";
    EXPECT_EQ(other.ask("create g Global\\" + name + " 99"), "denied");
}

TEST(region_linux_test, a_squatted_directory_is_refused) {
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    const open_base base;
    const std::string folder = base.path() + "/samepage-0";
    fs::create_directory(folder);
    ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
    ASSERT_EQ(::chown(folder.c_str(), 65534, 65534), 0);
    EXPECT_EQ(code_of(region::create("x", 64)), errc::denied);
    EXPECT_EQ(code_of(region::open("x")), errc::denied);
    EXPECT_TRUE(fs::is_empty(folder));
}

TEST(region_linux_test, a_user_who_may_not_write_is_told) {
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    const open_base base;
    ::chmod(base.path().c_str(), 0755);
    process other = process::start("actor");
    ASSERT_EQ(other.ask(std::string("become ") + nobody), "done");
    EXPECT_EQ(other.ask("create h x 64"), "denied");
    EXPECT_EQ(other.ask("open h x"), "not_found");
    EXPECT_EQ(other.ask("create h " + base.path() + "/file 64"), "denied");
}

TEST(region_linux_test, the_members_of_a_group_share_global_names) {
    if (!is_root()) GTEST_SKIP() << "becoming another user needs root";
    const open_base base;
    const std::string folder = base.path() + "/samepage-global", name = "Global\\" + fresh_name("everybodys");
    fs::create_directory(folder);
    ASSERT_EQ(::chown(folder.c_str(), 0, 65534), 0);
    ASSERT_EQ(::chmod(folder.c_str(), 02770), 0);
    process other = process::start("actor");
    ASSERT_EQ(other.ask(std::string("become ") + nobody), "done");
    ASSERT_EQ(other.ask("create h " + name + " 64"), "created 64");
    {
        const auto page = region::open(name);
        ASSERT_TRUE(page) << page.error().message();
        ASSERT_TRUE(page->write_text("for all"));
        EXPECT_EQ(other.ask("read h"), "[for all]");
        other.kill();
        EXPECT_TRUE(page->check_name());
        process second = process::start("actor");
        ASSERT_EQ(second.ask(std::string("become ") + nobody), "done");
        EXPECT_EQ(second.ask("open h " + name), "opened 64") << "made by one, held by another, opened by a third";
    }
    process third = process::start("actor");
    ASSERT_EQ(third.ask(std::string("become ") + nobody), "done");
    EXPECT_EQ(third.ask("create_new h " + name + " 9"), "created 9") << "what root left, nobody clears";
}

TEST(region_linux_test, a_32_bit_program_shares_with_a_64_bit_one) {
#ifdef ACTOR32
    const std::string name = fresh_name("bits");
    process narrow = process::start("actor", {}, ACTOR32);
    ASSERT_EQ(narrow.ask("create h " + name + " 5000"), "created 5000");
    ASSERT_EQ(narrow.ask("write h from 32 bits"), "done");
    const auto wide = region::open(name);
    ASSERT_TRUE(wide) << wide.error().message();
    EXPECT_EQ(wide->read_text().value_or("?"), "from 32 bits");
    ASSERT_TRUE(wide->write_text("from 64 bits"));
    EXPECT_EQ(narrow.ask("read h"), "[from 64 bits]");
    EXPECT_EQ(narrow.ask("create_new n " + name + " 1"), "already_exists");
    EXPECT_EQ(narrow.ask("close h"), "done");
    EXPECT_EQ(narrow.ask("open h " + name + " ro"), "opened 5000") << "the 64-bit process holds it";
    process killed = process::start("actor", {}, ACTOR32);
    const std::string gone = fresh_name("gone");
    ASSERT_EQ(killed.ask("create h " + gone + " 64"), "created 64");
    EXPECT_TRUE(region::open(gone));
    killed.kill();
    EXPECT_EQ(code_of(region::open(gone)), errc::not_found);
#else
    GTEST_SKIP() << "no 32-bit program was built: the compiler has no -m32, or a sanitizer is on";
#endif
}

// Claim: a close takes only its own file along, also when somebody has moved that and another object has its name.
TEST(region_linux_test, a_moved_file_is_not_mistaken_for_the_new_one) {
    const std::string name = fresh_name("moved");
    auto old = region::create(name, 64);
    ASSERT_TRUE(old) << old.error().message();
    fs::rename(file_of(name), file_of(name) + ".moved");
    const auto fresh = region::create(name, 64);
    ASSERT_TRUE(fresh) << fresh.error().message();
    EXPECT_TRUE(fresh->created());
    EXPECT_EQ(code_of(old->check_name()), errc::lost_name);
    old->close();
    EXPECT_TRUE(fresh->check_name());
    EXPECT_TRUE(region::open(name));
    fs::remove(file_of(name) + ".moved");
}

// Claim: a file's holes are reserved before it is mapped to write.
TEST(region_linux_test, holes_of_a_file_are_filled) {
    const std::string path = file_of(fresh_name("holes")) + ".page";
    ASSERT_TRUE(region::create(fresh_name("makes-the-directory"), 1));
    std::ofstream(path).put('x');
    fs::resize_file(path, 1 << 16);
    const auto page = region::create(path, 0);
    ASSERT_TRUE(page) << page.error().message();
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_GE(found.st_blocks * 512, 1 << 16);
    EXPECT_EQ(page->data()[0], std::byte{0x78});
    fs::remove(path);
}

// Claim: a forked child that could not take its own hold says so, and may close the handle and fork on.
TEST(region_linux_test, a_child_without_a_hold_of_its_own_goes_on) {
    auto page = region::create(fresh_name("no-descriptor"), 64);
    ASSERT_TRUE(page) << page.error().message();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::setrlimit(RLIMIT_NOFILE, &before);
        if (code_of(page->check_name()) != errc::lost_name) ::_exit(1);
        page->close();
        const auto another = region::create(fresh_name("of-the-child"), 64);
        if (!another) ::_exit(2);
        const pid_t grandchild = ::fork();
        if (grandchild == 0) ::_exit(0);
        int status = 0;
        ::_exit(::waitpid(grandchild, &status, 0) == grandchild && status == 0 ? 0 : 3);
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(page->check_name());
}

// Claim: readers of a dead object never take each other for its holder.
TEST(region_linux_test, two_readers_of_a_leftover_both_miss_it) {
    process one = process::start("actor"), two = process::start("actor");
    for (int round = 0; round < 40; ++round) {
        const std::string name = fresh_name("leftover");
        process maker = process::start("actor");
        ASSERT_EQ(maker.ask("create h " + name + " 4096"), "created 4096");
        maker.kill();
        one.send("open h " + name + " ro");
        two.send("open h " + name + " ro");
        ASSERT_EQ(one.line(), "not_found");
        ASSERT_EQ(two.line(), "not_found");
    }
}

// Claim: of two processes that make a name at once, over a leftover, one makes it and both have the same.
TEST(region_linux_test, two_makers_over_a_leftover_meet) {
    process one = process::start("actor"), two = process::start("actor");
    for (int round = 0; round < 40; ++round) {
        const std::string name = fresh_name("makers");
        process maker = process::start("actor");
        ASSERT_EQ(maker.ask("create h " + name + " 4096"), "created 4096");
        ASSERT_EQ(maker.ask("write h old"), "done");
        maker.kill();
        one.send("create h " + name + " 4096");
        two.send("create h " + name + " 4096");
        const std::string a = one.line(), b = two.line();
        ASSERT_TRUE((a == "created 4096") != (b == "created 4096")) << a << ", " << b;
        ASSERT_EQ(one.ask("zeroed h"), "yes");
        ASSERT_EQ(one.ask("write h met"), "done");
        ASSERT_EQ(two.ask("read h"), "[met]");
        ASSERT_EQ(one.ask("close h"), "done");
        ASSERT_EQ(two.ask("check h"), "done");
        ASSERT_EQ(two.ask("close h"), "done");
    }
}

}  // namespace
