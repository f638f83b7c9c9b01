# A server whose disk is full: it is told, and when there is room again all goes on and nothing is missing.
# SPDX-License-Identifier: MIT
import os
import subprocess

from cluster import leave_out, main_alone, run
from support import Case, Server, wait_until

EDITOR = os.environ["BRIDGE_EDITOR"]


class Disk(Case):
    def test_a_full_disk(self):
        run("ip", "link", "set", "lo", "up")
        store = os.path.join(self.folder, "store")
        os.mkdir(store)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", store], capture_output=True,
                                 check=False)
        if mounted.returncode != 0:
            leave_out("no small file system can be mounted here: " + mounted.stderr.decode().strip())
        self.addCleanup(run, "umount", "-l", store)
        server = self.add_server(Server(os.path.join(self.folder, "server"), store=store))
        a, b = self.host("a"), self.host("b")
        a.hold("table", "stock")
        b.hold("table", "stock")
        a.bridge(server, "--origin", "table:stock")
        b.bridge(server, "--mirror", "table:stock")
        a.finish(a.popen([EDITOR, "fill", "stock", "100"]))

        def digest(host):
            return host.finish(host.popen([EDITOR, "digest", "stock"]))[0]

        def equal():
            return digest(a) == digest(b)
        wait_until(equal, "not equal")
        filler = os.path.join(store, "filler")
        with open(filler, "wb") as f:
            try:
                while True:
                    f.write(b"x" * 65536)
                    f.flush()
            except OSError:
                pass
        a.finish(a.popen([EDITOR, "fill", "stock", "20000"]))
        row = wait_until(lambda: (row := a.status()["table:stock"])["error"] and row, lambda: f"{a.status()}")
        os.unlink(filler)
        server.kill()  # a server that has had no room stores nothing more, and may not even end in order
        server.start()
        wait_until(equal, lambda: f"{digest(a)} {digest(b)} {a.status()} {b.status()}")
        self.assertTrue(digest(b).startswith(b"20000 "))


main_alone()
