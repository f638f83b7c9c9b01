// samepage cell cas: stores a value only if the cell's version is the expected one.
// SPDX-License-Identifier: MIT
#include <charconv>

#include "../cells.hpp"
#include "../failure.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_cas : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.word(version_, "VERSION", "The version that it must have; 0: it must be empty");
        a.value(value_, "VALUE", "--value", "The value; every word is one, '-' too");
        a.text("--value", named_value_, "VALUE", "The value, whatever it looks like");
        a.example("samepage cell cas temp 4 21.5        exits 5 if the version is another one");
    }

    int run(bool json) override {
        if (value_.has_value() == named_value_.has_value()) throw usage_error("give VALUE or --value, one of them");
        const std::uint64_t expected = expected_version();
        const cell_bytes c = cell_to_write(place_, false);
        const std::string& text = value_ ? *value_ : *named_value_;
        const std::uint64_t version = need(c.compare_exchange(expected, std::as_bytes(std::span(text))));
        if (json) print_line(json_object().set("place", place_).set("version", version).dump());
        return status_ok;
    }

   private:
    std::uint64_t expected_version() const {
        std::uint64_t number = 0;
        const std::string& word = version_ ? *version_ : std::string();
        const auto [end, why] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (why != std::errc() || end != word.data() + word.size())
            throw usage_error("VERSION is a number, as cell get --json prints it");
        return number;
    }

    std::string place_;
    std::optional<std::string> version_, value_, named_value_;
};

}  // namespace

std::unique_ptr<command> make_cell_cas() { return std::make_unique<cell_cas>(); }

}  // namespace samepage::cli
