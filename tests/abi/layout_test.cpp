// Every offset and number of the formats, pinned: docs/format.md says the same. A change here is a new format version.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "cell/layout.hpp"
#include "channel/layout.hpp"
#include "lock/layout.hpp"
#include "ndarray/layout.hpp"
#include "queue/layout.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/ndarray.hpp"
#include "samepage/queue.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "shared/owner_word.hpp"
#include "shared/participants.hpp"
#include "shared/wait_word.hpp"
#include "table_inside.hpp"

namespace {

using namespace samepage;
using shared::object_header;
using shared::owner_word;
using shared::participants_area;

static_assert(offsetof(object_header, magic) == 0);
static_assert(offsetof(object_header, kind) == 8);
static_assert(offsetof(object_header, format_version) == 12);
static_assert(offsetof(object_header, byte_order) == 16);
static_assert(offsetof(object_header, header_bytes) == 20);
static_assert(offsetof(object_header, fingerprint) == 24);
static_assert(offsetof(object_header, object_bytes) == 32);
static_assert(offsetof(object_header, created_unix_ns) == 40);
static_assert(offsetof(object_header, wait_offset) == 48);
static_assert(offsetof(object_header, participants_at) == 52);
static_assert(offsetof(object_header, slots) == 56);
static_assert(offsetof(object_header, body_at) == 60);
static_assert(offsetof(object_header, parameters) == 64);
static_assert(offsetof(object_header, reserved) == 96);
static_assert(offsetof(object_header, check) == 120);
static_assert(sizeof(object_header) == 128);

static_assert(shared::wait_page_offset == 4096 && shared::participants_offset == 8192 && shared::body_offset == 12352);
static_assert(shared::slots_count == 1024);
static_assert(offsetof(participants_area, claims) == 0 && offsetof(participants_area, sole) == 8);
static_assert(offsetof(participants_area, generation) == 64);
static_assert(shared::slot_bits == 0xffff && shared::generation_bits == 0xffffffff00000000U);
static_assert(owner_word::contended == 0x10000 && owner_word::starving == 0x20000 && owner_word::died == 0x40000);
static_assert(shared::sleepers_mask == 0x3fff && shared::one_wake == 0x4000);

static_assert(cells::waiters_offset == 4096 && cells::owner_offset == 12352 && cells::current_offset == 12480);
static_assert(cells::bell_offset == 4100 && cells::buffers_offset == 12608 && cells::value_offset == 8);
static_assert(cells::waiters_point == 0 && cells::owner_point == 1 && locks::owner_point == 0);
static_assert(cells::shape::of(4096, false).object_bytes() == 12608 + 8 * 4160);
static_assert(cells::shape::of(1, true).object_bytes() == 12608 + 8 * 64);
static_assert(cells::shape::of(1 << 20, false).object_bytes() == 12608 + 4 * ((1 << 20) + 64));
static_assert(cells::format_version == 1 && cells::fingerprint == 0xad2de8862180f8f7U);
static_assert(locks::owner_offset == 12352 && locks::object_bytes == 12416);
static_assert(locks::format_version == 1 && locks::fingerprint == 0x7a39255dfd946c69U);

static_assert(queues::takers_offset == 4096 && queues::bell_offset == 4100 && queues::pushers_offset == 4160);
static_assert(queues::callers_offset == 4224 && queues::callers_words == 16 && queues::wait_word_stride == 64);
static_assert(queues::takers_point == 0 && queues::pushers_point == 1 && queues::owner_point == 2);
static_assert(queues::callers_point == 3);
static_assert(queues::words_offset == 12352 && queues::ring_offset == 12672 && queues::ring_offset % 128 == 0);
static_assert(offsetof(queues::ring_words, owner) == 0 && offsetof(queues::ring_words, tail) == 8);
static_assert(offsetof(queues::ring_words, last_id) == 16 && offsetof(queues::ring_words, head) == 64);
static_assert(offsetof(queues::ring_words, rewinds) == 192);
static_assert(offsetof(queues::cell, state) == 0 && offsetof(queues::cell, position) == 8);
static_assert(offsetof(queues::cell, id) == 16 && offsetof(queues::cell, caller) == 24);
static_assert(offsetof(queues::cell, job_bytes) == 32 && offsetof(queues::cell, room_bytes) == 36);
static_assert(offsetof(queues::cell, reply_bytes) == 40 && offsetof(queues::cell, check) == 44);
static_assert(offsetof(queues::cell, bytes) == 48 && sizeof(queues::cell) == 128 && queues::more_offset == 16);
static_assert(queues::ready == 0x10000 && queues::taken == 0x20000 && queues::replied == 0x30000);
static_assert(queues::done == 0x40000 && queues::deliveries_shift == 19 && queues::deliveries_max == 8191);
static_assert(queues::in_state(0x123456789abcdef0) == 0x56789abc0000def0);
static_assert(queues::record_cells(80, 0) == 1 && queues::record_cells(64, 1) == 1 && queues::record_cells(81, 0) == 2);
static_assert(queues::record_cells(192, 0) == 2 && queues::record_cells(177, 16) == 3);
static_assert(queues::shape::of(1000, false).object_bytes() == 12672 + 1024);
static_assert(queues::failed_reply == 0x80000000U && queues::bytes_behind_job(8, 8) == 64);
static_assert(queues::bytes_behind_job(80, 0) == 0 && queues::bytes_behind_job(1, 100) == 176);
static_assert(queues::format_version == 3 && queues::fingerprint == 0xc1501248f4cfe27aU);

static_assert(channels::waiters_offset == 4096 && channels::bell_offset == 4100 && channels::room_offset == 4160);
static_assert(channels::waiters_point == 0 && channels::owner_point == 1 && channels::room_point == 2);
static_assert(channels::owner_offset == 12352 && offsetof(channels::body, tail) == 8);
static_assert(offsetof(channels::body, next) == 16 && channels::no_position == ~std::uint64_t{0});
static_assert(offsetof(channels::body, oldest) == 128 && offsetof(channels::body, marks) == 256);
static_assert(channels::segments_count == 8 && channels::subscribers_max == 64 && channels::loans_max == 64);
static_assert(offsetof(channels::body, subscribers) == 384 && sizeof(channels::subscriber_slot) == 64);
static_assert(offsetof(channels::subscriber_slot, identity) == 0 && offsetof(channels::subscriber_slot, position) == 8);
static_assert(offsetof(channels::body, blocks) == 4480 && sizeof(channels::block_slot) == 16);
static_assert(offsetof(channels::block_slot, borrower) == 0 && offsetof(channels::block_slot, position) == 8);
static_assert(channels::ring_offset == 17920 && sizeof(channels::record_head) == 16);
static_assert(offsetof(channels::record_head, meta) == 0 && offsetof(channels::record_head, sequence) == 8);
static_assert(channels::message_record == 1 && channels::padding_record == 2 && channels::loaned_record == 3);
static_assert(channels::shape::of(1, 0).ring_bytes == 4096 && channels::shape::of(960, 0).ring_bytes == 4096);
static_assert(channels::shape::of(961, 0).ring_bytes == 8192);
static_assert(channels::shape::of(100, 3).object_bytes() == 17920 + 4096 + 3 * 128);
static_assert(channels::shape::of(256 << 10, 4).object_bytes() == 17920 + (2 << 20) + 4 * (256 << 10));
static_assert(channels::format_version == 1 && channels::fingerprint == 0x215d5c3d601a79f7U);

static_assert(offsetof(tables::body, buckets) == 0 && offsetof(tables::body, end) == 8);
static_assert(offsetof(tables::body, layout) == 16 && offsetof(tables::body, whole) == 24);
static_assert(offsetof(tables::body, granted) == 32 && offsetof(tables::body, expiring) == 48);
static_assert(offsetof(tables::body, growth) == 128);
static_assert(offsetof(tables::body, space) == 136 && offsetof(tables::body, rover) == 144);
static_assert(offsetof(tables::body, fresh) == 152 && offsetof(tables::body, pending) == 160);
static_assert(offsetof(tables::body, numbers) == 168 && offsetof(tables::body, freeing) == 176);
static_assert(offsetof(tables::body, space_turns) == 184 && offsetof(tables::body, deaths) == 192);
static_assert(offsetof(tables::body, slabs) == 256 && offsetof(tables::body, stripes) == 640);
static_assert(offsetof(tables::body, lists) == 4736 && offsetof(tables::body, pieces) == 28288);
static_assert(offsetof(tables::body, first) == 40576 && tables::table_offset == 12416);
static_assert(tables::arena_offset == 69632 && tables::initial_bytes == 102400);
static_assert(offsetof(tables::stripe, owner) == 0 && offsetof(tables::stripe, records) == 8);
static_assert(offsetof(tables::stripe, next_number) == 16 && offsetof(tables::stripe, number_end) == 24);
static_assert(offsetof(tables::stripe, doing) == 32 && offsetof(tables::stripe, cell) == 40);
static_assert(offsetof(tables::stripe, cell_class) == 48 && offsetof(tables::stripe, count) == 56);
static_assert(offsetof(tables::stripe, at) == 64 && offsetof(tables::stripe, before) == 72);
static_assert(offsetof(tables::stripe, after) == 80 && offsetof(tables::stripe, before_class) == 88);
static_assert(offsetof(tables::stripe, records_after) == 96 && offsetof(tables::stripe, changes_after) == 104);
static_assert(offsetof(tables::stripe, changes) == 112 && offsetof(tables::stripe, locks) == 120);
static_assert(sizeof(tables::stripe) == 128 && tables::unlinking == 5 && tables::collecting == 6);
static_assert(offsetof(tables::body, slabs_freed) == 200 && offsetof(tables::run, holes) == 24);
static_assert(tables::leaving_run == 6 && tables::one_move == std::uint64_t{1} << 48);
static_assert(tables::collected == ~std::uint64_t{0});
static_assert(offsetof(tables::lock_node, number) == 0 && offsetof(tables::lock_node, next) == 8);
static_assert(offsetof(tables::lock_node, owner) == 16 && offsetof(tables::lock_node, hash) == 24);
static_assert(tables::refilling == 1 && tables::taking == 2 && tables::publishing == 3 && tables::splitting == 4);
static_assert(offsetof(tables::record, number) == 0 && offsetof(tables::record, lengths) == 8);
static_assert(offsetof(tables::record, check) == 16 && sizeof(tables::record) == 24);
static_assert(offsetof(tables::group, next) == 56 && sizeof(tables::group) == 64 && tables::tag_shift == 44);
static_assert(offsetof(tables::run, detail) == 8 && offsetof(tables::run, next) == 16 && sizeof(tables::run) == 64);
static_assert(tables::run_head(5, tables::groups_run) == 0x504 && tables::large_run == 3 && tables::slab_run == 2);
static_assert(tables::lengths_of(3, 5) == (std::uint64_t{2} << 32 | 5) &&
              tables::record_bytes(std::uint64_t{2} << 32 | 5) == 40);
static_assert(tables::record_bytes(std::uint64_t{1} << 48 | std::uint64_t{2} << 32 | 5) == 48);
static_assert(tables::expires_flag == std::uint64_t{1} << 48 && tables::slot_expires == std::uint64_t{1} << 43);
static_assert(tables::slot_offset(tables::slot_word(0, 4096, true)) == 4096);
static_assert(tables::stripes_count == 32 && tables::stripe_of(33) == 1 && tables::bucket_of(0xff, 65) == 63);
static_assert(tables::bucket_of(0x40, 65) == 64 && tables::piece_of(256).index == 0);
static_assert(tables::piece_of(1000).index == 64 + 1 && tables::piece_of(1000).within == 1000 - 768);
static_assert(tables::class_of(24) == 0 && tables::class_of(129) == 13 && tables::class_of(16384) == 44);
static_assert(tables::large_class == 46 && tables::group_class == 45);
static_assert(tables::key_waits_offset == 4096 && tables::any_wait_offset == 5120 && tables::growth_point == 32);
static_assert(tables::space_point == 33 && tables::any_wait_point == 34 && tables::key_waits_point == 35);
static_assert(offsetof(tables::body, mark) == 208);
static_assert(offsetof(tables::body, returned_ns) == 216 && offsetof(tables::body, returned_to_ns) == 224);
static_assert(offsetof(tables::body, checkpoint) == 232 && offsetof(tables::body, checkpoint_ns) == 240);
static_assert(offsetof(tables::body, image_check) == 248 && tables::clean == 1 && tables::returning == 2);
static_assert(tables::gate_slot == 1024);
static_assert(offsetof(tables::body, history) == 40 && tables::history_run == 5 && tables::bell_offset == 5124);
static_assert(offsetof(tables::history_head, oldest) == 0 && offsetof(tables::history_head, tail) == 8);
static_assert(offsetof(tables::history_head, tail_after) == 16 && sizeof(tables::history_head) == 64);
static_assert(tables::entry_bytes(1) == 32 && tables::put_entry == 1 && tables::erase_entry == 2);
static_assert(tables::ring_bytes_min == 1024 && tables::history_bytes(1024) == 32 * (64 + 1024));
static_assert(tables::whole_point == 51 && tables::checkpoint_point == 52);
static_assert(tables::format_version == 1 && tables::fingerprint == 0x979671b24f510f62U);

static_assert(static_cast<std::uint32_t>(kind::channel) == 3 && static_cast<std::uint32_t>(kind::table) == 5);
static_assert(static_cast<std::uint32_t>(kind::cell) == 1 && static_cast<std::uint32_t>(kind::lock) == 2);
static_assert(static_cast<std::uint32_t>(kind::queue) == 4);

using ndarrays::head;
static_assert(offsetof(head, mark) == 0 && offsetof(head, version) == 8 && offsetof(head, data_offset) == 12);
static_assert(offsetof(head, dtype) == 16 && offsetof(head, element_bytes) == 24 && offsetof(head, dimensions) == 28);
static_assert(offsetof(head, data_bytes) == 32 && offsetof(head, sequence) == 48 && offsetof(head, shape) == 64);
static_assert(offsetof(head, strides) == 320 && sizeof(head) == 576 && ndarrays::object_bytes(576, 5) == 592);

// A copy of a file that an earlier version made; copies may be written.
std::string copy_of(const std::string& golden) {
    const std::string path = scratch::file(runner::fresh_name(golden));
    std::filesystem::copy_file(std::filesystem::path(GOLDEN_DIR) / golden, path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
}

TEST(layout_test, an_array_of_format_version_1_is_read_and_written) {
    const auto a = ndarray::open(copy_of("ndarray-1.page"));
    ASSERT_TRUE(a) << a.error().message();
    EXPECT_EQ(a->dtype(), "<i4");
    ASSERT_EQ(a->shape().size(), 2U);
    EXPECT_TRUE(a->shape()[0] == 2 && a->shape()[1] == 3);
    std::array<std::int32_t, 6> seen{};
    EXPECT_EQ(a->copy(std::as_writable_bytes(std::span(seen))).value(), 1U);
    EXPECT_EQ(seen, (std::array<std::int32_t, 6>{1, -2, 3, -4, 5, -6}));
    auto writing = a->write().value();
    a->values<std::int32_t>().value()[5] = 7;
    EXPECT_EQ(writing.finish().value(), 2U);
}

TEST(layout_test, a_cell_of_format_version_1_is_read_and_written) {
    const auto c = cell_bytes::open(copy_of("cell-1.page"));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->capacity_bytes(), 64U);
    const auto seen = c->load_text();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->version, 3U);
    EXPECT_EQ(seen->text, "the third value");
    EXPECT_EQ(c->store_text("the fourth").value(), 4U);
    EXPECT_EQ(c->load_text()->text, "the fourth");
}

