# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The three charts: an image with a bootstrap server, over DTLS with a pre-shared key."""

from charts import events
from server import image

# 30 kB in blocks of 512 bytes.
SIZE = 30_000


def test_the_charts(project, board, server, tmp_path):
    device = board.start(server.bootstrap)
    for chart in ("initialization", "bootstrap"):
        expected = events(project, chart)
        assert device.events(len(expected)) == expected, chart
    server.await_line("BOOTSTRAP", board.endpoint, "finished")
    registered = server.await_line("REGISTERED", board.endpoint)
    assert "lifetime=86400" in registered and "version=1.1" in registered
    assert server.ask(f"read {board.endpoint} /3/0/3") == ["2.05", "0", "mfw_sim_1.0.0"]

    file = tmp_path / "image"
    file.write_bytes(image("mfw_sim_2.0.0", SIZE))
    server.command(f"push {board.endpoint} {file}")
    expected = events(project, "fota")
    assert device.events(len(expected), timeout=60) == expected
    assert server.await_line("PUSHED", board.endpoint)[2] == "1", "Success"
    assert server.ask(f"read {board.endpoint} /3/0/3") == ["2.05", "0", "mfw_sim_2.0.0"]
    assert device.is_silent(1), "nothing more is told"
