# Links between a client and a server that aren't as good as they look.
# SPDX-License-Identifier: MIT
import re
import socket
import threading
import time


def close(ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        except OSError:
            pass  # the other side was first
        end.close()


class Link:
    """Passes on what comes to .port, both ways; what is made of it stands in from_client() and from_server()."""
    PIECE = 4096

    def __init__(self, case, to_port):
        self.to_port = to_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ends = [self.listener]
        case.addCleanup(lambda: close(self.ends))
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def accept(self):
        try:
            while True:
                here, _ = self.listener.accept()
                there = socket.create_connection(("127.0.0.1", self.to_port))
                self.ends += [here, there]
                for way in ((self.from_client, here, there), (self.from_server, there, here)):
                    threading.Thread(target=self.pass_on, args=way, daemon=True).start()
        except OSError:
            pass  # closed

    def pass_on(self, pieces, source, sink):
        try:
            for piece in pieces(source):
                sink.sendall(piece)
        except OSError:
            pass
        close((source, sink))

    def from_client(self, source):
        while piece := source.recv(self.PIECE):
            yield piece

    from_server = from_client


class SlowLink(Link):
    """Late, and not much at once."""
    DELAY_S = 0.03

    def from_client(self, source):
        for piece in super().from_client(source):
            time.sleep(self.DELAY_S)
            yield piece

    from_server = from_client


class StuckReplica(Link):
    """A server whose copy of a stream stands still from withhold() on, as the reader sees it: what that consumer has to
    deliver doesn't come, its heartbeats say that nothing did, and everybody else is answered as ever.

    Which consumer delivers stands in the subject for the acknowledgement:
    $JS.ACK.STREAM.CONSUMER.DELIVERED.STREAM_SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING"""

    def __init__(self, case, to_port):
        self.mutex = threading.Lock()
        self.newest = {}  # of each stream: the consumer that delivered last
        self.passed = {}  # of each subscription: the numbers that it was given last, the consumer's and the stream's
        self.stuck = set()
        self.withheld = self.heartbeats = 0
        super().__init__(case, to_port)

    def withhold(self, stream):
        with self.mutex:
            self.stuck.add(self.newest[stream])

    def is_read_anew(self, stream):
        """Whether a consumer delivers that isn't stuck."""
        with self.mutex:
            return self.newest[stream] not in self.stuck

    def from_server(self, source):
        with source.makefile("rb") as lines:
            while line := lines.readline():
                words = line.split()
                if words[:1] not in ([b"MSG"], [b"HMSG"]):
                    yield line
                    continue
                body = lines.read(int(words[-1]) + 2)
                with self.mutex:
                    piece = self.message(line, words, body)
                yield piece

    def message(self, line, words, body):
        """MSG SUBJECT SUBSCRIPTION [REPLY] BYTES, or HMSG SUBJECT SUBSCRIPTION [REPLY] HEADER_BYTES BYTES"""
        subscription = words[2]
        if words[3].startswith(b"$JS.ACK."):
            _, _, stream, consumer, _, stream_sequence, sequence, *_ = words[3].split(b".")
            self.newest[stream.decode()] = consumer
            if consumer in self.stuck:
                self.withheld += 1
                return b""
            self.passed[subscription] = sequence, stream_sequence
        elif body.startswith(b"NATS/1.0 100 Idle Heartbeat"):
            self.heartbeats += 1
            for name, number in zip((b"Consumer", b"Stream"), self.passed.get(subscription, ())):
                body = re.sub(rb"Nats-Last-" + name + rb": \d+", b"Nats-Last-" + name + b": " + number, body)
            size = b"%d" % (len(body) - 2)  # there is nothing but headers
            line = b" ".join([*words[:-2], size, size]) + b"\r\n"
        return line + body
