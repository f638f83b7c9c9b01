# Cells from Python: loading, storing, waiting, other processes and threads.
# SPDX-License-Identifier: MIT
import signal
import threading
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Cell


class CellTest(unittest.TestCase):
    def test_value_and_version(self) -> None:
        with Cell("temp") as cell:
            self.assertEqual(cell.version, 0)
            with self.assertRaises(samepage.Empty):
                cell.load()
            self.assertEqual(cell.store("21.5"), 1)
            self.assertEqual(cell.store(bytearray(b"22")), 2)
            self.assertEqual((cell.load(), cell.load_text(), cell.version), (b"22", "22", 2))
            value, version = cell.load_versioned()
            self.assertEqual((value, version), (b"22", 2))
            room = bytearray(10)
            self.assertEqual(tuple(cell.load_into(room)), (2, 2))
            self.assertEqual(room[:2], b"22")
            with self.assertRaises(samepage.TooLarge):
                cell.load_into(bytearray(1))
            with self.assertRaises((BufferError, TypeError)):
                cell.load_into(b"not writable")  # type: ignore[arg-type]
            self.assertEqual(cell.info()["size_bytes"], 2)

    def test_all_sizes(self) -> None:
        with Cell("sizes", 1 << 20) as cell:
            self.assertEqual(cell.capacity_bytes, 1 << 20)
            for size in (0, 1, 4095, 4096, 4097, 100_000, 1 << 20):
                value = bytes(i % 251 for i in range(size))
                cell.store(value)
                self.assertEqual(cell.load(), value)
            with self.assertRaises(samepage.TooLarge):
                cell.store(bytes((1 << 20) + 1))

    def test_another_process_waits(self) -> None:
        with Cell("awaited") as cell:
            with Other("c = Cell.open('awaited'); say('here'); say(c.wait(0), c.load_text())") as other:
                other.line()
                cell.store("now")
                self.assertEqual(other.line(), "1 now")

    def test_changes(self) -> None:
        with Cell("changing") as cell, Other("""
c = Cell.open('changing')
for value in c.changes(60):
    say(value.decode())
    if value == b'last': break
""") as other:
            for text in ("first", "second", "last"):
                cell.store(text)
                self.assertEqual(other.line(), text)

    def test_timeout_is_an_error_that_both_know(self) -> None:
        with Cell("late") as cell:
            for timeout in (0, 0.01, 0.2):
                with self.assertRaises(TimeoutError) as caught:
                    cell.wait(0, timeout)
                self.assertIsInstance(caught.exception, samepage.TimedOut)
                self.assertEqual(caught.exception.name, "timed_out")

    def test_compare_exchange_and_update(self) -> None:
        with Cell("counter") as cell:
            self.assertEqual(cell.compare_exchange(0, b"0"), 1)
            with self.assertRaises(samepage.Conflict):
                cell.compare_exchange(0, b"1")
            others = [Other("""
c = Cell.open('counter')
for i in range(200): c.update(lambda old: str(int(old) + 1))
""") for _ in range(2)]
            for _ in range(200):
                cell.update(lambda old: str(int(old or 0) + 1))
            for other in others:
                with other:
                    self.assertEqual(other.end(), 0)
            self.assertEqual(cell.load_text(), "600")

    def test_update_gives_none_for_the_first_and_lets_exceptions_out(self) -> None:
        with Cell("updated") as cell:
            self.assertEqual(cell.update(lambda old: b"none" if old is None else b"some"), 1)
            self.assertEqual(cell.load(), b"none")
            with self.assertRaises(ZeroDivisionError):
                cell.update(lambda old: str(1 // 0))
            self.assertEqual(cell.version, 1)

    def test_waiting_thread_lets_others_run(self) -> None:
        with Cell("threads") as cell:
            seen: list[int] = []
            thread = threading.Thread(target=lambda: seen.append(cell.wait(0, DEADLINE)))
            thread.start()
            until(lambda: cell.info()["waiters"] > 0)
            cell.store(b"x")
            thread.join(DEADLINE)
            self.assertEqual(seen, [1])

    def test_close_ends_what_waits_in_another_thread(self) -> None:
        cell = Cell("closing")
        failures: list[BaseException] = []

        def wait() -> None:
            try:
                cell.wait(0)
            except samepage.Error as failure:
                failures.append(failure)

        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: cell.info()["waiters"] > 0)
        cell.close()
        thread.join(DEADLINE)
        self.assertIsInstance(failures[0], samepage.Closed)
        with self.assertRaises(samepage.NotFound):
            Cell.open("closing")

    def test_interrupt_ends_a_wait(self) -> None:
        with Cell("interrupted") as cell, Other("""
c = Cell.open('interrupted')
say('here')
try:
    c.wait(0)
except KeyboardInterrupt:
    say('interrupted')
""") as other:
            other.line()
            until(lambda: cell.info()["waiters"] > 0)
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.line(), "interrupted")

    def test_a_signals_handler_may_close_it(self) -> None:
        with Cell("handled") as cell, Other("""
c = Cell.open('handled')
signal.signal(signal.SIGUSR1, lambda *_: c.close())
say('here')
try:
    c.wait(0)
except Closed:
    say('closed')
""") as other:
            other.line()
            until(lambda: cell.info()["waiters"] > 0)
            other.process.send_signal(signal.SIGUSR1)
            self.assertEqual(other.line(), "closed")

    def test_killed_writer_leaves_the_last_value(self) -> None:
        with Cell("killed", 65536) as cell:
            cell.store(b"a" * 60000)
            with Other("""
c = Cell.open('killed')
say('on')
while True:
    c.store(b'b' * 60000); c.store(b'c' * 60000)
""") as other:
                other.line()
                until(lambda: cell.version > 5)
                other.kill()
            value = cell.load()
            self.assertIn(value[:1], b"bc")
            self.assertEqual(value, value[:1] * 60000)
            cell.store(b"d")
            self.assertEqual(cell.load(), b"d")

    def test_read_only(self) -> None:
        with Cell("reader") as cell, Cell.open("reader", read_only=True) as reader:
            cell.store(b"1")
            self.assertEqual(reader.load(), b"1")
            self.assertTrue(reader.read_only)
            with self.assertRaises(PermissionError):
                reader.store(b"2")

    def test_refuses_what_is_no_argument(self) -> None:
        with Cell("garbage") as cell:
            calls = [lambda: cell.store(1), lambda: cell.store(), lambda: cell.store(b"", 1, 2),
                     lambda: cell.store(b"", tmeout=1), lambda: cell.store(b"", timeout="x"),
                     lambda: cell.store(b"", 1, timeout=1), lambda: cell.wait("x"), lambda: cell.wait(None),
                     lambda: cell.compare_exchange(1), lambda: cell.load(1), lambda: Cell("x", strategy=1),
                     lambda: cell.store(b"", -1), lambda: cell.wait(-1), lambda: cell.wait(2**64),
                     lambda: cell.store("\udc80"), lambda: Cell("x", strategy="fast"), lambda: Cell("x", -5)]
            for number, call in enumerate(calls):
                with self.subTest(number), self.assertRaises((TypeError, ValueError, OverflowError)):
                    call()  # type: ignore[no-untyped-call]
            self.assertEqual(cell.version, 0)


if __name__ == "__main__":
    unittest.main()
