// Tables of 1 M records of 64 bytes under 8-byte keys: alone, two processes at once, growing, opening.
// SPDX-License-Identifier: MIT
//
// Operations, keys at random:
//   get, dependent get      copies the value; dependent: the next key is made from it
//   batch get               100 keys in one call, where there is one
//   update, insert          puts a value for a key that is there; for one that isn't (erased after each slice)
//                           both also of a table with a history and of records that expire
//   two readers, two writers, one of each, in processes of their own on processors of their own
//   memory                  bytes of the object for each record
//   growing                 each put of a growing table is timed
//   opening                 open, one get, close, of a small table and a large one
//   checkpoints             of a table in a file, while another thread updates it all the time: how long one takes,
//                           how long writers are held, and the longest put; beside it a copy that nobody could use.
//                           In the directory SAMEPAGE_BENCH_DISK, else in memory
// The limit is absl::flat_hash_map in private memory, and where the records lie beside their slots, as samepage's do,
// absl::node_hash_map. LMDB doesn't wait for the disk, nor does SQLite; all their files are in memory, too. Redis, if
// it is installed, is asked over a Unix socket.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "beside.hpp"
#include "harness.hpp"
#include "samepage/table.hpp"
#include "table_peers.hpp"
#include "table_work.hpp"
#include "team.hpp"
#ifdef SAMEPAGE_BENCH_REDIS_SERVER
#include "table_redis.hpp"
#endif

