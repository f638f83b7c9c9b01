/* The ring of a channel, src/channel/ring.hpp: what subscribers accept is every message in order, once and whole. */
/* SPDX-License-Identifier: MIT
 *
 * A ring of CELLS cells; a record takes two, its head and its payload, and the head of the next one after them, as in
 * the header. S1..S6 and R1..R4 are the header's steps. Two senders take turns; each may be killed at any step of its
 * turn: the next one finds its record there, or not. Subscribers may be overtaken, and are told so.
 * -DGIVE_UP_LATE: S1 comes after the stores. Must fail.
 * -DCOMMIT_FIRST: S4 comes before S3. Must fail.
 * -DHEAD_KEPT: S2 leaves the meta of the next head as it is. Must fail.
 * -DNO_CATCH_UP: who finds a record behind the tail writes over it. Must fail.
 * -DNO_LAST_LOOK: subscribers don't do R3 after the copy. Must fail.
 */
#define CELLS 6
#define MESSAGES 5
#define LAST_POSITION (2 * MESSAGES)

/* A cell is a head (meta, sequence) or a payload (meta is the number of its message then, sequence another one's). */
byte meta[CELLS], sequence[CELLS];
byte oldest, tail;
bool owned;
bool there[MESSAGES + 2];            /* message n has been sent */

#define AT(p) ((p) % CELLS)

proctype sender() {
    byte p, e, n;
    do
    :: atomic { !owned -> owned = true };
        p = tail;
#ifndef NO_CATCH_UP
        if
        :: meta[AT(p)] != 0 ->                                           /* a dead one's: S5, S6 */
            tail = p + 2; p = p + 2
        :: else
        fi;
#endif
        if
        :: p >= LAST_POSITION -> owned = false; break
        :: else
        fi;
        e = p + 2;
#ifndef GIVE_UP_LATE
        if
        :: e + 1 > CELLS && oldest < e + 1 - CELLS ->                    /* S1: to a head, in one store */
            oldest = ((e + 1 - CELLS + 1) / 2) * 2
        :: else
        fi;
        if
        :: owned = false; goto next                                     /* killed: the next takes the dead one's turn */
        :: true
        fi;
#endif
        n = sequence[AT(p)];
#ifndef HEAD_KEPT
        meta[AT(e)] = 0;                                                 /* S2 */
#endif
        if
        :: owned = false; goto next
        :: true
        fi;
        sequence[AT(e)] = n + 1;
#ifdef COMMIT_FIRST
        meta[AT(p)] = 1;
#endif
        if
        :: owned = false; goto next
        :: true
        fi;
        meta[AT(p + 1)] = n;                                             /* S3: two words */
        if
        :: owned = false; goto next
        :: true
        fi;
        sequence[AT(p + 1)] = n;
        if
        :: owned = false; goto next
        :: true
        fi;
#ifndef COMMIT_FIRST
        atomic { assert(!there[n]); there[n] = true; meta[AT(p)] = 1 };  /* S4: what was sent stays */
#endif
#ifdef GIVE_UP_LATE
        if
        :: e + 1 > CELLS && oldest < e + 1 - CELLS -> oldest = ((e + 1 - CELLS + 1) / 2) * 2
        :: else
        fi;
#endif
        if
        :: owned = false; goto next
        :: true
        fi;
        tail = e;                                                        /* S6 */
        owned = false;
next:
        p = 0; e = 0; n = 0
    od
}

proctype subscriber() {
    byte r, n, one, two, m, q, now, tries;
    n = 1;
    do
    :: n > MESSAGES -> break
    :: tries == MESSAGES + 3 -> break                                    /* looks in vain are nothing new */
    :: else ->
        tries++;
        m = meta[AT(r)];                                                 /* R1 */
        if
        :: m == 0
        :: else ->
            q = sequence[AT(r)];                                         /* R2 */
            one = meta[AT(r + 1)];
            two = sequence[AT(r + 1)]
        fi;
#ifdef NO_LAST_LOOK
        now = 0;
#else
        now = oldest;                                                    /* R3 */
#endif
        if
        :: now > r ->                                                    /* overtaken: on from the oldest */
            q = sequence[AT(now)];
            m = oldest;
            if
            :: m > now                                                   /* again: once more */
            :: else ->
                assert(q > n);                                           /* some were missed, and none comes again */
                assert(q == now / 2 + 1);
                r = now; n = q
            fi
        :: else ->
            if
            :: m == 0                                                    /* nothing there yet */
            :: else ->                                                   /* R4 */
                assert(q == n && one == n && two == n);
                r = r + 2; n = n + 1
            fi
        fi;
        m = 0; q = 0; one = 0; two = 0; now = 0
    od
}

init {
    atomic {
        sequence[0] = 1;
        run sender(); run sender(); run subscriber()
    }
}
