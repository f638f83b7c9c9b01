// Tables of ten thousand to thirty million records, and a value of 64 MiB.
// SPDX-License-Identifier: MIT
//
//   get, update, insert     as in table_bench, of a table of each size, beside absl's map of that size
//   a get of 64 MiB         alone, and while another process puts new values for its key all the time; what was copied
//                           is checked: all of it from one put. `busy` is one that gave up, and is counted
#include <algorithm>
#include <atomic>
#include <cstdio>

#include "table_work.hpp"

namespace {

using namespace bench::tables;
using bench::contender;

void of_size(bench::report& report, const std::string& folder, std::uint64_t count, const std::string& name) {
    records = count;
    const auto what = [&](const char* operation) { return std::string("table: ") + operation + name + " records"; };
    const std::string get = what("get, "), update = what("update, "), insert = what("insert beside ");
    if (!report.wants(get) && !report.wants(update) && !report.wants(insert)) return;
    const auto absl = filled<bench::peers::absl_map>(folder);
    const auto mine = filled<samepage_table>(folder, "table-" + name);
    report.measure({get, {gets("absl, private", absl), gets("samepage", mine)}, {}});
    report.measure({update, {updates("absl, private", absl), updates("samepage", mine)}, {}});
    report.measure({insert, {inserts("absl, private", absl), inserts("samepage", mine)}, {}});
}

// ---- One large value ------------------------------------------------------------------------------------------------

constexpr std::string_view key = "large";

bool is_of_one_put(std::span<const std::byte> value) {
    return std::all_of(value.begin(), value.end(), [&](std::byte b) { return b == value.front(); });
}

void large_value(bench::report& report, std::size_t size_bytes) {
    const std::string what = "table: a get of 64 MiB";
    if (!report.wants(what)) return;
    const auto bytes_of = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    const auto open = [] { return bench::value_or_fail(samepage::table_bytes::create("large")); };
    auto& puts = bench::shared_with_children<std::atomic<std::uint64_t>>();
    bench::worker updater(1, [=, &puts] {
        return [table = std::make_shared<samepage::table_bytes>(open()), value = std::vector<std::byte>(size_bytes),
                &puts, bytes_of]() mutable {
            std::fill(value.begin(), value.end(), static_cast<std::byte>(puts.fetch_add(1)));
            bench::value_or_fail(table->put(bytes_of(key), value));
        };
    });
    const auto table = open();
    std::vector<std::byte> into(size_bytes, std::byte{1});
    bench::value_or_fail(table.put(bytes_of(key), into));
    std::uint64_t gets = 0, busy = 0;
    const auto got = [&] {
        const auto seen = table.get(bytes_of(key), into);
        ++gets;
        if (!seen && seen.error().code() != samepage::errc::busy) bench::fail(seen.error().message());
        if (!seen) ++busy;
        if (seen && !is_of_one_put(into)) bench::fail("a value is of two puts");
    };
    report.measure({what,
                    {bench::repeated("alone", got),
                     bench::repeated(
                         "while its key is updated", got, [&] { updater.start(); }, [&] { updater.stop(); })},
                    {}});
    std::printf("  %llu gets, %llu of them said busy, beside %llu puts\n", static_cast<unsigned long long>(gets),
                static_cast<unsigned long long>(busy), static_cast<unsigned long long>(puts.load()));
}

}  // namespace

int main(int argc, char** argv) {
    const bench::options chosen = bench::parse(argc, argv);
    bench::report report(chosen);
    const bench::own_directory names;
    bench::pin(0);
    large_value(report, std::size_t{chosen.tiny ? 1U : 64U} << 20);
    of_size(report, names.path(), 10'000, "10 k");
    if (chosen.tiny) return 0;
    of_size(report, names.path(), 100'000, "100 k");
    of_size(report, names.path(), 1'000'000, "1 M");
    of_size(report, names.path(), 10'000'000, "10 M");
    of_size(report, names.path(), 30'000'000, "30 M");
    return 0;
}
