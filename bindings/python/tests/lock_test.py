# Locks from Python: owners in processes and threads, and their deaths.
# SPDX-License-Identifier: MIT
import os
import signal
import threading
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Lock


class LockTest(unittest.TestCase):
    def test_block_owns_it(self) -> None:
        with Lock("block") as lock:
            self.assertTrue(lock.info()["owned"])
            self.assertFalse(lock.owner_died)
            other = Lock.open("block")
            self.assertFalse(other.try_acquire())
            with self.assertRaises(TimeoutError) as caught:
                other.acquire(0.05)
            self.assertIn(str(os.getpid()), str(caught.exception))
            with self.assertRaises(samepage.NotOwner):
                other.release()
        self.assertFalse(lock.closed)
        self.assertTrue(other.try_acquire())
        other.release()

    def test_an_exception_releases_it(self) -> None:
        lock = Lock("exception")
        with self.assertRaises(ZeroDivisionError), lock:
            1 // 0
        self.assertFalse(lock.info()["owned"])

    def test_closing_in_the_block_is_fine(self) -> None:
        with Lock("closed_within") as lock:
            lock.close()
        self.assertTrue(lock.closed)

    def test_owners_death_is_told(self) -> None:
        lock = Lock("ledger")
        with Other("l = Lock.open('ledger'); l.acquire(); say('mine'); hear()") as other:
            other.line()
            self.assertFalse(lock.try_acquire())
            other.kill()
        with lock:
            self.assertTrue(lock.owner_died)
        with lock:
            self.assertTrue(lock.owner_died)
            lock.mark_repaired()
            self.assertFalse(lock.owner_died)
        with lock:
            self.assertFalse(lock.owner_died)

    def test_death_while_another_waits(self) -> None:
        lock = Lock("waited")
        with Other("l = Lock.open('waited'); l.acquire(); say('mine'); hear()") as other:
            other.line()
            found: list[bool] = []

            def acquire() -> None:
                lock.acquire(DEADLINE)
                found.append(lock.owner_died)
                lock.release()

            thread = threading.Thread(target=acquire)
            thread.start()
            until(lambda: bool(lock.info()["awaited"]))
            other.kill()
            thread.join(DEADLINE)
            self.assertEqual(found, [True])

    def test_processes_and_threads_exclude_each_other(self) -> None:
        lock = Lock("counted")
        count = samepage.Region("count", 8)
        code = """
l, r = Lock.open('counted'), Region.open('count')
b = r.buf.cast('Q')
for _ in range(300):
    with l: b[0] += 1
b.release()
"""
        numbers = count.buf.cast("Q")

        def add() -> None:
            for _ in range(300):
                with lock:
                    numbers[0] += 1

        others = [Other(code) for _ in range(2)]
        threads = [threading.Thread(target=add) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        for other in others:
            with other:
                self.assertEqual(other.end(), 0)
        self.assertEqual(numbers[0], 1200)
        numbers.release()
        count.close()

    def test_interrupt_ends_the_wait_and_leaves_it_free(self) -> None:
        lock = Lock("interrupted")
        with lock, Other("""
l = Lock.open('interrupted')
say('here')
try:
    l.acquire()
except KeyboardInterrupt:
    say('interrupted')
hear()
""") as other:
            other.line()
            until(lambda: bool(lock.info()["awaited"]))
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.line(), "interrupted")
            lock.release()
            self.assertTrue(lock.try_acquire())
            other.tell()

    def test_a_forked_child_does_not_own_it(self) -> None:
        with Lock("forked") as lock:
            child = os.fork()
            if child == 0:
                try:
                    lock.release()
                except samepage.NotOwner:
                    os._exit(0 if not lock.try_acquire() else 2)
                os._exit(1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertTrue(lock.info()["owned"])

    def test_create_new_and_open(self) -> None:
        with self.assertRaises(samepage.NotFound):
            Lock.open("none")
        lock = Lock.create_new("none")
        self.assertTrue(lock.created)
        with self.assertRaises(samepage.AlreadyExists):
            Lock.create_new("none")
        lock.check_name()
        lock.close()
        for call in (lock.acquire, lock.try_acquire, lock.release, lock.info, lock.mark_repaired, lock.__enter__):
            with self.assertRaises(samepage.Closed):
                call()


if __name__ == "__main__":
    unittest.main()
