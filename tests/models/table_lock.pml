/* Record locks of a table, src/table/locks.hpp: a lock excludes, its owner's death is told, no cell is lost. */
/* SPDX-License-Identifier: MIT
 *
 * Steps are named as in the header. One stripe, two keys. Clerk 1 locks a key, writes it, locks the other, unlocks
 * both; clerk 2 writes the first and locks it; clerk 3 locks all. Each may be killed at any step; whoever comes next
 * finishes or undoes what it was doing. How cells go in and out of lists is table.pml's: here a bit says that one is
 * free.
 * -DLOOKS_BEFORE: a writer looks at `granted` before it has the stripe, not after (W2). Must fail.
 * -DNO_PASS: who locks all looks into the stripe without owning it (A2, A4). Must fail: a writer is in the middle.
 * -DNOT_ASKED_AGAIN: who has unlocked takes its node out, whoever has it by then (U3). Must fail.
 * -DALL_WAIT: who wants all hinders also those who have a lock (I5). Must fail: they wait for each other.
 * -DGRANTED_LATE: `granted` is said after the last look (A4), not before. Must fail.
 * -DUNLINKING_UNDONE: an unlinking that came to nothing is undone as a put is. Must fail: a cell in use is free.
 * -DALL_NOT_TOLD: who locks a key isn't told of a death with all. Must fail.
 * -DUNLOCKED_IS_DAMAGE: a word that isn't the dead one's any more is taken for damage. Must fail: it unlocked before.
 * -DNOTE_DROPPED: who meets a dead one's node takes it out, as if it were free. Must fail: nobody is told.
 */
#define CELLS 2
#define DEATHS 1
#define WHOLE 9
#define NONE 0
#define TAKING 1
#define PUBLISHING 2
#define UNLINKING 3

mtype = { LOCK, WRITE, UNLOCK, ALL, UNLOCK_ALL, END };

byte list, next[CELLS + 1], owner[CELLS + 1], key[CELLS + 1];
bool noted[CELLS + 1];                      /* the node's `died` */
bool is_free[CELLS + 1];
byte whole, granted; bool whole_noted, granted_noted;
byte turn, doing, s_cell, s_at, s_before, s_after;
bool dead[5];
byte deaths, gone;
byte has[2], all, writes[2];                /* ghosts: who is in the middle of what */
bool due[2], due_all, due_each;             /* ghost: a death with it, or with all, and nobody has repaired */

#ifdef ALL_NOT_TOLD
#define DIED_WITH_ALL false
#else
#define DIED_WITH_ALL (granted_noted || (granted != 0 && dead[granted]))
#endif
#define GO_ON c = next[c]; hops++; assert(hops <= CELLS)       /* a list that leads back to itself is none */
#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi
#define BY_OTHER(who) (who != 0 && who != me && !dead[who])
#ifdef ALL_WAIT
#define HAS_LOCKS false
#else
#define HAS_LOCKS (has[0] == me || has[1] == me)
#endif
#define link_of(at) (at == 0 -> list : next[at])

inline set_link(at, c) { if :: at == 0 -> list = c :: else -> next[at] = c fi }

inline own() {
    atomic { turn == 0 || dead[turn] -> turn = me };
    if
    :: doing == TAKING -> is_free[s_cell] = true; MORTAL; doing = NONE; MORTAL
    :: doing == PUBLISHING ->
        if :: link_of(s_at) != s_after -> is_free[s_cell] = true; MORTAL :: else fi;
        doing = NONE; MORTAL
    :: doing == UNLINKING ->
        if
        :: link_of(s_at) == s_after -> is_free[s_before] = true; MORTAL
        :: else ->
#ifdef UNLINKING_UNDONE
            is_free[s_cell] = true; MORTAL
#endif
            skip
        fi;
        doing = NONE; MORTAL
    :: else
    fi
}

/* c: the key's node or 0, at: the one before it. Only who owns the stripe changes the list. */
inline find() {
    d_step {
        at = 0; c = list;
        do :: c != 0 && key[c] != k -> at = c; GO_ON :: else -> break od;
        hops = 0
    }
}

inline got(told) {                          /* ghost */
    assert(!BY_OTHER(has[k]) && !BY_OTHER(writes[k]) && !BY_OTHER(all));
    assert(told || !(due[k] || due_each));
    assert(!told || due[k] || due_all);
    has[k] = me
}

