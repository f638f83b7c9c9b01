/* The biased owner word of src/shared/owner_word.hpp: one owner at a time, nobody forgotten, no death inside untold. */
/* SPDX-License-Identifier: MIT
 *
 * F1..F3, G1, G2 and R1..R5 are the header's steps. What the biased one stores plainly waits in a buffer, in order,
 * until it is drained: at any time by itself, by its own locked instructions, by its end, or by a contender's barrier.
 * With -DKILLS everybody may be killed at any step, and sleeping ends by itself (the slices). Without, only a wake ends
 * a sleep, so a lost wake is an invalid end state; a sleeper then waits for what the biased one publishes, too.
 * -DNO_BARRIER: contenders and sleepers look without R2. Must fail.
 * -DNO_LOOK_AGAIN: the biased one doesn't look at the word in F3. Must fail.
 * -DNO_LAST_LOOK: it doesn't in G2. Must fail, without KILLS.
 * -DBUSY_NOT_ASKED: R3 takes the word whatever the biased one does. Must fail.
 * -DNO_EPOCH: a word that is biased anew is the one that was looked at before. Must fail.
 * -DDEATH_NOT_TOLD: who takes the word from a dead one doesn't look whether it was busy. Must fail, with KILLS.
 */
#define CONTENDERS 2
#ifdef KILLS
#define TURNS 2
#define MORTAL :: true -> goto killed
#else
#define TURNS 3
#define MORTAL
#endif
#define BIASED 9                    /* the biased one's identity; the contenders' are 1 and 2 */

byte w_owner;                       /* the word: 0 free, or whose it is */
bool w_biased, w_flagged;           /* `flagged`: contended */
byte w_epoch;                       /* how often it has been biased; with NO_EPOCH the word doesn't tell */
bool busy, value;                   /* in memory */
bool dead[BIASED + 1];
bool died_inside, told;
byte inside;
bool asleep[CONTENDERS + 1];        /* on the word */
bool marked, sleeping;              /* the sleeper's, on a wait word */

chan buffer = [4] of { mtype, bit };
mtype = { to_busy, to_value };
bool own_busy;                      /* what the biased one reads back of its own */

inline drain_one() {
    if
    :: buffer ? [to_busy, 0] -> buffer ? to_busy, 0; busy = false
    :: buffer ? [to_busy, 1] -> buffer ? to_busy, 1; busy = true
    :: buffer ? [to_value, 1] -> buffer ? to_value, 1; value = true
    fi
}
inline drain() {
    do
    :: nempty(buffer) -> drain_one()
    :: empty(buffer) -> break
    od
}
inline wake_contenders() { asleep[0] = false; asleep[1] = false; asleep[CONTENDERS] = false }
inline enter() { inside++; assert(inside == 1) }

proctype hardware() {
end_always:
    do
    :: atomic { nempty(buffer) -> drain_one() }
    od
}

proctype biased() {
    byte turns;
    bool in;
    do
    :: turns == TURNS -> break
    :: else ->
        turns++;
        if MORTAL
        :: true
        fi;
        if                                                                   /* F1 */
        :: !(w_owner == BIASED && w_biased && !w_flagged) || own_busy -> goto slowly
        :: else
        fi;
        atomic { buffer ! to_busy, 1; own_busy = true };                     /* F2 */
        if MORTAL
        :: true
        fi;
#ifndef NO_LOOK_AGAIN
        if                                                                   /* F3 */
        :: !(w_owner == BIASED && w_biased && !w_flagged) -> goto leave
        :: atomic { w_owner == BIASED && w_biased && !w_flagged -> enter(); in = true }
        fi;
#else
        atomic { enter(); in = true };
#endif
        if MORTAL
        :: true
        fi;
        buffer ! to_value, 1;
        if MORTAL
        :: true
        fi;
        atomic { inside--; in = false; buffer ! to_busy, 0; own_busy = false };   /* G1 */
        goto last_look;
leave:
        atomic { buffer ! to_busy, 0; own_busy = false };
last_look:
        if MORTAL
        :: true
        fi;
#ifndef NO_LAST_LOOK
        if                                                                   /* G2 */
        :: w_owner == BIASED && w_biased && w_flagged ->
            atomic {
                drain();
                if
                :: w_owner == BIASED && w_biased -> w_owner = 0; w_biased = false; w_flagged = false
                :: else
                fi
            };
            if MORTAL
            :: true
            fi;
            atomic { wake_contenders() }
        :: else
        fi;
#endif
        goto told_sleepers;
slowly:
        /* One turn of another kind, and biased again after it. */
        atomic {
            if
            :: w_owner == 0 -> drain(); w_owner = BIASED; w_biased = false; w_flagged = false; enter(); in = true
            :: w_owner == BIASED && w_biased && !own_busy ->
                drain(); w_biased = false; w_flagged = true; enter(); in = true
#ifdef KILLS
            :: w_owner != BIASED && dead[w_owner] ->
                drain(); w_owner = BIASED; w_biased = false; w_flagged = true; enter(); in = true
#endif
            fi                                                               /* else it waits, as a contender */
        };
        if MORTAL
        :: true
        fi;
        atomic { drain(); busy = false; value = true };
        if MORTAL
        :: true
        fi;
        atomic {
            inside--; in = false;
            if
            :: w_flagged -> w_owner = 0; w_flagged = false; wake_contenders()
            :: else ->
                w_biased = true
#ifndef NO_EPOCH
                ; w_epoch++
#endif
            fi
        };
told_sleepers:
        if
        :: marked -> sleeping = false
        :: else
        fi
    od;
killed:
    atomic {
        drain();
        if
        :: in -> inside--; died_inside = true
        :: else
        fi;
        dead[BIASED] = true
    }
}

