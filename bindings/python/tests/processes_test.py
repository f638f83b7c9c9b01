# Handles in other processes: pickled, forked, spawned; servers that preload and fork; workers of a data loader.
# SPDX-License-Identifier: MIT
import copy
import json
import multiprocessing
import os
import pickle
import signal
import tempfile
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Cell, Channel, Lock, Queue, Region, Table

METHODS = ("fork", "forkserver", "spawn")


def play_along(region, cell, lock, channel, queue, table) -> None:
    """What a child does with one handle of each kind."""
    region.write_text("from the child")
    with lock:
        cell.store(cell.load() + b" and back")
    channel.send("from the child")
    with queue.take(DEADLINE) as job:
        job.reply(job.data.upper())
    table["child"] = {"pid": os.getpid()}


def sum_of(numbers: tuple[int, int]) -> int:
    with loaded.buf.cast("I") as view:
        return sum(view[numbers[0]:numbers[1]])


def load(region) -> None:
    global loaded
    loaded = region


class ProcessesTest(unittest.TestCase):
    def test_handles_go_to_children(self) -> None:
        for method in METHODS:
            with (self.subTest(method), Region(f"region.{method}", 100) as region, Cell(f"cell.{method}") as cell,
                  Channel(f"channel.{method}") as channel, Queue(f"queue.{method}") as queue,
                  Table(f"table.{method}", codec=json) as table, channel.subscribe() as mine):
                lock = Lock(f"lock.{method}")
                cell.store(b"there")
                child = multiprocessing.get_context(method).Process(target=play_along,
                                                                    args=(region, cell, lock, channel, queue, table))
                child.start()
                self.assertEqual(queue.call(b"job", DEADLINE), b"JOB")
                child.join(DEADLINE)
                self.assertEqual(child.exitcode, 0)
                self.assertEqual(table["child"], {"pid": child.pid})
                self.assertEqual((region.read_text(), cell.load()), ("from the child", b"there and back"))
                self.assertEqual(mine.receive(DEADLINE).data, b"from the child")
                child.close()

    def test_a_sole_writer_is_alone_until_it_is_killed(self) -> None:
        with Cell("sole.cell") as cell, Channel("sole.channel") as channel, Table("sole.table", codec=str) as table:
            nouns = (cell, channel, table)
            writes = (lambda: cell.store(b"x"), lambda: channel.send(b"x"), lambda: table.put("k", "x"))
            for write in writes:
                write()
            with Other("""
nouns = [Cell.open('sole.cell', sole_writer=True), Channel('sole.channel', sole_writer=True),
         Table('sole.table', codec=str, sole_writer=True)]
nouns[0].store('one'); nouns[1].send('one'); nouns[2]['k'] = 'one'
say(os.getpid())
hear()
""") as sole:
                process = int(sole.line())
                for noun, write in zip(nouns, writes):
                    with self.subTest(noun=noun):
                        with self.assertRaisesRegex(samepage.Denied, f"process {process}"):
                            write()
                        with self.assertRaises(samepage.Denied):
                            type(noun)(noun.place, sole_writer=True)
                        self.assertEqual(noun.info()["sole_writer_process"], process)
                self.assertEqual((cell.load(), table["k"]), (b"one", "one"))
                sole.kill()
            for noun, write in zip(nouns, writes):
                write()
                self.assertEqual(noun.info()["sole_writer_process"], 0)

    def test_a_data_loaders_workers(self) -> None:
        count = 100_000
        with Region("samples", 4 * count) as region:
            with region.buf.cast("I") as view:
                for k in range(count):
                    view[k] = k
            parts = [(k, k + count // 20) for k in range(0, count, count // 20)]
            for method in METHODS:
                with self.subTest(method), multiprocessing.get_context(method).Pool(2, load, (region,)) as pool:
                    self.assertEqual(sum(pool.map(sum_of, parts)), count * (count - 1) // 2)

    def test_a_server_that_preloads_and_forks(self) -> None:
        with Other("""
table, cell, jobs = Table('preloaded', codec=str), Cell('newest'), Queue('requests')
table['config'] = 'from the master'
def work():
    for job in jobs:
        with job:
            if job.data == b'end': os._exit(0)
            table[job.data] = table['config']
            cell.update(lambda old: str(int(old or 0) + 1))
workers = []
for _ in range(3):
    pid = os.fork()
    if pid == 0: work()
    workers.append(pid)
say(*workers)
hear()
os._exit(0)
""") as master:
            workers = [int(word) for word in master.line().split()]
            table, cell, jobs = Table.open("preloaded", codec=str), Cell.open("newest"), Queue.open("requests")
            for k in range(50):
                jobs.push(str(k))
            until(lambda: cell.version == 50, "all requests")
            os.kill(workers[0], signal.SIGKILL)
            # The master goes; its workers hold what it made, and work on.
            master.tell()
            self.assertEqual(master.end(), 0)
            for k in range(50, 100):
                jobs.push(str(k))
            until(lambda: cell.version == 100, "all requests")
            self.assertEqual({k for k, v in table.items() if v == "from the master"} - {"config"},
                             {str(k) for k in range(100)})
            table.close()
            cell.close()
            jobs.push(b"end")
            jobs.push(b"end")
            jobs.close()

            def is_gone() -> bool:
                try:
                    Table.open("preloaded").close()
                    return False
                except samepage.NotFound:
                    return True

            until(is_gone, "the end of the last worker")

    def test_a_buffer_goes_on_in_a_forked_child(self) -> None:
        with Region("forked_buffer", 100) as region, region.buf as view, memoryview(region.map(0, 100)) as window:
            child = os.fork()
            if child == 0:
                view[0], window[1] = 1, 2
                os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(bytes(view[:2]), b"\x01\x02")

    def test_pickling_passes_the_place(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                with Table("./here.page", codec=str, strategy="sleep") as table:
                    table["a"] = "1"
                    pickled = pickle.dumps(table)
                    os.chdir(before)
                    with pickle.loads(pickled) as again:
                        self.assertEqual((again["a"], again.codec, again.strategy), ("1", str, "sleep"))
                        self.assertEqual(again.place, os.path.join(os.path.realpath(folder), "here.page"))
            finally:
                os.chdir(before)
        with Cell("pickled", read_only=False) as cell, Cell.open("pickled", read_only=True) as reader:
            self.assertTrue(pickle.loads(pickle.dumps(reader)).read_only)
            with copy.copy(cell) as second:
                second.store(b"same")
            self.assertEqual(cell.load(), b"same")
            pickled = pickle.dumps(cell)
        with self.assertRaises(samepage.NotFound):
            pickle.loads(pickled)
        with self.assertRaises(samepage.Closed):
            pickle.dumps(cell)
        for codec in (json, pickle):
            with Table("codecs", codec=codec) as table:
                table["a"] = [1]
                self.assertEqual(pickle.loads(pickle.dumps(table))["a"], [1])

    def test_what_is_one_process_s_own_is_not_pickled(self) -> None:
        with Channel("own") as channel, Queue("own2") as queue, Region("own3", 10) as region, Table("own4") as table:
            queue.push(b"x")
            for thing in (channel.subscribe(), channel.borrow(1), queue.take(0), region.map(), table.scan(),
                          Region.anonymous(10)):
                with self.subTest(type(thing)), self.assertRaises(TypeError):
                    pickle.dumps(thing)


class CatalogTest(unittest.TestCase):
    def test_what_there_is(self) -> None:
        with samepage.Cell("listed"), samepage.Table("listed_too") as table:
            seen = {entry.place: entry for entry in samepage.ls()}
            self.assertEqual((seen["listed"].kind, seen["listed_too"].kind), ("cell", "table"))
            self.assertEqual(seen["listed"].holders, [])
            entry = samepage.look_up("listed_too")
            self.assertEqual((entry.kind, entry.size_bytes), ("table", table.info()["size_bytes"]))
            self.assertTrue(entry.holders_complete)
            self.assertEqual([holder.process for holder in entry.holders], [os.getpid()])
            (held,) = [entry for entry in samepage.ls(holders=True) if entry.place == "listed"]
            self.assertIn("python", held.holders[0].command)
        self.assertFalse({"listed", "listed_too"} & {entry.place for entry in samepage.ls()})
        with self.assertRaises(samepage.NotFound):
            samepage.look_up("listed")
        with self.assertRaises(TypeError):
            samepage.look_up(5)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
