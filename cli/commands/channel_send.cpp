// samepage channel send: sends a text, or messages from standard input, to all who listen.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../channels.hpp"
#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class channel_send : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        messages_.declare(a, "message");
        a.time("--timeout", timeout_, "Wait at most this long for listeners that lag, then exit 4 and name one");
        a.time_or("--wait", wait_, forever, "Wait for the first listener, at most this long");
        shape_.declare(a);
        holding_.declare(a, false);
        a.example("samepage channel send news \"it rains\"             to all who listen to it");
        a.example("tail -f log | samepage channel send news - --wait   each line is a message");
        a.example("samepage channel send ./news.page hello           a file, which keeps its newest messages");
    }

    int run(bool json) override {
        messages_.check();
        if (holding_.asked()) holding_.begin();
        if (holding_.asked() || !wait_) channel_ = channel_to_send(place_, holding_.asked(), shape_);
        if (wait_) channel_ = channel_with_listener(std::move(channel_), place_, *wait_);
        send_all();
        if (json) {
            json_object answer;
            answer.set("place", place_).set("messages", sent_);
            if (sent_ > 0) answer.set("last_sequence", last_sequence_);
            print_line(answer.dump());
        }
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [this] { return channel_.check_name(); });
    }

   private:
    // What `send` gives, however long it takes, or as long as --timeout says.
    template <class Send>
    auto patiently(const Send& send) {
        const auto done = in_slices(timeout_.value_or(forever), send, [&](const samepage::error& why) {
            need(channel_.check_name());
            if (!told_) hint("Waiting: " + why.message() + " (Ctrl-C ends)");
            told_ = true;
        });
        if (!done) throw failure(done.error(), sent_ > 0 ? fmt::format(" ({} sent before it)", sent_) : "");
        return *done;
    }

    void send_all() {
        const std::uint64_t bytes_max = channel_.capacity_bytes(), any_bytes_max = std::uint64_t{256} << 20U;
        message_input input(messages_, {place_, bytes_max, any_bytes_max, [](std::uint64_t bytes) { return bytes; }});
        for (auto some = input.next(); !some.empty(); some = input.next()) {
            // The last one by itself, because that tells its number.
            for (auto rest = some.first(some.size() - 1); !rest.empty();) {
                const std::size_t n = patiently([&](duration time) { return channel_.send_many(rest, time); });
                rest = rest.subspan(n);
                sent_ += n;
            }
            last_sequence_ = patiently([&](duration time) { return channel_.send(some.back(), time); });
            ++sent_;
        }
    }

    std::string place_;
    messages messages_;
    std::optional<duration> timeout_, wait_;
    channel_shape shape_;
    holding holding_;
    channel_bytes channel_;
    std::uint64_t sent_ = 0, last_sequence_ = 0;
    bool told_ = false;
};

}  // namespace

std::unique_ptr<command> make_channel_send() { return std::make_unique<channel_send>(); }

}  // namespace samepage::cli
