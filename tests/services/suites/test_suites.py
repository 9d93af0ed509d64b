"""A frozen suite that changed is an alert, told once and taken back when the content is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.files import DiskFiles
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.suites.content import (
    MISSING,
    SILENT,
    ContentCheck,
    State,
    changed_content,
    check_content,
    check_suites,
)
from pulse_tui.services.suites.freeze import Frozen, freeze_suite
from pulse_tui.settings.load import suite_digests
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import changed, run_of

ITEMS = '{"id": 1, "input": "hello"}\n'
CONFIG = """\
# what we measure
suites:
  - id: golden   # the one
    path: golden
    baselines: {support-bot: 3.8.1}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden" / "items.jsonl").write_text(ITEMS)
    (tmp_path / "pulse.yaml").write_text(CONFIG)
    return tmp_path


def housed(judge: JudgeParts, base: Path, clock: Clock, here: str = "jump-1", **fields: object) -> JudgeParts:
    """Parts with the suite of the configuration, as one host sees it."""
    suite = SuiteShape(**{"id": "golden", "path": "golden", "baselines": {"support-bot": "3.8.1"}, **fields})  # type: ignore[arg-type]

    def frozen() -> dict[str, str]:
        return suite_digests(base / "pulse.yaml") or {}

    outside = judge.outside._replace(base=base, files=DiskFiles(clock), frozen=frozen, here=here)
    return judge._replace(suites={"golden": suite}, outside=outside)


@pytest.fixture
def house(judge: JudgeParts, base: Path, clock: Clock) -> JudgeParts:
    return housed(judge, base, clock)


def freeze(house: JudgeParts, base: Path, *, allow: bool = False) -> Frozen:
    path = base / "pulse.yaml"
    return freeze_suite(
        house, "golden", {"pulse.yaml": path}, lambda: dict(suite_digests(path) or {}), "ana", allow_personal=allow
    )


def seen(house: JudgeParts) -> ContentCheck:
    with house.store.read() as tx:
        return check_content(house.suites["golden"], tx, house)


def alerts(house: JudgeParts, *states: AlertState) -> list[Alert]:
    with house.store.read() as tx:
        return tx.judgements.alerts(states or [AlertState.FIRING])


def log(house: JudgeParts) -> list[tuple[str, str, dict[str, str]]]:
    with house.store.read() as tx:
        return [(e.actor, e.action, dict(e.detail)) for e in tx.log.entries() if e.action == "suite.frozen"]


def test_a_freeze_writes_the_digest_in_place_and_into_the_audit_log(house: JudgeParts, base: Path) -> None:
    assert seen(house).state is State.UNFROZEN
    done = freeze(house, base)
    assert (base / "pulse.yaml").read_text() == CONFIG.replace("# the one\n", f"# the one\n    digest: {done.digest}\n")
    assert seen(house) == ("golden", State.UNCHANGED, done.digest, done.digest, "golden is what was frozen")
    ((actor, action, detail),) = log(house)
    assert (actor, action) == ("ana", "suite.frozen")
    assert (detail["before"], detail["after"], detail["file"]) == ("", done.digest, "pulse.yaml")


def test_freezing_what_is_frozen_does_nothing(house: JudgeParts, base: Path) -> None:
    freeze(house, base)
    before = (base / "pulse.yaml").stat().st_mtime_ns
    assert "already" in freeze(house, base).sentence
    assert (base / "pulse.yaml").stat().st_mtime_ns == before
    assert len(log(house)) == 1


def test_a_changed_file_is_an_alert_told_once(house: JudgeParts, base: Path, clock: Clock) -> None:
    freeze(house, base)
    assert check_suites(house, clock()) == []
    (base / "golden" / "items.jsonl").write_text(ITEMS * 2)
    (told,) = check_suites(house, clock())
    assert "golden differs from what was frozen" in told
    for _ in range(3):
        assert check_suites(house, clock.pass_(seconds=10)) == []
    (alert,) = alerts(house)
    assert (alert.rule_id, alert.asset_id, alert.count) == ("suite-changed", "support-bot", 1)
    assert check_suites(house, clock.pass_(minutes=11)) == []


