// Whether a table keeps its invariants: each of them looked at, and what is wrong said in sentences.
// SPDX-License-Identifier: MIT
//
// What is checked, with the numbers of invariants in the headers that state them:
//   runs tile the arena (space.hpp I1); each one in use is led to by the word that its kind says, or pending (I2)
//   each cell that was handed out is once in use, in one list, or named by its stripe's step (I3)
//   each slot leads to a whole record of its tag, hash and bucket; others only while a split is unfinished (writer.hpp)
//   locks are nodes of their stripe, one a key (locks.hpp I2, I4)
//   a history has the stripe's last changes, one behind the other (history.hpp I1, I3)
//   no key and no number twice; free cells have no number (find.hpp I1); the stripes' counts are right
// Steps that the dead have left unfinished are no fault: whoever takes the stripe next finishes them.
//
// Beside living writers. A stripe is judged as of one moment: nobody alive owns it, and no turn in it (writer.hpp I4)
// has begun until all of it was walked over. Cells stay with the stripe to which they were handed out, so stripes may
// be judged at different moments. The map of runs is older; where something looks wrong it is made anew, and what is
// wrong then, too, is wrong. A stripe that others change until the end is looked at record by record, as readers do,
// and said not to be judged as a whole. Cells that nobody has are lost, unless their slab leaves (compact.hpp): that is
// asked of a map that is younger than all stripes' judgements. Where slabs were freed meanwhile, what looks wrong may
// not be: all is looked at again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/result.hpp"
#include "table/run_map.hpp"

namespace samepage::tables {

struct survey {
    std::vector<std::string> wrong;  // at most complaints::most sentences
    std::vector<std::string> unjudged;
    std::uint64_t records = 0;
    std::uint64_t pages_free = 0;  // in runs
};

// Only reads. Tries until `until` for what others are changing.
survey verify(const arena& where, const shared::object_header& header, const shared::participants& self,
              const os::deadline& until);
// The same of the table at a place, opened read-only. Errors as of opening it.
result<survey> verify(std::string_view place, duration patience);

}  // namespace samepage::tables
