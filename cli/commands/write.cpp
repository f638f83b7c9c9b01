// samepage write: writes into a region that exists.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../transfer.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class write : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        source_.declare(a);
        a.size("--offset", offset_bytes_, "Begin there instead of at 0");
        a.example("samepage write hello \"Good evening\"");
        a.example("samepage write ./stock.page --file new.bin --offset 4K");
    }

    int run(bool json) override {
        if (!source_.given()) throw usage_error("there is nothing to write: give a TEXT, '-' or --file FILE");
        auto opened = region::open(place_, windows_only(access::read_write));
        if (!opened && opened.error().code() == errc::not_found)
            throw failure(status_not_found, "not_found",
                          fmt::format("{}; or make it with samepage share", opened.error().message()));
        const region r = need(std::move(opened));
        content what(source_);
        write_content(r, place_, offset_bytes_.value_or(0), what);
        if (json) {
            json_object answer;
            answer.set("place", place_).set("size_bytes", r.size()).set("written_bytes", what.size_bytes());
            print_line(answer.dump());
        }
        return status_ok;
    }

   private:
    std::string place_;
    content_source source_;
    std::optional<std::uint64_t> offset_bytes_;
};

}  // namespace

std::unique_ptr<command> make_write() { return std::make_unique<write>(); }

}  // namespace samepage::cli
