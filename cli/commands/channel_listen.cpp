// samepage channel listen: prints the messages of a channel as they come.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "../channels.hpp"
#include "../failure.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../series.hpp"
#include "../system.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

constexpr std::size_t buffer_bytes_min = std::size_t{256} << 10U;

class channel_listen : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        series_.declare(a, "message", 0);
        a.text("--from", from_, "WHERE", "newest, the default; oldest: the oldest that is kept; or a message's number");
        a.flag("--lossy", lossy_, "Senders do not wait: what is missed is said on standard error");
        format_.declare(a, "message");
        shape_.declare(a);
        a.example("samepage channel listen news               makes the channel and holds it; Ctrl-C ends");
        a.example("samepage channel listen news --count 1 --from oldest --json");
    }

    int run(bool json) override {
        format_.check(json);
        subscribe_options options = where_to_start();
        catch_interrupts();
        // Who waits makes the channel and holds it; who doesn't has nothing to hold.
        channel_ = channel_to_listen(place_, series_.timeout() > no_wait, lossy_, shape_);
        // What was sent since this process has made it is meant for it.
        if (channel_.created() && options.sequence == 0) options.start = start::oldest;
        subscriber_ = need(channel_.subscribe(options));
        hint("Listening to " + place_ + " (Ctrl-C ends)");
        buffer_bytes_ = std::max(buffer_bytes_min, static_cast<std::size_t>(channel_.capacity_bytes() + 15) / 16 * 16);
        buffer_ = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes_);
        message_output output(json ? '\n' : format_.end());
        while (series_.left(shown_) > 0) {
            if (interrupted()) output.flush();
            heed_interrupts();
            if (print_some(output, json)) continue;
            output.flush();
            wait_for_another();
        }
        output.flush();
        return status_ok;
    }

    bool ends_by_interrupt() const override { return series_.is_endless(); }

   private:
    subscribe_options where_to_start() const {
        subscribe_options options;
        options.registered = !lossy_;
        if (!from_ || *from_ == "newest") return options;
        options.start = start::oldest;
        if (*from_ == "oldest") return options;
        const auto [end, why] = std::from_chars(from_->data(), from_->data() + from_->size(), options.sequence);
        if (why != std::errc() || end != from_->data() + from_->size() || options.sequence == 0)
            throw usage_error("--from is oldest, newest, or a message's number from 1 on, not '" + *from_ + "'");
        return options;
    }

    void wait_for_another() {
        need(in_slices(
            series_.timeout(), [&](duration time) { return subscriber_.wait(time); },
            [&](const samepage::error&) {
                if (output_has_gone()) throw reader_gone();
                need(channel_.check_name());
            }));
    }

    // False: there was none.
    bool print_some(message_output& output, bool json) {
        std::array<subscriber_bytes::part, 1024> parts;
        const std::uint64_t wanted = std::min<std::uint64_t>(parts.size(), series_.left(shown_));
        const auto got = subscriber_.receive_many({buffer_.get(), buffer_bytes_},
                                                  std::span(parts).first(static_cast<std::size_t>(wanted)), no_wait);
        if (!got) {
            if (got.error().code() == errc::timed_out) return false;
            // Overtaken in every try: it has missed some more, no more than that.
            if (got.error().code() == errc::busy) return true;
            output.flush();
            throw failure(got.error());
        }
        for (const auto& part : std::span(parts).first(*got)) print_one(output, json, part);
        shown_ += *got;
        return true;
    }

    static void print_one(message_output& output, bool json, const subscriber_bytes::part& part) {
        const std::string_view text(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
        if (json) {
            json_object message;
            message.set("sequence", part.sequence).set("missed", part.missed);
            message.set("size_bytes", std::uint64_t{text.size()}).bytes("text", text);
            output.put(message.dump());
            return;
        }
        if (part.missed > 0) {
            output.flush();
            complain(fmt::format("missed {} message{} before number {}", part.missed, part.missed == 1 ? "" : "s",
                                 part.sequence));
        }
        output.put(text);
    }

    std::string place_;
    series series_;
    std::optional<std::string> from_;
    bool lossy_ = false;
    message_format format_;
    channel_shape shape_;
    channel_bytes channel_;
    subscriber_bytes subscriber_;
    std::unique_ptr<std::byte[]> buffer_;
    std::size_t buffer_bytes_ = 0;
    std::uint64_t shown_ = 0;
};

}  // namespace

std::unique_ptr<command> make_channel_listen() { return std::make_unique<channel_listen>(); }

}  // namespace samepage::cli
