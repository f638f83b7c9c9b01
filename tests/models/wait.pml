/* The wait protocol of src/shared/wait_word.hpp: no sleeper sleeps through a value. */
/* SPDX-License-Identifier: MIT
 *
 * S1..S4 and W1..W4 are the header's steps. Nobody is killed and no slice ends here, so a lost wake is a sleeper that
 * sleeps for ever: an invalid end state.
 * -DMARK_IN_ANOTHER_WORD: the mark lies in another word than the one slept on. Must fail.
 * -DMARK_AFTER_LOOK: a sleeper looks first and marks itself then. Must fail.
 */
#define SLEEPERS 2
#define WAKERS 2
#define VALUES 2

byte value;                /* the newest published value */
byte marks, sequence;      /* the wait word; with MARK_IN_ANOTHER_WORD `marks` is a word of its own */
bool asleep[SLEEPERS];

inline mark() { atomic { marks++; my_sequence = sequence } }
inline unmark() {
    atomic {
        if
        :: sequence == my_sequence && marks > 0 -> marks--
        :: else
        fi
    }
}

proctype sleeper(byte me) {
    byte seen, my_sequence, w_marks, w_sequence;
    do
    :: seen == VALUES -> break
    :: else ->
again:
#ifndef MARK_AFTER_LOOK
        mark();                                                          /* S1 */
#endif
look:
        if
        :: value != seen -> unmark(); seen = value                       /* S2 */
        :: else ->
#ifdef MARK_AFTER_LOOK
            mark();
#endif
            atomic { w_marks = marks; w_sequence = sequence };           /* S3 */
            if
            :: w_sequence != my_sequence -> goto again
            :: else ->
                atomic {                                                 /* S4: the kernel compares and sleeps */
                    if
#ifdef MARK_IN_ANOTHER_WORD
                    :: value == seen -> asleep[me] = true
#else
                    :: marks == w_marks && sequence == w_sequence -> asleep[me] = true
#endif
                    :: else
                    fi
                };
                !asleep[me];
                goto look
            fi
        fi
    od
}

proctype waker() {
    byte w_marks, w_sequence, i;
    bool published;
    do
    :: atomic { published = value < VALUES; if :: published -> value++ :: else fi };  /* W1 */
        if
        :: !published -> break
        :: else
        fi;
        atomic { w_marks = marks; w_sequence = sequence };               /* W2 */
        if
        :: w_marks == 0
        :: else ->
            atomic {                                                     /* W3 */
#ifdef MARK_IN_ANOTHER_WORD
                marks = 0;
#else
                if
                :: sequence == w_sequence && marks > 0 -> marks = 0; sequence = (sequence + 1) % 8
                :: else -> w_marks = 0                                   /* another waker cleared it, and wakes */
                fi
#endif
            };
            if
            :: w_marks == 0
            :: else ->
                atomic {                                                 /* W4 */
                    for (i : 0 .. SLEEPERS - 1) { asleep[i] = false }
                    i = 0
                }
            fi
        fi
    od
}

init {
    byte i;
    atomic {
        for (i : 0 .. SLEEPERS - 1) { run sleeper(i) }
        for (i : 1 .. WAKERS) { run waker() }
    }
}
