/* The values of a cell, src/cell/values.hpp: what a reader accepts is one whole version. */
/* SPDX-License-Identifier: MIT
 *
 * A value is two words, both the version's number. Two writers take turns; each may be killed at any step of its turn.
 * -DLAPPED_BY_ONE: the reader accepts one version more. Must fail.
 * -DCURRENT_FIRST: the version is published before its words. Must fail.
 */
#define BUFFERS 4
#define VERSIONS 7
#define LOADS 2

byte current;
byte first_word[BUFFERS], second_word[BUFFERS];
bool owned;

proctype writer() {
    byte version;
    do
    :: atomic { !owned -> owned = true };
        version = current + 1;
        if
        :: version > VERSIONS -> owned = false; break
        :: else
        fi;
#ifdef CURRENT_FIRST
        current = version;
#endif
        first_word[version % BUFFERS] = version;                         /* P1 */
        if
        :: owned = false; goto next                                     /* killed: the next takes the dead one's turn */
        :: true
        fi;
        second_word[version % BUFFERS] = version;
        if
        :: owned = false; goto next
        :: true
        fi;
        current = version;                                               /* P2 */
        owned = false;
next:
        skip
    od
}

proctype reader() {
    byte loads, version, one, two, now;
    do
    :: loads == LOADS -> break
    :: else ->
        loads++;
        version = current;                                               /* L1 */
        if
        :: version == 0
        :: else ->
            one = first_word[version % BUFFERS];                         /* L2 */
            two = second_word[version % BUFFERS];
            now = current;                                               /* L3 */
            if
#ifdef LAPPED_BY_ONE
            :: now - version <= BUFFERS - 1 ->
#else
            :: now - version <= BUFFERS - 2 ->
#endif
                assert(one == version && two == version)
            :: else
            fi
        fi
    od
}

init {
    atomic { run writer(); run writer(); run reader() }
}
