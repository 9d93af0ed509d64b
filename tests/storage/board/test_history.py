"""An asset's releases as rows."""

from __future__ import annotations

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.evals import Gate, Verdict
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later, release, run_of
from tests.fakes.runs import comparison, verdict_line


def test_a_history_is_newest_first_with_lines_places_and_promoters(store: SqlStore) -> None:
    with store.write() as tx:
        for version in ("3.7.0", "3.8.0", "3.7.1"):  # a late hotfix on the older line
            tx.estate.add_release(release(version))
        tx.estate.add_release(release("3.9.0-rc.1", branch="next", rollback_pointer="3.8.0"))
        tx.estate.set_release_state("support-bot", "3.7.0", ReleaseState.RETIRED)
        for environment in (CANARY, PRODUCTION):
            tx.estate.deploy(deployment("3.8.0", environment))
        for by, environment, hours in (("ana", CANARY, 1), ("bo", PRODUCTION, 2)):
            at = later(hours=hours)
            tx.estate.record_promotion("support-bot", "3.8.0", environment, by=by, at=at, decision_id=None, why="ok")
        tx.estate.add_release(release("1.0.0", "another"))
    rows = store.history("support-bot")
    assert [(r.version, r.iteration, r.branch, r.state) for r in rows] == [
        ("3.9.0-rc.1", 4, "next", "draft"),
        ("3.7.1", 3, "3.7", "draft"),
        ("3.8.0", 2, "3.8", "draft"),
        ("3.7.0", 1, "3.7", "retired"),
    ]
    assert [r.pointer for r in rows] == ["3.8.0", "", "", ""]
    assert (rows[2].serves, rows[2].promoted, rows[2].promoted_us) == (
        ("production", "canary"),
        "prod by bo",
        to_us(later(hours=2)),
    )
    assert (rows[1].serves, rows[1].promoted, rows[1].promoted_us, rows[1].remark) == ((), "", None, "")
    assert store.history("nobody") == ()


def test_what_is_odd_about_a_release_is_said(store: SqlStore) -> None:
    with store.write() as tx:
        for version in ("v1.0.0", "2026-11-23", "1.0.0rc1", "1.0.0"):
            tx.estate.add_release(release(version))
        odd: list[tuple[str, str | None, str]] = [("k", "1.0.0", "its tag moved"), ("l", None, "an alias is gone")]
        for key, about, what in odd:
            tx.inventory.put_concern(
                Concern(
                    asset_id="support-bot", key=key, what=what, todo="look", source="git", severity=Severity.HIGH,
                    since=NOW, version=about, environment=Environment.CANARY,
                )
            )  # fmt: skip
    found = {r.version: (r.branch, r.remark) for r in store.history("support-bot")}
    assert found == {
        "v1.0.0": ("", "not a semantic version"),
        "2026-11-23": ("", "not a semantic version"),
        "1.0.0rc1": ("", "not a semantic version"),
        "1.0.0": ("1.0", "its tag moved"),
    }


def test_a_verdict_is_what_was_compared_and_nothing_else(store: SqlStore) -> None:
    versions = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0")
    with store.write() as tx:
        for version in (*versions, "1.8.0"):
            tx.estate.add_release(release(version))
        for i, version in enumerate(versions, start=1):
            tx.evals.add(run_of(f"r-{version}", version, 0.9), i)
        tx.evals.pin("support-bot", "golden", "r-1.1.0")
        diagnostic = verdict_line(Verdict.FAIL, task="style", gate=Gate.DIAGNOSTIC, must_pass=False)
        for version, lines in {
            "1.2.0": [verdict_line(Verdict.PASS)],
            "1.3.0": [verdict_line(Verdict.PASS), verdict_line(Verdict.FAIL, slice="long context")],
            "1.4.0": [verdict_line(Verdict.PASS), diagnostic],
            "1.5.0": [verdict_line(Verdict.INCONCLUSIVE), verdict_line(Verdict.PASS, task="refunds")],
            "1.6.0": [diagnostic],
        }.items():
            tx.evals.put_comparison(comparison(f"r-{version}", "r-1.1.0", *lines))
        tx.evals.put_comparison(comparison("r-1.7.0", "r-1.1.0", refused="the items differ"))
    assert {r.version: r.verdict for r in store.history("support-bot")} == {
        "1.0.0": "",  # before the baseline: nobody compared it
        "1.1.0": "",  # the baseline
        "1.2.0": "PASS",
        "1.3.0": "FAIL",
        "1.4.0": "PASS",  # a diagnostic holds nothing
        "1.5.0": "INCONCLUSIVE",
        "1.6.0": "",  # only diagnostics
        "1.7.0": "INCONCLUSIVE",  # numbers of other content say nothing
        "1.8.0": "",  # never evaluated
    }


def test_a_release_that_failed_before_the_baseline_was_moved_stays_failed(store: SqlStore) -> None:
    with store.write() as tx:
        for i, version in enumerate(("0.9.0", "1.0.0", "2.0.0"), start=1):
            tx.estate.add_release(release(version))
            tx.evals.add(run_of(f"r-{version}", version, 0.8), i)
        tx.evals.put_comparison(comparison("r-1.0.0", "r-0.9.0", verdict_line(Verdict.FAIL)))
        tx.evals.pin("support-bot", "golden", "r-2.0.0")
    assert [r.verdict for r in store.history("support-bot")] == ["", "FAIL", ""]


def test_a_release_that_was_run_again_is_judged_by_its_latest_run_of_each_suite(store: SqlStore) -> None:
    with store.write() as tx:
        for version in ("1.0.0", "2.0.0"):
            tx.estate.add_release(release(version))
        for i, (ident, version) in enumerate([("a", "1.0.0"), ("b", "2.0.0"), ("c", "2.0.0")], start=1):
            tx.evals.add(run_of(ident, version, 0.9), i)
        for ident, word in (("b", Verdict.FAIL), ("c", Verdict.PASS)):
            tx.evals.put_comparison(comparison(ident, "a", verdict_line(word)))
    assert store.history("support-bot")[0].verdict == "PASS"
    with store.write() as tx:
        tx.evals.add(run_of("s", "2.0.0", 0.9, suite="redteam"), 4)
        tx.evals.put_comparison(comparison("s", "q", verdict_line(Verdict.INCONCLUSIVE)))
    assert store.history("support-bot")[0].verdict == "INCONCLUSIVE"
