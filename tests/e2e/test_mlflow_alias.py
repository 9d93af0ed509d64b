"""An alias moves in a real registry: with a webhook it is on the screen at once, without one after the next poll."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.e2e.registry import SECRET, Moving, listens, quiet_for
from tests.e2e.terminal import Terminal
from tests.servers.mlflow_server import MARKS, MlflowServer, mlflow_server_fixture
from tests.servers.ports import free_port

__all__ = ["mlflow_server_fixture"]

pytestmark = MARKS

LIMIT_S = 60.0
"""Far less than the ten minutes between two polls: ``python -m tests.bench alias`` measures."""


def test_a_move_with_a_webhook_is_on_the_screen_at_once(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    moving = Moving(mlflow_server, tmp_path / "estate", "10m", free_port())
    with moving.tower() as terminal:
        for version in ("1.0.2", "1.0.3", "1.0.4"):
            took = moving.seconds_to_the_screen(terminal, version, LIMIT_S)
            print(f"alias -> webhook -> screen: {took:.2f} s")
        # The sentence about it leaves the last line; nothing is drawn from then on.
        assert any(quiet_for(terminal, 2.0) == 0 for _ in range(10))


def test_a_move_without_a_webhook_is_on_the_screen_after_the_next_poll(
    mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    moving = Moving(mlflow_server, tmp_path / "estate", "2s", None)
    with moving.tower() as terminal:
        for version in ("1.0.2", "1.0.3"):
            took = moving.seconds_to_the_screen(terminal, version, LIMIT_S)
            print(f"alias -> poll every 2 s -> screen: {took:.2f} s")


def test_a_forged_webhook_is_told_and_kept_and_makes_no_poll(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    port = free_port()
    moving = Moving(mlflow_server, tmp_path / "estate", "10m", port)
    with moving.tower() as terminal:
        url = f"http://127.0.0.1:{port}/hooks/registry"
        headers = {
            "X-MLflow-Delivery-Id": "forged-1",
            "X-MLflow-Timestamp": str(int(time.time())),
            "X-MLflow-Signature": "v1,AAAA",
        }
        answer = httpx.post(url, content=b'{"entity": "x"}', headers=headers, trust_env=False)
        assert (answer.status_code, answer.text) == (401, "unauthorized\n")
        terminal.wait_for("hooks: a webhook for registry was refused")
        assert httpx.post(url + "-2", content=b"{}", trust_env=False).status_code == 404
    shown = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "status", "--quarantine", "--config", moving.folder],
        capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "PULSE_HOOK_SECRET": SECRET},
    )  # fmt: skip
    assert "webhook forged-1" in shown.stdout
    assert SECRET not in shown.stdout


def test_a_second_tower_says_that_the_port_is_taken_and_polls(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    port = free_port()
    moving = Moving(mlflow_server, tmp_path / "estate", "10m", port)
    other = Moving(mlflow_server, tmp_path / "other", "2s", port)
    with moving.tower():
        environment = {"PULSE_HOOK_SECRET": SECRET}
        with Terminal(["--config", other.folder], columns=200, lines=36, environment=environment) as terminal:
            terminal.wait_until(
                lambda: b"cannot be listened on: address already in use" in terminal.raw,
                "the taken port to be reported",
            )
            terminal.wait_for("my-bot", "1.0.1")
            other.seconds_to_the_screen(terminal, "1.0.2", LIMIT_S)


def test_an_agent_takes_hints_too_and_closes_its_port_at_the_end(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    port = free_port()
    moving = Moving(mlflow_server, tmp_path / "estate", "10m", port)
    agent = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", "agent", "--config", moving.folder],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PULSE_HOOK_SECRET": SECRET},
    )  # fmt: skip
    try:
        assert agent.stdout is not None
        while "registry:" not in agent.stdout.readline():  # the first round: what the registry holds
            assert agent.poll() is None
        end = time.monotonic() + LIMIT_S
        while not listens(port):
            assert time.monotonic() < end, "the receiver does not listen"
            time.sleep(0.02)
        webhook = mlflow_server.webhook(moving.model, f"http://127.0.0.1:{port}/hooks/registry", SECRET)
        began = time.monotonic()
        moving.move("1.0.2")
        assert "registry:" in agent.stdout.readline()
        assert time.monotonic() - began < LIMIT_S
        mlflow_server.delete_webhook(webhook)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(LIMIT_S) == 0
        assert not listens(port)
    finally:
        agent.kill()
        agent.communicate()
