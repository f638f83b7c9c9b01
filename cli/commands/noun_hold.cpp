// samepage cell hold, channel hold, queue hold and table hold: creates one, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include "../cells.hpp"
#include "../channels.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

// How each noun is made, and what it is made with.

struct a_cell {
    static constexpr const char* example = "samepage cell hold temp -- ./thermometer";
    cell_shape shape;

    void declare(arguments& a) { shape.declare(a); }
    cell_bytes make(const std::string& place) const { return cell_to_write(place, true, shape); }
};

struct a_channel {
    static constexpr const char* example =
        "samepage channel hold news                 its newest messages stay while it is held";
    channel_shape shape;

    void declare(arguments& a) {
        shape.declare(a);
        shape.declare_loans(a);
    }
    channel_bytes make(const std::string& place) const { return channel_to_send(place, true, shape); }
};

struct a_queue {
    static constexpr const char* example = "samepage queue hold work -- ./workers";
    queue_shape shape;

    void declare(arguments& a) { shape.declare(a); }
    queue_bytes make(const std::string& place) const { return open_queue(place, true, shape); }
};

struct a_table {
    static constexpr const char* example = "samepage table hold stock --history 1M -- ./server";
    std::optional<std::uint64_t> history_bytes;

    void declare(arguments& a) {
        a.size("--history", history_bytes, "Keep so many bytes of its last changes, for table watch; once, for good");
    }
    table_bytes make(const std::string& place) const {
        table_bytes t = table_to_write(place, true);
        if (history_bytes) need(t.keep_history(*history_bytes));
        return t;
    }
};

template <class Noun>
class noun_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        noun_.declare(a);
        holding_.declare(a, true);
        a.example(Noun::example);
    }

    int run(bool json) override {
        holding_.begin();
        const auto object = noun_.make(place_);
        if (json) {
            json_object answer;
            answer.set("place", place_);
            if constexpr (requires { object.capacity_bytes(); }) answer.set("capacity_bytes", object.capacity_bytes());
            print_line(answer.set("created", object.created()).dump());
        }
        return holding_.until_end("Holding " + place_, [&object] { return object.check_name(); });
    }

   private:
    std::string place_;
    Noun noun_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_cell_hold() { return std::make_unique<noun_hold<a_cell>>(); }
std::unique_ptr<command> make_channel_hold() { return std::make_unique<noun_hold<a_channel>>(); }
std::unique_ptr<command> make_queue_hold() { return std::make_unique<noun_hold<a_queue>>(); }
std::unique_ptr<command> make_table_hold() { return std::make_unique<noun_hold<a_table>>(); }

}  // namespace samepage::cli
