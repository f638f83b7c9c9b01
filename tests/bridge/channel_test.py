# A channel carried to another host: each message once and in order, whatever is killed.
# SPDX-License-Identifier: MIT
import subprocess

import support


class Channel(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.a, self.b = self.host("a"), self.host("b")

    def origin(self, *more, **how):
        return self.a.bridge(self.server_, "--origin", "channel:news", *more, **how)

    def mirror(self, *more, **how):
        return self.b.bridge(self.server_, "--mirror", "channel:news", *more, **how)

    def listen(self, count, *more):
        """Starts to listen on the mirror's side, from the oldest message on, until so many have come."""
        return self.b.start("channel", "listen", "news", "--from", "oldest", "--count", str(count), *more)

    def feed(self, host, lines):
        process = host.start("channel", "send", "news", "-", stdin=subprocess.PIPE)
        self.finish_feeding(process, lines)

    def finish_feeding(self, process, lines):
        process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        process.stdin.close()
        process.stdin = None
        self.a.finish(process)

    def expect(self, listener, lines):
        out, _ = self.b.finish(listener)
        self.assertEqual(out.decode().split("\n")[:-1], [str(line) for line in lines])

    def killed_again_and_again(self, kill, rounds=6, each=150):
        """Sends numbers while `kill` is called between; all must come, once and in order."""
        self.a.hold("channel", "news")
        listener = self.listen(rounds * each)
        for r in range(rounds):
            process = self.a.start("channel", "send", "news", "-", stdin=subprocess.PIPE)
            for n in range(each):
                process.stdin.write(f"{r * each + n}\n".encode())
                process.stdin.flush()
                if n == each // 2:
                    kill()
            self.finish_feeding(process, [])
        self.expect(listener, range(rounds * each))

    def test_messages_come_once_and_in_order(self):
        self.origin()
        self.mirror()
        self.feed(self.a, range(5000))
        self.expect(self.listen(5000), range(5000))
        self.a.wait_state("channel:news", "live", lag=0, lost=0)
        self.b.wait_state("channel:news", "live", lag=0, lost=0)

    def test_who_comes_late_gets_what_the_servers_keep(self):
        self.origin()
        self.feed(self.a, range(100))
        self.mirror()
        self.expect(self.listen(100), range(100))

    def test_origin_killed(self):
        bridges = [self.origin()]
        self.mirror()

        def kill():
            bridges[-1].kill()
            bridges.append(self.origin(live=False))
        self.killed_again_and_again(kill)

    def test_mirror_killed(self):
        self.origin()
        bridges = [self.mirror()]

        def kill():
            bridges[-1].kill()
            bridges.append(self.mirror(live=False))
        self.killed_again_and_again(kill)

    def test_server_killed(self):
        self.origin()
        self.mirror()

        def kill():
            self.server_.kill()
            self.server_.start()
        self.killed_again_and_again(kill, rounds=3)

    def test_server_away_and_what_could_not_be_kept_is_told(self):
        self.a.hold("channel", "news", "--capacity", "4K")
        self.origin()
        self.mirror()
        listener = self.b.start("channel", "listen", "news", "--json")
        self.feed(self.a, range(10))
        self.b.wait_state("channel:news", "live", messages=10)
        self.server_.kill()
        self.feed(self.a, range(10, 3000))  # local use doesn't wait
        self.server_.start()
        support.wait_until(lambda: self.a.status()["channel:news"]["lost"] > 0, "nothing is lost")
        self.a.wait_state("channel:news", "live", lag=0)
        lost = self.a.status()["channel:news"]["lost"]
        self.b.wait_state("channel:news", "live", lost=lost)
        self.feed(self.a, ["end"])
        seen = []
        while not seen or seen[-1] != "end":
            seen.append(support.json.loads(listener.stdout.readline())["text"])
        self.assertEqual(seen, [*map(str, range(10)), *map(str, range(10 + lost, 3000)), "end"])

    def test_large_messages(self):
        self.a.hold("channel", "news", "--capacity", "4M")
        self.origin()
        self.mirror()
        sizes = (3 << 20, 10, 1 << 20, 0, (4 << 20) - 64)
        sent = [bytes([65 + n]) * size for n, size in enumerate(sizes)]
        listener = self.listen(len(sent), "--null")
        for message in sent:
            self.a.samepage("channel", "send", "news", "-", "--raw", input=message)
        out, _ = self.b.finish(listener)
        self.assertEqual([len(m) for m in out.split(b"\0")[:-1]], [len(m) for m in sent])
        self.assertEqual(out.split(b"\0")[:-1], sent)

    def test_a_message_that_the_bridge_has_not_sent_is_not_guessed_at(self):
        self.origin()
        self.b.hold("channel", "news")
        self.feed(self.b, ["local"])
        mirror = self.mirror(live=False)
        status, said = mirror.ended()
        self.assertEqual(status, 5)
        self.assertIn("1 messages that this bridge hasn't sent", said)

    def test_stopped_in_order(self):
        bridge = self.origin()
        self.feed(self.a, range(2000))
        bridge.stop()  # drains
        row = self.a.status()["channel:news"]
        self.assertEqual((row["state"], row["messages"], row["lag"]), ("stopped", 2000, 0))


if __name__ == "__main__":
    support.main()
