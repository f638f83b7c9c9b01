# A cell carried to another host: the newest value wins, late hosts get it at once, whatever is killed.
# SPDX-License-Identifier: MIT
import support


class Cell(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.a, self.b = self.host("a"), self.host("b")

    def origin(self, **how):
        return self.a.bridge(self.server_, "--origin", "cell:temp", **how)

    def mirror(self, **how):
        return self.b.bridge(self.server_, "--mirror", "cell:temp", **how)

    def hold(self, host, *more):
        host.hold("cell", "temp", *more)

    def set(self, text):
        value = ["--file", "-"] if isinstance(text, bytes) else [text]
        self.a.samepage("cell", "set", "temp", *value, input=text if isinstance(text, bytes) else None)

    def wait_value(self, value):
        def is_there():
            process = self.b.start("cell", "get", "temp", "--raw")
            out, _ = process.communicate(timeout=support.DEADLINE_S)
            return process.returncode == 0 and out == value
        support.wait_until(is_there, f"{value[:50]} doesn't come")

    def test_newest_value_and_late_hosts(self):
        self.origin()
        self.set("21.5")
        self.mirror()
        self.wait_value(b"21.5")
        self.set("22")
        self.wait_value(b"22")
        self.a.wait_state("cell:temp", "live", lag=0)

    def test_large_values_and_small_ones_after_them(self):
        self.hold(self.a, "--capacity", "8M")
        self.origin()
        self.mirror()
        for value in (b"a" * (5 << 20), b"b" * (2 << 20), b"small", b"c" * (3 << 20)):
            self.set(value)
            self.wait_value(value)
        self.a.wait_state("cell:temp", "live", lag=0)
        # The parts of older values are gone: what is left is the owner record, the value and its parts.
        stored = self.server_.ask("/jsz?streams=1")["account_details"][0]["stream_detail"][0]["state"]
        self.assertLess(stored["bytes"], 4 << 20)

    def test_all_killed(self):
        self.hold(self.a)
        self.hold(self.b)
        bridges = [self.origin(), self.mirror()]
        for n in range(12):
            self.set(f"value {n}")
            if n % 3 == 0:
                bridges[0].kill()
                bridges[0] = self.origin(live=False)
            elif n % 3 == 1:
                bridges[1].kill()
                bridges[1] = self.mirror(live=False)
            elif n == 5:
                self.server_.kill()
                self.server_.start()
            self.set(f"value {n} changed")
            if n % 4 == 3:
                self.wait_value(f"value {n} changed".encode())
        self.wait_value(b"value 11 changed")

    def test_every_value_comes_once_where_there_is_time(self):
        self.origin()
        self.mirror()
        self.set("0")
        self.wait_value(b"0")
        watcher = self.b.start("cell", "watch", "temp")
        for n in range(1, 30):
            self.set(str(n))
            self.wait_value(str(n).encode())
        watcher.terminate()
        out, _ = watcher.communicate(timeout=support.DEADLINE_S)
        seen = [int(word) for word in out.split()]
        self.assertEqual(seen, sorted(set(seen)))


if __name__ == "__main__":
    support.main()
