# Waiting on asyncio: by descriptors, by threads, cancelled, closed, with several that wait at once.
# SPDX-License-Identifier: MIT
import asyncio
import functools
import threading
import time
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Cell, Channel, Lock, Queue, Table


async def soon(condition) -> None:
    """Waits for what another coroutine or thread brings about."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while not condition():
        assert loop.time() < end, "it didn't happen"
        await asyncio.sleep(0.001)


def on_asyncio(test):
    """Without the debug mode of unittest's own, which is slow."""
    @functools.wraps(test)
    def run(self) -> None:
        asyncio.run(test(self), debug=False)
    return run


class AsyncioTest(unittest.TestCase):
    @on_asyncio
    async def test_cell(self) -> None:
        with Cell("cell") as cell, Other("""
c = Cell.open('cell')
for value in ('one', 'two'):
    hear()
    c.store(value)
""") as other:
            task = asyncio.create_task(cell.wait_async(0, DEADLINE))
            await asyncio.sleep(0)
            other.tell()
            self.assertEqual(await task, 1)
            with self.assertRaises(TimeoutError):
                await cell.wait_async(1, 0.05)
            with self.assertRaises(samepage.TimedOut):
                await cell.wait_async(1, 0)
            other.tell()
            seen = []
            async for value in cell.changes_async(DEADLINE):
                seen.append(value)
                if value == b"two":
                    break
            self.assertEqual(seen[-1], b"two")

    @on_asyncio
    async def test_many_wait_for_one_cell(self) -> None:
        with Cell("many") as cell:
            tasks = [asyncio.create_task(cell.wait_async(0, DEADLINE)) for _ in range(20)]
            await asyncio.sleep(0)
            tasks[7].cancel()
            cell.store(b"x")
            done = await asyncio.gather(*tasks, return_exceptions=True)
            self.assertIsInstance(done.pop(7), asyncio.CancelledError)
            self.assertEqual(done, [1] * 19)

    @on_asyncio
    async def test_messages(self) -> None:
        with Channel("news") as news, news.subscribe() as one, news.subscribe() as two:
            async def read(subscriber) -> list[bytes]:
                seen = []
                async for message in subscriber:
                    if message.data == b"end":
                        return seen
                    seen.append(message.data)
                return seen

            tasks = [asyncio.create_task(read(one)), asyncio.create_task(read(two))]
            with Other("""
c = Channel.open('news')
for k in range(200): c.send(str(k))
c.send('end')
"""):
                for seen in await asyncio.gather(*tasks):
                    self.assertEqual(seen, [str(k).encode() for k in range(200)])
            self.assertEqual(await news.send_async(b"x"), 202)

    @on_asyncio
    async def test_jobs(self) -> None:
        with Queue("jobs") as jobs:
            done: list[bytes] = []

            async def work() -> None:
                async for job in jobs:
                    with job:
                        if job.data == b"end":
                            return
                        if job.is_call:
                            job.reply(job.data.upper())
                        done.append(job.data)

            workers = [asyncio.create_task(work()) for _ in range(3)]
            self.assertEqual(await jobs.call_async(b"abc", DEADLINE), b"ABC")
            for k in range(100):
                await jobs.push_async(str(k))
            for _ in workers:
                jobs.push(b"end")
            await asyncio.gather(*workers)
            self.assertEqual(sorted(done), sorted([b"abc"] + [str(k).encode() for k in range(100)]))
            with self.assertRaises(TimeoutError):
                await jobs.take_async(0.05)

    @on_asyncio
    async def test_lock(self) -> None:
        lock = Lock("lock")
        async with lock:
            self.assertTrue(lock.info()["owned"])
            other = Lock.open("lock")
            with self.assertRaises(TimeoutError):
                await other.acquire_async(0.05)
            task = asyncio.create_task(other.acquire_async(DEADLINE))
            await soon(lambda: lock.info()["awaited"])
        await task
        self.assertFalse(lock.try_acquire())
        other.release()

    @on_asyncio
    async def test_a_cancelled_coroutine_owns_no_lock(self) -> None:
        lock, other = Lock("cancelled"), Lock("cancelled")
        for _ in range(10):
            lock.acquire(DEADLINE)
            task = asyncio.create_task(other.acquire_async())
            await soon(lambda: lock.info()["awaited"])
            lock.release()
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            else:
                other.release()
            await soon(lambda: not lock.info()["owned"])

    @on_asyncio
    async def test_cancelled_when_it_has_it_already(self) -> None:
        lock, other = Lock("too late"), Lock("too late")
        for _ in range(10):
            lock.acquire(DEADLINE)
            task = asyncio.create_task(other.acquire_async())
            await soon(lambda: lock.info()["awaited"])
            lock.release()
            until(lambda: lock.info()["owned"])  # the loop stands still meanwhile
            time.sleep(0.01)
            await asyncio.sleep(0)  # that it got it is told, and the coroutine hasn't gone on yet
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertFalse(lock.info()["owned"])

    @on_asyncio
    async def test_table(self) -> None:
        with Table("table") as table, Other("t = Table.open('table'); hear(); t['a'] = b'1'") as other:
            task = asyncio.create_task(table.wait_async("a", 0, DEADLINE))
            any_task = asyncio.create_task(table.wait_any_async(table.changes, DEADLINE))
            await asyncio.sleep(0)
            other.tell()
            self.assertEqual(await task, table.version("a"))
            self.assertEqual(await any_task, table.changes)
            with self.assertRaises(TimeoutError):
                await table.wait_async("b", 0, 0.05)

    @on_asyncio
    async def test_closing_ends_the_wait(self) -> None:
        cell = Cell("closing")
        task = asyncio.create_task(cell.wait_async(0))
        await asyncio.sleep(0.01)
        cell.close()
        with self.assertRaises(samepage.Closed):
            await task
        queue = Queue("closing")
        task2 = asyncio.create_task(queue.take_async())
        await asyncio.sleep(0.01)
        await asyncio.to_thread(queue.close)
        with self.assertRaises(samepage.Closed):
            await task2

    @on_asyncio
    async def test_the_loop_goes_on_while_one_waits(self) -> None:
        with Cell("loop") as cell, Lock("loop_lock") as lock:
            waits = (cell.wait_async(0), Lock.open("loop_lock").acquire_async())
            tasks = [asyncio.create_task(wait) for wait in waits]
            for _ in range(100):
                await asyncio.sleep(0)
            self.assertFalse(any(task.done() for task in tasks))
            cell.store(b"x")
            lock.release()
            await asyncio.gather(*tasks)
            lock.close()


