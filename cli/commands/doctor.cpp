// samepage doctor: checks whether this machine suits, and says what to do.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "commands.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

namespace {

using level = finding::level;

const char* word_of(level l) { return l == level::good ? "good" : l == level::note ? "note" : "bad"; }

class doctor : public command {
   public:
    void declare(arguments&) override {}

    // 0 when nothing is bad.
    int run(bool json) override {
        const std::vector<finding> all = diagnose();
        if (json) {
            std::vector<json_object> rows;
            for (const finding& f : all) {
                json_object row;
                row.set("level", word_of(f.severity)).set("subject", f.subject).set("text", f.text).set("fix", f.fix);
                rows.push_back(std::move(row));
            }
            print_line(json_object::dump(rows));
        } else {
            std::size_t width = 0;
            for (const finding& f : all) width = std::max(width, f.subject.size());
            for (const finding& f : all) print_finding(f, width);
        }
        const bool bad = std::any_of(all.begin(), all.end(), [](const finding& f) { return f.severity == level::bad; });
        return bad ? status_error : status_ok;
    }

   private:
    static void print_finding(const finding& f, std::size_t width) {
        const colour c = f.severity == level::good   ? colour::green
                         : f.severity == level::note ? colour::yellow
                                                     : colour::red;
        print_line(fmt::format("{}  {:<{}}  {}{}{}", coloured(c, fmt::format("{:<4}", word_of(f.severity))), f.subject,
                               width, f.text, f.fix.empty() ? "" : "; ", f.fix));
    }
};

}  // namespace

std::unique_ptr<command> make_doctor() { return std::make_unique<doctor>(); }

}  // namespace samepage::cli
