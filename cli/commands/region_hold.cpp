// samepage region hold: creates a region, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../transfer.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

namespace {

class region_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.size("--size", size_bytes_, "Bytes of a new region; default 4096, of an existing file its own");
        holding_.declare(a, true);
        a.example("samepage region hold frame --size 64M -- ./camera");
    }

    int run(bool json) override {
        holding_.begin();
        const region r = make();
        if (json) {
            json_object answer;
            answer.set("place", place_).set("size_bytes", r.size()).set("created", r.created());
            print_line(answer.dump());
        }
        return holding_.until_end(fmt::format("Holding {}, {}", place_, size_text(r.size())),
                                  [&r] { return r.check_name(); });
    }

   private:
    region make() const {
        const region_options options = windows_only(access::read_write);
        if (!size_bytes_ && need(place::parse(place_)).is_path()) {
            auto there = region::open(place_, options);
            if (there) return *std::move(there);
            if (there.error().code() != errc::not_found) throw failure(there.error());
        }
        return need(region::create(place_, size_bytes_.value_or(4096), options));
    }

    std::string place_;
    std::optional<std::uint64_t> size_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_region_hold() { return std::make_unique<region_hold>(); }

}  // namespace samepage::cli
