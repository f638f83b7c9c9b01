# Full file systems, of a server, a mirror or its state: it is told, and with room again nothing is missing or doubled.
# SPDX-License-Identifier: MIT
import json
import os
import subprocess

from cluster import leave_out, main_alone, run
from support import Case, Server, wait_until

EDITOR = os.environ["BRIDGE_EDITOR"]


def fill_up(folder):
    """With a file, whose path it gives, until nothing more fits."""
    filler = os.path.join(folder, "filler")
    with open(filler, "wb", buffering=0) as f:
        for size_bytes in (65536, 512):
            try:
                while f.write(b"x" * size_bytes):
                    pass
            except OSError:
                pass
    return filler


class Disk(Case):
    def setUp(self):
        super().setUp()
        run("ip", "link", "set", "lo", "up")
        self.a, self.b = self.host("a"), self.host("b")

    def mount(self, folder, size):
        """Puts a small file system there."""
        os.makedirs(folder, exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True,
                                 check=False)
        if mounted.returncode != 0:
            leave_out("no small file system can be mounted here: " + mounted.stderr.decode().strip())
        self.addCleanup(run, "umount", "-l", folder)

    def fill(self, keys):
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", str(keys)]))

    def digest(self, host):
        return host.finish(host.popen([EDITOR, "digest", "stock"]))[0]

    def wait_equal(self):
        wait_until(lambda: self.digest(self.a) == self.digest(self.b),
                   lambda: f"{self.digest(self.a)} {self.digest(self.b)} {self.a.status()} {self.b.status()}")

    def carry_table(self, server):
        for host in (self.a, self.b):
            host.hold("table", "stock")
        self.a.bridge(server, "--origin", "table:stock")
        self.b.bridge(server, "--mirror", "table:stock")
        self.fill(100)
        self.wait_equal()

    def test_a_full_disk_at_the_server(self):
        store = os.path.join(self.folder, "store")
        self.mount(store, "24m")
        server = self.add_server(Server(os.path.join(self.folder, "server"), store=store))
        self.carry_table(server)
        filler = fill_up(store)
        self.fill(20000)
        wait_until(lambda: self.a.status()["table:stock"]["error"], lambda: f"{self.a.status()}")
        os.unlink(filler)
        server.kill()  # a server that has had no room stores nothing more, and may not even end in order
        server.start()
        self.wait_equal()
        self.assertTrue(self.digest(self.b).startswith(b"20000 "))

    def test_no_room_for_what_is_mirrored(self):
        self.mount(self.b.names, "4m")
        self.carry_table(self.server())
        self.fill(30000)
        self.b.bridges[0].wait_says("no_space: ")
        self.b.bridges[0].wait_says("make it larger")
        self.assertLess(int(self.digest(self.b).split()[0]), 30000)
        run("mount", "-o", "remount,size=100m", self.b.names)
        self.wait_equal()
        self.b.wait_state("table:stock", "live", error="")

    def test_no_room_for_the_state(self):
        self.mount(self.b.state, "2m")
        server = self.server()
        for host in (self.a, self.b):
            host.hold("channel", "news", "--capacity", "1M")
        self.a.bridge(server, "--origin", "channel:news")
        mirror = self.b.bridge(server, "--mirror", "channel:news")
        filler = fill_up(self.b.state)
        sent = []

        def send():
            lines = [b"%d\n" % n for n in range(len(sent), len(sent) + 100)]
            self.a.samepage("channel", "send", "news", "-", input=b"".join(lines))
            sent.extend(lines)
            out = self.b.samepage("channel", "listen", "news", "--from", "oldest", "--count", str(len(sent)))
            self.assertEqual(out, b"".join(sent))

        def is_told():
            send()
            return "no_space: there is no room for " + os.path.join(self.b.state, "state.page") in mirror.words()
        wait_until(is_told, lambda: mirror.words())
        send()
        mirror.kill()  # its mark is behind by what it couldn't write
        mirror = self.b.bridge(server, "--mirror", "channel:news", live=False)
        send()
        os.unlink(filler)
        send()
        mirror.kill()
        mirror = self.b.bridge(server, "--mirror", "channel:news")
        send()
        mirror.stop()
        self.assertEqual(json.loads(self.b.samepage("info", "news", "--json"))["next_sequence"], len(sent) + 1)


main_alone()
