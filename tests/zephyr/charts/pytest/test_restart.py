# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What is in flash when the power comes back."""

import pytest
from server import image

WITH_ACCOUNTS = ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"]


def bootstrapped(board, server):
    """Turns a new device on until it is registered."""
    device = board.start(server.bootstrap)
    device.await_event("BOOTSTRAPPED")
    device.await_event("REGISTERED")
    server.await_line("REGISTERED", board.endpoint)
    return device


def test_a_restart_needs_no_bootstrap(board, server):
    bootstrapped(board, server)
    for _ in range(2):
        board.power_off()
        device = board.start(server.bootstrap)
        assert device.events(len(WITH_ACCOUNTS)) == WITH_ACCOUNTS
        server.await_line("REGISTERED", board.endpoint)
    assert device.is_silent(1)
    assert server.count("BOOTSTRAP", board.endpoint, "started") == 1


# Where the record of the accounts is damaged, counted from the URI in it, and what stands there then.
DAMAGES = {"uri": (0, b"!!!!"), "length": (-1, b"\xff"), "start": (-32, bytes(32))}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_accounts_are_made_again(board, server, damage):
    bootstrapped(board, server)
    board.power_off()
    flash = bytearray(board.flash.read_bytes())
    uri = server.management.encode()
    assert flash.count(uri) == 1, "that of the account"
    offset, wrong = DAMAGES[damage]
    at = flash.index(uri) + offset
    flash[at : at + len(wrong)] = wrong
    board.flash.write_bytes(flash)
    device = board.start(server.bootstrap)
    device.await_event("BOOTSTRAPPED")
    device.await_event("REGISTERED")
    assert server.count("BOOTSTRAP", board.endpoint, "started") == 2
    # And this one stays.
    board.power_off()
    device = board.start(server.bootstrap)
    assert device.events(len(WITH_ACCOUNTS)) == WITH_ACCOUNTS
    assert server.count("BOOTSTRAP", board.endpoint, "started") == 2


def test_power_off_in_the_middle_of_a_push(board, server, tmp_path):
    device = bootstrapped(board, server)
    file = tmp_path / "image"
    file.write_bytes(image("mfw_sim_3.0.0", 400_000))
    server.command(f"push {board.endpoint} {file}")
    device.await_event("FOTA_START")
    # The whole of it takes longer.
    assert device.is_silent(0.2)
    assert server.count("PUSHED") == 0
    board.power_off()

    # The server begins again, as the device has registered anew.
    device = board.start(server.bootstrap)
    assert device.events(len(WITH_ACCOUNTS)) == WITH_ACCOUNTS
    device.await_event("FOTA_START", timeout=120)
    device.await_event("DISCONNECTING", timeout=120)
    device.await_event("REGISTERED", timeout=60)
    assert server.await_line("PUSHED", board.endpoint)[2] == "1", "Success"
    assert server.ask(f"read {board.endpoint} /3/0/3") == ["2.05", "0", "mfw_sim_3.0.0"]

    # The new firmware stays.
    board.power_off()
    device = board.start(server.bootstrap)
    device.await_event("REGISTERED")
    server.await_line("REGISTERED", board.endpoint)
    assert server.ask(f"read {board.endpoint} /3/0/3") == ["2.05", "0", "mfw_sim_3.0.0"]
