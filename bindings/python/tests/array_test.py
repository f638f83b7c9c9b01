# Named arrays: type and shape by the name, whole copies, killed writers, children.
# SPDX-License-Identifier: MIT
import multiprocessing
import os
import pickle
import signal
import threading
import unittest

from support import DEADLINE, Other

import numpy

import samepage

FRAME = (48, 64, 3)
STORM = """
frame = samepage.ndarray('FRAME')
say('here')
number = 0
while True:
    number = (number + 1) % 250
    with frame.writing():
        frame[:] = number
"""


def add_one(array: "samepage.NDArray") -> None:
    with array.writing():
        array += 1


class ArrayTest(unittest.TestCase):
    def test_is_opened_by_its_name_alone(self) -> None:
        frame = samepage.ndarray("frame", FRAME, "u1")
        self.assertIsInstance(frame, numpy.ndarray)
        self.assertEqual((frame.created, frame.place, frame.version), (True, "frame", 0))
        frame[1, 2, 0] = 99
        with Other("""
frame = samepage.ndarray('frame')
say(frame.shape, frame.dtype, frame[1, 2, 0])
with frame.writing() as writing: frame[1, 2, 1] = 98
say(writing.version, writing.torn)
""") as other:
            self.assertEqual(other.line(), "(48, 64, 3) uint8 99")
            self.assertEqual(other.line(), "1 False")
        self.assertEqual((frame[1, 2, 1], frame.version), (98, 1))
        same = samepage.ndarray("frame", FRAME, numpy.uint8)
        self.assertFalse(same.created)
        for shape, dtype in ((FRAME, "i1"), ((48, 64), "u1")):
            with self.assertRaises(samepage.WrongKind):
                samepage.ndarray("frame", shape, dtype)
        reader = samepage.ndarray("frame", read_only=True)
        self.assertFalse(reader.flags.writeable)
        with self.assertRaises(samepage.Denied), reader.writing():
            pass
        del frame, same, reader
        with self.assertRaises(samepage.NotFound):
            samepage.ndarray("frame")

    def test_all_types_and_shapes(self) -> None:
        for dtype in ("?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", "c8", "c16"):
            for shape in ((), 5, (2, 3), (0,), (4, 0, 2)):
                with self.subTest(dtype=dtype, shape=shape):
                    made = samepage.ndarray("types", shape, dtype)
                    made[...] = 1
                    same = samepage.ndarray("types")
                    self.assertEqual((same.dtype, same.shape), (numpy.dtype(dtype), made.shape))
                    self.assertTrue((same.copy() == numpy.ones(shape, dtype)).all())
                    del made, same
        self.assertEqual(samepage.ndarray("floats", 3).dtype, "f8")
        for dtype in (">f4", "U5", "i4,f4", object):
            with self.assertRaises(samepage.InvalidArgument):
                samepage.ndarray("strange", 3, dtype)

    def test_copies_are_whole_and_their_own(self) -> None:
        frame = samepage.ndarray("FRAME", (600, 800), "u1")
        with Other(STORM) as other:
            other.line()
            seen = set()
            while len(seen) < 5:
                copy = frame.copy(timeout=DEADLINE)
                self.assertTrue((copy == copy[0, 0]).all())
                seen.add(int(copy[0, 0]))
            other.kill()
        self.assertIs(type(copy), numpy.ndarray)
        self.assertTrue(copy.flags.c_contiguous and copy.flags.writeable)

    def test_a_killed_writer_leaves_it_torn_and_sticks_nobody(self) -> None:
        frame = samepage.ndarray("killed", FRAME, "u1")
        with Other("""
frame = samepage.ndarray('killed')
with frame.writing():
    frame[:24] = 1
    say('half')
    hear()
""") as other:
            other.line()
            with self.assertRaises(samepage.TimedOut) as late:
                frame.copy(timeout=0.01)
            self.assertIn(str(other.process.pid), str(late.exception))
            with self.assertRaises(samepage.TimedOut), frame.writing(0.01):
                pass
            other.kill()
        with self.assertRaises(samepage.Torn):
            frame.copy(timeout=None)
        with frame.writing() as writing:
            self.assertTrue(writing.torn)
            frame[:] = 2
        self.assertTrue((frame.copy() == 2).all())
        with self.assertRaises(ZeroDivisionError), frame.writing():
            1 / 0
        with self.assertRaises(samepage.Torn):
            frame.copy()
        with frame.writing() as writing:
            self.assertTrue(writing.torn)
        self.assertTrue((frame.copy() == 2).all())

    def test_interrupt_ends_a_wait(self) -> None:
        frame = samepage.ndarray("interrupted", 10, "u1")
        with frame.writing(), Other("""
frame = samepage.ndarray('interrupted')
for wait in (lambda: frame.copy(timeout=None), lambda: frame.writing(None).__enter__()):
    try:
        say('here')
        wait()
    except KeyboardInterrupt:
        say('interrupted')
""") as other:
            for _ in range(2):
                self.assertEqual(other.line(), "here")
                other.process.send_signal(signal.SIGINT)
                self.assertEqual(other.line(), "interrupted")

    def test_threads_write_one_after_the_other(self) -> None:
        array = samepage.ndarray("threads", 1000, "i8")

        def run() -> None:
            for _ in range(100):
                with array.writing(DEADLINE):
                    array[:] += 1

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        self.assertTrue((array.copy() == 400).all())

    def test_children(self) -> None:
        array = samepage.ndarray("children", 100, "i4")
        for method in ("fork", "spawn"):
            child = multiprocessing.get_context(method).Process(target=add_one, args=(array,))
            child.start()
            child.join(DEADLINE)
            self.assertEqual(child.exitcode, 0)
        self.assertTrue((array == 2).all())
        # A child doesn't write what its parent writes.
        with array.writing():
            child_id = os.fork()
            if child_id == 0:
                code = 1
                try:
                    array.copy(timeout=0.01)
                except samepage.TimedOut:
                    code = 0
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(child_id, 0)[1], 0)
        self.assertTrue((array.copy() == 2).all())

    def test_what_is_made_of_it_is_an_array_of_its_own(self) -> None:
        array = samepage.ndarray("derived", (4, 5), "f8")
        array[:] = 1
        view, total = array[1:], array + 1
        view[0, 0] = 7
        self.assertEqual((array[1, 0], total.sum()), (7, 40))
        self.assertIs(type(view.copy()), numpy.ndarray)
        for call in (lambda: view.writing(), lambda: total.place, lambda: view.version):
            with self.assertRaises(TypeError):
                call()  # type: ignore[no-untyped-call]
        self.assertEqual(pickle.loads(pickle.dumps(view)).tolist(), view.tolist())
        again = pickle.loads(pickle.dumps(array))
        again[0, 0] = 5
        self.assertEqual(array[0, 0], 5)
        # A view keeps it.
        del array, again, total
        self.assertEqual(samepage.ndarray("derived").shape, (4, 5))
        del view
        with self.assertRaises(samepage.NotFound):
            samepage.ndarray("derived")

    def test_files_stay_and_regions_are_none(self) -> None:
        path = os.path.join(os.environ["SAMEPAGE_DIR"], "array.page")
        array = samepage.ndarray(path, (2, 2), "i2")
        array[:] = 3
        array.flush()
        array.check_name()
        del array
        self.assertEqual(samepage.ndarray(path).tolist(), [[3, 3], [3, 3]])
        with samepage.Region("plain", 5000) as region:
            region.write_text("text")
            for arguments in ((), (10, "u1")):
                with self.assertRaises(samepage.WrongKind):
                    samepage.ndarray("plain", *arguments)
        with samepage.Cell("value"), self.assertRaises(samepage.WrongKind):
            samepage.ndarray("value")

    def test_without_numpy_it_says_so(self) -> None:
        with Other("""
sys.modules['numpy'] = None
try: samepage.ndarray
except ImportError as error: say(error)
""") as other:
            self.assertEqual(other.line(), "samepage.ndarray needs NumPy: pip install numpy")

    def test_refuses_what_is_no_argument(self) -> None:
        calls = [lambda: samepage.ndarray("x", dtype="u1"), lambda: samepage.ndarray("x", "y", "u1"),
                 lambda: samepage.ndarray(5), lambda: samepage.ndarray("x", (1,) * 33),
                 lambda: samepage.ndarray("x", 1.5), lambda: samepage.ndarray("x", 5, "nothing"),
                 lambda: samepage.ndarray("x", 5, read_only=True)]
        for number, call in enumerate(calls):
            with self.subTest(number), self.assertRaises((TypeError, ValueError)):
                call()  # type: ignore[no-untyped-call]
        with self.assertRaises(AttributeError):
            samepage.nothing


if __name__ == "__main__":
    unittest.main()
