// A stream that one host owns: messages under way, lost connections, kills, another host that takes over.
// SPDX-License-Identifier: MIT
//
// Layout: of the stream, its last sequence, the owner of its newest owner record, and of each host the newest message.
//   What is under way may be stored at any time, or never; each attempt of a host has its own: the messages of its
//   fence, then those that say something.
// Roles: host 0 is the origin. It may be killed, or its connection may break, at any time: then it takes the stream
//   anew, sends a fence, waits until it stands, reads what is there and goes on. Host 1 takes the stream over, once,
//   and does the same. Each step is one request to the server (bridge/ownership.hpp, bridge/publisher.hpp).
// Claims, as channels are sent (no fence, one message under way):
//   1. The messages of a host stand in the stream as 1, 2, 3, …: none is missing, doubled or out of order.
// As cells and tables are (FENCED: many under way):
//   1. They never go back: each has a larger number than the one before it.
// Of both: 2. When a host reads what is there, nothing that was sent before is stored any more, be it its own.
//
// Broken on purpose:
//   NO_EXPECTED       messages don't say what they must follow
//   TWO_UNDER_WAY     two messages under way, and no fence
//   SHORT_FENCE       (FENCED) too few messages: the one that would have followed on a lost one can come in
//   NO_READ_BACK      after a failure it goes on behind what was acknowledged, without reading the stream
//   READ_FIRST        it reads where to go on before it takes the stream: what is under way can come after that
//   OWNER_FIRST       it looks who owns the stream before it looks at the stream's last sequence

#define MESSAGES 4
#define NONE 255
#if defined(FENCED)
#define ATTEMPTS 2          // of host 0
#define WINDOW 3            // messages under way, at most
#if defined(SHORT_FENCE)
#define FENCE (WINDOW - 2)
#else
#define FENCE WINDOW
#endif
#define FITS(n, before) ((n) > (before))
#else
#define ATTEMPTS 3
#if defined(TWO_UNDER_WAY)
#define WINDOW 2
#else
#define WINDOW 1
#endif
#define FENCE 0
#define FITS(n, before) ((n) == (before) + 1)
#endif
// Message n of an attempt, from 1 on; its fence stands before: 1 - FENCE to 0.
#define SLOTS (FENCE + MESSAGES)
#define SLOT(attempt, n) ((attempt) * SLOTS + (n) + FENCE - 1)

byte last;                                        // the stream's last sequence
byte owner;                                       // 0 or 1
byte settled;                                     // attempts before this one can store nothing any more
byte newest[2];                                   // of each host, in the stream
// Of each message that is under way, the sequence that it expects; NONE: it isn't. The last attempt is host 1's.
byte under_way[(ATTEMPTS + 1) * SLOTS];
byte stored[ATTEMPTS + 1];                        // how many of an attempt's are stored: its acknowledgements

// Messages are stored, refused or lost, in any order.
proctype server() {
    byte slot, attempt;
    short n;
end:
    do
    :: atomic {
            select(slot : 0 .. (ATTEMPTS + 1) * SLOTS - 1);
            if
            :: under_way[slot] != NONE ->
                attempt = slot / SLOTS;
                n = slot % SLOTS;
                n = n + 1 - FENCE;
                if
#ifdef NO_EXPECTED
                :: true ->
#else
                :: under_way[slot] == last ->
#endif
                    last++;
                    stored[attempt]++;
                    if
                    :: n >= 1 && attempt == ATTEMPTS ->
                        assert(FITS(n, newest[1]));          // claim 1
                        newest[1] = n
                    :: n >= 1 && attempt < ATTEMPTS ->
                        assert(attempt >= settled);          // claim 2
                        assert(FITS(n, newest[0]));          // claim 1
                        newest[0] = n
                    :: else
                    fi
                :: else                                      // refused
                fi;
                under_way[slot] = NONE;
                n = 0;
                attempt = 0
            :: else
            fi;
            slot = 0
        }
    od
}

// The fence, behind the record that the host has just stored. `expected`: the stream's last sequence then.
inline send_fence(attempt) {
    i = 0;
    do
    :: i < FENCE ->
        under_way[attempt * SLOTS + i] = expected;
        expected++;
        i++
    :: else -> break
    od;
    i = 0
}

proctype host_0() {
    byte attempt, seen_last, seen_owner, next, expected, sent, i;

again:
    sent = 0;
#ifdef READ_FIRST
    next = newest[0] + 1;
#endif
#ifdef OWNER_FIRST
    seen_owner = owner;
    seen_last = last;
#else
    seen_last = last;
    seen_owner = owner;
#endif
    if :: seen_owner == 1 -> goto ended :: else fi;
    atomic {
        if
        :: seen_last == last ->
            last++;
            assert(settled < ATTEMPTS);                      // claim 2
            owner = 0;
            expected = last;
            send_fence(attempt)
        :: else -> goto again
        fi
    }
end_fence:
    if
#ifdef NO_EXPECTED
    :: true
#else
    :: stored[attempt] == FENCE
    :: attempt + 1 < ATTEMPTS -> attempt++; goto again       // it doesn't come
#endif
    fi;
#ifdef NO_READ_BACK
    next = sent + 1;
#else
#ifndef READ_FIRST
    atomic {
        next = newest[0] + 1;
        if :: settled < attempt -> settled = attempt :: else fi
    }
#endif
#endif
end:
    do
    :: next <= MESSAGES && sent + FENCE - stored[attempt] < WINDOW ->
        atomic { under_way[SLOT(attempt, next)] = expected; expected++; next++; sent++ }
    :: attempt + 1 < ATTEMPTS -> attempt++; goto again
    od;
ended:
    skip
}

proctype host_1() {
    byte seen_last, expected, sent, i;
again:
    seen_last = last;
    atomic {
        if
        :: seen_last == last ->
            last++;
            owner = 1;
            expected = last;
            send_fence(ATTEMPTS)
        :: else -> goto again
        fi
    }
end_fence:
    atomic { stored[ATTEMPTS] == FENCE -> settled = ATTEMPTS }
end:
    do
    :: sent < MESSAGES && sent + FENCE - stored[ATTEMPTS] < WINDOW ->
        atomic { sent++; under_way[SLOT(ATTEMPTS, sent)] = expected; expected++ }
    od
}

init {
    atomic {
        byte i;
        for (i : 0 .. (ATTEMPTS + 1) * SLOTS - 1) { under_way[i] = NONE }
        i = 0;
        run server();
        run host_0();
        if :: run host_1() :: skip fi
    }
}
