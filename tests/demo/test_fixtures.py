"""The fixtures are in the formats of the real sources: each is read whole by the collector of its kind."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.demo.tape import Tape
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.source import Collected
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.web import Web
from pulse_tui.wiring import bundled, outside

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
NIGHT = bundled("fixtures") / "night"
TAPE = Tape(NIGHT, NOW, "http://127.0.0.1:9")
RESULTS = [
    (act.folder / "results" / path, kind)
    for act in TAPE.acts()
    for path, _ in act.files("results")
    if not path.name.startswith("samples_")
    for kind in ({".xml": "junit", ".csv": "items"}.get(path.suffix, "lm_eval"),)
]
SIGNALS = sorted(NIGHT.glob("acts/*/signals/*"))
ADVISORIES = sorted(NIGHT.glob("acts/*/advisories/*"))
FEEDS = sorted(NIGHT.glob("acts/*/feed/*"))


def _read(kind: str, name: str, file: Path, **options: object) -> Collected:
    module = Kinds("collectors")[kind]
    data = TAPE.fill(file.read_text(encoding="utf-8")).encode()
    context = outside(Web(clock=lambda: NOW), NIGHT, lambda: NOW).collecting("fixture", NOW)
    assert module.accepts(name, Peek(data)), f"{file} is not recognised as {kind}"
    collected: Collected = module.parse(name, data, module.Options(**options), context)
    return collected


@pytest.mark.parametrize(("file", "kind"), RESULTS, ids=lambda v: v.parent.name if isinstance(v, Path) else v)
def test_a_result_file_is_read_whole(file: Path, kind: str) -> None:
    collected = _read(kind, f"{file.parent.name}/{file.name}", file, path="x", suite="s")
    assert collected.rejected == ()
    (run,) = collected.observations
    asset, _, version = file.parent.name.partition("@")
    assert (run.asset_id, run.version) == (asset, version)  # type: ignore[union-attr]


@pytest.mark.parametrize("file", SIGNALS, ids=lambda f: f.name)
def test_a_signal_file_keeps_the_contract(file: Path) -> None:
    collected = _read("signals", file.name, file)
    assert collected.rejected == ()
    assert len(collected.observations) == len(file.read_text().strip().splitlines())


@pytest.mark.parametrize("file", ADVISORIES, ids=lambda f: f"{f.parent.parent.name}-{f.name}")
def test_an_advisory_is_a_record_of_osv(file: Path) -> None:
    collected = _read("osv", file.name, file)
    assert collected.rejected == ()
    assert len(collected.observations) == 1


@pytest.mark.parametrize("file", FEEDS, ids=lambda f: f.parent.parent.name)
def test_a_feed_is_read_whole(file: Path) -> None:
    import feedparser

    parsed = feedparser.parse(TAPE.fill(file.read_text(encoding="utf-8")).encode())
    assert not parsed.bozo
    assert parsed.entries


def test_no_time_is_left_unfilled() -> None:
    for file in sorted(p for p in NIGHT.rglob("*") if p.is_file() and p.suffix != ".md"):
        assert not re.search(r"@(T|RFC|MS|S|DAY|URL)[+\-@]", TAPE.fill(file.read_text(encoding="utf-8"))), file


def test_times_are_relative_to_the_moment_it_is_played() -> None:
    assert TAPE.fill('"@T-6m@" "@MS-2h@" "@DAY+41d@" @URL@') == (
        '"2026-11-23T03:04:00Z" 1795396200000 "2027-01-03" http://127.0.0.1:9'
    )


def test_a_folder_without_acts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="holds no night"):
        Tape(tmp_path, NOW)
