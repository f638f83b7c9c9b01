# Each language does with every noun what each other one then sees; one that is killed leaves all whole.
# SPDX-License-Identifier: MIT
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
PARTNERS = {
    "c": [os.environ["C_PARTNER"]],
    "cpp": [os.environ["CPP_PARTNER"]],
    "python": [sys.executable, "-B", str(HERE / "partner.py")],
    "node": [os.environ["NODE"], str(HERE / "partner.js")],
}
DEADLINE_S = 120
NOUNS = ("region", "cell", "lock", "channel", "queue", "table")
KEYS = [f"key{rest}" for rest in range(10)]
COUNTERS = {"table": "python", "cell": "node", "channel": "c"}


def text_of(number):
    """What a counting partner writes: it shows whether it is whole."""
    return 20 * f"{number:08}"


def number_of(text):
    assert text == text_of(int(text[:8])), text
    return int(text[:8])


class Partner:
    """A process that is told what to do, a line at a time."""

    def __init__(self, language, env):
        self.language = language
        self.process = subprocess.Popen(PARTNERS[language], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8")

    def tell(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"{self.language} ended: {self.process.wait(DEADLINE_S)}"
        return line.rstrip("\n")

    def ask(self, *words):
        self.tell(*words)
        return self.answer()

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def end(self):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


class Counter(Partner):
    """One that writes one number after the other, as fast as it can, and says which are acknowledged."""

    def __init__(self, language, env, begin):
        super().__init__(language, env)
        assert self.ask("open", "counts") == "ready"
        self.acknowledged = begin - 1
        self.tell("count", str(begin))
        self.ear = threading.Thread(target=self.hear)
        self.ear.start()

    def hear(self):
        lines = b""
        while chunk := os.read(self.process.stdout.fileno(), 1 << 16):
            whole, _, lines = (lines + chunk).rpartition(b"\n")
            self.acknowledged = int(whole[-8:] or self.acknowledged)

    def kill(self):
        super().kill()
        self.ear.join()


class Listener:
    """The shell as a registered listener, which misses nothing."""

    def __init__(self, env):
        self.process = subprocess.Popen([os.environ["SAMEPAGE"], "channel", "listen", "counts.channel"], env=env,
                                        stdout=subprocess.PIPE, encoding="utf-8")
        self.heard, self.wrong = 0, None
        self.ear = threading.Thread(target=self.hear)
        self.ear.start()

    def hear(self):
        for line in self.process.stdout:
            if line == text_of(self.heard + 1) + "\n":
                self.heard += 1
            else:
                self.wrong = self.wrong or line

    def end(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)
        self.ear.join()
        self.process.stdout.close()


class LanguagesTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="samepage-languages-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.env = {**os.environ, "SAMEPAGE_DIR": self.dir}

    def partner(self, language):
        started = Partner(language, self.env)
        self.addCleanup(started.end)
        return started

    def shell(self, *words):
        done = subprocess.run([os.environ["SAMEPAGE"], *words], env=self.env, capture_output=True, encoding="utf-8")
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout.rstrip("\n")

    def test_each_sees_what_each_other_does(self):
        partners = {language: self.partner(language) for language in PARTNERS}
        for first, second in itertools.permutations(partners, 2):
            with self.subTest(first=first, second=second):
                name, text = f"{first}-{second}", f"grüße-von-{first}-€-😀"
                self.play(name, text, partners[first], partners[second])
                self.look(name, text)

    def play(self, name, text, one, other):
        self.assertEqual(one.ask("create", name), "ready")
        self.assertEqual(other.ask("open", name), "ready")
        self.assertEqual(one.ask("write", text), "0")
        self.assertEqual(other.ask("read"), text)

        self.assertEqual(one.ask("store", text), "1")
        self.assertEqual(other.ask("load"), f"1 {text}")
        self.assertEqual(other.ask("await", "1"), "sleeping")
        self.assertEqual(one.ask("store", text + "2"), "2")
        self.assertEqual(other.answer(), "2")

        self.assertEqual(one.ask("acquire"), "acquired")
        other.tell("acquire")
        self.assertEqual(one.ask("release"), "released")
        self.assertEqual(other.answer(), "acquired")
        self.assertEqual(other.ask("release"), "released")

        other.tell("receive")
        self.assertEqual(one.ask("send", text), "1")
        self.assertEqual(other.answer(), f"1 {text}")

        other.tell("work")
        self.assertEqual(one.ask("call", text), 2 * text)
        self.assertEqual(other.answer(), "replied")

        self.assertEqual(one.ask("keep"), "kept")
        self.assertEqual(other.ask("follow"), "following")
        other.tell("next")
        version = one.ask("put", "schlüssel", text)
        self.assertGreater(int(version), 0)
        self.assertEqual(other.answer(), f"put schlüssel {version}")
        self.assertEqual(other.ask("get", "schlüssel"), text)

    def look(self, name, text):
        """The shell sees it, too."""
        self.assertEqual(self.shell("read", name + ".region"), text)
        self.assertEqual(self.shell("cell", "get", name + ".cell"), text + "2")
        self.assertEqual(self.shell("channel", "listen", name + ".channel", "--from", "oldest", "--count", "1"), text)
        self.assertEqual(self.shell("table", "get", name + ".table", "schlüssel"), text)

    def test_a_killed_owner_is_told_to_the_next_one(self):
        others = {language: self.partner(language) for language in PARTNERS}
        for (killed, heir) in zip(PARTNERS, (*list(PARTNERS)[1:], list(PARTNERS)[0])):
            with self.subTest(killed=killed, heir=heir):
                owner = self.partner(killed)
                name = f"owned-by-{killed}"
                self.assertEqual(owner.ask("create", name), "ready")
                self.assertEqual(others[heir].ask("open", name), "ready")
                self.assertEqual(owner.ask("acquire"), "acquired")
                owner.ask("put", "key", "left")
                others[heir].tell("acquire")
                owner.kill()
                self.assertEqual(others[heir].answer(), "owner_died")
                # What the creator has left lives on.
                self.assertEqual(others[heir].ask("get", "key"), "left")
                for noun in NOUNS:
                    self.shell("info", f"{name}.{noun}")

    def test_a_killed_workers_job_goes_to_the_next_one(self):
        caller, victim = self.partner("python"), self.partner("node")
        self.assertEqual(caller.ask("create", "jobs"), "ready")
        self.assertEqual(victim.ask("open", "jobs"), "ready")
        victim.tell("take")
        caller.tell("call", "job")
        self.assertEqual(victim.answer(), "job")
        heir = self.partner("c")
        self.assertEqual(heir.ask("open", "jobs"), "ready")
        heir.tell("work")
        victim.kill()
        self.assertEqual(heir.answer(), "replied")
        self.assertEqual(caller.answer(), "jobjob")
        heir.tell("work")
        self.assertEqual(self.shell("queue", "call", "jobs.queue", "from-the-shell"), 2 * "from-the-shell")
        self.assertEqual(heir.answer(), "replied")

    def test_changes_of_a_killed_writer_come_in_order(self):
        owner = self.partner("cpp")
        self.assertEqual(owner.ask("create", "followed"), "ready")
        self.assertEqual(owner.ask("keep"), "kept")
        followers = [self.partner(language) for language in PARTNERS]
        for follower in followers:
            self.assertEqual(follower.ask("open", "followed"), "ready")
            self.assertEqual(follower.ask("follow"), "following")
        writer = self.partner("node")
        self.assertEqual(writer.ask("open", "followed"), "ready")
        writer.tell("storm", "key", "a", "b")
        first = {follower: int(follower.ask("next").split()[2]) for follower in followers}
        writer.kill()
        self.shell("table", "erase", "followed.table", "key")
        for follower in followers:
            with self.subTest(follower.language):
                versions = [first[follower]]
                while (change := follower.ask("next").split())[0] == "put":
                    versions.append(int(change[2]))
                self.assertEqual(versions, sorted(set(versions)))
                self.assertEqual(change[:2], ["erased", "key"])
                # That of the last that was put: none is left out at the end.
                self.assertEqual(int(change[2]), versions[-1])

    def test_arrays_of_killed_writers_are_torn_and_mended(self):
        if importlib.util.find_spec("numpy") is None:
            self.skipTest("Python has no numpy")
        partners = {language: self.partner(language) for language in PARTNERS}
        for partner in partners.values():
            self.assertEqual(partner.ask("array", "frame"), "ready")
        version = 0
        for number, killed in enumerate(PARTNERS, 1):
            with self.subTest(killed=killed):
                victim = self.partner(killed)
                self.assertEqual(victim.ask("array", "frame"), "ready")
                version += 1
                self.assertEqual(victim.ask("fill", str(number)), str(version))
                for partner in partners.values():
                    self.assertEqual(partner.ask("whole"), f"{number} {number}")
                self.assertEqual(victim.ask("half", "99"), "half")
                partners["python"].tell("whole")
                victim.kill()
                self.assertEqual(partners["python"].answer(), "torn")
                for partner in partners.values():
                    self.assertEqual(partner.ask("whole"), "torn")
                version += 2
                self.assertEqual(partners[killed].ask("fill", "7"), str(version))
                for partner in partners.values():
                    self.assertEqual(partner.ask("whole"), "7 7")

    def test_killed_in_turn_while_others_write_and_read(self):
        """Python writes a table, Node a cell, C a channel; C++ and the shell read all three meanwhile."""
        reader = self.partner("cpp")
        self.assertEqual(reader.ask("create", "counts"), "ready")
        listener = Listener(self.env)
        self.addCleanup(listener.end)
        while not self.info("channel")["listeners"]:
            self.assertIsNone(listener.process.poll())
        counters = {noun: self.counter(noun, 1) for noun in COUNTERS}
        for noun in 2 * list(COUNTERS):
            with self.subTest(killed=COUNTERS[noun]):
                self.watch(counters, reader, listener)
                victim = counters.pop(noun)
                victim.kill()
                self.watch(counters, reader, listener)
                # All that was acknowledged is there; the one under way is, or isn't.
                last = self.last(noun)
                self.assertIn(last - victim.acknowledged, (0, 1))
                counters[noun] = self.counter(noun, last + 1)
        self.watch(counters, reader, listener)
        counters["channel"].kill()
        last = self.last("channel")
        while listener.heard < last and listener.wrong is None:
            time.sleep(0.001)
        self.assertEqual((listener.heard, listener.wrong), (last, None))

    def counter(self, noun, begin):
        started = Counter(COUNTERS[noun], self.env, begin)
        self.addCleanup(started.end)
        return started

    def info(self, noun):
        return json.loads(self.shell("info", "--json", f"counts.{noun}"))

    def last(self, noun):
        """The last number that is there, as the shell sees it."""
        if noun == "channel":
            return self.info(noun)["next_sequence"] - 1
        if noun == "cell":
            return number_of(self.shell("cell", "get", "counts.cell"))
        return max(number_of(text) for text in self.shell("table", "get", "counts.table", *KEYS).splitlines())

    def watch(self, counters, reader, listener):
        """Reads what they write until each has gone on."""
        goals = {noun: counter.acknowledged + 200 for noun, counter in counters.items()}
        deadline = time.monotonic() + DEADLINE_S
        while any(counters[noun].acknowledged < goal for noun, goal in goals.items()):
            self.assertLess(time.monotonic(), deadline, "a writer is stuck")
            self.assertIsNone(listener.wrong)
            for noun, counter in counters.items():
                acknowledged = counter.acknowledged
                if acknowledged < 10:
                    continue
                if noun == "channel":
                    sequence, text = reader.ask("receive").split()
                    self.assertEqual(int(sequence), number_of(text))
                    continue
                self.assertGreaterEqual(self.last(noun), acknowledged)
                if noun == "cell":
                    version, text = reader.ask("load").split()
                    self.assertEqual(int(version), number_of(text))
                    self.assertGreaterEqual(number_of(text), acknowledged)
                else:
                    for rest, key in enumerate(KEYS):
                        number = number_of(reader.ask("get", key))
                        self.assertEqual(number % 10, rest)
                        self.assertGreater(number, acknowledged - 10)

    def test_records_of_a_killed_writer_are_whole(self):
        reader = self.partner("cpp")
        self.assertEqual(reader.ask("create", "storm"), "ready")
        first, second = "a" * 200, "b" * 200
        for _ in range(5):
            writer = self.partner("node")
            self.assertEqual(writer.ask("open", "storm"), "ready")
            reader.ask("put", "key", "begin")
            writer.tell("storm", "key", first, second)
            while reader.ask("get", "key") == "begin":
                pass
            for _ in range(20):
                self.assertIn(reader.ask("get", "key"), (first, second))
            writer.kill()
            self.assertIn(reader.ask("get", "key"), (first, second))
            self.assertIn(self.shell("table", "get", "storm.table", "key"), (first, second))


if __name__ == "__main__":
    unittest.main()
