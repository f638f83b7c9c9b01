// samepage cell watch: prints the newest value of a cell, and each that comes.
// SPDX-License-Identifier: MIT
#include "../cells.hpp"
#include "../failure.hpp"
#include "../output.hpp"
#include "../series.hpp"
#include "../system.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_watch : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        series_.declare(a, "value", 0);
        shape_.declare(a);
        a.example("samepage cell watch temp --json        makes the cell and holds it; Ctrl-C ends");
    }

    int run(bool json) override {
        catch_interrupts();
        const cell_bytes c = open();
        hint("Watching " + place_ + " (Ctrl-C ends)");
        std::uint64_t version = 0;
        for (std::uint64_t shown = 0; series_.left(shown) > 0;) {
            wait_for_another(c, version);
            // Values that came and went meanwhile are not shown: the newest wins.
            const auto seen = need(c.load_text());
            if (seen.version == version) continue;
            version = seen.version;
            print_now((json ? value_as_json(place_, seen).dump() : seen.text) + '\n');
            ++shown;
        }
        return status_ok;
    }

    bool ends_by_interrupt() const override { return series_.is_endless(); }

   private:
    // What exists already need only be readable.
    cell_bytes open() const {
        cell_options reading;
        reading.access = access::read_only;
        auto there = cell_bytes::open(place_, reading);
        if (there) return *std::move(there);
        if (there.error().code() != errc::not_found) throw failure(there.error());
        return cell_to_write(place_, true, shape_);
    }

    void wait_for_another(const cell_bytes& c, std::uint64_t version) const {
        heed_interrupts();
        need(in_slices(
            series_.timeout(), [&](duration time) { return c.wait(version, time); },
            [&](const samepage::error&) {
                if (output_has_gone()) throw reader_gone();
                need(c.check_name());
            }));
    }

    std::string place_;
    series series_;
    cell_shape shape_;
};

}  // namespace

std::unique_ptr<command> make_cell_watch() { return std::make_unique<cell_watch>(); }

}  // namespace samepage::cli
