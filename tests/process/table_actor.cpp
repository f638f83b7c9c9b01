// The role "clerk", which does with a table what it is told, a line at a time.
// SPDX-License-Identifier: MIT
//
//   table PLACE [ro]        -> "created" or "opened"
//   put KEY TEXT            -> the version
//   get KEY                 -> "VERSION TEXT"
//   fill KEY COUNT SIZE     -> "done", when it has put as many records of that size, "KEY.0" to "KEY.(COUNT - 1)"
//   filled KEY COUNT SIZE   -> "yes" when they are there, whoever put them
//   erase KEY               -> "yes" or "no", whether it was there
//   count                   -> how many a scan shows and size says, if that is the same
//   update KEY TEXT         -> "inside", in the middle of it; the next line lets it go on: the version
//   storm REGION CLERK      -> "storming"; does deed after deed, for ever, and leaves the number of the last that was
//                              acknowledged in the region's word CLERK
// Every error is answered by its name alone: "timed_out".
#include <atomic>
#include <cstdlib>
#include <sstream>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"
#include "table_actor.hpp"

namespace {

using samepage::table_bytes;
using table_actor::deed;

std::string refuse(const samepage::error& reason) { return std::string(samepage::name_of(reason.code())); }

template <class T>
std::string shown(const samepage::result<T>& r) {
    return r ? std::to_string(*r) : refuse(r.error());
}

struct stage {
    table_bytes table;

    std::string open(std::istringstream& words) {
        std::string place, how;
        words >> place >> how;
        samepage::table_options options;
        if (how == "ro") options.access = samepage::access::read_only;
        auto made = how == "ro" ? table_bytes::open(place, options) : table_bytes::create(place, options);
        if (!made) return refuse(made.error());
        table = std::move(*made);
        return table.created() ? "created" : "opened";
    }

    std::string fill(const std::string& key, std::istringstream& words, bool only_look) const {
        std::uint64_t count = 0;
        std::size_t size = 0;
        words >> count >> size;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::string name = key + "." + std::to_string(i), value = deed{i, size}.text(size);
            if (only_look) {
                const auto got = table.get_text(name);
                if (!got || got->text != value) return "no: " + name + " " + (got ? "is wrong" : refuse(got.error()));
            } else if (const auto done = table.put_text(name, value); !done) {
                return refuse(done.error());
            }
        }
        return only_look ? "yes" : "done";
    }

    std::string count() const {
        std::uint64_t seen = 0;
        const auto done = table.for_each([&](const table_bytes::record&) { return ++seen != 0; });
        if (!done) return refuse(done.error());
        return seen == table.size()
                   ? std::to_string(seen)
                   : "a scan shows " + std::to_string(seen) + ", size is " + std::to_string(table.size());
    }

    std::string update(const std::string& key, const std::string& text) const {
        const auto slowly = [&](const std::span<const std::byte>*) -> samepage::result<std::vector<std::byte>> {
            runner::say("inside");
            runner::hear();
            const auto bytes = std::as_bytes(std::span(text));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        };
        return shown(table.update(std::as_bytes(std::span(key)), slowly));
    }

    std::string storm(const std::string& place, std::istringstream& words) const {
        std::uint64_t clerk = 0;
        words >> clerk;
        const auto page = samepage::region::open(place);
        if (!page) return refuse(page.error());
        auto& progress = reinterpret_cast<std::atomic<std::uint64_t>*>(page->data())[clerk];
        runner::say("storming");
        for (std::uint64_t turn = 1;; ++turn) {
            const deed mine{clerk, turn};
            const auto done =
                mine.erases() ? samepage::result<std::uint64_t>(0) : table.put_text(mine.key(), mine.value());
            if (!done) return refuse(done.error());
            if (mine.erases()) {
                if (const auto gone = table.erase_text(mine.key()); !gone) return refuse(gone.error());
            }
            progress.store(turn);
        }
    }

    std::string act(const std::string& line) {
        std::istringstream words(line);
        std::string verb, key, text;
        words >> verb;
        if (verb == "table") return open(words);
        if (verb == "count") return count();
        words >> key;
        if (verb == "fill" || verb == "filled") return fill(key, words, verb == "filled");
        if (verb == "storm") return storm(key, words);
        if (verb == "get") {
            const auto got = table.get_text(key);
            return got ? std::to_string(got->version) + " " + got->text : refuse(got.error());
        }
        if (verb == "erase") {
            const auto gone = table.erase_text(key);
            return !gone ? refuse(gone.error()) : *gone ? "yes" : "no";
        }
        words >> std::ws;
        std::getline(words, text);
        if (verb == "put") return shown(table.put_text(key, text));
        if (verb == "update") return update(key, text);
        return "what is " + verb + "?";
    }
};

int play_clerk(const runner::arguments&) {
    // Leaked: what ends is the process, and nothing is closed by hand.
    auto* const here = new stage;
    while (const auto line = runner::hear()) runner::say(here->act(*line));
    std::_Exit(0);
}

const runner::role clerk("clerk", &play_clerk);

}  // namespace