class LoopsTest(unittest.TestCase):
    def test_one_handle_in_two_loops(self) -> None:
        with Cell("loops") as cell:
            seen: list[int] = []
            started = threading.Barrier(3)

            async def wait() -> None:
                task = asyncio.create_task(cell.wait_async(0, DEADLINE))
                await asyncio.sleep(0.01)
                started.wait(DEADLINE)
                seen.append(await task)

            threads = [threading.Thread(target=lambda: asyncio.run(wait(), debug=False)) for _ in range(2)]
            for thread in threads:
                thread.start()
            started.wait(DEADLINE)
            cell.store(b"x")
            for thread in threads:
                thread.join(DEADLINE)
            self.assertEqual(seen, [1, 1])

    def test_one_loop_after_another(self) -> None:
        with Cell("after") as cell:
            for version in range(5):
                async def wait() -> int:
                    asyncio.get_running_loop().call_later(0.01, cell.store, b"x")
                    return await cell.wait_async(version, DEADLINE)

                self.assertEqual(asyncio.run(wait(), debug=False), version + 1)

    def test_a_loop_that_ends_while_a_thread_waits(self) -> None:
        lock = Lock("ends")
        lock.acquire()

        async def give_up() -> None:
            task = asyncio.create_task(Lock.open("ends").acquire_async())
            await asyncio.sleep(0.01)
            task.cancel()

        asyncio.run(give_up(), debug=False)
        lock.release()
        until(lambda: lock.try_acquire())


if __name__ == "__main__":
    unittest.main()
