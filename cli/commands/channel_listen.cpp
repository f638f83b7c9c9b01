// samepage channel listen: prints the messages of a channel as they come.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "../channels.hpp"
#include "../failure.hpp"
#include "../json.hpp"
#include "../messages.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

// So that an interrupt is heard, and a lost name or reader is noticed.
constexpr duration slice = std::chrono::milliseconds(200);
constexpr std::size_t buffer_bytes_min = std::size_t{256} << 10U;

class channel_listen : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.number("--count", count_, "N", "End after N messages");
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
        channel_ = channel_to_listen(place_, lossy_, shape_);
        // What was sent since this process has made it is meant for it.
        if (channel_.created() && options.sequence == 0) options.start = start::oldest;
        subscriber_ = need(channel_.subscribe(options));
        hint("Listening to " + place_ + " (Ctrl-C ends)");
        buffer_bytes_ = std::max(buffer_bytes_min, static_cast<std::size_t>(channel_.capacity_bytes() + 15) / 16 * 16);
        buffer_ = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes_);
        message_output output(json ? '\n' : format_.end());
        while (!count_ || shown_ < *count_) {
            if (interrupted()) {
                output.flush();
                // Without --count this is how it ends.
                if (count_) end_interrupted();
                return status_ok;
            }
            if (print_some(output, json, no_wait)) continue;
            output.flush();
            if (print_some(output, json, slice)) continue;
            if (output_has_gone()) throw reader_gone();
            need(channel_.check_name());
        }
        output.flush();
        return status_ok;
    }

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

    // False: there was none in that time.
    bool print_some(message_output& output, bool json, duration time) {
        std::array<subscriber_bytes::part, 1024> parts;
        const std::uint64_t wanted = count_ ? std::min<std::uint64_t>(parts.size(), *count_ - shown_) : parts.size();
        const auto got = subscriber_.receive_many({buffer_.get(), buffer_bytes_},
                                                  std::span(parts).first(static_cast<std::size_t>(wanted)), time);
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
    std::optional<std::uint64_t> count_;
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
