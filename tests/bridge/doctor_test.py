# samepage-bridge doctor: each thing that can be wrong, and that what it says to do suffices.
# SPDX-License-Identifier: MIT
import json
import re
import socket
import threading

from client import Client
from support import Case, main

OBJECTS = ["--origin", "table:stock", "--origin", "channel:news", "--origin", "cell:temp"]


class Doctor(Case):
    def doctor(self, url, *words, status=0):
        """What it finds, and checks that nothing bad is without words of what to do."""
        found = json.loads(self.host("here").ask_bridge("doctor", "--server", url, "--json", *words, status=status)[0])
        for f in found:
            self.assertTrue(f["text"] and (f["fix"] or f["level"] == "good"), f)
        self.assertEqual(status, 1 if any(f["level"] == "bad" for f in found) else 0, found)
        return found

    def bad(self, *words):
        found = [f for f in self.doctor(*words, status=1) if f["level"] == "bad"]
        self.assertTrue(found, words)
        return found

    def one_bad(self, subject, text, *words):
        found = self.bad(*words)
        self.assertEqual([f["subject"] for f in found], [subject], found)
        self.assertIn(text, found[0]["text"])

    def login(self, server, user):
        return server.url.replace("//", f"//{user}:{user}@")

    def test_all_is_well(self):
        server = self.server()
        found = self.doctor(server.url, *OBJECTS)
        self.assertLessEqual({server.url, "login", "permissions", "JetStream", "storage"},
                             {f["subject"] for f in found if f["level"] == "good"})
        for line in self.host("here").ask_bridge("doctor", "--server", server.url)[0].splitlines():
            self.assertRegex(line, "^(good|note)  ")
        self.assertEqual(server.ask("/jsz")["streams"], 0, "it left a stream behind")

    def test_it_leaves_what_is_there(self):
        server = self.server()
        here = self.host("here")
        for noun, name in (("table", "stock"), ("channel", "news"), ("cell", "temp")):
            here.hold(noun, name)
        here.bridge(server, *OBJECTS)
        here.samepage("table", "put", "stock", "bolt", "12")
        here.samepage("channel", "send", "news", "hello")
        here.samepage("cell", "set", "temp", "21")
        for place, revision in (("table:stock", 1026), ("channel:news", 2), ("cell:temp", 1026)):
            here.wait_state(place, "live", revision=revision)
        client = Client(self, server)
        streams = ("KV_sp-samepage-table-stock", "SP_samepage_channel_news", "KV_sp-samepage-cell-temp")
        before = [client.state(stream) for stream in streams]
        self.doctor(server.url, *OBJECTS)
        self.assertEqual([client.state(stream) for stream in streams], before)

    def test_nobody_there(self):
        with socket.socket() as s:  # a port that nobody listens at, and that nobody gets meanwhile
            s.bind(("127.0.0.1", 0))
            url = f"nats://127.0.0.1:{s.getsockname()[1]}"
            self.one_bad(url, "Connection refused", url)
        self.one_bad("nats://nowhere.invalid", "nowhere.invalid", "nats://nowhere.invalid")

    def greeted_by(self, line):
        """The address of something that takes a connection and says this line."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            with listener.accept()[0] as s:
                s.sendall(line)
                s.recv(1)  # until the other end has gone
        threading.Thread(target=serve, daemon=True).start()
        return f"nats://127.0.0.1:{listener.getsockname()[1]}"

    def test_something_else_there(self):
        for line in (b"SSH-2.0-OpenSSH\r\n", b"INFO {}\r\n", b"INFO [1\r\n", b'INFO {"version":1}\n', b"\n"):
            url = self.greeted_by(line)
            self.one_bad(url, "no NATS server", url)

    def test_a_server_that_is_too_old(self):
        url = self.greeted_by(b'INFO {"version":"2.8.4","max_payload":1048576,"jetstream":true}\r\n')
        found = self.bad(url)
        self.assertEqual(found[0]["subject"], url)
        self.assertIn("2.8.4 is older than", found[0]["text"])

    def test_a_user_that_is_refused(self):
        server = self.server(config="authorization { users: [ {user: a, password: a} ] }")
        for url in (server.url, self.login(server, "b")):
            found = self.bad(url)
            self.assertEqual([f["subject"] for f in found], ["login"])
            self.assertIn("refuses this user", found[0]["text"])
            self.assertNotIn("b:b@", str(found))
        # And run ends instead of waiting for ever.
        status, said = self.host("a").bridge(self.login(server, "b"), "--origin", "cell:x", live=False).ended()
        self.assertEqual(status, 6, said)
        self.assertIn("refuses this user", said)
        self.assertNotIn("b:b@", said)

    def test_an_account_without_jetstream(self):
        server = self.server(config="accounts { A: { jetstream: enabled, users: [ {user: a, password: a} ] }\n"
                                    "B: { users: [ {user: b, password: b} ] } }")
        self.one_bad("JetStream", "JetStream is off", self.login(server, "b"))
        self.doctor(self.login(server, "a"))

    def test_an_account_that_is_full(self):
        server = self.server(config="accounts { A: { jetstream: { max_streams: 2, max_disk: 8MB }\n"
                                    "users: [ {user: a, password: a} ] } }")
        self.one_bad("streams", "0 of 2 are there, and 3 more", self.login(server, "a"), *OBJECTS)
        self.doctor(self.login(server, "a"), *OBJECTS[:4])

    def test_a_server_without_space(self):
        server = self.server(jetstream="max_file_store: 100KB")
        self.one_bad("storage", "insufficient", server.url)

    def test_replicas_of_a_server_that_is_alone(self):
        found = self.bad(self.server().url, "--replicas", "3")
        self.assertEqual({f["subject"] for f in found}, {"replicas", "storage"})

    def allowed(self, name, found):
        """The user `name` with what doctor has said to allow, in the server's configuration."""
        subjects = {"publish": [], "subscribe": []}
        for f in found:
            self.assertEqual(f["subject"], "permission", f)
            self.assertIn("only silence", f["text"])
            verb, subject = re.search('allow (publish|subscribe): ("[^"]+")$', f["fix"]).groups()
            subjects[verb].append(subject)
        lists = ", ".join(f"{verb}: {{ allow: [{', '.join(s)}] }}" for verb, s in subjects.items())
        return f"{{ user: {name}, password: {name}, permissions: {{ {lists} }} }}"

    def test_what_it_says_to_allow_suffices(self):
        def users(*more):
            return ("accounts { A: { jetstream: enabled, users: [ " + ", ".join(
                ["{ user: none, password: none, permissions: { publish: { deny: [\">\"] }, subscribe: { deny: "
                 "[\">\"] } } }", *more]) + " ] } }")

        mirrors = [w.replace("--origin", "--mirror") for w in OBJECTS]
        server = self.server(config=users())
        known = {}
        for name, words in (("there", OBJECTS), ("here", mirrors)):
            known[name] = self.allowed(name, self.bad(self.login(server, "none"), *words))
        server.stop()
        server.config = users(*known.values())
        server.start()
        there, here = self.host("there"), self.host("here")
        for host, words in ((there, OBJECTS), (here, mirrors)):
            self.doctor(self.login(server, host.name), *words)
            for words_of_noun in (("table", "stock", "--history", "64K"), ("channel", "news"),
                                  ("cell", "temp", "--capacity", "64")):
                host.hold(*words_of_noun)
        there.bridge(self.login(server, "there"), *OBJECTS)
        here.bridge(self.login(server, "here"), *mirrors)


main()
