// samepage queue take: takes jobs from a queue, and prints them or runs a command on each.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "../failure.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../run_job.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;
using job = queue_bytes::job;

constexpr duration slice = std::chrono::milliseconds(200);  // so that an interrupt is heard

class queue_take : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.number("--count", count_, "N", "End after N jobs; default 1; 0 goes on for ever");
        a.time("--timeout", timeout_, "Wait for each job at most this long: 5s; then exit 4");
        format_.declare(a, "job");
        a.size("--capacity", capacity_bytes_, "Bytes of room for all jobs together, for a new queue; default 1M");
        a.command(command_);
        a.example("samepage queue take work                             prints one job; it is done then");
        a.example(
            "samepage queue take work --count 0 -- ./resize       a job on standard input; 0 says that it is done");
    }

    int run(bool json) override {
        format_.check(json);
        catch_interrupts();
        // Who waits makes the queue and holds it; who doesn't has nothing to hold.
        const queue_bytes q = open_queue(place_, !timeout_ || *timeout_ > no_wait, capacity_bytes_);
        const std::uint64_t count = count_.value_or(1);
        for (std::uint64_t done = 0; count == 0 || done < count; ++done) {
            job j = next(q);
            if (const int status = handle(j, json); status != 0) return status;
            if (interrupted()) end_interrupted();
        }
        return status_ok;
    }

   private:
    job next(const queue_bytes& q) const {
        const auto begun = clock::now();
        for (;;) {
            const duration left = timeout_ ? *timeout_ - (clock::now() - begun) : forever;
            auto got = q.take(std::clamp(left, no_wait, slice));
            if (got) return *std::move(got);
            const bool none = got.error().code() == errc::timed_out || got.error().code() == errc::empty;
            if (!none) throw failure(got.error());
            // An answer, also where a command was to run: there was no job.
            if (left <= slice) throw failure(status_timed_out, "timed_out", got.error().message()).as_answer();
            if (interrupted()) end_interrupted();
            need(q.check_name());
        }
    }

    // The exit status, 0 to go on. A job that isn't done is given back.
    int handle(job& j, bool json) {
        int status = status_ok;
        if (command_.empty()) {
            if (!json) format_.print(j.text());
        } else {
            status = run_on(j);
            if (status != 0) need(j.give_back());
        }
        if (json) print_line(as_json(j, status).dump());
        flush_output();
        if (status == 0 && j.is_mine()) need(j.acknowledge());
        return status;
    }

    int run_on(job& j) {
        set_environment("SAMEPAGE_JOB_ID", std::to_string(j.id()).c_str());
        set_environment("SAMEPAGE_JOB_DELIVERIES", std::to_string(j.deliveries()).c_str());
        if (!j.is_call()) return run_with_input(command_, j.text(), nullptr, 0);
        std::string reply;
        const int status = run_with_input(command_, j.text(), &reply, j.reply_bytes_max() + 1);
        if (status == 0) need(j.reply_text(reply));
        return status;
    }

    json_object as_json(const job& j, int status) const {
        json_object row;
        row.set("place", place_).set("id", j.id()).set("deliveries", std::uint64_t{j.deliveries()});
        row.set("call", j.is_call()).bytes("value", j.text());
        if (!command_.empty()) row.set("status", static_cast<std::uint64_t>(status));
        return row;
    }

    std::string place_;
    std::optional<std::uint64_t> count_, capacity_bytes_;
    std::optional<duration> timeout_;
    message_format format_;
    std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<command> make_queue_take() { return std::make_unique<queue_take>(); }

}  // namespace samepage::cli