def test_the_alert_is_over_when_the_content_is_back(house: JudgeParts, base: Path, clock: Clock) -> None:
    freeze(house, base)
    (base / "golden" / "more.jsonl").write_text("{}")
    check_suites(house, clock())
    (base / "golden" / "more.jsonl").unlink()
    assert check_suites(house, clock.pass_(seconds=10)) == []
    assert alerts(house) == []
    (base / "golden" / "more.jsonl").write_text("{}")
    assert len(check_suites(house, clock.pass_(seconds=10))) == 1
    assert len(alerts(house)) == 1


def test_another_change_is_told_too(house: JudgeParts, base: Path, clock: Clock) -> None:
    freeze(house, base)
    for number in range(2):
        (base / "golden" / "items.jsonl").write_text(f"{number}")
        assert len(check_suites(house, clock.pass_(seconds=10))) == 1
    (alert,) = alerts(house)
    assert alert.count == 2


def test_what_is_missing_is_changed_and_said_so(house: JudgeParts, base: Path, clock: Clock) -> None:
    freeze(house, base)
    (base / "golden" / "items.jsonl").unlink()
    (base / "golden").rmdir()
    (told,) = check_suites(house, clock())
    assert told == "suite golden: golden does not exist"
    assert seen(house).found == MISSING
    with house.store.read() as tx:
        (signal, *_) = tx.signals.recent(1)
    assert signal.evidence.digest == MISSING


def test_what_an_editor_leaves_is_no_change(house: JudgeParts, base: Path, clock: Clock) -> None:
    freeze(house, base)
    (base / "golden" / ".items.jsonl.swp").write_text("x")
    (base / "golden" / "items.jsonl~").write_text("x")
    assert check_suites(house, clock()) == []


def test_freezing_the_new_content_ends_the_alert_and_names_the_old_baseline(
    house: JudgeParts, base: Path, clock: Clock
) -> None:
    old = freeze(house, base)
    with house.store.write() as tx:
        tx.evals.add(run_of("run-1", "3.8.1", 0.9, suite_digest=old.digest), 7)
        tx.evals.pin("support-bot", "golden", "run-1")
    (base / "golden" / "items.jsonl").write_text(ITEMS * 2)
    check_suites(house, clock())
    done = freeze(house, base)
    assert done.before == old.digest
    assert alerts(house) == []
    assert "the baseline of support-bot was measured on other content" in done.remarks[0]
    assert [detail["before"] for _, _, detail in log(house)] == ["", old.digest]


def test_a_tower_that_was_open_before_the_freeze_goes_by_what_the_file_says_now(
    judge: JudgeParts, base: Path, clock: Clock
) -> None:
    open_before = housed(judge, base, clock, digest="sha256:" + "0" * 64)
    freeze(housed(judge, base, clock), base)
    assert check_suites(open_before, clock()) == []


