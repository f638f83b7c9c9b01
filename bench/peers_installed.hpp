// Peers that are there where their packages are: ZeroMQ, nng, iceoryx. Those that aren't are named by left_out().
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "beside.hpp"
#include "team.hpp"

#ifdef SAMEPAGE_BENCH_ZEROMQ
#include <zmq.h>
#endif
#ifdef SAMEPAGE_BENCH_NNG
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#endif
#ifdef SAMEPAGE_BENCH_ICEORYX
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>
#endif

namespace bench::peers {

// "left out: …", a line for each that is missing; empty: none is.
std::string left_out();

// An address of its own in `directory`.
std::string ipc_address(const std::string& directory);

#ifdef SAMEPAGE_BENCH_ZEROMQ
// A pair of sockets over ipc. ZeroMQ moves messages in threads of its own, so it always sleeps.
template <class T>
class zeromq {
   public:
    explicit zeromq(const std::string& directory) : address_(ipc_address(directory)) {}

    class end {
       public:
        end(const std::string& address, bool binds) : socket_(::zmq_socket(context(), ZMQ_PAIR)) {
            const int status = binds ? ::zmq_bind(socket_, address.c_str()) : ::zmq_connect(socket_, address.c_str());
            if (socket_ == nullptr || status != 0) fail("ZeroMQ: " + address);
        }
        void send(const T& item) {
            if (::zmq_send(socket_, &item, sizeof item, 0) != sizeof item) fail("zmq_send");
        }
        void receive(T& into) {
            if (::zmq_recv(socket_, &into, sizeof into, 0) != sizeof into) fail("zmq_recv");
        }

       private:
        static void* context() {
            static void* const one = ::zmq_ctx_new();
            return one;
        }
        void* socket_;  // for as long as its process lives
    };
    end sender() const { return end(address_, true); }
    end receiver() const { return end(address_, false); }

   private:
    std::string address_;
};
#endif

#ifdef SAMEPAGE_BENCH_NNG
// A pair of sockets over ipc. nng moves messages in threads of its own, so it always sleeps.
template <class T>
class nng {
   public:
    explicit nng(const std::string& directory) : address_(ipc_address(directory)) {}

    class end {
       public:
        end(const std::string& address, bool listens) {
            nng_listener listener{};
            nng_dialer dialer{};
            // A dialer that doesn't block goes on trying.
            if (::nng_pair0_open(&socket_) != 0 ||
                (listens ? ::nng_listen(socket_, address.c_str(), &listener, 0)
                         : ::nng_dial(socket_, address.c_str(), &dialer, NNG_FLAG_NONBLOCK)) != 0) {
                fail("nng: " + address);
            }
        }
        void send(const T& item) {
            if (::nng_send(socket_, const_cast<T*>(&item), sizeof item, 0) != 0) fail("nng_send");
        }
        void receive(T& into) {
            std::size_t size = sizeof into;
            if (::nng_recv(socket_, &into, &size, 0) != 0 || size != sizeof into) fail("nng_recv");
        }

       private:
        nng_socket socket_{};
    };
    end sender() const { return end(address_, true); }
    end receiver() const { return end(address_, false); }

   private:
    std::string address_;
};
#endif

#ifdef SAMEPAGE_BENCH_ICEORYX
// iceoryx's daemon, for as long as this object. Where one is running already, that one is used.
class roudi {
   public:
    explicit roudi(const std::string& directory);
    ~roudi();
    roudi(const roudi&) = delete;
    roudi& operator=(const roudi&) = delete;
    bool is_there() const { return is_there_; }

   private:
    std::unique_ptr<child> process_;
    bool is_there_ = false;
};

// T at the beginning of a chunk that is loaned and published; the receiver polls and reads it in place. No chunk is
// lost: a publisher waits for the subscriber.
template <class T, std::size_t chunk_bytes = sizeof(T)>
class iceoryx {
   public:
    explicit iceoryx(const std::string& /*directory*/) : name_(ipc_address("")) {}

    class publisher {
       public:
        explicit publisher(const std::string& name) {
            joined();
            iox::popo::PublisherOptions options;
            options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
            port_ = std::make_unique<iox::popo::UntypedPublisher>(service(name), options);
            spin_until([&] { return port_->hasSubscribers(); });
        }
        void send(const T& item) {
            bool sent = false;
            spin_until([&] {  // no chunk is free while the subscriber has them all
                port_->loan(chunk_bytes)
                    .and_then([&](void* chunk) {
                        std::memcpy(chunk, &item, sizeof item);
                        port_->publish(chunk);
                        sent = true;
                    })
                    .or_else([](iox::popo::AllocationError) {});
                return sent;
            });
        }

       private:
        std::unique_ptr<iox::popo::UntypedPublisher> port_;
    };

    class subscriber {
       public:
        explicit subscriber(const std::string& name) {
            joined();
            iox::popo::SubscriberOptions options;
            options.queueCapacity = 256;
            options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
            port_ = std::make_unique<iox::popo::UntypedSubscriber>(service(name), options);
            spin_until([&] { return port_->getSubscriptionState() == iox::SubscribeState::SUBSCRIBED; });
        }
        void receive(T& into) {
            spin_until([&] {
                auto taken = port_->take();
                if (taken.has_error()) return false;
                std::memcpy(&into, taken.value(), sizeof into);
                port_->release(taken.value());
                return true;
            });
        }

       private:
        std::unique_ptr<iox::popo::UntypedSubscriber> port_;
    };
    publisher sender() const { return publisher(name_); }
    subscriber receiver() const { return subscriber(name_); }

   private:
    static void joined() {
        iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kOff,
                                                                 iox::log::LogLevelOutput::kHideLogLevel);
        static iox::runtime::PoshRuntime& runtime = iox::runtime::PoshRuntime::initRuntime(
            iox::RuntimeName_t(iox::cxx::TruncateToCapacity, "samepage-bench-" + std::to_string(::getpid())));
        static_cast<void>(runtime);
    }
    static iox::capro::ServiceDescription service(const std::string& name) {
        return {"samepage", "bench", iox::capro::IdString_t(iox::cxx::TruncateToCapacity, name)};
    }
    std::string name_;
};
#endif

}  // namespace bench::peers
