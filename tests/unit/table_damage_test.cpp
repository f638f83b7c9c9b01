// Tables whose bytes another process has damaged: refused by name, never believed.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "runner.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::table_bytes;
namespace tables = samepage::tables;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

// What another process may have written, written here through a plain file. One record, alone in its bucket.
class damaged_table_test : public testing::Test {
   protected:
    damaged_table_test() : path_(scratch::file(fresh_name("damaged"))) {
        auto t = table_bytes::create(path_);
        if (!t || !t->put_text(key_, "value")) return;
        table_ = std::move(*t);
        const table_inside::view inside(path_);
        bucket_ = tables::bucket_of(table_inside::hash_of(key_, inside.seed()), tables::buckets_min);
        slot_ = tables::read(inside.body().first[bucket_].slots[0]);
        end_ = tables::read(inside.body().end);
    }

    void write(std::uint64_t offset, std::uint64_t value) {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(reinterpret_cast<const char*>(&value), sizeof value);
        ASSERT_TRUE(file.good());
    }
    static constexpr std::uint64_t in_body(std::uint64_t field) { return tables::table_offset + field; }
    std::uint64_t slot_at() const { return in_body(offsetof(tables::body, first)) + bucket_ * sizeof(tables::group); }
    std::uint64_t tag() const { return slot_ >> tables::tag_shift << tables::tag_shift; }
    void expect_corrupt() {
        EXPECT_EQ(code_of(table_.get_text(key_)), errc::corrupt);
        std::array<std::byte, 100> into;
        EXPECT_EQ(code_of(table_.get(std::as_bytes(std::span(key_)), into)), errc::corrupt);
        EXPECT_EQ(code_of(table_.for_each([](const table_bytes::record&) { return true; })), errc::corrupt);
        EXPECT_EQ(code_of(table_.put_text(key_, "x")), errc::corrupt);
        EXPECT_NE(table_inside::wrong_with(path_), "");
    }

    const std::string path_, key_ = "key";
    table_bytes table_;
    std::uint64_t bucket_ = 0, slot_ = 0, end_ = 0;
};

TEST_F(damaged_table_test, whole_as_it_is) {
    EXPECT_EQ(table_.get_text(key_)->text, "value");
    EXPECT_EQ(table_inside::wrong_with(path_), "");
}

// A copy touches some bytes behind its end: those of a record at the very end would be outside.
TEST_F(damaged_table_test, a_record_at_the_very_end) {
    for (const std::uint64_t from_end : {40U, 32U, 24U, 8U}) {
        const std::uint64_t at = end_ - from_end;
        write(slot_at(), tag() | at / 8);
        write(at, 1);
        if (from_end > 16) write(at + 8, tables::lengths_of(3, from_end > 32 ? 8 : 0));
        if (from_end > 24) write(at + 24, 0x79656b);  // "key"
        expect_corrupt();
    }
}

TEST_F(damaged_table_test, a_record_outside) {
    for (const std::uint64_t at : {end_, end_ + (1 << 20), std::uint64_t{1} << 40, (std::uint64_t{1} << 46) - 8}) {
        write(slot_at(), tag() | at / 8);
        expect_corrupt();
    }
}

TEST_F(damaged_table_test, lengths_that_lead_outside) {
    const std::uint64_t at = tables::slot_offset(slot_) + offsetof(tables::record, lengths);
    for (const std::uint64_t value_bytes : {end_, std::uint64_t{1} << 30, (std::uint64_t{1} << 32) - 1}) {
        write(at, tables::lengths_of(3, value_bytes));
        expect_corrupt();
    }
}

TEST_F(damaged_table_test, a_chain_of_groups_that_has_no_end) {
    write(slot_at(), 0);
    write(slot_at() + offsetof(tables::group, next), slot_at());
    EXPECT_EQ(code_of(table_.get_text(key_)), errc::corrupt);
    EXPECT_EQ(code_of(table_.put_text(key_, "x")), errc::corrupt);
    EXPECT_NE(table_inside::wrong_with(path_), "");
}

