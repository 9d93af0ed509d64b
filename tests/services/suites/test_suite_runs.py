"""Suites run themselves: what is due, one at a time, results taken in, failures told and tried again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.cron import next_fire
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.evals import EvalRun, SuiteRun, SuiteRunState
from pulse_tui.domain.release import ReleaseState
from pulse_tui.environment import redact, secret
from pulse_tui.files import DiskFiles
from pulse_tui.running import SystemProcesses
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.suites.due import BASELINE, NEW_RELEASE, NEWEST, PAUSES, RETEST, SCHEDULE, Due, due
from pulse_tui.services.suites.runs import Over, begin, execute
from pulse_tui.settings.shapes import SuiteShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import CANARY, PRODUCTION, deployment, later, release, run_of
from tests.services.estates import fill

JUNIT = (
    "import os, pathlib; "
    "pathlib.Path(os.environ['PULSE_OUTPUT'], 'report.xml').write_text('''<testsuite name=\"tools\" tests=\"2\">"
    '<testcase name="a"/><testcase name="b"/></testsuite>\'\'\')'
)


both_databases = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    if getattr(request, "param", "sqlite") == "sqlite":
        opened = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
        yield opened
        opened.close()
        return
    server = postgres()
    name = server.create()
    opened = SqlStore(server.named(name), tmp_path)
    yield opened
    opened.close()
    server.drop(name)


Made = Callable[..., JudgeParts]


@pytest.fixture
def made(store: SqlStore, tmp_path: Path, clock: Clock) -> Made:
    """``made(code, **fields)``: parts with a suite that runs Python code; 3.8.1 is the baseline and measured."""
    fill(store)

    def make(code: str = JUNIT, **fields: Any) -> JudgeParts:
        values = {"id": "golden", "command": (sys.executable, "-c", code), "baselines": {"support-bot": "3.8.1"}}
        suite = SuiteShape(**{**values, **fields})
        parts = judging(store, tmp_path, clock)
        outside = parts.outside._replace(
            files=DiskFiles(clock),
            processes=SystemProcesses(),
            cron=next_fire,
            here="jump-1",
            dead=lambda h: "dead" in h,
        )
        return parts._replace(suites={"golden": suite}, outside=outside)

    return make


def measured(parts: JudgeParts, version: str, run: str = "") -> None:
    ingest([run_of(run or f"run-{version}", version, 0.9)], [], parts, parts.clock())


def asked(parts: JudgeParts) -> list[tuple[str, str]]:
    with parts.store.read() as tx:
        return [(d.version, d.why) for d in due(tx, parts, parts.clock(), "golden")]


def go(parts: JudgeParts, wanted: Due | None = None, stop: Callable[[], bool] = lambda: False) -> Over:
    begun = begin("golden", parts, "host:1:1", wanted)
    assert begun is not None
    return execute(begun, parts, stop)


def runs(parts: JudgeParts) -> list[SuiteRun]:
    with parts.store.read() as tx:
        return tx.evals.suite_runs("golden")


def evals(parts: JudgeParts) -> list[tuple[int, EvalRun]]:
    with parts.store.read() as tx:
        return tx.evals.runs("support-bot", "golden")


def alerts(parts: JudgeParts) -> list[Alert]:
    with parts.store.read() as tx:
        return [a for a in tx.judgements.alerts([AlertState.FIRING]) if a.rule_id == "source-failing"]


# --------------------------------------------------------------------------- what is due


@both_databases
def test_the_baseline_is_due_first_then_what_is_newer(made: Made) -> None:
    parts = made()
    assert asked(parts) == [("3.8.1", BASELINE), ("3.8.2", NEW_RELEASE)]
    measured(parts, "3.8.1")
    assert asked(parts) == [("3.8.2", NEW_RELEASE)]
    measured(parts, "3.8.2")
    assert asked(parts) == []


def test_the_past_is_not_made_up_for(made: Made, store: SqlStore) -> None:
    parts = made()
    measured(parts, "3.8.1")
    with store.write() as tx:
        for number in range(3, 13):
            tx.estate.add_release(release(f"3.8.{number}"))
    wanted = [("3.8.12", NEW_RELEASE), ("3.8.11", NEW_RELEASE), ("3.8.10", NEW_RELEASE)]
    assert len(wanted) == NEWEST
    assert asked(parts) == [*wanted, ("3.8.2", NEW_RELEASE)]
    for version in ("3.8.12", "3.8.11", "3.8.10", "3.8.2"):
        measured(parts, version)
    assert asked(parts) == []


def test_older_releases_are_due_only_while_they_serve(made: Made, store: SqlStore) -> None:
    parts = made()
    measured(parts, "3.8.1")
    measured(parts, "3.8.2")
    assert asked(parts) == []
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.0", CANARY, since=later(hours=1)))
    assert asked(parts) == [("3.8.0", NEW_RELEASE)]


@pytest.mark.parametrize("state", [ReleaseState.QUARANTINED, ReleaseState.RETIRED])
def test_what_may_not_serve_is_not_run(made: Made, store: SqlStore, state: ReleaseState) -> None:
    parts = made()
    measured(parts, "3.8.1")
    with store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.2", state)
    assert asked(parts) == []


def test_a_retest_runs_the_suite_on_what_serves_and_is_done_by_it(made: Made, clock: Clock) -> None:
    parts = made()
    measured(parts, "3.8.1")
    measured(parts, "3.8.2")
    note = Retest(
        key="r1", asset_id="support-bot", owner=None, why="a vendor's note", due_at=later(days=7), asked_at=clock()
    )
    clock.sleep(60)
    with parts.store.write() as tx:
        tx.judgements.put_retest(note)
    assert asked(parts) == [("3.8.1", RETEST), ("3.8.2", RETEST)]
    go(parts, Due("golden", "support-bot", "3.8.1", RETEST))
    with parts.store.read() as tx:
        assert tx.judgements.retests() == []


def test_a_measurement_that_did_not_decide_is_not_repeated_by_itself_until_it_does(made: Made, clock: Clock) -> None:
    parts = made()
    measured(parts, "3.8.1")
    measured(parts, "3.8.2")
    undecided = Retest(
        key="r1", asset_id="support-bot", owner=None, why="undecided", due_at=later(days=7),
        asked_at=clock(), version="3.8.2",
    )  # fmt: skip
    clock.sleep(60)
    with parts.store.write() as tx:
        tx.judgements.put_retest(undecided)
    assert asked(parts) == []
    measured(parts, "3.8.1", "other")
    with parts.store.read() as tx:
        assert len(tx.judgements.retests()) == 1, "another release answers nothing"
    ingest([msgspec.structs.replace(run_of("again", "3.8.2", 0.9), at=clock())], [], parts, clock())
    with parts.store.read() as tx:
        assert tx.judgements.retests() == []


def test_nothing_is_due_without_a_command_or_when_releases_are_no_reason(made: Made) -> None:
    assert asked(made(command=())) == []
    assert asked(made(on_release=False)) == []


@both_databases
def test_a_schedule_counts_from_when_it_was_first_seen(made: Made, clock: Clock) -> None:
    parts = made(schedule="0 4 * * *", on_release=False)
    assert begin("golden", parts, "host:1:1") is None
    assert asked(parts) == []
    clock.pass_(minutes=49)
    assert asked(parts) == []
    clock.pass_(minutes=1)
    assert asked(parts) == [("3.8.1", SCHEDULE), ("3.8.2", SCHEDULE)]
    go(parts)
    assert asked(parts) == [("3.8.2", SCHEDULE)]
    go(parts)
    assert asked(parts) == []
    clock.pass_(days=3)
    assert len(asked(parts)) == 2


def test_another_schedule_begins_anew(made: Made, clock: Clock) -> None:
    begin("golden", made(schedule="0 4 * * *", on_release=False), "host:1:1")
    clock.pass_(hours=10)
    other = made(schedule="0 5 * * *", on_release=False)
    assert begin("golden", other, "host:1:1") is None
    assert asked(other) == []


def test_a_scheduled_run_that_failed_waits_for_the_next_time(made: Made, clock: Clock) -> None:
    parts = made("raise SystemExit(2)", schedule="0 4 * * *", on_release=False, baselines={"gateway": "1.9.3"})
    begin("golden", parts, "host:1:1")
    clock.pass_(hours=1)
    assert go(parts).run.state is SuiteRunState.FAILED
    clock.pass_(hours=20)
    assert asked(parts) == []
    clock.pass_(hours=5)
    assert asked(parts) == [("1.9.3", SCHEDULE)]


# --------------------------------------------------------------------------- how it runs


@both_databases
def test_a_new_release_is_measured_taken_in_and_its_iteration_recorded(made: Made) -> None:
    parts = made()
    measured(parts, "3.8.1")
    over = go(parts)
    ((_, first), (iteration, run)) = evals(parts)
    assert first.version == "3.8.1"
    assert (run.version, run.suite, run.source) == ("3.8.2", "golden", "suite:golden:junit")
    assert (over.run.state, over.run.run_id, over.run.iteration) == (SuiteRunState.DONE, run.id, iteration)
    assert over.run.exit_code == 0
    assert runs(parts) == [over.run]
    assert asked(parts) == []
    assert begin("golden", parts, "host:1:1") is None


def test_a_table_of_items_comes_in_with_its_items(made: Made) -> None:
    code = (
        "import os, pathlib; rows = ['item_id,score,cluster'] + [f'q{n},{n % 2},doc{n // 2}' for n in range(6)];"
        r"pathlib.Path(os.environ['PULSE_OUTPUT'], 'items.csv').write_text('\n'.join(rows))"
    )
    parts = made(code, output="items")
    over = go(parts)
    assert over.run.state is SuiteRunState.DONE, over.run.detail
    with parts.store.read() as tx:
        run = tx.evals.get(over.run.run_id or "", sheets=True)
    assert run is not None
    assert (run.asset_id, run.version, run.suite) == ("support-bot", "3.8.1", "golden")
    assert [len(sheet.items) for sheet in run.sheets] == [6]


def test_what_the_command_is_told(made: Made, tmp_path: Path) -> None:
    code = (
        "import json, os, sys; json.dump([sys.argv[1:], os.getcwd(), {k: os.environ[k] for k in "
        "('PULSE_ASSET', 'PULSE_VERSION', 'PULSE_SUITE', 'PULSE_OUTPUT')}], open('told.json', 'w'));" + JUNIT
    )
    command = (sys.executable, "-c", code.replace("{k:", "{ k:"), "{asset}@{version}", "{suite}", "{output}", "{{x}}")
    parts = made(command=command)
    go(parts, Due("golden", "support-bot", "3.8.2", "ana"))
    arguments, folder, environment = json.loads((tmp_path / "told.json").read_text())
    output = environment["PULSE_OUTPUT"]
    assert arguments == ["support-bot@3.8.2", "golden", output, "{x}"]
    assert folder == str(tmp_path)
    assert environment == {
        "PULSE_ASSET": "support-bot",
        "PULSE_VERSION": "3.8.2",
        "PULSE_SUITE": "golden",
        "PULSE_OUTPUT": output,
    }
    assert not Path(output).exists()


def test_the_command_gets_the_variables_that_the_suite_names_and_no_other_secret(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_TOKEN", "for-the-suite")
    monkeypatch.setenv("PULSE_DB_PASSWORD", "not-for-it")
    code = "import json, os; json.dump(dict(os.environ), open('told.json', 'w'));" + JUNIT
    parts = made(code, env=("MODEL_TOKEN",))
    wired = parts._replace(outside=parts.outside._replace(secret=secret, processes=SystemProcesses(redact)))
    wanted = Due("golden", "support-bot", "3.8.2", "ana")
    assert go(wired, wanted).run.state is SuiteRunState.DONE
    given = json.loads((tmp_path / "told.json").read_text())
    assert given["MODEL_TOKEN"] == "for-the-suite"
    assert "PULSE_DB_PASSWORD" not in given
    suite = msgspec.structs.replace(
        parts.suites["golden"], command=(sys.executable, "-c", "import os; exit(os.environ['MODEL_TOKEN'])")
    )
    assert go(wired._replace(suites={"golden": suite}), wanted).run.detail.endswith("***"), (
        "it is no secret of the output"
    )
    monkeypatch.delenv("MODEL_TOKEN")
    assert "${MODEL_TOKEN} is not set" in go(wired, wanted).run.detail


def test_the_same_numbers_measured_again_are_another_run(made: Made, clock: Clock) -> None:
    parts = made()
    for _ in range(2):
        go(parts, Due("golden", "support-bot", "3.8.2", "ana"))
        clock.pass_(minutes=1)
    (first, one), (second, other) = evals(parts)
    assert one.id != other.id
    assert second > first


def test_two_versions_with_the_same_output_are_two_runs(made: Made) -> None:
    parts = made()
    go(parts)
    go(parts)
    assert [run.version for _, run in evals(parts)] == ["3.8.1", "3.8.2"]


def test_a_run_states_the_content_that_it_was_measured_on(made: Made, tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "items").write_text("1")
    parts = made(path="items")
    go(parts)
    assert evals(parts)[0][1].suite_digest == DiskFiles(clock).digest(tmp_path / "items")


def test_a_suite_that_changed_is_not_run(made: Made, tmp_path: Path) -> None:
    (tmp_path / "items").write_text("1")
    parts = made(path="items", digest="sha256:" + "0" * 64)
    assert asked(parts)
    assert begin("golden", parts, "host:1:1") is None
    assert runs(parts) == []


def test_content_that_changes_while_it_runs_makes_it_fail(made: Made, tmp_path: Path) -> None:
    (tmp_path / "items").write_text("1")
    over = go(made(f"open('items', 'w').write('2');{JUNIT}", path="items"))
    assert "items changed while it ran" in over.run.detail


def test_logs_beside_the_results_are_skipped(made: Made) -> None:
    code = JUNIT + ";pathlib.Path(os.environ['PULSE_OUTPUT'], 'run.log').write_text('hello')"
    over = go(made(code))
    assert (over.run.state, over.run.detail) == (SuiteRunState.DONE, "skipped: run.log")


@pytest.mark.parametrize("output", [None, "junit"])
def test_the_kind_is_told_or_found(made: Made, output: str | None) -> None:
    assert go(made(output=output)).run.state is SuiteRunState.DONE


def test_a_kind_that_is_told_reads_a_file_of_any_name(made: Made) -> None:
    assert go(made(JUNIT.replace("report.xml", "results"), output="junit")).run.state is SuiteRunState.DONE


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print('no model'); raise SystemExit(3)", "exit code 3\nno model"),
        (JUNIT + "; raise SystemExit(1)", "exit code 1; it left results: exit_codes: [0, 1] would accept them"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("print('done')", "it left no result: results go to {output}, which is also $PULSE_OUTPUT\ndone"),
        ("import time; print('up', flush=True); time.sleep(600)", "not done after 1 s (its timeout): it was ended\nup"),
        (JUNIT.replace("</testsuite>", ""), "report.xml:1:"),
        (JUNIT.replace("report.xml", "report.txt"), "no result could be read from report.txt"),
        (r"print('\x1b[31mred'); raise SystemExit(1)", "exit code 1\nred"),
    ],
)
def test_what_goes_wrong_is_a_failed_run_with_its_last_lines(made: Made, code: str, told: str) -> None:
    over = go(made(code, timeout=1.0))
    assert over.run.state is SuiteRunState.FAILED
    assert told in over.run.detail
    assert over.run.ended_at is not None
    parts = made(code)
    assert runs(parts) == [over.run]
    (alert,) = alerts(parts)
    assert alert.title.startswith("suite golden on support-bot 3.8.1 is failing: ")
    assert alert.asset_id == "support-bot"
    assert evals(parts) == []


def test_a_program_that_is_missing_is_told(made: Made) -> None:
    assert "'no-such-program' was not found" in go(made(command=("no-such-program",))).run.detail


def test_exit_codes_of_a_test_runner_can_be_taken(made: Made) -> None:
    over = go(made(JUNIT + "; raise SystemExit(1)", exit_codes=(0, 1)))
    assert (over.run.state, over.run.exit_code) == (SuiteRunState.DONE, 1)


def test_a_result_of_something_else_is_refused(made: Made, store: SqlStore) -> None:
    class Other:
        """A kind that goes by what stands in the file."""

        from pulse_tui.collectors.junit import Options

        @staticmethod
        def accepts(_name: str, _head: bytes) -> bool:
            return True

        @staticmethod
        def parse(_name: str, _data: bytes, _options: object, _context: object) -> Any:
            from pulse_tui.domain.source import Collected

            return Collected(observations=(run_of("r", "9.9.9", 0.5),))

    parts = made()._replace(source_kinds={"other": Other})  # type: ignore[dict-item]
    over = go(parts)
    assert "report.xml is of golden on support-bot 9.9.9, expected was golden on support-bot 3.8.1" in over.run.detail
    assert evals(parts) == []


@pytest.mark.parametrize("version", ["--config=evil", "1.0\n"])
def test_a_version_that_would_be_an_option_is_not_handed_over(made: Made, version: str) -> None:
    over = go(made(), Due("golden", "support-bot", version, "ana"))
    assert "is not passed to a command" in over.run.detail


# --------------------------------------------------------------------------- trying again


@both_databases
def test_a_failed_run_is_tried_three_times_more_with_growing_pauses(made: Made, clock: Clock) -> None:
    parts = made("raise SystemExit(2)")
    measured(parts, "3.8.1")
    for pause in PAUSES:
        assert asked(parts) == [("3.8.2", NEW_RELEASE)]
        go(parts)
        clock.pass_(seconds=pause.total_seconds() - 1)
        assert asked(parts) == []
        clock.pass_(seconds=1)
    go(parts)
    clock.pass_(days=30)
    assert asked(parts) == []
    (alert,) = alerts(parts)
    assert alert.count == 1 + len(PAUSES)
    assert sorted(PAUSES) == list(PAUSES)


@both_databases
def test_the_next_success_ends_the_alert(made: Made, clock: Clock) -> None:
    measured(made(), "3.8.1")
    go(made("raise SystemExit(2)"))
    assert len(alerts(made())) == 1
    clock.pass_(minutes=2)
    assert go(made()).run.version == "3.8.2"
    assert alerts(made()) == []


def test_a_newer_release_that_is_measured_ends_the_alerts_of_older_ones(
    made: Made, clock: Clock, store: SqlStore
) -> None:
    measured(made(), "3.8.1")
    go(made("raise SystemExit(2)"))
    with store.write() as tx:
        tx.estate.add_release(release("3.8.3"))
    assert go(made()).run.version == "3.8.3"
    assert alerts(made()) == []


# --------------------------------------------------------------------------- one at a time, and what dies


@both_databases
def test_two_hosts_do_not_run_one_suite_at_once(made: Made) -> None:
    parts = made()
    mine = begin("golden", parts, "host:1:1")
    assert mine is not None
    assert begin("golden", parts, "host:1:2") is None
    assert begin("golden", parts, "host:1:1", Due("golden", "support-bot", "3.8.2", "ana")) is None
    assert execute(mine, parts, lambda: False).run.state is SuiteRunState.DONE
    assert begin("golden", parts, "host:1:2") is not None


@both_databases
def test_a_run_whose_process_died_is_interrupted_and_tried_again(made: Made, clock: Clock) -> None:
    parts = made()
    assert begin("golden", parts, "host:1:dead") is not None
    assert [r.state for r in runs(parts)] == [SuiteRunState.RUNNING]
    clock.pass_(minutes=1)
    other = begin("golden", parts, "host:1:2")
    lost = next(r for r in runs(parts) if r.state.lost)
    assert (lost.state, lost.detail) == (SuiteRunState.INTERRUPTED, "the process that ran it is gone")
    # The baseline has to wait for its pause; the other release does not.
    assert other is not None
    assert other.run.version == "3.8.2"
    assert execute(other, parts, lambda: False).run.state is SuiteRunState.DONE
    clock.pass_(minutes=2)
    again = begin("golden", parts, "host:1:2")
    assert again is not None
    assert again.run.version == "3.8.1"


def test_a_run_of_a_host_that_is_silent_is_given_up_after_its_time_limit(made: Made, clock: Clock) -> None:
    parts = made(timeout=60.0)
    assert begin("golden", parts, "elsewhere:1:1") is not None
    clock.pass_(seconds=60)
    assert begin("golden", parts, "host:1:2") is None
    clock.pass_(minutes=3)
    assert begin("golden", parts, "host:1:2") is not None


@both_databases
def test_one_that_comes_back_late_writes_nothing(made: Made, clock: Clock) -> None:
    parts = made(timeout=60.0)
    late = begin("golden", parts, "elsewhere:1:1")
    assert late is not None
    clock.pass_(minutes=4)
    other = begin("golden", parts, "host:1:2", Due("golden", "support-bot", "3.8.2", "ana"))
    assert other is not None
    over = execute(late, parts, lambda: False)
    assert over.run.detail == "another process took it over"
    assert evals(parts) == []
    assert execute(other, parts, lambda: False).run.state is SuiteRunState.DONE


@both_databases
def test_a_run_that_died_after_its_results_were_stored_is_done(made: Made, clock: Clock) -> None:
    parts = made()
    begun = begin("golden", parts, "host:1:dead")
    assert begun is not None
    ingest([run_of(f"suite:{begun.run.id}", "3.8.1", 0.9)], [], parts, clock())
    begin("golden", parts, "host:1:2")
    done = next(r for r in runs(parts) if r.version == "3.8.1")
    assert (done.state, done.run_id, done.iteration) == (
        SuiteRunState.DONE,
        f"suite:{begun.run.id}",
        evals(parts)[0][0],
    )


def test_a_run_that_is_stopped_counts_for_nothing_and_is_due_again(made: Made, clock: Clock) -> None:
    parts = made("import time; time.sleep(600)")
    measured(parts, "3.8.1")
    for _ in range(5):
        over = go(parts, stop=lambda: True)
        assert over.run.state is SuiteRunState.STOPPED
        clock.pass_(seconds=1)
    assert asked(parts) == [("3.8.2", NEW_RELEASE)]
    assert alerts(parts) == []


def test_ctrl_c_ends_the_command_and_gives_the_suite_back(made: Made) -> None:
    parts = made("import time; time.sleep(600)")

    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(parts, stop=interrupted)
    assert [r.state for r in runs(parts)] == [SuiteRunState.STOPPED]
    assert begin("golden", parts, "host:1:2") is not None


def test_a_scheduled_run_that_was_interrupted_is_made_up_for(made: Made, clock: Clock) -> None:
    parts = made(schedule="0 4 * * *", on_release=False, baselines={"gateway": "1.9.3"})
    begin("golden", parts, "host:1:1")
    clock.pass_(hours=1)
    assert begin("golden", parts, "host:1:dead") is not None
    begin("golden", parts, "host:1:2")
    assert asked(parts) == []
    clock.pass_(minutes=2)
    assert asked(parts) == [("1.9.3", SCHEDULE)]


def test_a_release_that_comes_to_production_is_measured_there_too(made: Made, store: SqlStore) -> None:
    parts = made()
    measured(parts, "3.8.1")
    with store.write() as tx:
        tx.estate.add_release(release("3.9.0"))
        tx.estate.deploy(deployment("3.9.0", PRODUCTION, since=later(minutes=1)))
    assert asked(parts)[0] == ("3.9.0", NEW_RELEASE)
    assert timedelta(0) < PAUSES[0]


def test_a_version_that_names_a_secret_does_not_get_it(made: Made) -> None:
    parts = made(command=(sys.executable, "-c", "import sys; print(sys.argv[1:])", "{version}"))
    parts = parts._replace(
        outside=parts.outside._replace(secret=lambda text: text.replace("${DB_PASSWORD}", "hunter2hunter2"))
    )
    over = go(parts, Due("golden", "support-bot", "1.0-${DB_PASSWORD}", "ana"))
    assert "hunter2" not in over.run.detail
    assert "1.0-${DB_PASSWORD}" in over.run.detail
