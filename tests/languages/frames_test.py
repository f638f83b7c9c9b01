# The example of three languages: Python sends frames, C++ and Node look at them, and one that is killed stops nobody.
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DEADLINE_S = 120
FRAME = re.compile(r"frame (\d+): 160 x 96, .*\bmissed \d+")


class FramesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp(prefix="samepage-frames-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.env = {**os.environ, "SAMEPAGE_DIR": folder}

    def start(self, *words):
        process = subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.kill)
        return process

    def assert_looks(self, process, frames):
        printed, _ = process.communicate(timeout=DEADLINE_S)
        self.assertEqual(process.returncode, 0)
        lines = printed.splitlines()
        self.assertEqual(len(lines), frames)
        numbers = [int(FRAME.fullmatch(line).group(1)) for line in lines]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_all_see_the_frames(self):
        killed = self.start(os.environ["NODE"], os.environ["FRAMES_DASHBOARD"])
        self.start(sys.executable, "-B", os.environ["FRAMES_PRODUCER"])
        self.assertRegex(killed.stdout.readline(), FRAME)
        killed.kill()
        lookers = [self.start(os.environ["FRAMES_CONSUMER"], "5"),
                   self.start(os.environ["NODE"], os.environ["FRAMES_DASHBOARD"], "5")]
        for looker in lookers:
            self.assert_looks(looker, 5)


if __name__ == "__main__":
    unittest.main()
