# A client of NATS that isn't the bridge: publishes what it likes, and asks JetStream.
# SPDX-License-Identifier: MIT
import json
import socket


class Client:
    """One connection. Not for threads."""

    def __init__(self, case, server):
        self.socket = socket.create_connection((server.address, server.port), timeout=20)
        case.addCleanup(self.socket.close)
        self.lines = self.socket.makefile("rb")
        case.addCleanup(self.lines.close)
        self.lines.readline()  # INFO
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB answer.* 1\r\n')
        self.asked = 0

    def publish(self, subject, payload=b"", headers=None, reply=""):
        """`headers`: pairs; None: a message without any."""
        head = b"" if headers is None else b"NATS/1.0\r\n" + b"".join(
            f"{name}: ".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
            for name, value in headers) + b"\r\n"
        words = ["PUB" if headers is None else "HPUB", subject, *([reply] if reply else []),
                 *([] if headers is None else [str(len(head))]), str(len(head) + len(payload))]
        self.socket.sendall(" ".join(words).encode() + b"\r\n" + head + payload + b"\r\n")

    def ask(self, subject, payload=b"", headers=None):
        """Publishes, and gives the answer, read as JSON; None where nobody is there to answer."""
        self.asked += 1
        reply = f"answer.{self.asked}"
        self.publish(subject, payload if isinstance(payload, bytes) else json.dumps(payload).encode(), headers, reply)
        while True:
            words = self.lines.readline().split()
            assert words and words[0] != b"-ERR", words
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
            if words[0] not in (b"MSG", b"HMSG"):
                continue
            body = self.lines.read(int(words[-1]) + 2)[:-2]
            if words[1].decode() != reply:
                continue
            body = body[int(words[-2]):] if words[0] == b"HMSG" else body
            return json.loads(body) if body else None

    def api(self, what, request=b""):
        """What JetStream answers; fails where it is an error."""
        answer = self.ask("$JS.API." + what, request)
        assert answer is not None and "error" not in answer, (what, answer)
        return answer

    def state(self, stream):
        return self.api("STREAM.INFO." + stream)["state"]