namespace {

using namespace bench::tables;
using bench::contender;
using bench::value_or_fail;
using direction = bench::goal::direction;

constexpr std::size_t batch = 100;
std::uint64_t records_large = 10'000'000;

// It tells of each change.
class samepage_told : public samepage_table {
   public:
    explicit samepage_told(const std::string& folder) : samepage_table(folder, "told") {
        value_or_fail(bytes().keep_history(std::uint64_t{16} << 20));
    }
};

// Its records expire, long after this.
class samepage_expiring : public samepage_table {
   public:
    explicit samepage_expiring(const std::string& folder) : samepage_table(folder, "expiring") {}
    void put(std::uint64_t key, const value64& v) {
        const samepage::put_options how{std::chrono::hours(24)};
        const auto done = bytes().put(std::as_bytes(std::span(&key, 1)), std::as_bytes(std::span(&v, 1)), how);
        if (!done) bench::fail(done.error().message());
    }
};

class samepage_file : public samepage_table {
   public:
    explicit samepage_file(const std::string& folder) : samepage_table(folder, folder + "/table.page") {}
    samepage::table_checkpoint checkpoint() const { return value_or_fail(bytes().checkpoint(std::chrono::minutes(1))); }
};

template <class Table>
std::function<void()> getting(std::shared_ptr<Table> table, std::uint64_t seed = 1) {
    return [table, n = numbers(seed)]() mutable {
        const std::uint64_t number = n.next();
        value64 v;
        if (!table->get(key_of(number), v)) bench::fail("a record is missing");
        check(v, number);
    };
}
template <class Table>
std::function<void()> updating(std::shared_ptr<Table> table, std::uint64_t seed = 2) {
    return [table, n = numbers(seed), round = std::uint64_t{0}]() mutable {
        const std::uint64_t number = n.next();
        table->put(key_of(number), value_of(number + records * ++round));
    };
}

// ---- Contenders: a template each, so that no call between stands in the loop ---------------------------------------

template <class Table>
contender dependent_gets(std::string name, std::shared_ptr<Table> table) {
    return bench::repeated(std::move(name), [table, n = numbers(3)]() mutable {
        value64 v;
        const std::uint64_t number = n.next();
        if (!table->get(key_of(number), v)) bench::fail("a record is missing");
        check(v, number);
        n.add(v.words[3] - v.words[0]);  // 0, but the processor doesn't know
    });
}
// The time of one of them.
template <class Each>
contender batches(std::string name, Each each) {
    auto timed = bench::repeated(
        std::move(name), [each, n = numbers(4), keys = std::vector<std::uint64_t>(batch),
                          asked = std::vector<std::uint64_t>(batch), values = std::vector<value64>(batch)]() mutable {
            for (std::size_t i = 0; i < batch; ++i) keys[i] = key_of(asked[i] = n.next());
            each(keys, values);
            for (std::size_t i = 0; i < batch; ++i) check(values[i], asked[i]);
        });
    timed.slice = [slice = std::move(timed.slice)](bench::nanoseconds length) {
        return slice(length) / static_cast<double>(batch);
    };
    return timed;
}
template <class Each>
contender batch_updates(std::string name, Each each) {
    auto timed = bench::repeated(
        std::move(name), [each, n = numbers(5), round = std::uint64_t{0}, keys = std::vector<std::uint64_t>(batch),
                          values = std::vector<value64>(batch)]() mutable {
            ++round;
            for (std::size_t i = 0; i < batch; ++i) {
                const std::uint64_t number = n.next();
                keys[i] = key_of(number);
                values[i] = value_of(number + records * round);
            }
            each(keys, values);
        });
    timed.slice = [slice = std::move(timed.slice)](bench::nanoseconds length) {
        return slice(length) / static_cast<double>(batch);
    };
    return timed;
}
// `how_many` processes that each do the same, on processors of their own.
template <class Table, class Make>
contender together(std::string name, const std::string& folder, unsigned how_many, Make make) {
    auto members = std::make_shared<bench::team>(name);
    for (unsigned i = 0; i < how_many; ++i) {
        members->add(i, [folder, make, i]() -> bench::team::part {
            auto operation = make(std::make_shared<Table>(folder), i + 10);
            return [operation](const bench::order& o) { return bench::repeat(o, 1, operation); };
        });
    }
    return {std::move(name), [members](bench::nanoseconds length) { return members->slice(length); }};
}

// What this process does while another one does something else.
template <class Table, class Mine, class Theirs>
contender beside(std::string name, const std::string& folder, Mine mine, Theirs theirs) {
    auto other =
        std::make_shared<bench::worker>(1, [folder, theirs] { return theirs(std::make_shared<Table>(folder), 5); });
    return bench::repeated(
        std::move(name), mine(std::make_shared<Table>(folder), 6), [other] { other->start(); },
        [other] { other->stop(); });
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

void alone(bench::report& report, const std::string& folder) {
#ifdef SAMEPAGE_BENCH_REDIS_SERVER
    // First of all: after a fork, each page of a private map that is written to faults once.
    const bench::peers::redis_server server(folder);
    const auto redis = filled<bench::peers::redis>(folder);
#endif
    const auto absl = filled<bench::peers::absl_map>(folder);
    const auto nodes = filled<bench::peers::absl_nodes>(folder);
    const auto mine = std::make_shared<samepage_table>(folder);
    const auto lmdb = std::make_shared<bench::peers::lmdb>(folder);
    const auto boost = std::make_shared<bench::peers::boost_map>(folder);
    const auto sqlite = std::make_shared<bench::peers::sqlite>(folder);
    const std::string boost_name = "Boost map + sharable mutex", nodes_name = "absl, private, values out of line";
    const auto of_all = [&](auto make) {
        std::vector<contender> all{make("absl, private", absl), make(nodes_name, nodes), make("samepage", mine),
                                   make("LMDB", lmdb),          make(boost_name, boost), make("SQLite", sqlite)};
#ifdef SAMEPAGE_BENCH_REDIS_SERVER
        all.push_back(make("Redis", redis));
#endif
        return all;
    };
    report.measure({"table: get, 1 M records of 64 B",
                    of_all([](auto name, auto table) { return gets(name, table); }),
                    {{"samepage", "absl, private", direction::at_most, 1.5},
                     {"samepage", nodes_name, direction::at_most, 1.5},
                     {"LMDB", "samepage", direction::at_least, 6},
                     {boost_name, "samepage", direction::at_least, 3}}});
    report.measure({"table: dependent get, 1 M records of 64 B",
                    {dependent_gets("absl, private", absl), dependent_gets("samepage", mine)},
                    {{"samepage", "absl, private", direction::at_most, 1.2}}});
    const auto one_by_one = [absl](const std::vector<std::uint64_t>& keys, std::vector<value64>& values) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!absl->get(keys[i], values[i])) bench::fail("a record is missing");
        }
    };
    const auto at_once = [mine, versions = std::vector<std::uint64_t>(batch)](const std::vector<std::uint64_t>& keys,
                                                                              std::vector<value64>& values) mutable {
        if (mine->get_many(keys, values, versions) != batch) bench::fail("a record is missing");
    };
    report.measure({"table: batch get of 100, 1 M records of 64 B",
                    {batches("absl, private", one_by_one), batches("samepage", at_once)},
                    {{"samepage", "absl, private", direction::at_most, 1}}});
    report.measure({"table: update, 1 M records of 64 B",
                    of_all([](auto name, auto table) { return updates(name, table); }),
                    {{"samepage", "absl, private", direction::at_most, 1.5},
                     {"samepage", nodes_name, direction::at_most, 1.5},
                     {"LMDB", "samepage", direction::at_least, 8}}});
    const auto put_one_by_one = [absl](const std::vector<std::uint64_t>& keys, const std::vector<value64>& values) {
        for (std::size_t i = 0; i < keys.size(); ++i) absl->put(keys[i], values[i]);
    };
    const auto put_at_once = [mine, versions = std::vector<std::uint64_t>(batch)](
                                 const std::vector<std::uint64_t>& keys, const std::vector<value64>& values) mutable {
        if (mine->put_many(keys, values, versions) != batch) bench::fail("a record was refused");
    };
    report.measure({"table: batch update of 100, 1 M records of 64 B",
                    {batch_updates("absl, private", put_one_by_one), batch_updates("samepage", put_at_once)},
                    {}});
    report.measure({"table: insert beside 1 M records of 64 B",
                    of_all([](auto name, auto table) { return inserts(name, table); }),
                    {{"samepage", "absl, private", direction::at_most, 1.5},
                     {"samepage", nodes_name, direction::at_most, 1.5},
                     {"LMDB", "samepage", direction::at_least, 8}}});
}

