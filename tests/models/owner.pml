/* The owner word of src/shared/owner_word.hpp: one owner at a time, whoever is killed; no sleeper forgotten. */
/* SPDX-License-Identifier: MIT
 *
 * With -DKILLS every contender may be killed at any step, and its slot be claimed again; sleeping ends by itself (the
 * slices). Without, nobody is killed and only a wake ends a sleep, so a lost wake is an invalid end state.
 * -DBLIND: a dead owner's word is replaced whatever it is by then. Must fail.
 * -DNO_GENERATION: words name slots only. Must fail.
 * -DFORGET_OTHERS: who was woken takes the word as if nobody else slept. Must fail, without KILLS.
 */
#ifdef KILLS
#define CONTENDERS 2
#define LIVES 2
#else
#define CONTENDERS 3
#define LIVES 2
#endif
#define SLOTS 2

byte w_slot, w_generation;          /* the word: owner, 0 is free */
bool w_contended, w_starving;
bool claimed[SLOTS + 1];            /* the kernel's locks */
byte generation[SLOTS + 1];
byte inside;
bool asleep[CONTENDERS];

#ifdef KILLS
#define MORTAL :: true -> goto killed
#else
#define MORTAL
#endif

proctype contender(byte me) {
    byte slot, my_generation, s_slot, s_generation, lives, i;
    bool s_contended, s_starving, waited, live, wake, in;
born:
    if
    :: lives == LIVES -> goto end
    :: else -> lives++
    fi;
    waited = false;
#ifdef KILLS
    atomic {                                                     /* the kernel gives a free slot */
        if
        :: !claimed[1] -> slot = 1
        :: !claimed[2] -> slot = 2
        fi;
        claimed[slot] = true
    };
    if MORTAL
    :: true
    fi;
    generation[slot]++;
    my_generation = generation[slot];
#else
    slot = me + 1;
    my_generation = 1;
#endif
#ifdef NO_GENERATION
    my_generation = 1;
#endif
look:
    atomic { s_slot = w_slot; s_generation = w_generation; s_contended = w_contended; s_starving = w_starving };
    if MORTAL
    :: true
    fi;
    if
    :: s_slot == 0 && s_starving && !waited -> waited = true; goto look    /* a newcomer lets the starving go first */
    :: s_slot == 0 && (!s_starving || waited) ->
        atomic {
            if
            :: w_slot == 0 && w_starving == s_starving ->
                w_slot = slot; w_generation = my_generation; w_starving = false;
#ifdef FORGET_OTHERS
                w_contended = false;
#else
                w_contended = waited;
#endif
                in = true; inside++;
                assert(inside == 1);
                goto owning
            :: else -> goto look
            fi
        }
    :: else
    fi;
#ifdef KILLS
    live = claimed[s_slot];                                      /* ask the kernel … */
#ifndef NO_GENERATION
    if
    :: live && generation[s_slot] != s_generation -> live = false  /* … then the generation */
    :: else
    fi;
#endif
    if
    :: s_slot == slot && s_generation != my_generation -> live = false
    :: else
    fi;
    if
    :: !live ->
        atomic {
            if
#ifdef BLIND
            :: true ->
#else
            :: w_slot == s_slot && w_generation == s_generation && w_contended == s_contended &&
               w_starving == s_starving ->
#endif
                w_slot = slot; w_generation = my_generation; w_contended = true; w_starving = false;
                in = true; inside++;
                assert(inside == 1);
                goto owning
#ifndef BLIND
            :: else -> goto look
#endif
            fi
        }
    :: else
    fi;
#endif
    /* mark, perhaps as starving, and sleep while the word is what it was */
    atomic {
        if
        :: w_slot == s_slot && w_generation == s_generation && w_contended == s_contended && w_starving == s_starving ->
            w_contended = true;
            if
            :: waited -> w_starving = true
            :: true
            fi;
            s_contended = w_contended; s_starving = w_starving
        :: else -> goto look
        fi
    };
    waited = true;
#ifndef KILLS
    atomic {                                                     /* the kernel compares the low half: slot and flags */
        if
        :: w_slot == s_slot && w_contended == s_contended && w_starving == s_starving -> asleep[me] = true
        :: else
        fi
    };
    !asleep[me];
#endif
    goto look;

owning:
    if MORTAL
    :: true
    fi;
    atomic {                                                     /* release */
        wake = w_contended;
        assert(w_slot == slot && w_generation == my_generation);
        w_slot = 0; w_generation = 0; w_contended = false;       /* starving stays: reserved */
        inside--; in = false
    };
    if
    :: wake ->
        atomic {                                                 /* wake one of those who sleep */
            if
            :: asleep[0] -> asleep[0] = false
#if CONTENDERS > 1
            :: asleep[1] -> asleep[1] = false
#endif
#if CONTENDERS > 2
            :: asleep[2] -> asleep[2] = false
#endif
            :: else
            fi
        }
    :: else
    fi;
killed:
#ifdef KILLS
    atomic {                                                     /* all at once: memory first, then the slot */
        if
        :: in -> inside--; in = false
        :: else
        fi;
        claimed[slot] = false
    };
#endif
    goto born;
end:
    skip
}

init {
    byte i;
    atomic {
        for (i : 0 .. CONTENDERS - 1) { run contender(i) }
    }
}
