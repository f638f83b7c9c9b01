// samepage channel send: sends a text, or messages from standard input, to all who listen.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "../channels.hpp"
#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;

// So that an interrupt is heard and a lost name is noticed.
constexpr duration slice = std::chrono::milliseconds(200);

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
    auto patiently(Send send) {
        const auto start = clock::now();
        const duration time = timeout_.value_or(forever);
        for (;;) {
            const duration passed = clock::now() - start;
            // Only --timeout 0 doesn't wait at all.
            const auto done = send(std::min(slice, std::max(time - passed, std::min(time, duration(1)))));
            if (done) return *done;
            if (done.error().code() != errc::timed_out || clock::now() - start >= time) give_up(done.error());
            if (interrupted()) end_interrupted();
            need(channel_.check_name());
            if (!told_) hint("Waiting: " + done.error().message() + " (Ctrl-C ends)");
            told_ = true;
        }
    }

    void send_all() {
        message_input input(messages_, place_, channel_.capacity_bytes());
        if (!messages_.is_text() && is_terminal(stdin)) hint("Each line is a message (Ctrl-D ends)");
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

    [[noreturn]] void give_up(const samepage::error& why) const {
        const failure f(why);
        const std::string before = sent_ > 0 ? fmt::format(" ({} sent before it)", sent_) : "";
        throw failure(f.exit_status(), f.code(), f.what() + before);
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
