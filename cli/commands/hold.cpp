// samepage hold: keeps objects alive that exist already, of any kind.
// SPDX-License-Identifier: MIT
#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../keep.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class hold : public command {
   public:
    void declare(arguments& a) override {
        a.places(places_);
        holding_.declare(a, true);
        a.example("samepage hold hello stock --for 1h");
        a.example("samepage hold hello -- ./my-program");
    }

    int run(bool json) override {
        holding_.begin();
        std::vector<kept> all;
        std::string names;
        for (const std::string& place : places_) {
            all.push_back(keep(place));
            names.append(names.empty() ? "" : ", ").append(place);
        }
        if (json) {
            std::vector<json_object> held;
            for (const std::string& place : places_) held.push_back(std::move(json_object().set("place", place)));
            print_line(json_object().set("holding", held).dump());
        }
        return holding_.until_end("Holding " + names, [&all]() -> result<void> {
            for (const kept& k : all) {
                if (auto good = k.check(); !good) return good;
            }
            return {};
        });
    }

   private:
    std::vector<std::string> places_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_hold() { return std::make_unique<hold>(); }

}  // namespace samepage::cli
