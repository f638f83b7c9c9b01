// What `info` and `ls` say about an object beyond what every object has.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "json.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

struct details {
    std::vector<std::pair<std::string, std::string>> lines;  // for people: word and text
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
    std::vector<std::pair<std::string, bool>> facts;
    std::vector<std::pair<std::string, std::vector<json_object>>> lists;
    std::string brief;  // a few words, for a row of `ls`

    void add_to(json_object& answer) const;
};

// Opens it as what it is. Throws failure.
details details_of(const catalog_entry& entry);

}  // namespace samepage::cli
