# Who is the origin: one host, until another takes over; what is refused says by whom.
# SPDX-License-Identifier: MIT
import support


class Owner(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.a, self.b, self.c = self.host("a"), self.host("b"), self.host("c")

    def wait_record(self, host, value):
        def is_there():
            process = host.start("table", "get", "stock", "bolt")
            out, _ = process.communicate(timeout=support.DEADLINE_S)
            return out == value
        support.wait_until(is_there, f"{value} doesn't come")

    def put(self, host, value):
        host.samepage("table", "put", "stock", "bolt", value)

    def test_a_second_origin_is_refused(self):
        self.a.bridge(self.server_, "--origin", "table:stock")
        status, said = self.b.bridge(self.server_, "--origin", "table:stock", live=False).ended()
        self.assertEqual(status, 5)
        self.assertIn("is the host a ", said)
        self.assertIn("takeover table:stock", said)
        # Also when the owner's bridge doesn't run; and as often as one likes.
        self.a.bridges[0].kill()
        for _ in range(5):
            status, said = self.b.bridge(self.server_, "--origin", "table:stock", live=False).ended()
            self.assertEqual(status, 5)

    def test_others_are_carried_when_one_is_refused(self):
        self.a.bridge(self.server_, "--origin", "table:stock")
        bridge = self.b.bridge(self.server_, "--origin", "table:stock", "--origin", "cell:temp")
        self.assertIn("live: 1 object, 1 refused", bridge.words())
        self.b.wait_state("table:stock", "refused")
        self.b.wait_state("cell:temp", "live")
        bridge.stop()

    def test_a_second_bridge_on_the_host_is_refused(self):
        for way in ("--origin", "--mirror"):
            first = self.a.bridge(self.server_, way, "table:stock", live=way == "--origin")
            if way == "--mirror":
                first.wait_says("itself")
                continue
            status, said = self.a.bridge(self.server_, way, "table:stock", live=False).ended()
            self.assertEqual(status, 5)
            self.assertIn("another bridge on this host", said)
            first.kill()
        self.a.bridge(self.server_, "--origin", "table:stock")  # a killed one is no hindrance

    def test_takeover(self):
        first = self.a.bridge(self.server_, "--origin", "table:stock")
        self.b.bridge(self.server_, "--mirror", "table:stock")
        self.c.bridge(self.server_, "--mirror", "table:stock")
        self.put(self.a, "12")
        self.wait_record(self.b, b"12\n")
        self.wait_record(self.c, b"12\n")
        self.b.bridges[0].stop()
        self.b.hold("table", "stock")
        self.b.ask_bridge("takeover", "table:stock", "--server", self.server_.url)
        self.b.bridge(self.server_, "--origin", "table:stock")
        self.put(self.b, "13")
        self.wait_record(self.c, b"13\n")
        # The former origin carries no more.
        self.put(self.a, "wrong")
        status, said = first.ended()
        self.assertEqual(status, 5)
        self.assertIn("is the host b ", said)
        self.put(self.b, "14")
        self.wait_record(self.c, b"14\n")

    def test_takeover_of_a_channel_doubles_nothing(self):
        self.a.bridge(self.server_, "--origin", "channel:news")
        self.b.bridge(self.server_, "--mirror", "channel:news")
        self.c.bridge(self.server_, "--mirror", "channel:news")
        listener = self.c.start("channel", "listen", "news", "--from", "oldest", "--count", "6")
        self.b.hold("channel", "news")
        for n in range(3):
            self.a.samepage("channel", "send", "news", str(n))
        self.b.wait_state("channel:news", "live", messages=3)
        self.b.bridges[0].stop()
        self.a.bridges[0].kill()
        self.b.ask_bridge("takeover", "channel:news", "--server", self.server_.url)
        self.b.bridge(self.server_, "--origin", "channel:news")
        for n in range(3, 6):
            self.b.samepage("channel", "send", "news", str(n))
        out, _ = self.c.finish(listener)
        self.assertEqual(out.split(), [b"0", b"1", b"2", b"3", b"4", b"5"])

    def test_takeover_of_what_nobody_has(self):
        _, err = self.b.ask_bridge("takeover", "table:stock", "--server", self.server_.url, status=3)
        self.assertIn("nobody is the origin", err)

    def test_status_without_a_bridge(self):
        self.assertEqual(self.a.status(), {})
        out, _ = self.a.ask_bridge("status")
        self.assertIn("no bridge", out)

    def test_a_killed_bridge_shows_as_stopped(self):
        bridge = self.a.bridge(self.server_, "--origin", "table:stock")
        self.a.wait_state("table:stock", "live")
        bridge.kill()
        self.a.wait_state("table:stock", "stopped")

    def test_wrong_words(self):
        for words in (["run"], ["run", "--server", "nats://x"], ["run", "--server", "nats://x", "--origin", "queue:x"],
                      ["run", "--server", "nats://x", "--origin", "cell:x", "--mirror", "cell:x"],
                      ["run", "--server", "nats://x", "--origin", "cell:" + "x" * 65],
                      ["run", "--server", "nats://x", "--origin", "cell:" + "é" * 32, "--group", "g" * 64], []):
            process = self.a.popen([support.BRIDGE, *words])
            self.a.finish(process, status=2)

    def test_wrong_files(self):
        said = self.a.path("bridge.toml")
        for words, text in (("x", ":1:2:"), ("server = 1", ":1: a text"), ("object = 1", ":1: objects are"),
                            ("[[object]]\norigin = 1", f"{said}:2: a text"), ("[[object]]", ":1: an object"),
                            ("[[object]]\norigin = 'queue:x'", ":2: 'queue:x'"), ("replicas = 9", ":1: replicas"),
                            ("log_level = 'loud'", ":1: 'loud'"), ("keep = 'x'", ":1: keep"),
                            ("keeps = 'x'", ":1: there is no setting 'keeps'")):
            with open(said, "w", encoding="utf-8") as f:
                f.write(words + "\n")
            _, err = self.a.ask_bridge("run", "--config", said, status=2)
            self.assertIn(text, err)
            self.assertEqual(err.count(said), 1)
        for option in ("--creds", "--tls-ca"):
            _, err = self.a.ask_bridge("run", "--server", self.server_.url, option, "/nowhere", "--origin", "cell:x",
                                       status=3)
            self.assertIn("/nowhere can't be read", err)

    def test_wrong_addresses(self):
        for url in ("http://x", "nats://", "nats://x:99999", "nats://x:0", "nats://x:y", "nats://a b", "nats://[::1",
                    "", ",", "nats://x,ws://y"):
            _, said = self.a.ask_bridge("doctor", "--server", url, "--origin", "table:x", status=2)
            self.assertIn("it is not nats://HOST:PORT", said)
        _, said = self.a.ask_bridge("takeover", "--server", ",", "table:x", status=2)
        self.assertIn("it is not nats://HOST:PORT", said)

    def test_an_address_is_one_word(self):
        _, err = self.b.ask_bridge("takeover", "--server", self.server_.url, "table:stock", status=3)
        self.assertIn("nobody is the origin", err)

    def test_two_at_the_same_instant(self):
        for n in range(20):
            place = f"cell:race{n}"
            bridges = [host.bridge(self.server_, "--origin", place, live=False) for host in (self.a, self.b)]

            def states(place=place):
                found = sorted(host.status().get(place, {}).get("state", "") for host in (self.a, self.b))
                return found == ["live", "stopped"] or found == ["live", "refused"]
            support.wait_until(states, lambda: f"{self.a.status()} {self.b.status()}")
            ended = support.wait_until(lambda bridges=bridges: [b for b in bridges if b.process.poll() is not None],
                                       "nobody is refused")
            self.assertEqual([b.process.returncode for b in ended], [5])
            for bridge in bridges:
                bridge.kill()


if __name__ == "__main__":
    support.main()
