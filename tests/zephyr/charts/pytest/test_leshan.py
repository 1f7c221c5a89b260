# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A server that is not ours: Eclipse Leshan."""

from server import image

TEXT, OPAQUE = 0, 42
SIZE = 50_000


def bootstrapped(board, leshan):
    """A device that Leshan's bootstrap server gave an account with its management server."""
    identity, key = f"{board.endpoint}-dm", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
    uri = f"coaps://127.0.0.1:{leshan.ports['dm_coaps']}"
    leshan.call("add_psk", board.endpoint, identity=board.identity, key=board.KEY, server="bs")
    leshan.call("add_psk", board.endpoint, identity=identity, key=key, server="dm")
    leshan.call(
        "bs_config",
        board.endpoint,
        auto_id=True,
        delete=["/0", "/1"],
        security={"0": {"uri": uri, "short_id": 101, "identity": identity, "key": key}},
        servers={"0": {"short_id": 101, "lifetime": 4242}},
    )
    device = board.start(f"coaps://127.0.0.1:{leshan.ports['bs_coaps']}")
    leshan.event("bootstrap_finished", board.endpoint)
    registered = leshan.event("registered", board.endpoint)
    assert (registered["secure"], registered["identity"]) == (True, identity)
    assert registered["lifetime"] == 4242
    device.await_event("BOOTSTRAPPED")
    device.await_event("REGISTERED")
    return device


def test_leshan(board, leshan):
    device = bootstrapped(board, leshan)
    endpoint = board.endpoint

    reply = leshan.call("read", endpoint, path="/3/0", format="TLV")
    assert (reply["code"], reply["content_format"]) == ("2.05", 11542)
    assert reply["values"]["/3/0/3"] == "mfw_sim_1.0.0"

    reply = leshan.call("write", endpoint, path="/3/0/15", value="Europe/Oslo", format="TEXT")
    assert reply["code"] == "2.04"
    reply = leshan.call("observe", endpoint, path="/3/0/15", format="TEXT")
    assert (reply["code"], reply["text"]) == ("2.05", "Europe/Oslo")
    first = reply["observe"]
    reply = leshan.call("write", endpoint, path="/3/0/15", value="Europe/Rome", format="TEXT")
    assert reply["code"] == "2.04"
    notified = leshan.event("notification", endpoint)
    assert notified["observe"] > first
    assert notified["values"] == {"/3/0/15": "Europe/Rome"}

    package = image("mfw_sim_2.0.0", SIZE).hex()
    reply = leshan.call(
        "write", endpoint, timeout=90, path="/5/0/0", value=package, format=OPAQUE, timeout_ms=90000
    )
    assert reply["code"] == "2.04", reply
    device.await_event("FOTA_START")
    state = leshan.call("read", endpoint, path="/5/0/3", format="TEXT")
    assert state["text"] == "2", "Downloaded"
    assert leshan.call("execute", endpoint, path="/5/0/2")["code"] == "2.04"
    device.await_event("REGISTERED", timeout=60)
    leshan.event("registered", endpoint)
    reply = leshan.call("read", endpoint, path="/3/0/3", format="TEXT")
    assert reply["text"] == "mfw_sim_2.0.0"
    reply = leshan.call("read", endpoint, path="/5/0/5", format="TEXT")
    assert reply["text"] == "1", "Success"
