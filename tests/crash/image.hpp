// An image: everything below a directory at one moment: names, modes, sizes and bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace crash {

struct image {
    struct entry {
        std::string name;  // below the directory
        mode_t mode = 0;
        std::string bytes;  // of a regular file
    };
    std::vector<entry> entries;  // by name, directories before what is in them

    std::uint64_t hash() const;
    std::string listing() const;  // "samepage-0/ samepage-0/hello(4096)", for messages
};

image take_image(const std::string& directory);

void put_image(const image& what, const std::string& directory);  // replaces what is there

// A private directory, with all that is in it, on a filesystem in memory. Removed at the end.
class scratch_directory {
   public:
    scratch_directory();
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory();
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};

}  // namespace crash
