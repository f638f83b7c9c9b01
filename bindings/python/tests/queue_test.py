# Queues from Python: jobs, their workers' deaths, calls and replies.
# SPDX-License-Identifier: MIT
import signal
import threading
import unittest

from support import DEADLINE, Other, until

import samepage
from samepage import Queue


class QueueTest(unittest.TestCase):
    def test_push_take_acknowledge(self) -> None:
        with Queue("jobs") as jobs:
            with self.assertRaises(samepage.Empty):
                jobs.take(0)
            with self.assertRaises(TimeoutError):
                jobs.take(0.05)
            self.assertEqual((jobs.push("first"), jobs.push(b"second")), (1, 2))
            job = jobs.take()
            self.assertEqual((job.data, job.id, job.deliveries, job.is_call, job.reply_bytes_max),
                             (b"first", 1, 1, False, 0))
            self.assertEqual(jobs.info()["jobs_taken"], 1)
            job.acknowledge()
            self.assertEqual(job.data, b"first")
            with self.assertRaises(samepage.NotOwner):
                job.acknowledge()
            job.close()
            with self.assertRaises(samepage.Closed):
                job.data
            second = jobs.take(0)
            second.give_back()
            again = jobs.take(0)
            self.assertEqual((again.data, again.deliveries), (b"second", 2))
            again.close()
            self.assertEqual(jobs.take(0).deliveries, 3)

    def test_a_block_acknowledges_or_gives_back(self) -> None:
        with Queue("blocks") as jobs:
            jobs.push(b"once")
            with self.assertRaises(ZeroDivisionError), jobs.take(0):
                1 // 0
            with jobs.take(0) as job:
                self.assertEqual(job.deliveries, 2)
            self.assertEqual(jobs.info()["jobs_ready"] + jobs.info()["jobs_taken"], 0)
            jobs.push(b"kept")
            with jobs.take(0) as job:
                job.give_back()
            with jobs.take(0) as job:
                job.close()
            with jobs.take(0) as job:
                job.acknowledge()
            self.assertEqual(jobs.info()["jobs_ready"], 0)

    def test_a_job_that_fails(self) -> None:
        with Queue("failing") as jobs:
            jobs.push(b"x")
            with jobs.take(0) as job:
                job.fail("no such picture")
            self.assertEqual(jobs.info()["jobs_ready"] + jobs.info()["jobs_taken"], 0)
            with Other("q = samepage.Queue.open('failing')\nwith q.take() as job: job.fail('weiß nicht')") as worker:
                with self.assertRaisesRegex(samepage.Failed, "weiß nicht"):
                    jobs.call(b"question", DEADLINE)
                self.assertEqual(worker.end(), 0)
            jobs.push(b"y")
            job = jobs.take(0)
            with self.assertRaises(TypeError):
                job.fail(5)  # type: ignore[arg-type]

    def test_a_dropped_job_is_given_back(self) -> None:
        with Queue("dropped") as jobs:
            jobs.push(b"x")
            job = jobs.take(0)
            del job
            self.assertEqual(jobs.take(0).deliveries, 2)

    def test_all_sizes(self) -> None:
        with Queue("sizes", 4 << 20) as jobs:
            for size in (0, 1, 80, 81, 4096, 100_000, 1 << 20):
                jobs.push(bytes(size - size // 2) + b"x" * (size // 2))
                with jobs.take(0) as job:
                    self.assertEqual(job.data, bytes(size - size // 2) + b"x" * (size // 2))
            with self.assertRaises(samepage.TooLarge):
                jobs.push(bytes(5 << 20))

    def test_full(self) -> None:
        with Queue("full", 1024) as jobs:
            with self.assertRaises(samepage.Full):
                while True:
                    jobs.push(bytes(50), 0)
            with self.assertRaises(TimeoutError):
                jobs.push(bytes(50), 0.05)
            thread = threading.Thread(target=lambda: jobs.push(b"waited", DEADLINE))
            thread.start()
            until(lambda: jobs.info()["pushers_waiting"] > 0)
            jobs.take(0).acknowledge()
            thread.join(DEADLINE)
            self.assertFalse(thread.is_alive())

    def test_workers_share_the_jobs(self) -> None:
        with Queue("shared") as jobs:
            code = """
q = Queue.open('shared')
done = []
for job in q:
    with job:
        if job.data == b'end': break
        done.append(job.id)
say(*done)
"""
            with Other(code) as one, Other(code) as two:
                for k in range(200):
                    jobs.push(str(k))
                jobs.push(b"end")
                jobs.push(b"end")
                done = [int(word) for other in (one, two) for word in other.process.stdout.readline().split()]
            self.assertEqual(sorted(done), list(range(1, 201)))

    def test_a_killed_workers_job_goes_to_the_next(self) -> None:
        with Queue("killed") as jobs:
            jobs.push(b"precious")
            with Other("job = Queue.open('killed').take(); say(job.deliveries); hear()") as other:
                self.assertEqual(other.line(), "1")
                other.kill()
            with jobs.take(DEADLINE) as job:
                self.assertEqual((job.data, job.deliveries), (b"precious", 2))

    def test_call_and_reply(self) -> None:
        with Queue("calls") as jobs, Other("""
q = Queue.open('calls')
for job in q:
    with job:
        if job.data == b'end': break
        assert job.is_call
        try: job.reply(job.data * 2)
        except TooLarge: job.reply(b'?')
""") as other:
            self.assertEqual(jobs.call("ab"), b"abab")
            self.assertEqual(jobs.call(b"x" * 10_000, DEADLINE, 20_000), b"x" * 20_000)
            self.assertEqual(jobs.call(b"x" * 100, None, 10), b"?")
            replies: list[bytes] = []
            threads = [threading.Thread(target=lambda k=k: replies.append(jobs.call(str(k)))) for k in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(DEADLINE)
            self.assertEqual(sorted(replies), [b"00", b"11", b"22", b"33"])
            jobs.push(b"end")
            other.end()

    def test_a_call_nobody_takes_is_withdrawn(self) -> None:
        with Queue("nobody") as jobs:
            with self.assertRaises(TimeoutError):
                jobs.call(b"x", 0.05)
            with self.assertRaises(samepage.Empty):
                jobs.take(0)

    def test_interrupt_ends_take_and_call(self) -> None:
        with Queue("interrupted") as jobs, Other("""
q = Queue.open('interrupted')
say('here')
try:
    q.take()
except KeyboardInterrupt:
    say('interrupted')
try:
    q.call(b'x')
except KeyboardInterrupt:
    say('interrupted')
""") as other:
            other.line()
            until(lambda: jobs.info()["takers_waiting"] > 0)
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.line(), "interrupted")
            until(lambda: jobs.info()["jobs_ready"] > 0)
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.line(), "interrupted")

    def test_refuses_what_is_no_argument(self) -> None:
        with Queue("garbage") as jobs:
            jobs.push(b"x")
            job = jobs.take(0)
            calls = [lambda: jobs.push(), lambda: jobs.push(5), lambda: jobs.take("x"),
                     lambda: jobs.call(b"", None, -1), lambda: job.reply(5), lambda: job.reply(),
                     lambda: Queue("x", "y"), lambda: jobs.push(b"", 1, 2)]
            for number, call in enumerate(calls):
                with self.subTest(number), self.assertRaises((TypeError, ValueError, OverflowError)):
                    call()  # type: ignore[no-untyped-call]
        job.acknowledge()  # the job keeps its queue
        for call in (jobs.take, jobs.info, lambda: jobs.push(b""), lambda: jobs.call(b""), jobs.fileno, jobs.arm):
            with self.assertRaises(samepage.Closed):
                call()  # type: ignore[operator]


if __name__ == "__main__":
    unittest.main()
