"""Whatever is waived, by whom and in which order: nothing that anybody is shown gets better than ``waived``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.standing import Standing
from pulse_tui.domain.waiver import VexStatus
from pulse_tui.domain.words import Severity
from pulse_tui.enrich.advisories.waived import excuse, reaching
from pulse_tui.services.advisories.waivers import end_waiver, waive_advisory
from pulse_tui.services.alerts import operate
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.waived import group_of
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, rollback
from tests.fakes.nouns import PRODUCTION, release
from tests.fakes.target import Places
from tests.servers.forms import examples
from tests.services.advisories.test_statements import said
from tests.services.advisories.test_waivers import CVE, bill, package
from tests.services.estates import fill

OFF = "vulnerable_code_not_in_execute_path"
OTHER = msgspec.structs.replace(CVE, id="GHSA-b", aliases=("CVE-2026-9",), severity=Severity.LOW, cvss=3.1)
COMPONENTS = [package("vllm", "0.9.1"), package("vllm", "0.9.0"), package("ray", "2.8"), package("ray", "latest")]


class House:
    """One estate with its clock."""

    def __init__(self, url: str, folder: Path) -> None:
        self.clock = Clock()
        self.store = SqlStore(url, folder)
        fill(self.store)
        with self.store.write() as tx:
            tx.estate.add_release(release("1.9.4", "gateway", state=ReleaseState.PROMOTED))
        self.judge: JudgeParts = judging(self.store, folder, self.clock)
        self.parts = rollback(self.judge, Places(folder / "target.json"), self.clock)

    def take(self, *items: Any) -> None:
        ingest(list(items), [], self.judge, self.clock())
        operate.lapse(self.judge, self.clock())


Deed = Callable[[House], None]


def _waive(name: str, component: str, status: str) -> Deed:
    def do(house: House) -> None:
        terms: dict[str, Any] = {"justification": OFF} if status == "not_affected" else {"owner": "ml"}
        until = house.clock() + timedelta(days=5)
        with suppress(Refused, NotFound):
            waive_advisory(
                house.judge,
                name,
                "gateway",
                component,
                status=status,
                why="x",
                until=until,
                by="ana",
                now=house.clock(),
                **terms,
            )

    return do


def _by_alert(house: House) -> None:
    with house.store.read() as tx:
        firing = [a for a in tx.judgements.alerts([AlertState.FIRING]) if a.asset_id == "gateway"]
    for alert in firing[:1]:
        operate.waive(house.store, alert.id, "ana", 5, "x", house.clock())


def _end(house: House) -> None:
    with house.store.read() as tx:
        standing = tx.waivers.all(standing=True)
    for waiver in standing[:1]:
        end_waiver(house.judge, waiver.id, "ana", "x", house.clock())


def _state(status: VexStatus, version: str | None) -> Deed:
    justification = said().justification if status is VexStatus.NOT_AFFECTED else None
    return lambda house: house.take(said(at=house.clock(), status=status, version=version, justification=justification))


WAIVE: dict[str, Deed] = {
    **{
        f"waive {n} {c or 'all'} {s}": _waive(n, c, s)
        for n in ("CVE-2026-3248", "GHSA-b")
        for c in ("", "vllm", "ray", "pkg:pypi/vllm@0.9.0")
        for s in ("affected", "not_affected")
    },
    "waive the alert": _by_alert,
    "end one": _end,
    "vendor: not affected": _state(VexStatus.NOT_AFFECTED, "0.9.1"),
    "vendor: not affected at all": _state(VexStatus.NOT_AFFECTED, None),
    "vendor: affected": _state(VexStatus.AFFECTED, "0.9.1"),
    "vendor: fixed": _state(VexStatus.FIXED, "0.9.0"),
}
"""What the one house does and the other does not."""


def _pass(days: float) -> Deed:
    def do(house: House) -> None:
        house.clock.pass_(days=days)
        operate.lapse(house.judge, house.clock())

    return do


def _record(advisory: Any, **changes: Any) -> Deed:
    return lambda house: house.take(msgspec.structs.replace(advisory, modified=house.clock(), **changes))


def _bills(serving: Sequence[int], candidate: Sequence[int]) -> Deed:
    def do(house: House) -> None:
        made = [COMPONENTS[i] for i in serving], [COMPONENTS[i] for i in candidate]
        general = bill(*made[0], at=house.clock())
        house.take(general, msgspec.structs.replace(general, source="boms", version="1.9.4", components=tuple(made[1])))

    return do


EVENTS: dict[str, Deed] = {
    "the advisory": _record(CVE),
    "it is exploited": _record(CVE, known_exploited=True),
    "it is withdrawn": _record(CVE, withdrawn=True),
    "it is less severe": _record(CVE, severity=Severity.HIGH, cvss=7.1),
    "another": _record(OTHER),
    "they are one": _record(OTHER, aliases=("CVE-2026-9", "GHSA-a")),
    "an hour": _pass(0.04),
    "a week": _pass(7),
    "bills": _bills([0], [1]),
    "more in the bills": _bills([0, 2], [0, 3]),
    "empty bills": _bills([], [2]),
}


def check(waived: House, bare: House) -> None:
    """The one against the other, which waives nothing."""
    with waived.store.read() as tx, bare.store.read() as plain:
        mine, theirs = tx.advisories.findings(), plain.advisories.findings()
        strip = [msgspec.structs.replace(f, waiver=None, priority=theirs[0].priority) for f in mine]
        assert strip == [msgspec.structs.replace(f, priority=theirs[0].priority) for f in theirs]
        for finding in mine:
            record = tx.advisories.get(finding.advisory_id)
            assert record is not None
            standing = tx.waivers.named(group_of(tx, record.name).names, standing=True)
            cover = excuse(finding, standing, waived.clock())
            assert finding.waiver == (cover.id if cover is not None else None)
        uncovered = {(f.asset_id, f.environment) for f in reaching(mine) if f.waiver is None}
        covered = {(f.asset_id, f.environment) for f in reaching(mine)} - uncovered
        for alert in tx.judgements.alerts([AlertState.SUPPRESSED]):
            assert (alert.asset_id, alert.environment) in covered or len({f.advisory_id for f in mine}) > 1
        assert {a.signal_fingerprint for a in plain.judgements.alerts() if a.open} == {
            a.signal_fingerprint for a in tx.judgements.alerts() if a.open
        }
    now = waived.clock()
    board, plainly = waived.store.board("acme", None, now), bare.store.board("acme", None, now)
    for name in ("production_ok", "p1", "p2", "p4"):
        assert getattr(board.header, name) == getattr(plainly.header, name), name
    assert [r.asset for r in board.registry if r.state == Standing.OK] == [
        r.asset for r in plainly.registry if r.state == Standing.OK
    ]
    asked = [gate(h.parts, "gateway", "1.9.4", PRODUCTION) for h in (waived, bare)]
    told, plain_told = ([r.ok for r in a.reasons if r.name == "advisories"] for a in asked)
    assert all(told) == all(plain_told)


def play(houses: Sequence[House], deeds: Sequence[str]) -> None:
    waived, bare = houses
    for name in ("bills", "the advisory", *deeds):
        EVENTS.get(name, WAIVE.get(name, _end))(waived)
        if name in EVENTS:
            EVENTS[name](bare)
        check(waived, bare)


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.sampled_from([*EVENTS, *WAIVE, *["vendor: not affected at all"] * 5]), min_size=3, max_size=9))
def test_a_waiver_never_makes_anything_better_than_waived(deeds: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / "a", Path(name) / "b"]
        for folder in folders:
            folder.mkdir()
        houses = [House(sqlite_file(folder / "pulse.db"), folder) for folder in folders]
        try:
            play(houses, deeds)
        finally:
            for house in houses:
                house.store.close()


def test_nor_on_the_other_database(tmp_path: Path) -> None:
    server = postgres()
    names = [server.create(), server.create()]
    houses = [House(server.named(name), tmp_path) for name in names]
    try:
        play(
            houses,
            [
                "vendor: not affected at all",
                "waive CVE-2026-3248 all not_affected",
                "more in the bills",
                "vendor: not affected",
                "a week",
                "they are one",
            ],
        )
    finally:
        for house, name in zip(houses, names, strict=True):
            house.store.close()
            server.drop(name)