TEST(layout_test, a_lock_of_format_version_1_is_taken) {
    const auto l = lock::open(copy_of("lock-1.page"));
    ASSERT_TRUE(l) << l.error().message();
    const auto held = l->try_acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_FALSE(held->owner_died());
}

// Its maker was killed with the second job, which goes round the ring's end.
TEST(layout_test, a_queue_of_format_version_3_keeps_its_jobs) {
    const auto q = queue_bytes::open(copy_of("queue-3.page"));
    ASSERT_TRUE(q) << q.error().message();
    EXPECT_EQ(q->capacity_bytes(), 512U);
    EXPECT_EQ(q->push_text("the fourth").value(), 4U);
    auto second = q->take(no_wait);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->id(), 2U);
    EXPECT_EQ(second->deliveries(), 2U) << "its worker is dead";
    EXPECT_EQ(second->text(), "the second job, " + std::string(100, '2'));
    EXPECT_TRUE(second->acknowledge());
    EXPECT_EQ(q->take(no_wait)->text(), "the third");
}

// Its last writer was killed when it had replaced a record, and had not freed the old one.
TEST(layout_test, a_table_of_format_version_1_is_read_and_written) {
    const std::string path = copy_of("table-1.page");
    EXPECT_EQ(table_inside::wrong_with(path), "");
    const auto t = table_bytes::open(path);
    ASSERT_TRUE(t) << t.error().message();
    EXPECT_EQ(t->info()->buckets, 64U);
    EXPECT_EQ(t->size(), 13U);
    EXPECT_EQ(t->get_text("key7")->text, "the 7th value");
    EXPECT_EQ(t->get_text("key7")->version, 5122U);
    EXPECT_EQ(t->get_text("short")->text, "x");
    EXPECT_EQ(t->get_text("replaced")->text, "after");
    EXPECT_FALSE(*t->contains("key3")) << "it was erased";
    const auto replaced = t->put_text("replaced", "later");
    ASSERT_TRUE(replaced) << replaced.error().message();
    EXPECT_GT(*replaced, 6147U) << "versions of a key go up";
    for (unsigned i = 0; i < 500; ++i) ASSERT_TRUE(t->put_text("new " + std::to_string(i), std::string(i, 'n')));
    EXPECT_EQ(t->size(), 513U);
    EXPECT_EQ(t->get_text("key11")->text, "the 11th value");
    EXPECT_EQ(table_inside::wrong_with(path), "");
}

