# A mirror without a message that the stream has had for seconds, from a server that looks well: it reads anew.
# SPDX-License-Identifier: MIT
#
# Claim: it says so, and then nothing is lost or doubled.
import support
from client import Client
from links import StuckReplica

TABLE, CHANNEL, CELL = "KV_sp-samepage-table-stock", "SP_samepage_channel_news", "KV_sp-samepage-cell-temp"
LACKS = "the server that this is read from lacks messages that the stream has"


class Stuck(support.Case):
    def carry(self, kind, place):
        server = self.server()
        self.client = Client(self, server)
        self.link = StuckReplica(self, server.port)
        self.a, self.b = self.host("a"), self.host("b")
        self.object = f"{kind}:{place}"
        self.a.bridge(server, "--origin", self.object)
        self.mirror = self.b.bridge(self.link, "--mirror", self.object)

    def wait_carried(self, messages):
        """Until the mirror has applied so many, no more and no less."""
        self.b.wait_state(self.object, "live", messages=messages)

    def wait_read_anew(self, stream):
        self.mirror.wait_says(LACKS)
        support.wait_until(lambda: self.link.is_read_anew(stream), lambda: f"not anew: {self.mirror.words()}")
        self.assertGreater(self.link.withheld, 0)

    def records(self, host):
        return sorted(host.samepage("table", "scan", "stock").splitlines())

    def test_table(self):
        self.carry("table", "stock")
        self.a.samepage("table", "put", "stock", "bolt", "12")
        self.a.samepage("table", "put", "stock", "nut", "7")
        self.wait_carried(2)
        self.a.samepage("table", "put", "stock", "screw", "5")  # what the mirror had last: it is still there then
        self.wait_carried(3)
        self.link.withhold(TABLE)
        self.a.samepage("table", "put", "stock", "bolt", "13")
        self.a.samepage("table", "erase", "stock", "nut")
        self.a.samepage("table", "put", "stock", "cog", "1")
        self.wait_read_anew(TABLE)
        self.wait_carried(6)
        self.assertEqual(self.records(self.b), self.records(self.a))
        self.a.samepage("table", "put", "stock", "bolt", "14")
        self.wait_carried(7)
        self.assertEqual(self.records(self.b), self.records(self.a))

    def test_channel(self):
        self.carry("channel", "news")
        sent = [b"%d\n" % n for n in range(31)]
        self.a.samepage("channel", "send", "news", "-", input=b"".join(sent[:10]))
        self.wait_carried(10)
        self.link.withhold(CHANNEL)
        self.a.samepage("channel", "send", "news", "-", input=b"".join(sent[10:30]))
        self.wait_read_anew(CHANNEL)
        self.wait_carried(30)
        self.a.samepage("channel", "send", "news", "30")
        self.wait_carried(31)
        came = self.b.samepage("channel", "listen", "news", "--from", "oldest", "--count", "31")
        self.assertEqual(came, b"".join(sent))

    def test_cell(self):
        self.carry("cell", "temp")
        self.a.samepage("cell", "set", "temp", "20")
        self.wait_carried(1)
        self.link.withhold(CELL)
        self.a.samepage("cell", "set", "temp", "21")
        self.wait_read_anew(CELL)
        self.wait_carried(2)
        self.assertEqual(self.b.samepage("cell", "get", "temp"), b"21\n")

    def test_what_is_not_for_mirrors_is_not_missed(self):
        self.carry("channel", "news")
        self.a.samepage("channel", "send", "news", "1")
        self.wait_carried(1)
        last = self.client.state(CHANNEL)["last_seq"]
        self.client.publish("sp.samepage.channel.news.else")
        support.wait_until(lambda: self.client.state(CHANNEL)["last_seq"] > last, "it isn't stored")
        # One a second comes of a stream that is quiet: the mirror has looked at it several times then.
        enough = self.link.heartbeats + 8
        support.wait_until(lambda: self.link.heartbeats >= enough, "no heartbeats")
        self.assertNotIn(LACKS, self.mirror.words())


if __name__ == "__main__":
    support.main()