TEST_F(damaged_table_test, numbers_of_buckets_that_cannot_be) {
    for (const std::uint64_t buckets : {std::uint64_t{0}, std::uint64_t{63}, ~std::uint64_t{0}}) {
        write(in_body(offsetof(tables::body, buckets)), buckets);
        expect_corrupt();
    }
}

TEST_F(damaged_table_test, pieces_of_buckets_that_cannot_be) {
    for (unsigned i = 0; table_.info()->buckets < 2 * tables::first_groups; ++i)
        ASSERT_TRUE(table_.put_text("more " + std::to_string(i), "value"));
    const std::uint64_t pieces_at = in_body(offsetof(tables::body, pieces));
    std::string key;
    {
        const table_inside::view inside(path_);
        for (unsigned i = 0; key.empty(); ++i) {
            const std::string one = "more " + std::to_string(i);
            const std::uint64_t hash = table_inside::hash_of(one, inside.seed());
            if (tables::bucket_of(hash, tables::read(inside.body().buckets)) >= tables::first_groups) key = one;
        }
    }
    const std::uint64_t behind = std::filesystem::file_size(path_);
    std::array<std::byte, 5> into;
    ASSERT_TRUE(table_.get(std::as_bytes(std::span(key)), into));
    for (const std::uint64_t at :
         {std::uint64_t{0}, std::uint64_t{8}, behind - 64, behind, std::uint64_t{1} << 40, ~std::uint64_t{0} - 63}) {
        for (unsigned piece = 0; piece < 4; ++piece) write(pieces_at + 8 * piece, at);
        EXPECT_EQ(code_of(table_.get(std::as_bytes(std::span(key)), into)), errc::corrupt) << at;
        EXPECT_EQ(code_of(table_.put_text(key, "value")), errc::corrupt) << at;
    }
}

// With a header that is whole, and says of its length what is so.
TEST_F(damaged_table_test, shorter_than_it_is_from_the_start) {
    table_.close();
    samepage::shared::header_spec spec;
    spec.kind = samepage::kind::table;
    spec.format_version = tables::format_version;
    spec.fingerprint = tables::fingerprint;
    for (const std::uint64_t size : {tables::initial_bytes - 1, tables::arena_offset, tables::table_offset + 4096}) {
        std::array<std::byte, sizeof(samepage::shared::object_header)> header{};
        spec.object_bytes = size;
        samepage::shared::write_header(header, spec);
        std::filesystem::resize_file(path_, size);
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.write(reinterpret_cast<const char*>(header.data()), header.size());
        ASSERT_TRUE(file.flush());
        EXPECT_EQ(code_of(table_bytes::open(path_)), errc::corrupt) << size;
        EXPECT_EQ(code_of(tables::verify(path_, samepage::no_wait)), errc::corrupt) << size;
    }
}

// Pages that aren't there would be handed out.
TEST_F(damaged_table_test, an_end_behind_the_end) {
    write(in_body(offsetof(tables::body, end)), std::uint64_t{1} << 40);
    write(in_body(offsetof(tables::body, rover)), tables::arena_offset);
    write(tables::arena_offset, tables::run_head(std::uint64_t{1} << 24, tables::free_run));
    EXPECT_EQ(code_of(table_.put_text("large", std::string(100000, 'x'))), errc::corrupt);
    // A run that ends before it, and no free one: the object would have to grow by what the end says.
    write(tables::arena_offset, tables::run_head(std::uint64_t{1} << 24, tables::slab_run));
    EXPECT_EQ(code_of(table_.put_text("large", std::string(100000, 'x'))), errc::corrupt);
    EXPECT_NE(table_inside::wrong_with(path_), "");
    EXPECT_EQ(table_.get_text(key_)->text, "value") << "what is whole can be read";
}

