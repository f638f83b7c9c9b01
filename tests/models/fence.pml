// A stream that one host owns: many messages under way, lost connections, kills, another host that takes over.
// SPDX-License-Identifier: MIT
//
// Layout: of the stream, its last sequence, the owner of its newest owner record, and of each host the newest message.
//   A message that is under way may be stored at any time, or never; each attempt of a host has its own.
// Roles: host 0 is the origin. It may be killed, or its connection may break, at any time: then it takes the stream
//   anew, reads what is there and goes on. Host 1 takes the stream over, once, and sends messages of its own. Each step
//   is one request to the server (bridge/ownership.hpp, bridge/publisher.hpp).
// Claims: 1. The messages of a host stand in the stream as 1, 2, 3, …: none is missing, doubled or out of order.
//   2. Behind host 1's owner record there is nothing of host 0.
//
// Broken on purpose:
//   NO_EXPECTED       messages don't say what they must follow
//   SEQUENCE_ONLY     they say it by the sequence, not by the id of the message before
//   NO_READ_BACK      after a failure it goes on behind what was acknowledged, without reading the stream
//   READ_FIRST        it reads where to go on before it takes the stream: what is under way can come after that
//   OWNER_FIRST       it looks who owns the stream before it looks at the stream's last sequence

#define MESSAGES 2
#define ATTEMPTS 3          // of host 0
#define NONE 255
#define SLOT(attempt, n) ((attempt) * (MESSAGES + 1) + (n))

byte last;                                        // the stream's last sequence
byte owner;                                       // 0 or 1
bool taken_over;
byte newest[2];                                   // of each host, in the stream
// Of each message that is under way, the sequence that it expects; NONE: it isn't. The last attempt is host 1's.
byte under_way[(ATTEMPTS + 1) * (MESSAGES + 1)];
// The id of the stream's last message: the attempt that sent it, and which of that it was, 0 for an owner record.
byte last_attempt, last_number;
// Of each attempt, the first number: its message directly follows the owner record.
byte first_of[ATTEMPTS + 1];

#ifdef SEQUENCE_ONLY
#define FOLLOWS(attempt, n) true
#else
#define FOLLOWS(attempt, n) (last_attempt == attempt && last_number == (n == first_of[attempt] -> 0 : n - 1))
#endif

inline store_record(h, attempt) {
    last++;
    last_attempt = attempt;
    last_number = 0;
    owner = h;
    assert(h == 1 || !taken_over);                // claim 2
    if :: h == 1 -> taken_over = true :: else fi
}

inline store_message(h, attempt, n) {
    last++;
    last_attempt = attempt;
    last_number = n;
    assert(h == 1 || !taken_over);                // claim 2
    assert(n == newest[h] + 1);                   // claim 1
    newest[h] = n
}

// Takes or refuses what is under way, in any order. What is never taken is lost.
proctype server() {
    byte attempt, n;
end:
    do
    :: atomic {
            select(attempt : 0 .. ATTEMPTS);
            select(n : 1 .. MESSAGES);
            if
            :: under_way[SLOT(attempt, n)] != NONE ->
#ifdef NO_EXPECTED
                store_message((attempt == ATTEMPTS -> 1 : 0), attempt, n);
#else
                if
                :: under_way[SLOT(attempt, n)] == last && FOLLOWS(attempt, n) ->
                    store_message((attempt == ATTEMPTS -> 1 : 0), attempt, n)
                :: else                           // refused
                fi;
#endif
                under_way[SLOT(attempt, n)] = NONE
            :: else
            fi
        }
    od
}

proctype host_0() {
    byte attempt, seen_last, seen_owner, next, expected, acknowledged;

again:
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
        :: seen_last == last -> store_record(0, attempt); expected = last
        :: else -> goto again
        fi
    }
#ifdef NO_READ_BACK
    next = acknowledged + 1;
#else
#ifndef READ_FIRST
    next = newest[0] + 1;
#endif
#endif
    first_of[attempt] = next;
end:
    do
    :: next <= MESSAGES -> atomic { under_way[SLOT(attempt, next)] = expected; expected++; next++ }
    :: acknowledged < newest[0] -> acknowledged++  // an answer came
    :: attempt + 1 < ATTEMPTS -> attempt++; goto again
    od;
ended:
    skip
}

proctype host_1() {
    byte seen_last, next, expected;
again:
    seen_last = last;
    atomic {
        if
        :: seen_last == last -> store_record(1, ATTEMPTS); expected = last
        :: else -> goto again
        fi
    }
    next = 1;
    first_of[ATTEMPTS] = 1;
    do
    :: next <= MESSAGES -> atomic { under_way[SLOT(ATTEMPTS, next)] = expected; expected++; next++ }
    :: else -> break
    od
}

init {
    atomic {
        byte i;
        for (i : 0 .. (ATTEMPTS + 1) * (MESSAGES + 1) - 1) { under_way[i] = NONE }
        run server();
        run host_0();
        if :: run host_1() :: skip fi
    }
}
