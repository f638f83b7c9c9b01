// The role "sender", which does with channels what it is told, a line at a time.
// SPDX-License-Identifier: MIT
//
// Needs no test framework, so that a 32-bit build of it can play too. HANDLE, SUBSCRIBER and LOAN are any words.
//   channel HANDLE PLACE [ro | CAPACITY LOANS]          -> "created" or "opened"
//   send HANDLE TEXT, try_send HANDLE TEXT              -> the number
//   subscribe SUBSCRIBER HANDLE [oldest] [registered]   -> the number of its next message
//   receive SUBSCRIBER                                  -> "NUMBER MISSED TEXT" or "timed_out", without waiting
//   await SUBSCRIBER                                    -> the same; "sleeping" comes first, then it waits
//   borrow LOAN HANDLE TEXT                             -> "lent", with that text in it
//   publish LOAN, drop LOAN                             -> the number; "done"
//   flood HANDLE SENDER THREADS [ACKS]                  -> "flooding"; threads of it send flood_text() for ever, as
//       senders SENDER, SENDER + 1, …; the number of the last acknowledged one goes into the region ACKS
//   flood_bytes HANDLE BYTES                            -> "flooding"; one thread sends messages of that size for ever
//   follow SUBSCRIBER                                   -> "following"; receives for ever
//   message                                             -> the last error's sentence
// Every error is answered by its name alone: "timed_out".
#include "channel_actor.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/channel.hpp"

namespace {

using channel_actor::flood_text;
using samepage::channel_bytes;
using samepage::errc;
using samepage::forever;
using samepage::no_wait;
using samepage::subscriber_bytes;

[[noreturn]] void fail(const samepage::error& why) {
    std::fprintf(stderr, "a flooding sender: %s\n", why.message().c_str());
    std::abort();
}

// Sends message `number` and maybe the next one; how many.
std::uint64_t send_some(const channel_bytes& c, std::uint64_t sender, std::uint64_t number) {
    const std::string text = flood_text(sender, number), next = flood_text(sender, number + 1);
    if (number % 4 == 0) {
        auto loan = c.borrow(text.size(), forever);
        if (loan) {
            std::memcpy(loan->bytes().data(), text.data(), text.size());
            if (const auto sent = loan->publish(forever); !sent) fail(sent.error());
            return 1;
        }
        // Others may have borrowed all.
        if (loan.error().code() != errc::full && loan.error().code() != errc::busy) fail(loan.error());
    }
    if (number % 16 == 1) {
        const std::array<std::span<const std::byte>, 2> two = {std::as_bytes(std::span(text)),
                                                               std::as_bytes(std::span(next))};
        const auto sent = c.send_many(two, forever);
        if (!sent) fail(sent.error());
        return *sent;
    }
    if (const auto sent = c.send_text(text, forever); !sent) fail(sent.error());
    return 1;
}

struct stage {
    std::map<std::string, channel_bytes> channels;
    std::map<std::string, subscriber_bytes> subscribers;
    std::map<std::string, channel_bytes::loan> loans;
    std::map<std::string, samepage::region> regions;
    std::vector<std::thread> threads;
    std::string message;

    std::string refuse(const samepage::error& reason) {
        message = reason.message();
        return std::string(samepage::name_of(reason.code()));
    }
    template <class T>
    std::string number(const samepage::result<T>& r) {
        return r ? std::to_string(*r) : refuse(r.error());
    }

    std::string open(const std::string& handle, std::istringstream& words) {
        std::string place, how;
        words >> place >> how;
        samepage::channel_options options;
        if (how == "ro") {
            options.access = samepage::access::read_only;
        } else if (!how.empty()) {
            options.capacity_bytes = std::stoull(how);
            words >> options.loans;
        }
        auto made = channel_bytes::create(place, options);
        if (!made) return refuse(made.error());
        const std::string answer = made->created() ? "created" : "opened";
        channels[handle] = std::move(*made);
        return answer;
    }

