# Times calls of the Python binding for bindings_bench.py, by the protocol of calls.c.
# SPDX-License-Identifier: MIT
import sys
import time

import samepage

cell = samepage.Cell.open(sys.argv[1])
table = samepage.Table.open(sys.argv[1] + ".table")
lock = samepage.Lock.open(sys.argv[1] + ".lock")
channel = samepage.Channel.open(sys.argv[1] + ".channel")
subscriber = channel.subscribe()
queue = samepage.Queue.open(sys.argv[1] + ".queue")
value = b"x" * 64


def time_of(verb: str, calls: int) -> float:
    load, store, get, put, key = cell.load, cell.store, table.__getitem__, table.put, b"key"
    acquire, release, send, receive = lock.acquire, lock.release, channel.send, subscriber.receive
    push, take = queue.push, queue.take
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
    elif verb == "lock.acquire, release":
        for _ in range(calls):
            acquire()
            release()
    elif verb == "channel.send, receive":
        for _ in range(calls):
            send(value)
            receive()
    elif verb == "queue.push, take, acknowledge":
        for _ in range(calls):
            push(value)
            take().acknowledge()
    else:
        for _ in range(calls):
            pass
    return (time.perf_counter_ns() - begin) / calls


for line in sys.stdin:
    calls, verb = line.strip().split(" ", 1)
    # What the loop itself takes is not the call's.
    print(time_of(verb, int(calls)) - time_of("nothing", int(calls)), flush=True)
