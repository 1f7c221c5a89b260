# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The built-in server, as a process of its own on free ports."""

import struct
import zlib

from lines import SOON, Lines


class Server(Lines):
    """A bootstrap and a management server. Its lines come as lists of words, without the time."""

    def __init__(self, program, board=None):
        key = ["--identity", board.identity, "--psk", board.KEY] if board else []
        super().__init__([program, "server", "--port", "0", "--bootstrap-port", "0", *key])
        self.bootstrap = self._await_uri("bootstrap")
        self.management = self._await_uri("management")

    def _heard(self, text):
        words = text.split()
        answer = words and words[0] in ("OK", "ERROR", "DEVICE")
        return words if answer else words[1:]

    def _await_uri(self, role):
        return self.next(lambda words: words[:2] == ["LISTENING", role])[2]

    def await_line(self, *start, timeout=SOON):
        """The next line that begins with these words."""
        return self.next(lambda words: words[: len(start)] == list(start), timeout)

    def count(self, *start):
        """How many lines there were that begin with these words."""
        with self._changed:
            return sum(words[: len(start)] == list(start) for words in self._lines)

    def ask(self, command):
        """A command on a device; the words of the answer, from the code on."""
        self.say(command)
        number = self.next(lambda words: words and words[0] in ("OK", "ERROR"))
        assert number[0] == "OK", number
        return self.await_line("RESPONSE", number[1])[2:]

    def command(self, command):
        """A command that is done at once."""
        self.say(command)
        assert self.next(lambda words: words and words[0] in ("OK", "ERROR")) == ["OK"]


def image(version, size):
    """A firmware image as the simulated modem takes it, with so many bytes that mean nothing."""
    body = version.encode() + b"\0" + bytes(index % 251 for index in range(size))
    return b"LCIM" + struct.pack(">II", len(body), zlib.crc32(body)) + body
