"""The agent as a service: real processes under a supervisor that listens, with signals, probes and broken configurations."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.cli.processes import STARTED, until
from tests.fakes.small_estate import FEED, signal_line
from tests.fakes.supervisor import Listening, supervisor
from tests.servers.loopback import Loopback, Reply
from tests.servers.ports import free_port


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    """Every process is over when its test is."""
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


@pytest.fixture
def sd() -> Iterator[Listening]:
    with supervisor(abstract=True) as listening:
        yield listening


def configure(shell: Shell, text: str) -> None:
    with (shell.config / "pulse.yaml").open("a") as file:
        file.write(text)


class Agent:
    """A process of its own session, as a supervisor starts it."""

    def __init__(self, config: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.out = config.parent / "agent.log"
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pulse_tui", "agent", "--config", str(config), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": os.environ["HOME"],
                    "PULSE_OPERATOR": "svc",
                    **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
                    **(environment or {}),
                },
            )
        STARTED.append(self.process)

    @property
    def log(self) -> str:
        return self.out.read_text()

    def objects(self) -> list[dict[str, Any]]:
        lines = self.log.splitlines()
        assert all(line.startswith("{") for line in lines), "\n".join(lines)
        return [json.loads(line) for line in lines]

    def events(self) -> list[str]:
        return [o["event"] for o in self.objects()]

    def end(self, kind: int = signal.SIGTERM, seconds: float = 60.0) -> int:
        self.process.send_signal(kind)
        return self.process.wait(seconds)


def ask(port: int, path: str) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read().decode()
    finally:
        link.close()


def test_a_supervisor_learns_when_it_is_ready_what_it_does_and_that_it_leaves(shell: Shell, sd: Listening) -> None:
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    lines = sd.until(lambda lines: "READY=1" in lines, "READY=1")
    assert lines.index("STATUS=starting") < lines.index("READY=1")
    assert "STATUS=collecting 2 sources" in lines
    assert agent.end() == 0
    assert sd.lines().count("STOPPING=1") == 1
    with House(shell.config).store.read() as tx:
        assert tx.members.all() == [], "who left in order is no member any more"


def test_the_watchdog_is_fed_twice_in_its_time(shell: Shell, sd: Listening) -> None:
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name, "WATCHDOG_USEC": "600000"})
    sd.until(lambda lines: lines.count("WATCHDOG=1") >= 3, "three pings")
    agent.process.send_signal(signal.SIGSTOP)
    until(lambda: "State:\tT" in Path(f"/proc/{agent.process.pid}/status").read_text(), "its standstill")
    fed = len(sd.lines())
    with pytest.raises(subprocess.TimeoutExpired):
        agent.process.wait(0.8)
    assert len(sd.lines()) == fed, "whoever stands still feeds nobody"
    agent.process.send_signal(signal.SIGCONT)
    assert agent.end() == 0


def test_probes_answer_and_the_scraper_gets_the_measures_and_the_process(shell: Shell, sd: Listening) -> None:
    port = free_port()
    configure(shell, f"service: {{listen: '127.0.0.1:{port}'}}\n")
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    assert f"service: no agent answers on 127.0.0.1:{port}: start pulse-tui agent" in shell("doctor").out
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    assert f"ok   service: the agent on 127.0.0.1:{port} is ready" in shell("doctor").out
    assert ask(port, "/healthz") == (200, "alive\n")
    assert ask(port, "/readyz") == (200, "ready\n")
    status, text = ask(port, "/metrics")
    assert status == 200
    assert text.endswith("# EOF\n")
    for name in (
        "# TYPE pulse_alerts_open gauge", "pulse_measure_known", "pulse_build_info", 'pulse_agent_rounds_total{result="ok"}',
        "pulse_agent_loop_lag_seconds", "pulse_deliveries_waiting", "pulse_database_size_bytes", "pulse_agent_ready 1.0",
    ):  # fmt: skip
        assert f"\n{name}" in text, name
    assert ask(port, "/hooks/drop")[0] == 404
    assert agent.end() == 0


def test_probes_share_the_listener_of_the_hooks_where_they_have_its_address(shell: Shell, sd: Listening) -> None:
    port = free_port()
    configure(shell, f"hooks: {{listen: '127.0.0.1:{port}'}}\nservice: {{listen: '127.0.0.1:{port}'}}\n")
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    assert ask(port, "/readyz")[0] == 200
    assert ask(port, "/hooks/drop")[0] == 405
    assert agent.end() == 0


def test_the_log_is_an_object_a_line_and_holds_no_secret(shell: Shell, server: Loopback) -> None:
    server.on("GET", "/feed", Reply(500, b"no"))
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    agent = Agent(shell.config, "--log-format", "json", "--log-level", "debug")
    until(lambda: all(e in agent.log for e in ("round_failed", "round_ended", "alert_opened")), "the rounds")
    assert agent.end() == 0
    lines = agent.objects()
    assert all({"at", "level", "event", "message"} <= set(line) for line in lines)
    failed = next(line for line in lines if line["event"] == "round_failed")
    assert (failed["level"], failed["source"]) == ("warning", "news")
    opened = next(line for line in lines if line["event"] == "alert_opened")
    assert (opened["source"], opened["asset"], opened["priority"]) == ("drop", "my-bot", "P2")
    assert opened["alert"] in opened["message"]
    events = [line["event"] for line in lines]
    assert events[0] == "started"
    after = events[events.index("stopping") + 1 :]
    assert set(after) <= {"round_ended"}, "only a round that was under way is heard of then"


def test_a_reader_that_takes_nothing_holds_up_nothing_but_the_log(shell: Shell, sd: Listening) -> None:
    """The pipe is full, and nobody empties it."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    while True:
        try:
            os.write(write, b"x" * 4_096)
        except BlockingIOError:
            break
    os.set_blocking(write, True)
    process = subprocess.Popen(
        [sys.executable, "-m", "pulse_tui", "agent", "--config", str(shell.config), "--log-level", "debug"],
        stdin=subprocess.DEVNULL,
        stdout=write,
        text=True,
        start_new_session=True,
        env={**os.environ, "NOTIFY_SOCKET": sd.name},
    )
    STARTED.append(process)
    os.close(write)
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    os.close(read)


