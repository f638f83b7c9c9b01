// samepage queue call: pushes jobs, waits for the worker's reply to each and prints it.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "../failure.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class queue_call : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        jobs_.declare_with_answers(a, "job", "reply");
        a.time("--timeout", timeout_, "Wait for each reply at most this long: 5s; then exit 4");
        a.size("--reply", reply_bytes_, "Room for the reply; default 64K");
        a.example("samepage queue call work \"add 2 3\"      some worker: samepage queue take work --count 0 -- ./add");
        a.example("samepage queue call resize - --raw < photo.jpg > small.jpg");
    }

    int run(bool json) override {
        jobs_.check();
        if (json && jobs_.end() != '\n') throw usage_error("--null, --raw and --json exclude each other");
        const queue_bytes q = open_queue(place_, false);
        const std::uint64_t reply_bytes_max = room(q);
        message_input input(jobs_, job_limits(place_, q, reply_bytes_max));
        for (auto some = input.next(); !some.empty(); some = input.next()) {
            for (const auto& job : some) print_reply(call(q, job, reply_bytes_max), json);
        }
        return status_ok;
    }

   private:
    // A small queue keeps room for more than one call.
    std::uint64_t room(const queue_bytes& q) const {
        constexpr std::uint64_t usual = std::uint64_t{64} << 10U;
        return reply_bytes_.value_or(std::min(usual, q.capacity_bytes() / 4));
    }

    std::string call(const queue_bytes& q, std::span<const std::byte> job, std::uint64_t reply_bytes_max) {
        const auto reply = q.call(job, timeout_.value_or(forever), reply_bytes_max);
        const std::string before = replies_ > 0 ? fmt::format(" ({} answered before it)", replies_) : "";
        if (!reply) throw failure(reply.error(), before);
        ++replies_;
        return {reinterpret_cast<const char*>(reply->data()), reply->size()};
    }

    void print_reply(std::string reply, bool json) const {
        if (json) reply = json_object().set("place", place_).bytes("reply", reply).dump();
        const auto end = jobs_.end();
        // What commands print ends with a newline already.
        if (end && !(end == '\n' && reply.ends_with('\n'))) reply += *end;
        print_now(reply);
    }

    std::string place_;
    messages jobs_;
    std::optional<duration> timeout_;
    std::optional<std::uint64_t> reply_bytes_;
    std::uint64_t replies_ = 0;
};

}  // namespace

std::unique_ptr<command> make_queue_call() { return std::make_unique<queue_call>(); }

}  // namespace samepage::cli