    std::string subscribe(const std::string& name, std::istringstream& words) {
        std::string handle;
        words >> handle;
        samepage::subscribe_options options;
        for (std::string word; words >> word;) {
            if (word == "oldest") options.start = samepage::start::oldest;
            if (word == "registered") options.registered = true;
        }
        auto made = channels.at(handle).subscribe(options);
        if (!made) return refuse(made.error());
        subscribers[name] = std::move(*made);
        return std::to_string(subscribers[name].next_sequence());
    }

    std::string receive(const std::string& name, samepage::duration timeout) {
        const auto seen = subscribers.at(name).receive_text(timeout);
        if (!seen) return refuse(seen.error());
        return std::to_string(seen->sequence) + " " + std::to_string(seen->missed) + " " + seen->text;
    }

    std::string borrow(const std::string& name, std::istringstream& words) {
        std::string handle, text;
        words >> handle >> std::ws;
        std::getline(words, text);
        auto loan = channels.at(handle).borrow(text.size());
        if (!loan) return refuse(loan.error());
        std::memcpy(loan->bytes().data(), text.data(), text.size());
        loans[name] = std::move(*loan);
        return "lent";
    }

    std::string flood(const std::string& handle, std::istringstream& words) {
        std::uint64_t sender = 0;
        int count = 0;
        std::string acks;
        words >> sender >> count >> acks;
        if (!acks.empty()) {
            auto made = samepage::region::open(acks);
            if (!made) return refuse(made.error());
            regions[acks] = std::move(*made);
        }
        for (int i = 0; i < count; ++i, ++sender) {
            auto* const acknowledged = acks.empty() ? nullptr
                                                    : reinterpret_cast<std::atomic<std::uint64_t>*>(
                                                          regions[acks].data() + static_cast<std::size_t>(sender * 8));
            threads.emplace_back([&c = channels.at(handle), sender, acknowledged] {
                for (std::uint64_t n = 1;;) {
                    n += send_some(c, sender, n);
                    if (acknowledged != nullptr) acknowledged->store(n - 1);
                }
            });
        }
        return "flooding";
    }

    std::string flood_bytes(const std::string& handle, std::istringstream& words) {
        std::size_t bytes = 0;
        words >> bytes;
        threads.emplace_back([&c = channels.at(handle), text = std::string(bytes, 'x')] {
            while (c.send_text(text, forever)) continue;
            std::abort();
        });
        return "flooding";
    }

    std::string follow(const std::string& name) {
        threads.emplace_back([&s = subscribers.at(name)] {
            for (;;) {
                const auto seen = s.receive_text(forever);
                if (!seen) fail(seen.error());
                if (seen->missed != 0 && s.is_registered()) std::abort();
            }
        });
        return "following";
    }

    std::string act(const std::string& line) {
        std::istringstream words(line);
        std::string verb, handle;
        words >> verb >> handle;
        if (verb == "channel") return open(handle, words);
        if (verb == "subscribe") return subscribe(handle, words);
        if (verb == "receive") return receive(handle, no_wait);
        if (verb == "await") return runner::say("sleeping"), receive(handle, forever);
        if (verb == "borrow") return borrow(handle, words);
        if (verb == "publish") return number(loans.at(handle).publish());
        if (verb == "drop") return loans.erase(handle), "done";
        if (verb == "flood") return flood(handle, words);
        if (verb == "flood_bytes") return flood_bytes(handle, words);
        if (verb == "follow") return follow(handle);
        if (verb == "message") return message;
        std::string text;
        words >> std::ws;
        std::getline(words, text);
        if (verb == "send") return number(channels.at(handle).send_text(text));
        if (verb == "try_send") return number(channels.at(handle).send_text(text, no_wait));
        return "what is " + verb + "?";
    }
};

int play_sender(const runner::arguments&) {
    // Leaked: what ends is the process, and nothing is closed by hand.
    auto* const here = new stage;
    while (const auto line = runner::hear()) runner::say(here->act(*line));
    std::_Exit(0);
}

const runner::role sender("sender", &play_sender);

}  // namespace
