/* A record that is moved, and back, while it is read: src/table/compact.hpp, src/table/find.hpp I4. */
/* SPDX-License-Identifier: MIT
 *
 * Steps are named as in the headers. The record's number and value stay; cell 1 is another record's in between, after
 * its slab was freed and handed out again. A value is written twice, so that a torn one shows.
 * -DMOVES_NOT_COUNTED: the reader only asks whether the slot is the same (R5). Must fail: it is, the bytes were not.
 */
#define OURS 1
#define THEIRS 2

byte number[3], a[3], b[3];
byte slot = 1;
byte moves, reuses;                         /* the two parts of `layout` */

inline fill(c, n) { a[c] = n; b[c] = n; number[c] = n }
inline leave(c) { number[c] = 0 }                                   /* W3 */

inline move(from, to) {
    moves++;                                                        /* C2 */
    fill(to, OURS);                                                 /* C4: W1 */
    slot = to;                                                      /* W2 */
    leave(from)
}

proctype writers() {
    move(1, 2);
    reuses++;                                                       /* C6, and its pages are handed out: A1 */
    fill(1, THEIRS);
    leave(1);
    reuses++;
    move(2, 1)
}

proctype reader() {
    byte w, n, x, y, m, r;
again:
    w = slot;                                                       /* R1 */
    atomic { m = moves; r = reuses };
    n = number[w];                                                  /* R2 */
    if :: n == 0 -> goto again :: else fi;
    if :: slot != w -> goto again :: else fi;                       /* R3 */
    x = a[w]; y = b[w];                                             /* R4 */
    if :: number[w] != n -> goto again :: else fi;                  /* R5 */
    atomic {
        if
        :: m == moves && r == reuses
#ifdef MOVES_NOT_COUNTED
        :: slot == w
#else
        :: m == moves && slot == w
#endif
        :: else -> goto again
        fi
    };
    assert(x == y);
    assert(x == OURS)
}

init {
    atomic {
        a[1] = OURS; b[1] = OURS; number[1] = OURS;
        run writers();
        run reader()
    }
}
