// Locks: what they cost alone, how soon a dead owner is followed, and whether every contender gets its turn.
// SPDX-License-Identifier: MIT
//
// Operations:
//   lock + unlock     nobody else there. The limit is a std::mutex of this process.
//   death to success  another process takes the lock and is killed (kill -9) while this one waits: the time from the
//                     kill to the moment when this one has the lock, and knows that its owner died.
//   fairness          eight processes take the lock over and over: the turns of the slowest ÷ the mean.
// The peer is a robust process-shared pthread mutex.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "beside.hpp"
#include "harness.hpp"
#include "samepage/lock.hpp"

namespace {

namespace ipc = boost::interprocess;
using clock = std::chrono::steady_clock;

using bench::value_or_fail;
using direction = bench::goal::direction;
using samepage::wait_strategy;

// A robust process-shared mutex, in shared memory.
class robust_mutex {
   public:
    robust_mutex() {
        pthread_mutexattr_t how;
        ::pthread_mutexattr_init(&how);
        ::pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
        ::pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
        if (::pthread_mutex_init(&mutex_, &how) != 0) bench::fail("pthread_mutex_init");
        ::pthread_mutexattr_destroy(&how);
    }

    // True: its owner died.
    bool lock() { return is_from_dead(::pthread_mutex_lock(&mutex_)); }
    bool lock_spinning() {
        int status = EBUSY;
        while ((status = ::pthread_mutex_trylock(&mutex_)) == EBUSY) std::this_thread::yield();
        return is_from_dead(status);
    }
    void unlock() { ::pthread_mutex_unlock(&mutex_); }

