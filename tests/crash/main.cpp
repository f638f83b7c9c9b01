// The crash tests' program: explores one operation in one mode and says how many states there were and how many broke.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "explore.hpp"

namespace {

using namespace crash;

int usage() {
    std::fputs(
        "usage: samepage_crash_tests [--expect COMPLAINT] MODE SUBJECT\n"
        "  MODE: alone, kept, pair; SUBJECT: as --list shows them\n"
        "  --expect: succeeds when a state is found broken, and the complaint contains these words\n",
        stderr);
    return 2;
}

std::vector<subject> all_subjects() {
    std::vector<subject> all;
    for (const auto& some : {self_subjects(), region_subjects(), cell_subjects(), lock_subjects(), ndarray_subjects(),
                             channel_subjects(), queue_subjects(), table_subjects(), table_checkpoint_subjects()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

void print(const subject& what, const char* where, const char* how, const report& r) {
    std::printf("%-28s on a %s, %-5s  %4u stops (%u stores, %u calls) once through, %5u states, %u broken\n", what.name,
                where, how, r.stops, r.stores, r.calls, r.states, r.broken);
    for (const std::string& c : r.complaints) std::printf("  broken: %s\n", c.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<subject> subjects = all_subjects();
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const subject& s : subjects) std::puts(s.name);
        return 0;
    }
    const bool expects = argc == 5 && std::strcmp(argv[1], "--expect") == 0;
    if (argc != 3 && !expects) return usage();
    const std::string wanted = expects ? argv[2] : "", how = argv[argc - 2], name = argv[argc - 1];
    if (how != "alone" && how != "kept" && how != "pair") return usage();
    const mode m = how == "alone" ? mode::alone : how == "kept" ? mode::kept : mode::pair;

    unsigned runs = 0, broken = 0;
    bool found = false;
    for (const subject& s : subjects) {
        if (s.name != name || (m == mode::pair && !s.meanwhile)) continue;
        for (const bool on_name : {true, false}) {
            if (on_name ? !s.on_names : !s.on_paths) continue;
            // A name whose holders are all dead is no more: nothing to find there, unless that is the very test.
            if (m == mode::alone && on_name && s.keeps) continue;
            if (m != mode::alone && !on_name && !s.keeps_paths) continue;
            const report r = explore(s, on_name, m, wanted);
            print(s, on_name ? "name" : "path", how.c_str(), r);
            runs += r.stops > 0 ? 1 : 0;
            broken += r.broken;
            found = found || r.found_wanted;
        }
    }
    if (runs == 0) {
        std::fprintf(stderr, "there is no '%s' in this mode\n", name.c_str());
        return 2;
    }
    if (expects) {
        std::printf("%s: %s\n", found ? "caught, as it must be" : "NOT caught", wanted.c_str());
        return found ? 0 : 1;
    }
    return broken > 0 ? 1 : 0;
}
