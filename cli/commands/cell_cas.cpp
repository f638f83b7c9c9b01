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
        value_.declare_value(a);
        a.example("samepage cell cas temp 4 21.5        exits 5 if the version is another one");
    }

    int run(bool json) override {
        if (!version_ || !value_.given())
            throw usage_error(std::string(version_ ? "" : "VERSION and ") +
                              "VALUE, --value or --file is missing (see samepage cell cas --help)");
        const std::uint64_t expected = expected_version();
        const std::string bytes = value_of(value_);
        const cell_bytes c = cell_to_write(place_, false);
        const std::uint64_t version = need(c.compare_exchange(expected, std::as_bytes(std::span(bytes))));
        if (json) print_line(json_object().set("place", place_).set("version", version).dump());
        return status_ok;
    }

   private:
    std::uint64_t expected_version() const {
        std::uint64_t number = 0;
        const char* const last = version_->data() + version_->size();
        const auto [end, why] = std::from_chars(version_->data(), last, number);
        if (why != std::errc() || end != last) throw usage_error("VERSION is a number, as cell get --json prints it");
        return number;
    }

    std::string place_;
    std::optional<std::string> version_;
    content_source value_;
};

}  // namespace

std::unique_ptr<command> make_cell_cas() { return std::make_unique<cell_cas>(); }

}  // namespace samepage::cli