def test_a_broken_configuration_at_a_reload_stops_nothing_and_is_seen_everywhere(shell: Shell, sd: Listening) -> None:
    port = free_port()
    configure(shell, f"service: {{listen: '127.0.0.1:{port}', log: json}}\n")
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    agent.process.send_signal(signal.SIGHUP)
    sd.until(lambda lines: lines.count("READY=1") == 2, "the end of a reload of what did not change")
    file = shell.config / "pulse.yaml"
    before = file.read_text()
    file.write_text("name: small\n")
    agent.process.send_signal(signal.SIGHUP)
    until(lambda: "has no source any more" in agent.log, "the refusal of what would leave nothing to do")
    sd.until(lambda lines: lines.count("READY=1") == 3, "its end")
    file.write_text(before.replace("sources:", "sorces:", 1) + "retries: 3\n")
    agent.process.send_signal(signal.SIGHUP)
    lines = sd.until(lambda lines: lines.count("READY=1") == 4, "the end of the reload")
    reload = [each for each in sd.heard if each[0] == "RELOADING=1"][-1]
    assert re.fullmatch(r"MONOTONIC_USEC=\d+", reload[1])
    assert any(line.startswith("STATUS=degraded: the configuration changed and is not valid") for line in lines)
    status, text = ask(port, "/readyz")
    assert (status, text.splitlines()[0]) == (200, "degraded")
    until(lambda: "configuration_invalid" in agent.log, "the log")
    problems = [o for o in agent.objects() if o["event"] == "configuration_problem"]
    problems = problems[-2:]
    assert ["sorces" in problems[0]["message"], "retries" in problems[1]["message"]] == [True, True]
    assert all(re.search(r"pulse\.yaml:\d+", p["where"]) and p["level"] == "error" for p in problems)
    file.write_text(before)
    assert agent.events().count("started") == 1, "nothing was interrupted"
    sd.until(lambda lines: lines.count("READY=1") == 5, "the mended configuration")
    assert ask(port, "/readyz") == (200, "ready\n")
    assert agent.end() == 0


