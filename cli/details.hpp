// What `info` and `ls` say about an object beyond what every object has.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "json.hpp"
#include "samepage/catalog.hpp"
#include "samepage/duration.hpp"

namespace samepage::cli {

struct details {
    std::vector<std::pair<std::string, std::string>> lines;  // for people: word and text
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
    std::vector<std::pair<std::string, bool>> facts;
    std::vector<std::pair<std::string, std::vector<json_object>>> lists;
    std::string brief;  // a few words, for a row of `ls`

    void add_to(json_object& answer) const;
};

// Opens it as what it is, waiting at most `patience` for a process that was stopped while it made or closed it.
// Throws failure.
details details_of(const catalog_entry& entry, duration patience = std::chrono::seconds(5));

}  // namespace samepage::cli
