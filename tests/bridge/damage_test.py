# Files of objects that somebody writes garbage into, or removes, while a bridge carries them.
# SPDX-License-Identifier: MIT
#
# Claim: it is told which object it is and what to do, the others are carried on, and once it was made again so is it.
import json
import os
import random

import support

PLACES = {"table": "./stock.page", "cell": "./temp.page", "channel": "./news.page"}
PAGE_BYTES = 4096


def write_garbage(path, first_page):
    garbage = random.Random(path)
    with open(path, "r+b") as f:
        for at in range(first_page * PAGE_BYTES, os.path.getsize(path), PAGE_BYTES):
            f.seek(at)
            f.write(garbage.randbytes(PAGE_BYTES))


class Damage(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = server = self.server()
        self.a, self.b = self.host("a"), self.host("b")
        self.bridges = {host: host.bridge(server, *[word for kind, place in PLACES.items()
                                                    for word in (way, f"{kind}:{place}=it")])
                        for host, way in ((self.a, "--origin"), (self.b, "--mirror"))}

    def change(self, kind, value):
        """At the origin; what fails is damaged just now."""
        words = {"table": ["put", PLACES[kind], "bolt", value], "cell": ["set", PLACES[kind], value],
                 "channel": ["send", PLACES[kind], value]}
        self.a.start(kind, *words[kind]).communicate(timeout=support.DEADLINE_S)

    def newest(self, kind):
        """At the mirror, of a channel all; empty where there is none."""
        words = {"table": ["get", PLACES[kind], "bolt"], "cell": ["get", PLACES[kind]],
                 "channel": ["listen", PLACES[kind], "--from", "oldest", "--timeout", "1ms"]}
        return self.b.start(kind, *words[kind]).communicate(timeout=support.DEADLINE_S)[0].decode().split()

    def wait_newest(self, kind, value):
        support.wait_until(lambda: value in self.newest(kind),
                           lambda: f"{kind}: {self.newest(kind)}; {self.a.status()} {self.b.status()}")

    def damaged(self, host, kind, first_page):
        """One that is damaged there while the bridge runs, and removed when it was told."""
        others = [k for k in PLACES if k != kind]
        self.change(kind, "before")
        self.wait_newest(kind, "before")
        write_garbage(host.path(PLACES[kind]), first_page)
        for k in PLACES:
            self.change(k, f"{kind}-meanwhile-{first_page}")
        for k in others:
            self.wait_newest(k, f"{kind}-meanwhile-{first_page}")
        bridge = self.bridges[host]
        bridge.wait_says(f"{PLACES[kind]} is damaged: stop who uses it, and remove it")
        host.wait_state(f"{kind}:{PLACES[kind]}", "connecting")
        self.assertIn("remove it", host.status()[f"{kind}:{PLACES[kind]}"]["error"])
        self.assertLess(bridge.words().count(PLACES[kind]), 20)  # told, and not without end
        os.unlink(host.path(PLACES[kind]))
        self.change(kind, "after")
        self.wait_newest(kind, "after")
        host.wait_state(f"{kind}:{PLACES[kind]}", "live", error="")

    def test_at_the_origin(self):
        for kind in PLACES:
            for first_page in (0, 1):  # with its header, and without
                with self.subTest(kind=kind, first_page=first_page):
                    self.damaged(self.a, kind, first_page)

    def test_at_the_mirror(self):
        for kind in PLACES:
            for first_page in (0, 1):
                with self.subTest(kind=kind, first_page=first_page):
                    self.damaged(self.b, kind, first_page)

    def test_a_name_that_only_the_mirror_holds(self):
        """Nothing has to be removed then: its bridge gives it up, and makes it anew."""
        bridge = self.b.bridge(self.server_, "--mirror", "table:stock=it")
        self.change("table", "before")
        self.b.wait_state("table:stock", "live", messages=1)
        write_garbage(json.loads(self.b.samepage("info", "stock", "--json"))["place"], 0)
        self.change("table", "after")
        bridge.wait_says("stock is damaged")
        support.wait_until(lambda: self.b.start("table", "get", "stock", "bolt").communicate()[0] == b"after\n",
                           lambda: f"it doesn't come: {bridge.words()}")

    def test_the_state(self):
        page = os.path.join(self.b.state, "state.page")
        self.change("channel", "before")
        self.wait_newest("channel", "before")
        write_garbage(page, 0)
        for n in range(3):
            self.change("channel", str(n))
            self.wait_newest("channel", str(n))
        said = f"{page} isn't the bridge's table, or is damaged"
        self.bridges[self.b].wait_says(said)
        self.assertIn(said, self.b.ask_bridge("status", status=8)[1])
        self.assertEqual(self.newest("channel"), ["before", "0", "1", "2"])
        self.bridges[self.b].stop()

    def test_a_file_that_is_replaced(self):
        for kind, place in PLACES.items():
            self.change(kind, "before")
            self.wait_newest(kind, "before")
            os.unlink(self.b.path(place))
            support.wait_until(lambda place=place: os.path.exists(self.b.path(place)), "the mirror isn't made anew")
            self.change(kind, "anew")
            self.wait_newest(kind, "anew")
            os.unlink(self.a.path(place))
            self.change(kind, "another")  # makes it, as the origin's bridge doesn't
            self.wait_newest(kind, "another")


if __name__ == "__main__":
    support.main()
