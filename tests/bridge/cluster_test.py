# Three hosts, each the origin of one table: links are cut, a server and a bridge killed, in the end all are equal.
# SPDX-License-Identifier: MIT
import os
import subprocess

from cluster import Cluster, main_alone
from support import wait_until

EDITOR = os.environ["BRIDGE_EDITOR"]
RECORDS = int(os.environ.get("SAMEPAGE_BRIDGE_RECORDS", 300))  # of each table
EDITORS = 2  # of each table, at once
PAUSE_US = 2000  # of an editor after each change


class Closing(Cluster):
    def edit(self):
        """Processes that edit each host's own table, until stop_editing()."""
        self.editors = [host.popen([EDITOR, "edit", host.path(f"{host.name}.page"), str(RECORDS), str(seed),
                                    str(PAUSE_US)], stdin=subprocess.PIPE)
                        for host in self.hosts for seed in range(EDITORS)]

    def stop_editing(self):
        changes = 0
        for editor in self.editors:
            editor.stdin.close()
            editor.stdin = None
        for host, editor in zip((h for h in self.hosts for _ in range(EDITORS)), self.editors):
            changes += int(host.finish(editor)[0])
        self.assertGreater(changes, 0)

    def digests(self, name):
        """What each host has of a host's table: how many records and their sum, nothing where it has no table yet."""
        found = []
        for host in self.hosts:
            process = host.popen([EDITOR, "digest", host.path(f"{name}.page")])
            out, err = process.communicate()
            self.assertTrue(process.returncode == 0 or b"not_found" in err, err)
            found.append(out)
        return found

    def wait_equal(self):
        for host in self.hosts:
            def are_equal(name=host.name):
                seen = self.digests(name)
                return seen[0] and len(set(seen)) == 1
            wait_until(are_equal, lambda name=host.name: f"{name}'s table: {self.digests(name)}\n" + "\n".join(
                [f"{h.name}: {h.status()}\n{h.bridges[-1].words()[-2000:]}" for h in self.hosts] + self.stored()),
                300)

    def start_bridge(self, host, live=True):
        words = ["--replicas", "3"]
        for other in self.hosts:
            words += ["--origin" if other is host else "--mirror", f"table:{host.path(other.name + '.page')}"]
        return host.bridge(self.urls, *words, live=live)

    def test_all_are_equal_in_the_end(self):
        for host in self.hosts:
            host.finish(host.popen([EDITOR, "fill", host.path(f"{host.name}.page"), str(RECORDS)]))
        bridges = [self.start_bridge(host, live=False) for host in self.hosts]
        for bridge in bridges:
            bridge.wait_live()
        self.edit()

        self.host_links[0].cut()  # a host is alone
        wait_until(lambda: self.hosts[0].status()[f"table:{self.hosts[0].path('host1.page')}"]["state"] != "live",
                   "a cut link isn't noticed")
        leader = self.leader()
        self.servers[leader].kill()  # a server, the one that leads
        bridges[1].kill()
        self.wait_leader()
        self.host_links[0].heal()
        self.start_bridge(self.hosts[1], live=False)
        follower = (leader + 1) % 3
        self.servers[leader].start()
        self.server_links[follower].cut()  # another server is alone
        self.host_links[2].slow()
        before = self.digests(self.hosts[2].name)[0]
        wait_until(lambda: self.digests(self.hosts[2].name)[0] != before, "nobody edits")
        self.server_links[follower].heal()

        self.stop_editing()
        self.wait_equal()
        for host in self.hosts:
            host.bridges[-1].stop()


main_alone()
