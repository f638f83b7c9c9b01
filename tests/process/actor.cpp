// The role that does with regions what it is told, a line at a time: the other process of most tests.
// SPDX-License-Identifier: MIT
//
// Needs no test framework, so that a 32-bit build of it can play too. HANDLE is any word; several at once.
//   create|create_new HANDLE PLACE SIZE [ro]   -> "created SIZE" or "opened SIZE"
//   open HANDLE PLACE [ro] [TIMEOUT_MS]        -> "opened SIZE"
//   back HANDLE PLACE SIZE FILE                -> as create, the name leading to the file
//   write HANDLE TEXT                          -> "done"
//   read HANDLE                                -> the text, in brackets
//   zeroed HANDLE                              -> "yes" or "no"
//   view VIEW HANDLE OFFSET SIZE, see VIEW     -> "done"; the text in the view, in brackets
//   check HANDLE, close HANDLE                 -> "done"
//   exit CODE, quick_exit CODE, abort          -> nothing: it ends so, with everything open
// Every error is answered by its name alone: "not_found".
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>

#include "runner.hpp"
#include "samepage/region.hpp"

namespace {

using samepage::region;

struct stage {
    std::map<std::string, region> regions;
    std::map<std::string, samepage::region_view> views;
};

std::string name(const samepage::error& reason) { return std::string(samepage::name_of(reason.code())); }

std::string done(const samepage::result<void>& r) { return r ? "done" : name(r.error()); }

std::string keep(stage& here, const std::string& handle, samepage::result<region> made) {
    if (!made) return name(made.error());
    const std::string answer = (made->created() ? "created " : "opened ") + std::to_string(made->size());
    here.regions[handle] = std::move(*made);
    return answer;
}

// The optional words at the end of create and open.
samepage::region_options options(std::istringstream& words) {
    samepage::region_options o;
    for (std::string word; words >> word;) {
        if (word == "ro") {
            o.access = samepage::access::read_only;
        } else {
            o.timeout = std::chrono::milliseconds(std::stoll(word));
        }
    }
    return o;
}

std::string create(stage& here, std::istringstream& words, bool fresh) {
    std::string handle, place;
    std::uint64_t size = 0;
    words >> handle >> place >> size;
    const samepage::region_options o = options(words);
    return keep(here, handle, fresh ? region::create_new(place, size, o) : region::create(place, size, o));
}

std::string open(stage& here, std::istringstream& words) {
    std::string handle, place;
    words >> handle >> place;
    return keep(here, handle, region::open(place, options(words)));
}

std::string back(stage& here, std::istringstream& words) {
    std::string handle, place, file;
    std::uint64_t size = 0;
    words >> handle >> place >> size >> file;
    return keep(here, handle, region::create(place, size, file));
}

std::string write(stage& here, std::istringstream& words) {
    std::string handle, text;
    words >> handle >> std::ws;
    std::getline(words, text);
    return done(here.regions.at(handle).write_text(text));
}

std::string read(stage& here, std::istringstream& words) {
    std::string handle;
    words >> handle;
    const auto text = here.regions.at(handle).read_text();
    return text ? "[" + *text + "]" : name(text.error());
}

std::string zeroed(stage& here, std::istringstream& words) {
    std::string handle;
    words >> handle;
    const auto bytes = here.regions.at(handle).bytes();
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }) ? "yes" : "no";
}

std::string view(stage& here, std::istringstream& words) {
    std::string into, handle;
    std::uint64_t offset = 0;
    std::size_t size = 0;
    words >> into >> handle >> offset >> size;
    auto window = here.regions.at(handle).map(offset, size);
    if (!window) return name(window.error());
    here.views[into] = std::move(*window);
    return "done";
}

std::string see(stage& here, std::istringstream& words) {
    std::string which;
    words >> which;
    const auto bytes = here.views.at(which).bytes();
    const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
    std::string text = "[";
    std::for_each(bytes.begin(), end, [&](std::byte b) { text.push_back(static_cast<char>(b)); });
    return text + "]";
}

std::string check(stage& here, std::istringstream& words) {
    std::string handle;
    words >> handle;
    return done(here.regions.at(handle).check_name());
}

std::string close(stage& here, std::istringstream& words) {
    std::string handle;
    words >> handle;
    return here.regions.erase(handle) == 1 ? "done" : "no such handle";
}

int act(const runner::arguments&) {
    // Never destroyed: "exit" must end the process with everything open, as a program does that forgets to close.
    auto& here = *new stage;
    const std::map<std::string, std::function<std::string(std::istringstream&)>> acts = {
        {"create", [&](auto& w) { return create(here, w, false); }},
        {"create_new", [&](auto& w) { return create(here, w, true); }},
        {"open", [&](auto& w) { return open(here, w); }},
        {"back", [&](auto& w) { return back(here, w); }},
        {"write", [&](auto& w) { return write(here, w); }},
        {"read", [&](auto& w) { return read(here, w); }},
        {"zeroed", [&](auto& w) { return zeroed(here, w); }},
        {"view", [&](auto& w) { return view(here, w); }},
        {"see", [&](auto& w) { return see(here, w); }},
        {"check", [&](auto& w) { return check(here, w); }},
        {"close", [&](auto& w) { return close(here, w); }},
    };
    while (const auto line = runner::hear()) {
        std::istringstream words(*line);
        std::string verb;
        int code = 0;
        words >> verb;
        if (verb == "exit" && words >> code) std::exit(code);
        if (verb == "quick_exit" && words >> code) std::_Exit(code);
        if (verb == "abort") std::abort();
        const auto found = acts.find(verb);
        runner::say(found == acts.end() ? "no such verb: " + verb : found->second(words));
    }
    return 0;
}

const runner::role actor("actor", act);

}  // namespace
