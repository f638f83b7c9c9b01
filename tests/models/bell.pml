/* The bell of src/shared/bell.hpp: whoever listens in an event loop is rung for the last value. */
/* SPDX-License-Identifier: MIT
 *
 * L1..L5 and R1..R4 are the header's steps. One ringer may be killed anywhere, but for one with the last value: its
 * ring must come, so a lost one is a listener that waits for ever: an invalid end state.
 * -DCLEARED_FIRST: a ringer clears the mark and rings then. Must fail.
 * -DNO_COUNT: the word is the mark alone. Must fail.
 * -DMARK_AFTER_LOOK: a listener looks first and marks itself then. Must fail.
 */
#define LISTENERS 2
#define VALUES 2
#define RINGERS 2

byte value;                  /* the newest published value */
bool armed;
byte count;                  /* with `armed` one word */
bool readable[LISTENERS];
bool one_is_dead;

inline next_count() {
#ifndef NO_COUNT
    count++
#else
    skip
#endif
}

proctype listener(byte me) {
    byte seen;
    do
    :: seen == VALUES -> break
    :: else ->
        readable[me] = false;                                            /* L1 */
#ifdef MARK_AFTER_LOOK
        seen = value;
#endif
        next_count();                                                    /* L2 */
        armed = true;                                                    /* L3 */
#ifndef MARK_AFTER_LOOK
        seen = value;                                                    /* L4 */
#endif
        if
        :: seen == VALUES
        :: else -> readable[me]                                          /* L5 */
        fi
    od
}

inline ring() { atomic { for (i : 0 .. LISTENERS - 1) { readable[i] = true } i = 0 } }

inline may_die() {
    if
    :: atomic { my_value != VALUES && !one_is_dead -> one_is_dead = true }; goto dead
    :: true
    fi
}

proctype ringer() {
    byte my_value, w_count, i;
    bool w_armed;
    do
    :: atomic { my_value = 0; if :: value < VALUES -> value++; my_value = value :: else fi };  /* R1 */
        if
        :: my_value == 0 -> break
        :: else
        fi;
        may_die();
        atomic { w_armed = armed; w_count = count };                     /* R2 */
        if
        :: !w_armed
        :: else ->
#ifndef CLEARED_FIRST
            ring();                                                      /* R3 */
            may_die();
#endif
            atomic {                                                     /* R4 */
                if
                :: armed && count == w_count -> armed = false
                :: else
                fi
            };
#ifdef CLEARED_FIRST
            may_die();
            ring();
#endif
        fi
    od;
dead:
}

init {
    byte i;
    atomic {
        for (i : 0 .. LISTENERS - 1) { run listener(i) }
        for (i : 1 .. RINGERS) { run ringer() }
    }
}
