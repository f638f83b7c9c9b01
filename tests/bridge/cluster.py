# Three servers and three hosts, each in a network namespace of its own, with links that can be cut, slowed and healed.
# SPDX-License-Identifier: MIT
#
# The test runs in namespaces of its own for the network and for processes: nothing of it can meet another run or the
# machine's network, and the kernel removes all of it when the test's process ends, whatever ends it. A machine
# refuses that to some (containers without privileges): then the test says so in a line, and is left out.
#
#   test's namespace: the bridge `switch`, 10.77.0.254
#   servers 10.77.0.1 to .3, hosts 10.77.0.11 to .13, each with one link to the switch
import os
import shutil
import subprocess
import sys

from support import Case, Host, Server, as_child, end, main, wait_until

ALONE = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
NOT_RUN = 77  # the exit status of a test that was left out
NETWORK = "10.77.0."


def leave_out(why):
    print(f"left out: {why}")
    sys.exit(NOT_RUN)


def main_alone():
    """The tests of the calling script, in namespaces of its own."""
    if "SAMEPAGE_TEST_ALONE" in os.environ:
        main()
        return
    if not shutil.which("unshare") or not shutil.which("ip"):
        leave_out("it needs unshare and ip (Debian: util-linux, iproute2)")
    words = [*ALONE] if os.geteuid() == 0 else [*ALONE, "--map-root-user"]
    tried = subprocess.run([*words, "ip", "link", "add", "switch", "type", "bridge"], capture_output=True, check=False)
    if tried.returncode != 0:
        leave_out("network namespaces are refused here: " + tried.stderr.decode().strip().replace("\n", "; "))
    os.environ["SAMEPAGE_TEST_ALONE"] = "1"
    os.execvp(words[0], [*words, sys.executable, "-B", *sys.argv])


def run(*words):
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stderr)


class Machine:
    """A namespace with one link to the switch. It is gone when the process that holds it ends."""

    def __init__(self, case, name, address):
        self.name, self.address = name, address
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, preexec_fn=as_child)
        case.addCleanup(end, self.process)
        assert self.process.stdout.readline() == b"\n", f"no namespace for {name}"
        self.enter = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.process.pid))
        run("ip", "link", "set", name, "master", "switch")
        self.inside("ip", "addr", "add", f"{address}/24", "dev", "eth0")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "set", "eth0", "up")
        self.heal()

    def inside(self, *words):
        run(*self.enter, *words)

    def cut(self):
        """From now on nothing goes through, and nobody is told."""
        run("ip", "link", "set", self.name, "down")

    def heal(self):
        run("ip", "link", "set", self.name, "up")

    def slow(self):
        """Its link gets slow, both ways: late and with losses where the kernel has netem, else narrow."""
        how = "netem delay 20ms 5ms loss 1%" if has_netem() else "tbf rate 20mbit burst 32kb latency 400ms"
        if "netem" not in how:
            print("left out: delay and loss, because this kernel has no netem; the link is narrow instead", flush=True)
        run("tc", "qdisc", "replace", "dev", self.name, "root", *how.split())
        self.inside("tc", "qdisc", "replace", "dev", "eth0", "root", *how.split())


def has_netem():
    words = ["tc", "qdisc", "replace", "dev", "lo", "root", "netem", "delay", "0ms"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


class Cluster(Case):
    """Three servers that are one cluster, and three hosts: .servers, .hosts; the links: .server_links, .host_links."""

    def setUp(self):
        super().setUp()
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge")
        self.addCleanup(run, "ip", "link", "del", "switch")
        run("ip", "addr", "add", f"{NETWORK}254/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        self.server_links = [Machine(self, f"server{i}", f"{NETWORK}{i}") for i in (1, 2, 3)]
        self.host_links = [Machine(self, f"host{i}", f"{NETWORK}{10 + i}") for i in (1, 2, 3)]
        routes = ", ".join(f'"nats://{m.address}:6222"' for m in self.server_links)
        self.servers = []
        for m in self.server_links:
            config = (f"server_name: {m.name}\ncluster {{ name: samepage, listen: \"{m.address}:6222\"\n"
                      f"routes: [{routes}] }}\n")
            server = Server(os.path.join(self.folder, m.name), config=config, address=m.address, port=4222,
                            enter=m.enter, jetstream="max_file_store: 2GB")
            self.addCleanup(lambda s=server: s.process and end(s.process))
            self.servers.append(server.start(wait=False))
        for server in self.servers:
            server.wait_until_ready()
        self.wait_leader()
        self.hosts = [Host(self, m.name, enter=m.enter) for m in self.host_links]

    @property
    def urls(self):
        return ",".join(s.url for s in self.servers)

    def leader(self):
        """The number of the server that leads JetStream, None where none does, as seen by those that answer."""
        for server in self.servers:
            if server.process.poll() is None:
                seen = ((server.ask("/jsz") or {}).get("meta_cluster") or {}).get("leader")
                if seen:
                    return [m.name for m in self.server_links].index(seen)
        return None

    def stored(self):
        """What each server has of each stream, as lines of text."""
        lines = []
        for server in self.servers:
            for account in (server.ask("/jsz?streams=1") or {}).get("account_details", []):
                for stream in account["stream_detail"]:
                    state = stream["state"]
                    lines.append(f"{server.address} {stream['name']}: {state['messages']} messages, "
                                 f"{state['first_seq']} to {state['last_seq']}, {state['bytes']} bytes")
        return sorted(lines)

    def wait_leader(self):
        wait_until(lambda: self.leader() is not None,
                   lambda: "no server leads:\n" + "\n".join(s.words() for s in self.servers))
