# A process in Python that does with all nouns what it is told, a line at a time: the protocol of abi/c/partner.c.
# SPDX-License-Identifier: MIT
#
# `count N` puts what that of C sends, in turn under key0 ... key9.
import itertools
import sys

import samepage
from samepage import Cell, Channel, Lock, Queue, Region, Table


def say(text: str) -> None:
    print(text, flush=True)


class Partner:
    def begin(self, name: str, create: bool) -> str:
        def made(noun, *arguments):  # type: ignore[no-untyped-def]
            place = f"{name}.{noun.__name__.lower()}"
            return noun.create_new(place, *arguments) if create else noun.open(place)

        self.region = made(Region, 4096)
        self.cell, self.lock, self.channel, self.queue = made(Cell), made(Lock), made(Channel), made(Queue)
        self.table = Table.create_new(f"{name}.table", str) if create else Table.open(f"{name}.table", str)
        self.subscriber = self.channel.subscribe()
        return "ready"

    def create(self, name: str) -> str:
        return self.begin(name, True)

    def open(self, name: str) -> str:
        return self.begin(name, False)

    def write(self, text: str) -> str:
        self.region.write_text(text)
        return "0"

    def read(self) -> str:
        return self.region.read_text()

    def store(self, text: str) -> str:
        return str(self.cell.store(text))

    def load(self) -> str:
        value, version = self.cell.load_versioned()
        return f"{version} {value.decode()}"

    def sleep(self, version: str) -> str:
        say("sleeping")
        return str(self.cell.wait(int(version)))

    def acquire(self) -> str:
        self.lock.acquire()
        return "owner_died" if self.lock.owner_died else "acquired"

    def release(self) -> str:
        self.lock.release()
        return "released"

    def send(self, text: str) -> str:
        return str(self.channel.send(text))

    def receive(self) -> str:
        message = self.subscriber.receive()
        return f"{message.sequence} {message.data.decode()}"

    def work(self) -> str:
        job = self.queue.take()
        job.reply(2 * job.data)
        return "replied"

    def call(self, text: str) -> str:
        return self.queue.call(text).decode()

    def put(self, key: str, text: str) -> str:
        self.table[key] = text
        return str(self.table.version(key))

    def array(self, name: str) -> str:
        self.frame = samepage.ndarray(name, 1000, "u1")
        return "ready"

    def fill(self, number: str) -> str:
        with self.frame.writing(None) as writing:
            self.frame[:] = int(number)
        return str(writing.version)

    def half(self, number: str) -> str:
        self.half_done = self.frame.writing(None).__enter__()
        self.frame[:500] = int(number)
        return "half"

    def whole(self) -> str:
        copy = self.frame.copy(timeout=None)
        return f"{copy[0]} {copy[-1]}"

    def keep(self) -> str:
        self.table.keep_history(1 << 20)
        return "kept"

    def follow(self) -> str:
        self.feed = self.table.subscribe()
        return "following"

    def next(self) -> str:
        change = self.feed.next()
        return f"{'erased' if change.erased else 'put'} {change.key} {change.version}"

    def count(self, begin: str) -> None:
        for number in itertools.count(int(begin)):
            digits = f"{number:08}"
            self.table[f"key{number % 10}"] = 20 * digits
            say(digits)

    def get(self, key: str) -> str:
        return self.table[key]


partner = Partner()
for line in sys.stdin:
    verb, *words = line.split()
    try:
        say(getattr(partner, "sleep" if verb == "await" else verb)(*words))
    except samepage.Error as error:
        say(error.name)
