// samepage version: prints the version.
// SPDX-License-Identifier: MIT
#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class version : public command {
   public:
    void declare(arguments&) override {}

    int run(bool json) override {
        const std::string text = SAMEPAGE_VERSION;
        print_line(json ? json_object().set("name", "samepage").set("version", text).dump() : "samepage " + text);
        return status_ok;
    }
};

}  // namespace

std::unique_ptr<command> make_version() { return std::make_unique<version>(); }

}  // namespace samepage::cli
