# samepage queue: push, take, call, hold, ls; and what info, hold and ls say about queues.
# SPDX-License-Identifier: MIT
import json
import os
import resource
import signal
import subprocess

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
        # At once, before there is an input or an end of it.
        self.refused(3, "queue", "push", "work", "-", stdin=subprocess.PIPE)
        self.refused(3, "queue", "call", "work", "-", stdin=subprocess.PIPE)
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

    def test_a_call_gets_what_the_command_prints(self):
        self.hold("sums")
        worker = self.start("queue", "take", "sums", "--count", "2", "--", "sh", "-c", "read a b; echo $((a + b))")
        self.assertEqual(self.samepage("queue", "call", "sums", "2 3"), b"5\n")
        self.assertEqual(json.loads(self.samepage("queue", "call", "sums", "40 2", "--json")),
                         {"place": "sums", "reply": "42\n"})
        self.assertEqual(self.finish(worker)[0], b"")
        self.refused(4, "queue", "call", "sums", "1 1", "--timeout", "20ms")
        self.assertEqual(self.jobs("sums"), [], "withdrawn")

    def test_a_call_for_each_line_of_an_input(self):
        self.hold("sums")
        self.start("queue", "take", "sums", "--count", "0", "--", "sh", "-c", "read a b; echo $((a + b))")
        self.assertEqual(self.samepage("queue", "call", "sums", "-", input=b"2 3\n40 2\n-1 1"), b"5\n42\n0\n")
        out = self.samepage("queue", "call", "sums", "-", "--json", input=b"2 3\n40 2\n")
        self.assertEqual([json.loads(line)["reply"] for line in out.splitlines()], ["5\n", "42\n"])
        self.assertEqual(self.samepage("queue", "call", "sums", "-", input=b""), b"")
        self.assertEqual(self.samepage("queue", "call", "sums", "--text", "1 1", "--null"), b"2\n\0")
        # It answers while the input goes on.
        caller = self.start("queue", "call", "sums", "-", stdin=subprocess.PIPE)
        for line, reply in ((b"1 2\n", b"3\n"), (b"3 4\n", b"7\n")):
            caller.stdin.write(line)
            caller.stdin.flush()
            self.assertEqual(caller.stdout.readline(), reply)
        for words in (["x", "--text", "y"], [], ["-", "--raw", "--null"], ["x", "--raw", "--json"],
                      ["-", "--null", "--json"]):
            self.samepage("queue", "call", "sums", *words, status=2, input=b"")

    def test_a_call_with_any_bytes(self):
        self.hold("echo")
        self.start("queue", "take", "echo", "--count", "0", "--", "cat")
        content = bytes(range(256)) * 200
        self.assertEqual(self.samepage("queue", "call", "echo", "-", "--raw", input=content), content)
        self.assertEqual(self.samepage("queue", "call", "echo", "-", "--raw", input=b""), b"")
        self.assertEqual(self.samepage("queue", "call", "echo", "-", "--null", input=b"a\nb\n\0\0c"), b"a\nb\n\0\0c\0")

    def test_what_was_done_of_an_input_is_said(self):
        self.hold("sums", "--capacity", "4K")
        worker = self.start("queue", "take", "sums", "--", "cat")
        caller = self.start("queue", "call", "sums", "-", "--timeout", "1s", stdin=subprocess.PIPE)
        caller.stdin.write(b"1\n")
        caller.stdin.flush()
        self.assertEqual(caller.stdout.readline(), b"1\n")
        self.finish(worker)
        self.assertIn(b"(1 answered before it)", self.finish(caller, 4, b"2\n")[1])
        self.assertEqual(self.jobs("sums"), [])
        line = self.refused(4, "queue", "push", "sums", "-", "--timeout", "20ms", input=(b"x" * 99 + b"\n") * 100)
        self.assertIn(f"({len(self.jobs('sums'))} pushed before it)", line)

    def test_a_reply_that_is_too_large_fails_its_call_and_nothing_else(self):
        self.hold("sums")
        # Were what it prints kept in a file, the worker would come to the end of this one.
        limit = 64 << 20
        worker = self.start("queue", "take", "sums", "--count", "0", "--", "sh", "-c",
                            'read n; head -c $n /dev/zero | tr "\\0" x; echo "$n" >> "$OUT"',
                            env={**self.env, "OUT": os.path.join(self.files, "done")},
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(self.samepage("queue", "call", "sums", "16", "--reply", "16"), b"x" * 16 + b"\n")
        for size in (17, 18, 2 * limit):
            line = self.refused(1, "queue", "call", "sums", str(size), "--reply", "16")
            self.assertIn("over 16 bytes", line)
            self.assertIn("--reply", line)
        self.assertEqual(self.samepage("queue", "call", "sums", "17", "--raw"), b"x" * 17)
        self.refused(1, "queue", "call", "sums", "1", "--reply", "0")
        self.assertEqual(self.samepage("queue", "call", "sums", "0", "--reply", "0"), b"\n")
        self.assertEqual(self.jobs("sums"), [])
        with open(os.path.join(self.files, "done")) as done:
            self.assertEqual(done.read().split(), ["16", "17", "18", str(2 * limit), "17", "1", "0"], "each once")
        self.assertIsNone(worker.poll())
        worker.kill()
        told = self.finish(worker, -signal.SIGKILL)[1].decode().splitlines()
        self.assertEqual(len(told), 4, told)
        self.assertIn("job 4: reply over 16 bytes: call with a larger --reply", told[2])

    def test_a_command_that_leaves_others_behind_is_not_waited_for(self):
        self.hold("work")
        worker = self.start("queue", "take", "work", "--", "sh", "-c", "echo begun; sleep 1000 2>&- & echo $!")
        begun, sleeper = self.samepage("queue", "call", "work", "x").split()
        self.addCleanup(os.kill, int(sleeper), signal.SIGKILL)
        self.assertEqual(begun, b"begun")
        self.finish(worker)

    def test_too_large_says_which_capacity_to_ask_for(self):
        for words, needed in ((["push"], 0), (["call", "--reply", "1001"], 1008)):
            for size in (5000, 1000001):
                place = f"./{words[0]}-{size}"
                self.samepage("queue", "push", place, "small", "--capacity", "4K")
                self.assertEqual(self.samepage("queue", "take", place), b"small\n")
                verb, options = words[0], words[1:]
                lines = [self.refused(7, "queue", verb, place, "-", *more, *options, input=b"x" * size + end)
                         for more, end in (([], b""), ([], b"\nmore\n"), (["--raw"], b""), (["--null"], b"\0"))]
                capacity = lines[0].split("--capacity ")[1].strip()
                bytes_needed = (size + 15) // 16 * 16 + needed
                self.assertEqual(int(capacity), 128 + (bytes_needed - 80 + 111) // 112 * 128)
                for line in lines:
                    self.assertIn(f"the job has {size} bytes", line)
                    self.assertIn(f"--capacity {capacity}\n", line)
                self.samepage("queue", "push", f"{place}-anew", "-", "--capacity", capacity, input=b"x" * size)
        line = self.refused(7, "queue", "push", "./push-5000", "-", input=b"a\n" + b"x" * 5000)
        self.assertIn("job 2 of the input has 5000 bytes", line)
        self.assertIn("(1 sent before it)", line)
        self.assertEqual(self.samepage("queue", "take", "./push-5000"), b"a\n")

    def test_a_line_that_never_ends_is_refused_and_not_kept(self):
        with open("/dev/zero", "rb") as zeros:
            pusher = self.start("queue", "push", "./q", "-", stdin=zeros)
            _, status, used = os.wait4(pusher.pid, 0)
        pusher.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(pusher.returncode, 7)
        self.assertIn(b"which nothing takes", pusher.stderr.read())
        self.assertLess(used.ru_maxrss, 200 << 10, "in KiB")

    def test_full_names_what_is_in_the_way(self):
        self.samepage("queue", "push", "./q", "x" * 100, "--capacity", "256")
        line = self.refused(7, "queue", "push", "./q", "y" * 150, "--timeout", "0")
        self.assertIn("job 1", line)
        self.refused(4, "queue", "push", "./q", "y" * 150, "--timeout", "20ms")
        self.assertIn("--capacity 384", self.refused(7, "queue", "push", "./q", "z" * 300))
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
        self.samepage("queue", "push", "work", "-", input=b"b\nc\n")
        self.assertEqual([len(self.samepage("queue", "ls", "work", "--json", "--count", n).splitlines())
                          for n in ("0", "2", str(2**64 - 1))], [3, 2, 3])
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