TEST_F(damaged_table_test, steps_that_cannot_be) {
    const table_inside::view inside(path_);
    const std::uint64_t stripe = in_body(offsetof(tables::body, stripes)) + bucket_ % 32 * sizeof(tables::stripe);
    const auto doing = [&](std::uint64_t step) { write(stripe + offsetof(tables::stripe, doing), step); };
    const auto field = [&](std::uint64_t offset, std::uint64_t value) { write(stripe + offset, value); };
    field(offsetof(tables::stripe, at), ~std::uint64_t{7});
    field(offsetof(tables::stripe, cell), ~std::uint64_t{7});
    field(offsetof(tables::stripe, cell_class), 99);
    field(offsetof(tables::stripe, count), ~std::uint64_t{0});
    for (const std::uint64_t step : {1U, 2U, 3U, 4U, 5U, 99U}) {
        doing(step);
        EXPECT_EQ(code_of(table_.put_text(key_, "x")), errc::corrupt) << "step " << step;
        EXPECT_NE(table_inside::wrong_with(path_), "") << "step " << step;
        EXPECT_EQ(table_.get_text(key_)->text, "value");
    }
    doing(tables::no_step);
    EXPECT_TRUE(table_.put_text(key_, "x"));
    EXPECT_EQ(table_inside::wrong_with(path_), "");
}

// Each kind of thing that verify looks for, once.
TEST_F(damaged_table_test, verify_says_what_is_wrong) {
    const table_inside::view inside(path_);
    const std::uint64_t offset = tables::slot_offset(slot_);
    const std::uint64_t stripe = in_body(offsetof(tables::body, stripes)) + bucket_ % 32 * sizeof(tables::stripe);
    const unsigned cell_class = tables::class_of(tables::record_bytes(tables::lengths_of(3, 5)));
    const std::uint64_t list = in_body(offsetof(tables::body, lists)) +
                               (bucket_ % 32 * tables::classes_count + cell_class) * sizeof(tables::cell_list);
    const std::uint64_t free_cell = tables::read(inside.bytes().at<tables::word>(list));
    const std::uint64_t slab = tables::read(inside.body().slabs[cell_class]);
    const struct {
        std::uint64_t at, value;
        const char* complaint;
    } damages[] = {
        {slot_at() + 8, slot_, "something else has too"},
        {slot_at() + 8, tag() | (offset + 8) / 8, "in bucket"},
        {slot_at(), slot_ ^ std::uint64_t{1} << 63, "another hash"},
        {slot_at(), 0, "are lost"},
        {slot_at(), slot_ | tables::slot_expires, "doesn't expire, as its slot says"},
        {offset + 8, tables::lengths_of(3, 5) | tables::expires_flag, "its slot or the table doesn't say so"},
        {offset + 8, tables::lengths_of(3, 5) | tables::expires_flag << 1, "such lengths"},
        {slot_at() ^ 64, slot_, "belongs to bucket"},
        {offset, 0, "not given"},
        {offset, 1000000, "not given"},
        {offset + 16, 0, "another hash"},
        {offset + 32, 77, "check sum"},
        {offset + 24, 0x7779656b, "behind it"},
        {stripe + offsetof(tables::stripe, records), 2, "counts 2 records"},
        {list, 0, "are lost"},
        {list, free_cell + 8, "nothing of class"},
        {list + 8, offset, "ends at"},
        {free_cell, 5, "isn't empty"},
        {slab, tables::run_head(1, tables::free_run), "no run"},
        {slab + 8, 99, "slab"},
        {slab + 16, slab, "slab"},
        {in_body(offsetof(tables::body, slabs)) + 8 * cell_class, 0, "that nobody can get"},
        {in_body(offsetof(tables::body, slabs)), slab, "no slab of it"},
        {in_body(offsetof(tables::body, rover)), offset, "rover"},
        {in_body(offsetof(tables::body, fresh)), offset, "fresh"},
        {in_body(offsetof(tables::body, pending)), offset, "pending"},
        {in_body(offsetof(tables::body, freeing)), offset, "freeing"},
        {in_body(offsetof(tables::body, pieces)), offset, "no groups"},
        {in_body(offsetof(tables::body, buckets)), 300, "is missing"},
        {in_body(offsetof(tables::body, end)), 5, "its runs are to end"},
    };
    for (const auto& d : damages) {
        const std::uint64_t before = tables::read(inside.bytes().at<tables::word>(d.at));
        write(d.at, d.value);
        EXPECT_NE(table_inside::wrong_with(path_).find(d.complaint), std::string::npos)
            << d.complaint << ": " << table_inside::wrong_with(path_);
        write(d.at, before);
        ASSERT_EQ(table_inside::wrong_with(path_), "");
    }
}

}  // namespace
