// Cells of 64 bytes: loads and stores alone, loads beside a writer, and how soon a waiter runs.
// SPDX-License-Identifier: MIT
//
// Operations, all in shared memory, reader and writer in processes of their own on processors of their own:
//   load, store            nobody else there. The limit is memcpy and two atomic accesses: two acquire loads around a
//                          load; an exchange before and a release store after a store.
//   load beside a writer   another process stores flat out. The limit is a hand-written seqlock. Every value is checked
//                          to be whole.
//   there and back         one process stores and the other, asleep until then, answers. The limit is two raw futexes.
// The peer is a struct beside a Boost.Interprocess interprocess_mutex.
#include <array>
#include <atomic>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "beside.hpp"
#include "harness.hpp"
#include "samepage/cell.hpp"

namespace {

namespace ipc = boost::interprocess;

using bench::value_or_fail;

struct value {
    std::array<std::uint64_t, 8> words;
};
static_assert(sizeof(value) == 64);

// The words of one value are all the same, so that one from two stores shows.
value made_of(std::uint64_t number) {
    value v{};
    v.words.fill(number);
    return v;
}

void check_whole(const value& v) {
    std::uint64_t different = 0;
    for (const std::uint64_t word : v.words) different |= word ^ v.words[0];
    if (different != 0) bench::fail("a value is torn");
}

// Makes the compiler believe that somebody looks at `v`.
void use(value& v) { asm volatile("" : : "r"(&v) : "memory"); }

// ---- Contenders ----------------------------------------------------------------------------------------------------

// memcpy and two atomic accesses.
struct bare {
    std::atomic<std::uint64_t> first{0};
    value content{};

    void load(value& into) const {
        // acquire: nobody stores meanwhile; it is what any protocol must do at least
        const auto before = first.load(std::memory_order_acquire);
        std::memcpy(&into, &content, sizeof into);
        if (first.load(std::memory_order_acquire) != before) bench::fail("somebody stores in what is nobody's");
    }
    void store(const value& v) {
        // acquire: as a lock is taken, and released below
        first.exchange(1, std::memory_order_acquire);
        std::memcpy(&content, &v, sizeof content);
        // release: pairs with the acquire in store() (bare)
        first.store(0, std::memory_order_release);
    }
};

// One writer. Boehm, "Can seqlocks get along with programming language memory models?", 2012.
struct seqlock {
    std::atomic<std::uint64_t> sequence{0};
    std::array<std::atomic<std::uint64_t>, 8> words{};

    void store(const value& v) {
        // relaxed: only this writer changes it, and the fence orders it before the words
        const auto now = sequence.load(std::memory_order_relaxed);
        sequence.store(now + 1, std::memory_order_relaxed);
        // release: pairs with the acquire fence in load() (seqlock)
        std::atomic_thread_fence(std::memory_order_release);
        // relaxed: between the fences
        for (std::size_t i = 0; i < words.size(); ++i) words[i].store(v.words[i], std::memory_order_relaxed);
        // release: pairs with the acquire in load() (seqlock)
        sequence.store(now + 2, std::memory_order_release);
    }
    void load(value& into) const {
        for (;;) {
            // acquire: pairs with the release in store() (seqlock)
            const auto before = sequence.load(std::memory_order_acquire);
            // relaxed: between the fences
            for (std::size_t i = 0; i < words.size(); ++i) into.words[i] = words[i].load(std::memory_order_relaxed);
            // acquire: pairs with the release fence in store() (seqlock)
            std::atomic_thread_fence(std::memory_order_acquire);
            // relaxed: the fence keeps it behind the words
            if (before % 2 == 0 && sequence.load(std::memory_order_relaxed) == before) return;
        }
    }
};

struct boost_cell {
    ipc::interprocess_mutex mutex;
    value content{};

