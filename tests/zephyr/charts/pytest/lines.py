# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A process that says a line for each thing that happens."""

import subprocess
import threading
import time

# How long anything may take that happens at once, on a machine that does other things too.
SOON = 20


class Lines:
    """A running process and the lines that it said."""

    def __init__(self, command, cwd=None):
        self._name = str(command[0]).rsplit("/", 1)[-1]
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
        )
        self._said = []
        self._lines = []
        self._taken = 0
        self._changed = threading.Condition()
        for stream, heard in ((self._process.stdout, self._heard), (self._process.stderr, None)):
            threading.Thread(target=self._read, args=(stream, heard), daemon=True).start()

    def _read(self, stream, heard):
        for line in stream:
            text = line.decode(errors="replace").rstrip()
            with self._changed:
                self._said.append(text)
                item = heard(text) if heard else None
                if item is not None:
                    self._lines.append(item)
                self._changed.notify_all()

    def _heard(self, text):
        """What a line of standard output means; None: nothing."""
        return text

    def say(self, text):
        """Writes a line to the process."""
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def next(self, wanted=lambda item: True, timeout=SOON):
        """The next item that is wanted; those before it are passed over."""
        item = self.poll(wanted, timeout)
        assert item is not None, f"{self._name}: not in {timeout} s; it said:\n{self.log()}"
        return item

    def poll(self, wanted=lambda item: True, timeout=0):
        """The same, or None."""
        end = time.monotonic() + timeout
        with self._changed:
            at = self._taken
            while True:
                while at < len(self._lines):
                    at += 1
                    if wanted(self._lines[at - 1]):
                        self._taken = at
                        return self._lines[at - 1]
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def log(self):
        """The end of what it said."""
        with self._changed:
            return "\n".join(self._said[-60:])

    def has_said(self, text):
        """Whether these words were in a line."""
        with self._changed:
            return any(text in line for line in self._said)

    def kill(self):
        """Ends it without a warning."""
        self._process.kill()
        self._process.wait()

    def is_running(self):
        """Whether it has not ended by itself."""
        return self._process.poll() is None
