# What goes wrong around a bridge: certificates, servers that forget, slow links, those who come too late.
# SPDX-License-Identifier: MIT
import glob
import os
import shutil
import signal
import subprocess
import time

import support
from links import SlowLink

EDITOR = os.environ["BRIDGE_EDITOR"]
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Trouble(support.Case):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.host("a"), self.host("b")

    def digest(self, host):
        process = host.popen([EDITOR, "digest", "stock"])
        out, _ = process.communicate(timeout=support.DEADLINE_S)
        return out if process.returncode == 0 else None

    def wait_equal(self):
        support.wait_until(lambda: self.digest(self.a) and self.digest(self.a) == self.digest(self.b),
                           lambda: f"{self.digest(self.a)} {self.digest(self.b)} {self.b.status()}")

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def make_authority(self, name):
        self.openssl("req", "-x509", *NEW_KEY, "-days", "2",
                     "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def make_certificate(self, name, authority):
        self.openssl("req", *NEW_KEY, "-subj", f"/CN={name}",
                     "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                     "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", f"{name}.pem")

    def file(self, name):
        return os.path.join(self.folder, name)

    @support.unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make certificates with")
    def test_tls(self):
        self.make_authority("authority")
        self.make_authority("stranger")
        for name in ("server", "client"):
            self.make_certificate(name, "authority")
        server = self.server("tls", config=f'tls {{ cert_file: "{self.file("server.pem")}"\n'
                             f'key_file: "{self.file("server.key")}"\nca_file: "{self.file("authority.pem")}"\n'
                             "verify: true }")
        url = server.url.replace("nats://", "tls://")
        known = ["--tls-ca", self.file("authority.pem")]
        own = ["--tls-cert", self.file("client.pem"), "--tls-key", self.file("client.key")]
        self.a.bridge(url, "--origin", "table:stock", *known, *own)
        self.b.bridge(url, "--mirror", "table:stock", *known, *own)
        self.a.samepage("table", "put", "stock", "bolt", "12")
        support.wait_until(lambda: b"12" in self.b.samepage("table", "scan", "stock"), "no bolt")
        out, _ = self.a.ask_bridge("doctor", "--server", url, *known, *own)
        self.assertNotIn("isn't encrypted", out)
        for words in ([*known], ["--tls-ca", self.file("stranger.pem"), *own]):
            status, said = self.host("other").bridge(url, "--mirror", "table:stock", *words, live=False).ended()
            self.assertEqual(status, 6, said)
            self.assertIn("certificate", said)

    def test_tls_is_never_left_away(self):
        server = self.server()  # that has none
        url = server.url.replace("nats://", "tls://")
        status, said = self.a.bridge(url, "--origin", "table:stock", live=False).ended()
        self.assertEqual(status, 6, said)
        self.assertIn("has no TLS", said)
        out, _ = self.a.ask_bridge("doctor", "--server", url, status=1)
        self.assertIn("TLS is wanted, and this server has none", out)

    def test_a_server_that_may_store_no_more(self):
        server = self.server(jetstream="max_file_store: 3MB")
        self.a.hold("table", "stock")
        self.a.hold("channel", "news", "--capacity", "8M")
        self.a.bridge(server, "--origin", "table:stock", "--origin", "channel:news", "--keep", "2M").stop()
        # There is no room for a second such stream, and none is needed.
        self.a.bridge(server, "--origin", "table:stock", "--origin", "channel:news", "--keep", "2M")
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", "20000"]))

        def is_told():
            row = self.a.status()["table:stock"]
            return row["state"] == "connecting" and row["lag"] and "storage is full" in row["error"]
        support.wait_until(is_told, lambda: f"{self.a.status()}")
        self.assertIn("raise the limit (max_file_store", self.a.bridges[-1].words())
        out, _ = self.a.ask_bridge("doctor", "--server", server.url, status=1)
        self.assertIn("storage is full", out)
        server.kill()
        server.jetstream = "max_file_store: 1GB"
        server.start()
        self.b.bridge(server, "--mirror", "table:stock")
        self.b.hold("table", "stock")
        self.wait_equal()

    def test_a_server_that_hangs(self):
        server = self.server()
        self.a.hold("table", "stock")
        self.a.bridge(server, "--origin", "table:stock")
        server.pause()
        self.a.samepage("table", "put", "stock", "bolt", "12")
        support.wait_until(lambda: self.a.status()["table:stock"]["state"] == "connecting", "it still looks live")
        out, _ = self.a.ask_bridge("doctor", "--server", server.url, status=1)
        self.assertIn("says nothing", out)
        server.go_on()
        self.a.wait_state("table:stock", "live", lag=0)

    def test_a_clock_that_is_set(self):
        library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
        if not library:
            self.skipTest("there is no libfaketime to set a clock by (Debian: faketime)")
        clock = self.file("clock")
        own = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

        def set_clock(by):
            with open(clock + ".new", "w", encoding="utf-8") as f:
                f.write(by + "\n")
            os.rename(clock + ".new", clock)
        set_clock("+0")
        try:  # sanitizers refuse it, or never begin
            subprocess.run([support.BRIDGE, "--version"], env=self.a.env | own, capture_output=True, check=True,
                           timeout=20)
        except subprocess.SubprocessError:
            self.skipTest("this build doesn't run with libfaketime")
        server = self.server()
        objects = ("table:stock", "channel:news", "cell:temp")
        hosts = {self.a: "--origin", self.b: "--mirror"}
        for host, way in hosts.items():
            for kind, name in (o.split(":") for o in objects):
                host.hold(kind, name)
            plain = dict(host.env)
            host.env.update(own)
            host.bridge(server, *[word for o in objects for word in (way, o)])
            host.env = plain
        for count, by in enumerate(("+1d", "-1d", "+400d", "+0"), 1):
            set_clock(by)
            self.a.samepage("table", "put", "stock", "bolt", by)
            self.a.samepage("channel", "send", "news", by)
            self.a.samepage("cell", "set", "temp", by)
            for o in objects:
                self.b.wait_state(o, "live", messages=count, error="")
                self.a.wait_state(o, "live", messages=count, error="", lag=0)
        self.assertEqual(self.b.samepage("channel", "listen", "news", "--from", "oldest", "--count", "4"),
                         b"+1d\n-1d\n+400d\n+0\n")
        # Not even the connection was lost: nothing was begun again.
        for host in hosts:
            self.assertEqual(host.bridges[0].words().count(" resync\n"), len(objects), host.bridges[0].words())

    def test_a_bridge_that_is_stopped_for_a_while(self):
        server = self.server()
        for host in (self.a, self.b):
            host.hold("channel", "news", "--capacity", "1M")
        bridges = [self.a.bridge(server, "--origin", "channel:news"),
                   self.b.bridge(server, "--mirror", "channel:news")]
        for bridge in bridges:
            bridge.process.send_signal(signal.SIGSTOP)
        self.a.samepage("channel", "send", "news", "-", input=b"".join(b"%d\n" % n for n in range(3000)))
        time.sleep(5)  # longer than a bridge waits for an acknowledgement or a heartbeat
        for bridge in bridges:
            bridge.process.send_signal(signal.SIGCONT)
        out = self.b.samepage("channel", "listen", "news", "--from", "oldest", "--count", "3000")
        self.assertEqual(out, b"".join(b"%d\n" % n for n in range(3000)))

    def test_a_state_that_is_garbage(self):
        os.mkdir(self.a.state)
        with open(os.path.join(self.a.state, "state.page"), "wb") as f:
            f.write(os.urandom(5000))
        status, said = self.a.bridge("nats://127.0.0.1:1", "--origin", "table:stock", live=False).ended()
        self.assertEqual(status, 8)
        self.assertIn("remove it", said)
        self.assertIn("remove it", self.a.ask_bridge("status", status=8)[1])

    def test_a_state_that_is_a_file(self):
        with open(self.a.state, "wb"):
            pass
        status, said = self.a.bridge("nats://127.0.0.1:1", "--origin", "table:stock", live=False).ended()
        self.assertEqual(status, 1)
        self.assertIn(f"{self.a.state}: Not a directory; choose another directory with --state", said)
        _, said = self.a.ask_bridge("status", status=1)
        self.assertIn(f"{self.a.state} is no directory; --state names the one", said)

    @support.unittest.skipUnless(os.geteuid() or shutil.which("setpriv"), "there is no setpriv to be another user by")
    def test_a_state_of_another_user(self):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        host = self.host("other", enter=[] if os.geteuid() else nobody)
        host.state = "/usr"
        status, said = host.bridge("nats://127.0.0.1:1", "--origin", "table:stock", live=False).ended()
        self.assertEqual(status, 6, said)
        self.assertIn("Permission denied; choose another directory with --state", said)

    def test_another_kind_of_object_stands_there(self):
        server = self.server()
        cells = [host.hold("cell", "stock") for host in (self.a, self.b)]
        origin = self.a.bridge(server, "--origin", "table:stock", live=False)
        origin.wait_says("stock is a cell")
        support.end(cells[0])
        origin.wait_live()
        mirror = self.b.bridge(server, "--mirror", "table:stock", live=False)
        mirror.wait_says("stock is a cell")
        self.b.wait_state("table:stock", "connecting")
        support.end(cells[1])
        mirror.wait_live()
        self.a.hold("table", "stock")
        self.b.hold("table", "stock")
        self.a.samepage("table", "put", "stock", "bolt", "12")
        self.b.wait_state("table:stock", "live", messages=1)

    def test_a_slow_link(self):
        server = self.server()
        link = SlowLink(self, server.port)
        self.a.hold("table", "stock")
        self.a.hold("channel", "news")
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", "300"]))
        self.a.bridge(link, "--origin", "table:stock", "--origin", "channel:news")
        self.b.bridge(link, "--mirror", "table:stock", "--mirror", "channel:news")
        listener = self.b.start("channel", "listen", "news", "--from", "oldest", "--count", "2000")
        lines = "".join(f"{n}\n" for n in range(2000)).encode()
        self.a.samepage("channel", "send", "news", "-", input=lines)
        self.assertEqual(self.b.finish(listener)[0], lines)
        self.wait_equal()

    def test_who_comes_after_what_servers_keep_is_told(self):
        server = self.server()
        self.a.hold("channel", "news", "--capacity", "16M")
        self.b.hold("channel", "news", "--capacity", "16M")
        self.a.bridge(server, "--origin", "channel:news", "--keep", "1M")
        mirror = self.b.bridge(server, "--mirror", "channel:news")
        sent = [f"{n} {'x' * 1000}" for n in range(5000)]
        self.a.samepage("channel", "send", "news", "-", input="".join(f"{line}\n" for line in sent[:10]).encode())
        self.b.wait_state("channel:news", "live", messages=10)
        mirror.stop()
        self.a.samepage("channel", "send", "news", "-", input="".join(f"{line}\n" for line in sent[10:]).encode())
        self.a.wait_state("channel:news", "live", lag=0, messages=len(sent))
        self.b.bridge(server, "--mirror", "channel:news").wait_says("lost ")
        row = {}

        def is_told():
            row.update(self.b.status()["channel:news"])
            return row["state"] == "live" and row["lag"] == 0 and row["lost"] > 3000
        support.wait_until(is_told, lambda: f"{row}")
        came = self.b.samepage("channel", "listen", "news", "--from", "oldest", "--count",
                               str(len(sent) - row["lost"])).decode().splitlines()
        self.assertEqual(came, sent[:10] + sent[10 + row["lost"]:])

    def test_a_server_that_forgets_what_it_acknowledged(self):
        server = self.server()
        self.a.hold("table", "stock")
        self.b.hold("table", "stock")
        origin = self.a.bridge(server, "--origin", "table:stock")
        mirror = self.b.bridge(server, "--mirror", "table:stock")
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", "100"]))
        self.wait_equal()
        server.stop()
        shutil.copytree(server.store, self.file("older"))
        server.start()
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", "2500"]))
        self.wait_equal()
        mirror.stop()
        origin.stop()
        server.stop()
        shutil.rmtree(server.store)
        shutil.move(self.file("older"), server.store)
        server.start()
        # The origin tells again what the server lacks, under numbers that the mirror has seen, among it this erasure.
        self.a.finish(self.a.popen([EDITOR, "fill", "stock", "8000"]))
        self.a.samepage("table", "erase", "stock", "record 5")
        self.a.bridge(server, "--origin", "table:stock")
        self.a.wait_state("table:stock", "live", lag=0)
        self.b.bridge(server, "--mirror", "table:stock")
        self.wait_equal()


if __name__ == "__main__":
    support.main()
