# Ends of all kinds: closed, collected, at the interpreter's exit, after fork; and that nothing is left behind.
# SPDX-License-Identifier: MIT
import fcntl
import functools
import gc
import importlib.util
import os
import pathlib
import pickle
import signal
import struct
import subprocess
import tracemalloc
import unittest
import weakref

from support import DEADLINE, Other, until

import samepage
from samepage import Cell, Channel, Lock, Queue, Region, Table, errors


class LifetimeTest(unittest.TestCase):
    def is_held(self, name: str) -> bool:
        try:
            Cell.open(name).close()
            return True
        except samepage.NotFound:
            return False

    def test_at_exit_all_is_let_go_quietly(self) -> None:
        with Other("""
keep = [Region('at_exit', 100), Cell('exit.cell'), Lock('exit.lock'), Channel('exit.channel'), Queue('exit.queue'),
        Table('exit.table')]
keep[2].acquire()
keep += [keep[3].subscribe(), keep[3].borrow(10), keep[0].buf, keep[0].map(), keep[5].scan()]
keep[4].push(b'x'); keep.append(keep[4].take())
keep.append(keep)
sys.keep = keep
""", errors=subprocess.PIPE) as other:
            self.assertEqual(other.end(), 0)
            self.assertEqual(other.process.stderr.read(), "")
        for noun, name in ((Region, "at_exit"), (Cell, "exit.cell"), (Lock, "exit.lock"), (Table, "exit.table")):
            with self.assertRaises(samepage.NotFound):
                noun.open(name)

    def test_exit_while_threads_wait(self) -> None:
        with Other("""
import threading
cell, queue, table, lock = Cell('waits.cell'), Queue('waits.queue'), Table('waits.table'), Lock('waits.lock')
subscriber = Channel('waits.channel').subscribe()
lock.acquire()
for wait in (lambda: cell.wait(0), queue.take, lambda: table.wait('a', 0), subscriber.receive, lock.acquire,
             lambda: queue.call(b'x', None)):
    threading.Thread(target=wait, daemon=True).start()
while not cell.info()['waiters'] or not lock.info()['awaited']: pass
""", errors=subprocess.PIPE) as other:
            self.assertEqual(other.end(), 0)
            self.assertEqual(other.process.stderr.read(), "")

    def test_a_signal_ends_opening(self) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        acts = [functools.partial(make, "stuck") for noun in (Cell, Lock, Channel, Queue, Table)
                for make in (noun, noun.create_new, noun.open)]
        acts += [functools.partial(Region, "stuck", 100), functools.partial(Region.open, "stuck")]
        if importlib.util.find_spec("numpy") is not None:
            acts.append(functools.partial(samepage.ndarray, "stuck", 100, "u1"))
        with Cell("beside"):
            path = pathlib.Path(samepage.look_up("beside").location).with_name("stuck")
        with open(path, "w+b") as stuck:
            # What a process that was stopped while making or giving it up has locked.
            gate = 1 << 62
            fcntl.fcntl(stuck, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, gate, 2, 0))
            for act in acts:
                with self.subTest(act.func):
                    with self.assertRaises(samepage.TimedOut):
                        act(timeout=0.06)
                    with self.assertRaises(samepage.TimedOut):
                        act(timeout=0)
                    signal.setitimer(signal.ITIMER_REAL, 0.01)
                    with self.assertRaises(KeyboardInterrupt):
                        act(timeout=None)
            os.unlink(path)

    def test_collected_cycles_let_go(self) -> None:
        class Codec:
            dumps = staticmethod(lambda value: value)
            loads = staticmethod(lambda value: value)

        codec = Codec()
        table = Table("cycle", codec=codec)
        codec.table = table
        seen = weakref.ref(table)
        scan = table.scan()
        codec.scan = scan
        del table, codec, scan
        gc.collect()
        self.assertIsNone(seen())
        with self.assertRaises(samepage.NotFound):
            Table.open("cycle")

        channel = Channel("cycle2")
        channel.mine = channel.subscribe()
        del channel
        gc.collect()
        with self.assertRaises(samepage.NotFound):
            Channel.open("cycle2")

    def test_a_forked_child_lets_go_although_a_thread_of_its_parent_waits(self) -> None:
        with Other("""
import threading
cell = Cell('parents')
threading.Thread(target=lambda: cell.wait(0), daemon=True).start()
while not cell.info()['waiters']: pass
done, tell = os.pipe()
if os.fork() == 0:
    cell.close()
    assert cell.closed
    say('closed')
    hear()
    os._exit(0)
say('forked')
os.read(done, 1)
""") as other:
            self.assertEqual({other.line(), other.line()}, {"closed", "forked"})
            self.assertTrue(self.is_held("parents"))
            other.process.kill()
            # The child lives, and holds nothing.
            until(lambda: not self.is_held("parents"))
            other.tell()

    def test_nothing_is_left_behind(self) -> None:
        cell, lock, channel, queue = Cell("left.cell"), Lock("left.lock"), Channel("left.channel"), Queue("left.queue")
        table, region, mine = Table("left.table", codec=str), Region("left", 10_000), channel.subscribe()
        table["k"], table["big"] = "v", "x" * 10_000

        def fails(kind: type[BaseException], act, *arguments: object, **named: object) -> None:
            try:
                act(*arguments, **named)
            except kind:
                return
            raise AssertionError(f"no {kind}")

        def all_at_once() -> None:
            cell.store("x")
            cell.store(bytearray(3000), timeout=1)
            cell.load(), cell.load_versioned(), cell.info(), cell.version, cell.place, cell.load_into(bytearray(5000))
            cell.compare_exchange(cell.version, b"y")
            fails(samepage.Conflict, cell.compare_exchange, 1, b"y")
            fails(TimeoutError, cell.wait, cell.version, 0)
            fails(TypeError, cell.store, 5)
            fails(TypeError, cell.store, b"", nothing=5)
            fails(samepage.NotFound, Cell.open, "left.nothing")
            fails(FileExistsError, Cell.create_new, "left.cell")
            fails(TypeError, Table, "left.table", codec=int)
            Cell.open("left.cell").close()
            with lock:
                lock.info()
            channel.send(b"message"), channel.send("x" * 10_000)
            mine.receive(), next(mine)
            fails(TimeoutError, mine.receive, 0)
            channel.borrow(100).publish(50)
            channel.borrow(100)
            mine.receive()
            channel.subscribe("oldest", registered=True).close()
            queue.push("job")
            with queue.take() as job:
                job.data, job.id
            fails(samepage.Empty, queue.take, 0)
            table["a"] = "1"
            table["a"], table["big"], table.get("b"), table.get_versioned("a"), "a" in table, len(table), table.info()
            list(table), dict(table.items()), list(table.values()), list(table.scan("a"))
            fails(KeyError, table.__getitem__, "b")
            fails(TypeError, table.put, "b", 5)
            fails(samepage.AlreadyExists, table.insert, "a", "")
            del table["a"]
            region.write_text("text"), region.read_text(), len(region)
            with region.buf as view, memoryview(region.map(10, 20)) as window:
                fails(BufferError, region.close)
                window[0], view[0]
            with Region("left.other", 5), Region.anonymous(5):
                pass

        def left() -> tuple[int, int]:
            gc.collect()
            return tracemalloc.get_traced_memory()[0], len(os.listdir("/proc/self/fd"))

        # What is lost is lost in each batch; caches of the interpreter grow in some, and in the first ones.
        rounds, growths = 10, []
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for _ in range(10):
            bytes_before, descriptors = left()
            for _ in range(rounds):
                all_at_once()
            bytes_after, descriptors_after = left()
            growths.append((bytes_after - bytes_before, descriptors_after - descriptors))
            # The smallest object has 16 bytes.
            if growths[-1][0] < 16 * rounds and growths[-1][1] <= 0:
                return
        self.fail(f"each batch left memory or descriptors: {growths}")

    def test_other_interpreters_of_the_process_are_refused_and_harm_nothing(self) -> None:
        try:
            import _xxsubinterpreters as interpreters
        except ImportError:
            self.skipTest("this Python has no such module")
        other = interpreters.create()
        with self.assertRaisesRegex(interpreters.RunFailedError, "ImportError.*(first interpreter|subinterpreters)"):
            interpreters.run_string(other, "import samepage")
        interpreters.destroy(other)
        with self.assertRaisesRegex(samepage.NotFound, "nobody holds nothing"):
            Cell.open("nothing")

    def test_too_many_files_says_what_to_do(self) -> None:
        with Other("""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
cells = []
try:
    for k in range(20): cells.append(Cell(f'files.{k}'))
except OSError as error:
    say(error.errno, error)
""") as other:
            self.assertRegex(other.line(), r"^24 .*raise .*ulimit -n")

    def test_subclasses(self) -> None:
        class Thermometer(Cell):
            unit = "°C"

            def degrees(self) -> float:
                return float(self.load())

        with Thermometer("thermometer") as mine, Thermometer.open("thermometer") as same:
            mine.store("21.5")
            self.assertIsInstance(same, Thermometer)
            self.assertEqual((same.degrees(), same.unit), (21.5, "°C"))

    def test_every_error_has_a_class(self) -> None:
        self.assertEqual({name for _, name, _ in samepage._samepage.errors()}, set(errors._CLASSES))
        for code, name, text in samepage._samepage.errors():
            made = errors._make(code, "the message", "act", "detail", 5)
            self.assertIsInstance(made, samepage.Error)
            self.assertEqual((made.code, made.name, str(made), made.system_code), (code, name, "the message", 5))
            self.assertIn(type(made).__name__, samepage.__all__)
            again = pickle.loads(pickle.dumps(made))
            self.assertEqual((type(again), str(again), again.detail), (type(made), "the message", "detail"))
            if isinstance(made, OSError):
                self.assertEqual(made.errno, 5)
        self.assertEqual(str(errors._make(999, "later", "", "", 0)), "later")

    def test_the_version_is_the_library_s(self) -> None:
        self.assertRegex(samepage.__version__, r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
