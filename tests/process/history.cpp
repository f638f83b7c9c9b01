// Goes over the ends of operations in time, with every state that is possible.
// SPDX-License-Identifier: MIT
#include "history.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace history {

namespace {

// Versions grow; of one that was put without an answer it is only known that it is larger than those before.
struct state {
    std::uint64_t value = operation::none;  // none: there is no record
    std::uint64_t version = 0;              // the largest that is known
    bool is_exact = true;                   // it is that of the record
    auto operator<=>(const state&) const = default;
};

std::optional<state> when_put(const state& before, std::uint64_t value, std::uint64_t version) {
    if (version != 0 && version <= before.version) return {};
    return state{value, std::max(version, before.version), version != 0};
}

// What `o` leaves of it, if it can have had its answer there.
std::optional<state> after(const state& before, const operation& o) {
    const bool is_there = before.value != operation::none;
    // Whether it was done, unless it said otherwise.
    const auto can_be = [&](bool done) { return !o.is_answered || o.is_done == done; };
    switch (o.what) {
        case act::get: {
            if (!o.is_answered) return before;
            if (!can_be(is_there)) return {};
            if (!is_there) return before;
            const bool same = before.is_exact ? o.version == before.version : o.version > before.version;
            if (o.value != before.value || !same) return {};
            return state{before.value, o.version, true};
        }
        case act::put: return when_put(before, o.argument, o.version);
        case act::insert:
            if (!can_be(!is_there)) return {};
            return is_there ? before : when_put(before, o.argument, o.version);
        case act::exchange: {
            const bool fits = before.value == o.expected;
            if (!can_be(fits)) return {};
            return fits ? when_put(before, o.argument, o.version) : before;
        }
        case act::erase:
            if (!can_be(is_there)) return {};
            return state{operation::none, before.version, true};
        case act::add: {
            const std::uint64_t sum = (is_there ? before.value : 0) + o.argument;
            if (o.is_answered && o.value != sum) return {};
            return when_put(before, sum, 0);
        }
    }
    return {};
}

struct possibility {
    std::uint64_t happened = 0;  // of the places of those under way
    state now;
    auto operator<=>(const possibility&) const = default;
};

class checker {
   public:
    explicit checker(const std::vector<operation>& all) : all_(&all) {}

    std::string run() {
        // Time, ends behind beginnings, which operation.
        std::vector<std::tuple<std::uint64_t, bool, std::size_t>> moments;
        for (std::size_t i = 0; i < all_->size(); ++i) {
            moments.emplace_back((*all_)[i].begun_ns, false, i);
            moments.emplace_back((*all_)[i].ended_ns, true, i);
        }
        std::sort(moments.begin(), moments.end());
        for (const auto& [when, is_end, which] : moments) {
            if (!is_end) {
                begin(which);
            } else if (!end(which)) {
                return said((*all_)[which]);
            }
        }
        return {};
    }

   private:
    static constexpr std::size_t nobody = ~std::size_t{0};

    void begin(std::size_t which) {
        auto free = std::find(under_way_.begin(), under_way_.end(), nobody);
        if (free == under_way_.end()) free = under_way_.insert(free, nobody);
        *free = which;
    }

    // It has happened, or, without an answer, perhaps not. False: it cannot have.
    bool end(std::size_t which) {
        const auto place = std::find(under_way_.begin(), under_way_.end(), which) - under_way_.begin();
        const std::uint64_t mine = std::uint64_t{1} << place;
        std::set<possibility> seen = possible_, kept;
        std::vector<possibility> open(possible_.begin(), possible_.end());
        while (!open.empty()) {
            possibility one = open.back();
            open.pop_back();
            const bool has_happened = (one.happened & mine) != 0;
            if (has_happened || !(*all_)[which].is_answered) kept.insert({one.happened & ~mine, one.now});
            if (has_happened) continue;
            for (std::size_t other = 0; other < under_way_.size(); ++other) {
                const std::uint64_t bit = std::uint64_t{1} << other;
                if (under_way_[other] == nobody || (one.happened & bit) != 0) continue;
                const auto next = after(one.now, (*all_)[under_way_[other]]);
                if (next && seen.insert({one.happened | bit, *next}).second)
                    open.push_back({one.happened | bit, *next});
            }
        }
        if (kept.empty()) return false;
        possible_ = std::move(kept);
        under_way_[static_cast<std::size_t>(place)] = nobody;
        return true;
    }

    std::string said(const operation& o) const {
        static constexpr const char* names[] = {"get", "put", "insert", "exchange", "erase", "add"};
        std::string text = o.who + " can't have done: " + names[static_cast<std::size_t>(o.what)] + " " +
                           std::to_string(o.argument) + (o.is_done ? ", done, " : ", not done, ") + "value " +
                           std::to_string(o.value) + ", version " + std::to_string(o.version) + "; it was ";
        for (const possibility& p : possible_)
            text += (p.now.value == operation::none ? "nothing" : std::to_string(p.now.value)) + " (version " +
                    std::to_string(p.now.version) + (p.now.is_exact ? ") " : " or later) ");
        return text;
    }

    const std::vector<operation>* all_;
    std::vector<std::size_t> under_way_;
    std::set<possibility> possible_{possibility{}};
};

}  // namespace

std::string wrong_with(const std::vector<operation>& all) { return checker(all).run(); }

}  // namespace history
