# Times calls of the Python binding for bindings_bench.py, by the protocol of calls.c.
# SPDX-License-Identifier: MIT
import sys
import time

import samepage

cell = samepage.Cell.open(sys.argv[1])
table = samepage.Table.open(sys.argv[1] + ".table")
value = b"x" * 64


def time_of(verb: str, calls: int) -> float:
    load, store, get, put, key = cell.load, cell.store, table.__getitem__, table.put, b"key"
    begin = time.perf_counter_ns()
    if verb == "cell.load":
        for _ in range(calls):
            load()
    elif verb == "cell.store":
        for _ in range(calls):
            store(value)
    elif verb == "table.get":
        for _ in range(calls):
            get(key)
    elif verb == "table.put":
        for _ in range(calls):
            put(key, value)
    else:
        for _ in range(calls):
            pass
    return (time.perf_counter_ns() - begin) / calls


for line in sys.stdin:
    verb, calls = line.split()
    # What the loop itself takes is not the call's.
    print(time_of(verb, int(calls)) - time_of("nothing", int(calls)), flush=True)
