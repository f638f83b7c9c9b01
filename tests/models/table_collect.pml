/* Cells that come out of their list for ever: src/table/compact.hpp, G1 to G4, and who frees and takes beside it. */
/* SPDX-License-Identifier: MIT
 *
 * Each turn in the stripe takes a cell, gives one back, or collects those that leave; whoever has it may be killed at
 * any step, and the next one undoes or does what is left. At the end each cell is once in the list, in use, collected.
 * -DNOT_WRITTEN_DOWN: a cell is taken out without a word (G1). Must fail: it is nowhere, and its slab never empty.
 * -DEND_LATE: the list's end moves after the last cell is out (G2). Must fail: what is given then is lost with it.
 * -DEND_NOT_FOUND: who finishes it leaves the list's end where it is. Must fail: so it is with one that came back.
 */
#define CELLS 3
#define TURNS 4
#define DEATHS 2
#define NONE 0
#define TAKING 1
#define COLLECTING 2
#define GIVING 3
#define COLLECTED 9

byte next[CELLS + 1];                       /* a free cell's; COLLECTED */
byte first = 1, last = CELLS;
byte doing, s_cell;
byte used;                                  /* the one that is in use, 0: none */
bool owned;
byte deaths, turns, gone;

#define leaves(c) ((c) != 2)
#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline give(c) {
    if
    :: first != 0 && last == c -> skip
    :: else ->
        next[c] = 0; MORTAL;                                        /* X2 */
        if
        :: first == 0 -> last = c; MORTAL; first = c; MORTAL
        :: else -> next[last] = c; MORTAL; last = c; MORTAL         /* X3, X4 */
        fi
    fi
}

inline recover() {
    if
    :: doing == TAKING ->
        if
        :: first != s_cell ->
            next[s_cell] = first; MORTAL;
            if :: first == 0 -> last = s_cell; MORTAL :: else fi;
            first = s_cell; MORTAL
        :: else
        fi;
        doing = NONE; MORTAL
    :: doing == GIVING ->                                           /* it was published: P6 again */
        give(s_cell);
        doing = NONE; MORTAL
    :: doing == COLLECTING ->
        there = false;
        at = first;
        do
        :: at != 0 ->
            if :: at == s_cell -> there = true :: else fi;
#ifndef END_NOT_FOUND
            if :: next[at] == 0 -> last = at; MORTAL :: else fi;
#endif
            at = next[at]
        :: else -> break
        od;
        if :: !there -> next[s_cell] = COLLECTED; MORTAL :: else fi;
        doing = NONE; MORTAL
    :: else
    fi
}

inline collect() {
    before = 0;
    at = first;
    do
    :: at != 0 ->
        after = next[at];
        if
        :: !leaves(at) -> before = at
        :: else ->
#ifndef NOT_WRITTEN_DOWN
            s_cell = at; doing = COLLECTING; MORTAL;                /* G1 */
#endif
#ifndef END_LATE
            if :: after == 0 && before != 0 -> last = before; MORTAL :: else fi;
#endif
            if :: before == 0 -> first = after :: else -> next[before] = after fi; MORTAL;  /* G2 */
            next[at] = COLLECTED; MORTAL;                           /* G3 */
            doing = NONE; MORTAL                                    /* G4 */
        fi;
        at = after
    :: else -> break
    od;
    before = 0; after = 0
}

proctype writer() {
    byte at, before, after;
    bool there;
    do
    :: atomic { !owned && turns < TURNS -> owned = true };
        recover();
        if
        :: used == 0 && first != 0 ->
            s_cell = first; doing = TAKING; MORTAL;                 /* T1 */
            first = next[s_cell]; MORTAL;                           /* T2 */
            atomic { used = s_cell; doing = NONE }                  /* published */
        :: used != 0 ->
            atomic { s_cell = used; used = 0; doing = GIVING };     /* published: nothing leads to it */
            MORTAL;
            give(s_cell);
            doing = NONE; MORTAL
        :: collect()
        fi;
        at = 0; there = false;
        atomic { turns++; owned = false }
    :: turns >= TURNS -> break
    od;
    goto ended;
killed:
    atomic { at = 0; before = 0; after = 0; there = false; owned = false };
ended:
    gone++
}

/* Somebody comes, and compacts: what leaves is collected then. */
proctype survivor() {
    byte at, before, after, i, count;
    bool there;
    gone == 3;
    deaths = DEATHS;
    recover();
    if :: used != 0 -> give(used); used = 0 :: else fi;
    collect();
    i = first;
    do
    :: i != 0 && count <= CELLS -> count++; assert(!leaves(i)); if :: i == last -> break :: else -> i = next[i] fi
    :: else -> break
    od;
    assert(first == 0 || i == last);
    for (i : 1 .. CELLS) {
        if :: next[i] == COLLECTED -> count++ :: else fi
    }
    assert(count == CELLS);
killed:
    skip
}

init {
    atomic {
        next[1] = 2; next[2] = 3; next[3] = 0;
        run writer(); run writer(); run writer();
        run survivor()
    }
}
