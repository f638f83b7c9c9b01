// What an actor can do on every system.
// SPDX-License-Identifier: MIT
#include "actor.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "runner.hpp"

namespace actor {

namespace {

using samepage::region;

using action = std::string (*)(stage&, std::istringstream&);

std::map<std::string, action>& verbs() {
    static std::map<std::string, action> all;
    return all;
}

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

std::string make(stage& here, std::istringstream& words, bool fresh) {
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

std::string store(stage& here, std::istringstream& words) {
    std::string handle;
    words >> handle;
    *reinterpret_cast<volatile char*>(here.regions.at(handle).data()) = 'x';
    return "done";
}

const verb known[] = {
    {"create", [](stage& here, std::istringstream& words) { return make(here, words, false); }},
    {"create_new", [](stage& here, std::istringstream& words) { return make(here, words, true); }},
    {"open", open},
    {"back", back},
    {"write", write},
    {"read", read},
    {"zeroed", zeroed},
    {"view", view},
    {"see", see},
    {"store", store},
    {"check", check},
    {"close", close},
};

std::string answer(stage& here, const std::string& name, std::istringstream& words) try {
    const auto found = verbs().find(name);
    return found == verbs().end() ? "no such verb: " + name : found->second(here, words);
} catch (const std::out_of_range&) {
    return "no such handle";
}

int act(const runner::arguments&) {
    // Never destroyed: "exit" must end the process with everything open, as a program does that forgets to close.
    static stage& here = *new stage;
    while (const auto line = runner::hear()) {
        std::istringstream words(*line);
        std::string name;
        int code = 0;
        words >> name;
        if (name == "exit" && words >> code) std::exit(code);
        if (name == "quick_exit" && words >> code) std::_Exit(code);
        if (name == "abort") std::abort();
        runner::say(answer(here, name, words));
    }
    return 0;
}

const runner::role role("actor", act);

}  // namespace

verb::verb(const char* name, action act) { verbs()[name] = act; }

}  // namespace actor
