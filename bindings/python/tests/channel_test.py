# Channels from Python: sending, subscribing, loans, other processes and threads.
# SPDX-License-Identifier: MIT
import os
import signal
import threading
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Channel, Message, Subscriber


class ChannelTest(unittest.TestCase):
    def test_messages_in_order(self) -> None:
        with Channel("news") as news, news.subscribe() as mine:
            self.assertIsInstance(mine, Subscriber)
            self.assertEqual(mine.next_sequence, 1)
            self.assertEqual([news.send(f"message {k}") for k in range(3)], [1, 2, 3])
            message = mine.receive()
            self.assertIsInstance(message, Message)
            self.assertEqual((message.data, message.sequence, message.missed), (b"message 0", 1, 0))
            data, sequence, missed = next(mine)
            self.assertEqual((data, sequence, missed), (b"message 1", 2, 0))
            self.assertEqual(mine.receive(0).data, b"message 2")
            with self.assertRaises(TimeoutError):
                mine.receive(0)
            with self.assertRaises(TimeoutError):
                mine.receive(0.05)

    def test_where_to_start(self) -> None:
        with Channel("starts") as channel:
            for k in range(5):
                channel.send(str(k))
            self.assertEqual(channel.subscribe("oldest").receive().data, b"0")
            self.assertEqual(channel.subscribe(3).receive().data, b"2")
            with self.assertRaises(TimeoutError):
                channel.subscribe().receive(0)
            for start in ("first", 0, -1, 1.5, None, 2**64):
                with self.subTest(start), self.assertRaises((TypeError, ValueError, OverflowError)):
                    channel.subscribe(start)  # type: ignore[arg-type]

    def test_all_sizes(self) -> None:
        with Channel("sizes", 1 << 20) as channel, channel.subscribe() as mine:
            for size in (0, 1, 4095, 4096, 4097, 100_000, 1 << 20):
                channel.send(bytes(size - size // 2) + b"x" * (size // 2))
                self.assertEqual(mine.receive().data, bytes(size - size // 2) + b"x" * (size // 2))
            with self.assertRaises(samepage.TooLarge):
                channel.send(bytes((1 << 20) + 1))

    def test_another_process_iterates(self) -> None:
        with Channel("iterated") as channel, Other("""
c = Channel.open('iterated')
with c.subscribe() as mine:
    say('here')
    for message in mine:
        say(message.sequence, message.data.decode())
        if message.data == b'last': break
""") as other:
            other.line()
            for number, text in enumerate(("first", "second", "last"), 1):
                channel.send(text)
                self.assertEqual(other.line(), f"{number} {text}")

    def test_overtaken_ones_are_told(self) -> None:
        with Channel("lossy", 1024) as channel, channel.subscribe("oldest") as mine:
            for k in range(2000):
                channel.send(f"{k:1000}")
            message = mine.receive()
            self.assertGreater(message.missed, 0)
            self.assertEqual(int(message.data), message.sequence - 1)
            self.assertEqual(message.missed, message.sequence - 1)

    def test_registered_ones_are_waited_for(self) -> None:
        with Channel("registered", 4096) as channel, channel.subscribe(registered=True) as mine:
            self.assertTrue(mine.registered)
            sent = 0
            with self.assertRaises(samepage.Full):
                while True:
                    channel.send(f"{sent:4000}", 0)
                    sent += 1
            with self.assertRaises(TimeoutError):
                channel.send(bytes(4000), 0.05)
            received = [int(mine.receive().data) for _ in range(sent)]
            self.assertEqual(received, list(range(sent)))
            channel.send(b"room again", 0)
            self.assertEqual(channel.info()["registered"], 1)

    def test_a_dead_registered_one_holds_nobody_back(self) -> None:
        with Channel("dead", 4096) as channel:
            with Other("s = Channel.open('dead').subscribe(registered=True); say('here'); hear()") as other:
                other.line()
                other.kill()
            for _ in range(200):
                channel.send(bytes(4000), DEADLINE)

    def test_a_sender_waits_until_there_is_room(self) -> None:
        with Channel("slow", 4096) as channel, channel.subscribe(registered=True) as mine:
            with Other("""
c = Channel.open('slow')
say('here')
for k in range(100): c.send(f'{k:4000}', None)
""") as other:
                other.line()
                self.assertEqual([int(mine.receive(DEADLINE).data) for _ in range(100)], list(range(100)))

    def test_loans(self) -> None:
        with Channel("loans") as channel, channel.subscribe() as mine:
            with channel.borrow(5) as loan:
                self.assertEqual(len(loan), 5)
                with memoryview(loan) as view:
                    view[:] = b"12345"
                    with self.assertRaises(BufferError):
                        loan.publish()
                    with self.assertRaises(BufferError):
                        loan.close()
                self.assertEqual(loan.publish(3), 1)
                self.assertTrue(loan.closed)
                with self.assertRaises(samepage.Closed):
                    memoryview(loan)
                with self.assertRaises(samepage.Closed):
                    loan.publish()
            self.assertEqual(mine.receive().data, b"123")
            with channel.borrow(5):
                pass
            dropped = [channel.borrow(10) for _ in range(4)]
            with self.assertRaises(samepage.Full):
                channel.borrow(10, 0)
            with self.assertRaises(ValueError):
                dropped[0].publish(11)
            del dropped
            channel.borrow(10, 0).publish(0)
            self.assertEqual(mine.receive().data, b"")
        with Channel("no_loans", loans=0) as channel, self.assertRaises(samepage.Full):
            channel.borrow(1, 0)

    def test_subscribers_outlive_their_channel(self) -> None:
        channel = Channel("outlived")
        mine = channel.subscribe()
        channel.send(b"kept")
        channel.close()
        self.assertEqual(mine.receive(0).data, b"kept")
        with Channel.open("outlived") as again:
            again.send(b"more")
            self.assertEqual(mine.receive(DEADLINE).data, b"more")
        mine.close()
        with self.assertRaises(samepage.NotFound):
            Channel.open("outlived")

    def test_one_thread_at_a_time(self) -> None:
        with Channel("threads") as channel, channel.subscribe() as mine:
            received: list[bytes] = []
            thread = threading.Thread(target=lambda: received.append(mine.receive(DEADLINE).data))
            thread.start()
            until(lambda: channel.info()["waiters"] > 0)
            with self.assertRaisesRegex(RuntimeError, "another thread"):
                mine.receive(0)
            channel.send(b"for the first")
            thread.join(DEADLINE)
            self.assertEqual(received, [b"for the first"])

    def test_close_ends_what_waits_in_another_thread(self) -> None:
        with Channel("closing") as channel:
            mine = channel.subscribe()
            failures: list[BaseException] = []

            def receive() -> None:
                try:
                    mine.receive()
                except samepage.Error as failure:
                    failures.append(failure)

            thread = threading.Thread(target=receive)
            thread.start()
            until(lambda: channel.info()["waiters"] > 0)
            mine.close()
            thread.join(DEADLINE)
            self.assertIsInstance(failures[0], samepage.Closed)

    def test_interrupt_ends_a_wait(self) -> None:
        with Channel("interrupted") as channel, Other("""
s = Channel.open('interrupted').subscribe()
say('here')
try:
    for message in s: pass
except KeyboardInterrupt:
    say('interrupted')
""") as other:
            other.line()
            until(lambda: channel.info()["waiters"] > 0)
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.line(), "interrupted")

    def test_a_forked_childs_subscriber_goes_on_by_itself(self) -> None:
        with Channel("forked") as channel, channel.subscribe() as mine:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    channel.send(b"from the child")
                    code = 0 if mine.receive(0).data == b"from the child" else 2
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(mine.receive(0).data, b"from the child")

    def test_refuses_what_is_no_argument(self) -> None:
        with self.assertRaises(TypeError):
            Subscriber()
        with Channel("garbage") as channel, channel.subscribe() as mine:
            calls = [lambda: channel.send(), lambda: channel.send(5), lambda: channel.borrow(-1),
                     lambda: channel.borrow("x"), lambda: mine.receive("x"), lambda: mine.receive(1, 2),
                     lambda: channel.subscribe("newest", True), lambda: Channel("x", "y"),
                     lambda: channel.borrow(2**63)]
            for number, call in enumerate(calls):
                with self.subTest(number), self.assertRaises((TypeError, ValueError, OverflowError)):
                    call()  # type: ignore[no-untyped-call]
        for call in (mine.receive, mine.wait, lambda: next(mine), lambda: mine.next_sequence, channel.subscribe,
                     lambda: channel.send(b""), channel.fileno, channel.arm, channel.info):
            with self.assertRaises(samepage.Closed):
                call()  # type: ignore[operator]


if __name__ == "__main__":
    unittest.main()
