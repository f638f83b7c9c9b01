/* The jobs of a queue, src/queue/ring.hpp: each job is finished once, whoever is killed; ids have no holes. */
/* SPDX-License-Identifier: MIT
 *
 * Steps are named as in the header. A ring of two cells, and jobs of one, two and one cells, so that the ring goes
 * round and a cell is in turn the first of a job and the second of another. A pusher and two workers. Who finds nothing
 * waits for news without any time limit, unless somebody was killed: deaths are what slices are for.
 * -DPUSHERS_KILLED=1: the pusher is killed at any step, the kernel then knows it, and it is born again.
 * -DWORKERS_KILLED=1: a worker is killed so, and the other one does the rest.
 * -DGIVES=1: a worker gives a job back and goes.
 * -DCOMMIT_FIRST: a record is ready before it is written. Must fail.
 * -DPOSITION_LATE: the cells say whose they are after the record is written. Must fail.
 * -DID_LATE: last_id follows tail. Must fail.
 * -DNO_REPAIR: what a dead pusher had committed isn't finished. Must fail.
 * -DLENGTH_TRUSTED: a length is used without looking at the position again. Must fail.
 * -DSTATE_TRUSTED: a state is used without having looked at the position before. Must fail.
 * -DNO_SWEEP: nobody looks for the jobs of dead workers. Must fail.
 * -DBLIND: a sweep takes every worker for dead. Must fail.
 * -DNO_REWIND: a job that is given back is not announced. Must fail.
 * -DREWIND_FIRST: it is announced before it is ready. Must fail.
 */
#define CELLS 2
#define JOBS 3
#define LENGTH(job) (job == 2 -> 2 : 1)
#define POSITIONS 8
#ifndef PUSHERS_KILLED
#define PUSHERS_KILLED 0
#endif
#ifndef WORKERS_KILLED
#define WORKERS_KILLED 0
#endif
#ifndef GIVES
#define GIVES 0
#endif

#define NONE 0
#define READY 1
#define TAKEN 2
#define DONE 4
#define OF(p) ((p) % CELLS)

byte tail, last_id, head, rewinds;
/* The state word is kind and named: a position, or, when taken, an identity. */
byte kind[CELLS], named[CELLS], position[CELLS], length[CELLS], id[CELLS];
bool owned, died;                       /* the owner word, and that an owner died */
bool alive[8];                          /* by identity; the kernel's answer */
byte identities, deaths, gives, finished, ended;
byte times_done[JOBS + 1];              /* ghosts */
bool begins[POSITIONS];                 /* a record begins here, or the next one will */

#define MORTAL(kills) if :: kills > 0 && deaths == 0 -> deaths++; goto killed :: true fi
#define COMMITTED(p) ((kind[OF(p)] == TAKEN && position[OF(p)] == p) || \
                      ((kind[OF(p)] == READY || kind[OF(p)] == DONE) && named[OF(p)] == p))

inline be_born() { atomic { identities++; me = identities; alive[me] = true } }

/* P4, also of what a dead one had committed. */
inline close_record() {
    atomic { assert(begins[tail + length[OF(tail)]]); assert(id[OF(tail)] <= last_id + 1) };
#ifdef ID_LATE
    tail = tail + length[OF(tail)];
    MORTAL(PUSHERS_KILLED);
    last_id++;
#else
    last_id = id[OF(tail)];
    MORTAL(PUSHERS_KILLED);
    tail = tail + length[OF(tail)];
#endif
}

proctype pusher() {
    byte me, i;
    bool mine;
born:
    be_born();
    do
    :: last_id == JOBS && !died -> break
    :: else ->
        atomic { !owned -> owned = true; mine = true };
        if
        :: died ->
#ifndef NO_REPAIR
            if
            :: COMMITTED(tail) -> close_record()
            :: else
            fi;
            MORTAL(PUSHERS_KILLED);
#endif
            died = false
        :: else
        fi;
        if
        :: last_id < JOBS ->
            do                                                      /* P1 */
            :: tail + LENGTH(last_id + 1) - head <= CELLS -> break
            :: else ->
                if
                :: atomic { kind[OF(head)] == DONE && named[OF(head)] == head -> head = head + length[OF(head)] }
                :: else -> break
                fi
            od;
            if
            :: tail + LENGTH(last_id + 1) - head <= CELLS ->
#ifdef COMMIT_FIRST
                atomic { kind[OF(tail)] = READY; named[OF(tail)] = tail };
#endif
#ifndef POSITION_LATE
                position[OF(tail)] = tail;                          /* P2 */
                MORTAL(PUSHERS_KILLED);
                if
                :: LENGTH(last_id + 1) == 2 -> position[OF(tail + 1)] = tail + 1
                :: else
                fi;
#endif
                MORTAL(PUSHERS_KILLED);
                /* P3: the bytes of the job stand where there was a length. */
                if
                :: LENGTH(last_id + 1) == 2 -> length[OF(tail + 1)] = 3
                :: else
                fi;
                atomic { length[OF(tail)] = LENGTH(last_id + 1); id[OF(tail)] = last_id + 1 };
#ifdef POSITION_LATE
                position[OF(tail)] = tail;
                position[OF(tail + 1)] = (LENGTH(last_id + 1) == 2 -> tail + 1 : position[OF(tail + 1)]);
#endif
                MORTAL(PUSHERS_KILLED);
                atomic {                                            /* P4 */
                    begins[tail + length[OF(tail)]] = true;
#ifndef COMMIT_FIRST
                    kind[OF(tail)] = READY; named[OF(tail)] = tail
#endif
                };
                MORTAL(PUSHERS_KILLED);
                close_record();
                MORTAL(PUSHERS_KILLED)
            :: else -> skip
            fi
        :: else
        fi;
        atomic { owned = false; mine = false };
        /* Waits for the record at head. */
        last_id == JOBS || tail + LENGTH(last_id + 1) - head <= CELLS || kind[OF(head)] == DONE || died
    od;
    ended++;
    goto end;
killed:
    atomic { alive[me] = false; if :: mine -> owned = false; died = true; mine = false :: else fi };
    goto born;
end:
    skip
}

