// samepage read: prints what is in a region. The article's second program.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "../awaiting.hpp"
#include "../failure.hpp"
#include "../hex.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "../transfer.hpp"
#include "../units.hpp"
#include "../waiting.hpp"
#include "commands.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

namespace {

class read : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.time_or("--wait", wait_, forever, "Wait for it to exist and to hold a text, at most that long");
        a.number("--max", bytes_max_, "N", "Read at most N bytes of text (the article's program reads 254)");
        a.size("--offset", offset_bytes_, "Begin there instead of at 0");
        a.size("--bytes", bytes_, "Print exactly so many bytes, zero bytes too");
        a.flag("--raw", raw_, "Print all bytes to the end of the region, exactly");
        a.flag("--hex", hex_, "Print them as a table of hexadecimal numbers and characters");
        holding_.declare(a, false);
        a.example("samepage read hello");
        a.example("samepage read hello --wait 10s");
        a.example("samepage read photo --raw > photo.jpg");
    }

    int run(bool json) override {
        if (bytes_ && bytes_max_) throw usage_error("--bytes and --max do not go together");
        if (raw_ && hex_) throw usage_error("--raw and --hex do not go together");
        if (json && hex_) throw usage_error("--json and --hex do not go together");
        if (holding_.asked()) holding_.begin();
        const region r = open();
        const std::uint64_t offset = offset_bytes_.value_or(0);
        if (offset > r.size() || bytes_.value_or(0) > r.size() - offset)
            throw usage_error(fmt::format("{} has {} bytes; those asked for end at {}", place_, r.size(),
                                          offset + bytes_.value_or(0)));
        const std::uint64_t size = bytes_.value_or(std::min(bytes_max_.value_or(UINT64_MAX), r.size() - offset));
        if (json) {
            print_json(r, offset, size);
        } else if (hex_) {
            hex_table table(offset);
            each_piece(r, offset, size, [&](std::span<const char> piece) { print(table.add(piece)); });
            print(table.end());
        } else {
            print_bytes(r, offset, size);
        }
        flush_output();
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&r] { return r.check_name(); });
    }

   private:
    bool as_text() const { return !raw_ && !hex_ && !bytes_; }

    // Whether waiting can help: it isn't there, or it was a file that its maker had not filled yet.
    bool may_come(const samepage::error& why) const {
        std::error_code ignored;
        return why.code() == errc::not_found ||
               (why.code() == errc::invalid_argument && need(place::parse(place_)).is_path() &&
                std::filesystem::is_regular_file(place_, ignored));
    }

    // Without --wait what is there now; else what is there once it holds something.
    region open() const {
        const region_options options = windows_only(access::read_only);
        if (!wait_) return need(region::open(place_, options));
        awaiting its_maker(place_, *wait_);
        region r;
        while (true) {
            if (!r.is_open()) {
                auto opened = region::open(place_, options);
                if (opened)
                    r = *std::move(opened);
                else if (!may_come(opened.error()))
                    throw failure(opened.error());
            }
            if (r.is_open() && holds_something(r, place_, offset_bytes_.value_or(0))) return r;
            if (its_maker.over())
                throw failure(
                    status_timed_out, "timed_out",
                    fmt::format("timed_out: {} {} after {}", place_,
                                r.is_open() ? "is there, but holds nothing" : "is not there", duration_text(*wait_)));
            its_maker.pause();
        }
    }

    // The bytes that were asked for: all, or as a text up to its end.
    void each_piece(const region& r, std::uint64_t offset, std::uint64_t size,
                    const std::function<void(std::span<const char>)>& use) const {
        read_bytes(r, place_, offset, size, [&](std::span<const char> piece) {
            heed_interrupts();
            const void* zero = as_text() ? std::memchr(piece.data(), 0, piece.size()) : nullptr;
            if (zero != nullptr)
                piece = piece.first(static_cast<std::size_t>(static_cast<const char*>(zero) - piece.data()));
            use(piece);
            return zero == nullptr;
        });
    }

    // A text gets a newline, unless it ends with one.
    void print_bytes(const region& r, std::uint64_t offset, std::uint64_t size) const {
        char last = '\0';
        each_piece(r, offset, size, [&](std::span<const char> piece) {
            print({piece.data(), piece.size()});
            if (!piece.empty()) last = piece.back();
        });
        if (as_text() && last != '\n') print("\n");
    }

    void print_json(const region& r, std::uint64_t offset, std::uint64_t size) const {
        std::string all;
        each_piece(r, offset, size, [&](std::span<const char> piece) { all.append(piece.data(), piece.size()); });
        json_object answer;
        answer.set("place", place_).set("size_bytes", r.size()).set("offset_bytes", offset).bytes("text", all);
        print_line(answer.dump());
    }

    std::string place_;
    std::optional<duration> wait_;
    std::optional<std::uint64_t> bytes_max_, offset_bytes_, bytes_;
    bool raw_ = false, hex_ = false;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_read() { return std::make_unique<read>(); }

}  // namespace samepage::cli