proctype contender(byte me) {
    byte s_owner, s_epoch;
    bool s_biased, s_flagged, s_busy, in, done, was_dead;
    do
    :: done -> break
    :: else ->
        if MORTAL
        :: true
        fi;
        atomic { s_owner = w_owner; s_biased = w_biased; s_flagged = w_flagged; s_epoch = w_epoch };
        if
        :: s_owner == 0 ->
            atomic {
                if
                :: w_owner == 0 -> w_owner = me; w_flagged = true; enter(); in = true
                :: else
                fi
            }
        :: s_owner != 0 && !s_flagged ->                                     /* R1, or as for any owner */
            atomic {
                if
                :: w_owner == s_owner && w_biased == s_biased && w_epoch == s_epoch && !w_flagged -> w_flagged = true
                :: else
                fi
            }
        :: s_owner != 0 && s_flagged && s_biased ->
#ifndef NO_BARRIER
            atomic { drain() };                                              /* R2 */
#endif
            s_busy = busy;                                                   /* R3 */
#ifdef BUSY_NOT_ASKED
            s_busy = false;
#endif
            was_dead = false;
#ifdef KILLS
            if
            :: s_busy && dead[BIASED] ->                                     /* R4 */
                was_dead = true;
#ifdef DEATH_NOT_TOLD
                s_busy = false
#else
                s_busy = busy
#endif
            :: else
            fi;
#endif
            if
            :: !s_busy || was_dead ->
                atomic {
                    if
                    :: w_owner == BIASED && w_biased && w_flagged && w_epoch == s_epoch ->
                        w_owner = me; w_biased = false; enter(); in = true;
                        if
                        :: was_dead && s_busy -> told = true
                        :: else
                        fi;
                        assert(!died_inside || told)
                    :: else
                    fi
                }
            :: else ->                                                       /* R5 */
#ifndef KILLS
                atomic {
                    if
                    :: w_owner == BIASED && w_biased && w_flagged && w_epoch == s_epoch -> asleep[me] = true
                    :: else
                    fi
                };
                !asleep[me]
#else
                skip
#endif
            fi
        :: s_owner != 0 && s_flagged && !s_biased ->
#ifdef KILLS
            if
            :: dead[s_owner] ->
                atomic {
                    if
                    :: w_owner == s_owner && !w_biased ->
                        w_owner = me; enter(); in = true; told = true
                    :: else
                    fi
                }
            :: else
            fi
#else
            atomic {
                if
                :: w_owner == s_owner && !w_biased && w_flagged -> asleep[me] = true
                :: else
                fi
            };
            !asleep[me]
#endif
        fi;
        if
        :: in ->
            if MORTAL
            :: true
            fi;
            atomic { inside--; in = false; w_owner = 0; w_flagged = false; done = true };
            if MORTAL
            :: true
            fi;
            atomic { wake_contenders() }
        :: else
        fi
    od;
killed:
    atomic {
        if
        :: in -> inside--; in = false
        :: else
        fi;
        dead[me] = true
    }
}

#ifndef KILLS
/* Waits until the biased one has published: it marks itself, R2 if the word is biased, looks, sleeps. */
proctype sleeper() {
    marked = true;
#ifndef NO_BARRIER
    if
    :: w_biased -> atomic { drain() }
    :: else
    fi;
#endif
    atomic {
        if
        :: !value -> sleeping = true
        :: else
        fi
    };
    !sleeping
}
#endif

init {
    atomic {
        w_owner = BIASED;
        w_biased = true;
        run hardware();
        run biased();
        run contender(1);
        run contender(2);
#ifndef KILLS
        run sleeper()
#endif
    }
}
