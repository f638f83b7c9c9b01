// Hostile bytes: what a process that means harm, or is broken, may have written into an object.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "samepage/error.hpp"

namespace hostile {

using input = std::span<const std::uint8_t>;

// One attack: writes what `bytes` says (see patch) into an object that is in use, uses it, mends it and looks
// whether it works again. Ends the process when a promise is broken. Object and handles are kept from call to call.
void attack_cell(input bytes);
void attack_lock(input bytes);
void attack_ndarray(input bytes);
void attack_channel(input bytes);
void attack_queue(input bytes);
void attack_table(input bytes);

// A structured object's file, whose good bytes are kept.
class victim {
   public:
    // Made by the caller already.
    explicit victim(const std::string& path);

    // Writes the good bytes back, then what `bytes` says: one byte of flags (bit 0: make the header's check sum right
    // again afterwards), then records of
    //   u8 where: an index into `spots`    u8 distance from it    u8 count, modulo 17    that many bytes
    void patch(input bytes, std::span<const std::uint64_t> spots);
    void mend() { patch({}, {}); }

   private:
    int file_;
    std::vector<std::uint8_t> good_;
};

// Whether this attack includes info(), which reads the whole of /proc when there is an owner: bits 1 to 3 of the flags.
inline bool looks_too(input bytes) { return !bytes.empty() && (bytes[0] & 14) == 14; }

// A path for an object in a directory of this process's own, removed at its end.
std::string scratch_path();

void require(bool promise, const char* what);
// An error must be one that damage can cause.
void require_explained(const samepage::error& why);

}  // namespace hostile
