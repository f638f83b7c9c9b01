// samepage cell watch: prints the newest value of a cell, and each that comes.
// SPDX-License-Identifier: MIT
#include "../cells.hpp"
#include "../failure.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_watch : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.number("--count", count_, "N", "End after N values");
        a.size("--capacity", capacity_bytes_, "Bytes of the largest value, for a new cell; default 4096");
        a.example("samepage cell watch temp --json        makes the cell and holds it; Ctrl-C ends");
    }

    int run(bool json) override {
        catch_interrupts();
        const cell_bytes c = open();
        hint("Watching " + place_ + " (Ctrl-C ends)");
        std::uint64_t version = 0;
        for (std::uint64_t shown = 0; !count_ || shown < *count_;) {
            if (!next_is_there(c, version)) continue;
            // Values that came and went meanwhile are not shown: the newest wins.
            const auto seen = need(c.load_text());
            if (seen.version == version) continue;
            version = seen.version;
            print_line(json ? value_as_json(place_, seen).dump() : seen.text);
            flush_output();
            ++shown;
        }
        return status_ok;
    }

   private:
    // What exists already need only be readable.
    cell_bytes open() const {
        cell_options reading;
        reading.access = access::read_only;
        auto there = cell_bytes::open(place_, reading);
        if (there) return *std::move(there);
        if (there.error().code() != errc::not_found) throw failure(there.error());
        return cell_to_write(place_, true, capacity_bytes_);
    }

    // Waits a while, so that an interrupt is heard and a lost name is noticed.
    bool next_is_there(const cell_bytes& c, std::uint64_t version) const {
        if (interrupted()) end_interrupted();
        const auto next = c.wait(version, std::chrono::milliseconds(200));
        if (next) return true;
        if (next.error().code() != errc::timed_out) throw failure(next.error());
        need(c.check_name());
        return false;
    }

    std::string place_;
    std::optional<std::uint64_t> count_, capacity_bytes_;
};

}  // namespace

std::unique_ptr<command> make_cell_watch() { return std::make_unique<cell_watch>(); }

}  // namespace samepage::cli
