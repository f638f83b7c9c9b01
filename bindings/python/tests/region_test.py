# Regions from Python: text, buffers, windows, names and files, other processes.
# SPDX-License-Identifier: MIT
import os
import tempfile
import unittest

from support import Other, until

import samepage
from samepage import Region


class RegionTest(unittest.TestCase):
    def test_text_goes_to_another_process_and_back(self) -> None:
        with Region("hello", 4096) as region:
            region.write_text("some text")
            with Other("r = Region.open('hello'); say(r.read_text()); r.write_text('ça va'); say('done')") as other:
                self.assertEqual(other.line(), "some text")
                self.assertEqual(other.line(), "done")
            self.assertEqual(region.read_text(), "ça va")

    def test_lives_as_long_as_its_last_holder(self) -> None:
        first = Region("lives", 100)
        with Other("r = Region.open('lives'); say(r.created); hear()") as other:
            self.assertEqual(other.line(), "False")
            first.close()
            Region.open("lives").close()
            other.kill()
        with self.assertRaises(FileNotFoundError):
            Region.open("lives")
        with Region("lives", 100) as again:
            self.assertTrue(again.created)

    def test_killed_holder_frees_the_name(self) -> None:
        with Other("r = Region('killed', 4096); r.write_text('x'); say('held'); hear()") as other:
            other.line()
            self.assertEqual(Region.open("killed").read_text(), "x")
            other.kill()
        with self.assertRaises(samepage.NotFound):
            Region.open("killed")

    def test_is_a_buffer_of_the_shared_bytes(self) -> None:
        with Region("bytes", 64) as one, Region.open("bytes") as two:
            view = memoryview(one)
            self.assertEqual((view.nbytes, view.readonly, view.format, len(one)), (64, False, "B", 64))
            view[3:6] = b"abc"
            with two.buf as seen:
                self.assertEqual(bytes(seen[3:6]), b"abc")
            view.release()

    def test_close_is_refused_while_bytes_are_used(self) -> None:
        region = Region("used", 64)
        view = region.buf
        part = view[2:4]
        view.release()
        with self.assertRaises(BufferError):
            region.close()
        self.assertFalse(region.closed)
        part.release()
        region.close()
        region.close()
        self.assertTrue(region.closed)

    def test_bytes_outlive_the_variable(self) -> None:
        view = Region("kept", 16).buf
        view[0] = 7
        self.assertEqual(Region.open("kept").buf[0], 7)
        del view
        with self.assertRaises(samepage.NotFound):
            Region.open("kept")

    def test_read_only(self) -> None:
        with Region("reader", 64) as region, Region.open("reader", read_only=True) as reader:
            self.assertTrue(reader.read_only)
            with reader.buf as view:
                self.assertTrue(view.readonly)
                with self.assertRaises(TypeError):
                    view[0] = 1
            with self.assertRaises(PermissionError):
                reader.write_text("x")
            region.write_text("seen")
            self.assertEqual(reader.read_text(), "seen")

    def test_long_text_and_offsets(self) -> None:
        with Region("long", 100_000) as region:
            text = "é" * 40_000
            region.write_text(text, 5)
            self.assertEqual(region.read_text(5), text)
            self.assertEqual(region.read_text(), "")
            with self.assertRaises(samepage.TooLarge):
                region.write_text("x" * 100_000)
            with self.assertRaises(ValueError):
                region.write_text("a\0b")
            with self.assertRaises(samepage.InvalidArgument):
                region.read_text(200_000)

    def test_windows(self) -> None:
        with Region("windows", 300_000) as region:
            window = region.map(5000, 100)
            self.assertEqual(len(window), 100)
            with memoryview(window) as view:
                view[:3] = b"abc"
                with self.assertRaises(BufferError):
                    window.close()
            with region.buf as view:
                self.assertEqual(bytes(view[5000:5003]), b"abc")
            with window:
                pass
            with self.assertRaises(samepage.Closed):
                memoryview(window)
            self.assertEqual(len(region.map(299_000)), 1000)
            with self.assertRaises(samepage.InvalidArgument):
                region.map(300_001)

    def test_files_stay(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stays.page")
            with Region(path, 128) as region:
                region.write_text("on disk")
                region.flush()
            with Region.open(os.fsencode(path)) as region:
                self.assertEqual(region.read_text(), "on disk")
            with Region("named", 128, path) as named:
                self.assertEqual(named.read_text(), "on disk")
            with open(path, "r+b") as file, Region.from_native(file.fileno()) as adopted:
                self.assertEqual((adopted.place, adopted.read_text(), len(adopted)), (None, "on disk", 128))

    def test_anonymous_is_shared_with_a_forked_child(self) -> None:
        with Region.anonymous(64) as region:
            child = os.fork()
            if child == 0:
                region.write_text("from the child")
                os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(region.read_text(), "from the child")

    def test_create_new_and_wrong_kind(self) -> None:
        with Region.create_new("new", 10):
            with self.assertRaises(FileExistsError):
                Region.create_new("new", 10)
            with self.assertRaises(samepage.WrongKind):
                samepage.Cell("new")

    def test_lost_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with Region(os.path.join(folder, "lost.page"), 10) as region:
                region.check_name()
                os.unlink(os.path.join(folder, "lost.page"))
                with self.assertRaises(samepage.LostName):
                    region.check_name()

    def test_refuses_what_is_no_argument(self) -> None:
        for arguments in [(), (1, 2), ("x",), ("x", -1), ("x", 1.5), ("x", None), (b"\xff", 1), ("a\0b", 1), ("", 1),
                          ("a" * 300, 1), ("x", 2**64), ("x", 0)]:
            with self.subTest(arguments), self.assertRaises((TypeError, ValueError, OverflowError)):
                Region(*arguments)  # type: ignore[arg-type]
        with self.assertRaises(TypeError):
            Region("x", 1, sise=2)  # type: ignore[call-arg]
        with self.assertRaises(ValueError):
            Region("x", 1, timeout=-1)
        with self.assertRaises(ValueError):
            Region("x", 1, timeout=float("nan"))

    def test_waiting_for_bytes_of_another_process(self) -> None:
        with Region("polled", 8) as region, Other("r = Region('polled', 8); r.buf[0] = 42; hear()") as other:
            until(lambda: region.buf[0] == 42)
            other.tell()


if __name__ == "__main__":
    unittest.main()
