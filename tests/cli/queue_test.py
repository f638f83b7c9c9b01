# samepage queue: push, take, call, hold, ls; and what info, hold and ls say about queues.
# SPDX-License-Identifier: MIT
import json
import os
import signal

from support import PROGRAM, Case, main


class Queue(Case):
    def jobs(self, place):
        return [json.loads(line) for line in self.samepage("queue", "ls", place, "--json").splitlines()]

    def hold(self, place, *words):
        holder = self.start("queue", "hold", place, "--json", *words)
        self.assertTrue(json.loads(holder.stdout.readline())["created"])
        return holder

    def test_a_job_is_pushed_and_taken(self):
        self.hold("work")
        self.refused(4, "queue", "take", "work", "--timeout", "0")
        self.refused(4, "queue", "take", "work", "--timeout", "20ms")
        self.assertEqual(self.samepage("queue", "push", "work", "resize photo.jpg"), b"")
        self.assertEqual(json.loads(self.samepage("queue", "push", "work", "-3", "--json")), {"place": "work", "id": 2})
        self.assertEqual(self.samepage("queue", "take", "work"), b"resize photo.jpg\n")
        self.assertEqual(json.loads(self.samepage("queue", "take", "work", "--json")),
                         {"place": "work", "id": 2, "deliveries": 1, "call": False, "value": "-3"})

    def test_on_a_name_that_nobody_holds_nothing_is_made(self):
        line = self.refused(3, "queue", "push", "work", "x")
        self.assertIn("samepage queue take work", line)
        self.assertIn("./work", line)
        self.refused(3, "queue", "push", "work", "-", input=b"")
        self.refused(3, "queue", "call", "work", "x")
        self.refused(3, "queue", "take", "work", "--timeout", "0")
        self.refused(3, "queue", "ls", "work")
        self.assertEqual(self.names(), [])

    def test_a_waiting_taker_makes_the_queue_and_holds_it(self):
        taker = self.start("queue", "take", "work", "--count", "3")
        self.wait_until(lambda: self.names() == ["work"], "the taker holds the queue")
        self.samepage("queue", "push", "work", "-", input=b"a\nb\n\n")
        self.assertEqual(self.finish(taker)[0], b"a\nb\n\n")
        self.assertEqual(self.names(), [])

    def test_lines_zero_bytes_and_all_as_one(self):
        out = self.samepage("queue", "push", "./q", "-", "--json", input=b"one\ntwo\nwithout an end")
        self.assertEqual([json.loads(line)["id"] for line in out.splitlines()], [1, 2, 3])
        self.samepage("queue", "push", "./q", "-", "--null", input=b"a\nb\0c")
        self.samepage("queue", "push", "./q", "-", "--raw", input=b"x\ny\0\xff")
        self.assertEqual(self.samepage("queue", "take", "./q", "--count", "3"), b"one\ntwo\nwithout an end\n")
        self.assertEqual(self.samepage("queue", "take", "./q", "--count", "2", "--null"), b"a\nb\0c\0")
        self.assertEqual(self.samepage("queue", "take", "./q", "--raw"), b"x\ny\0\xff")
        self.refused(2, "queue", "push", "./q", "x", "--raw")
        self.refused(2, "queue", "push", "./q")
        self.refused(2, "queue", "take", "./q", "--raw", "--null")

    def test_a_command_gets_the_job_and_its_status_decides(self):
        for job in ("bad", "good"):
            self.samepage("queue", "push", "./q", job)
        self.samepage("queue", "take", "./q", "--", "sh", "-c", "grep -q good", status=1)
        self.assertEqual([(j["id"], j["state"], j["deliveries"]) for j in self.jobs("./q")],
                         [(1, "ready", 1), (2, "ready", 0)])
        script = 'echo "$SAMEPAGE_JOB_ID $SAMEPAGE_JOB_DELIVERIES"; cat'
        self.assertEqual(self.samepage("queue", "take", "./q", "--", "sh", "-c", script), b"1 2\nbad")
        self.samepage("queue", "take", "./q", "--", "sh", "-c", "kill -9 $$", status=128 + 9)
        self.assertEqual(self.samepage("queue", "take", "./q", "--", "cat"), b"good")
        self.samepage("queue", "push", "./q", "again")
        self.samepage("queue", "take", "./q", "--", "/nowhere/to/be/found", status=127)
        self.assertEqual(self.samepage("queue", "take", "./q", "--timeout", "0"), b"again\n")
        self.samepage("queue", "take", "./q", "--timeout", "0", "--", "cat", status=4)

    def test_a_large_job_goes_through_a_command(self):
        job = bytes(range(256)) * 2000
        self.samepage("queue", "push", "./q", "-", "--raw", input=job)
        self.assertEqual(self.samepage("queue", "take", "./q", "--", "cat"), job)

    def test_a_killed_worker_gives_its_job_to_the_next(self):
        self.hold("work")
        self.samepage("queue", "push", "work", "x")
        worker = self.start("queue", "take", "work", "--", "sh", "-c", "echo begun; exec sleep 1000")
        self.assertEqual(worker.stdout.readline(), b"begun\n")
        self.assertEqual([(j["state"], j["process"]) for j in self.jobs("work")], [("taken", worker.pid)])
        info = json.loads(self.samepage("info", "work", "--json"))
        self.assertEqual((info["jobs_taken"], info["oldest_process"]), (1, worker.pid))
        self.refused(4, "queue", "take", "work", "--timeout", "20ms")
        heir = self.start("queue", "take", "work", "--json")
        worker.kill()
        self.assertEqual(json.loads(self.finish(heir)[0])["deliveries"], 2)

    def test_an_interrupted_worker_gives_its_job_back(self):
        self.samepage("queue", "push", "./q", "x")
        worker = self.start("queue", "take", "./q", "--", "sh", "-c", "echo begun; exec sleep 1000")
        self.assertEqual(worker.stdout.readline(), b"begun\n")
        worker.send_signal(signal.SIGTERM)
        self.finish(worker, 128 + signal.SIGTERM)
        self.assertEqual([j["state"] for j in self.jobs("./q")], ["ready"])
        waiter = self.start("queue", "take", "./other")
        self.wait_until(lambda: os.path.exists(os.path.join(self.files, "other")), "it waits")
        waiter.send_signal(signal.SIGTERM)
        self.finish(waiter, -signal.SIGTERM)

    def test_a_call_gets_what_the_command_prints(self):
        self.hold("sums")
        worker = self.start("queue", "take", "sums", "--count", "2", "--", "sh", "-c", "read a b; echo $((a + b))")
        self.assertEqual(self.samepage("queue", "call", "sums", "2 3"), b"5\n")
        self.assertEqual(json.loads(self.samepage("queue", "call", "sums", "40 2", "--json")),
                         {"place": "sums", "reply": "42\n"})
        self.assertEqual(self.finish(worker)[0], b"")
        self.refused(4, "queue", "call", "sums", "1 1", "--timeout", "20ms")
        self.assertEqual(self.jobs("sums"), [], "withdrawn")

    def test_a_reply_that_is_too_large_is_told(self):
        self.hold("sums")
        caller = self.start("queue", "call", "sums", "x", "--reply", "16")
        worker = self.start("queue", "take", "sums", "--", "sh", "-c", "echo much more than sixteen bytes")
        self.assertIn(b"too_large", self.finish(worker, 125)[1])
        self.assertEqual(self.samepage("queue", "take", "sums", "--", "sh", "-c", "echo less"), b"")
        self.assertEqual(self.finish(caller)[0], b"less\n")

    def test_full_names_what_is_in_the_way(self):
        self.samepage("queue", "push", "./q", "x" * 100, "--capacity", "256")
        line = self.refused(7, "queue", "push", "./q", "y" * 150, "--timeout", "0")
        self.assertIn("job 1", line)
        self.refused(4, "queue", "push", "./q", "y" * 150, "--timeout", "20ms")
        self.assertIn("capacity of 384", self.refused(7, "queue", "push", "./q", "z" * 300))
        pusher = self.start("queue", "push", "./q", "y" * 150)
        self.assertEqual(self.samepage("queue", "take", "./q"), b"x" * 100 + b"\n")
        self.finish(pusher)

    def test_info_hold_and_ls_know_it(self):
        holder = self.hold("work", "--capacity", "4K")
        self.samepage("queue", "push", "work", "12345")
        seen = json.loads(self.samepage("info", "work", "--json"))
        self.assertEqual([seen[k] for k in ("kind", "jobs_ready", "jobs_taken", "capacity_bytes", "next_id")],
                         ["queue", 1, 0, 4096, 2])
        self.assertIn(b"jobs     1 ready, 0 taken\n", self.samepage("info", "work"))
        self.assertIn(b"ready", self.samepage("queue", "ls", "work"))
        self.assertEqual(json.loads(self.samepage("ls", "--json"))[0]["kind"], "queue")
        keeper = self.start("hold", "work", "--json")
        keeper.stdout.readline()
        holder.kill()
        holder.wait()
        self.assertEqual(self.samepage("queue", "take", "work"), b"12345\n")

    def test_push_makes_and_holds_when_it_is_asked_to(self):
        out = self.samepage("queue", "push", "work", "x", "--", PROGRAM, "queue", "take", "work")
        self.assertEqual(out, b"x\n")
        self.assertEqual(self.names(), [])

    def test_other_kinds_are_refused_by_name(self):
        self.share("share", "text", "x")
        self.refused(5, "queue", "push", "text", "x")
        self.hold("work")
        self.assertIn("samepage queue take work", self.refused(5, "cell", "get", "work"))


main()
