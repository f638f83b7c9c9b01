// What nothing can be faster than, written by hand: a ring of slots, a line that bounces, a mailbox with a futex.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "beside.hpp"
#include "team.hpp"

namespace bench::limits {

// One producer, one consumer, fixed slots, an index of each on a line of its own, and a copy of the other's.
template <class T, std::size_t count>
class ring {
   public:
    void send(const T& item) {
        spin_until([&] {
            if (sent_ - received_seen_ < count) return true;
            // acquire: pairs with the release in receive() (room)
            received_seen_ = received_.load(std::memory_order_acquire);
            return sent_ - received_seen_ < count;
        });
        slots_[sent_ % count] = item;
        // release: pairs with the acquire in receive() (item)
        published_.store(++sent_, std::memory_order_release);
    }
    void receive(T& into) {
        spin_until([&] {
            if (taken_ != published_seen_) return true;
            // acquire: pairs with the release in send() (item)
            published_seen_ = published_.load(std::memory_order_acquire);
            return taken_ != published_seen_;
        });
        into = slots_[taken_ % count];
        // release: pairs with the acquire in send() (room)
        received_.store(++taken_, std::memory_order_release);
    }

   private:
    alignas(64) std::atomic<std::uint64_t> published_{0};  // written by the producer
    alignas(64) std::atomic<std::uint64_t> received_{0};   // written by the consumer
    alignas(64) std::uint64_t sent_ = 0;                   // the producer's own, as the next
    std::uint64_t received_seen_ = 0;
    alignas(64) std::uint64_t taken_ = 0;  // the consumer's own, as the next
    std::uint64_t published_seen_ = 0;
    alignas(64) std::array<T, count> slots_{};
};

// One message at a time, whose first word is what says that it is there: a single line goes to and fro.
template <class T>
class line {
   public:
    void send(const T& item) {
        for (std::size_t i = 1; i < item.words.size(); ++i) {
            // relaxed: the release below publishes them
            words_[i].store(item.words[i], std::memory_order_relaxed);
        }
        // release: pairs with the acquire in receive() (item)
        words_[0].store(item.words[0], std::memory_order_release);
    }
    void receive(T& into) {
        spin_until([&] {
            // acquire: pairs with the release in send() (item)
            into.words[0] = words_[0].load(std::memory_order_acquire);
            return into.words[0] != seen_;
        });
        seen_ = into.words[0];
        // relaxed: the acquire above orders them, and nobody writes before the answer
        for (std::size_t i = 1; i < into.words.size(); ++i) into.words[i] = words_[i].load(std::memory_order_relaxed);
    }

   private:
    alignas(64) std::array<std::atomic<std::uint64_t>, sizeof(T) / 8> words_{};
    alignas(64) std::uint64_t seen_ = 0;  // the receiver's own
};

// One message at a time, and a receiver that sleeps. For to and fro only: nobody waits for an empty mailbox.
template <class T>
class mailbox {
   public:
    void send(const T& item) {
        item_ = item;
        full_ = 1;
        futex_wake(full_);
    }
    void receive(T& into) {
        while (full_ == 0) futex_wait(full_, 0);
        into = item_;
        full_ = 0;
    }

   private:
    alignas(64) std::atomic<std::uint32_t> full_{0};
    alignas(64) T item_{};
};

}  // namespace bench::limits
