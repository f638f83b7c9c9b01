# samepage cell watch beside many samepage cell set that are killed at random: nothing torn, lost or stuck.
# SPDX-License-Identifier: MIT
import hashlib
import json
import os
import random
import subprocess
import threading
import time

from support import DEADLINE_S, PROGRAM, Case, main

SECONDS = float(os.environ.get("SAMEPAGE_STORM_SECONDS", "3"))


def value_of(number):
    """A value that shows whether it is whole, some of them long."""
    body = f"{number}:" + "v" * (number * 97 % 3000)
    return body + ":" + hashlib.sha256(body.encode()).hexdigest()


def number_in(value):
    number = int(value.split(":", 1)[0])
    assert value == value_of(number), f"torn: {value[:80]}"
    return number


class Storm(Case):
    def watch(self):
        watcher = self.start("cell", "watch", "temp", "--json")
        seen = []

        def read():
            for line in watcher.stdout:
                seen.append(json.loads(line))

        reader = threading.Thread(target=read)
        reader.start()
        self.addCleanup(reader.join)
        self.addCleanup(watcher.kill)  # before the reader is joined
        self.wait_until(lambda: self.names() == ["temp"], "the watcher holds the cell")
        return watcher, seen

    def set_and_kill(self, offset, end, acknowledged, counts):
        chance = random.Random(offset)
        number = offset
        # Longer where no kill has met a running setter yet: a busy machine comes too late with most.
        while time.monotonic() < end or (counts["killed"] < 3 and time.monotonic() < end + DEADLINE_S):
            setter = subprocess.Popen([PROGRAM, "cell", "set", "temp", value_of(number), "--json"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env=self.env, cwd=self.files)
            if chance.random() < 0.8:
                if chance.random() < 0.7:
                    time.sleep(chance.random() * counts["slowest_s"])
                setter.kill()
            out, err = setter.communicate(timeout=DEADLINE_S)
            if setter.returncode == 0:
                acknowledged[json.loads(out)["version"]] = number
            else:
                # Killed; else nothing is allowed to go wrong.
                if setter.returncode != -9:
                    counts["wrong"].append((setter.returncode, err))
                counts["killed"] += 1
            number += 10

    def test_setters_killed_at_random_tear_lose_and_stop_nothing(self):
        watcher, seen = self.watch()
        start = time.monotonic()
        self.samepage("cell", "set", "temp", value_of(0))
        # A setter is killed at some moment of the time that one takes here.
        counts = {"killed": 0, "wrong": [], "slowest_s": 1.5 * (time.monotonic() - start)}
        acknowledged = {1: 0}
        end = time.monotonic() + SECONDS
        threads = [threading.Thread(target=self.set_and_kill, args=(offset, end, acknowledged, counts))
                   for offset in (11, 12, 13)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(counts["wrong"], [])
        self.assertGreater(counts["killed"], 0)

        last = json.loads(self.samepage("cell", "set", "temp", value_of(5), "--json"))["version"]
        self.wait_until(lambda: seen and seen[-1]["version"] == last, "the last value reaches the watcher")
        self.assertIsNone(watcher.poll())
        versions = [one["version"] for one in seen]
        self.assertEqual(versions, sorted(set(versions)), "versions ascend")
        # Each store counts once: the acknowledged ones, and some of those whose setter was killed.
        self.assertGreater(last, max(acknowledged))
        self.assertLessEqual(last, len(acknowledged) + counts["killed"] + 1)
        acknowledged[last] = 5
        for one in seen:
            number = number_in(one["value"])
            self.assertEqual(acknowledged.get(one["version"], number), number, "an acknowledged value is the one shown")
        self.assertEqual(number_in(json.loads(self.samepage("cell", "get", "temp", "--json"))["value"]), 5)


main()