def test_a_reload_takes_up_what_is_valid_without_refusing_anybody(shell: Shell, sd: Listening) -> None:
    port = free_port()
    configure(shell, f"service: {{listen: '127.0.0.1:{port}'}}\n")
    agent = Agent(shell.config, "--json", environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    configure(shell, "acknowledge_for: 2h\n")
    agent.process.send_signal(signal.SIGHUP)
    refused, asked = 0, 0
    while sd.lines().count("READY=1") < 2:
        try:
            ask(port, "/healthz")
            asked += 1
        except ConnectionRefusedError:
            refused += 1
        except (ConnectionError, http.client.HTTPException):
            pass  # it was being answered when its process gave way
    assert (refused, asked > 0) == (0, True)
    assert agent.events().count("started") == 2
    assert agent.process.poll() is None, "the same process goes on"
    assert ask(port, "/readyz") == (200, "ready\n")
    assert agent.end() == 0


def test_a_storm_of_reloads_while_one_is_applied_ends_nothing(shell: Shell, sd: Listening) -> None:
    """The process begins again, and takes no signal for a while."""
    agent = Agent(shell.config, "--json", environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    configure(shell, "acknowledge_for: 2h\n")

    def again() -> bool:
        agent.process.send_signal(signal.SIGHUP)
        assert agent.process.poll() is None
        return agent.events().count("ready") > 1 or agent.events().count("started") > 1

    until(again, "the next life", 120)
    assert agent.end() == 0


def test_a_storm_of_reloads_during_the_start_ends_nothing(shell: Shell, sd: Listening) -> None:
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "STATUS=starting" in lines, "the beginning")
    for _ in range(20):
        agent.process.send_signal(signal.SIGHUP)
    sd.until(lambda lines: "READY=1" in lines, "READY=1")
    assert agent.end() == 0


def test_a_stop_during_the_start_is_no_failure(shell: Shell, sd: Listening) -> None:
    agent = Agent(shell.config, environment={"NOTIFY_SOCKET": sd.name})
    sd.until(lambda lines: "STATUS=starting" in lines, "the beginning")
    assert agent.end() == 0


def test_a_second_signal_ends_it_at_once(shell: Shell, server: Loopback) -> None:
    """Without it a round under way has a second and a half; where this process gets its turn later than that, again."""
    server.on("GET", "/feed", Reply(body=FEED, delay_s=60.0))
    for _ in range(5):
        before = len(server.seen("GET", "/feed"))
        agent = Agent(shell.config)
        until(lambda before=before: len(server.seen("GET", "/feed")) > before, "the request")  # type: ignore[misc]
        agent.process.send_signal(signal.SIGTERM)
        until(lambda agent=agent: "stopping" in agent.log, "the first one")  # type: ignore[misc]
        if agent.end() == 128 + signal.SIGTERM:
            return
        agent.out.unlink()
    raise AssertionError("it always waited for the round")


def test_what_keeps_it_from_starting_stands_in_the_form_of_the_log(shell: Shell, sd: Listening) -> None:
    (shell.config / "pulse.yaml").write_text("sorces: []\nname: [1]\n")
    agent = Agent(shell.config, "--log-format", "json", environment={"NOTIFY_SOCKET": sd.name})
    assert agent.process.wait(60) == 2
    assert agent.events() == ["configuration_problem"] * 2
    assert not [line for line in sd.lines() if line == "READY=1"]
    assert any(line.startswith("STATUS=not started: 2 problems") for line in sd.lines())
