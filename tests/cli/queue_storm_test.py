# samepage queue push and take that are killed at random: no acknowledged job lost, none torn or finished twice.
# SPDX-License-Identifier: MIT
import collections
import hashlib
import json
import os
import random
import subprocess
import threading
import time

from support import DEADLINE_S, PROGRAM, Case, main

SECONDS = float(os.environ.get("SAMEPAGE_STORM_SECONDS", "3"))


def job_of(number):
    """A job that shows whether it is whole, some of them long."""
    body = f"{number}:" + "j" * (number * 97 % 1500)
    return body + ":" + hashlib.sha256(body.encode()).hexdigest()


def number_in(job):
    number = int(job.split(":", 1)[0])
    assert job == job_of(number), f"torn: {job[:80]}"
    return number


class Storm(Case):
    def go(self, words):
        return subprocess.Popen([PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.env, cwd=self.files)

    def push_and_kill(self, offset):
        """Streams jobs into a push, which is killed now and then; what it has acknowledged is pushed."""
        chance = random.Random(offset)
        number = offset
        while time.monotonic() < self.until:
            pusher = self.go(["queue", "push", self.place, "-", "--json"])
            first = number
            lines = "".join(job_of(first + 10 * i) + "\n" for i in range(40))
            killer = threading.Timer(chance.random() * self.slowest_s, pusher.kill)
            killer.start()
            out, err = pusher.communicate(lines.encode(), timeout=DEADLINE_S)
            killer.cancel()
            whole = out.decode().count("\n")
            if pusher.returncode not in (0, -9):
                self.wrong.append(("push", pusher.returncode, err))
            self.pushed.update(first + 10 * i for i in range(whole))
            self.begun.update(first + 10 * i for i in range(40))
            number = first + 10 * 40

    def take_and_kill(self, seed):
        chance = random.Random(seed)
        while time.monotonic() < self.until:
            worker = self.go(["queue", "take", self.place, "--count", "30", "--timeout", "5s", "--json"])
            killer = threading.Timer(chance.random() * self.slowest_s, worker.kill)
            killer.start()
            out, err = worker.communicate(timeout=DEADLINE_S)
            killer.cancel()
            if worker.returncode not in (0, 4, -9):
                self.wrong.append(("take", worker.returncode, err))
            self.saw(out, killed=worker.returncode == -9)

    def saw(self, out, killed):
        """A job is printed, then acknowledged. So of a killed worker's jobs all but the last are finished."""
        lines = out.decode().split("\n")[:-1]
        jobs = [json.loads(line) for line in lines]
        for job in jobs[:-1] if killed else jobs:
            self.finished[number_in(job["value"])] += 1
        if killed and jobs:
            self.perhaps[number_in(jobs[-1]["value"])] += 1

    def storm(self, place):
        self.place, self.wrong = place, []
        self.pushed, self.begun = set(), set()
        self.finished, self.perhaps = collections.Counter(), collections.Counter()
        start = time.monotonic()
        self.samepage("queue", "push", place, job_of(1), "--capacity", "64K")
        self.pushed.add(1)
        self.begun.add(1)
        self.slowest_s = 3 * (time.monotonic() - start)
        self.until = time.monotonic() + SECONDS / 2
        threads = [threading.Thread(target=self.push_and_kill, args=(12,)),
                   threading.Thread(target=self.push_and_kill, args=(13,)),
                   threading.Thread(target=self.take_and_kill, args=(1,)),
                   threading.Thread(target=self.take_and_kill, args=(2,)),
                   threading.Thread(target=self.take_and_kill, args=(3,))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.wrong, [])
        left = self.samepage("queue", "take", place, "--count", "0", "--timeout", "0", "--json", status=4)
        self.saw(left, killed=False)
        self.assertEqual(self.samepage("queue", "ls", place), b"")

        twice = [number for number, count in self.finished.items() if count > 1]
        self.assertEqual(twice, [], "finished twice")
        self.assertEqual(set(self.finished) - self.begun, set(), "invented")
        self.assertEqual(self.pushed - set(self.finished) - set(self.perhaps), set(), "lost")
        self.assertGreater(len(self.finished), 0)

    def test_in_memory(self):
        holder = self.start("queue", "hold", "work", "--json", "--capacity", "64K")
        holder.stdout.readline()
        self.storm("work")

    def test_in_a_file(self):
        self.storm("./jobs")


main()
