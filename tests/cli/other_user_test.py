# Other users: their objects, their files, and directories where somebody squats.
# SPDX-License-Identifier: MIT
import os
import unittest

from support import PROGRAM, Case, main

NOBODY = 65534


def reachable_for_others(path):
    while path != "/":
        path = os.path.dirname(path)
        if not os.stat(path).st_mode & 0o001:
            return False
    return True


class Squatting(Case):
    def own_folder(self):
        return os.path.join(self.dir, f"samepage-{os.getuid()}")

    def refuse_all(self):
        for words in (["share", "t", "x"], ["read", "t"], ["ls"], ["hold", "t"]):
            self.refused(6, *words)

    def test_a_link_in_the_directorys_place(self):
        elsewhere = os.path.join(self.files, "elsewhere")
        os.mkdir(elsewhere, 0o700)
        os.symlink(elsewhere, self.own_folder())
        self.refuse_all()
        self.assertEqual(os.listdir(elsewhere), [])

    def test_a_directory_that_others_may_write(self):
        os.mkdir(self.own_folder())
        os.chmod(self.own_folder(), 0o777)
        self.refuse_all()
        self.assertEqual(os.listdir(self.own_folder()), [])

    def test_a_file_in_its_place(self):
        with open(self.own_folder(), "wb"):
            pass
        self.assertNotEqual(self.start("share", "t", "x").wait(100), 0)

    @unittest.skipIf(os.getuid() != 0, "giving away needs root")
    def test_somebody_elses_directory(self):
        os.mkdir(self.own_folder(), 0o700)
        os.chown(self.own_folder(), NOBODY, NOBODY)
        self.refuse_all()
        self.assertEqual(os.listdir(self.own_folder()), [])


@unittest.skipIf(os.getuid() != 0, "becoming nobody needs root")
@unittest.skipIf(not reachable_for_others(os.path.realpath(PROGRAM)), "nobody may not enter the build's directory")
class Nobody(Case):
    AS_NOBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}

    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o1777)
        os.chmod(self.files, 0o755)

    def test_names_are_each_users_own(self):
        self.share("share", "t", "root's")
        self.assertIn("65534", self.refused(3, "read", "t", **self.AS_NOBODY))
        self.share("share", "t", "nobody's", **self.AS_NOBODY)
        self.assertEqual(self.samepage("read", "t"), b"root's\n")
        self.assertEqual(self.samepage("read", "t", **self.AS_NOBODY), b"nobody's\n")

    def test_another_users_object(self):
        self.share("share", "t", "secret")
        path = os.path.join(self.dir, "samepage-0", "t")
        for words in (["read", path], ["write", path, "x"], ["share", path, "x"], ["info", path]):
            self.refused(6, *words, **self.AS_NOBODY)
        self.assertEqual(self.samepage("read", "t"), b"secret\n")

    def test_another_users_file(self):
        path = self.file("f", b"to be read")
        os.chmod(path, 0o644)
        self.assertEqual(self.samepage("read", path, **self.AS_NOBODY), b"to be read\n")
        self.refused(6, "write", path, "x", **self.AS_NOBODY)
        self.refused(6, "share", path, "x", **self.AS_NOBODY)
        os.chmod(path, 0o600)
        self.refused(6, "read", path, **self.AS_NOBODY)
        self.refused(6, "share", os.path.join(self.files, "new"), "x", **self.AS_NOBODY)
        with open(path, "rb") as f:
            self.assertEqual(f.read(), b"to be read")


main()