// What those pay who want more, beside who doesn't.
void wanting_more(bench::report& report, const std::string& folder) {
    const std::string updating_more = "table: update, of a table that keeps a history, of records that expire";
    const std::string getting_more = "table: get of records that expire";
    if (!report.wants(updating_more) && !report.wants(getting_more)) return;
    const auto plain = std::make_shared<samepage_table>(folder);
    const auto told = filled<samepage_told>(folder);
    const auto expiring = filled<samepage_expiring>(folder);
    report.measure(
        {updating_more,
         {updates("samepage", plain), updates("samepage, history", told), updates("samepage, expiring", expiring)},
         {}});
    report.measure({getting_more, {gets("samepage", plain), gets("samepage, expiring", expiring)}, {}});
}

void memory(bench::report& report, const std::string& folder) {
    const samepage_table fresh(folder);
    report.measure({"table: memory for 1 M records of 8 + 64 B",
                    {{"payload", [](bench::nanoseconds) { return 72.0; }},
                     {"samepage", [&](bench::nanoseconds) { return fresh.bytes_each(); }}},
                    {{"samepage", "payload", direction::at_most, 1.6}},
                    1,
                    "bytes/record"});
}

void two_processes(bench::report& report, const std::string& folder) {
    using mine = samepage_table;
    using bench::peers::boost_map;
    using bench::peers::lmdb;
    const std::string readers = "table: two reader processes", writers = "table: two writer processes";
    const std::string reader = "table: a reader beside a writer", writer = "table: a writer beside a reader";
    if (!report.wants(readers) && !report.wants(writers) && !report.wants(reader) && !report.wants(writer)) return;
    const auto get = [](auto table, std::uint64_t seed) { return getting(table, seed); };
    const auto put = [](auto table, std::uint64_t seed) { return updating(table, seed); };
    report.measure({readers,
                    {together<mine>("samepage, one", folder, 1, get), together<mine>("samepage, two", folder, 2, get),
                     together<lmdb>("LMDB, two", folder, 2, get), together<boost_map>("Boost, two", folder, 2, get)},
                    {{"samepage, one", "samepage, two", direction::at_least, 1.8}}});
    report.measure({writers,
                    {together<mine>("samepage, one", folder, 1, put), together<mine>("samepage, two", folder, 2, put),
                     together<lmdb>("LMDB, two", folder, 2, put), together<boost_map>("Boost, two", folder, 2, put)},
                    {{"samepage, one", "samepage, two", direction::at_least, 1.6}}});
    report.measure({reader,
                    {bench::repeated("samepage, alone", get(std::make_shared<mine>(folder), 7)),
                     beside<mine>("samepage, beside", folder, get, put), beside<lmdb>("LMDB, beside", folder, get, put),
                     beside<boost_map>("Boost, beside", folder, get, put)},
                    {{"samepage, alone", "samepage, beside", direction::at_least, 0.8}}});
    report.measure({writer,
                    {bench::repeated("samepage, alone", put(std::make_shared<mine>(folder), 7)),
                     beside<mine>("samepage, beside", folder, put, get), beside<lmdb>("LMDB, beside", folder, put, get),
                     beside<boost_map>("Boost, beside", folder, put, get)},
                    {{"samepage, alone", "samepage, beside", direction::at_least, 0.8}}});
}

