// Queues: jobs of 64 bytes from one producer to two workers, beside Boost message_queue.
// SPDX-License-Identifier: MIT
//
// Operations, in three processes that share the processors:
//   jobs   the producer pushes, the workers take and acknowledge, until each has taken a job that says "the last". Jobs
//          are whole, and none is lost or doubled: their numbers are added up.
// Messages of Boost message_queue are gone when they are received: a worker's death loses one. No limit is known.
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "beside.hpp"
#include "harness.hpp"
#include "message.hpp"
#include "peers.hpp"
#include "samepage/queue.hpp"
#include "ways.hpp"

namespace {

using bench::value_or_fail;
using job = bench::message<64>;
using direction = bench::goal::direction;

constexpr unsigned workers = 2;

// What the processes of one contender found out in a slice.
struct tally {
    std::atomic<std::uint64_t> pushed{0}, taken{0};
    std::atomic<std::uint64_t> sum_pushed{0}, sum_taken{0};
};

class samepage_queue {
   public:
    explicit samepage_queue(samepage::wait_strategy strategy) : strategy_(strategy) {
        static unsigned number = 0;
        name_ = "queue" + std::to_string(++number);
        held_ = std::make_shared<samepage::queue_bytes>(open());
    }
    class end {
       public:
        explicit end(samepage::queue_bytes queue) : queue_(std::move(queue)) {}
        void send(const job& j) {
            const auto pushed = queue_.push(std::as_bytes(std::span(&j, 1)), patience);
            if (!pushed) bench::fail(pushed.error().message());
        }
        void receive(job& into) {
            auto taken = queue_.take(patience);
            if (!taken) bench::fail(taken.error().message());
            if (taken->bytes().size() != sizeof into) bench::fail("a job has another size");
            std::memcpy(&into, taken->bytes().data(), sizeof into);
            if (const auto done = taken->acknowledge(); !done) bench::fail(done.error().message());
        }

       private:
        static constexpr std::chrono::seconds patience{30};
        samepage::queue_bytes queue_;
    };
    end sender() const { return end(open()); }
    end receiver() const { return end(open()); }

   private:
    samepage::queue_bytes open() const {
        samepage::queue_options options;
        options.capacity_bytes = std::uint64_t{128} << 10;  // as many jobs as the peer has room for
        options.strategy = strategy_;
        return value_or_fail(samepage::queue_bytes::create(name_, options));
    }
    samepage::wait_strategy strategy_;
    std::string name_;
    std::shared_ptr<samepage::queue_bytes> held_;
};

template <class Way>
bench::contender jobs(std::string name, const Way& way) {
    auto members = std::make_shared<bench::team>(name);
    tally& all = bench::shared_with_children<tally>();
    members->add(bench::team::anywhere, [&] {
        auto out = std::make_shared<decltype(way.sender())>(way.sender());
        return [out, &all](const bench::order& o) {
            job j{};
            std::uint64_t number = 0, sum = 0;
            const std::uint64_t done = bench::repeat({o.length, nullptr}, 1, [&] {
                j.stamp(++number);
                sum += number;
                out->send(j);
            });
            j.stamp(bench::last_number);
            for (unsigned i = 0; i < workers; ++i) out->send(j);
            all.pushed += done;
            all.sum_pushed += sum;
            return done;
        };
    });
    for (unsigned i = 0; i < workers; ++i) {
        members->add(bench::team::anywhere, [&]() -> bench::team::part {
            auto in = std::make_shared<decltype(way.receiver())>(way.receiver());
            return [in, &all](const bench::order&) {
                job j{};
                std::uint64_t taken = 0, sum = 0, number = 0;
                for (;;) {
                    in->receive(j);
                    number = j.number();
                    if (number == bench::last_number) break;
                    ++taken;
                    sum += number;
                }
                all.taken += taken;
                all.sum_taken += sum;
                return std::uint64_t{0};
            };
        });
    }
    return {std::move(name),
            [members, &all](bench::nanoseconds length) {
                const double time = members->slice(length);
                if (all.pushed != all.taken || all.sum_pushed != all.sum_taken) bench::fail("a job is lost or doubled");
                return time;
            },
            {}};
}

}  // namespace

int main(int argc, char** argv) {
    bench::report report(bench::parse(argc, argv));
    const bench::own_directory names;
    using bench::peers::boost_queue;
    using bench::peers::waiting;
    report.measure({"queue: 64 B jobs, one producer, two workers (shared cores)",
                    {jobs("Boost message_queue", boost_queue<job>(waiting::sleeps)),
                     jobs("samepage", samepage_queue(samepage::wait_strategy::spin_then_sleep)),
                     jobs("samepage, sleep", samepage_queue(samepage::wait_strategy::sleep))},
                    {{"Boost message_queue", "samepage", direction::at_least, 3}}});
    return 0;
}
