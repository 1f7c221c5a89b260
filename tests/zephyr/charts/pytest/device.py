# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The image under test as a process of native_sim, and its flash as a file."""

import re

from lines import SOON, Lines

# What samples/c/minimal and samples/rust/minimal print of an event: name, number, data.
EVENT = re.compile(r"^([A-Z_]+) \(\d+\)(?:: (?:reason|code) (\d+), (?:next attempt in|value) (-?\d+))?")


class Device(Lines):
    """A device that is on."""

    def _heard(self, text):
        event = EVENT.match(text)
        return event and (event[1], event[2] and int(event[2]), event[3] and int(event[3]))

    def events(self, count, timeout=SOON):
        """The names of the next events, so many."""
        return [self.next(timeout=timeout)[0] for _ in range(count)]

    def await_event(self, name, timeout=SOON):
        """The next event of this name."""
        return self.next(lambda event: event[0] == name, timeout)

    def is_silent(self, seconds):
        """Whether no event comes in this time."""
        return self.poll(timeout=seconds) is None


class Board:
    """A device that can be turned on and off: what is in its flash stays."""

    KEY = "000102030405060708090a0b0c0d0e0f"

    def __init__(self, executable, directory, endpoint):
        self._executable = executable
        self._directory = directory
        self.flash = directory / "flash.bin"
        self.endpoint = endpoint
        self.identity = f"{endpoint}-id"
        self._device = None

    def start(self, uri, key=KEY):
        """Turns it on, with this server to begin with."""
        assert self._device is None, "it is on"
        options = {
            "flash": self.flash,
            "carrier_server_uri": uri,
            "carrier_endpoint_name": self.endpoint,
        }
        if uri.startswith("coaps:"):
            options |= {"carrier_psk_identity": self.identity, "carrier_psk": key}
        words = [f"-{name}={value}" for name, value in options.items()]
        self._device = Device([self._executable, *words], self._directory)
        return self._device

    def power_off(self):
        """Cuts the power. Gives the device back that was on, to be read."""
        device, self._device = self._device, None
        if device is not None:
            ended = not device.is_running()
            device.kill()
            assert not ended, f"it ended by itself:\n{device.log()}"
        return device