void growing(bench::report& report, const std::string& folder) {
    using clock = std::chrono::steady_clock;
    std::vector<double> times;
    samepage_table large(folder, "large");
    const auto grow = [&] {
        if (!times.empty()) return;
        times.reserve(records_large);
        auto before = clock::now();
        for (std::uint64_t i = 0; i < records_large; ++i) {
            large.put(key_of(i), value_of(i));
            const auto now = clock::now();
            times.push_back(static_cast<double>(bench::nanoseconds(now - before).count()));
            before = now;
        }
        std::sort(times.begin(), times.end());
    };
    const auto at = [&](double part) {
        return [&, part](bench::nanoseconds) {
            grow();
            return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
        };
    };
    report.measure({"table: one put while it grows to 10 M records",
                    {{"median", at(0.5)}, {"99.9 %", at(0.999)}, {"longest", at(1)}},
                    {{"99.9 %", "", direction::at_most, 1e6}},
                    1});
    grow();
    const samepage_table small(folder, "small");
    samepage_table(folder, "small").put(1, value_of(1));
    const auto opening = [&](std::string name, const std::string& which, std::uint64_t key) {
        return bench::repeated(std::move(name), [&folder, which, key] {
            value64 v;
            if (!samepage_table(folder, which).get(key, v)) bench::fail("a record is missing");
        });
    };
    report.measure({"table: open, get, close",
                    {opening("1 record", "small", 1), opening("10 M records", "large", key_of(5))},
                    {{"10 M records", "", direction::at_most, 1e6}}});
}

// Beside one writer.
void checkpoints(bench::report& report, const std::string& own) {
    using clock = std::chrono::steady_clock;
    const std::string what = "table: a checkpoint of 1 M records, in a file";
    if (!report.wants(what)) return;
    const auto as_ns = [](auto d) { return static_cast<double>(bench::nanoseconds(d).count()); };
    const char* const disk = std::getenv("SAMEPAGE_BENCH_DISK");
    const std::string folder = disk == nullptr ? own + "/disk" : std::string(disk) + "/samepage-table-bench";
    if (!std::filesystem::create_directory(folder)) bench::fail(folder + " is there already");
    auto table = filled<samepage_file>(folder);
    const std::string copy = "cp " + folder + "/table.page " + folder + "/copy && sync " + folder + "/copy";
    double longest_ns = 0;
    const auto beside_writer = [&](auto&& use) {
        return [&, use](bench::nanoseconds) {
            std::atomic<bool> stop{false}, is_writing{false};
            clock::duration longest{};
            std::thread writer([&] {
                auto update = updating(table);
                for (auto before = clock::now(); !stop; is_writing = true) {
                    update();
                    const auto now = clock::now();
                    longest = std::max(longest, now - before);
                    before = now;
                }
            });
            while (!is_writing) std::this_thread::yield();
            const auto before = clock::now();
            const auto made = table->checkpoint();
            const auto took = clock::now() - before;
            stop = true;
            writer.join();
            longest_ns = as_ns(longest);
            return use(as_ns(took), as_ns(made.stall));
        };
    };
    report.measure({what,
                    {{"all of it", beside_writer([](double took, double) { return took; })},
                     {"writers held", beside_writer([](double, double stall) { return stall; })},
                     {"longest put", beside_writer([&](double, double) { return longest_ns; })},
                     {"cp; sync",
                      [&](bench::nanoseconds) {
                          const auto before = clock::now();
                          if (std::system(copy.c_str()) != 0) bench::fail(copy);
                          return as_ns(clock::now() - before);
                      }}},
                    {},
                    5,
                    "ns"});
    table.reset();
    std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
    const bench::options chosen = bench::parse(argc, argv);
    if (chosen.tiny) records = 5000, records_large = 20000;
    bench::report report(chosen);
    const bench::own_directory names;
    bench::pin(0);
    const auto held = filled<samepage_table>(names.path());
    memory(report, names.path());
    filled<bench::peers::lmdb>(names.path());
    filled<bench::peers::boost_map>(names.path());
    filled<bench::peers::sqlite>(names.path());
    two_processes(report, names.path());
    alone(report, names.path());
    wanting_more(report, names.path());
    growing(report, names.path());
    checkpoints(report, names.path());
    return 0;
}
