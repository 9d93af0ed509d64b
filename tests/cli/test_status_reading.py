"""What ``status`` reads and imports: the same words whoever opens the file, and nothing heavy for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pulse_tui.domain.room import Room
from pulse_tui.storage import plain_file, store
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.nouns import NOW, signal
from tests.fakes.small_estate import measure

HEAVY = ("sqlalchemy", "alembic", "asyncio", "httpx", "apscheduler", "textual", "rich", "jsonschema", "scipy", "numpy")


def by_sqlalchemy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is opened plainly from here on."""
    monkeypatch.setattr(plain_file, "opened", lambda _path: None)


def empty(_: Path) -> None:
    """Nothing but the schema."""


def measured(config: Path) -> None:
    """A release that is worse than its baseline: an alert, a verdict, holds and notices."""
    measure(config, "1.0.1")
    measure(config, "1.1.0", accuracy=0.5)


def filled(config: Path) -> None:
    """Signals that nobody judged, a refused record, an alert."""
    measured(config)
    (config / "drop").mkdir(exist_ok=True)
    house = House(config)
    with house.store.write() as tx:
        tx.signals.add([(signal(n), b"{}") for n in range(5)])
        tx.log.append(NOW, "ana", "noted", "x")
    house.close()


@pytest.mark.parametrize("made", [empty, measured, filled])
@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("status", "--quarantine"), ("coverage",)])
def test_the_same_is_said_whoever_opens_the_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], None], arguments: tuple[str, ...]
) -> None:
    made(shell.config)
    moment = House(shell.config).clock()
    monkeypatch.setattr("pulse_tui.wiring.SharedClock.__call__", lambda _self: moment)
    plainly = shell(*arguments)
    by_sqlalchemy(monkeypatch)
    assert shell(*arguments) == plainly


def test_an_alerts_page_is_the_same_whoever_opens_the_file(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(shell.config)
    moment = House(shell.config).clock()
    monkeypatch.setattr("pulse_tui.wiring.SharedClock.__call__", lambda _self: moment)
    alerts = [row["id"] for row in shell("status", "--json").json()["alerts"]]
    assert alerts
    plainly = [shell("explain", alert) for alert in alerts]
    by_sqlalchemy(monkeypatch)
    assert [shell("explain", alert) for alert in alerts] == plainly


@pytest.mark.parametrize("command", ["status", "explain"])
def test_neither_imports_what_takes_longer_than_the_answer(shell: Shell, command: str) -> None:
    measured(shell.config)
    alert = shell("status", "--json").json()["alerts"][0]["id"]
    arguments = ["--config", str(shell.config), command, *([alert] if command == "explain" else [])]
    code = f"""
import json, sys
from pulse_tui.cli.main import run
run({arguments!r})
print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert json.loads(done.stdout.splitlines()[-1]) == [], done.stderr


def test_a_file_with_another_schema_is_explained_as_ever(shell: Shell) -> None:
    house = House(shell.config)
    with house.store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    house.close()
    said = shell("status")
    assert (said.code, said.out) == (2, "")
    assert "has an older schema" in said.err


def test_nothing_is_written_through_a_store_that_only_reads(shell: Shell) -> None:
    house = House(shell.config, read_only=True)
    with pytest.raises(Exception, match="is read-only"), house.store.read() as tx:
        tx.plumbing.keep_sources(["nothing"])
    house.close()


@pytest.mark.parametrize(("free", "code"), [(0, 1), (2**40, 0)])
def test_a_full_disk_is_no_good_state_whatever_else_is_open(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, free: int, code: int
) -> None:
    shell("refresh")
    monkeypatch.setattr(store, "room", lambda _path: Room(free=free, used=0.5))
    said = shell("status")
    assert ("THE DISK OF THE DATABASE IS FULL" in said.out.splitlines()[1]) == bool(code)
    assert "P1 0, P2 0" in said.out
    assert said.code == code


def broken_policy(config: Path) -> Path:
    """The policy as a file of its own, valid so far."""
    policy = config / "policy.yaml"
    policy.write_text(
        "policy:\n  rules:\n    - id: slow\n      owner: ml\n      review: 2031-01-01\n      'on': [latency_breach]\n"
        "      severity: high\n      priority: P2\n      all: ['service.value > 5.0']\n      actions: [notify]\n"
    )
    return policy


def test_a_policy_that_was_valid_is_looked_at_again_when_anything_of_it_changes(shell: Shell, home: Path) -> None:
    policy = broken_policy(shell.config)
    first = shell("status")
    assert "CANNOT BE READ" not in first.out, first.out
    kept = home / ".local/state/pulse-tui/sound-policies"
    assert kept.stat().st_mode & 0o077 == 0
    lines = kept.read_text().splitlines()
    assert shell("status") == first
    assert kept.read_text().splitlines() == lines
    policy.write_text(policy.read_text().replace("service.value", "service.valu"))
    assert "THE POLICY CANNOT BE READ" in shell("status").out
    assert kept.read_text().splitlines() == lines  # only what is valid is kept


def test_what_was_kept_of_a_policy_is_not_believed_when_somebody_else_could_have_written_it(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_policy(shell.config)
    shell("status")
    kept = home / ".local/state/pulse-tui/sound-policies"
    loaded: list[str] = []
    real = House.__dict__["written_policy"].func

    def loading(house: House) -> object:
        loaded.append("policy")
        return real(house)

    monkeypatch.setattr(House, "written_policy", property(loading))
    shell("status")
    assert loaded == []
    os.chmod(kept, 0o666)
    shell("status")
    assert loaded
