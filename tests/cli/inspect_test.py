# ls, info, holders, clean, doctor, version, completion, help: what they print, for people and as JSON.
# SPDX-License-Identifier: MIT
import fcntl
import json
import os
import signal
import struct
import subprocess

from support import PROGRAM, Case, main


class Inspect(Case):
    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def test_ls(self):
        self.assertEqual(self.samepage("ls"), b"")
        self.assertEqual(json.loads(self.samepage("ls", "--json")), [])
        self.share("share", "b", "x")
        self.share("share", "a", "x", "--size", "64K")
        self.share("hold", "a")
        rows = [line.split() for line in self.samepage("ls").decode().splitlines()]
        self.assertEqual(rows[0], ["NAME", "KIND", "SIZE", "HOLDERS", "STATE", "PLACE"])
        self.assertEqual([row[:5] for row in rows[1:]],
                         [["a", "region", "64", "KiB", "2"], ["b", "region", "4", "KiB", "1"]])
        found = json.loads(self.samepage("ls", "--json"))
        self.assertEqual([(o["name"], o["kind"], o["size_bytes"], o["holders"]) for o in found],
                         [("a", "region", 65536, 2), ("b", "region", 4096, 1)])
        self.assertTrue(all(o["place"].startswith(self.dir) for o in found))
        self.assertEqual(self.samepage("ls", "--names"), b"a\nb\n")

    def test_what_others_have_named_plays_no_tricks(self):
        self.share("share", "t", "x")
        folder = os.path.dirname(json.loads(self.samepage("info", "t", "--json"))["place"])
        # Such a name can't be made with samepage, but with an editor, and held as samepage holds.
        evil = "evil\n\x1b[2Jname\x7f\u009b"
        held = os.open(os.path.join(folder, evil), os.O_RDWR | os.O_CREAT, 0o600)
        self.addCleanup(os.close, held)
        life_byte = 2 ** 62 + 1
        fcntl.fcntl(held, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, life_byte, 1, 0))
        self.assertEqual(self.samepage("ls", "--names").decode(), "evil??[2Jname??\nt\n")
        self.assertNotIn(b"\x1b", self.samepage("ls"))
        self.assertEqual(json.loads(self.samepage("ls", "--json"))[0]["name"], evil)

    def test_a_damaged_header_is_no_region(self):
        self.share("cell", "hold", "t")
        with open(json.loads(self.samepage("info", "t", "--json"))["place"], "r+b") as f:
            f.write(b"x")
        self.assertEqual(json.loads(self.samepage("ls", "--json"))[0]["kind"], "unknown")
        self.assertIn(b"unknown", self.samepage("info", "t"))
        self.refused(8, "read", "t")
        self.refused(8, "hold", "t")

    def test_info_and_holders(self):
        one = self.share("share", "größe", "x")
        two = self.share("hold", "größe")
        info = json.loads(self.samepage("info", "größe", "--json"))
        self.assertEqual((info["name"], info["scope"], info["kind"], info["size_bytes"]),
                         ("größe", "local", "region", 4096))
        self.assertEqual({h["pid"] for h in info["holders"]}, {one.pid, two.pid})
        self.assertTrue(os.path.exists(info["place"]))
        text = self.samepage("info", "größe").decode()
        self.assertIn("4 KiB (4096 bytes)", text)
        self.assertIn(str(one.pid), text)
        holders = json.loads(self.samepage("holders", "größe", "--json"))
        self.assertEqual({(h["pid"], h["command"]) for h in holders["holders"]},
                         {(one.pid, "samepage"), (two.pid, "samepage")})
        # What /proc shows isn't one moment's: when others lock and unlock much, a look may take itself for incomplete.
        self.wait_until(lambda: json.loads(self.samepage("holders", "größe", "--json"))["complete"], "all are seen")
        self.assertIn(str(two.pid), self.samepage("holders", "größe", messages=True).decode())
        for command in ("info", "holders"):
            self.refused(3, command, "nobody-has-it")
            self.refused(3, command, "./nowhere")
        self.assertEqual(json.loads(self.samepage("info", self.file("f", b"123"), "--json"))["scope"], "path")

    def test_clean(self):
        self.kill(self.share("share", "a", "x"))
        self.kill(self.share("share", "b", "x", "--size", "64K"))
        kept = self.share("share", "c", "x")
        freed = json.loads(self.samepage("clean", "--json"))
        # A create frees one leftover on its way, so that one of the two may be gone already.
        self.assertIn(freed["freed_objects"], (1, 2))
        self.assertGreaterEqual(freed["freed_bytes"], 4096)
        self.assertEqual(json.loads(self.samepage("clean", "--json")), {"freed_bytes": 0, "freed_objects": 0})
        self.assertEqual(self.samepage("clean"), b"freed 0 bytes: there was nothing left behind\n")
        self.assertEqual(self.samepage("read", "c"), b"x\n")
        self.kill(kept)
        self.assertRegex(self.samepage("clean"), rb"^freed [1-9][0-9]* bytes of 1 object\n$")

    def test_doctor(self):
        findings = json.loads(self.samepage("doctor", "--json"))
        self.assertGreater(len(findings), 3)
        for f in findings:
            self.assertIn(f["level"], ("good", "note", "bad"))
            self.assertTrue(f["subject"] and f["text"])
            self.assertEqual(f["level"] == "good", f["fix"] == "", f)
        self.assertEqual(len(self.samepage("doctor").splitlines()), len(findings))
        self.env["SAMEPAGE_DIR"] = "/nowhere/at/all"
        worse = json.loads(self.finish(self.start("doctor", "--json"), 1)[0])
        self.assertTrue(any(f["level"] == "bad" and "/nowhere/at/all" in f["text"] for f in worse))

    def test_version_and_help(self):
        self.assertRegex(self.samepage("version"), rb"^samepage [0-9]+\.[0-9]+\.[0-9]+\n$")
        self.assertEqual(self.samepage("--version"), self.samepage("version"))
        self.assertEqual(json.loads(self.samepage("version", "--json"))["name"], "samepage")
        for words in (["--help"], ["-h"], ["help"]):
            self.assertIn(b"samepage share hello", self.samepage(*words))
        for words in (["share", "--help"], ["help", "share"], ["share", "-h", "t"], ["region", "share", "--help"]):
            self.assertIn(b"--size SIZE", self.samepage(*words))
        self.assertIn(b"[-- CMD ARG...]", self.samepage("share", "--help"))
        self.assertIn(b"region hold", self.samepage("help", "region"))
        self.assertEqual(self.samepage("help", "region"), self.samepage("region", "--help"))

    def test_every_command_has_help(self):
        listed = self.samepage("--help").decode().split("a file that stays.")[1].splitlines()
        commands = [line.rsplit("  ", 1)[0] for line in listed if line.startswith("  ")]
        self.assertGreater(len(commands), 12)
        for line in commands:
            words = [w for w in line.split("  ") if w][0].split()
            if words == ["bridge"]:
                continue  # another program, which may not be here
            self.assertIn(b"--json", self.samepage(*words, "--help"))

    def test_wrong_commands(self):
        self.assertIn("did you mean share", self.refused(2, "shre"))
        self.assertIn("did you mean hold", self.refused(2, "region", "hodl"))
        self.refused(2)
        self.refused(2, "region")
        self.refused(2, "ls", "too", "much")
        self.refused(2, "read", "--json=1", "t")
        self.assertIn("not a time", self.refused(2, "read", "t", "--wait", "abc"))
        self.assertIn("one word too many", self.refused(2, "read", "t", "abc", "--wait"))
        self.refused(6, "--global", "read", "t")
        self.assertEqual(json.loads(self.samepage("--json", "ls")), [])
        self.refused(2, "--global")

    def test_errors_are_json_too(self):
        for words, status, code in ((["read", "t", "--json"], 3, "not_found"), (["read", "--json"], 2, "usage"),
                                    (["nonsense", "--json"], 2, "usage"),
                                    (["read", "t", "--wait=1ms", "--json"], 4, "timed_out"),
                                    (["hold", "t", "--json", "--", "true"], 125, "not_found")):
            out, err = self.finish(self.start(*words), status)
            answer = json.loads(err)
            self.assertEqual((out, answer["error"], answer["exit_status"]), (b"", code, status))
            self.assertTrue(answer["message"])

    def complete(self, *words):
        """What bash offers after these words."""
        script = 'source <("$SAMEPAGE" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _samepage; ' \
                 'printf "%s\\n" "${COMPREPLY[@]}"'
        out = subprocess.run(["bash", "-c", script, "bash", PROGRAM, *words], env=self.env, cwd=self.files,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=100).stdout
        return out.decode().split("\n")[:-1]

    def test_completion(self):
        self.assertEqual(self.complete("sha"), ["share"])
        self.assertEqual(self.complete("region", "wr"), ["write"])
        self.assertEqual(self.complete("share", "t", "--siz"), ["--size"])
        self.assertEqual(self.complete("region", "hold", "t", "--whi"), ["--while-pid"])
        self.share("share", "stock", "x")
        self.share("share", "with space", "x")
        self.assertEqual(self.complete("read", "sto"), ["stock"])
        self.assertEqual(self.complete("read", "with"), ["with\\ space"])
        self.file("page.bin")
        self.assertEqual(self.complete("read", "./pa"), ["./page.bin"])
        self.refused(2, "completion", "fish")

    def test_colour_only_on_terminals(self):
        self.assertNotIn(b"\x1b", self.samepage("doctor"))
        self.env["TERM"] = "xterm"
        shown = []
        for no_color in ("", "1"):
            self.env["NO_COLOR"] = no_color
            t = self.terminal("doctor")
            t.wait_for(b"memory")
            t.wait_for(b"\n")
            t.process.wait(100)
            shown.append(b"\x1b[" in t.shown)
        self.assertEqual(shown, [True, False])

    def test_an_empty_list_gives_a_hint_on_a_terminal(self):
        self.terminal("ls").wait_for(b"Nothing is shared at the moment")


main()
