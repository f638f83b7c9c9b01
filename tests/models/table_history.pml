/* The history of one stripe of a table, src/table/history.hpp: each change that was committed, once, or counted. */
/* SPDX-License-Identifier: MIT
 *
 * Entries are of one byte each, and have a number and a version; the number that comes next stands behind the last.
 * Two writers put one key in turns; each may be killed at any step, then the other finishes or undoes its step, if it
 * still comes. Versions are never given twice. A subscriber begins at the end as of any moment; when nobody writes
 * any more it must have come to the end, whoever died last.
 * -DGIVEN_UP_LATE: bytes are written over before `oldest` moves (H1 after H2). Must fail.
 * -DNUMBER_NOT_AHEAD: the number behind an entry isn't written with it. Must fail.
 * -DNOT_LOOKED_AGAIN: the subscriber doesn't look at `oldest` behind the copy (R3). Must fail.
 * -DOLDEST_ONCE: nor behind the number that it goes on from (R5). Must fail.
 * -DTAIL_FIRST: the tail moves before the change is committed (H4 before P4). Must fail.
 * -DTAIL_MOVED_ON: who finishes a step moves the tail by the entry's length. Must fail.
 * -DNOT_IN_STEP: who finishes a step leaves the tail. Must fail.
 * -DDEAD_FORGOTTEN: the subscriber doesn't look for a dead one's step. Must fail.
 * -DOWNER_ONCE: it doesn't look at the owner behind that (D4). Must fail.
 */
#define R 3
#define CHANGES 4
#define DEATHS 2
#define NONE 0
#define PUBLISHING 1

byte num[R], ver[R];
byte oldest, tail, tail_after, changes, changes_after;
byte slot, s_after, doing;
byte versions;
byte owner;                         /* 0: free; else who */
bool dead[3];
byte turns, deaths, gone;
byte made[CHANGES + 2], commits;    /* ghosts: what each committed change put */

#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline move_tail() {
#ifdef TAIL_MOVED_ON
    if :: tail_after != tail || recovering -> tail = tail + 1 :: else fi; MORTAL
#else
    tail = tail_after; MORTAL                                       /* H4 */
#endif
}

inline give_up() {
    if :: e + 1 - oldest > R -> oldest = e + 1 - R; MORTAL :: else fi   /* H1 */
}

inline write_entry() {
#ifndef GIVEN_UP_LATE
    give_up();
#endif
#ifndef NUMBER_NOT_AHEAD
    num[e % R] = changes + 2; MORTAL;                               /* H2 */
#endif
    num[(e - 1) % R] = changes + 1; MORTAL;
    ver[(e - 1) % R] = v; MORTAL;
#ifdef GIVEN_UP_LATE
    give_up();
#endif
    tail_after = e; MORTAL                                          /* H3 */
}

inline recover() {
    if
    :: doing == PUBLISHING && slot == s_after ->
        recovering = true;
        changes = changes_after; MORTAL;
#ifndef NOT_IN_STEP
        move_tail();
#endif
        doing = NONE; MORTAL
    :: doing == PUBLISHING && slot != s_after -> doing = NONE; MORTAL
    :: else
    fi;
    recovering = false
}

proctype writer(byte me) {
    byte e, v;
    bool recovering;
    do
    :: atomic { turns < CHANGES && (owner == 0 || dead[owner]) -> owner = me; turns++ };
        recover();
        versions++; v = versions; e = tail + 1;
        write_entry();
        s_after = v; changes_after = changes + 1; MORTAL;
        doing = PUBLISHING; MORTAL;                                 /* P3 */
#ifdef TAIL_FIRST
        move_tail();
#endif
        atomic { slot = v; commits++; made[commits] = v } MORTAL;   /* P4 */
        changes = changes_after; MORTAL;
        move_tail();
        doing = NONE; MORTAL;
        atomic { e = 0; v = 0; owner = 0 }
    :: turns >= CHANGES -> break
    od;
    goto ended;
killed:
    atomic { e = 0; v = 0; recovering = false; dead[me] = true };
ended:
    gone++
}

proctype subscriber() {
    byte r, n, t, a, v, o, w;
    bool at_end;
begin:
    r = tail; n = num[r % R];
    if :: oldest > r -> goto begin :: else fi;
    assert(n == r + 1);
again:
    at_end = (gone == 2);
    t = tail;                                                       /* R1 */
#ifndef DEAD_FORGOTTEN
    if
    :: t <= r ->
        o = owner;                                                  /* D1 */
        if
        :: o != 0 && dead[o] && doing == PUBLISHING ->
            a = tail_after; w = s_after;                            /* D2 */
            if
            :: slot == w ->                                         /* D3 */
#ifndef OWNER_ONCE
                if :: owner == o -> t = a :: else fi                /* D4 */
#else
                t = a
#endif
            :: else
            fi
        :: else
        fi
    :: else
    fi;
#endif
    if
    :: t <= r ->                        /* the tail is behind it, where a dead one's step isn't finished yet */
        o = 0; a = 0; w = 0;
        if :: at_end -> goto ended :: else -> (tail > r || gone == 2); goto again fi
    :: else
    fi;
    a = num[r % R]; v = ver[r % R];                                 /* R2 */
#ifndef NOT_LOOKED_AGAIN
    if
    :: oldest > r ->                                                /* R3 */
more:
        o = oldest; a = num[o % R];                                 /* R5 */
#ifndef OLDEST_ONCE
        if :: oldest != o -> goto more :: else fi;
#endif
        assert(a == o + 1);                                         /* missed: exactly a - n */
        n = a; r = o
    :: else ->
#else
    if
    :: true ->
#endif
        assert(a == n && v == made[n] && n <= commits);
        w = slot; assert(w >= v);                                   /* I5 */
        n++; r++
    fi;
    t = 0; a = 0; v = 0; o = 0; w = 0;
    goto again;
ended:
    assert(n == commits + 1)
}

init {
    atomic { num[0] = 1; run writer(1); run writer(2); run subscriber() }
}
