# A table's changes from Python: read along, waited for, missed, by many processes, on asyncio.
# SPDX-License-Identifier: MIT
import asyncio
import os
import signal
import threading
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Change, Feed, Table


class FeedTest(unittest.TestCase):
    def test_reads_along(self) -> None:
        with Table("stock", codec=str) as table:
            with self.assertRaises(samepage.NotSupported):
                table.subscribe()
            kept = table.keep_history(100_000)
            self.assertGreaterEqual(kept, 100_000)
            self.assertEqual(table.keep_history(1, timeout=1), kept)
            with Table.open("stock", codec=str, read_only=True) as reader, reader.subscribe() as feed:
                self.assertIsInstance(feed, Feed)
                self.assertIs(feed.table, reader)
                with self.assertRaises(samepage.TimedOut):
                    feed.next(0)
                with self.assertRaises(TimeoutError):
                    feed.next(0.01)
                first = table.put("bolt", "12")
                self.assertEqual(feed.next(), ("bolt", first, False, 0))
                del table["bolt"]
                change = next(feed)
                self.assertIsInstance(change, Change)
                self.assertEqual((change.key, change.version, change.erased), ("bolt", first, True))
            info = table.info()
            self.assertEqual((info["history_bytes"], info["history_changes"]), (kept, 2))

    def test_keys_are_as_the_codec_has_them(self) -> None:
        with Table("raw") as table:
            table.keep_history(1)
            table["a"] = b"1"
            table["ab"] = b"2"
            with table.subscribe(b"a", "oldest") as feed:
                self.assertEqual({feed.next(0).key, feed.next(0).key}, {b"a", b"ab"})
            with table.subscribe("ab", start="oldest") as feed:
                self.assertEqual(feed.next(0).key, b"ab")
                with self.assertRaises(samepage.TimedOut):
                    feed.next(0)

    def test_what_was_missed_is_told(self) -> None:
        with Table("overrun") as table:
            table.keep_history(1)
            feed = table.subscribe()
            for number in range(5000):
                table["key"] = str(number)
            seen = []
            while not seen or seen[-1].version != table.version("key"):
                seen.append(feed.next(DEADLINE))
            self.assertGreater(seen[0].missed, 0)
            self.assertEqual(sum(change.missed + 1 for change in seen), 5000)
            # A key that is too long for the history: only that there was a change.
            table["k" * 60000] = b"long"
            self.assertEqual(feed.next(DEADLINE), (None, 0, False, 1))

    def test_a_killed_writers_changes_come(self) -> None:
        with Table("killed") as table:
            table.keep_history(1 << 20)
            feed = table.subscribe()
            with Other("""
t = Table.open('killed')
say('here')
for number in range(10**9):
    t['key'] = str(number)
""") as other:
                other.line()
                versions = [feed.next(DEADLINE).version for _ in range(1000)]
                other.kill()
            last = table.put("key", b"end")
            while versions[-1] != last:
                versions.append(feed.next(DEADLINE).version)
            self.assertEqual(versions, sorted(set(versions)))

    def test_interrupt_ends_a_wait(self) -> None:
        with Table("interrupted") as table:
            table.keep_history(1)
            with Other("""
f = Table.open('interrupted').subscribe()
say('here')
try:
    for change in f: say(change.key)
except KeyboardInterrupt:
    say('interrupted')
""") as other:
                other.line()
                table["a"] = b"1"
                self.assertEqual(other.line(), "b'a'")
                other.process.send_signal(signal.SIGINT)
                self.assertEqual(other.line(), "interrupted")

    def test_threads_and_ends(self) -> None:
        table = Table("threads")
        table.keep_history(1)
        feed = table.subscribe()
        failures = []

        def wait() -> None:
            try:
                feed.next(DEADLINE)
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=wait)
        thread.start()

        def is_in_use() -> bool:
            try:
                feed.next(0)
            except RuntimeError:
                return True
            except samepage.TimedOut:
                return False
            return False

        until(is_in_use, "the thread's wait")
        feed.close()
        thread.join(DEADLINE)
        self.assertIsInstance(failures[0], samepage.Closed)
        with self.assertRaises(samepage.Closed):
            feed.next(0)
        # The table's handle may go first.
        feed = table.subscribe()
        table["a"] = b"1"
        table.close()
        self.assertEqual(feed.next(0).key, b"a")
        with self.assertRaises(samepage.Closed):
            table.subscribe()
        with self.assertRaises(samepage.Closed):
            table.keep_history(1)

    def test_a_forked_childs_feed_goes_on_by_itself(self) -> None:
        with Table("forked") as table:
            table.keep_history(1)
            with table.subscribe() as mine:
                child = os.fork()
                if child == 0:
                    code = 1
                    try:
                        table["child"] = b"1"
                        code = 0 if mine.next(0).key == b"child" else 2
                    finally:
                        os._exit(code)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
                self.assertEqual(mine.next(0).key, b"child")

    def test_asyncio(self) -> None:
        async def run() -> None:
            with Table("async", codec=str) as table, Other("""
t = Table.open('async', codec=str)
for key in ('one', 'two'):
    hear()
    t[key] = key
""") as other:
                table.keep_history(1)
                feed = table.subscribe()
                with self.assertRaises(samepage.TimedOut):
                    await feed.next_async(0.02)
                task = asyncio.create_task(feed.next_async(DEADLINE))
                any_change = asyncio.create_task(table.wait_any_async(table.changes, DEADLINE))
                await asyncio.sleep(0)
                other.tell()
                self.assertEqual((await task).key, "one")
                self.assertEqual(await any_change, 1)
                other.tell()
                async for change in feed:
                    self.assertEqual(change.key, "two")
                    break
                task = asyncio.create_task(feed.next_async())
                await asyncio.sleep(0.01)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                task = asyncio.create_task(feed.next_async())
                await asyncio.sleep(0)
                feed.close()
                with self.assertRaises(samepage.Closed):
                    await task
                # Without its table's handle it waits in a thread.
                feed = table.subscribe()
                table["three"] = "3"
                other.end()
                table.close()
                self.assertEqual((await feed.next_async(DEADLINE)).key, "three")
                with self.assertRaises(samepage.TimedOut):
                    await feed.next_async(0.02)

        asyncio.run(run())

    def test_refuses_what_is_no_argument(self) -> None:
        with self.assertRaises(TypeError):
            Feed()  # type: ignore[call-arg]
        with Table("garbage") as table:
            table.keep_history(1)
            feed = table.subscribe()
            calls = [lambda: table.keep_history(), lambda: table.keep_history("x"), lambda: table.keep_history(0),
                     lambda: table.subscribe(5), lambda: table.subscribe("", "first"), lambda: table.subscribe("", 1),
                     lambda: feed.next("x"), lambda: feed.next(1, 2), lambda: feed.next(-1)]
            for number, call in enumerate(calls):
                with self.subTest(number), self.assertRaises((TypeError, ValueError)):
                    call()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    unittest.main()
