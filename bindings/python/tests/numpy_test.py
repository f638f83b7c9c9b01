# NumPy arrays over shared bytes, without copies.
# SPDX-License-Identifier: MIT
import multiprocessing
import signal
import threading
import unittest
from collections.abc import Callable

from support import DEADLINE, Other

import numpy

import samepage
from samepage import Cell, Channel, Region, Table


def add_one(region: Region) -> None:
    array = numpy.frombuffer(region, "f8")
    array += 1


class NumpyTest(unittest.TestCase):
    def test_arrays_are_the_shared_bytes(self) -> None:
        with Region("array", 480 * 640 * 3) as region:
            frame = numpy.ndarray((480, 640, 3), "u1", region)
            frame[:] = 7
            with Other("""
import numpy
frame = numpy.frombuffer(Region.open('array'), 'u1').reshape(480, 640, 3)
say(int(frame.sum()))
frame[1, 2, 0] = 99
""") as other:
                self.assertEqual(int(other.line()), 7 * 480 * 640 * 3)
                self.assertEqual(other.end(), 0)
            self.assertEqual(frame[1, 2, 0], 99)

    def test_the_bytes_stay_for_arrays_that_outlive_close(self) -> None:
        # frombuffer() says that it looks at them, ndarray() doesn't.
        for look in (lambda buffer: numpy.ndarray((1000,), "u1", buffer),
                     lambda buffer: numpy.frombuffer(buffer, "u1")):
            region = Region("outlived", 1000)
            window = region.map(0, 1000)
            arrays = [look(region), look(window)]
            arrays[0][:] = 5
            for buffer in (region, window):
                try:
                    buffer.close()
                except BufferError:
                    pass
            self.assertEqual([array.sum() for array in arrays], [5000, 5000])
            arrays[1][:] = 6
            self.assertEqual(arrays[0].sum(), 6000)
            del arrays, buffer, region, window
            with self.assertRaises(samepage.NotFound):
                Region.open("outlived")

    def test_an_array_keeps_its_region(self) -> None:
        array = numpy.frombuffer(Region("kept_array", 800), "f8")
        array[:] = 1
        self.assertEqual(numpy.frombuffer(Region.open("kept_array", read_only=True), "f8").sum(), 100)
        del array
        with self.assertRaises(samepage.NotFound):
            Region.open("kept_array")

    def test_read_only_arrays(self) -> None:
        with Region("reader_array", 80), Region.open("reader_array", read_only=True) as reader:
            array = numpy.frombuffer(reader, "f8")
            self.assertFalse(array.flags.writeable)
            del array

    def test_children_change_the_same_array(self) -> None:
        for method in ("fork", "spawn"):
            with self.subTest(method), Region(f"children_{method}", 8 * 1000) as region:
                child = multiprocessing.get_context(method).Process(target=add_one, args=(region,))
                child.start()
                child.join(DEADLINE)
                self.assertEqual(child.exitcode, 0)
                self.assertEqual(numpy.frombuffer(region, "f8").sum(), 1000)

    def test_many_records_at_once(self) -> None:
        with Table("many") as table:
            keys = numpy.arange(1000, dtype="u8")
            for key in keys[::2]:
                table[key.tobytes()] = (int(key) * 3).to_bytes(8, "little")
            values, versions = numpy.zeros(1000, "u8"), numpy.full(1000, 7, "u8")
            self.assertEqual(table.get_many(keys, values, versions), 500)
            self.assertTrue((values[::2] == keys[::2] * 3).all())
            self.assertTrue((versions[1::2] == 0).all() and (versions[::2] > 0).all())
            self.assertEqual(table.get_many(keys[:0], values[:0], versions[:0]), 0)
            with self.assertRaises(samepage.WrongKind):
                table.get_many(keys, numpy.zeros(1000, "u4"), versions)
            for arguments in ((keys, values, versions[1:]), (keys, values, versions.astype("u4")), (5, 5, 5),
                              (keys, b"12345678" * 1000, versions), (keys[::2], values[:500], versions[:500])):
                with self.assertRaises((TypeError, ValueError, BufferError)):
                    table.get_many(*arguments)
        with self.assertRaises(samepage.Closed):
            table.get_many(keys, values, versions)

    def test_many_records_are_put_at_once(self) -> None:
        with Table("put_many") as table:
            keys, values = numpy.arange(1000, dtype="u8"), numpy.arange(1000, dtype="f4") / 8
            versions, again, into = numpy.zeros(1000, "u8"), numpy.zeros(1000, "u8"), numpy.zeros(1000, "f4")
            self.assertEqual(table.put_many(keys, values, versions), 1000)
            self.assertEqual(table.get_many(keys, into, again), 1000)
            self.assertTrue((into == values).all() and (again == versions).all() and versions.all())
            self.assertIsNone(table.expires_at(keys[5].tobytes()))
            self.assertEqual(table.put_many(keys[:10], values[:10], again[:10], expires_in=3600, timeout=DEADLINE), 10)
            self.assertTrue((again[:10] > versions[:10]).all())
            self.assertIsNotNone(table.expires_at(keys[5].tobytes()))
            self.assertEqual(table.put_many(keys[:0], values[:0], versions[:0]), 0)
            for arguments in ((keys, values, versions[1:]), (keys, values, b"12345678" * 1000), (5, 5, 5),
                              (keys, values, versions, "soon"), (keys, values, versions.astype("u4")),
                              (keys[::2], values[:500], versions[:500]), (keys, values)):
                with self.assertRaises((TypeError, ValueError, BufferError)):
                    table.put_many(*arguments)
            with Table.open("put_many", read_only=True) as reader, self.assertRaises(samepage.Denied):
                reader.put_many(keys, values, versions)
            # Where another one has locked a key, those before it are put.
            with Table.open("put_many") as other, other.lock(keys[3].tobytes()):
                self.assertEqual(table.put_many(keys, values, versions, timeout=0.01), 3)
                with self.assertRaises(samepage.TimedOut):
                    table.put_many(keys[3:], values[3:], versions[3:], timeout=0.01)
        with self.assertRaises(samepage.Closed):
            table.put_many(keys, values, versions)

    def test_a_signal_ends_what_takes_long(self) -> None:
        def interrupt(*unused: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        def assert_ended(after: float, act: Callable[..., object], *arguments: object, **named: object) -> None:
            with self.assertRaises(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, after)
                act(*arguments, **named)

        count = 400_000
        keys, versions = numpy.arange(count, dtype="u8"), numpy.zeros(count, "u8")
        with Table("long") as table, Table.open("long") as other:
            # On a busy machine the signal may come before the first record is put.
            put, after = 0, 0.005
            while put == 0:
                assert_ended(after, table.put_many, keys, keys, versions)
                put, after = int(numpy.count_nonzero(versions)), 2 * after
            self.assertTrue(0 < put < count and versions[:put].all(), put)
            self.assertEqual(len(table), put)
            # While it waits, too.
            with other.lock(keys[1].tobytes()):
                assert_ended(0.1, table.put_many, keys, keys, versions, timeout=None)
            self.assertEqual(table.put_many(keys, keys, versions), count)
            for key in keys[::3]:
                del table[key.tobytes()]
            for act in (table.compact, table.verify):
                assert_ended(0.005, act)
            # They go on to their end.
            for thread in threading.enumerate():
                if thread is not threading.main_thread():
                    thread.join(DEADLINE)
            self.assertEqual(table.verify(), len(table))

    def test_arrays_as_values_and_messages(self) -> None:
        array = numpy.arange(1000, dtype="i4")
        with Cell("values", 1 << 16) as cell, Channel("frames") as frames, Table("arrays") as table:
            cell.store(array)
            into = numpy.empty_like(array)
            cell.load_into(into)
            self.assertTrue((into == array).all())
            with frames.subscribe() as mine:
                loan = frames.borrow(array.nbytes)
                numpy.frombuffer(loan, "i4")[:] = array
                loan.publish()
                frames.send(array)
                for _ in range(2):
                    self.assertTrue((numpy.frombuffer(mine.receive().data, "i4") == array).all())
            table["a"] = array
            self.assertEqual(table["a"], array.tobytes())
            with self.assertRaises((BufferError, ValueError)):
                cell.store(array[::2])


if __name__ == "__main__":
    unittest.main()
