"""What one statement of a vendor leads to in every place that an operator looks at: row, alert, tasks, gate, calendar, in one tale."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.catalogue import Catalogue, CatalogueModel
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evidence import ShiftEvidence
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles, Stage
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.vendors import ShutdownRow
from pulse_tui.domain.words import ComponentKind, Priority, SignalType
from pulse_tui.policy.gate import GateReason, GateStatus
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.conditions.days import take_day
from pulse_tui.services.conditions.reassess import reassess
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.vendors.reached import NoteMemory
from pulse_tui.services.vendors.shutdowns import shutdowns
from tests.fakes.clock import Clock
from tests.fakes.house import gate, rollback
from tests.fakes.nouns import PRODUCTION, later, run_of, signal
from tests.fakes.target import Places
from tests.services.said import alerts

END = "gpt-4.1-2025-04-14 will be shut down on 2027-01-15. Please migrate to gpt-5.1."
DAY = datetime(2027, 1, 15, tzinfo=UTC)


@pytest.fixture
def house(judge: JudgeParts) -> JudgeParts:
    """``gateway`` uses the model on azure; ``support-bot`` on openai."""
    hosted(judge, "gateway", "azure/gpt-4.1")
    return judge


def hosted(judge: JudgeParts, asset: str, *idents: str) -> None:
    used = tuple(Component(id=i, kind=ComponentKind.HOSTED_MODEL, name=i.partition("/")[2]) for i in idents)
    with judge.store.write() as tx:
        tx.dependencies.put_bill(Bill(source="more", asset_id=asset, document="", at=later(hours=-1), components=used))


def announce(judge: JudgeParts, body: str = END, key: str = "a", hours: float = 0, **fields: str) -> None:
    given = {"source": "news", "vendor": "openai", "title": "Deprecation", **fields}
    note = Note(key=key, body=body, published_at=later(hours=hours), **given)  # type: ignore[arg-type]
    ingest([note], [], judge, later(hours=hours))


def alert_of(judge: JudgeParts, asset: str) -> Alert:
    (found,) = [a for a in alerts(judge) if a.asset_id == asset and a.open]
    return found


def tasks(judge: JudgeParts, asset: str) -> dict[TaskKind, VendorTask]:
    with judge.store.read() as tx:
        return {t.kind: t for t in tx.vendors.tasks(asset_id=asset)}


def row(judge: JudgeParts, key: str, hours: float = 0) -> ShutdownRow:
    return {r.key: r for r in shutdowns(judge.store, NoteMemory(), later(hours=hours)).rows}[key]


def ends(judge: JudgeParts, asset: str, version: str) -> list[tuple[str, str]]:
    return [(c.status, c.detail) for c in gate(judge, asset, version, PRODUCTION).reasons if c.name == GateReason.ENDS]


def story(judge: JudgeParts, target: Places, asset: str) -> str:
    page = alert_story(rollback(judge, target, judge.clock), alert_of(judge, asset).id)  # type: ignore[arg-type]
    return "\n".join((*page.changed, *page.risk, *page.todo))


def test_the_end_on_one_platform_is_no_date_of_another(house: JudgeParts, target: Places) -> None:
    announce(house)
    ours, theirs = alert_of(house, "support-bot"), alert_of(house, "gateway")
    assert "shuts down in 53 d" in ours.title
    assert theirs.title == ("gpt-4.1 ends on openai 2027-01-15, no date of azure is known: gateway (by its family)")
    assert theirs.priority is Priority.P4
    assert tasks(house, "gateway")[TaskKind.MIGRATION].due_at is None
    assert tasks(house, "support-bot")[TaskKind.MIGRATION].due_at is not None
    assert row(house, "azure/gpt-4.1").state(to_us(later())) == "no date"
    text = story(house, target, "gateway")
    assert "openai speaks of its own platform openai, where it takes effect on 2027-01-15; of azure nothing" in text
    assert "look up whether and when gpt-4.1 ends on azure" in text
    assert "53 days" not in text
    take_day(house, later(days=50))
    assert alert_of(house, "gateway").title == theirs.title


def test_the_gate_says_that_no_date_of_the_platform_is_known(house: JudgeParts) -> None:
    with house.store.read() as tx:
        version = tx.estate.load().deployments[0].version
    hosted(house, "support-bot", "azure/gpt-4.1")
    announce(house)
    found = {w.partition(":")[0].partition(" ")[0]: status for status, w in ends(house, "support-bot", version)}
    assert found == {"azure/gpt-4.1": GateStatus.UNDECIDED, "openai/gpt-4.1": GateStatus.FAILED}


def test_its_own_list_gives_the_platform_a_date_later_and_the_tasks_move_to_it(house: JudgeParts) -> None:
    ingest([Lifecycles(source="list", items=(), whole=True)], [], house, later(hours=-1))
    announce(house)
    item = Lifecycle(source="list", platform="azure", model="gpt-4.1", stage=Stage.DEPRECATED, ends_at=later(days=40))
    other = Lifecycle(source="list", platform="azure", model="o3", stage=Stage.ACTIVE)
    ingest([Lifecycles(source="list", items=(other,), whole=True)], [], house, later(hours=1))
    ingest([Lifecycles(source="list", items=(item, other), whole=True)], [], house, later(hours=2))
    assert "shuts down in 39 d" in alert_of(house, "gateway").title or "40 d" in alert_of(house, "gateway").title
    assert tasks(house, "gateway")[TaskKind.MIGRATION].due_at is not None
    announce(house, f"Reminder: {END}", "b", 3)
    assert "shuts down" in alert_of(house, "gateway").title  # what openai repeats takes azure's date not away


def test_prices_and_limits_of_one_platform_are_not_held_against_those_of_another(house: JudgeParts) -> None:
    announce(house, "The rate limit of gpt-4.1 is reduced to 10 requests per minute.", title="Rate limits")
    assert "on openai" in alert_of(house, "gateway").title
    assert "on openai" not in alert_of(house, "support-bot").title


def test_one_statement_in_several_places_of_one_page_counts_once(judge: JudgeParts) -> None:
    def read(day: str, hours: float) -> None:
        notes = [
            Note(
                source="page", key=key, vendor="openai", title=title, body=body, published_at=later(hours=-1),
                kind=NoteKind.DEPRECATIONS, models=("gpt-4.1",),
            )
            for key, title, body in (
                ("row", "gpt-4.1", f"gpt-4.1 | Deprecated | shut down on {day}"),
                ("history", "2026-11-01", f"gpt-4.1 will be shut down on {day}."),
            )
        ]  # fmt: skip
        item = Lifecycle(
            source="page", platform="openai", model="gpt-4.1", stage=Stage.DEPRECATED,
            ends_at=datetime.fromisoformat(f"{day}T00:00:00+00:00"),
        )  # fmt: skip
        page = Page(source="page", vendor="openai", kind=NoteKind.DEPRECATIONS, notes=tuple(notes))
        ingest([page, Lifecycles(source="page", items=(item,), whole=True)], [], judge, later(hours=hours))

    read("2027-03-15", 0)
    (alert,) = alerts(judge)
    assert alert.count == 1
    read("2027-02-15", 1)
    (alert,) = alerts(judge)
    assert (alert.count, "2027-02-15" in alert.title) == (2, True)


def test_an_end_that_passed_is_not_called_a_shutdown_that_nobody_saw(
    judge: JudgeParts, target: Places, clock: Clock
) -> None:
    models = tuple(CatalogueModel(key=i, platform="openai", id=i) for i in ("gpt-4.1", "o3"))
    ingest([Catalogue(source="models", shape="models.dev", models=models)], [], judge, later())
    announce(judge)
    take_day(judge, DAY.replace(day=18))
    assert alert_of(judge, "support-bot").title.startswith("gpt-4.1 is 3 d past its announced end")
    assert alert_of(judge, "support-bot").count == 1
    clock.now = DAY.replace(day=18)
    assert "3 days ago; models still lists it: move" in story(judge, target, "support-bot")


def test_a_floor_that_a_reminder_does_not_repeat_stays_a_floor(judge: JudgeParts) -> None:
    announce(judge, "gpt-4.1 is deprecated and will be retired not sooner than 2027-06-01.")
    assert "at least until 2027-06-01" in alert_of(judge, "support-bot").title
    announce(judge, "Reminder: gpt-4.1 is deprecated.", "b", 2)
    assert "at least until 2027-06-01" in alert_of(judge, "support-bot").title
    assert tasks(judge, "support-bot")[TaskKind.MIGRATION].due_at is None


def test_a_silenced_end_that_moves_nearer_is_shown_as_near_as_it_is(judge: JudgeParts, clock: Clock) -> None:
    announce(judge, "gpt-4.1 will be shut down on 2027-06-15.")
    alert = alert_of(judge, "support-bot")
    with judge.store.write() as tx:
        tx.judgements.put_alert(alert.suppress("ana", later(days=90), "known"))
    announce(judge, "gpt-4.1 will be shut down on 2026-12-01.", "a", 1)
    after = alert_of(judge, "support-bot")
    assert ("shuts down in 8 d" in after.title, after.priority) == (True, Priority.P2)
    migration = tasks(judge, "support-bot")[TaskKind.MIGRATION]
    assert migration.due_at is not None
    assert migration.due_at < datetime(2026, 12, 1, tzinfo=UTC)
    assert row(judge, "openai/gpt-4.1").days(to_us(later())) == 8


def test_an_asset_that_leaves_takes_only_its_own_tasks_along(house: JudgeParts) -> None:
    hosted(house, "gateway", "openai/gpt-4.1")
    announce(house)
    with house.store.write() as tx:
        tx.dependencies.drop_bill("gateway", "more", later(hours=1))
        reassess(tx, house, later(hours=1), {"gateway"})
    assert all(t.done_at for t in tasks(house, "gateway").values())
    assert not any(t.done_at for t in tasks(house, "support-bot").values())
    assert [a.asset_id for a in alerts(house) if a.open] == ["support-bot"]


def test_of_three_sources_with_three_dates_the_nearest_stands_everywhere(judge: JudgeParts, target: Places) -> None:
    announce(judge, "gpt-4.1 will be shut down on 2027-03-15.", source="one")
    announce(judge, "gpt-4.1 will be shut down on 2027-02-15.", "b", 1, source="two")
    announce(judge, "gpt-4.1 will be shut down on 2027-04-15.", "c", 2, source="three")
    alert = alert_of(judge, "support-bot")
    assert ("2027-02-15" in alert.title, alert.count) == (True, 3)
    assert tasks(judge, "support-bot")[TaskKind.MIGRATION].due_at == datetime(2027, 2, 1, tzinfo=UTC)
    assert row(judge, "openai/gpt-4.1").date_us == to_us(datetime(2027, 2, 15, tzinfo=UTC))
    assert "they differ, the nearest counts" in story(judge, target, "support-bot")


def test_a_note_edited_to_extend_moves_every_place(judge: JudgeParts) -> None:
    announce(judge)
    announce(judge, "The end of gpt-4.1-2025-04-14 is extended: it will be shut down on 2027-07-15 instead.", "a", 1)
    assert "2027-07-15" in alert_of(judge, "support-bot").title
    assert tasks(judge, "support-bot")[TaskKind.MIGRATION].due_at == datetime(2027, 7, 1, tzinfo=UTC)
    assert row(judge, "openai/gpt-4.1").date_us == to_us(datetime(2027, 7, 15, tzinfo=UTC))


def test_another_snapshot_is_not_touched_and_the_same_one_is_named_exactly(judge: JudgeParts) -> None:
    hosted(judge, "gateway", "openai/gpt-4.1-2025-04-14", "openai/gpt-4.1-2026-02-01")
    announce(judge)
    title = alert_of(judge, "gateway").title
    assert title == "gpt-4.1-2025-04-14 shuts down in 53 d (2027-01-15): gateway"
    assert tasks(judge, "gateway")[TaskKind.MIGRATION].component == "openai/gpt-4.1-2025-04-14"
    assert row(judge, "openai/gpt-4.1-2026-02-01").state(to_us(later())) == "no date"


def test_a_list_that_states_only_the_month_states_no_day_in_the_calendar(judge: JudgeParts) -> None:
    other = Lifecycle(source="list", platform="openai", model="o3", stage=Stage.ACTIVE)
    ingest([Lifecycles(source="list", items=(other,), whole=True)], [], judge, later(hours=-1))
    ends_at = datetime(2027, 2, 1, tzinfo=UTC)
    item = Lifecycle(
        source="list", platform="openai", model="gpt-4.1", stage=Stage.DEPRECATED, ends_at=ends_at, month_only=True
    )
    ingest([Lifecycles(source="list", items=(item, other), whole=True)], [], judge, later())
    announce(judge, "gpt-4.1 will be shut down on 2027-02-20.", hours=1)
    found = row(judge, "openai/gpt-4.1")
    assert (found.month_only, found.differ) == (True, False)
    assert "2027-02" in alert_of(judge, "support-bot").title


def test_a_release_of_a_package_that_runs_newer_already_asks_nothing(judge: JudgeParts) -> None:
    for asset, version in (("gateway", "0.9.1"), ("support-bot", "0.13.0")):
        used = (
            Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version=version, ecosystem="PyPI"),
        )
        with judge.store.write() as tx:
            tx.dependencies.put_bill(Bill(source="sbom", asset_id=asset, document="", at=later(), components=used))
    note = Note(
        source="releases", key="v0.12.0", vendor="vllm", title="vllm 0.12.0", kind=NoteKind.RELEASES, package="vllm",
        version="0.12.0", body="Breaking change: the default sampling parameters changed.", published_at=later(),
    )  # fmt: skip
    ingest([note], [], judge, later())
    assert [a.asset_id for a in alerts(judge)] == ["gateway"]
    assert "0.12.0" in alerts(judge)[0].title


def test_a_run_that_began_before_the_note_answers_nothing(judge: JudgeParts) -> None:
    announce(judge, hours=2)
    ingest([run_of("early", "3.8.1", 0.9, at=later(hours=1))], [], judge, later(hours=3))
    assert tasks(judge, "support-bot")[TaskKind.RETEST].done_at is None


def test_a_silent_change_and_a_note_of_the_same_day_are_two_alerts(judge: JudgeParts, target: Places) -> None:
    shift = ShiftEvidence(component="openai/gpt-4.1", metric="refusals", before="1 of 20", after="9 of 20")
    ingest(
        [signal(7, SignalType.SILENT_CHANGE, evidence=shift, asset_id="support-bot", environment=None)],
        [],
        judge,
        later(),
    )
    announce(judge, "Behaviour change: gpt-4.1 refuses more often from today.", hours=1, title="gpt-4.1")
    rules = sorted(a.rule_id for a in alerts(judge) if a.open)
    assert rules == ["silent-change", "vendor-behaviour-change"]


def test_a_release_without_the_model_ends_what_its_end_asked(judge: JudgeParts) -> None:
    announce(judge)
    with judge.store.write() as tx:
        tx.dependencies.drop_bill("support-bot", "estate", later(hours=1))
        reassess(tx, judge, later(hours=1), {"support-bot"})
    assert not [a for a in alerts(judge) if a.open]
    assert all(t.done_at for t in tasks(judge, "support-bot").values())
    assert "openai/gpt-4.1" not in {r.key for r in shutdowns(judge.store, NoteMemory(), later(hours=2)).rows}