inline lock() {
    if
    :: atomic { BY_OTHER(granted) -> awaited = granted }                            /* K1 */
    :: atomic { !BY_OTHER(granted) && BY_OTHER(whole) && !HAS_LOCKS -> awaited = whole; node = WHOLE }
    :: else ->
        if
        :: c == 0 ->
            d_step { c = 1; do :: !is_free[c] -> c++; assert(c <= CELLS) :: else -> break od };
            s_cell = c; doing = TAKING; MORTAL; is_free[c] = false; MORTAL;         /* K2 */
            owner[c] = me; key[c] = k; next[c] = 0; noted[c] = false;               /* K3 */
            s_at = at; s_after = c; doing = PUBLISHING; MORTAL;
            atomic { set_link(at, c); got(DIED_WITH_ALL) }; MORTAL;                         /* K4 */
            doing = NONE; MORTAL
        :: c != 0 ->
            seen = owner[c];                /* whether that one lives is asked later; it may have unlocked by then */
            if
            :: BY_OTHER(seen) -> awaited = seen; node = c
            :: else ->
                atomic {                                                            /* K5 */
#ifdef UNLOCKED_IS_DAMAGE
                    assert(owner[c] == seen);
#endif
                    noted[c] = noted[c] || owner[c] != 0; owner[c] = me; got(noted[c] || DIED_WITH_ALL)
                };
                MORTAL
            fi;
            seen = 0
        fi;
        mine[k] = c
    fi
}

/* Between W2 and the turn's end. */
inline write() {
    if
#ifndef LOOKS_BEFORE
    :: atomic { BY_OTHER(granted) && (c == 0 || owner[c] != me) -> awaited = granted }      /* W2 */
#endif
    :: atomic { c != 0 && BY_OTHER(owner[c]) -> awaited = owner[c]; node = c }
    :: else ->
        atomic { assert(!BY_OTHER(has[k]) && !BY_OTHER(all)); writes[k] = me }; MORTAL;
        writes[k] = 0
    fi
}

/* A2, A4: a living other's node. */
inline look_for_others() {
    d_step {
        c = list;
        do :: c != 0 -> if :: BY_OTHER(owner[c]) -> awaited = owner[c]; node = c :: else fi; GO_ON :: else -> break od;
        hops = 0
    }
}

inline lock_all() {
    look_for_others();
    if
    :: awaited == 0 ->
#ifndef NO_PASS
        turn = 0; MORTAL;
#endif
#ifndef GRANTED_LATE
        granted = me; MORTAL;                                                       /* A3 */
#endif
#ifndef NO_PASS
        own();                                                                      /* A4 */
#endif
        look_for_others();
        if
        :: awaited != 0 -> granted = 0; MORTAL
        :: else ->
            atomic {
                c = list; told = whole_noted;
                do :: c != 0 -> told = told || noted[c] || owner[c] != 0; GO_ON :: else -> break od;
                hops = 0;
                assert(!BY_OTHER(has[0]) && !BY_OTHER(has[1]) && !BY_OTHER(writes[0]) && !BY_OTHER(writes[1]));
                assert(!BY_OTHER(all));
                assert(told == (due_all || due[0] || due[1]));
                all = me; c = 0; told = false
            };
            MORTAL;
#ifdef GRANTED_LATE
            turn = 0; granted = me
#endif
        fi
    :: else
    fi
}

/* Each is a store of its own; killed between them, all is due still. */
inline forget_notes() {
    d_step {
        c = list;
        do
        :: c != 0 -> if :: owner[c] != me -> noted[c] = false; owner[c] = 0 :: else fi; GO_ON
        :: else -> break
        od;
        hops = 0;
        due[0] = false; due[1] = false
    };
    MORTAL
}

