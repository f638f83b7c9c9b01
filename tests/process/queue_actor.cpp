// The role "worker", which does with a queue what it is told, a line at a time.
// SPDX-License-Identifier: MIT
//
//   queue PLACE [BYTES]     -> "created" or "opened"
//   push TEXT               -> the id
//   take [MS]               -> "ID DELIVERIES TEXT"; "waiting" comes first where there is no MS
//   acknowledge, give_back  -> "done", for the job that was taken last
//   reply TEXT              -> the same
//   call TEXT               -> the reply; "calling" comes first
//   flood SEED              -> "flooding"; pushes "SEED.NUMBER" for ever, and says each NUMBER that was acknowledged
//   work                    -> "working"; takes and acknowledges for ever, says "ID DELIVERIES TEXT" of each that it
//                              has finished; takes its time over every third, gives back every seventh
// Every error is answered by its name alone: "timed_out".
#include <cstdlib>
#include <sstream>
#include <thread>

#include "runner.hpp"
#include "samepage/queue.hpp"

namespace {

using samepage::queue_bytes;

struct stage {
    queue_bytes queue;
    queue_bytes::job mine;

    static std::string refuse(const samepage::error& reason) { return std::string(samepage::name_of(reason.code())); }
    static std::string done(const samepage::result<void>& r) { return r ? "done" : refuse(r.error()); }
    static std::string shown(const queue_bytes::job& j) {
        return std::to_string(j.id()) + " " + std::to_string(j.deliveries()) + " " + std::string(j.text());
    }

    std::string open(std::istringstream& words) {
        std::string place;
        std::uint64_t bytes = 0;
        words >> place >> bytes;
        samepage::queue_options options;
        if (bytes != 0) options.capacity_bytes = bytes;
        auto made = queue_bytes::create(place, options);
        if (!made) return refuse(made.error());
        queue = std::move(*made);
        return queue.created() ? "created" : "opened";
    }

    std::string take(std::istringstream& words) {
        long long ms = -1;
        words >> ms;
        const bool bounded = !words.fail();
        if (!bounded) runner::say("waiting");
        auto got = queue.take(bounded ? std::chrono::milliseconds(ms) : samepage::forever);
        if (!got) return refuse(got.error());
        mine = std::move(*got);
        return shown(mine);
    }

    void flood(const std::string& seed) {
        for (unsigned number = 1;; ++number) {
            const auto id = queue.push_text(seed + "." + std::to_string(number), samepage::forever);
            runner::say(id ? std::to_string(number) : refuse(id.error()));
        }
    }

    void work() {
        for (unsigned turn = 1;; ++turn) {
            auto job = queue.take();
            if (!job) {
                runner::say(refuse(job.error()));
                continue;
            }
            if (turn % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (turn % 7 == 0) continue;  // its end gives it back
            const std::string text = shown(*job);
            const auto finished = job->acknowledge();
            runner::say(finished ? text : refuse(finished.error()));
        }
    }

    std::string act(const std::string& line) {
        std::istringstream words(line);
        std::string verb, text;
        words >> verb;
        if (verb == "queue") return open(words);
        if (verb == "take") return take(words);
        if (verb == "acknowledge") return done(mine.acknowledge());
        if (verb == "give_back") return done(mine.give_back());
        words >> std::ws;
        std::getline(words, text);
        if (verb == "push") {
            const auto id = queue.push_text(text);
            return id ? std::to_string(*id) : refuse(id.error());
        }
        if (verb == "reply") return done(mine.reply_text(text));
        if (verb == "call") {
            runner::say("calling");
            const auto reply = queue.call_text(text);
            return reply ? *reply : refuse(reply.error());
        }
        if (verb == "flood") return runner::say("flooding"), flood(text), "";
        if (verb == "work") return runner::say("working"), work(), "";
        return "what is " + verb + "?";
    }
};

int play_worker(const runner::arguments&) {
    // Leaked: what ends is the process, and nothing is closed by hand.
    auto* const here = new stage;
    while (const auto line = runner::hear()) runner::say(here->act(*line));
    std::_Exit(0);
}

const runner::role worker("worker", &play_worker);

}  // namespace
