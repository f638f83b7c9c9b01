// The role "writer", which does with cells and locks what it is told, a line at a time.
// SPDX-License-Identifier: MIT
//
// Needs no test framework, so that a 32-bit build of it can play too. HANDLE is any word; several at once.
//   cell HANDLE PLACE [ro | sole]   -> "created" or "opened"
//   store HANDLE TEXT               -> the version
//   try_store HANDLE TEXT           -> as store, without waiting for another writer
//   load HANDLE                     -> "VERSION TEXT"
//   stores HANDLE N                 -> stores N values; the last version
//   listen HANDLE                   -> arms the cell's descriptor; the version
//   wait HANDLE VERSION             -> the new version; "sleeping" comes first, before it sleeps
//   update HANDLE TEXT              -> "inside"; stores TEXT and gives the version when the next line comes
//   flood HANDLE BYTES THREADS      -> "flooding"; threads of it store for ever, each value of one repeated byte
//   lock HANDLE PLACE               -> "created" or "opened"
//   acquire HANDLE [MS]             -> "owned", or "owner_died"
//   release HANDLE, repaired HANDLE -> "done"
//   message                         -> the last error's sentence
//   close HANDLE                    -> "done"
//   exit CODE                       -> nothing: it ends so, with everything open
// Every error is answered by its name alone: "timed_out".
#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"

namespace {

using samepage::cell_bytes;
using samepage::lock;

struct stage {
    std::map<std::string, cell_bytes> cells;
    std::map<std::string, lock> locks;
    std::map<std::string, lock::held> held;
    std::vector<std::thread> threads;
    std::string message;

    std::string refuse(const samepage::error& reason) {
        message = reason.message();
        return std::string(samepage::name_of(reason.code()));
    }
    template <class T>
    std::string number(const samepage::result<T>& r) {
        return r ? std::to_string(*r) : refuse(r.error());
    }

    std::string open_cell(const std::string& handle, std::istringstream& words) {
        std::string place, how;
        words >> place >> how;
        samepage::cell_options options;
        if (how == "ro") options.access = samepage::access::read_only;
        options.sole_writer = how == "sole";
        auto made = cell_bytes::create(place, options);
        if (!made) return refuse(made.error());
        const std::string answer = made->created() ? "created" : "opened";
        cells[handle] = std::move(*made);
        return answer;
    }

    std::string open_lock(const std::string& handle, std::istringstream& words) {
        std::string place;
        words >> place;
        auto made = lock::create(place);
        if (!made) return refuse(made.error());
        const std::string answer = made->created() ? "created" : "opened";
        locks[handle] = std::move(*made);
        return answer;
    }

    std::string acquire(const std::string& handle, std::istringstream& words) {
        long long ms = -1;
        words >> ms;
        const bool bounded = !words.fail();
        auto got = locks.at(handle).acquire(bounded ? std::chrono::milliseconds(ms) : samepage::forever);
        if (!got) return refuse(got.error());
        const std::string answer = got->owner_died() ? "owner_died" : "owned";
        held[handle] = std::move(*got);
        return answer;
    }

    std::string update(const std::string& handle, const std::string& text) {
        return number(cells.at(handle).update([&](auto) -> samepage::result<std::vector<std::byte>> {
            runner::say("inside");
            runner::hear();
            const auto bytes = std::as_bytes(std::span(text));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        }));
    }

    std::string flood(const std::string& handle, std::istringstream& words) {
        std::size_t bytes = 0;
        int count = 0;
        words >> bytes >> count;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&c = cells.at(handle), bytes, i] {
                for (auto round = static_cast<char>(i);; ++round)
                    static_cast<void>(c.store_text(std::string(bytes, round), samepage::forever));
            });
        }
        return "flooding";
    }

    std::string load(const std::string& handle) {
        const auto seen = cells.at(handle).load_text();
        return seen ? std::to_string(seen->version) + " " + seen->text : refuse(seen.error());
    }

    std::string act(const std::string& line) {
        std::istringstream words(line);
        std::string verb, handle;
        words >> verb >> handle;
        if (verb == "cell") return open_cell(handle, words);
        if (verb == "lock") return open_lock(handle, words);
        if (verb == "acquire") return acquire(handle, words);
        if (verb == "flood") return flood(handle, words);
        if (verb == "load") return load(handle);
        if (verb == "message") return message;
        if (verb == "release") {
            const auto released = held.at(handle).release();
            return released ? "done" : refuse(released.error());
        }
        if (verb == "repaired") return held.at(handle).mark_repaired(), "done";
        if (verb == "close") return held.erase(handle), locks.erase(handle), cells.erase(handle), "done";
        if (verb == "exit") std::exit(std::stoi(handle));
        if (verb == "listen") return number(cells.at(handle).arm());
        if (verb == "stores") {
            int count = 0;
            words >> count;
            while (--count > 0) static_cast<void>(cells.at(handle).store_text("x", samepage::forever));
            return number(cells.at(handle).store_text("x", samepage::forever));
        }
        if (verb == "wait") {
            std::uint64_t version = 0;
            words >> version;
            runner::say("sleeping");
            return number(cells.at(handle).wait(version));
        }
        std::string text;
        words >> std::ws;
        std::getline(words, text);
        if (verb == "store") return number(cells.at(handle).store_text(text));
        if (verb == "try_store") return number(cells.at(handle).store_text(text, samepage::no_wait));
        if (verb == "update") return update(handle, text);
        return "what is " + verb + "?";
    }
};

int play_writer(const runner::arguments&) {
    // Leaked: what ends is the process, and nothing is closed by hand.
    auto* const here = new stage;
    while (const auto line = runner::hear()) runner::say(here->act(*line));
    std::_Exit(0);
}

const runner::role writer("writer", &play_writer);

}  // namespace
