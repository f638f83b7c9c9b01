// samepage queue call: pushes a job, waits for the worker's reply and prints it.
// SPDX-License-Identifier: MIT
#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class queue_call : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.value(word_, "TEXT", "--text", "The job");
        a.text("--text", text_, "TEXT", "The job, whatever it looks like");
        a.time("--timeout", timeout_, "Wait for the reply at most this long: 5s; then exit 4");
        a.size("--reply", reply_bytes_, "Room for the reply; default 64K");
        a.flag("--raw", raw_, "Print the reply as it is, with nothing at its end");
        a.example("samepage queue call work \"add 2 3\"      some worker: samepage queue take work --count 0 -- ./add");
    }

    int run(bool json) override {
        if (word_.has_value() == text_.has_value()) throw usage_error("give TEXT or --text, one of them");
        if (raw_ && json) throw usage_error("--raw and --json exclude each other");
        const queue_bytes q = open_queue(place_, false);
        const std::string reply = need(q.call_text(word_ ? *word_ : *text_, timeout_.value_or(forever), room(q)));
        if (json) {
            print_line(json_object().set("place", place_).bytes("reply", reply).dump());
        } else if (raw_) {
            print(reply);
        } else {
            print_line(reply.ends_with('\n') ? std::string_view(reply).substr(0, reply.size() - 1) : reply);
        }
        return status_ok;
    }

   private:
    // A small queue keeps room for more than one call.
    std::uint64_t room(const queue_bytes& q) const {
        constexpr std::uint64_t usual = std::uint64_t{64} << 10U;
        return reply_bytes_.value_or(usual < q.capacity_bytes() / 4 ? usual : q.capacity_bytes() / 4);
    }

    std::string place_;
    std::optional<std::string> word_, text_;
    std::optional<duration> timeout_;
    std::optional<std::uint64_t> reply_bytes_;
    bool raw_ = false;
};

}  // namespace

std::unique_ptr<command> make_queue_call() { return std::make_unique<queue_call>(); }

}  // namespace samepage::cli