    void load(value& into) {
        const ipc::scoped_lock<ipc::interprocess_mutex> locked(mutex);
        into = content;
    }
    void store(const value& v) {
        const ipc::scoped_lock<ipc::interprocess_mutex> locked(mutex);
        content = v;
    }
};

// The number of a load that was lapped in all its tries, which the caller repeats.
std::uint64_t busy = 0;

void load(const samepage::cell_bytes& cell, value& into) {
    for (;;) {
        const auto seen = cell.load(std::as_writable_bytes(std::span(&into, 1)));
        if (seen) return;
        if (seen.error().code() != samepage::errc::busy) bench::fail(seen.error().message());
        ++busy;
    }
}

void store(const samepage::cell_bytes& cell, const value& v) {
    if (const auto stored = cell.store(std::as_bytes(std::span(&v, 1))); !stored) bench::fail(stored.error().message());
}

samepage::cell_options sized() {
    samepage::cell_options options;
    options.capacity_bytes = sizeof(value);
    return options;
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

using direction = bench::goal::direction;

void alone(bench::report& report) {
    bare& limit = bench::shared_with_children<bare>();
    boost_cell& boost = bench::shared_with_children<boost_cell>();
    const auto bytes = value_or_fail(samepage::cell_bytes::create_new("alone", sized()));
    const auto typed = value_or_fail(samepage::cell<value>::open("alone"));
    value v = made_of(7);
    store(bytes, v);
    boost.store(v);
    limit.store(v);
    const auto check = [&] {
        check_whole(v);
        if (v.words[0] != 7) bench::fail("what was loaded is not what was stored");
    };
    report.measure({"cell: load 64 B, nobody else there",
                    {bench::repeated(
                         "memcpy + 2 atomics", [&] { limit.load(v), use(v); }, {}, check),
                     bench::repeated(
                         "Boost mutex + struct", [&] { boost.load(v), use(v); }, {}, check),
                     bench::repeated(
                         "samepage", [&] { load(bytes, v), use(v); }, {}, check),
                     bench::repeated(
                         "samepage cell<T>", [&] { v = typed.load()->value, use(v); }, {}, check)},
                    {{"samepage", "memcpy + 2 atomics", direction::at_most, 2},
                     {"Boost mutex + struct", "samepage", direction::at_least, 3}}});
    report.measure({"cell: store 64 B, nobody else there",
                    {bench::repeated("memcpy + 2 atomics", [&] { use(v), limit.store(v); }),
                     bench::repeated("Boost mutex + struct", [&] { use(v), boost.store(v); }),
                     bench::repeated("samepage", [&] { use(v), store(bytes, v); })},
                    {{"samepage", "Boost mutex + struct", direction::at_most, 1}}});
}

void beside_a_writer(bench::report& report) {
    seqlock& limit = bench::shared_with_children<seqlock>();
    boost_cell& boost = bench::shared_with_children<boost_cell>();
    const auto cell = value_or_fail(samepage::cell_bytes::create_new("beside", sized()));
    std::uint64_t number = 0;
    store(cell, made_of(0));
    bench::worker limit_writer(1, [&] { return [&] { limit.store(made_of(++number)); }; });
    bench::worker boost_writer(1, [&] { return [&] { boost.store(made_of(++number)); }; });
    bench::worker cell_writer(1, [&] {
        const auto mine = std::make_shared<samepage::cell_bytes>(value_or_fail(samepage::cell_bytes::open("beside")));
        return [&number, mine] { store(*mine, made_of(++number)); };
    });
    value v{};
    std::uint64_t loads = 0;
    const auto beside = [](bench::worker& writer, std::string name, auto operation) {
        return bench::repeated(
            std::move(name), operation, [&] { writer.start(); }, [&] { writer.stop(); });
    };
    report.measure({"cell: load 64 B while another process stores flat out",
                    {beside(limit_writer, "seqlock", [&] { limit.load(v), check_whole(v); }),
                     beside(boost_writer, "Boost mutex + struct", [&] { boost.load(v), check_whole(v); }),
                     beside(cell_writer, "samepage", [&] { load(cell, v), check_whole(v), ++loads; })},
                    {{"Boost mutex + struct", "samepage", direction::at_least, 10}}});
    std::printf("  samepage: %llu loads, none torn, %llu said busy\n", static_cast<unsigned long long>(loads),
                static_cast<unsigned long long>(busy));
}

// ---- There and back ------------------------------------------------------------------------------------------------

struct futexes {
    std::atomic<std::uint32_t> there{0};
    alignas(64) std::atomic<std::uint32_t> back{0};
};

std::uint32_t await(const std::atomic<std::uint32_t>& word, std::uint32_t seen) {
    while (word == seen) bench::futex_wait(word, seen);
    return word;
}

void say(std::atomic<std::uint32_t>& word, std::uint32_t number) {
    word = number;
    bench::futex_wake(word);
}

// Both ends of two cells, each opened by the process that uses them.
class cells {
   public:
    cells(const char* there, const char* back, samepage::wait_strategy strategy)
        : there_(open(there, strategy)), back_(open(back, strategy)) {}

    void ask(const value& v) const {
        const auto last = back_.version();
        store(there_, v);
        value_or_fail(back_.wait(last));
    }
    [[noreturn]] void answer() const {
        for (std::uint64_t last = 0;;) {
            last = value_or_fail(there_.wait(last));
            value v{};
            load(there_, v);
            store(back_, v);
        }
    }

   private:
    static samepage::cell_bytes open(const char* name, samepage::wait_strategy strategy) {
        auto options = sized();
        options.strategy = strategy;
        return value_or_fail(samepage::cell_bytes::create(name, options));
    }
    samepage::cell_bytes there_, back_;
};

void there_and_back(bench::report& report) {
    futexes& words = bench::shared_with_children<futexes>();
    const bench::child futex_answerer([&] {
        bench::pin(1);
        for (std::uint32_t last = 0;;) say(words.back, last = await(words.there, last));
    });
    using samepage::wait_strategy;
    const cells sleeping("sleep.there", "sleep.back", wait_strategy::sleep);
    const cells polling("poll.there", "poll.back", wait_strategy::spin_then_sleep);
    const bench::child sleeping_answerer([] {
        bench::pin(1);
        cells("sleep.there", "sleep.back", wait_strategy::sleep).answer();
    });
    const bench::child polling_answerer([] {
        bench::pin(1);
        cells("poll.there", "poll.back", wait_strategy::spin_then_sleep).answer();
    });
    std::uint32_t number = 0;
    const value v = made_of(3);
    report.measure({"cell: there and back, 64 B, the waiter asleep",
                    {bench::repeated("raw futexes", [&] { say(words.there, ++number), await(words.back, number - 1); }),
                     bench::repeated("samepage, sleep", [&] { sleeping.ask(v); }),
                     bench::repeated("samepage, spin then sleep", [&] { polling.ask(v); })},
                    {}});
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report(bench::parse(argc, argv));
    const bench::own_directory names;
    bench::pin(0);
    alone(report);
    beside_a_writer(report);
    there_and_back(report);
    return 0;
}