TEST(layout_test, an_earlier_queue_is_refused_by_name) {
    const auto q = queue_bytes::open(copy_of("queue-2.page"));
    ASSERT_FALSE(q);
    EXPECT_EQ(q.error().code(), errc::wrong_version) << q.error().message();
    EXPECT_NE(q.error().message().find("version"), std::string::npos) << q.error().message();
}

// Its maker was killed with a registered subscriber and a loan.
TEST(layout_test, a_channel_of_format_version_1_is_read_and_sent_in) {
    const auto c = channel_bytes::open(copy_of("channel-1.page"));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->capacity_bytes(), 64U);
    const auto info = c->info();
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->loans, 2U);
    EXPECT_EQ(info->loans_out, 0U);
    ASSERT_EQ(info->registered.size(), 1U);
    EXPECT_FALSE(info->registered[0].live);
    EXPECT_EQ(info->registered[0].lag_messages, 1U);
    subscribe_options from_oldest;
    from_oldest.start = start::oldest;
    auto s = c->subscribe(from_oldest);
    ASSERT_TRUE(s) << s.error().message();
    EXPECT_EQ(c->send_text("the fourth").value(), 4U);
    for (const char* text : {"the first", "on loan", "the third", "the fourth"})
        EXPECT_EQ(s->receive_text(no_wait)->text, text);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(c->send_text("and on", no_wait));
    EXPECT_TRUE(c->info()->registered.empty());
    const auto one = c->borrow(64), two = c->borrow(64);
    EXPECT_TRUE(one && two);
}

}  // namespace
