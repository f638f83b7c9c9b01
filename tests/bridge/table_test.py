# A table carried to another host: at the end both have the same records, whatever is killed meanwhile.
# SPDX-License-Identifier: MIT
import os
import random
import subprocess
import time

import support

EDITOR = os.environ["BRIDGE_EDITOR"]


class Table(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.a, self.b = self.host("a"), self.host("b")

    def origin(self, place="stock", **how):
        return self.a.bridge(self.server_, "--origin", f"table:{place}", **how)

    def mirror(self, place="stock", **how):
        return self.b.bridge(self.server_, "--mirror", f"table:{place}", **how)

    def hold(self, host, place="stock"):
        host.hold("table", place)

    def editor(self, host, *words):
        return host.finish(host.popen([EDITOR, *words]))[0]

    def wait_equal(self, place="stock"):
        def digest(host):
            process = host.popen([EDITOR, "digest", place])
            out, _ = process.communicate(timeout=support.DEADLINE_S)
            return out if process.returncode == 0 else None
        seen = {}

        def is_equal():
            seen.update(a=digest(self.a), b=digest(self.b))
            return seen["a"] is not None and seen["a"] == seen["b"]
        support.wait_until(is_equal, lambda: f"{seen} {self.a.status()} {self.b.status()}")

    def put(self, key, value, *more):
        self.a.samepage("table", "put", "stock", key, value, *more)

    def value(self, host, key, place="stock"):
        process = host.start("table", "get", place, key)
        out, _ = process.communicate(timeout=support.DEADLINE_S)
        return out if process.returncode == 0 else None

    def wait_value(self, key, value):
        support.wait_until(lambda: self.value(self.b, key) == value, lambda: f"{key} isn't {value} but "
                           f"{self.value(self.b, key)}")

    def test_changes_and_erasures(self):
        self.origin()
        self.mirror()
        self.put("bolt", "12")
        self.wait_value("bolt", b"12\n")
        self.put("bolt", "13")
        self.wait_value("bolt", b"13\n")
        self.a.samepage("table", "erase", "stock", "bolt")
        self.wait_value("bolt", None)
        self.a.wait_state("table:stock", "live", lag=0, lost=0)

    def test_late_hosts_get_a_full_copy_and_lose_what_is_too_much(self):
        self.hold(self.a)
        self.editor(self.a, "fill", "stock", "3000")
        self.origin()
        self.hold(self.b)
        self.b.samepage("table", "put", "stock", "stranger", "1")
        self.mirror()
        self.wait_equal()

    def test_keys_of_all_bytes_and_lengths(self):
        self.origin()
        self.mirror()
        keys = ["a b", "a.b", ".a", "a.", "a..b", "*", ">", "$", "=41", "é", "x" * 300, "y" * 2000, "é" * 1000]
        for key in keys:
            self.put(key, "value of " + key[:20])
        for key in keys:
            self.wait_value(key, ("value of " + key[:20] + "\n").encode())
        self.a.samepage("table", "erase", "stock", *keys)
        for key in keys:
            self.wait_value(key, None)

    def test_large_values(self):
        self.origin()
        self.mirror()
        for size in (3 << 20, 2 << 20, 10, 4 << 20):
            value = b"v" * size
            self.a.samepage("table", "put", "stock", "large", "--file", "-", input=value)
            self.wait_value("large", value + b"\n")
        self.a.samepage("table", "erase", "stock", "large")
        self.wait_value("large", None)
        self.a.wait_state("table:stock", "live", lag=0)
        stored = self.server_.ask("/jsz?streams=1")["account_details"][0]["stream_detail"][0]["state"]
        self.assertLess(stored["bytes"], 1 << 20)

    def test_expiry(self):
        self.origin()
        self.mirror()
        self.b.hold("table", "stock")
        self.put("soon", "gone", "--expires-in", "2s")
        self.put("later", "stays", "--expires-in", "1h")
        self.wait_value("soon", b"gone\n")
        self.wait_value("later", b"stays\n")
        self.b.bridges[0].stop()  # nobody tells this host any more
        self.wait_value("soon", None)
        self.assertEqual(self.value(self.b, "later"), b"stays\n")

    def edit(self, seed, keys=400, pause_us=200):
        return self.a.popen([EDITOR, "edit", "stock", str(keys), str(seed), str(pause_us)], stdin=subprocess.PIPE)

    def finish_edit(self, process):
        process.stdin.close()
        process.stdin = None
        self.a.finish(process)

    def test_all_killed_while_it_is_edited(self):
        self.hold(self.a)
        self.hold(self.b)
        bridges = [self.origin(), self.mirror()]
        editors = [self.edit(seed) for seed in (1, 2)]
        chance = random.Random(8)
        for n in range(10):
            which = n % 5
            time.sleep(chance.uniform(0.02, 0.4))
            if which in (0, 2):
                bridges[0].kill()
                bridges[0] = self.origin(live=False)
            elif which in (1, 3):
                bridges[1].kill()
                bridges[1] = self.mirror(live=False)
            else:
                self.server_.kill()
                self.server_.start()
        for process in editors:
            self.finish_edit(process)
        self.wait_equal()
        self.a.wait_state("table:stock", "live", lag=0)

    def test_faster_than_can_be_followed(self):
        self.a.hold("table", "stock", "--history", "64K")
        origin = self.origin()
        self.mirror()
        self.server_.kill()
        self.editor(self.a, "fill", "stock", "20000")  # more than the history keeps
        self.server_.start()
        self.wait_equal()
        origin.wait_says("faster than could be followed")

    def test_files(self):
        self.origin("./stock.page=goods")
        self.b.bridge(self.server_, "--mirror", "table:./copy.page=goods").wait_live()
        self.a.samepage("table", "put", "./stock.page", "bolt", "12")
        support.wait_until(lambda: self.value(self.b, "bolt", "./copy.page") == b"12\n", "no bolt")
        for bridge in (*self.a.bridges, *self.b.bridges):
            bridge.stop()
        self.a.samepage("table", "put", "./stock.page", "bolt", "13")
        self.origin("./stock.page=goods")
        self.b.bridge(self.server_, "--mirror", "table:./copy.page=goods")
        support.wait_until(lambda: self.value(self.b, "bolt", "./copy.page") == b"13\n", "no change")

    def test_a_stream_that_was_removed_is_made_again(self):
        self.origin()
        self.mirror()
        self.put("bolt", "12")
        self.wait_value("bolt", b"12\n")
        self.server_.kill()
        support.shutil.rmtree(self.server_.store)
        self.server_.start()
        self.put("nut", "7")
        self.wait_value("nut", b"7\n")
        self.wait_value("bolt", b"12\n")


if __name__ == "__main__":
    support.main()