   private:
    bool is_from_dead(int status) {
        if (status == 0) return false;
        if (status != EOWNERDEAD) bench::fail("pthread_mutex_lock");
        ::pthread_mutex_consistent(&mutex_);
        return true;
    }
    pthread_mutex_t mutex_;
};

samepage::lock opened(const char* name, wait_strategy strategy = wait_strategy::spin_then_sleep) {
    samepage::lock_options options;
    options.strategy = strategy;
    return value_or_fail(samepage::lock::create(name, options));
}

// Takes it, repaired. True: its owner died.
bool take(const samepage::lock& from, samepage::lock::held& into) {
    into = value_or_fail(from.acquire());
    const bool died = into.owner_died();
    into.mark_repaired();
    return died;
}

// ---- Alone ---------------------------------------------------------------------------------------------------------

void alone(bench::report& report) {
    // A process with one thread only gets a std::mutex without atomic instructions: that is no lock.
    std::promise<void> end;
    std::thread another([ended = end.get_future()] { ended.wait(); });
    std::mutex limit;
    robust_mutex& robust = bench::shared_with_children<robust_mutex>();
    ipc::interprocess_mutex& boost = bench::shared_with_children<ipc::interprocess_mutex>();
    const samepage::lock lock = opened("alone");
    report.measure({"lock + unlock, nobody else there",
                    {bench::repeated("private std::mutex", [&] { limit.lock(), limit.unlock(); }),
                     bench::repeated("robust pthread mutex", [&] { robust.lock(), robust.unlock(); }),
                     bench::repeated("Boost interprocess_mutex", [&] { boost.lock(), boost.unlock(); }),
                     bench::repeated("samepage",
                                     [&] {
                                         if (!lock.acquire()) bench::fail("a free lock can't be had");
                                     })},
                    {}});
    end.set_value();
    another.join();
}

// ---- From kill -9 to the next owner --------------------------------------------------------------------------------

// Between the owner that dies and the one that waits.
struct scene {
    std::atomic<bool> owned{false}, awaited{false};
    std::atomic<std::int64_t> killed_at_ns{0};
};

std::int64_t now_ns() { return std::chrono::nanoseconds(clock::now().time_since_epoch()).count(); }

// `own` takes the lock in a process of its own, which then dies; `follow` waits for it here and says whether it heard
// of the death; `release` gives it back.
bench::contender following(std::string name, std::function<void()> own, std::function<bool()> follow,
                           std::function<void()> release) {
    scene& s = bench::shared_with_children<scene>();
    unsigned deaths = 0;
    return {std::move(name), [&s, own, follow, release, deaths](bench::nanoseconds) mutable {
                s.owned = s.awaited = false;
                // Deaths fall everywhere into the slices in which a sleeper sleeps.
                const auto asleep = std::chrono::milliseconds(20) + std::chrono::microseconds(deaths++ * 1700 % 10000);
                bench::child owner([&] {
                    bench::pin(1);
                    own();
                    s.owned = true;
                    while (!s.awaited) std::this_thread::yield();
                    std::this_thread::sleep_for(asleep);
                    s.killed_at_ns = now_ns();
                    ::kill(::getpid(), SIGKILL);
                });
                while (!s.owned) std::this_thread::yield();
                s.awaited = true;
                if (!follow()) bench::fail("the next owner didn't hear of the death");
                const auto followed_after = now_ns() - s.killed_at_ns;
                release();
                owner.wait();
                return static_cast<double>(followed_after);
            }};
}

void after_a_death(bench::report& report) {
    robust_mutex& sleeping_mutex = bench::shared_with_children<robust_mutex>();
    robust_mutex& spinning_mutex = bench::shared_with_children<robust_mutex>();
    const samepage::lock sleeping = opened("sleeping", wait_strategy::sleep);
    const samepage::lock spinning = opened("spinning", wait_strategy::spin);
    samepage::lock::held held;
    // The owner's handle and what it holds live until its process is killed.
    const auto own = [](const char* name) {
        return [name] {
            auto* const lock = new samepage::lock(opened(name));
            take(*lock, *new samepage::lock::held());
        };
    };
    const auto let_go = [&] {
        if (!held.release()) bench::fail("the lock can't be released");
    };
    report.measure({"lock: from kill -9 of the owner to the next owner's success",
                    {following(
                         "robust mutex, sleeper", [&] { sleeping_mutex.lock(); }, [&] { return sleeping_mutex.lock(); },
                         [&] { sleeping_mutex.unlock(); }),
                     following(
                         "samepage, sleeper", own("sleeping"), [&] { return take(sleeping, held); }, let_go),
                     following(
                         "robust mutex, spinner", [&] { spinning_mutex.lock(); },
                         [&] { return spinning_mutex.lock_spinning(); }, [&] { spinning_mutex.unlock(); }),
                     following(
                         "samepage, spinner", own("spinning"), [&] { return take(spinning, held); }, let_go)},
                    {{"samepage, sleeper", "", direction::at_most, 20e6},
                     {"samepage, spinner", "robust mutex, spinner", direction::at_most, 2}},
                    60,
                    "ns"});
}

// ---- Fairness ------------------------------------------------------------------------------------------------------

constexpr std::size_t contenders_count = 8;

struct contest {
    std::atomic<unsigned> ready{0};
    std::atomic<bool> started{false}, ended{false};
    std::uint64_t guarded = 0;  // changed by the lock's owner only
    std::array<std::uint64_t, contenders_count> turns{};
};

using turn = std::function<void()>;
using contender_loop = std::function<void(const turn&)>;  // takes the lock, calls its argument, releases the lock

// `prepare` is called in each contender. A contest lasts for `slices` slices.
bench::contender contended(std::string name, int slices, std::function<contender_loop()> prepare) {
    return {std::move(name), [prepare = std::move(prepare), slices](bench::nanoseconds slice) {
                contest& c = bench::shared_with_children<contest>();
                std::vector<bench::child> all;
                for (std::size_t i = 0; i < contenders_count; ++i) {
                    all.emplace_back([&c, &prepare, i] {
                        const auto with_lock = prepare();
                        const turn once = [&] { ++c.guarded, ++c.turns[i]; };
                        ++c.ready;
                        while (!c.started) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                        while (!c.ended) with_lock(once);
                    });
                }
                while (c.ready < contenders_count) std::this_thread::yield();
                c.started = true;
                std::this_thread::sleep_for(slice * slices);
                c.ended = true;
                for (bench::child& one : all) {
                    if (one.wait() != 0) bench::fail("a contender failed");
                }
                const auto sum = std::accumulate(c.turns.begin(), c.turns.end(), std::uint64_t{0});
                if (sum != c.guarded) bench::fail("two owned the lock at a time");
                const auto slowest = *std::min_element(c.turns.begin(), c.turns.end());
                return 100.0 * static_cast<double>(slowest) * contenders_count /
                       static_cast<double>(std::max<std::uint64_t>(sum, 1));
            }};
}

void fairness(bench::report& report, bool tiny) {
    robust_mutex& robust = bench::shared_with_children<robust_mutex>();
    const samepage::lock held_open = opened("contended");
    const int slices = tiny ? 10 : 1000;  // ten seconds
    report.measure({"lock: 8 contenders, the slowest one's turns in % of the mean (shared cores)",
                    {contended("robust pthread mutex", slices,
                               [&]() -> contender_loop {
                                   return [&](const turn& once) { robust.lock(), once(), robust.unlock(); };
                               }),
                     contended("samepage", slices,
                               [] {
                                   // std::function wants what can be copied.
                                   const auto lock = std::make_shared<samepage::lock>(opened("contended"));
                                   return [lock](const turn& once) {
                                       const auto held = value_or_fail(lock->acquire());
                                       once();
                                   };
                               })},
                    {{"samepage", "", direction::at_least, 25}},
                    3,
                    "% of mean"});
}

}  // namespace

int main(int argc, char** argv) {
    const bench::options chosen = bench::parse(argc, argv);
    bench::report report(chosen);
    const bench::own_directory names;
    fairness(report, chosen.tiny);  // first: its processes may run on every processor
    bench::pin(0);
    alone(report);
    after_a_death(report);
    return 0;
}
