// Every system call of regions fails once, fails from there on, or is the last of a killed process.
// SPDX-License-Identifier: MIT
//
// Claims, for each call and each error: the library gives a result or an error; no descriptor and no mapping leaks; no
// name is left to anybody, and no file after a sweep; the same again without the fault succeeds with zeroed bytes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "faults.hpp"
#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;

using samepage::errc;
using samepage::region;

std::size_t open_descriptors() {
    const fs::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
}

// Mappings of files of this test run.
unsigned mappings() {
    const std::string own = fs::path(scratch::path()).parent_path();
    std::ifstream maps("/proc/self/maps");
    unsigned count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find(own) != std::string::npos ? 1U : 0U;
    return count;
}

// What a program does with regions, as far as it gets, with a name and a file of its own. True when all succeeded.
struct scenario {
    const char* word;
    bool (*run)(const std::string& name, const std::string& file);
};

// Nobody is ever in the way, except that a call that fails may look so.
const samepage::region_options soon{samepage::access::read_write, true, std::chrono::milliseconds(20)};
const samepage::region_options reading{samepage::access::read_only, true, std::chrono::milliseconds(20)};

bool is_zeroed(const region& page) {
    return std::all_of(page.bytes().begin(), page.bytes().end(), [](std::byte b) { return b == std::byte{0}; });
}

bool make_and_share(const std::string& name, const std::string&) {
    const auto made = region::create(name, 10000, soon);
    if (!made) return false;
    EXPECT_TRUE(made->created() && is_zeroed(*made));
    const bool written = made->write_text("shared").has_value();
    const auto reader = region::open(name, reading);
    const bool read = reader && reader->read_text().value_or("") == "shared";
    EXPECT_TRUE(!reader || read) << "opened, but not what was written";
    const auto window = made->map(5000, 100);
    return written && read && window && made->check_name();
}

bool make_anew(const std::string& name, const std::string&) {
    if (!region::create_new(name, 100, soon)) return false;
    const auto again = region::create_new(name, 100, soon);
    return again && is_zeroed(*again);
}

bool lead_to_a_file(const std::string& name, const std::string& file) {
    const auto made = region::create(name, 100, file, soon);
    const auto opened = region::open(name, soon);
    return made && opened;
}

bool keep_in_a_file(const std::string&, const std::string& file) {
    const auto made = region::create(file, 5000, soon);
    return made && made->write_text("kept") && made->flush();
}

bool have_no_name(const std::string&, const std::string&) {
    const auto made = region::anonymous(5000);
    return made && region::from_native(made->native(), 0);
}

bool list_all(const std::string& name, const std::string&) {
    const auto made = region::create(name, 10, soon);
    const auto all = samepage::list(samepage::scope::local);
    return made && all;
}

constexpr scenario scenarios[] = {
    {"make_and_share", make_and_share}, {"make_anew", make_anew},       {"lead_to_a_file", lead_to_a_file},
    {"keep_in_a_file", keep_in_a_file}, {"have_no_name", have_no_name}, {"list_all", list_all},
};

// Back to an empty place, however the scenario ended.
void clear() {
    const auto swept = samepage::list(samepage::scope::local);
    ASSERT_TRUE(swept) << swept.error().message();
    EXPECT_TRUE(swept->entries.empty()) << "still held: " << swept->entries.front().place.name;
    EXPECT_EQ(scratch::left_names(), std::vector<std::string>{});
    fs::remove(scratch::file("bytes"));
}

class region_fault_test : public testing::TestWithParam<scenario> {
   protected:
    static bool run(const std::string& name) { return GetParam().run(name, scratch::file("bytes")); }

    // How many calls it makes, warmed up, so that it makes the same ones each time.
    unsigned calls() {
        EXPECT_TRUE(run("warm"));
        clear();
        faults::arm(0);
        EXPECT_TRUE(run("counted"));
        const unsigned count = faults::disarm();
        clear();
        EXPECT_GT(count, 3U) << "the library's calls aren't wrapped";
        return count;
    }

    void expect_whole_after(faults::effect what, int code) {
        const unsigned count = calls();
        const std::size_t descriptors = open_descriptors();
        const unsigned mapped = mappings();
        for (unsigned number = 1; number <= count && !HasFailure(); ++number) {
            faults::arm(number, what, code);
            const bool succeeded = run("faulted");
            faults::disarm();
            SCOPED_TRACE(faults::struck() + (succeeded ? ", succeeded" : ", failed"));
            EXPECT_EQ(open_descriptors(), descriptors);
            EXPECT_EQ(mappings(), mapped);
            EXPECT_EQ(region::open("faulted").error().code(), errc::not_found);
            clear();
            EXPECT_TRUE(run("faulted")) << "the same without the fault";
            clear();
        }
    }
};

TEST_P(region_fault_test, every_call_fails_once) {
    for (const int code : {ENOSPC, EMFILE, ENOMEM, EINTR, EACCES, EIO}) {
        expect_whole_after(faults::effect::fail_once, code);
    }
}

TEST_P(region_fault_test, every_call_fails_from_there_on) {
    for (const int code : {ENOSPC, EMFILE, EACCES}) expect_whole_after(faults::effect::fail_from_here, code);
}

// Words: scenario, number, effect, file. Plays the scenario and is killed in it.
const runner::role killed_in("killed_in", [](const runner::arguments& words) {
    const auto& chosen = scenarios[std::stoul(words.at(0))];
    faults::arm(static_cast<unsigned>(std::stoul(words.at(1))),
                words.at(2) == "before" ? faults::effect::kill_before : faults::effect::kill_after);
    chosen.run("killed", words.at(3));
    faults::disarm();
    return 0;
});

TEST_P(region_fault_test, a_kill_at_every_call_leaves_no_name) {
    const unsigned count = calls();
    const auto index = std::find_if(std::begin(scenarios), std::end(scenarios),
                                    [](const scenario& s) { return s.run == GetParam().run; }) -
                       std::begin(scenarios);
    unsigned killed = 0;
    for (unsigned number = 1; number <= count && !HasFailure(); ++number) {
        for (const char* const when : {"before", "after"}) {
            auto role = runner::process::start(
                "killed_in", {std::to_string(index), std::to_string(number), when, scratch::file("bytes")});
            killed += role.wait() == runner::by_kill() ? 1U : 0U;
            SCOPED_TRACE("killed " + std::string(when) + " call " + std::to_string(number));
            EXPECT_EQ(region::open("killed").error().code(), errc::not_found);
            EXPECT_TRUE(run("killed")) << "the same afterwards";
            clear();
        }
    }
    EXPECT_GE(killed, count) << "most of them should have been killed";
}

std::string name_of_scenario(const testing::TestParamInfo<scenario>& param) { return param.param.word; }

INSTANTIATE_TEST_SUITE_P(calls, region_fault_test, testing::ValuesIn(scenarios), name_of_scenario);

}  // namespace
