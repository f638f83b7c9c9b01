// Moving the records of a table together: slabs that are nearly empty are emptied, and their pages are free.
// SPDX-License-Identifier: MIT
//
// One at a time compacts (the owner of `checkpoint`), beside readers and writers. Writers wait for a stripe's turn, as
// for each other's; readers for nothing.
//
//   compacting                                              a cell comes out of its list for ever (owner of the stripe)
//   C1 erases what has expired, counts free cells, chooses  G1 doing = collecting: the cell
//   C2 `layout` + one_move; the chosen are leaving_run      G2 what led to it leads to the next    <- out of it
//   C3 stripe by stripe: their free cells are collected     G3 its link says `collected`
//   C4 bucket by bucket: what lies in them is moved, as     G4 doing = none
//      a put does that replaces it (writer.hpp), but with   (of the last cell the list's end moves before G2)
//      its number
//   C5 stripe by stripe: C3, C4 of all its buckets, and C3 again, in one turn
//   C6 `slabs_freed` + 1; who is collected whole is a free run
//   C7 if nobody else has the object: pages of free runs go back to the system, all but the first of each
//
// C4 leaves little for C5: what writers have put meanwhile into cells that others had freed. After C5 a
// stripe has nothing in a leaving slab any more, and can't come to anything there.
//
// Chosen are, of each size of cells, the emptiest slabs, as many as the free cells of the others can take. Not those of
// the smallest cells, in which locked keys have their nodes, of further groups, and those from which cells are handed
// out.
//
// Invariants
//   I1 A collected cell is nobody's: it was free when the stripe's owner took it out of the only list that had it. It
//      stays so until its slab is a free run.
//   I2 From a leaving slab no cell is handed out. Those that are freed come into lists as ever, and may be used again
//      from there, until they are collected.
//   I3 So a slab with all of its cells collected has nothing that anybody can come to, but for readers that came before
//      (find.hpp I4).
//   I4 A record is moved to a cell that doesn't leave: before it is, such are collected from the list's front.
//
// Crash story. Killed in C1 to C6: leaving slabs stay leaving, and go on being used from the lists; the next compaction
// begins with them. In G1 to G4: who takes the stripe next looks whether the cell is in the list. Moving is a step of
// the stripe, done or undone. In C7: the head says first that there may be holes; where there are none, they are
// reserved for nothing once (space.hpp I5).
#pragma once
