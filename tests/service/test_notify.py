"""What a supervisor gets, and what becomes of it where there is none."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from pulse_tui.service.notify import Supervisor
from tests.fakes.supervisor import supervisor


@pytest.mark.parametrize("abstract", [False, True])
def test_each_word_is_a_datagram_as_systemd_reads_it(abstract: bool) -> None:
    with supervisor(abstract=abstract) as listening:
        to = Supervisor({"NOTIFY_SOCKET": listening.name})
        to.ready("collecting\n2 sources")
        to.reloading("again")
        to.alive()
        to.patience(70)
        to.stopping("bye")
        ready, reloading, alive, patience, stopping = listening.take()
    assert ready == ["READY=1", "STATUS=collecting 2 sources"]
    assert (reloading[0], reloading[1].partition("=")[0], reloading[2]) == (
        "RELOADING=1",
        "MONOTONIC_USEC",
        "STATUS=again",
    )
    assert (alive, patience, stopping) == (
        ["WATCHDOG=1"],
        ["EXTEND_TIMEOUT_USEC=70000000"],
        ["STOPPING=1", "STATUS=bye"],
    )


@pytest.mark.parametrize("named", ["", "@", "vsock:2:1234", "relative", "/nowhere/notify"])
def test_a_socket_that_is_none_is_no_trouble(named: str) -> None:
    to = Supervisor({"NOTIFY_SOCKET": named})
    to.ready("x")
    assert to.there is (named == "/nowhere/notify")


def test_a_supervisor_that_takes_nothing_holds_up_nothing() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
        full.bind(str(Path(folder) / "n"))
        to = Supervisor({"NOTIFY_SOCKET": str(Path(folder) / "n")})
        for _ in range(2_000):
            to.alive()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_only_by_whom_it_watches(environment: dict[str, str], seconds: float | None) -> None:
    assert Supervisor(environment).watchdog_s == seconds
