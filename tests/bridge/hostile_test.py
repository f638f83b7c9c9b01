# Others who use the same streams: they remove, add what no bridge sends, or made them first. It is told, and mended.
# SPDX-License-Identifier: MIT
import base64
import json

import support
from client import Client

TABLE, CHANNEL, CELL = "KV_sp-samepage-table-stock", "SP_samepage_channel_news", "KV_sp-samepage-cell-temp"
OBJECTS = ("table:stock", "channel:news", "cell:temp")


class Hostile(support.Case):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.a, self.b = self.host("a"), self.host("b")
        self.client = Client(self, self.server_)

    def carry(self, host, way, objects=OBJECTS, **how):
        return host.bridge(self.server_, *[word for o in objects for word in ("--" + way, o)], **how)

    def fill(self, number):
        self.a.samepage("table", "put", "stock", "bolt", f"bolt {number}")
        self.a.samepage("channel", "send", "news", f"news {number}")
        self.a.samepage("cell", "set", "temp", f"temp {number}")

    def value(self, host, *words):
        process = host.start(*words)
        out, _ = process.communicate(timeout=support.DEADLINE_S)
        return out.decode() if process.returncode == 0 else None

    def wait_value(self, host, text, *words):
        support.wait_until(lambda: self.value(host, *words) == text, lambda: f"{words}: {self.value(host, *words)} "
                           f"instead of {text}; {host.status()} {host.bridges[-1].words()}")

    def wait_filled(self, host, number):
        self.wait_value(host, f"bolt {number}\n", "table", "get", "stock", "bolt")
        self.wait_value(host, f"temp {number}\n", "cell", "get", "temp")

    def listen(self, host, count):
        out = self.value(host, "channel", "listen", "news", "--from", "oldest", "--count", str(count))
        return out.splitlines()

    def wait_stored(self, stream, messages):
        """Until the stream has so many messages at least."""
        support.wait_until(lambda: self.client.state(stream)["messages"] >= messages,
                           lambda: f"{stream}: {self.client.state(stream)}")

    def test_streams_that_are_purged_are_filled_again(self):
        self.carry(self.a, "origin")
        self.carry(self.b, "mirror")
        self.fill(1)
        self.wait_filled(self.b, 1)
        for stream in (TABLE, CHANNEL, CELL):
            self.client.api("STREAM.PURGE." + stream)
        self.a.bridges[0].wait_says("somebody has removed messages")
        for stream, messages in ((TABLE, 3), (CELL, 3), (CHANNEL, 2)):
            self.wait_stored(stream, messages)
        late = self.host("late")
        self.carry(late, "mirror")
        self.wait_filled(late, 1)
        self.assertEqual(self.listen(late, 1), ["news 1"])
        self.fill(2)
        self.wait_filled(self.b, 2)
        self.wait_filled(late, 2)
        self.assertEqual(self.listen(self.b, 2), ["news 1", "news 2"])

    def test_a_key_that_is_purged_comes_back(self):
        self.carry(self.a, "origin", OBJECTS[:1])
        self.a.samepage("table", "put", "stock", "bolt", "12")
        self.a.samepage("table", "put", "stock", "nut", "7")
        self.wait_stored(TABLE, 4)
        state = self.client.state(TABLE)
        support.wait_until(lambda: self.a.status()["table:stock"]["revision"] == state["last_seq"], "not acknowledged")
        # Two looks at least have seen them: one has counted, and another finds one less.
        asked = self.server_.ask("/jsz")["api"]["total"]
        support.wait_until(lambda: self.server_.ask("/jsz")["api"]["total"] >= asked + 2, "nobody looks")
        self.client.api("STREAM.PURGE." + TABLE, {"filter": "$KV.sp-samepage-table-stock.nut"})
        self.a.bridges[0].wait_says("somebody has removed messages")
        self.carry(self.b, "mirror", OBJECTS[:1])
        self.wait_value(self.b, "7\n", "table", "get", "stock", "nut")

    def test_streams_that_are_deleted_are_made_again(self):
        self.carry(self.a, "origin")
        self.carry(self.b, "mirror")
        self.fill(1)
        self.wait_filled(self.b, 1)
        for stream in (TABLE, CHANNEL, CELL):
            self.client.api("STREAM.DELETE." + stream)
        self.fill(2)
        self.wait_filled(self.b, 2)
        self.assertEqual(self.listen(self.b, 2), ["news 1", "news 2"])

    def test_messages_of_others_are_left_out(self):
        self.carry(self.a, "origin")
        self.b.hold("table", "stock")
        self.carry(self.b, "mirror")
        self.fill(1)
        self.wait_filled(self.b, 1)
        key, news, temp = "$KV.sp-samepage-table-stock.", "sp.samepage.channel.news", "$KV.sp-samepage-cell-temp.value"
        again = [("Sp-At", "0123456789abcdef-1")]  # as of a bridge, but of no incarnation that anybody has
        for subject in (key + "bolt", key + "=ZZ", key + "=41", key + "=H00", key + "x" * 3000, news, temp):
            for headers in (None, [], [("Sp-At", "")], [("Sp-At", b"\xff\xfe-1")], [("KV-Operation", "DEL")],
                            [("Sp-Sizes", "1,2")], [("Sp-Expires", "-1")]):
                self.client.publish(subject, b"garbage", headers)
        for subject in (key + "bolt", news, temp):
            for headers in ([("Sp-Parts", "18446744073709551615"), ("Sp-Size", "18446744073709551615")],
                            [("Sp-Parts", "0"), ("Sp-Size", "7"), ("Sp-Hash", "none")], [("Sp-Parts", "much")]):
                self.client.publish(subject, b"", again + headers)
        for sizes in ("1,2", "9999999999999999999999", "-1", ",", "7,", "a"):
            self.client.publish(news, b"garbage", again + [("Sp-Sizes", sizes)])
        self.client.publish(key + "soon", b"garbage", again + [("Sp-Expires", "18446744073709551615")])
        self.client.publish(key + "huge", b"g" * 1000000, again)
        for subject in (".owner.x", ".fence", ".part.x", ".else"):
            self.client.publish("sp.samepage.table.stock" + subject, b"garbage")
        self.fill(2)
        self.wait_filled(self.b, 2)
        self.b.bridges[0].wait_says("is damaged")
        self.b.bridges[0].wait_says("somebody who is no bridge")
        self.assertEqual(self.listen(self.b, 2), ["news 1", "news 2"])
        # What the origin doesn't have is gone from the mirror, too.
        self.wait_value(self.b, "bolt\n", "table", "scan", "stock", "--keys")
        late = self.host("late")
        self.carry(late, "mirror")
        self.wait_filled(late, 2)
        self.wait_value(late, "bolt\n", "table", "scan", "stock", "--keys")

    def test_an_owner_record_that_is_none(self):
        origin = self.carry(self.a, "origin", OBJECTS[:1])
        self.a.hold("table", "stock")
        self.client.publish("sp.samepage.table.stock.owner", b"garbage")
        origin.wait_says("samepage bridge takeover")
        self.a.wait_state("table:stock", "connecting")
        self.a.ask_bridge("takeover", "table:stock", "--server", self.server_.url)
        self.a.samepage("table", "put", "stock", "bolt", "12")
        self.a.wait_state("table:stock", "live", lag=0)
        self.carry(self.b, "mirror", OBJECTS[:1])
        self.wait_value(self.b, "12\n", "table", "get", "stock", "bolt")

    def test_a_stream_that_somebody_else_has_made(self):
        self.client.api("STREAM.CREATE." + TABLE, {"name": TABLE, "subjects": ["$KV.sp-samepage-table-stock.>"]})
        origin = self.carry(self.a, "origin", OBJECTS[:1], live=False)
        origin.wait_says("somebody else has made it")
        self.client.api("STREAM.DELETE." + TABLE)
        origin.wait_live()

    def test_a_stream_with_another_shape(self):
        self.carry(self.a, "origin", OBJECTS[1:2]).stop()
        origin = self.a.bridge(self.server_, "--origin", "channel:news", "--keep", "64K", "--replicas", "3")
        origin.wait_says("is on 1 of the servers, not 3, and keeps 256 MiB, not 64 KiB")

    def test_the_owner_of_a_channel_stays_known_whatever_keep_says(self):
        self.a.hold("channel", "news", "--capacity", "8M")
        self.a.bridge(self.server_, "--origin", "channel:news", "--keep", "1M").stop()
        self.carry(self.a, "origin", OBJECTS[1:2])
        self.a.samepage("channel", "send", "news", "-", input=b"".join(b"%d %s\n" % (n, b"x" * 1000)
                                                                       for n in range(4000)))
        self.a.wait_state("channel:news", "live", lag=0, messages=4000)
        record = self.client.api("STREAM.MSG.GET." + CHANNEL, {"last_by_subj": "sp.samepage.channel.news.owner"})
        self.assertEqual(json.loads(base64.b64decode(record["message"]["data"]))["name"], "a")

    def test_status_counts_the_same_on_both_sides(self):
        for host in (self.a, self.b):
            host.hold("channel", "news", "--capacity", "8M")
        self.carry(self.a, "origin")
        self.carry(self.b, "mirror")
        self.a.samepage("channel", "send", "news", "-", input=b"".join(b"%d\n" % n for n in range(3000)))
        self.a.samepage("channel", "send", "news", "-", "--raw", input=b"m" * (3 << 20))
        self.a.samepage("table", "put", "stock", "bolt", "--file", "-", input=b"v" * (2 << 20))
        size = sum(len(str(n)) for n in range(3000)) + (3 << 20)
        for host in (self.a, self.b):
            host.wait_state("channel:news", "live", messages=3001, bytes=size)
            host.wait_state("table:stock", "live", messages=1, bytes=2 << 20)
        # What was there already isn't carried again.
        self.b.bridges[0].kill()
        self.carry(self.b, "mirror")
        self.a.samepage("channel", "send", "news", "last")
        self.b.wait_state("channel:news", "live", messages=1)


if __name__ == "__main__":
    support.main()
