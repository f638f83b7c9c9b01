/* One key of a table, src/table/{find,writer,space}.hpp: a reader gets what the slot led to, whole; no cell is lost. */
/* SPDX-License-Identifier: MIT
 *
 * Steps are named as in the headers. Two writers put and erase in turns; either may be killed at any step, the other
 * then finishes or undoes what it was doing. Cells come out of a list and go back to its end, so they are used again
 * while the reader is still at them. A value is written twice, so that a torn one shows.
 * -DNO_RECHECK: the reader doesn't look at the slot again (R3). Must fail: it gets what was never published.
 * -DNO_CLEARING: a freed cell keeps its number (X1). Must fail.
 * -DFREED_FIRST: what was there before is freed before the slot changes. Must fail.
 * -DNOT_WRITTEN_DOWN: a writer doesn't say that it takes a cell (T1). Must fail: the cell is lost.
 * -DNOT_UNDONE: a step that came to nothing is forgotten. Must fail: the same.
 */
#define CELLS 3
#define PUTS 3
#define DEATHS 2
#define NONE 0
#define TAKING 1
#define PUBLISHING 2

byte number[CELLS + 1], a[CELLS + 1], b[CELLS + 1], next[CELLS + 1];
byte slot;                                  /* the cell, 0: none */
byte first = 1, last = CELLS;               /* the list of free ones */
byte doing, s_cell, s_before, s_after;
byte numbers = 1;
bool owned;
byte deaths, puts, gone;
byte since = 1;                         /* ghost: values that the slot had since the reader began */

inline published(value) { since = since | (1 << (value)) }
#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline give(c) {
    if
    :: first != 0 && last == c -> skip
    :: else ->
#ifndef NO_CLEARING
        number[c] = 0; MORTAL;                                      /* X1 */
#endif
        next[c] = 0; MORTAL;                                        /* X2 */
        if
        :: first == 0 -> last = c; MORTAL; first = c; MORTAL
        :: else -> next[last] = c; MORTAL; last = c; MORTAL         /* X3, X4 */
        fi
    fi
}

inline finish() {
    if :: s_before != 0 -> give(s_before) :: else fi;               /* P6 */
    doing = NONE; MORTAL
}

inline recover() {
    if
    :: doing == TAKING ->
#ifndef NOT_UNDONE
        if
        :: first != s_cell ->
            number[s_cell] = 0; MORTAL;
            next[s_cell] = first; MORTAL;
            if :: first == 0 -> last = s_cell; MORTAL :: else fi;
            first = s_cell; MORTAL
        :: else
        fi;
#endif
        doing = NONE; MORTAL
    :: doing == PUBLISHING && slot == s_after -> finish()
    :: doing == PUBLISHING && slot != s_after ->
#ifndef NOT_UNDONE
        if :: s_after != 0 -> give(s_cell) :: else fi;
#endif
        doing = NONE; MORTAL
    :: else
    fi
}

inline publish(after, value) {
    s_before = slot; s_after = after;
    doing = PUBLISHING; MORTAL;                                     /* P3 */
#ifdef FREED_FIRST
    if :: s_before != 0 -> give(s_before); s_before = 0 :: else fi;
#endif
    atomic { slot = after; published(value) } MORTAL;               /* P4 */
    finish()
}

inline put() {
    c = first;
    s_cell = c;
#ifndef NOT_WRITTEN_DOWN
    doing = TAKING; MORTAL;                                         /* T1 */
#endif
    first = next[c]; MORTAL;                                        /* T2 */
    n = numbers; numbers++;
    a[c] = n; MORTAL; b[c] = n; MORTAL;                             /* P2; the number is the value */
    number[c] = n; MORTAL;
    publish(c, n)
}

proctype writer() {
    byte c, n;
    do
    :: atomic { !owned && puts < PUTS -> owned = true };
        recover();
        if
        :: slot != 0 -> publish(0, 0)                               /* erase */
        :: first != 0 -> put()
        :: first == 0 && slot == 0 -> assert(false)                 /* nothing is free and nothing is there */
        fi;
        c = 0; n = 0;
        atomic { puts++; owned = false }
    :: puts >= PUTS -> break
    od;
    goto ended;
killed:
    atomic { c = 0; n = 0; owned = false };                         /* the kernel says so */
ended:
    gone++
}

proctype reader() {
    byte w, n, x, y;
    atomic { since = 0; published((slot == 0 -> 0 : a[slot])) };
again:
    w = slot;                                                       /* R1 */
    if
    :: w == 0 -> assert(since & 1)
    :: else ->
        n = number[w];                                              /* R2 */
        if :: n == 0 -> goto again :: else fi;
#ifndef NO_RECHECK
        if :: slot != w -> goto again :: else fi;                   /* R3 */
#endif
        x = a[w]; y = b[w];                                         /* R4 */
        if :: number[w] != n -> goto again :: else fi;              /* R5 */
        assert(x == y);
        assert(since & (1 << x))
    fi
}

/* At the end somebody comes and finds each cell once. */
proctype survivor() {
    byte i, count;
    gone == 2;
    deaths = DEATHS;
    recover();
    i = first;
    do
    :: i != 0 && count <= CELLS -> count++; if :: i == last -> break :: else -> i = next[i] fi
    :: else -> break
    od;
    if :: slot != 0 -> count++ :: else fi;
    assert(count == CELLS);
    goto ended;
killed:
    assert(false);
ended:
    skip
}

init {
    atomic {
        next[1] = 2; next[2] = 3;
        run writer(); run writer(); run reader(); run survivor()
    }
}
