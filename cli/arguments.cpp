// How command lines are read: our two rules first, then CLI11.
// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <utility>

#include "failure.hpp"
#include "suggest.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

enum class takes : std::uint8_t { nothing, a_value, a_duration_or_nothing };

struct option_fact {
    std::vector<std::string> names;
    takes what = takes::nothing;
};

const std::string left_out = "\1left out";  // stands for a duration that isn't given; nobody can type it

std::vector<std::string> split_names(const std::string& names) {
    std::vector<std::string> out(1);
    for (const char c : names) {
        if (c == ',') {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    return out;
}

bool looks_like_an_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

}  // namespace

struct arguments::state {
    std::string title;
    CLI::App app;
    std::vector<option_fact> options;
    std::vector<std::string> values;  // the words themselves, see as_number
    std::vector<std::string>* command = nullptr;
    std::size_t words_max = 0;
    std::map<std::size_t, std::string> value_options;  // "--text", for each word that is a value
    std::size_t values_from = SIZE_MAX;                // from this word on all are values
    std::string* place = nullptr;
    std::vector<std::string>* places = nullptr;
    bool json = false, global = false;
    std::string not_a_time;                // "--wait", where an option that may have a time stood before another word
    std::size_t not_a_time_at = SIZE_MAX;  // that word's place in the command line

    state(std::string_view name, std::string_view summary) : title(name), app(std::string(summary)) {
        app.name("samepage " + title);
        app.get_formatter()->column_width(28);
    }

    // CLI11 takes "[a,b]" apart and overlooks empty words; so the words go past it, and it sees their numbers.
    std::string as_number(std::string word) {
        values.push_back(std::move(word));
        return std::to_string(values.size() - 1);
    }
    const std::string& word_of(const std::string& number) const { return values[std::stoul(number)]; }

    const option_fact* find(const std::string& name) const {
        for (const option_fact& o : options) {
            for (const std::string& n : o.names) {
                if (n == name) return &o;
            }
        }
        return nullptr;
    }

    std::vector<std::string> long_names() const {
        std::vector<std::string> out;
        for (const option_fact& o : options) {
            for (const std::string& n : o.names) {
                if (n.starts_with("--")) out.push_back(n);
            }
        }
        return out;
    }

    CLI::Option* add(const std::string& names, takes what, const std::string& value_name, const std::string& help,
                     std::function<void(const std::string&)> use) {
        options.push_back({split_names(names), what});
        CLI::Option* o = app.add_option_function<std::string>(
            names, [this, use = std::move(use)](const std::string& number) { use(word_of(number)); }, help);
        o->type_name(value_name);
        o->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        return o;
    }

    [[noreturn]] void wrong(const std::string& what) const {
        throw usage_error(what + " (see samepage " + title + " --help)");
    }

    void unknown_option(const std::string& name) const {
        const std::string meant = nearest(name, long_names());
        wrong("there is no option " + name + (meant.empty() ? "" : "; did you mean " + meant + "?"));
    }

    // Takes the option at words[i] into `known`; false if it is none of ours.
    bool take_option(const std::vector<std::string>& words, std::size_t& i, std::vector<std::string>& known) {
        const std::string& word = words[i];
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const std::string name = word.substr(0, equals);
        const option_fact* o = find(name);
        if (o == nullptr) return false;
        const bool attached = equals != std::string::npos;
        known.push_back(name);
        if (o->what == takes::nothing) {
            if (attached) wrong(name + " takes no value");
        } else if (attached) {
            known.push_back(as_number(word.substr(equals + 1)));
        } else if (o->what == takes::a_value) {
            if (i + 1 == words.size()) wrong(name + " needs a value");
            known.push_back(as_number(words[++i]));
        } else {
            const bool given = i + 1 < words.size() && parse_duration(words[i + 1]);
            if (!given) {
                not_a_time = name;
                not_a_time_at = i + 1;
            }
            known.push_back(as_number(given ? words[++i] : left_out));
        }
        return true;
    }

    // Whether words[i], which no option is, is the value although it begins with '-'.
    bool is_value(const std::string& word, std::size_t words_before) const {
        const auto at = value_options.find(words_before);
        if (at == value_options.end() && words_before < values_from) return false;
        const std::string meant = word.starts_with("--") ? nearest(word, long_names()) : "";
        if (meant.empty()) return true;
        std::string as_value = "-- " + word;
        if (at != value_options.end()) as_value = at->second.empty() ? "" : at->second + "=" + word;
        wrong("there is no option " + word + "; did you mean " + meant + "?" +
              (as_value.empty() ? "" : " As a value: " + as_value));
    }
};

arguments::arguments(std::string_view command, std::string_view summary)
    : state_(std::make_unique<state>(command, summary)) {
    flag("--json", state_->json, "Print JSON, errors too");
}

arguments::arguments(arguments&&) noexcept = default;
arguments::~arguments() = default;

void arguments::place(std::string& into) {
    state_->place = &into;
    ++state_->words_max;
    state* s = state_.get();
    s->app
        .add_option_function<std::string>(
            "PLACE", [s](const std::string& n) { *s->place = s->word_of(n); },
            "A name (hello), or the path of a file (./stock.page)")
        ->required()
        ->type_name("");
    flag("--global", s->global, "The name is the whole machine's, as with Global\\ before it");
}

void arguments::places(std::vector<std::string>& into) {
    state_->places = &into;
    state_->words_max = SIZE_MAX;
    state* s = state_.get();
    s->app
        .add_option_function<std::vector<std::string>>(
            "PLACE",
            [s](const std::vector<std::string>& numbers) {
                for (const std::string& n : numbers) s->places->push_back(s->word_of(n));
            },
            "Names (hello), or paths of files (./stock.page)")
        ->required()
        ->type_name("");
    flag("--global", s->global, "The names are the whole machine's, as with Global\\ before them");
}

void arguments::value(std::optional<std::string>& into, const std::string& name, const std::string& option,
                      const std::string& help) {
    state* s = state_.get();
    s->value_options[s->words_max++] = option;
    s->app
        .add_option_function<std::string>(
            name, [s, &into](const std::string& n) { into = s->word_of(n); }, help)
        ->type_name("");
}

void arguments::values(std::vector<std::string>& into, const std::string& name, const std::string& help) {
    state* s = state_.get();
    s->values_from = s->words_max;
    s->words_max = SIZE_MAX;
    s->app
        .add_option_function<std::vector<std::string>>(
            name,
            [s, &into](const std::vector<std::string>& numbers) {
                for (const std::string& n : numbers) into.push_back(s->word_of(n));
            },
            help)
        ->required()
        ->type_name("");
}

void arguments::word(std::optional<std::string>& into, const std::string& name, const std::string& help) {
    state* s = state_.get();
    ++s->words_max;
    s->app
        .add_option_function<std::string>(
            name, [s, &into](const std::string& n) { into = s->word_of(n); }, help)
        ->type_name("");
}

void arguments::flag(const std::string& names, bool& into, const std::string& help) {
    state_->options.push_back({split_names(names), takes::nothing});
    state_->app.add_flag(names, into, help);
}

void arguments::text(const std::string& names, std::optional<std::string>& into, const std::string& value_name,
                     const std::string& help) {
    state_->add(names, takes::a_value, value_name, help, [&into](const std::string& v) { into = v; });
}

void arguments::size(const std::string& names, std::optional<std::uint64_t>& into, const std::string& help) {
    state* s = state_.get();
    s->add(names, takes::a_value, "SIZE", help, [s, names, &into](const std::string& v) {
        into = parse_size(v);
        if (!into) s->wrong(names + ": '" + v + "' is not a size from 0 to 2^64-1 bytes, like 4096, 4K, 64M or 1G");
    });
}

void arguments::number(const std::string& names, std::optional<std::uint64_t>& into, const std::string& value_name,
                       const std::string& help) {
    state* s = state_.get();
    s->add(names, takes::a_value, value_name, help, [s, names, &into](const std::string& v) {
        const bool digits = !v.empty() && v.find_first_not_of("0123456789") == std::string::npos;
        into = digits ? parse_size(v) : std::nullopt;
        if (!into) s->wrong(names + ": '" + v + "' is not a number from 0 to 2^64-1");
    });
}

void arguments::time(const std::string& names, std::optional<duration>& into, const std::string& help) {
    time_or(names, into, no_wait, help);
    state_->options.back().what = takes::a_value;
}

void arguments::time_or(const std::string& names, std::optional<duration>& into, duration alone,
                        const std::string& help) {
    state* s = state_.get();
    s->add(names, takes::a_duration_or_nothing, "TIME", help, [s, names, alone, &into](const std::string& v) {
        into = v == left_out ? alone : parse_duration(v);
        if (!into) s->wrong(names + ": '" + v + "' is not a time, like 5s, 100ms, 2m or 1h");
    });
}

void arguments::command(std::vector<std::string>& into) { state_->command = &into; }

void arguments::example(std::string_view line) {
    std::string footer = state_->app.get_footer();
    footer += footer.empty() ? "Examples:\n  " : "\n  ";
    state_->app.footer(footer.append(line));
}

bool arguments::parse(const std::vector<std::string>& words) {
    state& s = *state_;
    std::vector<std::string> known, plain;
    std::string meant_as_time;  // a plain word that stood where a time may
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            auto& rest = s.command ? *s.command : plain;
            rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
            if (s.command && rest.empty()) s.wrong("after -- comes a command");
            break;
        }
        if (word == "--help" || word == "-h") return true;
        if (looks_like_an_option(word)) {
            if (s.take_option(words, i, known)) continue;
            if (!s.is_value(word, plain.size())) s.unknown_option(word);
        }
        if (i == s.not_a_time_at) meant_as_time = word;
        plain.push_back(word);
    }
    if (plain.size() > s.words_max) {
        if (!meant_as_time.empty())
            s.wrong(s.not_a_time + ": '" + meant_as_time + "' is not a time, like 5s, 100ms, 2m or 1h");
        s.wrong("'" + plain[s.words_max] + "' is one word too many; put what has spaces in it in quotes" +
                (s.command != nullptr ? ", and -- before a command that is to run" : ""));
    }
    known.emplace_back("--");
    for (std::string& word : plain) known.push_back(s.as_number(std::move(word)));
    std::reverse(known.begin(), known.end());
    try {
        s.app.parse(known);
    } catch (const CLI::ParseError& e) {
        s.wrong(e.what());
    }
    if (s.global && s.place != nullptr) s.place->insert(0, "Global\\");
    if (s.global && s.places != nullptr) {
        for (std::string& p : *s.places) p.insert(0, "Global\\");
    }
    return false;
}

bool arguments::json() const { return state_->json; }

std::string arguments::help() const {
    std::string text = state_->app.help();
    if (state_->command != nullptr) {
        const std::size_t end = text.find('\n', text.find("Usage: "));
        if (end != std::string::npos) text.insert(end, " [-- CMD ARG...]");
    }
    return text;
}

std::vector<std::string> arguments::option_names() const { return state_->long_names(); }

bool arguments::takes_command() const { return state_->command != nullptr; }

bool arguments::takes_place() const { return state_->place != nullptr || state_->places != nullptr; }

}  // namespace samepage::cli
