/* The jobs of a queue, src/queue/ring.hpp: each job is finished once, whoever is killed; ids have no holes. */
/* SPDX-License-Identifier: MIT
 *
 * Steps are named as in the header. A pusher and two workers take turns by the owner word; each may be killed at any
 * step, the kernel then knows it. Who takes the turn of a dead one repairs. At the end an immortal worker finishes what
 * is left. The ring doesn't wrap here: its ends are arithmetic, not protocol.
 * -DTAIL_FIRST: a push is committed before its record is written. Must fail.
 * -DNO_REPAIR: what a dead pusher had committed isn't finished. Must fail.
 * -DNO_SWEEP: nobody looks for the jobs of dead workers. Must fail.
 * -DBLIND: a sweep takes every worker for dead. Must fail.
 * -DCURSOR_STAYS: a sweep makes ready and leaves cursor where it is. Must fail.
 */
#define JOBS 2
#define WORKERS 2
#define DEATHS 1
#define READY 1
#define TAKEN 2
#define DONE 3

byte tail, last, last_id, cursor;
byte id[JOBS + 1], state[JOBS + 1], taker[JOBS + 1];
bool written[JOBS + 1];
bool owned, died;                       /* the owner word, and that an owner died */
bool alive[16];                         /* by identity; the kernel's answer */
byte identities, deaths, ended;
byte times_done[JOBS + 1];              /* ghosts */

#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline own() {
    atomic { !owned -> owned = true; mine = true };
    if
    :: died ->
#ifndef NO_REPAIR
        if
        :: last != tail -> last_id = id[last]                       /* P6 */
        :: else
        fi;
#endif
        MORTAL;
        died = false
    :: else
    fi
}
inline release() { atomic { owned = false; mine = false } }
inline be_born() { atomic { identities++; me = identities; alive[me] = true } }
inline die() { atomic { alive[me] = false; me = 0; if :: mine -> owned = false; died = true; mine = false :: else fi } }

inline lower_cursor(at) { if :: cursor > at -> cursor = at :: else fi }

/* T1 to T3. `got` is JOBS when there is none. What becomes ready behind the look is as if it did after T3. */
inline take() {
    atomic {
        got = JOBS;
        i = cursor;
        do
        :: i == tail -> cursor = i; break
        :: i < tail && state[i] == READY ->
            assert(written[i]);
            state[i] = TAKEN; taker[i] = me;                        /* T2 */
            got = i;
            break
        :: i < tail && state[i] != READY -> i++
        od;
        i = 0
    };
    if
    :: got < JOBS ->
        MORTAL;
        cursor = got + 1                                            /* T3 */
    :: else
    fi
}

inline sweep() {
#ifndef NO_SWEEP
    i = 0;
    do
    :: atomic { i == tail || (i >= cursor && state[i] == READY) -> i = 0; break }
    :: else ->
        if
#ifdef BLIND
        :: state[i] == TAKEN && taker[i] != me ->
#else
        :: state[i] == TAKEN && !alive[taker[i]] ->
#endif
            assert(!alive[taker[i]]);
#ifndef CURSOR_STAYS
            lower_cursor(i);                                        /* S1 */
#endif
            MORTAL;
            state[i] = READY
        :: state[i] == READY ->
#ifndef CURSOR_STAYS
            lower_cursor(i)                                         /* S2 */
#else
            skip
#endif
        :: else
        fi;
        i++
    od
#endif
    skip
}

/* A1, by a compare-and-swap; no owner word. */
inline acknowledge() {
    atomic {
        if
        :: state[got] == TAKEN && taker[got] == me ->
            state[got] = DONE;
            times_done[got]++;
            assert(times_done[got] == 1)
        :: else -> assert(false)                                    /* nobody else may have it */
        fi
    }
}

proctype pusher() {
    byte me;
    bool mine;
born:
    be_born();
    do
    :: tail == JOBS -> break
    :: else ->
        own();
        if
        :: tail < JOBS ->
            last = tail;                                            /* P3 */
            MORTAL;
#ifdef TAIL_FIRST
            tail++;
            MORTAL;
            id[last] = last_id + 1; state[last] = READY;
            written[last] = true;
#else
            written[tail] = false;
            atomic { id[tail] = last_id + 1; state[tail] = READY }; /* P4 */
            MORTAL;
            written[tail] = true;
            tail++;                                                 /* P5 */
#endif
            assert(id[last] == last + 1);
            MORTAL;
            last_id = id[last]                                      /* P6 */
        :: else
        fi;
        release()
    od;
    die();
    ended++;
    goto end;
killed:
    die();
    goto born;
end:
    skip
}

proctype worker(byte turns_max; bool gives) {
    byte me, turns, i, got;
    bool mine;
born:
    be_born();
    do
    :: turns == turns_max -> break
    :: else ->
        turns++;
        own();
        take();
        if
        :: got == JOBS -> sweep(); take()
        :: else
        fi;
        release();
        MORTAL;
        if
        :: got == JOBS
        :: got < JOBS -> acknowledge()
        :: got < JOBS && gives ->                      /* give back */
            own();
            lower_cursor(got);                                      /* G1 */
            MORTAL;
            state[got] = READY;                                     /* G2 */
            release()
        :: got < JOBS && gives -> state[got] = READY   /* without the owner word */
        fi;
        got = 0
    od;
    die();
    ended++;
    goto end;
killed:
    atomic { got = 0; i = 0 };
    die();
    goto born;
end:
    skip
}

init {
    byte k;
    atomic {
        run pusher();
        run worker(2, true);
        run worker(1, false)
    };
    ended == WORKERS + 1;
    deaths = DEATHS;                                                /* nobody is killed any more */
    run worker(JOBS + 1, false);
    ended == WORKERS + 2;
    for (k : 0 .. JOBS - 1) { assert(times_done[k] == 1) }
}
