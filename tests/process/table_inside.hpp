// A table seen from inside, for tests: its words, and keys that belong to a chosen bucket.
// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "shared/structured.hpp"
#include "table/arena.hpp"
#include "table/hash.hpp"
#include "table/verify.hpp"

namespace table_inside {

namespace tables = samepage::tables;

inline samepage::result<std::unique_ptr<samepage::shared::structured>> open(const std::string& place) {
    samepage::shared::structured_request request;
    request.place = place;
    request.disposition = samepage::os::disposition::open_existing;
    request.access = samepage::access::read_only;
    request.spec.kind = samepage::kind::table;
    request.spec.format_version = tables::format_version;
    request.spec.fingerprint = tables::fingerprint;
    request.reserve_bytes = tables::reserve_bytes;
    auto opened = std::make_unique<samepage::shared::structured>();
    if (auto done = opened->open(request); !done) return done.error();
    return opened;
}

inline std::uint64_t hash_of(const std::string& key, std::uint64_t seed) {
    return tables::hash_of(std::as_bytes(std::span(key)), seed);
}

// Keys of one table, by bucket: found by trying, kept once found.
class keys {
   public:
    explicit keys(std::uint64_t seed) : seed_(seed) {}

    // The nth key of those that belong to `bucket` of `buckets`, a power of two.
    const std::string& in(std::uint64_t bucket, std::size_t nth, std::uint64_t buckets = 64) {
        known& here = known_[{bucket, buckets}];
        for (; here.found.size() <= nth; ++here.tried) {
            std::string key = std::to_string(10000000 + here.tried);
            if ((hash_of(key, seed_) & (buckets - 1)) == bucket) here.found.push_back(std::move(key));
        }
        return here.found[nth];
    }

   private:
    struct known {
        std::deque<std::string> found;
        unsigned tried = 0;
    };
    std::uint64_t seed_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, known> known_;
};

// What verify says is wrong, or not to be judged because somebody is changing it, in one text; empty: nothing.
inline std::string wrong_with(const std::string& place) {
    const auto seen = tables::verify(place, std::chrono::seconds(30));
    if (!seen) return seen.error().message();
    std::string all;
    for (const auto* const sentences : {&seen->wrong, &seen->unjudged}) {
        for (const std::string& sentence : *sentences) all += (all.empty() ? "" : "; ") + sentence;
    }
    return all;
}

// A reader's view of all words.
class view {
   public:
    explicit view(const std::string& place) : opened_(std::move(open(place).value())), bytes_(*opened_) {}
    const tables::body& body() const { return bytes_.fixed(); }
    const tables::arena& bytes() const { return bytes_; }
    std::uint64_t seed() const { return opened_->header().parameters[tables::seed_parameter]; }

   private:
    std::unique_ptr<samepage::shared::structured> opened_;
    tables::arena bytes_;
};

}  // namespace table_inside
