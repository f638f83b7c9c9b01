// What every way to send is measured by: there and back, and a stream from one or two senders.
// SPDX-License-Identifier: MIT
//
// A way is as peers.hpp says: made before its processes are, with sender() and receiver() to be called in them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "message.hpp"
#include "team.hpp"

namespace bench {

inline contender measured_by(std::shared_ptr<team> members, std::string name) {
    return {std::move(name), [members](nanoseconds length) { return members->slice(length); },
            [members](nanoseconds length, histogram& into) { members->latencies(length, into); }};
}

// One process sends, the other answers, on processors of their own. An operation is one way: half of there and back.
template <class Message, class Way>
contender there_and_back(std::string name, const Way& there, const Way& back) {
    auto members = std::make_shared<team>(name);
    members->add(0, [&] {
        auto out = std::make_shared<decltype(there.sender())>(there.sender());
        auto in = std::make_shared<decltype(back.receiver())>(back.receiver());
        return [out, in](const order& o) {
            Message m{};
            std::uint64_t number = 0;
            const auto ask = [&](std::uint64_t with) {
                m.stamp(with);
                out->send(m);
                in->receive(m);
                if (m.number() != with) fail("the answer is another message's");
            };
            const std::uint64_t done = repeat(o, 2, [&] { ask(++number); });
            ask(last_number);
            return (done + 1) * 2;
        };
    });
    members->add(1, [&] {
        auto in = std::make_shared<decltype(there.receiver())>(there.receiver());
        auto out = std::make_shared<decltype(back.sender())>(back.sender());
        return [out, in](const order&) {
            Message m{};
            std::uint64_t counted = 0, number = 0;
            while (number != last_number) {
                in->receive(m);
                number = m.number();
                check_next(number, counted);
                m.stamp(number);
                out->send(m);
            }
            return std::uint64_t{0};
        };
    });
    return measured_by(std::move(members), std::move(name));
}

template <class Message, class Sender>
team::part streaming(std::shared_ptr<Sender> out, std::uint64_t origin) {
    return [out, origin](const order& o) {
        Message m{};
        std::uint64_t number = 0;
        const std::uint64_t done = repeat({o.length, nullptr}, 1, [&] {
            m.stamp(origin << 56 | ++number);
            out->send(m);
        });
        m.stamp(last_number);
        out->send(m);
        return done + 1;
    };
}

// As many messages as a slice takes, one after the other. One sender: each process has its processor. Two: they share.
template <class Message, class Way>
contender stream(std::string name, const Way& way, unsigned senders = 1) {
    auto members = std::make_shared<team>(name);
    for (unsigned i = 0; i < senders; ++i) {
        members->add(senders == 1 ? 0 : team::anywhere,
                     [&] { return streaming<Message>(std::make_shared<decltype(way.sender())>(way.sender()), i); });
    }
    members->add(senders == 1 ? 1 : team::anywhere, [&]() -> team::part {
        auto in = std::make_shared<decltype(way.receiver())>(way.receiver());
        return [in, senders](const order&) {
            Message m{};
            std::array<std::uint64_t, 2> counted{};
            for (unsigned ended = 0; ended < senders;) {
                in->receive(m);
                const std::uint64_t number = m.number();
                if (number == last_number) {
                    ++ended;
                } else {
                    check_next(number & (~std::uint64_t{0} >> 8), counted[number >> 56 & 1]);
                }
            }
            return std::uint64_t{0};
        };
    });
    return {name, [members](nanoseconds length) { return members->slice(length); }, {}};
}

}  // namespace bench
