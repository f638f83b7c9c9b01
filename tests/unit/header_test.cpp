// The header of structured objects: each field damaged is refused by its own name.
// SPDX-License-Identifier: MIT
#include "shared/header.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using namespace samepage::shared;
using samepage::errc;
using samepage::kind;

struct page {
    std::vector<std::byte> bytes = std::vector<std::byte>(body_offset + 64);
    header_spec spec;

    page() {
        spec.kind = kind::lock;
        spec.format_version = 3;
        spec.fingerprint = 0x1234;
        spec.object_bytes = bytes.size();
        spec.parameters = {1, 2, 3, 4};
        write_header(bytes, spec);
    }

    object_header fields() const {
        object_header header;
        std::memcpy(&header, bytes.data(), sizeof header);
        return header;
    }
    // Puts a changed header back, with a check sum that fits, as another version of samepage would have.
    void put(object_header header) {
        std::memcpy(bytes.data(), &header, sizeof header);
        header.check = fnv1a(reinterpret_cast<const std::uint8_t*>(bytes.data()), offsetof(object_header, check));
        std::memcpy(bytes.data(), &header, sizeof header);
    }
    errc read() const { return read_as(spec); }
    errc read_as(const header_spec& expected) const {
        const auto header = read_header(bytes, bytes.size(), expected, "test", "here");
        return header ? errc{} : header.error().code();
    }
};

TEST(header_test, what_is_written_is_read) {
    const page p;
    const auto header = read_header(p.bytes, p.bytes.size(), p.spec, "test", "here");
    ASSERT_TRUE(header) << header.error().message();
    EXPECT_EQ(header->parameters, p.spec.parameters);
    EXPECT_EQ(header->object_bytes, p.bytes.size());
    EXPECT_NE(header->created_unix_ns, 0U);
}

TEST(header_test, every_damaged_byte_is_refused) {
    for (std::size_t i = 0; i < sizeof(object_header); ++i) {
        page p;
        p.bytes[i] ^= std::byte{0x40};
        EXPECT_EQ(p.read(), errc::corrupt) << "byte " << i;
    }
}

TEST(header_test, another_kind_is_named) {
    page p;
    header_spec cell = p.spec;
    cell.kind = kind::cell;
    const auto header = read_header(p.bytes, p.bytes.size(), cell, "test", "here");
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code(), errc::wrong_kind);
    EXPECT_NE(header.error().message().find("here is a lock: samepage lock here"), std::string::npos);
    auto fields = p.fields();
    fields.kind = 4711;
    p.put(fields);
    EXPECT_EQ(p.read(), errc::wrong_kind);
}

TEST(header_test, another_version_layout_or_byte_order_is_wrong_version) {
    page p;
    header_spec newer = p.spec;
    newer.format_version = 4;
    EXPECT_EQ(p.read_as(newer), errc::wrong_version);
    header_spec other = p.spec;
    other.fingerprint = 1;
    EXPECT_EQ(p.read_as(other), errc::wrong_version);
    auto fields = p.fields();
    fields.byte_order = 0x04030201;
    p.put(fields);
    EXPECT_EQ(p.read(), errc::wrong_version);
}

TEST(header_test, sizes_and_offsets_that_cannot_be_are_corrupt) {
    const page whole;
    const auto refused = [&](auto change) {
        page p;
        auto fields = p.fields();
        change(fields);
        p.put(fields);
        return p.read() == errc::corrupt;
    };
    EXPECT_TRUE(refused([](object_header& h) { h.object_bytes += 1; })) << "longer than the file";
    EXPECT_TRUE(refused([](object_header& h) { h.object_bytes = body_offset - 1; }));
    EXPECT_TRUE(refused([](object_header& h) { h.object_bytes = ~std::uint64_t{0}; }));
    EXPECT_TRUE(refused([](object_header& h) { h.slots = 2048; }));
    EXPECT_TRUE(refused([](object_header& h) { h.body_at = 0; }));
    EXPECT_TRUE(refused([](object_header& h) { h.wait_offset = 8; }));
    EXPECT_TRUE(refused([](object_header& h) { h.participants_at = 8; }));
    EXPECT_TRUE(refused([](object_header& h) { h.header_bytes = 128; }));
    EXPECT_FALSE(read_header(std::span(whole.bytes).first(127), 127, whole.spec, "test", "here"));
}

}  // namespace
