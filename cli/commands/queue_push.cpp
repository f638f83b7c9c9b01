// samepage queue push: adds jobs to a queue.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>

#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr duration slice = std::chrono::milliseconds(200);  // so that an interrupt is heard

class queue_push : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        jobs_.declare(a, "job");
        a.time("--timeout", timeout_, "Wait for room at most this long: 5s; then exit 4, or 7 for 0");
        a.size("--capacity", capacity_bytes_, "Bytes of room for all jobs together, for a new queue; default 1M");
        holding_.declare(a, false);
        a.example("samepage queue push work \"resize photo.jpg\"     a queue that somebody holds");
        a.example("ls *.jpg | samepage queue push ./work -         each line is a job; a file");
    }

    int run(bool json) override {
        catch_interrupts();
        if (holding_.asked()) holding_.begin();
        std::optional<queue_bytes> q;
        jobs_.for_each([&](std::string_view job) {
            if (!q) q = open_queue(place_, holding_.asked(), capacity_bytes_);
            const std::uint64_t id = push(*q, job);
            if (!json) return;
            print_line(json_object().set("place", place_).set("id", id).dump());
            flush_output();
        });
        if (!q) q = open_queue(place_, holding_.asked(), capacity_bytes_);  // no job, and the place is looked at
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&q] { return q->check_name(); });
    }

   private:
    std::uint64_t push(const queue_bytes& q, std::string_view job) {
        const auto begun = clock::now();
        for (bool told = false;;) {
            duration left = timeout_ ? *timeout_ - (clock::now() - begun) : forever;
            const auto id = q.push_text(job, std::clamp(left, no_wait, slice));
            if (id) return *id;
            const bool waits = id.error().code() == errc::timed_out && left > slice;
            if (!waits) throw failure(id.error());
            if (interrupted()) end_interrupted();
            if (!told) hint("Waiting: " + std::string(id.error().detail()));
            told = true;
            need(q.check_name());
        }
    }

    std::string place_;
    messages jobs_;
    std::optional<duration> timeout_;
    std::optional<std::uint64_t> capacity_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_queue_push() { return std::make_unique<queue_push>(); }

}  // namespace samepage::cli
