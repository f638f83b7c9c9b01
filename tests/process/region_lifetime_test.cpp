// Lifetime of names between processes: whatever ends the last holder, the name is free at once, and not before.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "runner.hpp"
#include "samepage/region.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::region;

constexpr samepage::region_options reading{samepage::access::read_only};

errc open_code(const std::string& name) {
    const auto page = region::open(name, reading);
    return page ? errc{} : page.error().code();
}

void expect_free(const std::string& name) {
    EXPECT_EQ(open_code(name), errc::not_found);
    const auto page = region::create_new(name, 4096);
    ASSERT_TRUE(page) << page.error().message();
    for (const std::byte b : page->bytes()) ASSERT_EQ(b, std::byte{0});
}

// How a process may end that holds something, in the words of the actor; "" is kill -9.
class region_lifetime_test : public testing::TestWithParam<const char*> {
   protected:
    static void end(process& holder) {
        const std::string how = GetParam();
        if (how.empty()) return holder.kill();
        if (how.rfind("close", 0) == 0) {
            EXPECT_EQ(holder.ask(how), "done");
            return;  // and lives on
        }
        holder.send(how);
        holder.wait();
    }
};

TEST_P(region_lifetime_test, frees_the_name_of_its_maker) {
    const std::string name = fresh_name("maker");
    process holder = process::start("actor");
    ASSERT_EQ(holder.ask("create h " + name + " 4096"), "created 4096");
    ASSERT_EQ(holder.ask("write h something"), "done");
    EXPECT_EQ(open_code(name), errc{});
    end(holder);
    expect_free(name);
}

TEST_P(region_lifetime_test, frees_the_name_of_the_last_reader) {
    const std::string name = fresh_name("reader");
    process holder = process::start("actor");
    {
        const auto page = region::create(name, 4096);
        ASSERT_TRUE(page && page->write_text("read by others"));
        ASSERT_EQ(holder.ask("open h " + name + " ro"), "opened 4096");
    }
    EXPECT_EQ(open_code(name), errc{}) << "a reader is a holder";
    EXPECT_EQ(holder.ask("read h"), "[read by others]");
    end(holder);
    expect_free(name);
}

TEST_P(region_lifetime_test, leaves_the_name_to_a_second_holder) {
    const std::string name = fresh_name("second");
    process first = process::start("actor"), second = process::start("actor");
    ASSERT_EQ(first.ask("create h " + name + " 4096"), "created 4096");
    ASSERT_EQ(first.ask("write h inherited"), "done");
    ASSERT_EQ(second.ask("open h " + name + " ro"), "opened 4096");
    end(first);
    const auto page = region::open(name);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_EQ(page->read_text().value_or("?"), "inherited");
    EXPECT_FALSE(region::create_new(name, 4096));
    EXPECT_EQ(second.ask("check h"), "done");
}

TEST_P(region_lifetime_test, frees_a_name_that_leads_to_a_file) {
    const std::string name = fresh_name("leads");
    process holder = process::start("actor");
    const std::string file = name + ".page";
    ASSERT_EQ(holder.ask("back h " + name + " 4096 ./" + file), "created 4096");
    ASSERT_EQ(holder.ask("write h kept in the file"), "done");
    EXPECT_EQ(open_code(name), errc{});
    end(holder);
    expect_free(name);
    const auto page = region::open("./" + file);
    EXPECT_TRUE(page && page->read_text().value_or("?") == "kept in the file");
    std::remove(file.c_str());
}

std::string name_of_end(const testing::TestParamInfo<const char*>& param) {
    std::string text = *param.param == '\0' ? "kill" : param.param;
    std::replace(text.begin(), text.end(), ' ', '_');
    return text;
}

INSTANTIATE_TEST_SUITE_P(end, region_lifetime_test,
                         testing::Values("close h", "exit 0", "exit 3", "quick_exit 0", "abort", ""), name_of_end);

TEST(region_process_test, two_programs_share_the_bytes) {
    const std::string name = fresh_name("share");
    const auto page = region::create(name, 4096);
    ASSERT_TRUE(page);
    process other = process::start("actor");
    ASSERT_EQ(other.ask("open h " + name), "opened 4096");
    ASSERT_EQ(other.ask("write h Hello world, I'm writing to a shared page file."), "done");
    EXPECT_EQ(page->read_text(254).value_or("?"), "Hello world, I'm writing to a shared page file.");
    ASSERT_TRUE(page->write_text("and back"));
    EXPECT_EQ(other.ask("read h"), "[and back]");
    EXPECT_EQ(other.ask("create k " + name + " 9"), "opened 4096");
    EXPECT_EQ(other.ask("create_new n " + name + " 9"), "already_exists");
}

TEST(region_process_test, a_mapping_kept_after_close_keeps_the_bytes_not_the_name) {
    const std::string name = fresh_name("kept");
    process other = process::start("actor");
    ASSERT_EQ(other.ask("create h " + name + " 8192"), "created 8192");
    ASSERT_EQ(other.ask("write h still there"), "done");
    ASSERT_EQ(other.ask("view v h 0 100"), "done");
    ASSERT_EQ(other.ask("close h"), "done");
    expect_free(name);
    EXPECT_EQ(other.ask("see v"), "[still there]");
}

TEST(region_process_test, a_store_through_a_read_only_mapping_kills_the_storer_only) {
    const std::string name = fresh_name("store");
    const auto page = region::create(name, 4096);
    ASSERT_TRUE(page && page->write_text("unharmed"));
    process reader = process::start("actor");
    ASSERT_EQ(reader.ask("open h " + name + " ro"), "opened 4096");
    reader.send("store h");
    EXPECT_EQ(reader.rest(), "");
    EXPECT_NE(reader.wait(), (runner::ending{false, 0}));
    EXPECT_EQ(page->read_text().value_or("?"), "unharmed");
}

}  // namespace
