// A state of a table at a path that survives power failures: a whole table in a file beside it; and the way back.
// SPDX-License-Identifier: MIT
//
// Layout. Beside PATH are PATH.checkpoint, a table file like any other (docs/format.md) that nobody changes, and for a
// while PATH.checkpoint-new, which becomes it, and PATH.aside, what a power failure left of the table. In the body
// (layout.hpp) `mark` says what the file on the disk is worth; it is changed by who has passed the *gate*, a slot that
// only one handle can have claimed. `checkpoint` is the owner word of who makes a checkpoint, `image_check` in a
// checkpoint is over all its pages (image.hpp).
//
//   mark   0          nothing of it may be on the disk
//          clean      all is on the disk, and nobody changes anything
//          returning  the checkpoint is just being put in place of what was there
//          other      which boot of the machine (os::boot) changes belong to that may not be on the disk; its lowest
//                     bit: nobody has flushed anything yet, it is new. Its maker counts as having changed it
//
//   a handle's first change                               the last writer closes
//   M1 claims its slot                                    C1 flushes the file (most of it, beside others)
//   M2 passes the gate                                    C2 passes the gate, if it can at once
//   M3 mark is clean, or new: this boot; new: its name    C3 another slot is live: it leaves the mark
//      is flushed before that
//   M4 flushes the file      <- dirty on the disk         C4 flushes the file: nobody changes it (I2)
//   M5 leaves the gate, changes something                 C5 mark = clean; flushes the file  <- clean on the disk
//   a checkpoint                                          going back: an opener finds the mark of another boot
//   K1 owns `checkpoint`                                  B1 passes the gate, looks again
//   K2 all pages up to `end`: copied to the new file      B2 PATH.checkpoint is whole: header, mark, image_check
//   K3 those that differ by now, again                    B3 PATH.aside: a copy of what is there, as K6
//   K4 owns growth, each stripe and space: <- the moment  B4 mark = returning; flushes the file
//      those that differ, and the fixed part, without     B5 each page as in the checkpoint; but the wait page,
//      owners, mark clean                                    the mark, and generations of slots that are higher
//   K5 gives those back; the new file is                  B6 flushes the file
//      verified as a table                                B7 mark = clean; flushes the file        <- gone back
//   K6 flushes it, renames it, flushes the directory      (mark is returning already: B2, B5 to B7)
//                                    <- the checkpoint
//
// Invariants
//   I1 What PATH.checkpoint leads to was complete, verified and on the disk before it led there; it isn't changed.
//   I2 Whoever changes anything but what a participant needs has a slot, and after that has passed the gate, when the
//      mark wasn't clean. So at C4 nobody does, and nobody begins before C5 is done.
//   I3 While the mark on the disk is clean, the file on the disk is the table as it was at some C5 or B7, whole: M4
//      comes before the first change, and C4 and B6 before the mark.
//   I4 A mark of another boot means doubt; of this one, none, since all changes of this boot are in memory still. Who
//      found the mark in order when it opened, or has gone back, need not look again: no process outlives a boot.
//   I5 What was never flushed may be of different ages: owner words and generations of slots, too, so that an identity
//      could come twice. So in doubt nobody claims a participant's slot or believes an owner word, and none of the new
//      identities is written anywhere before M4. The gate is the kernel's alone.
//   I6 At K4 nobody changes a record, a list, a run: the copy is of one moment, between the turns of all stripes, and
//      has all that was acknowledged before checkpoint() was called.
//
// Crash story. Killed, the power on: at M1 to M5, C1 to C5: the kernel opens the gate; the mark in memory counts, and
// M3 and C5 are single stores. In K1 to K6: the file PATH.checkpoint-new is left, the next checkpoint begins it anew;
// stripes owned at K4 are a dead one's and whole. In B1 to B7: the mark is still another's or `returning`, so the next
// opener goes back, and PATH.aside is made only before the first page was changed.
//
// The power fails. Before M4 is done: the file is as at the last C5 (I3), nothing else was changed. From then to the
// next C5: the mark is dirty on the disk, or already clean where all else is, too. Between C4 and C5: either. At K6:
// PATH.checkpoint is the old or the new one. In B4 to B7: `returning`, or clean with all pages. What a disk loses
// though it said that it was flushed is noticed in a checkpoint (image_check), not in a clean file: docs/tables.md.
#pragma once

#include <string>

#include "samepage/result.hpp"
#include "table/arena.hpp"
#include "table/image.hpp"

namespace samepage::tables {

// B3: all of the object's bytes, in a file of that path.
result<void> put_aside(const arena& where, const shared::structured& opened, const std::string& path);

}  // namespace samepage::tables
