// A directory of one test run's own, where all its names and files are; gone at the end.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scratch {

// Makes the directory and lets this process and its children keep their names in it. One a program.
class directory {
   public:
    directory();
    ~directory();
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;
};

std::string path();                         // of the directory, for files of a test
std::string file(const std::string& word);  // a path in it, as a place
std::vector<std::string> left_names();      // the files that stand for names; Windows: none, the kernel keeps them

// Whether the system takes parts of what is mapped back.
extern const bool gives_back;

// The size of a named region as whoever opens it sees it: what it was made with; Windows counts in pages.
std::uint64_t size_seen(std::uint64_t size_bytes);

}  // namespace scratch
