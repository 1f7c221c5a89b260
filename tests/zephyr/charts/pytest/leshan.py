# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The Leshan harness (tests/leshan), which speaks JSON: its README lists commands and events."""

import json

from lines import SOON, Lines


class Leshan(Lines):
    """Both servers of Leshan, on free ports."""

    def __init__(self, jar):
        java = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-jar"]
        super().__init__([*java, jar])
        self._number = 0
        self.ports = self.next(lambda it: it.get("event") == "ready", timeout=60)

    def _heard(self, text):
        return json.loads(text) if text.startswith("{") else None

    def call(self, command, endpoint, timeout=SOON, **members):
        """Sends a command, and waits for its reply."""
        self._number += 1
        self.say(json.dumps({"id": self._number, "cmd": command, "endpoint": endpoint, **members}))
        return self.next(lambda it: it.get("reply") == self._number, timeout)

    def event(self, name, endpoint, timeout=SOON):
        """The next event of this name from a device."""
        return self.next(
            lambda it: it.get("event") == name and it.get("endpoint") == endpoint, timeout
        )
