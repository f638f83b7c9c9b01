# SharedMemory in place of CPython's: what is the same, what is not, and who cleans up.
# SPDX-License-Identifier: MIT
import multiprocessing
import multiprocessing.shared_memory
import pickle
import unittest

from support import DEADLINE, Other

import samepage
from samepage import SharedMemory


def change(block: SharedMemory) -> None:
    block.buf[:5] = b"child"
    block.close()


class SameAsCPythonTest(unittest.TestCase):
    """Each of these is asked of both."""

    CLASSES = (SharedMemory, multiprocessing.shared_memory.SharedMemory)

    def test_create_and_attach(self) -> None:
        for noun in self.CLASSES:
            with self.subTest(noun):
                one = noun("samepage_same", create=True, size=512)
                two = noun("samepage_same")
                self.assertEqual((one.name, two.name, one.size, len(two.buf)), ("samepage_same",) * 2 + (512, 512))
                one.buf[7] = 42
                self.assertEqual(two.buf[7], 42)
                self.assertIsInstance(one.buf, memoryview)
                two.buf[:3] = b"abc"
                self.assertEqual(bytes(one.buf[:3]), b"abc")
                with self.assertRaises(FileExistsError):
                    noun("samepage_same", create=True, size=512)
                two.close()
                two.close()
                self.assertIsNone(two.buf)
                one.close()
                one.unlink()
                with self.assertRaises(FileNotFoundError):
                    noun("samepage_same")

    def test_names_of_its_own(self) -> None:
        for noun in self.CLASSES:
            with self.subTest(noun):
                one, two = noun(create=True, size=10), noun(create=True, size=10)
                self.assertNotEqual(one.name, two.name)
                again = noun(one.name)
                for block in (again, one, two):
                    block.close()
                one.unlink()
                two.unlink()

    def test_what_is_no_argument(self) -> None:
        for noun in self.CLASSES:
            for arguments in ({}, {"create": True}, {"create": True, "size": -1}, {"name": "x", "create": True}):
                with self.subTest((noun, arguments)), self.assertRaises(ValueError):
                    noun(**arguments)
            with self.assertRaises(AttributeError):
                block = noun(create=True, size=1)
                try:
                    block.name = "new"
                finally:
                    block.close()
                    block.unlink()

    def test_close_is_refused_while_it_is_looked_at(self) -> None:
        for noun in self.CLASSES:
            with self.subTest(noun):
                block = noun(create=True, size=10)
                view = block.buf[2:5]
                with self.assertRaises(BufferError):
                    block.close()
                view.release()
                block.close()
                block.unlink()


class LifetimeTest(unittest.TestCase):
    def test_children(self) -> None:
        for method in ("fork", "forkserver", "spawn"):
            with self.subTest(method):
                block = SharedMemory(create=True, size=10)
                child = multiprocessing.get_context(method).Process(target=change, args=(block,))
                child.start()
                child.join(DEADLINE)
                self.assertEqual((child.exitcode, bytes(block.buf[:5])), (0, b"child"))
                block.close()

    def test_a_killed_creator_leaves_nothing_and_takes_nothing_from_others(self) -> None:
        with Other("b = SharedMemory('killed', create=True, size=100); b.buf[0] = 9; say('made'); hear()") as other:
            other.line()
            mine = SharedMemory("killed")
            other.kill()
        self.assertEqual((mine.buf[0], SharedMemory("killed").size), (9, 100))
        mine.close()
        with self.assertRaises(FileNotFoundError):
            SharedMemory("killed")

    def test_a_user_that_ends_or_unlinks_takes_nothing_from_others(self) -> None:
        block = SharedMemory("used", create=True, size=100)
        for end in ("", "b.unlink()", "b.close(); b.unlink()"):
            with Other(f"b = SharedMemory('used'); b.buf[0] += 1; {end}") as other:
                self.assertEqual(other.end(), 0)
        with Other("b = SharedMemory('used'); say(b.buf[0])") as other:
            self.assertEqual(other.line(), "3")
        block.close()

    def test_it_is_a_region(self) -> None:
        block = SharedMemory("region", create=True, size=100)
        samepage.Region.open("region").write_text("text")
        self.assertEqual(bytes(block.buf[:5]), b"text\0")
        self.assertEqual(pickle.loads(pickle.dumps(block)).name, "region")


if __name__ == "__main__":
    unittest.main()
