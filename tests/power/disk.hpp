// What a disk may hold when the power fails: some of the pages that were written since they were flushed, in any order.
// SPDX-License-Identifier: MIT
//
// The linker leads the library's fsync, fdatasync, rename and unlink through disk.cpp. One thread, one directory.
// The model:
// - a page of a file is as it was at the file's last fsync, or as it was seen at any time since;
// - the file has the length that it had then, or one since; what was never written in between is zero;
// - the directory is as it was at its last fsync, or as it was seen at any time since.
// Pages are seen before and after each of those calls, and whenever a test says so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace disk {

using bytes = std::vector<char>;

// Begins to watch a directory, taking all that is there to be on the disk. `at_each_sight` is called whenever it was
// looked at; what the library does in there isn't watched.
void watch(const std::string& directory, std::function<void()> at_each_sight);
void unwatch();
void look();

// What the disk may hold now.
class possibility {
   public:
    // Into an empty directory.
    void write_to(const std::string& directory) const;

   private:
    friend std::vector<possibility> possibilities(unsigned most, std::mt19937& random);
    std::map<std::string, bytes> files_;
};
// All, if there are no more than `most`; else so many of them: what was flushed, what is there, and others by chance.
std::vector<possibility> possibilities(unsigned most, std::mt19937& random);

}  // namespace disk
