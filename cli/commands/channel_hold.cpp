// samepage channel hold: creates a channel, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include "../channels.hpp"
#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class channel_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        shape_.declare(a);
        shape_.declare_loans(a);
        holding_.declare(a, true);
        a.example("samepage channel hold news                 its newest messages stay while it is held");
    }

    int run(bool json) override {
        holding_.begin();
        const channel_bytes c = channel_to_send(place_, true, shape_);
        if (json) {
            json_object answer;
            answer.set("place", place_).set("capacity_bytes", c.capacity_bytes()).set("created", c.created());
            print_line(answer.dump());
        }
        return holding_.until_end("Holding " + place_, [&c] { return c.check_name(); });
    }

   private:
    std::string place_;
    channel_shape shape_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_channel_hold() { return std::make_unique<channel_hold>(); }

}  // namespace samepage::cli
