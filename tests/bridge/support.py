# What the bridge's tests share: servers that can be killed and come back, hosts with names of their own, bridges.
# SPDX-License-Identifier: MIT
import ctypes
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

PROGRAM = os.environ["SAMEPAGE"]
BRIDGE = os.environ["SAMEPAGE_BRIDGE"]
SERVER = os.environ.get("NATS_SERVER", "nats-server")
DEADLINE_S = 100  # for what must come; a slow machine is no failure

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def as_child():
    """In a child: it dies with the test, whatever ends that, and has signals as a terminal's program has them."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Waits until the condition holds, and gives what it returned. `what` says what is missing, or is called to."""
    end = time.monotonic() + deadline_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.01)
    return found


def end(process):
    """Ends it, if it still runs, and closes what it was connected by."""
    if process.poll() is None:
        process.kill()
    process.wait(DEADLINE_S)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


class Server:
    """A nats-server with JetStream. Its port is chosen by itself at the first start, and kept by later ones.

    `config` is more of its configuration, `jetstream` more inside that block; `enter` are words that run a command
    in another network namespace, where `address` and `port` are its own."""

    def __init__(self, folder, config="", jetstream="", address="127.0.0.1", port=-1, enter=(), store=None):
        self.folder, self.config, self.jetstream, self.address = folder, config, jetstream, address
        self.port, self.enter = port, list(enter)
        self.store = store or os.path.join(folder, "store")
        self.log = os.path.join(folder, "log")
        self.process = None
        os.makedirs(folder, exist_ok=True)

    @property
    def url(self):
        return f"nats://{self.address}:{self.port}"

    def start(self, wait=True):
        for old in glob.glob(os.path.join(self.folder, "*.ports")):
            os.unlink(old)
        path = os.path.join(self.folder, "server.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f'listen: "{self.address}:{self.port}"\nhttp: "{self.address}:-1"\n'
                    f'ports_file_dir: "{self.folder}"\nlog_file: "{self.log}"\n'
                    f'jetstream {{ store_dir: "{self.store}"\n{self.jetstream}\n}}\n{self.config}\n')
        with open(self.log, "ab") as log:  # what it says before it has read that it has one
            self.process = subprocess.Popen([*self.enter, SERVER, "-c", path], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=as_child)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self):
        ports = wait_until(self.read_ports, lambda: f"the server didn't start:\n{self.words()}")
        self.port = int(ports["nats"][0].rsplit(":", 1)[1])
        self.monitor = ports["monitoring"][0]

    def read_ports(self):
        assert self.process.poll() is None, f"the server ended:\n{self.words()}"
        for path in glob.glob(os.path.join(self.folder, "*.ports")):
            try:
                with open(path, encoding="utf-8") as f:
                    ports = json.load(f)
            except ValueError:  # half-written
                return None
            return ports if ports.get("nats") and ports.get("monitoring") else None
        return None

    def words(self):
        """The end of its log."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-30:])

    def ask(self, path):
        """What its monitoring says at a path such as /jsz, None if it doesn't answer."""
        try:
            with urllib.request.urlopen(self.monitor + path, timeout=5) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE_S)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Bridge:
    """A samepage-bridge run. What it says is in the file .said."""

    def __init__(self, host, words):
        self.host = host
        self.said = os.path.join(host.folder, f"bridge-{len(host.bridges)}.txt")
        with open(self.said, "wb") as said:
            self.process = host.start_bridge("run", *words, stdout=said, stderr=said)

    def words(self):
        with open(self.said, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_live(self):
        def is_live():
            assert self.process.poll() is None, f"the bridge ended with {self.process.returncode}:\n{self.words()}"
            return "live: " in self.words()
        wait_until(is_live, lambda: f"the bridge isn't live:\n{self.words()}")
        return self

    def wait_says(self, text):
        wait_until(lambda: text in self.words(), lambda: f"the bridge doesn't say {text}:\n{self.words()}")

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def stop(self, status=0):
        """Ends it as a person would: it drains first."""
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        assert self.process.returncode == status, f"{self.process.returncode}:\n{self.words()}"

    def ended(self):
        """Waits for its end. Returns its exit status and what it said."""
        return self.process.wait(DEADLINE_S), self.words()


class Host:
    """A directory of names, a folder of files and a bridge's state: what is one machine's."""

    def __init__(self, case, name, enter=()):
        self.case, self.name, self.enter = case, name, list(enter)
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.folder = tempfile.mkdtemp(prefix=f"samepage-bridge-{name}-", dir=base)
        case.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.names, self.state = os.path.join(self.folder, "names"), os.path.join(self.folder, "state")
        os.mkdir(self.names)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("SAMEPAGE_")}
        self.env.update(SAMEPAGE_DIR=self.names, LC_ALL="C.UTF-8")
        self.bridges = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def popen(self, words, **more):
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": self.env,
                "cwd": self.folder, "preexec_fn": as_child, **more}
        process = subprocess.Popen([*self.enter, *words], **more)
        self.case.addCleanup(end, process)
        return process

    def start(self, *words, **more):
        """Starts samepage there."""
        return self.popen([PROGRAM, *words], **more)

    def hold(self, noun, name, *more):
        """Starts to hold an object; returns when it is there."""
        process = self.start(noun, "hold", name, *more)

        def is_there():
            assert process.poll() is None, f"hold ended with {process.returncode}: {process.stderr.read()}"
            return name in self.samepage("ls", "--names").decode().split()
        wait_until(is_there, f"nobody holds {name}")
        return process

    def start_bridge(self, command, *words, **more):
        """Starts samepage-bridge there; it is this host's by its name and its state."""
        if command in ("run", "takeover"):
            words += ("--host", self.name)
        if command in ("run", "status", "takeover"):
            words += ("--state", self.state)
        return self.popen([BRIDGE, command, *words], **more)

    def finish(self, process, status=0, input=None):
        out, err = process.communicate(input, timeout=DEADLINE_S)
        assert process.returncode == status, (process.args, process.returncode, (out or b"")[:500], (err or b"")[:2000])
        return out, err

    def samepage(self, *words, status=0, input=None, **more):
        """Runs samepage to its end and returns what it printed."""
        if input is not None:
            more["stdin"] = subprocess.PIPE
        return self.finish(self.start(*words, **more), status, input)[0]

    def ask_bridge(self, *words, status=0):
        """Runs another command of samepage-bridge. Returns standard output and standard error as text."""
        out, err = self.finish(self.start_bridge(*words), status)
        return out.decode(), err.decode()

    def bridge(self, server, *words, live=True):
        """Starts a bridge to a server (or to an address); returns when all of it is live."""
        bridge = Bridge(self, ["--server", getattr(server, "url", server), *words])
        self.bridges.append(bridge)
        return bridge.wait_live() if live else bridge

    def status(self):
        """The objects that the bridges of this host carry, as `status --json` tells, by kind:place."""
        rows = json.loads(self.ask_bridge("status", "--json")[0] or "[]")
        return {f"{row['kind']}:{row['place']}": row for row in rows}

    def wait_state(self, place, state, **more):
        """Waits until the object is in that state, and its other members are as given."""
        def is_there():
            row = self.status().get(place, {})
            return row.get("state") == state and all(row.get(k) == v for k, v in more.items())
        wait_until(is_there, lambda: f"{place} isn't {state} {more}: {self.status()}")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="samepage-bridge-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def add_server(self, server):
        """Starts it; it ends with the test."""
        self.addCleanup(lambda: server.process and end(server.process))
        return server.start()

    def server(self, name="server", **more):
        return self.add_server(Server(os.path.join(self.folder, name), **more))

    def host(self, name, **more):
        return Host(self, name, **more)


def main():
    unittest.main(verbosity=1)
