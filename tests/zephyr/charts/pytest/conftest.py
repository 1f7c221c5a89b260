# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the tests begin with. The image is that of the build directory, whatever application it is."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from device import Board
from leshan import Leshan
from server import Server

PROJECT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def project():
    """The top of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def executable(twister_harness_config):
    """The image."""
    return twister_harness_config.devices[0].build_dir / "zephyr" / "zephyr.exe"


@pytest.fixture(scope="session")
def program():
    """The simulator, built."""
    built = subprocess.run(
        ["cargo", "build", "--locked", "-p", "lwm2m-carrier-sim", "--message-format=json"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        check=True,
    )
    messages = map(json.loads, built.stdout.splitlines())
    return next(it["executable"] for it in messages if it.get("executable"))


@pytest.fixture
def board(executable, tmp_path, request):
    """A device with empty flash, known by an endpoint name that no other test has."""
    board = Board(executable, tmp_path, request.node.name.removeprefix("test_").translate(str.maketrans("_[", "--", "]")))
    yield board
    board.power_off()


@pytest.fixture
def server(program, board):
    """The built-in server, which knows the key of the board."""
    server = Server(program, board)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def jar():
    """The Leshan harness, built if it is absent or older than its sources."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing: the tests against Leshan need a JDK 17 and Maven 3.8")
    harness = PROJECT / "tests/leshan"
    jar = harness / "target/leshan-harness.jar"
    sources = [harness / "pom.xml", *(it for it in (harness / "src").rglob("*") if it.is_file())]
    jar.parent.mkdir(exist_ok=True)
    with open(jar.parent / "build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jar.exists() or max(map(os.path.getmtime, sources)) > os.path.getmtime(jar):
            subprocess.run(["mvn", "-q", "-B", "package"], cwd=harness, check=True)
    return jar


@pytest.fixture
def leshan(jar):
    """Leshan's servers."""
    leshan = Leshan(jar)
    yield leshan
    leshan.kill()