def test_a_copy_elsewhere_takes_nothing_back_until_the_one_that_saw_it_is_silent(
    judge: JudgeParts, base: Path, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = housed(judge, base, clock)
    freeze(here, base)
    copy = tmp_path_factory.mktemp("copy")
    (copy / "golden").mkdir()
    (copy / "golden" / "items.jsonl").write_text(ITEMS)
    (copy / "pulse.yaml").write_bytes((base / "pulse.yaml").read_bytes())
    there = housed(judge, copy, clock, here="jump-2")
    (base / "golden" / "items.jsonl").write_text("changed here")
    check_suites(here, clock())
    for _ in range(12):
        clock.pass_(minutes=5)
        check_suites(here, clock())
        check_suites(there, clock())
    (alert,) = alerts(here)
    assert alert.count == 1
    clock.pass_(seconds=SILENT.total_seconds() + 1)
    check_suites(there, clock())
    assert alerts(here) == []


def test_personal_data_is_refused_with_its_places_and_nothing_is_written(house: JudgeParts, base: Path) -> None:
    lines = [f'{{"input": "I am user{n}@acme.io"}}' for n in range(12)]
    (base / "golden" / "items.jsonl").write_text("\n".join(["{}", *lines]))
    with pytest.raises(Refused) as refused:
        freeze(house, base)
    said = str(refused.value)
    assert "items.jsonl:2: e-mail address us…@ac…" in said
    assert "... and 2 more" in said
    assert "user1@" not in said
    assert "--allow-personal-data" in said
    assert (base / "pulse.yaml").read_text() == CONFIG
    assert log(house) == []


def test_personal_data_may_be_frozen_when_told(judge: JudgeParts, house: JudgeParts, base: Path, clock: Clock) -> None:
    (base / "golden" / "items.jsonl").write_text("ana@acme.io")
    done = freeze(house, base, allow=True)
    assert seen(house).state is State.UNCHANGED
    assert "1 that look like it" in log(house)[0][2]["personal_data"]
    (base / "golden" / "items.jsonl").write_text("ben@acme.io")
    assert freeze(housed(judge, base, clock, personal_data=True), base).digest != done.digest


def test_what_is_no_text_is_named(house: JudgeParts, base: Path) -> None:
    (base / "golden" / "image.png").write_bytes(b"\x89PNG\0\0ana@acme.io")
    assert freeze(house, base).remarks == ("not text, not searched for personal data: image.png",)


def test_content_that_is_missing_cannot_be_frozen(house: JudgeParts, base: Path) -> None:
    (base / "golden" / "items.jsonl").unlink()
    with pytest.raises(SourceError, match="has no file"):
        freeze(house, base)


def test_a_digest_that_cannot_be_written_leaves_the_file_as_it_was(house: JudgeParts, base: Path) -> None:
    path = base / "pulse.yaml"
    with pytest.raises(Refused, match="could not be written"):
        freeze_suite(house, "golden", {"pulse.yaml": path}, lambda: {"golden": "something else"}, "ana")
    assert path.read_text() == CONFIG
    assert log(house) == []


def test_a_suite_without_path_is_frozen_as_its_baselines_state(judge: JudgeParts, base: Path, clock: Clock) -> None:
    house = housed(judge, base, clock, path=None)
    with pytest.raises(Refused, match="no baseline run of it states the digest of its content"):
        freeze(house, base)
    with house.store.write() as tx:
        tx.evals.add(run_of("run-1", "3.8.1", 0.9, suite_digest="tasks-v7"), 7)
        tx.evals.pin("support-bot", "golden", "run-1")
    assert freeze(house, base).digest == "tasks-v7"
    assert seen(house).state is State.UNCHANGED
    with house.store.write() as tx:
        tx.evals.add(run_of("run-2", "3.8.2", 0.9, suite_digest="tasks-v8"), 8)
        tx.evals.pin("support-bot", "golden", "run-2")
    assert seen(house).state is State.CHANGED


def test_a_suite_without_path_is_not_frozen_when_its_baselines_differ(
    judge: JudgeParts, base: Path, clock: Clock
) -> None:
    house = housed(judge, base, clock, path=None)
    with house.store.write() as tx:
        for asset in ("support-bot", "gateway"):
            tx.evals.add(run_of(f"run-{asset}", "1", 0.9, asset_id=asset, suite_digest=f"of-{asset}"), 7)
            tx.evals.pin(asset, "golden", f"run-{asset}")
    with pytest.raises(Refused, match=r"different content\n  - gateway: of-gateway\n  - support-bot: of-support-bot"):
        freeze(house, base)


def test_while_the_content_is_another_one_no_run_says_anything_unless_it_states_the_frozen_one(
    house: JudgeParts, base: Path, clock: Clock
) -> None:
    frozen = freeze(house, base).digest
    (base / "golden" / "items.jsonl").write_text(ITEMS * 2)
    clock.pass_(minutes=1)
    check_suites(house, clock())
    run = run_of("r2", "3.8.2", 0.9)
    suite = house.suites["golden"]
    with house.store.read() as tx:
        assert "it is unknown what run" in changed_content(tx, suite, run)
        assert changed_content(tx, suite, changed(run, suite_digest=frozen)) == ""
    (base / "golden" / "items.jsonl").write_text(ITEMS)
    clock.pass_(minutes=1)
    check_suites(house, clock())
    with house.store.read() as tx:
        assert changed_content(tx, suite, run) == ""
