// Redis as a peer of tables, where redis-server and libhiredis-dev are: over a Unix socket, and it writes no file.
// SPDX-License-Identifier: MIT
#pragma once

#include <hiredis/hiredis.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "beside.hpp"
#include "table_peers.hpp"

namespace bench::peers {

// The daemon, for as long as this object.
class redis_server {
   public:
    explicit redis_server(const std::string& folder)
        : process_([socket = folder + "/redis"] {
              ::execl(SAMEPAGE_BENCH_REDIS_SERVER, "redis-server", "--port", "0", "--unixsocket", socket.c_str(),
                      "--save", "", "--loglevel", "warning", "--logfile", "/dev/null", static_cast<char*>(nullptr));
              std::_Exit(1);
          }) {}
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;
    ~redis_server() { process_.terminate(); }

   private:
    child process_;
};

class redis {
    struct freed {
        void operator()(redisReply* r) const { freeReplyObject(r); }
        void operator()(redisContext* c) const { redisFree(c); }
    };
    using reply = std::unique_ptr<redisReply, freed>;

   public:
    explicit redis(const std::string& folder) {
        const std::string socket = folder + "/redis";
        spin_until([&] {
            connection_.reset(redisConnectUnix(socket.c_str()));
            return connection_ != nullptr && connection_->err == 0;
        });
    }
    bool get(std::uint64_t key, value64& into) const {
        const reply r = ask("GET %b", &key, sizeof key);
        if (r->type != REDIS_REPLY_STRING || r->len != sizeof into) return false;
        std::memcpy(&into, r->str, sizeof into);
        return true;
    }
    void put(std::uint64_t key, const value64& v) { ask("SET %b %b", &key, sizeof key, &v, sizeof v); }
    void erase(std::uint64_t key) { ask("DEL %b", &key, sizeof key); }
    // Many under way at once, to fill it.
    template <class Each>
    void fill(std::uint64_t count, Each&& each) {
        constexpr std::uint64_t together = 1000;
        for (std::uint64_t i = 0; i < count; i += together) {
            const std::uint64_t end = std::min(count, i + together);
            for (std::uint64_t n = i; n < end; ++n) {
                const auto [key, value] = each(n);
                redisAppendCommand(connection_.get(), "SET %b %b", &key, sizeof key, &value, sizeof value);
            }
            for (std::uint64_t n = i; n < end; ++n) {
                void* r = nullptr;
                if (redisGetReply(connection_.get(), &r) != REDIS_OK)
                    fail("Redis: " + std::string(connection_->errstr));
                reply(static_cast<redisReply*>(r));
            }
        }
    }

   private:
    template <class... Arguments>
    reply ask(const char* command, Arguments... arguments) const {
        reply r(static_cast<redisReply*>(redisCommand(connection_.get(), command, arguments...)));
        if (r == nullptr || r->type == REDIS_REPLY_ERROR) fail("Redis: " + std::string(connection_->errstr));
        return r;
    }
    std::unique_ptr<redisContext, freed> connection_;
};

}  // namespace bench::peers
