/* Verifying one stripe of a table beside its writers, src/table/verify.hpp: no cell looks lost that isn't. */
/* SPDX-License-Identifier: MIT
 *
 * Cells are in a list, led to by a link (a further group) or a slot (a record), or named by the step. Writers put,
 * some with a further group first, and erase; they may be killed at any step, the next one finishes or undoes what was
 * begun, and may give up then. Each turn raises the number before it changes anything. The verifier takes the number,
 * looks at the owner, walks, takes the number again. (What it compares besides is for the owners of the space, who are
 * not here.)
 * -DNUMBER_LATE: a put takes its number only when its group is there. Must fail.
 * -DSILENT_ERASE: an erase raises nothing. Must fail.
 * -DOWNER_NOT_ASKED: the verifier doesn't look whether there is a living owner. Must fail.
 * -DOWNER_FIRST: it looks before it takes the number. Must fail.
 */
#define CELLS 3
#define TURNS 2
#define DEATHS 1
#define NONE 0
#define TAKING 1
#define PUBLISHING 2

bool listed[CELLS + 1];
byte word[2];                       /* 0 the link, 1 the slot: a cell, or 0 */
byte doing, s_cell, s_at, s_before, s_after, s_records;
byte number, records = 1;
byte owner;                         /* 0: free; else who */
bool dead[3];
byte turns, deaths;

#define MORTAL if :: deaths < DEATHS -> deaths++; goto killed :: true fi

inline finish() {
    records = s_records; MORTAL;
    if :: s_before != 0 -> listed[s_before] = true; MORTAL :: else fi;
    doing = NONE; MORTAL
}

inline publish(w, after) {
    atomic {
        s_at = w; s_before = word[w]; s_after = after;
        s_records = (w == 1 -> (after != 0) : records)
    };
    doing = PUBLISHING; MORTAL;
    word[w] = after; MORTAL;
    finish()
}

/* The lowest free cell. */
inline take() {
    atomic {
        if :: listed[1] -> c = 1 :: !listed[1] && listed[2] -> c = 2 :: else -> c = 3 fi;
        s_cell = c
    };
    doing = TAKING; MORTAL;
    listed[c] = false; MORTAL
}

inline recover() {
    if
    :: doing == NONE
    :: else ->
        number++; MORTAL;
        if
        :: doing == TAKING -> listed[s_cell] = true; MORTAL; doing = NONE; MORTAL
        :: doing == PUBLISHING && word[s_at] == s_after -> finish()
        :: else ->
            if :: s_after != 0 -> listed[s_cell] = true; MORTAL :: else fi;
            doing = NONE; MORTAL
        fi
    fi
}

proctype writer(byte me) {
    byte c;
    do
    :: atomic { turns < TURNS && (owner == 0 || dead[owner]) -> owner = me; turns++ };
        recover();
        if
        :: true                                                         /* it comes to nothing */
        :: word[0] == 0 ->
#ifndef NUMBER_LATE
            number++; MORTAL;
#endif
            take(); publish(0, c);
#ifdef NUMBER_LATE
            number++; MORTAL;
#endif
            take(); publish(1, c)
        :: word[0] != 0 -> number++; MORTAL; take(); publish(1, c)
        :: word[1] != 0 ->
#ifndef SILENT_ERASE
            number++; MORTAL;
#endif
            publish(1, 0)
        fi;
        c = 0;
        owner = 0
    :: turns == TURNS -> break
    od;
    goto ended;
killed:
    dead[me] = true;
ended:
    skip
}

#define step_names(i) ((d == TAKING && cell == i) || (d == PUBLISHING && (is_done -> before == i : cell == i)))

inline look_at_owner() {
#ifdef OWNER_NOT_ASKED
    skip
#else
    if :: owner != 0 && !dead[owner] -> goto ended :: else fi
#endif
}

proctype verifier() {
    byte d, n, i, link, slot, cell, before, right;
    bool in_list[CELLS + 1], is_done;
#ifdef OWNER_FIRST
    look_at_owner();
#endif
    n = number;
#ifndef OWNER_FIRST
    look_at_owner();
#endif
    d = doing; right = records;
    in_list[1] = listed[1]; in_list[2] = listed[2]; in_list[3] = listed[3];
    link = word[0]; slot = word[1];
    atomic { cell = s_cell; before = s_before };
    is_done = (word[s_at] == s_after);
    right = (d == PUBLISHING && is_done -> s_records : right);
    atomic {
        if
        :: number == n ->
            for (i : 1 .. CELLS) {
                assert(in_list[i] || link == i || slot == i || step_names(i));
                assert(!in_list[i] || (link != i && slot != i))
            }
            assert(right == (slot != 0))
        :: else
        fi
    };
ended:
    skip
}

init {
    atomic {
        listed[1] = true; listed[2] = true; word[1] = 3;
        run writer(1); run writer(2); run verifier()
    }
}
