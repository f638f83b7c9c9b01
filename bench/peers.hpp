// Peers that every Linux has or Boost brings: pipe, Unix socket, Boost message_queue.
// SPDX-License-Identifier: MIT
//
// A way to send T is a class that is made before its processes are, with sender() and receiver() to be called in them:
// these give what has send(const T&) or receive(T&).
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "beside.hpp"
#include "team.hpp"

namespace bench::peers {

enum class waiting : std::uint8_t { sleeps, polls };

// Bytes through a pipe or a Unix stream socket.
template <class T>
class descriptors {
   public:
    static descriptors pipe(waiting how) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) fail("pipe");
        return descriptors(ends[1], ends[0], how);
    }
    static descriptors unix_socket(waiting how) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) fail("socketpair");
        return descriptors(ends[1], ends[0], how);
    }

    class end {
       public:
        explicit end(int descriptor) : descriptor_(descriptor) {}
        void send(const T& item) {
            move(reinterpret_cast<const std::byte*>(&item),
                 [&](const std::byte* from, std::size_t count) { return ::write(descriptor_, from, count); });
        }
        void receive(T& into) {
            move(reinterpret_cast<std::byte*>(&into),
                 [&](std::byte* to, std::size_t count) { return ::read(descriptor_, to, count); });
        }

       private:
        template <class Byte, class Call>
        static void move(Byte* at, Call&& call) {
            for (std::size_t moved = 0; moved < sizeof(T);) {
                ssize_t count = -1;
                spin_until([&] { return (count = call(at + moved, sizeof(T) - moved)) >= 0 || errno != EAGAIN; });
                if (count <= 0) fail("read or write");
                moved += static_cast<std::size_t>(count);
            }
        }
        int descriptor_;
    };
    end sender() const { return end(from_); }
    end receiver() const { return end(to_); }

   private:
    descriptors(int from, int to, waiting how) : from_(from), to_(to) {
        if (how == waiting::sleeps) return;
        for (const int descriptor : {from, to}) ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    }
    int from_, to_;  // closed at the program's end, as the processes that use them are gone
};

// Boost.Interprocess: one mutex, two conditions, a heap of messages ordered by priority.
template <class T>
class boost_queue {
   public:
    explicit boost_queue(waiting how, std::size_t messages_max = 1024) : how_(how) {
        static unsigned number = 0;
        const std::string name = "samepage-bench-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
        namespace ipc = boost::interprocess;
        queue_ = std::make_shared<ipc::message_queue>(ipc::create_only, name.c_str(), messages_max, sizeof(T));
        ipc::message_queue::remove(name.c_str());  // the processes inherit what is mapped
    }

    void send(const T& item) {
        if (how_ == waiting::sleeps) return queue_->send(&item, sizeof item, 0);
        spin_until([&] { return queue_->try_send(&item, sizeof item, 0); });
    }
    void receive(T& into) {
        std::size_t size = 0;
        unsigned priority = 0;
        if (how_ == waiting::sleeps) {
            queue_->receive(&into, sizeof into, size, priority);
        } else {
            spin_until([&] { return queue_->try_receive(&into, sizeof into, size, priority); });
        }
    }
    boost_queue sender() const { return *this; }
    boost_queue receiver() const { return *this; }

   private:
    waiting how_;
    std::shared_ptr<boost::interprocess::message_queue> queue_;
};

}  // namespace bench::peers
