// samepage queue ls: lists the unfinished jobs of a queue.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../queues.hpp"
#include "../units.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class queue_ls : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.number("--count", count_, "N", "At most N jobs, the oldest; default 1000; 0: all");
    }

    int run(bool json) override {
        const std::uint64_t count = count_.value_or(1000);
        const std::size_t count_max = count == 0 || count > SIZE_MAX ? SIZE_MAX : static_cast<std::size_t>(count);
        const auto all = need(need(queue_bytes::open(place_)).jobs(count_max));
        std::vector<std::vector<std::string>> rows;
        for (const queued_job& j : all) {
            if (json) {
                json_object row;
                row.set("id", j.id).set("state", name_of(j.is)).set("process", std::uint64_t{j.process});
                row.set("deliveries", std::uint64_t{j.deliveries}).set("size_bytes", j.size_bytes);
                print_line(row.set("call", j.is_call).dump());
            }
            rows.push_back({std::to_string(j.id), name_of(j.is), j.process == 0 ? "" : std::to_string(j.process),
                            std::to_string(j.deliveries), size_text(j.size_bytes), j.is_call ? "yes" : ""});
        }
        if (!json && !rows.empty()) print_table({"ID", "STATE", "PROCESS", "TAKEN", "SIZE", "CALL"}, rows);
        return status_ok;
    }

   private:
    std::string place_;
    std::optional<std::uint64_t> count_;
};

}  // namespace

std::unique_ptr<command> make_queue_ls() { return std::make_unique<queue_ls>(); }

}  // namespace samepage::cli
