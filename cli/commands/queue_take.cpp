// samepage queue take: takes jobs from a queue, and prints them or runs a command on each.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../run_job.hpp"
#include "../series.hpp"
#include "../system.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

using job = queue_bytes::job;

class queue_take : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        series_.declare(a, "job", 1);
        format_.declare(a, "job");
        shape_.declare(a);
        a.command(command_);
        a.example("samepage queue take work                             prints one job; it is done then");
        a.example(
            "samepage queue take work --count 0 -- ./resize       a job on standard input; 0 says that it is done");
    }

    int run(bool json) override {
        format_.check(json);
        catch_interrupts();
        // Who waits makes the queue and holds it; who doesn't has nothing to hold.
        const queue_bytes q = open_queue(place_, series_.timeout() > no_wait, shape_);
        for (std::uint64_t done = 0; series_.left(done) > 0; ++done) {
            heed_interrupts();
            job j = next(q);
            if (const int status = command_.empty() ? show(j, json) : run_on(j, json); status != 0) return status;
        }
        return status_ok;
    }

    bool ends_by_interrupt() const override { return series_.is_endless(); }

   private:
    job next(const queue_bytes& q) const {
        auto got = in_slices(
            series_.timeout(), [&](duration time) { return q.take(time); },
            [&](const samepage::error&) {
                if (command_.empty() && output_has_gone()) throw reader_gone();
                need(q.check_name());
            });
        if (got) return *std::move(got);
        const bool none = got.error().code() == errc::timed_out || got.error().code() == errc::empty;
        if (!none) throw failure(got.error());
        // An answer, also where a command was to run: there was no job.
        throw failure(status_timed_out, "timed_out", got.error().message()).as_answer();
    }

    int show(job& j, bool json) const {
        std::string text = json ? as_json(j).dump() : std::string(j.text());
        if (const auto end = json ? '\n' : format_.end()) text += *end;
        print_now(text);
        need(j.acknowledge());
        return status_ok;
    }

    // The exit status, 0 to go on. A job that isn't done is given back.
    int run_on(job& j, bool json) const {
        set_environment("SAMEPAGE_JOB_ID", std::to_string(j.id()).c_str());
        set_environment("SAMEPAGE_JOB_DELIVERIES", std::to_string(j.deliveries()).c_str());
        std::string reply;
        const std::uint64_t kept_bytes_max = j.reply_bytes_max() + 1;
        const auto keep = [&](std::string_view piece) {
            reply += piece.substr(
                0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), kept_bytes_max - reply.size())));
        };
        const int status = j.is_call() ? run_with_input(command_, j.text(), keep) : run_with_input(command_, j.text());
        if (status != 0) {
            need(j.give_back());
        } else if (j.is_call()) {
            answer(j, reply);
        } else {
            need(j.acknowledge());
        }
        if (json) print_now(as_json(j).set("status", static_cast<std::uint64_t>(status)).dump() + '\n');
        return status;
    }

    // A reply that is too large can't be given, now or by the next worker, but the job is done. Whoever called must
    // neither wait on nor take a part for the whole, and a caller's mistake must not end this worker.
    void answer(job& j, const std::string& reply) const {
        if (reply.size() <= j.reply_bytes_max()) return need(j.reply_text(reply));
        // Short: a caller who kept little room for a reply has little for this, too.
        const std::string why =
            fmt::format("reply over {} bytes: call with a larger --reply; the job is done", j.reply_bytes_max());
        complain(fmt::format("job {}: {}", j.id(), why));
        need(j.fail(why));
    }

    json_object as_json(const job& j) const {
        json_object row;
        row.set("place", place_).set("id", j.id()).set("deliveries", std::uint64_t{j.deliveries()});
        row.set("call", j.is_call()).bytes("value", j.text());
        return row;
    }

    std::string place_;
    series series_;
    message_format format_;
    queue_shape shape_;
    std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<command> make_queue_take() { return std::make_unique<queue_take>(); }

}  // namespace samepage::cli
