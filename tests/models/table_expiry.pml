/* Records that expire, src/table/expiry.hpp: what a reader says was so at a moment of its call. */
/* SPDX-License-Identifier: MIT
 *
 * One key, two cells. A writer, who owns the stripe, puts records that expire or don't, erases, and sweeps what has
 * expired; the moment is chosen some time before the record is there. Steps R2 to R5 are find.hpp's. Time passes; the
 * clock that ticks is late by up to LATE.
 * -DNO_SECOND_LOOK: the slot isn't read again after the clock (I3). Must fail: it was put anew before it expired.
 * -DNOT_WHOLE: an expired record's number isn't read again (I4). Must fail: another one is in its cell by then.
 * -DCLOCK_FIRST: the clock is read before the slot (I3). Must fail: a record was seen that had expired when it came.
 * -DNUMBER_ONCE: the number of one that is found isn't read again (R5). Must fail.
 * -DTICK_BELIEVED: the clock that ticks is believed as the exact one is. Must fail.
 * -DTICK_LATER: it is later than is allowed for. Must fail: what is_to_come() takes for granted is needed.
 */
#define END 3            /* of time */
#define PUTS 3
#define LATE 1
#define TRIES 2
#ifdef TICK_LATER
#define LATEST (LATE + 1)
#else
#define LATEST LATE
#endif

byte now, tick;
byte slot, number[3], moment[3], value[3];    /* moment 0: never expires. A record's value is its number */

bool could_miss, could_see[PUTS + 1];         /* ghosts: what was so at some moment of the call */

#define HAS_EXPIRED(cell) (moment[cell] != 0 && now >= moment[cell])

/* In each step that changes what is so. */
inline note() {
    if
    :: slot == 0 || HAS_EXPIRED(slot) -> could_miss = true
    :: else -> could_see[number[slot]] = true
    fi
}

active proctype clock() {
    do
    :: atomic { now < END && now - tick < LATEST -> now++; note() }
    :: tick < now -> tick++
    :: now == END && tick == END -> break
    od
}

inline lead_to(cell) {
    old = slot;
    atomic { slot = cell; note() };
    if :: old != 0 -> number[old] = 0 :: else fi;
    old = 0
}

active proctype writer() {
    byte puts, fresh, old, at;
    do
    :: puts < PUTS ->
        if :: slot != 0 && HAS_EXPIRED(slot) -> lead_to(0) :: else fi;       /* sweeps before it puts */
        puts++;
        fresh = (slot == 1 -> 2 : 1);
        if :: at = 0 :: at = now + 1 :: at = now + LATE + 1 fi;
        moment[fresh] = at; value[fresh] = puts;                             /* I2: before its number */
        number[fresh] = puts;
        lead_to(fresh);
        fresh = 0; at = 0;
        if :: true -> lead_to(0) :: true fi                                  /* erases it */
    :: puts == PUTS -> break
    od
}

active proctype reader() {
    byte seen, version, until, copied, clock_says, tries;
    atomic { note() };                                                       /* the call begins */
again:
    if :: tries == TRIES -> goto end :: else -> tries++ fi;                  /* `busy` says nothing */
#ifdef CLOCK_FIRST
    clock_says = now;
#endif
    seen = slot;
    if :: seen == 0 -> assert(could_miss); goto end :: else fi;
    version = number[seen];                                                  /* R2 */
    if :: version == 0 || slot != seen -> goto again :: else fi;             /* R3 */
    until = moment[seen]; copied = value[seen];                              /* R4 */
    if
    :: until == 0 -> skip
    :: else ->
#ifdef TICK_BELIEVED
        clock_says = tick;
#else
        if
#ifndef CLOCK_FIRST
        :: tick + LATE < until -> goto found                                 /* far away: is_to_come() */
        :: else -> clock_says = now
#else
        :: skip
#endif
        fi;
#endif
        if
        :: clock_says < until -> goto found
        :: else ->
#ifndef NO_SECOND_LOOK
            if :: slot != seen -> goto again :: else fi;                     /* I3 */
#endif
#ifndef NOT_WHOLE
            if :: number[seen] != version -> goto again :: else fi;          /* I4 */
#endif
            assert(could_miss); goto end
        fi
    fi;
found:
#ifndef NUMBER_ONCE
    if :: number[seen] != version -> goto again :: else fi;                  /* R5 */
#endif
    assert(could_see[version] && copied == version);
end: skip
}
