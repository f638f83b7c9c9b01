/* A bucket of a table is split, src/table/{writer,find,scan}.hpp: keys that stay are found all the time, and once. */
/* SPDX-License-Identifier: MIT
 *
 * Bucket I has the keys STAYS and MOVES; the split makes bucket J for MOVES. The splitter may be killed at any step;
 * another one then does what the stripe's step says and, where the split had not come to S3, splits anew. A getter
 * looks for MOVES, a scanner counts both.
 * -DCLEARED_FIRST: the old bucket is cleared before `buckets` is raised. Must fail.
 * -DCOPIED_LATE: `buckets` is raised before the new bucket is filled. Must fail.
 * -DNOT_ASKED_AGAIN: who finds nothing doesn't look at `buckets` again (R6). Must fail.
 * -DSTRANGERS_COUNTED: a scan counts what belongs to another bucket. Must fail.
 * -DBUCKET_NOT_ASKED_AGAIN: a scan doesn't ask whether its bucket was split meanwhile. Must fail.
 * -DNOT_FINISHED: who finds the splitter dead forgets its step. Must fail.
 */
#define STAYS 1
#define MOVES 2
#define DEATHS 2
#define NONE 0
#define SPLITTING 1

byte in_i[2], in_j;                             /* slots: a key, 0: free */
bool split;                                     /* `buckets`, raised */
byte doing;
bool owned;
byte deaths, gone;

#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline clear_strangers() {
    k = 0;
    do
    :: k == 2 -> break
    :: k < 2 ->
        if
        :: in_i[k] == MOVES && split -> in_i[k] = 0; MORTAL
        :: else
        fi;
        k++
    od
}
inline copy() { in_j = 0; MORTAL; in_j = MOVES; MORTAL }            /* S1, S2 */

proctype splitter() {
    byte k;
    do
    :: atomic { !owned && !(split && doing == NONE) -> owned = true };
        if
        :: doing == SPLITTING ->
#ifndef NOT_FINISHED
            clear_strangers();
#endif
            doing = NONE; MORTAL
        :: else
        fi;
        if
        :: !split ->
#ifndef COPIED_LATE
            copy();
#endif
            doing = SPLITTING; MORTAL;                              /* S3 */
#ifdef CLEARED_FIRST
            k = 0;
            do :: k == 2 -> break :: k < 2 -> if :: in_i[k] == MOVES -> in_i[k] = 0; MORTAL :: else fi; k++ od;
#endif
            split = true; MORTAL;                                   /* S4 */
#ifdef COPIED_LATE
            copy();
#endif
            clear_strangers();                                      /* S5 */
            doing = NONE; MORTAL                                    /* S6 */
        :: else
        fi;
        atomic { owned = false; k = 0 }
    :: split && doing == NONE && !owned -> break
    od;
    goto ended;
killed:
    atomic { owned = false; k = 0 };
ended:
    gone++
}

proctype getter() {
    bool buckets, found;
    byte k;
again:
    buckets = split; found = false; k = 0;
    if
    :: buckets -> found = in_j == MOVES
    :: else ->
        do
        :: k == 2 -> break
        :: k < 2 -> if :: in_i[k] == MOVES -> found = true :: else fi; k++
        od
    fi;
    if
    :: found
    :: !found ->
#ifndef NOT_ASKED_AGAIN
        if :: split != buckets -> goto again :: else fi;
#endif
        assert(false)
    fi
}

/* Bucket I's interval comes first; split, its second half is J's. */
proctype scanner() {
    bool buckets, moves, stays;
    byte k, count_stays, count_moves;
again:
    buckets = split; moves = false; stays = false; k = 0;
    do
    :: k == 2 -> break
    :: k < 2 ->
        if
        :: in_i[k] == STAYS -> stays = true
        :: in_i[k] == MOVES ->
#ifdef STRANGERS_COUNTED
            moves = true
#else
            if :: !buckets -> moves = true :: else fi
#endif
        :: else
        fi;
        k++
    od;
#ifndef BUCKET_NOT_ASKED_AGAIN
    if :: split != buckets -> goto again :: else fi;
#endif
    count_stays = stays; count_moves = moves;
    if
    :: buckets -> if :: in_j == MOVES -> count_moves++ :: else fi
    :: else
    fi;
    assert(count_stays == 1 && count_moves == 1)
}

proctype survivor() {
    gone == 2;
    /* Whoever comes now finds a whole stripe, or one whose step says what is left to do. */
    assert(!split || in_j == MOVES);
    assert(split || in_i[1] == MOVES);
    assert(!(split && doing == NONE) || in_i[1] == 0)
}

init {
    atomic {
        in_i[0] = STAYS; in_i[1] = MOVES;
        run splitter(); run splitter(); run getter(); run scanner(); run survivor()
    }
}
