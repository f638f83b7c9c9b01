// samepage share: creates or opens a region, writes into it, and holds it. The article's first program.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "../failure.hpp"
#include "../holding.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../transfer.hpp"
#include "commands.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

namespace {

constexpr std::uint64_t default_bytes = 4096;  // the article's

class share : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        source_.declare(a);
        a.size("--size", size_bytes_, "Bytes of a new region; default: 4096, or what the content needs");
        holding_.declare(a, true);
        a.example("samepage share hello \"Hello world\"               until Enter or Ctrl-C");
        a.example("samepage share photo --file photo.jpg --for 10m");
        a.example("samepage share answer -42 -- ./my-program       while it runs");
    }

    int run(bool json) override {
        const samepage::place where = need(place::parse(place_));
        content what(source_);
        const std::uint64_t needed = source_.given() ? what.size_bytes() : 0;
        if (size_bytes_ == 0 && where.is_path()) size_bytes_.reset();  // the file's own
        if (size_bytes_ == 0) throw usage_error("--size 0: a region has at least one byte; nothing was made");
        if (size_bytes_ && needed > *size_bytes_)
            throw failure(
                status_full, "too_large",
                fmt::format("too_large: --size {} is less than the {} bytes that are to go in; nothing was made",
                            *size_bytes_, needed));
        holding_.begin();
        const region r = make(where, needed, what.is_text());
        if (source_.given()) write_content(r, place_, 0, what);
        if (json) {
            json_object answer;
            answer.set("place", where.text()).set("size_bytes", r.size()).set("created", r.created());
            print_line(answer.dump());
        } else if (!r.created() && size_bytes_ && *size_bytes_ != r.size()) {
            hint(fmt::format("{} exists already, with {} bytes", where.text(), r.size()));
        }
        const std::string sentence = "Now switch to the other application: samepage read " + typed(where);
        return holding_.until_end(sentence, [&r] { return r.check_name(); });
    }

   private:
    region make(const samepage::place& where, std::uint64_t needed, bool is_text) const {
        const region_options options = windows_only(access::read_write);
        const std::uint64_t fitting = is_text || needed == 0 ? std::max(default_bytes, needed) : needed;
        if (!where.is_path() || size_bytes_)
            return need(region::create(place_, size_bytes_.value_or(fitting), options));
        // A file that is there already keeps its size, unless the content needs more.
        auto there = region::open(place_, options);
        if (there && there->size() >= needed) return *std::move(there);
        const bool make_anew = there || there.error().code() == errc::not_found ||
                               there.error().code() == errc::invalid_argument;  // an empty file
        if (!make_anew) throw failure(there.error());
        return need(region::create(place_, there ? needed : fitting, options));
    }

    // The place as it is typed into a shell.
    static std::string typed(const samepage::place& where) {
        std::string word = where.name;
        if (word.find_first_of(" \t'\"$&;()<>|*?[]`!#~\\") != std::string::npos) {
            word = "'";
            for (const char c : where.name) c == '\'' ? word += "'\\''" : word += c;
            word += '\'';
        }
        return where.scope == scope::global ? "--global " + word : word;
    }

    std::string place_;
    content_source source_;
    std::optional<std::uint64_t> size_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_share() { return std::make_unique<share>(); }

}  // namespace samepage::cli
