// Slices, rounds, ratios, tables and JSON of the benchmarks.
// SPDX-License-Identifier: MIT
#include "harness.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
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

// A contender's figures, or of each round the best peer's.
std::vector<double> figures_of(const row& what, const figures& all, const std::string& name) {
    std::vector<double> best;
    for (std::size_t i = 0; i < what.contenders.size(); ++i) {
        if (what.contenders[i].name == name) return all[i];
        if (name != goal::best_peer || !what.contenders[i].is_peer) continue;
        if (best.empty()) best.assign(all[i].size(), std::numeric_limits<double>::infinity());
        for (std::size_t round = 0; round < best.size(); ++round) best[round] = std::min(best[round], all[i][round]);
    }
    if (best.empty()) {
        std::fprintf(stderr, "%s: there is no contender '%s'\n", what.what.c_str(), name.c_str());
        std::abort();
    }
    return best;
}

// Of all rounds, or of those in which the limit is fast enough: none may be left.
std::vector<double> ratios(const row& what, const figures& all, const goal& g) {
    const auto of = figures_of(what, all, g.of);
    const auto over = g.over.empty() ? std::vector<double>(of.size(), 1.0) : figures_of(what, all, g.over);
    std::vector<double> found;
    for (std::size_t round = 0; round < of.size(); ++round) {
        if (all[0][round] * g.limit_faster <= of[round]) found.push_back(of[round] / over[round]);
    }
    return found;
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

// Percentiles of single operations, printed and as JSON, where the contender can tell them.
std::string latencies_of(const contender& c, const options& chosen) {
    if (!c.latencies) return "";
    histogram all{};
    for (unsigned slices = 0; slices < (chosen.tiny ? 1 : 30); ++slices) c.latencies(chosen.slice, all);
    std::printf("  %-28s 50 %%: %.0f, 99 %%: %.0f, 99.9 %%: %.0f ns of %llu\n", "", all.at(0.5), all.at(0.99),
                all.at(0.999), static_cast<unsigned long long>(all.total()));
    std::string json = ", \"latency_ns\": {\"count\": " + std::to_string(all.total());
    for (const double percent : {10.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
        json += ", \"" + formatted("%g", percent) + "\": " + json_of(all.at(percent / 100));
    }
    return json + "}";
}

// Whether a goal is met, printed and as JSON.
std::string judged(const row& what, const figures& all, const goal& g) {
    const bool most = g.which == goal::direction::at_most;
    const std::string compared = g.over.empty() ? g.of : g.of + " / " + g.over;
    const std::vector<double> counted = ratios(what, all, g);
    std::string json = "{\"of\": " + quoted(g.of) + ", \"over\": " + quoted(g.over) + ", \"" +
                       (most ? "at_most" : "at_least") + "\": " + formatted("%.6g", g.bound) +
                       ", \"rounds\": " + std::to_string(counted.size());
    std::printf("  goal: %s %s %.2f: ", compared.c_str(), most ? "<=" : ">=", g.bound);
    if (counted.empty()) {
        std::printf("no round counts, the limit is never %g x as fast\n", g.limit_faster);
        return json + "}";
    }
    const spread got = spread_of(counted);
    const bool met = most ? got.median <= g.bound : got.median >= g.bound;
    std::printf("%.2f (%.2f to %.2f), %s", got.median, got.low, got.high, met ? "met" : "MISSED");
    if (g.limit_faster > 0) std::printf(", in %zu rounds of %zu", counted.size(), all[0].size());
    std::printf("\n");
    return json + ", \"ratio\": " + json_of(got) + ", \"met\": " + (met ? "true" : "false") + "}";
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
        } else if (std::strcmp(argv[i], "--row") == 0 && has_value) {
            chosen.only = argv[++i];
        } else if (std::strcmp(argv[i], "--json") == 0 && has_value) {
            chosen.json_path = argv[++i];
        } else {
            std::fprintf(stderr, "usage: %s [--tiny] [--rounds N] [--row TEXT] [--json FILE]\n", argv[0]);
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
    if (!wants(what.what)) return;
    ::alarm(options_.tiny ? 100 : 1800);  // whatever hangs ends the program, and its children with it
    const figures all = take_turns(what, options_);
    std::string json = "{\"what\": " + quoted(what.what) + ", \"unit\": " + quoted(what.unit) +
                       ", \"rounds\": " + std::to_string(all[0].size()) + ", \"contenders\": [";
    std::printf("\n%s\n", what.what.c_str());
    std::printf("  %-28s %14s %10s   %-18s\n", "", what.unit.c_str(), "x limit", "(middle half)");
    for (std::size_t i = 0; i < what.contenders.size(); ++i) {
        const contender& c = what.contenders[i];
        const spread time = spread_of(all[i]);
        const spread over = spread_of(ratios(what, all, {c.name, what.contenders[0].name}));
        std::printf("  %-28s %14.1f %10.2f   (%.2f to %.2f)\n", c.name.c_str(), time.median, over.median, over.low,
                    over.high);
        json += std::string(i == 0 ? "" : ", ") + "{\"name\": " + quoted(c.name) + ", \"figure\": " + json_of(time) +
                ", \"over_limit\": " + json_of(over) + latencies_of(c, options_) + "}";
    }
    json += "], \"goals\": [";
    for (std::size_t i = 0; i < what.goals.size(); ++i) {
        json += std::string(i == 0 ? "" : ", ") + judged(what, all, what.goals[i]);
    }
    std::fflush(stdout);
    json_ += (json_.empty() ? "" : ",\n") + json + "]}";
    ::alarm(0);
}

}  // namespace bench
