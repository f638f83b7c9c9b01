// From the words typed to the command, and from its end to the exit status.
// SPDX-License-Identifier: MIT
#include "dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "command.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "output.hpp"
#include "suggest.hpp"
#include "system.hpp"

namespace samepage::cli {

namespace {

constexpr const char* help_begin = R"(Share data between processes by name.

  terminal 1:  samepage share hello "Hello world"       creates it and holds it
  terminal 2:  samepage read hello                      prints Hello world

Usage: samepage COMMAND [WORDS] [OPTIONS]

A PLACE is a name (hello), which is memory and lives while somebody holds it, or a path (./stock.page),
a file that stays.

)";

constexpr const char* help_end = R"(
samepage COMMAND --help tells more. Every command knows --json.
Exit status: 0 good, 1 error, 2 wrong usage, 3 not found, 4 timed out, 5 exists, conflict or wrong kind, 6 denied,
7 full, 8 corrupt or wrong version. With -- CMD: CMD's own, or 125 samepage failed, 126 cannot run CMD,
127 no such CMD, 128+n signal n.
)";

std::string help() {
    std::string text = help_begin;
    for (const command_entry& e : all_commands()) text += fmt::format("  {:<17} {}\n", e.title(), e.summary);
    return text + help_end;
}

bool is_noun(const std::string& word) {
    const auto all = all_commands();
    return !word.empty() && std::any_of(all.begin(), all.end(), [&](const command_entry& e) { return e.noun == word; });
}

std::string help_of_noun(const std::string& noun) {
    std::string text = fmt::format("Usage: samepage {} VERB [WORDS] [OPTIONS]\n\n", noun);
    for (const command_entry& e : all_commands()) {
        if (e.noun == noun) text += fmt::format("  {:<17} {}\n", e.title(), e.summary);
    }
    return text;
}

[[noreturn]] void no_such_command(const std::string& noun, const std::string& word) {
    std::vector<std::string> known;
    for (const command_entry& e : all_commands()) {
        if (e.noun == noun) known.emplace_back(e.verb);
        if (noun.empty() && !e.noun.empty()) known.emplace_back(e.noun);
    }
    const std::string meant = nearest(word, known);
    throw usage_error(fmt::format("there is no command '{}{}{}'{} (see samepage --help)", noun, noun.empty() ? "" : " ",
                                  word, meant.empty() ? "" : fmt::format("; did you mean {}?", meant)));
}

bool asks_for_help(const std::string& word) { return word == "help" || word == "--help" || word == "-h"; }

// The command of words[0…], and in `used` how many words name it.
const command_entry& find(const std::vector<std::string>& words, std::size_t& used) {
    used = is_noun(words[0]) ? 2 : 1;
    const std::string noun = used == 2 ? words[0] : "", verb = words[used - 1];
    for (const command_entry& e : all_commands()) {
        if (e.noun == noun && e.verb == verb) return e;
    }
    no_such_command(noun, verb);
}

// Options of every command that came before it: taken off.
std::vector<std::string> take_options_before(std::vector<std::string>& words) {
    std::size_t count = 0;
    while (count < words.size() && (words[count] == "--global" || words[count] == "--json")) ++count;
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::string> taken(words.begin(), end);
    words.erase(words.begin(), end);
    return taken;
}

// `may_run_another`: false once it is a command that runs no other.
int run_words(std::vector<std::string> words, bool& may_run_another) {
    const std::vector<std::string> before = take_options_before(words);
    if (!words.empty() && (words[0] == "--version" || words[0] == "-V")) words[0] = "version";
    const bool help_first = !words.empty() && asks_for_help(words[0]);
    if (help_first) {  // "help share" is "share --help"
        words.erase(words.begin());
        if (!words.empty()) words.resize(std::min<std::size_t>(words.size(), is_noun(words[0]) ? 2 : 1));
        if (words.empty()) {
            print(help());
            return status_ok;
        }
    }
    if (words.empty()) throw usage_error("which command? (see samepage --help)");
    if (is_noun(words[0]) && (words.size() == 1 || asks_for_help(words[1]))) {
        if (words.size() == 1 && !help_first)
            throw usage_error(fmt::format("which verb? (see samepage {} --help)", words[0]));
        print(help_of_noun(words[0]));
        return status_ok;
    }
    std::size_t used = 0;
    const command_entry& entry = find(words, used);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(used));
    if (help_first) words = {"--help"};
    const auto c = entry.make();
    if (c->takes_words_as_they_are()) return c->run_words(words);
    words.insert(words.begin(), before.begin(), before.end());
    arguments a = arguments_of(entry, *c);
    may_run_another = a.takes_command();
    if (a.parse(words)) {
        print(a.help());
        return status_ok;
    }
    try {
        return c->run(a.json());
    } catch (const interrupt_heard&) {
        if (!c->ends_by_interrupt()) throw;
        return status_ok;
    }
}

int report(const failure& f, const std::vector<std::string>& words, bool may_run_another) {
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const bool json = std::find(words.begin(), dashes, "--json") != dashes;
    // Where another command would have run, its statuses are its own, and ours is 125.
    const bool own = f.is_answer() || f.exit_status() == status_cannot_run || f.exit_status() == status_no_such_command;
    const bool runs_another = may_run_another && dashes != words.end() && !own;
    const int status = runs_another ? static_cast<int>(status_own_failure) : f.exit_status();
    if (json) {
        json_object answer;
        answer.set("error", f.code()).set("message", f.what()).set("exit_status", static_cast<std::uint64_t>(status));
        complain_in_json(answer.dump());
    } else {
        complain(f.what());
    }
    return status;
}

}  // namespace

int dispatch(const std::vector<std::string>& words) {
    bool may_run_another = true;
    try {
        const int status = run_words(words, may_run_another);
        flush_output();
        return status;
    } catch (const failure& f) {
        return report(f, words, may_run_another);
    } catch (const std::bad_alloc&) {
        return report(failure(status_full, "no_space", "no_space: this process can get no more memory"), words,
                      may_run_another);
    } catch (const std::exception& e) {
        return report(failure(status_error, "system", std::string("system: ") + e.what()), words, may_run_another);
    } catch (const reader_gone&) {
        return status_ok;
    } catch (const interrupt_heard&) {
        end_interrupted();
    }
}

}  // namespace samepage::cli
