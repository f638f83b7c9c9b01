// Whether a table keeps its invariants: each of them looked at, and what is wrong said in sentences.
// SPDX-License-Identifier: MIT
//
// What is checked, with the numbers of invariants in the headers that state them:
//   runs tile the arena (space.hpp I1); each one in use is led to by the word that its kind says, or pending (I2)
//   each cell that was handed out is once in use, in one list, or named by its stripe's step (I3)
//   each slot leads to a whole record of its tag, hash and bucket; others only while a split is unfinished (writer.hpp)
//   locks are nodes of their stripe, one a key (locks.hpp I2, I4)
//   no key and no number twice; free cells have no number (find.hpp I1); the stripes' counts are right
// Steps that the dead have left unfinished are no fault: whoever takes the stripe next finishes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/result.hpp"
#include "table/arena.hpp"

namespace samepage::tables {

struct survey {
    std::vector<std::string> wrong;  // at most wrong_max sentences
    std::uint64_t records = 0;
    std::uint64_t cells_free = 0;  // in lists
    std::uint64_t pages_free = 0;  // in runs
};
inline constexpr std::size_t wrong_max = 20;

// While nobody changes it: what others are just doing would look wrong. Only reads.
survey verify(const arena& where, const shared::object_header& header);
// The same of the table at a place, opened read-only. Errors as of opening it.
result<survey> verify(std::string_view place);

}  // namespace samepage::tables
