"""What an announcement asks of an owner: retest, evaluation of the successor, migration; by when, answered by what, ended by what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pulse_tui.domain.estate import Endpoint
from pulse_tui.domain.evals import Task
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import Lineage
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.conditions.reassess import reassess
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.gate import Reason
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.suites.due import RETEST, due
from pulse_tui.services.vendors.tasks import task_lines
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.house import gate, rollback
from tests.fakes.nouns import PRODUCTION, later, release, run_of
from tests.fakes.target import Places
from tests.services.said import alerts, retests

SUITE = SuiteShape(
    id="golden",
    command=("true",),
    baselines={"support-bot": "3.8.1"},
    tasks=(Task(name="qa", metric="accuracy", must_pass=True),),
)
END = "gpt-4.1 will be shut down on 2027-01-15. Please migrate to gpt-5.1."


@pytest.fixture
def parts(judge: JudgeParts) -> JudgeParts:
    made = judge._replace(suites={"golden": SUITE})
    ingest([run_of("r0", "3.8.1", 0.9, at=later(days=-1))], [], made, later(days=-1))
    return made


def announce(parts: JudgeParts, body: str, key: str = "a", hours: float = 0, source: str = "news") -> None:
    at = later(hours=hours)
    note = Note(source=source, key=key, vendor="openai", title="gpt-4.1", body=body, published_at=at)
    ingest([note], [], parts, at)


def tasks(parts: JudgeParts) -> dict[TaskKind, VendorTask]:
    with parts.store.read() as tx:
        return {t.kind: t for t in tx.vendors.tasks()}


def measure(parts: JudgeParts, version: str, hours: float, run: str = "r1") -> None:
    ingest([run_of(run, version, 0.9, at=later(hours=hours))], [], parts, later(hours=hours))


def story(parts: JudgeParts, target: Places) -> str:
    (alert,) = [a for a in alerts(parts) if a.rule_id.startswith("vendor-")]
    house: RollbackParts = rollback(parts, target, parts.clock)  # type: ignore[arg-type]
    page = alert_story(house, alert.id)
    return "\n".join((*page.risk, *page.todo))


def test_an_announced_end_asks_for_a_retest_the_successor_and_a_migration_before_it(parts: JudgeParts) -> None:
    announce(parts, END)
    found = tasks(parts)
    assert set(found) == set(TaskKind)
    assert found[TaskKind.MIGRATION].due_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert found[TaskKind.SUCCESSOR].successor == "openai/gpt-5.1"
    assert later() < (found[TaskKind.SUCCESSOR].due_at or later()) < datetime(2027, 1, 1, tzinfo=UTC)
    announce(parts, f"Reminder: {END}", "b", 24 * 20)
    assert tasks(parts) == found
    announce(parts, f"Last reminder: {END}", "c", 24 * 50)
    assert tasks(parts)[TaskKind.MIGRATION].due_at == datetime(2027, 1, 1, tzinfo=UTC)  # it is overdue, and stays so


def test_the_suite_runs_on_what_serves_and_only_a_run_begun_after_the_note_answers_it(
    parts: JudgeParts, target: Places
) -> None:
    announce(parts, "Behaviour change: the default temperature of gpt-4.1 changed.")
    with parts.store.read() as tx:
        assert ("3.8.1", RETEST) in [(d.version, d.why) for d in due(tx, parts, later(hours=1), "golden")]
    measure(parts, "3.8.1", -1, "before")
    assert tasks(parts)[TaskKind.RETEST].done_at is None
    assert "by 20" in story(parts, target)
    measure(parts, "3.8.1", 2, "after")
    task = tasks(parts)[TaskKind.RETEST]
    assert (task.run_id, retests(parts)) == ("after", 0)
    assert task.verdict == "INCONCLUSIVE"
    assert "run after of 3.8.1 on golden: INCONCLUSIVE" in story(parts, target)


def test_a_change_with_a_date_to_come_is_measured_after_it_took_effect(parts: JudgeParts) -> None:
    announce(parts, "Behaviour change: from 2026-12-10 on the default temperature of gpt-4.1 changes.")
    with parts.store.read() as tx:
        (retest,) = tx.judgements.retests()
        early = [d.why for d in due(tx, parts, later(days=2), "golden")]
        late = [d.why for d in due(tx, parts, later(days=18), "golden")]
    assert retest.asked_at == datetime(2026, 12, 10, tzinfo=UTC)
    assert retest.due_at > datetime(2026, 12, 10, tzinfo=UTC)
    assert (RETEST in early, RETEST in late) == (False, True)
    measure(parts, "3.8.1", 48, "before")
    assert tasks(parts)[TaskKind.RETEST].done_at is None
    measure(parts, "3.8.1", 24 * 18, "after")
    assert tasks(parts)[TaskKind.RETEST].run_id == "after"


def test_the_successor_is_evaluated_by_a_run_of_a_release_that_uses_it(parts: JudgeParts, target: Places) -> None:
    announce(parts, END)
    assert "no release uses it yet" in story(parts, target)
    with parts.store.write() as tx:
        tx.estate.add_release(release("3.9.0", lineage=Lineage(base_model="openai/gpt-5.1-2026-08-01")))
    assert "3.9.0 uses it and has no run yet" in story(parts, target)
    measure(parts, "3.8.2", 1, "other")
    assert tasks(parts)[TaskKind.SUCCESSOR].done_at is None
    measure(parts, "3.9.0", 2, "it")
    assert tasks(parts)[TaskKind.SUCCESSOR].run_id == "it"
    assert tasks(parts)[TaskKind.MIGRATION].done_at is None


def test_a_migration_is_over_when_nothing_that_serves_uses_the_model(parts: JudgeParts) -> None:
    announce(parts, END)
    with parts.store.write() as tx:
        tx.dependencies.drop_bill("support-bot", "estate", later(hours=1))
        reassess(tx, parts, later(hours=1), {"support-bot"})
    migration = tasks(parts)[TaskKind.MIGRATION]
    assert migration.done_at == later(hours=1)
    assert "no longer uses" in migration.how
    assert all(t.done_at for t in tasks(parts).values())


def test_the_page_of_an_alert_names_a_task_once_and_none_of_it_as_done(parts: JudgeParts, target: Places) -> None:
    announce(parts, END)
    page = story(parts, target)
    assert page.count("migrate off openai/gpt-4.1") == page.count("evaluate openai/gpt-5.1") == 1
    assert "done already: retest: " not in page
    announce(parts, "gpt-4.1 will be shut down on 2027-01-05. Please migrate to gpt-5.1.", "a", 1)
    (alert,) = [a for a in alerts(parts) if a.rule_id.startswith("vendor-")]
    with parts.store.read() as tx:
        (asked,) = tx.judgements.retests()
    assert "(2027-01-05)" in asked.why
    assert asked.why == alert.title
    announce(parts, "The retirement of gpt-4.1 is cancelled.", "b", 2)
    with parts.store.read() as tx:
        ended = list(task_lines(tx, "support-bot", later(hours=3)))
    assert all("ended" in line and "taken back" in line and "done" not in line for line in ended)


def test_what_is_taken_back_is_asked_no_more(parts: JudgeParts) -> None:
    announce(parts, END)
    announce(parts, "The retirement of gpt-4.1 is cancelled.", "b", 1)
    assert {t.how for t in tasks(parts).values()} == {"taken back by b"}


def test_the_tasks_of_an_asset_that_left_the_estate_say_so(parts: JudgeParts) -> None:
    announce(parts, END)
    with parts.store.write() as tx:
        tx.estate.drop_assets(["support-bot"])
        reassess(tx, parts, later(hours=1), {"support-bot"})
    assert {t.how for t in tasks(parts).values()} == {"support-bot is no longer in the estate"}


def test_another_date_moves_the_migration_and_the_nearest_of_two_sources_counts(parts: JudgeParts) -> None:
    announce(parts, END)
    announce(parts, "gpt-4.1 will be shut down on 2027-03-15.", "a", 1)
    assert tasks(parts)[TaskKind.MIGRATION].due_at == datetime(2027, 3, 1, tzinfo=UTC)
    announce(parts, "gpt-4.1 will be shut down on 2027-02-15.", "x", 2, source="other-page")
    assert tasks(parts)[TaskKind.MIGRATION].due_at == datetime(2027, 2, 1, tzinfo=UTC)
    (alert,) = [a for a in alerts(parts) if a.rule_id == "vendor-deprecation"]
    assert "2027-02-15" in alert.title


def test_the_page_of_an_asset_and_of_the_alert_name_tasks_endpoints_and_disputes(
    parts: JudgeParts, target: Places
) -> None:
    with parts.store.write() as tx:
        chat = Endpoint(
            id="chat",
            asset_id="support-bot",
            environment=PRODUCTION,
            segments=("enterprise",),
            production_critical=True,
        )
        tx.inventory.put_endpoints([chat])
    announce(parts, END)
    announce(parts, "gpt-4.1 will be shut down on 2027-02-15.", "x", 2, source="other-page")
    text = story(parts, target)
    assert "touches chat (production, production-critical)" in text
    assert "customers: enterprise" in text
    assert "news states 2027-01-15, other-page states 2027-02-15: they differ, the nearest counts" in text
    house: RollbackParts = rollback(parts, target, parts.clock)  # type: ignore[arg-type]
    asked = [words for label, words in asset_story(house, "support-bot") if label == "Vendors ask"]
    assert any(words.startswith("migrate off openai/gpt-4.1 to openai/gpt-5.1 by 2027-01-01") for words in asked)


def test_a_regression_names_the_vendors_notes_of_its_window_and_the_note_the_regression(
    parts: JudgeParts, target: Places
) -> None:
    announce(parts, "Behaviour change: the default temperature of gpt-4.1 changed.")
    ingest([run_of("bad", "3.8.1", 0.6, at=later(hours=5))], [], parts, later(hours=5))
    house: RollbackParts = rollback(parts, target, parts.clock)  # type: ignore[arg-type]
    pages = {a.rule_id: "\n".join(alert_story(house, a.id).correlated) for a in alerts(parts)}
    note = pages.pop("vendor-behaviour-change")
    assert any('perhaps "gpt-4.1", 5h earlier: an announced change of behaviour' in page for page in pages.values())
    assert "perhaps behind" in note


def test_the_gate_names_a_model_that_ends_soon_and_does_not_block_for_it(parts: JudgeParts) -> None:
    def ends() -> Reason:
        (found,) = [r for r in gate(parts, "support-bot", "3.8.2", PRODUCTION).reasons if r.name == "ends"]
        return found

    assert ends().ok
    announce(parts, END)
    assert ends().detail.startswith("openai/gpt-4.1 shuts down on 2027-01-15")
    assert not ends().ok
    assert not ends().blocking
