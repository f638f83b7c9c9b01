// samepage queue hold: creates a queue, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class queue_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.size("--capacity", capacity_bytes_, "Bytes of room for all jobs together, for a new queue; default 1M");
        holding_.declare(a, true);
        a.example("samepage queue hold work -- ./workers");
    }

    int run(bool json) override {
        holding_.begin();
        const queue_bytes q = open_queue(place_, true, capacity_bytes_);
        if (json) {
            json_object answer;
            answer.set("place", place_).set("capacity_bytes", q.capacity_bytes()).set("created", q.created());
            print_line(answer.dump());
        }
        return holding_.until_end("Holding " + place_, [&q] { return q.check_name(); });
    }

   private:
    std::string place_;
    std::optional<std::uint64_t> capacity_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_queue_hold() { return std::make_unique<queue_hold>(); }

}  // namespace samepage::cli
