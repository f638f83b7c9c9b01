// What the benchmarks of tables do: records of 64 bytes under 8-byte keys, got, updated and inserted at random.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "harness.hpp"
#include "samepage/table.hpp"
#include "table_peers.hpp"

namespace bench::tables {

using peers::value64;

inline std::uint64_t records = 1'000'000;  // that a table has

// Different for different numbers, in no order.
constexpr std::uint64_t key_of(std::uint64_t number) noexcept {
    number = (number ^ number >> 31) * 0x7fb5d329728ea185U;
    number = (number ^ number >> 27) * 0x81dadef4bc2dd44dU;
    return (number ^ number >> 33) >> 1;  // SQLite's are signed
}

inline value64 value_of(std::uint64_t number) {
    value64 v{};
    v.words.fill(number);
    return v;
}

class samepage_table {
   public:
    explicit samepage_table(const std::string&, const std::string& name = "table")
        : table_(value_or_fail(samepage::table<std::uint64_t, value64>::create(name))) {}
    bool get(std::uint64_t key, value64& into) const { return table_.get(key, into).has_value(); }
    void put(std::uint64_t key, const value64& v) {
        if (const auto done = table_.put(key, v); !done) fail(done.error().message());
    }
    void erase(std::uint64_t key) { value_or_fail(table_.erase(key)); }
    std::size_t get_many(std::span<const std::uint64_t> keys, std::span<value64> values,
                         std::span<std::uint64_t> versions) const {
        return value_or_fail(table_.get_many(keys, values, versions));
    }
    std::size_t put_many(std::span<const std::uint64_t> keys, std::span<const value64> values,
                         std::span<std::uint64_t> versions) const {
        return value_or_fail(table_.put_many(keys, values, versions));
    }
    const samepage::table_bytes& bytes() const { return table_.bytes(); }
    double bytes_each() const {
        return static_cast<double>(table_.bytes().info().value().size_bytes) / static_cast<double>(table_.size());
    }

   private:
    samepage::table<std::uint64_t, value64> table_;
};

template <class Table, class... More>
std::shared_ptr<Table> filled(const std::string& folder, const More&... more) {
    auto table = std::make_shared<Table>(folder, more...);
    const auto each = [](std::uint64_t i) { return std::pair(key_of(i), value_of(i)); };
    if constexpr (requires { table->fill(records, each); }) {
        table->fill(records, each);
    } else {
        for (std::uint64_t i = 0; i < records; ++i) table->put(key_of(i), value_of(i));
    }
    return table;
}

// Numbers of records in random order; cheap beside a miss of the cache.
class numbers {
   public:
    explicit numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
    void add(std::uint64_t more) { state_ += more; }
    std::uint64_t next() {
        state_ = state_ * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;
        __extension__ using product = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<product>(state_) * records) >> 64);
    }

   private:
    std::uint64_t state_;
};

inline void check(const value64& v, std::uint64_t number) {
    if (v.words[0] % records != number % records || v.words[7] != v.words[0]) fail("a value is another one's");
}

// ---- Contenders: a template each, so that no call between stands in the loop ---------------------------------------

template <class Table>
contender gets(std::string name, std::shared_ptr<Table> table) {
    return repeated(std::move(name), [table, n = numbers(1)]() mutable {
        const std::uint64_t number = n.next();
        value64 v;
        if (!table->get(key_of(number), v)) fail("a record is missing");
        check(v, number);
    });
}
template <class Table>
contender updates(std::string name, std::shared_ptr<Table> table) {
    return repeated(std::move(name), [table, n = numbers(2), round = std::uint64_t{0}]() mutable {
        const std::uint64_t number = n.next();
        table->put(key_of(number), value_of(number + records * ++round));
    });
}
template <class Table>
contender inserts(std::string name, std::shared_ptr<Table> table) {
    auto count = std::make_shared<std::uint64_t>(0);
    return repeated(
        std::move(name), [table, count] { table->put(key_of(records + *count), value_of(*count)), ++*count; }, {},
        [table, count] {
            while (*count > 0) table->erase(key_of(records + --*count));
        });
}

}  // namespace bench::tables
