/* Room in a channel, src/channel/channel.cpp: no living registered subscriber is overtaken, no sender sleeps on. */
/* SPDX-License-Identifier: MIT
 *
 * Messages are counted, not stored: channel.pml has what is in the ring. A ring of ROOM messages; senders take turns,
 * and sleep outside them. Nobody is killed and no slice ends here, so a lost wake is a sender that sleeps for ever: an
 * invalid end state.
 * -DREGISTER_WITHOUT_TURN: a subscriber comes in while a sender gives messages up. Must fail.
 * -DWAKE_FIRST: a subscriber looks who sleeps before it says where it is. Must fail.
 * -DLOOK_FIRST: a sender looks where the subscriber is before it marks itself. Must fail.
 * -DLEAVE_QUIETLY: who unregisters wakes nobody. Must fail.
 */
#define ROOM 1
#define MESSAGES 4
#define SENDERS 2
#define SUBSCRIBERS 1

bool owned;
byte tail, oldest;                   /* how many were sent, and given up */
bool used[SUBSCRIBERS];
byte place[SUBSCRIBERS];
bool marked;                         /* the wait word */
byte sequence;
bool asleep[SENDERS];

inline wake() {
    atomic {
        if
        :: marked -> marked = false; sequence++; asleep[0] = false; asleep[1] = false
        :: else
        fi
    }
}

proctype sender(byte me) {
    byte k, by, needed, my_sequence;
    do
    :: atomic { !owned -> owned = true };
        if
        :: tail == MESSAGES -> owned = false; break
        :: else
        fi;
        by = SUBSCRIBERS;
        if
        :: tail - oldest < ROOM
        :: else ->
            needed = oldest + 1;
            k = 0;
            do
            :: k == SUBSCRIBERS -> break
            :: else ->
                if
                :: used[k] ->
                    if
                    :: place[k] < needed -> by = k; break
                    :: else
                    fi
                :: else
                fi;
                k++
            od;
            if
            :: by == SUBSCRIBERS -> oldest = needed
            :: else
            fi
        fi;
        if
        :: by == SUBSCRIBERS -> tail++; owned = false
        :: else ->
            owned = false;
mark:
#ifndef LOOK_FIRST
            atomic { marked = true; my_sequence = sequence };
#endif
            if
            :: place[by] >= needed || !used[by]
            :: else ->
#ifdef LOOK_FIRST
                atomic { marked = true; my_sequence = sequence };
#endif
                atomic {
                    if
                    :: sequence == my_sequence -> asleep[me] = true
                    :: else
                    fi
                };
                !asleep[me];
                goto mark
            fi
        fi;
        k = 0; by = 0; needed = 0; my_sequence = 0
    od
}

proctype subscriber(byte me) {
    byte r, wants;
    if
    :: wants = 1
    :: wants = MESSAGES
    fi;
#ifndef REGISTER_WITHOUT_TURN
    atomic { !owned -> owned = true };
#endif
    if
    :: r = oldest
    :: r = tail
    fi;
    place[me] = r;
    used[me] = true;
#ifndef REGISTER_WITHOUT_TURN
    owned = false;
#endif
    do
    :: wants == 0 -> break
    :: wants > 0 && r == MESSAGES -> break
    :: wants > 0 && r < tail ->
        assert(oldest <= r);                                             /* it copies the message */
        r++;
        wants--;
#ifdef WAKE_FIRST
        wake();
        place[me] = r
#else
        place[me] = r;
        wake()
#endif
    od;
    used[me] = false;
#ifndef LEAVE_QUIETLY
    wake()
#endif
}

init {
    atomic { run sender(0); run sender(1); run subscriber(0) }
}
