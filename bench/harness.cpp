// Slices, rounds, ratios, tables and JSON of the benchmarks.
// SPDX-License-Identifier: MIT
#include "harness.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace bench {

namespace {

// Figures of one row: of each contender, one a round.
using figures = std::vector<std::vector<double>>;

figures take_turns(const row& what, const options& chosen) {
    const std::size_t count = what.contenders.size();
    figures all(count);
    for (const contender& c : what.contenders) c.slice(chosen.slice / 10);  // warm, not counted
    const unsigned rounds = what.rounds_max == 0 ? chosen.rounds : std::min(chosen.rounds, what.rounds_max);
    for (unsigned round = 0; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < count; ++turn) {
            const std::size_t i = (turn + round) % count;
            all[i].push_back(what.contenders[i].slice(chosen.slice));
        }
    }
    return all;
}

std::size_t index_of(const row& what, const std::string& name) {
    const auto found = std::find_if(what.contenders.begin(), what.contenders.end(),
                                    [&](const contender& c) { return c.name == name; });
    if (found == what.contenders.end()) {
        std::fprintf(stderr, "%s: there is no contender '%s'\n", what.what.c_str(), name.c_str());
        std::abort();
    }
    return static_cast<std::size_t>(found - what.contenders.begin());
}

spread ratio(const figures& all, std::size_t of, std::size_t over) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < all[of].size(); ++round) ratios.push_back(all[of][round] / all[over][round]);
    return spread_of(std::move(ratios));
}

std::string formatted(const char* format, double a) {
    char text[64];
    std::snprintf(text, sizeof text, format, a);
    return text;
}

// JSON knows no infinity: a contender that got nothing done in a round makes one.
std::string json_of(double figure) { return std::isfinite(figure) ? formatted("%.6g", figure) : "null"; }

std::string json_of(const spread& s) {
    return "{\"median\": " + json_of(s.median) + ", \"low\": " + json_of(s.low) + ", \"high\": " + json_of(s.high) +
           "}";
}

// The texts of this program's own rows: only quotes and backslashes need care.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"";
}

}  // namespace

options parse(int argc, char** argv) {
    options chosen;
    chosen.json_path = std::string(argv[0]) + ".json";
    for (int i = 1; i < argc; ++i) {
        const bool has_value = i + 1 < argc;
        if (std::strcmp(argv[i], "--tiny") == 0) {
            chosen.tiny = true;
            chosen.slice = nanoseconds(2'000'000);
            chosen.rounds = 3;
        } else if (std::strcmp(argv[i], "--rounds") == 0 && has_value) {
            chosen.rounds = static_cast<unsigned>(std::max(1, std::atoi(argv[++i])));
        } else if (std::strcmp(argv[i], "--json") == 0 && has_value) {
            chosen.json_path = argv[++i];
        } else {
            std::fprintf(stderr, "usage: %s [--tiny] [--rounds N] [--json FILE]\n", argv[0]);
            std::exit(2);
        }
    }
    return chosen;
}

spread spread_of(std::vector<double> figures) {
    std::sort(figures.begin(), figures.end());
    const std::size_t count = figures.size();
    return {figures[count / 2], figures[count / 4], figures[count - 1 - count / 4]};
}

report::report(options chosen) : options_(std::move(chosen)) {}

report::~report() {
    std::FILE* const file = std::fopen(options_.json_path.c_str(), "w");
    if (file == nullptr) {
        std::perror(options_.json_path.c_str());
        return;
    }
    std::fprintf(file, "{\"tiny\": %s, \"rounds\": %u, \"rows\": [\n%s\n]}\n", options_.tiny ? "true" : "false",
                 options_.rounds, json_.c_str());
    std::fclose(file);
}

void report::measure(const row& what) {
    const figures all = take_turns(what, options_);
    std::string json = "{\"what\": " + quoted(what.what) + ", \"unit\": " + quoted(what.unit) +
                       ", \"rounds\": " + std::to_string(all[0].size()) + ", \"contenders\": [";
    std::printf("\n%s\n", what.what.c_str());
    std::printf("  %-28s %14s %10s   %s\n", "", what.unit.c_str(), "x limit", "(middle half)");
    for (std::size_t i = 0; i < what.contenders.size(); ++i) {
        const spread time = spread_of(all[i]), over = ratio(all, i, 0);
        const std::string& name = what.contenders[i].name;
        std::printf("  %-28s %14.1f %10.2f   (%.2f to %.2f)\n", name.c_str(), time.median, over.median, over.low,
                    over.high);
        json += std::string(i == 0 ? "" : ", ") + "{\"name\": " + quoted(name) + ", \"figure\": " + json_of(time) +
                ", \"over_limit\": " + json_of(over) + "}";
    }
    json += "], \"goals\": [";
    for (std::size_t i = 0; i < what.goals.size(); ++i) {
        const goal& g = what.goals[i];
        const bool most = g.which == goal::direction::at_most;
        const std::size_t of = index_of(what, g.of);
        const spread got = g.over.empty() ? spread_of(all[of]) : ratio(all, of, index_of(what, g.over));
        const std::string compared = g.over.empty() ? g.of : g.of + " / " + g.over;
        const bool met = most ? got.median <= g.bound : got.median >= g.bound;
        std::printf("  goal: %s %s %.2f: %.2f (%.2f to %.2f), %s\n", compared.c_str(), most ? "<=" : ">=", g.bound,
                    got.median, got.low, got.high, met ? "met" : "MISSED");
        json += std::string(i == 0 ? "" : ", ") + "{\"of\": " + quoted(g.of) + ", \"over\": " + quoted(g.over) +
                ", \"" + (most ? "at_most" : "at_least") + "\": " + formatted("%.6g", g.bound) +
                ", \"ratio\": " + json_of(got) + ", \"met\": " + (met ? "true" : "false") + "}";
    }
    std::fflush(stdout);
    json_ += (json_.empty() ? "" : ",\n") + json + "]}";
}

}  // namespace bench
