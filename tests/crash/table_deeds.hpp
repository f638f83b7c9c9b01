// What actors of crash tests do with a table: scripts of deeds, and what must be there after them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "samepage/table.hpp"
#include "scene.hpp"

namespace crash::deeds {

inline constexpr auto patience = std::chrono::seconds(30);        // of who must get through
inline constexpr auto short_wait = std::chrono::milliseconds(5);  // of who may be stopped by a stopped one

// Sizes of values, each of another class of cells; `huge` gets a run of its own.
inline constexpr unsigned small = 40, middle = 300, other_size = 120, third_size = 700, huge = 17000;

// Puts a value of `bytes` under the nth key of a bucket (of 64), or erases it (0), if it is there. Or locks it for a
// moment, or all; or that key and the next, and unlocks them in the same order. Or makes the history, or compacts.
// Records may expire: long after the test, or before it, so that nobody sees them: those are put by a clock that is
// behind.
inline constexpr unsigned locks = 1, locks_all = 2, locks_two = 3, keeps_history = 4, compacts = 5;
inline constexpr samepage::duration long_ago = std::chrono::seconds(1), much_later = std::chrono::hours(24);
struct deed {
    std::uint64_t bucket;
    unsigned nth;
    unsigned bytes;
    char stamp = 'a';
    samepage::duration expires_in = samepage::forever;
};
using script = std::vector<deed>;

// What a subject is about: who does what, in this order.
struct plot {
    script before;  // by whoever prepares
    script victim, other, recoverer;
    std::uint64_t buckets_before = 0;  // prepared so that there are so many
    unsigned moving_each = 1;          // of the keys of bucket 0, every how many one is moved by a split
    std::uint64_t history_bytes = 0;   // of the history that it has from the start, if any

    const script& of(actor who) const {
        return who == actor::victim ? victim : who == actor::other ? other : recoverer;
    }
};

// ---- Doing it (table_deeds.cpp) ------------------------------------------------------------------------------------

// The wall clock of this process is so late from now on.
void set_behind(std::time_t seconds);

// The nth key of a bucket, of so many; a deed's.
std::string key_of(const scene& s, std::uint64_t bucket, unsigned nth, std::uint64_t buckets = 64);
std::string key_of(const scene& s, const plot& p, const deed& d);
std::string value_of(const std::string& key, const deed& d);
bool is_lock(const deed& d);
bool is_of_a_record(const deed& d);  // that is put or erased

samepage::table_bytes open(const scene& s, samepage::access access = samepage::access::read_write);
samepage::result<void> perform(const scene& s, const plot& p, const samepage::table_bytes& t, const deed& d,
                               samepage::duration timeout);
// All of this actor's, until one is refused for a reason.
void play(const scene& s, const plot& p, const samepage::table_bytes& t, samepage::duration timeout);

// ---- What must be there (table_promises.cpp) -----------------------------------------------------------------------

using contents = std::map<std::string, std::optional<std::string>>;  // nothing: an erased one

// Each record as it must be; the scan and the count agree with what get says, where nobody is alive to change it.
contents look(const scene& s, const plot& p, const samepage::table_bytes& t, bool at_rest);
// While somebody is stopped in the middle of a change.
void nothing_is_called_wrong(const scene& s, const samepage::table_bytes& t);
// Puts, replaces and erases in each stripe that somebody may have left a step in, and in a fresh one; small and large.
void goes_on(const scene& s, const samepage::table_bytes& t);
// The checker's, after all deaths.
void all_is_right(const scene& s, const plot& p);

}  // namespace crash::deeds