#ifdef NOT_ASKED_AGAIN
#define prunes(c) (op == UNLOCK && c == mine[k] && key[c] == k)
#elif defined(NOTE_DROPPED)
#define prunes(c) (owner[c] != 0 && dead[owner[c]])
#else
#define prunes(c) false
#endif
/* Takes out nodes that are nobody's and have nothing to tell. */
inline prune() {
    at = 0; c = list;
    do
    :: c == 0 -> break
    :: c != 0 && (owner[c] != 0 || noted[c]) && !prunes(c) -> at = c; c = next[c]
    :: c != 0 && ((owner[c] == 0 && !noted[c]) || prunes(c)) ->
        s_at = at; s_before = c; s_after = next[c];
        doing = UNLINKING; MORTAL;
        set_link(at, next[c]); MORTAL;
        is_free[c] = true; MORTAL;
        doing = NONE; MORTAL;
        at = 0; c = list
    od
}
inline choose() {
    d_step {
        k = (me == 1 -> step == 2 || step == 4 : (me == 2 -> 0 : step / 2));
        if
        :: me == 1 -> op = (step == 5 -> END : (step == 1 -> WRITE : (step == 0 || step == 2 -> LOCK : UNLOCK)))
        :: me == 2 -> op = (step == 0 -> WRITE : (step == 1 -> LOCK : (step == 2 -> UNLOCK : END)))
        :: me == 3 -> op = (step == 0 -> ALL : (step == 1 -> UNLOCK_ALL : END)); k = 0
        :: me == 4 -> op = (step == 4 -> END : (step % 2 == 0 -> LOCK : UNLOCK))
        fi
    }
}

/* The last one comes when the others have ended, takes each lock, hears all, and finds each cell once. */
proctype clerk(byte me) {
    byte at, c, mine[2], awaited, seen, node, k, step, hops;
    mtype op;
    bool told;
    me != 4 || gone == 3;
    if :: me == 4 -> deaths = DEATHS :: else fi;
    do
    :: choose();
        if
        :: op == END -> break
        :: op == UNLOCK ->
            atomic { owner[mine[k]] = 0; noted[mine[k]] = false; has[k] = 0; due[k] = false }; MORTAL     /* U1 */
        :: op == ALL && whole != me ->
            atomic {                                                                /* A1 */
                whole == 0 || dead[whole] -> whole_noted = whole_noted || whole != 0; whole = me
            };
            MORTAL;
            atomic { granted_noted = granted_noted || granted != 0; granted = 0 } MORTAL
#ifdef LOOKS_BEFORE
        :: op == WRITE -> !BY_OTHER(granted)
#endif
        :: else
        fi;
        if
#ifdef NO_PASS
        :: op == ALL
#endif
        :: else -> own()
        fi;
        find();
        if
        :: op == LOCK -> lock()
        :: op == WRITE -> write()
        :: op == ALL -> lock_all()
        :: op == UNLOCK_ALL -> forget_notes()
        :: else
        fi;
        if
        :: op == UNLOCK || op == UNLOCK_ALL -> prune()                              /* U3 */
        :: else
        fi;
        if :: turn == me -> turn = 0; MORTAL :: else fi;
        if
        :: awaited == 0 ->
            if
            :: op == UNLOCK_ALL ->
                atomic { granted = 0; granted_noted = false; all = 0; due_each = false }; MORTAL;   /* B1 */
                atomic { whole = 0; whole_noted = false; due_all = false }; MORTAL
            :: else
            fi;
            step++
        :: else ->                                      /* until the word that was seen is another one, or it died */
            if
            :: node == 0 -> granted != awaited || dead[awaited]
            :: node == WHOLE -> whole != awaited || dead[awaited]
            :: node != 0 && node != WHOLE -> owner[node] != awaited || (op != ALL && key[node] != k) || dead[awaited]
            fi
        fi;
        at = 0; c = 0; awaited = 0; node = 0
    od;
    if :: me == 4 -> assert(list == 0 && is_free[1] && is_free[2]) :: else fi;
    goto ended;
killed:
    atomic {
        dead[me] = true;                    /* the kernel says so */
        if :: has[0] == me -> due[0] = true :: else fi;
        if :: has[1] == me -> due[1] = true :: else fi;
        if :: all == me || whole == me -> due_all = true :: else fi;
        if :: all == me -> due_each = true :: else fi
    };
ended:
    atomic {
        gone++;
        at = 0; c = 0; mine[0] = 0; mine[1] = 0; awaited = 0; seen = 0; node = 0; k = 0; step = 0; told = false
    }
}

init {
    atomic {
        is_free[1] = true; is_free[2] = true;
        run clerk(1); run clerk(2); run clerk(3); run clerk(4)
    }
}