#define NOTHING 0
#define PASS 5

/* What is at p: READY; PASS with its length in l and, when taken, the taker in n; NOTHING. */
inline look(p) {
#ifndef STATE_TRUSTED
    x = (position[OF(p)] == p);
#else
    x = true;
#endif
    atomic {
        if
        :: kind[OF(p)] == READY && named[OF(p)] == p -> sight = READY
        :: x && (kind[OF(p)] == TAKEN || (kind[OF(p)] == DONE && named[OF(p)] == p)) ->
            n = (kind[OF(p)] == TAKEN -> named[OF(p)] : 0);
            sight = PASS
        :: else -> sight = NOTHING
        fi;
        x = false
    };
    if
    :: sight == PASS ->
        l = length[OF(p)];
#ifndef LENGTH_TRUSTED
        atomic { sight = (position[OF(p)] == p -> PASS : NOTHING); l = (sight == PASS -> l : 0) }
#endif
    :: else
    fi
}

inline take() {
    if
    :: seen != rewinds -> seen = rewinds; c = head                  /* T0 */
    :: else
    fi;
    do
    :: look(c);
        if
        :: atomic { sight == PASS -> c = c + l; assert(begins[c]); l = 0; n = 0 }  /* T2 */
        :: sight == READY ->
            atomic {                                                /* T1 */
                if
                :: kind[OF(c)] == READY && named[OF(c)] == c ->
                    kind[OF(c)] = TAKEN; named[OF(c)] = me;
                    has = true; got = c
                :: else
                fi
            };
            if
            :: has ->
                assert(position[OF(got)] == got && length[OF(got)] == LENGTH(id[OF(got)]) && id[OF(got)] <= JOBS);
                c = c + length[OF(got)];
                assert(begins[c]);
                break
            :: else
            fi
        :: sight == NOTHING ->
            if
            :: head > c -> c = head
            :: else -> break
            fi
        fi
    od
}

#ifdef BLIND
#define SEEMS_DEAD(who) (who != me)
#else
#define SEEMS_DEAD(who) (!alive[who])
#endif
inline sweep() {
    i = head;
    do
    :: look(i);
        if
        :: sight == READY || sight == NOTHING -> break
        :: sight == PASS && n != 0 && SEEMS_DEAD(n) ->
            atomic {                                                /* S1 */
                if
                :: kind[OF(i)] == TAKEN && named[OF(i)] == n ->
                    assert(!alive[n] && position[OF(i)] == i);
                    kind[OF(i)] = READY; named[OF(i)] = i
                :: else
                fi
            };
            MORTAL(may_die);
            rewinds++;                                              /* S2 */
            break
        :: else -> atomic { i = i + l; l = 0; n = 0 }
        fi
    od;
    atomic { i = 0; l = 0; n = 0 };
    c = head
}

#define IS_LEFT(cell) ((kind[cell] == TAKEN && SEEMS_DEAD(named[cell])) || (kind[cell] == READY && named[cell] < c))
#ifdef BLIND
#define ANY_LEFT (IS_LEFT(0) || IS_LEFT(1))
#else
#define ANY_LEFT (deaths > 0 && (IS_LEFT(0) || IS_LEFT(1)))
#endif
#define NEWS (finished == JOBS || seen != rewinds || position[OF(c)] > c || COMMITTED(c))

proctype worker(bool may_die, may_give) {
    byte me, c, seen, got, i, l, n, sight;
    bool x, has;
    be_born();
    seen = rewinds;
    c = head;
    do
    :: finished == JOBS -> break
    :: else ->
        take();
        if
        :: has -> MORTAL(may_die)
        :: else
        fi;
        if
        :: has ->
            atomic {                                                /* A1 */
                assert(kind[OF(got)] == TAKEN && named[OF(got)] == me);
                times_done[id[OF(got)]]++;
                assert(times_done[id[OF(got)]] == 1);
                kind[OF(got)] = DONE; named[OF(got)] = got;
                finished++;
                has = false; got = 0
            }
        :: has && may_give && gives == 0 ->
            gives++;
#ifdef REWIND_FIRST
            rewinds++;
#endif
            atomic {                                                /* G1 */
                assert(kind[OF(got)] == TAKEN && named[OF(got)] == me);
                kind[OF(got)] = READY; named[OF(got)] = got;
                has = false; got = 0
            };
            MORTAL(may_die);
#if !defined(NO_REWIND) && !defined(REWIND_FIRST)
            rewinds++;                                              /* G2 */
#endif
            break
        :: !has ->
            if
            :: NEWS
#ifndef NO_SWEEP
            :: ANY_LEFT -> sweep()                                  /* after a slice */
#endif
            fi
        fi;
        sight = 0
    od;
    ended++;
    goto end;
killed:
    atomic { alive[me] = false; ended++ };
end:
    skip
}

init {
    byte j;
    begins[0] = true;
    atomic {
        run pusher();
        run worker(WORKERS_KILLED, GIVES);
        run worker(false, false)
    };
    ended == 3;
    for (j : 1 .. JOBS) { assert(times_done[j] == 1) }
}
