// Channels: how long a message takes and how many there are in a second, beside what people use otherwise.
// SPDX-License-Identifier: MIT
//
// Operations, between processes on processors of their own; every message is written, read and checked:
//   polled, one way     64 B there and back, ÷ 2, nobody sleeps. The limit is a ring of one producer and one consumer.
//   blocking, one way   64 B there and back, ÷ 2, who waits sleeps. The limit is a futex.
//   stream              64 B, one after the other, none lost. The limit is the ring.
//   two writers         the same from two processes.
//   1 MiB, loaned       its first 64 B are written and read in place, against a message of 64 B.
//   64 KiB, stream      copied in and out. The limit is a memcpy of the same, by one process.
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "beside.hpp"
#include "harness.hpp"
#include "limits.hpp"
#include "message.hpp"
#include "peers.hpp"
#include "peers_installed.hpp"
#include "samepage/channel.hpp"
#include "ways.hpp"

namespace {

using bench::value_or_fail;
using bench::peers::waiting;
using direction = bench::goal::direction;
using samepage::wait_strategy;

using small = bench::message<64>;
using large = bench::message<65536>;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

// ---- Ways to send --------------------------------------------------------------------------------------------------

// A limit of limits.hpp in shared memory.
template <class Limit>
class limit {
   public:
    limit sender() const { return *this; }
    limit receiver() const { return *this; }
    template <class Message>
    void send(const Message& m) {
        of_.send(m);
    }
    template <class Message>
    void receive(Message& into) {
        of_.receive(into);
    }

   private:
    Limit& of_ = bench::shared_with_children<Limit>();
};

struct channel_use {
    wait_strategy strategy = wait_strategy::spin;
    bool registered = false;               // the subscriber: no message is lost
    std::uint64_t capacity_bytes = 16320;  // a ring of 64 KiB, as the one by hand
    std::uint64_t loaned_bytes = 0;        // not 0: the message begins a loan of that size
};

template <class Message>
class samepage_channel {
   public:
    explicit samepage_channel(const channel_use& use) : use_(use) {
        static unsigned number = 0;
        name_ = "channel" + std::to_string(++number);
        // Held by this process too, so that either end may come first.
        held_ = std::make_shared<samepage::channel_bytes>(open());
    }

    class sending {
       public:
        sending(samepage::channel_bytes channel, const channel_use& use) : channel_(std::move(channel)), use_(use) {}
        void send(const Message& m) {
            if (use_.loaned_bytes == 0) {
                const auto sent = channel_.send(std::as_bytes(std::span(&m, 1)), patience);
                if (!sent) bench::fail(sent.error().message());
                return;
            }
            auto loan = channel_.borrow(use_.loaned_bytes, patience);
            if (!loan) bench::fail(loan.error().message());
            std::memcpy(loan->bytes().data(), &m, sizeof m);
            if (const auto sent = loan->publish(patience); !sent) bench::fail(sent.error().message());
        }

       private:
        samepage::channel_bytes channel_;
        channel_use use_;
    };
    class receiving {
       public:
        receiving(const samepage::channel_bytes& channel, const channel_use& use)
            : subscriber_(value_or_fail(channel.subscribe({.registered = use.registered}))), use_(use) {}
        void receive(Message& into) {
            if (use_.loaned_bytes == 0) {
                const auto got = subscriber_.receive(std::as_writable_bytes(std::span(&into, 1)), patience);
                if (!got) bench::fail(got.error().message());
                return;
            }
            const auto seen = subscriber_.receive_view(patience);
            if (!seen) bench::fail(seen.error().message());
            std::memcpy(&into, seen->bytes().data(), sizeof into);
            if (seen->bytes().size() != use_.loaned_bytes || !seen->is_valid()) bench::fail("a loan isn't whole");
        }

       private:
        samepage::subscriber_bytes subscriber_;
        channel_use use_;
    };
    sending sender() const { return {open(), use_}; }
    receiving receiver() const { return {open(), use_}; }

   private:
    static constexpr std::chrono::seconds patience{30};

