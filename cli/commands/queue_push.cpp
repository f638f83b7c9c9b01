// samepage queue push: adds jobs to a queue.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class queue_push : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        jobs_.declare(a, "job");
        a.time("--timeout", timeout_, "Wait for room at most this long: 5s; then exit 4, or 7 for 0");
        shape_.declare(a);
        holding_.declare(a, false);
        a.example("samepage queue push work \"resize photo.jpg\"     a queue that somebody holds");
        a.example("ls *.jpg | samepage queue push ./work -         each line is a job; a file");
    }

    int run(bool json) override {
        jobs_.check();
        if (holding_.asked()) holding_.begin();
        queue_ = open_queue(place_, holding_.asked(), shape_);
        message_input input(jobs_, job_limits(place_, queue_));
        for (auto some = input.next(); !some.empty(); some = input.next()) {
            for (const auto& job : some) {
                const std::uint64_t id = push(job);
                if (json) print_now(json_object().set("place", place_).set("id", id).dump() + '\n');
            }
        }
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [this] { return queue_.check_name(); });
    }

   private:
    std::uint64_t push(std::span<const std::byte> job) {
        bool told = false;
        const auto id = in_slices(
            timeout_.value_or(forever), [&](duration time) { return queue_.push(job, time); },
            [&](const samepage::error& why) {
                need(queue_.check_name());
                if (!told) hint("Waiting: " + std::string(why.detail()) + " (Ctrl-C ends)");
                told = true;
            });
        if (!id) throw failure(id.error(), pushed_ > 0 ? fmt::format(" ({} pushed before it)", pushed_) : "");
        ++pushed_;
        return *id;
    }

    std::string place_;
    messages jobs_;
    std::optional<duration> timeout_;
    queue_shape shape_;
    holding holding_;
    queue_bytes queue_;
    std::uint64_t pushed_ = 0;
};

}  // namespace

std::unique_ptr<command> make_queue_push() { return std::make_unique<queue_push>(); }

}  // namespace samepage::cli
