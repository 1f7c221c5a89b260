# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What is deferred, and why: include/lwm2m_carrier.h, LWM2M_CARRIER_DEFERRED_."""

import socket

BOOTSTRAP_CONNECT = 3
BOOTSTRAP_SEQUENCE = 4


def deferred(device, timeout):
    """The reason of the next event DEFERRED; the time until the next attempt is one."""
    _, reason, seconds = device.await_event("DEFERRED", timeout)
    assert 0 < seconds <= 86400
    return reason


def test_a_wrong_key(board, server):
    device = board.start(server.bootstrap, key="ff" * 16)
    assert deferred(device, 60) == BOOTSTRAP_CONNECT
    assert server.count("BOOTSTRAP") == 0
    assert not device.has_said("ff" * 16)


def test_no_server_answers_the_handshake(board):
    # A port that takes datagrams, and says nothing.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silence:
        silence.bind(("127.0.0.1", 0))
        device = board.start(f"coaps://127.0.0.1:{silence.getsockname()[1]}")
        assert deferred(device, 60) == BOOTSTRAP_CONNECT


def test_nobody_listens(board):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    device = board.start(f"coap://127.0.0.1:{port}")
    assert deferred(device, 120) == BOOTSTRAP_SEQUENCE
