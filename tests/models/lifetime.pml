// The life of a name on Linux: who creates, opens, gives up and sweeps, each killed anywhere. See docs/lifetime.md.
// SPDX-License-Identifier: MIT
//
// Files are numbered; `name` is the file that the name leads to, 0 for none. A lock is the set of processes that hold
// it. Each atomic step below is one system call of src/os/linux/held_object.cpp.
//
// Claims: never two live objects (files with a finished holder) of one name; a live object has its name; an opener
// never gets a file that isn't whole; whoever sees the name free can create it.

#define FILES 3
#define PROCS 3

byte name;               // the file that the name leads to
byte made;               // files so far
bool whole[FILES + 1];   // its bytes are there
bool exclusive_gate[FILES + 1];
byte gate_owner[FILES + 1];
byte sharing[FILES + 1]; // processes with a shared life lock
bool exclusive_life[FILES + 1];
bool killed;               // somebody was
byte held[PROCS];        // the file that a process holds, as far as its user knows
byte finished[FILES + 1]; // finished holders

inline check() {
    // Every file with a finished holder is the one that the name leads to, and is whole.
    byte f;
    f = 1;
    do
    :: f <= FILES ->
        assert(finished[f] == 0 || (name == f && whole[f]));
        f++
    :: else -> break
    od
}

// Being killed: the kernel drops this process's locks.
inline die() {
    atomic {
        killed = true;
        if :: my_gate -> exclusive_gate[file] = false :: else fi;
        if :: my_life == 1 -> sharing[file]-- :: my_life == 2 -> exclusive_life[file] = false :: else fi;
        if :: held[id] != 0 -> finished[file]--; held[id] = 0 :: else fi;
        my_gate = false; my_life = 0; file = 0;
        goto ended
    }
}

proctype user(byte id) {
    byte file; bool my_gate; byte my_life; bool creates; bool saw_shared;
    byte tries;

again:
    tries++;
    if :: tries > 3 -> goto ended :: else fi;
    my_gate = false; my_life = 0; file = 0; saw_shared = false;
    if :: creates = true :: creates = false fi;
    // open(2), with O_CREAT if it may create
    atomic {
        if
        :: name != 0 -> file = name
        :: name == 0 && creates && made < FILES -> made++; name = made; file = made
        :: else -> goto ended
        fi
    }
    // F_OFD_GETLK: another one's shared life lock proves a holder
    if
    :: atomic { sharing[file] > 0 -> saw_shared = true }
    :: atomic { sharing[file] == 0 -> saw_shared = false }
    :: die()
    fi;
    if
    :: saw_shared ->
#ifndef BROKEN_NO_RECHECK
        if
        :: atomic { !exclusive_life[file] -> sharing[file]++; my_life = 1 }
        :: atomic { exclusive_life[file] -> file = 0; goto again }
        :: die()
        fi;
        // fstat(2): does it have its name still?
        if
        :: atomic { name == file -> skip }
        :: atomic { name != file -> sharing[file]--; my_life = 0; goto again }
        :: die()
        fi
#else
        atomic { !exclusive_life[file] -> sharing[file]++; my_life = 1 }
#endif
    :: else ->
        if
        :: atomic { !exclusive_gate[file] -> exclusive_gate[file] = true; my_gate = true }
        :: die()
        fi;
        if
        :: atomic { sharing[file] == 0 && !exclusive_life[file] -> exclusive_life[file] = true; my_life = 2 }
        :: atomic { sharing[file] > 0 || exclusive_life[file] ->
                    exclusive_gate[file] = false; my_gate = false; goto again }
        :: die()
        fi;
        if
        :: atomic { name != file -> exclusive_life[file] = false; exclusive_gate[file] = false; goto again }
        :: name == file ->
            if
            :: !creates || whole[file] ->
                // A leftover: unlink(2), then the locks go with the description.
                if :: atomic { name == file -> name = 0 } :: die() fi;
                atomic { exclusive_life[file] = false; exclusive_gate[file] = false; my_life = 0; my_gate = false };
                if :: creates -> goto again :: else -> goto ended fi
            :: else ->
                if :: whole[file] = true :: die() fi;
                // exclusive to shared, atomically
                if :: atomic { exclusive_life[file] = false; sharing[file]++; my_life = 1 } :: die() fi;
                if :: atomic { exclusive_gate[file] = false; my_gate = false } :: die() fi
            fi
        fi
    fi;
    // Opened: the user has it.
    atomic { held[id] = file; finished[file]++; check() };
    if :: skip :: die() fi;
    // close: the last one turns shared into exclusive and unlinks. Refused, it lets go and tries once more: of two that
    // close at once each stands in the other's way.
    atomic { finished[file]--; held[id] = 0 };
    if
    :: atomic { sharing[file] == 1 && !exclusive_life[file] ->
                sharing[file] = 0; exclusive_life[file] = true; my_life = 2 }
    :: sharing[file] > 1 ->  // refused
        atomic { sharing[file]--; my_life = 0 };
#ifndef BROKEN_ONE_TRY
        if
        :: atomic { sharing[file] == 0 && !exclusive_life[file] -> exclusive_life[file] = true; my_life = 2 }
        :: atomic { sharing[file] > 0 || exclusive_life[file] -> goto ended }
        :: die()
        fi
#else
        goto ended
#endif
    :: die()
    fi;
    if :: atomic { true; if :: name == file -> name = 0 :: else fi } :: die() fi;
    atomic { exclusive_life[file] = false; my_life = 0 };
ended:
    skip
}

init {
    atomic { run user(0); run user(1); run user(2) };
    // When all are gone, a leftover may stay, but no lock does: the next one gets through.
    (_nr_pr == 1);
    assert(name == 0 || killed);  // who goes in peace leaves nothing
    assert(name == 0 || (sharing[name] == 0 && !exclusive_life[name] && !exclusive_gate[name]))
}
