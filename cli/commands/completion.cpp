// samepage completion: prints the script that completes commands, options and names in bash.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

// {0}: words that may come first; {1}: a line a noun with its verbs; {2}: a line a command with its options.
constexpr const char* script = R"bash(# bash completion for samepage, made by `samepage completion bash`.
_samepage() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" title="${{COMP_WORDS[1]}}" first=2
    local options="" verbs="" place="" i
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "{0}" -- "$word")
        return
    fi
    case "$title" in
{1}    esac
    if [[ -n $verbs ]]; then
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
            return
        fi
        title+=" ${{COMP_WORDS[2]}}"
        first=3
    fi
    for ((i = first; i < COMP_CWORD; ++i)); do
        if [[ ${{COMP_WORDS[i]}} == -- ]]; then
            mapfile -t COMPREPLY < <(compgen -c -f -- "$word")
            return
        fi
    done
    case "$title" in
{2}    esac
    if [[ $before == --file ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
    elif [[ $word == */* ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    elif [[ -n $place ]]; then
        local name
        while IFS= read -r name; do
            if [[ $name == "$word"* ]]; then COMPREPLY+=("$(printf '%q' "$name")"); fi
        done < <("${{COMP_WORDS[0]}}" ls --names 2>/dev/null)
    fi
}}
complete -F _samepage samepage
)bash";

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& w : words) out.append(out.empty() ? "" : " ").append(w);
    return out;
}

class completion : public command {
   public:
    void declare(arguments& a) override {
        a.word(shell_, "SHELL", "bash, the default");
        a.example("source <(samepage completion bash)");
    }

    int run(bool) override {
        if (shell_ && *shell_ != "bash") throw usage_error("there is completion for bash only, not for " + *shell_);
        std::vector<std::string> first = {"help"}, nouns;
        for (const command_entry& e : all_commands()) {
            const bool is_new_noun = !e.noun.empty() && (nouns.empty() || nouns.back() != e.noun);
            if (is_new_noun) nouns.emplace_back(e.noun);
            if (is_new_noun || e.noun.empty()) first.emplace_back(e.noun.empty() ? e.verb : e.noun);
        }
        std::string noun_lines, command_lines;
        for (const std::string& noun : nouns) {
            std::vector<std::string> verbs;
            for (const command_entry& e : all_commands()) {
                if (e.noun == noun) verbs.emplace_back(e.verb);
            }
            noun_lines += fmt::format("        {}) verbs=\"{}\" ;;\n", noun, joined(verbs));
        }
        for (const command_entry& e : all_commands()) {
            const auto c = e.make();
            const arguments a = arguments_of(e, *c);
            command_lines += fmt::format("        \"{}\") options=\"{}\"{} ;;\n", e.title(), joined(a.option_names()),
                                         a.takes_place() ? " place=1" : "");
        }
        print(fmt::format(fmt::runtime(script), joined(first), noun_lines, command_lines));
        return status_ok;
    }

   private:
    std::optional<std::string> shell_;
};

}  // namespace

std::unique_ptr<command> make_completion() { return std::make_unique<completion>(); }

}  // namespace samepage::cli