    samepage::channel_bytes open() const {
        samepage::channel_options options;
        options.capacity_bytes = use_.capacity_bytes;
        options.strategy = use_.strategy;
        return value_or_fail(samepage::channel_bytes::create(name_, options));
    }
    channel_use use_;
    std::string name_;
    std::shared_ptr<samepage::channel_bytes> held_;
};

using samepage_small = samepage_channel<small>;
using samepage_large = samepage_channel<large>;

bench::contender sent_and_back(std::string name, const channel_use& use) {
    return bench::there_and_back<small>(std::move(name), samepage_small(use), samepage_small(use));
}

bench::contender as_peer(bench::contender c) {
    c.is_peer = true;
    return c;
}

// Peers that are installed, each `measured` with two addresses of its own.
struct installed {
    std::string directory;
    bool has_daemon;
};

template <class Message, template <class> class Peer>
bench::contender peer_there_and_back(std::string name, const installed& in) {
    const Peer<Message> there(in.directory), back(in.directory);
    return as_peer(bench::there_and_back<Message>(std::move(name), there, back));
}

template <class Message>
void add_sleepers(std::vector<bench::contender>& to, [[maybe_unused]] const installed& in) {
#ifdef SAMEPAGE_BENCH_ZEROMQ
    to.push_back(peer_there_and_back<Message, bench::peers::zeromq>("ZeroMQ ipc", in));
#endif
#ifdef SAMEPAGE_BENCH_NNG
    to.push_back(peer_there_and_back<Message, bench::peers::nng>("nng ipc", in));
#endif
}

template <class Message>
void add_streams(std::vector<bench::contender>& to, [[maybe_unused]] const installed& in) {
#ifdef SAMEPAGE_BENCH_ZEROMQ
    to.push_back(as_peer(bench::stream<Message>("ZeroMQ ipc", bench::peers::zeromq<Message>(in.directory))));
#endif
#ifdef SAMEPAGE_BENCH_NNG
    to.push_back(as_peer(bench::stream<Message>("nng ipc", bench::peers::nng<Message>(in.directory))));
#endif
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

void polled(bench::report& report, const installed& in) {
    using bench::peers::boost_queue;
    using bench::peers::descriptors;
    bench::row row{"channel: 64 B one way, polling", {}, {}};
    auto& all = row.contenders;
    const auto pair = [](std::string name, auto make) {
        return bench::there_and_back<small>(std::move(name), make(), make());
    };
    all.push_back(pair("ring by hand", [] { return limit<bench::limits::ring<small, 1024>>(); }));
    all.push_back(pair("one line by hand", [] { return limit<bench::limits::line<small>>(); }));
    all.push_back(sent_and_back("samepage", {}));
    all.push_back(sent_and_back("samepage, registered", {.registered = true}));
    all.push_back(as_peer(pair("Boost message_queue", [] { return boost_queue<small>(waiting::polls); })));
    all.push_back(as_peer(pair("Unix socket", [] { return descriptors<small>::unix_socket(waiting::polls); })));
    all.push_back(as_peer(pair("pipe", [] { return descriptors<small>::pipe(waiting::polls); })));
    add_sleepers<small>(all, in);
#ifdef SAMEPAGE_BENCH_ICEORYX
    if (in.has_daemon) {
        const bench::peers::iceoryx<small> there(in.directory), back(in.directory);
        all.push_back(as_peer(bench::there_and_back<small>("iceoryx", there, back)));
    }
#endif
    row.goals = {{"samepage", "ring by hand", direction::at_most, 1},
                 {bench::goal::best_peer, "samepage", direction::at_least, 5}};
    report.measure(row);
}

void blocking(bench::report& report, const installed& in) {
    using bench::peers::boost_queue;
    using bench::peers::descriptors;
    bench::row row{"channel: 64 B one way, blocking", {}, {}};
    auto& all = row.contenders;
    const auto pair = [](std::string name, auto make) {
        return bench::there_and_back<small>(std::move(name), make(), make());
    };
    all.push_back(pair("futex by hand", [] { return limit<bench::limits::mailbox<small>>(); }));
    all.push_back(sent_and_back("samepage, sleep", {.strategy = wait_strategy::sleep}));
    all.push_back(sent_and_back("samepage, spin then sleep", {.strategy = wait_strategy::spin_then_sleep}));
    all.push_back(as_peer(pair("Boost message_queue", [] { return boost_queue<small>(waiting::sleeps); })));
    all.push_back(as_peer(pair("Unix socket", [] { return descriptors<small>::unix_socket(waiting::sleeps); })));
    all.push_back(as_peer(pair("pipe", [] { return descriptors<small>::pipe(waiting::sleeps); })));
    add_sleepers<small>(all, in);
    row.goals = {{"samepage, sleep", "futex by hand", direction::at_most, 1.1}};
    report.measure(row);
}

void streams(bench::report& report, const installed& in) {
    using bench::peers::boost_queue;
    using bench::peers::descriptors;
    bench::row row{"channel: 64 B stream, one writer, one reader", {}, {}};
    auto& all = row.contenders;
    all.push_back(bench::stream<small>("ring by hand", limit<bench::limits::ring<small, 1024>>()));
    all.push_back(bench::stream<small>("samepage", samepage_small({.registered = true})));
    all.push_back(bench::stream<small>(
        "samepage, spin then sleep", samepage_small({.strategy = wait_strategy::spin_then_sleep, .registered = true})));
    all.push_back(as_peer(bench::stream<small>("Boost message_queue", boost_queue<small>(waiting::sleeps))));
    all.push_back(as_peer(bench::stream<small>("Boost, polled", boost_queue<small>(waiting::polls))));
    all.push_back(as_peer(bench::stream<small>("Unix socket", descriptors<small>::unix_socket(waiting::sleeps))));
    all.push_back(as_peer(bench::stream<small>("pipe", descriptors<small>::pipe(waiting::sleeps))));
    add_streams<small>(all, in);
#ifdef SAMEPAGE_BENCH_ICEORYX
    if (in.has_daemon) {
        all.push_back(as_peer(bench::stream<small>("iceoryx", bench::peers::iceoryx<small>(in.directory))));
    }
#endif
    row.goals = {{"ring by hand", "samepage", direction::at_least, 0.8},
                 {bench::goal::best_peer, "samepage", direction::at_least, 3, 4}};
    report.measure(row);
}

void two_writers(bench::report& report) {
    using bench::peers::boost_queue;
    const channel_use use{.strategy = wait_strategy::spin_then_sleep, .registered = true};
    report.measure({"channel: 64 B stream, two writers, one reader (shared cores)",
                    {bench::stream<small>("Boost message_queue", boost_queue<small>(waiting::sleeps), 2),
                     bench::stream<small>("samepage", samepage_small(use), 2)},
                    {{"Boost message_queue", "samepage", direction::at_least, 3}}});
}

void loaned(bench::report& report, const installed& in) {
    bench::row row{"channel: 1 MiB loaned, one way, polling", {}, {}};
    row.contenders.push_back(sent_and_back("samepage, 64 B", {}));
    row.contenders.push_back(sent_and_back("samepage, 1 MiB loaned", {.capacity_bytes = mib, .loaned_bytes = mib}));
    row.contenders.push_back(sent_and_back("samepage, 64 B loaned", {.capacity_bytes = mib, .loaned_bytes = 64}));
#ifdef SAMEPAGE_BENCH_ICEORYX
    if (in.has_daemon) {
        const bench::peers::iceoryx<small, mib> there(in.directory), back(in.directory);
        row.contenders.push_back(as_peer(bench::there_and_back<small>("iceoryx, 1 MiB", there, back)));
    }
#else
    static_cast<void>(in);
#endif
    row.goals = {{"samepage, 1 MiB loaned", "samepage, 64 B", direction::at_most, 2}};
    report.measure(row);
}

// What one process copies into a ring of the channel's size.
bench::contender copied_alone() {
    constexpr std::size_t slots = 8;
    auto members = std::make_shared<bench::team>("memcpy");
    members->add(0, [] {
        auto& ring = bench::shared_with_children<std::array<large, slots>>();
        auto from = std::make_shared<large>();
        return [&ring, from](const bench::order& o) {
            std::uint64_t number = 0;
            return repeat(o, 1, [&] {
                from->stamp(++number);
                std::memcpy(&ring[number % slots], from.get(), sizeof(large));
                asm volatile("" : : "r"(&ring) : "memory");
            });
        };
    });
    return {"memcpy", [members](bench::nanoseconds length) { return members->slice(length); }, {}};
}

void large_copied(bench::report& report, const installed& in) {
    using bench::peers::descriptors;
    bench::row row{"channel: 64 KiB copied, stream", {}, {}};
    auto& all = row.contenders;
    all.push_back(copied_alone());
    all.push_back(bench::stream<large>("ring by hand", limit<bench::limits::ring<large, 8>>()));
    all.push_back(bench::stream<large>("samepage", samepage_large({.registered = true, .capacity_bytes = mib / 4})));
    all.push_back(as_peer(bench::stream<large>("Unix socket", descriptors<large>::unix_socket(waiting::sleeps))));
    add_streams<large>(all, in);
    row.goals = {{"memcpy", "samepage", direction::at_least, 0.7}};
    report.measure(row);
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report(bench::parse(argc, argv));
    const bench::own_directory names;
    std::printf("%s", bench::peers::left_out().c_str());
    installed in{names.path(), false};
#ifdef SAMEPAGE_BENCH_ICEORYX
    const bench::peers::roudi daemon(names.path());
    in.has_daemon = daemon.is_there();
    if (!in.has_daemon) std::printf("left out: iceoryx: its iox-roudi could not be started\n");
#endif
    polled(report, in);
    blocking(report, in);
    streams(report, in);
    two_writers(report);
    loaned(report, in);
    large_copied(report, in);
    return 0;
}
