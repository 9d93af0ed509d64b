"""Every action needs an operator of the file with the right for that environment; refusals are recorded and change nothing.

The tables below are held against the code: a new command, choice or call of the tower must take its place in one of them.
"""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from pulse_tui.cli.main import COMMANDS, parser_of
from pulse_tui.domain.errors import Refused
from pulse_tui.ports.tower import Desk
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.small_estate import authorise, signal_line

NOW = datetime(2026, 11, 23, tzinfo=UTC)
READS = {
    "incident list", "incident show", "incident export", "silence list", "silence show", "maintenance show", "silence preview", "maintenance list", "maintenance preview",
    "advisory show", "advisory radius", "audit verify", "audit export", "audit anchor", "compare", "completion", "coverage", "db list", "components tree", "components users", "components find",
    "components unaudited", "delivery list", "delivery show", "doctor", "drift", "explain", "gate", "handover", "help", "inventory", "match", "muted", "policy check",
    "oncall", "members", "review list", "review show", "policy test", "policy replay", "policy list", "release history", "release show", "release diff", "release calendar", "rollback show", "rollback list",
    "rollback authorisations", "rollback report", "rollback reviews",
    "rehearse", "replay", "note list", "note show", "note corrections", "note shutdowns", "catalogue", "classify", "resolve",
    "activity", "checklist", "decisions", "metrics", "missed list", "enforce list", "waiver list", "waiver show", "waiver export", "report vendors", "report noise", "schema", "status", "suite check", "suite list", "suite show", "asset show",
}  # fmt: skip
COLLECTS = {
    "agent",
    "enforce check",
    "db upgrade",
    "db backup",
    "db restore",
    "db prune",
    "db compact",
    "demo",
    "ingest",
    "init",
    "refresh",
    "worker",
}
"""Takes data in or looks after the database: done by services and pipelines, decides nothing."""
ACTS: dict[str, tuple[str, ...]] = {
    "alert ack": ("{alert}",),
    "handover --to": ("ben",),
    "review take": ("r1234",),
    "review done": ("r1234", "--why", "x"),
    "alert resolve": ("{alert}", "--why", "x"),
    "alert silence": ("{alert}", "--why", "x"),
    "alert waive": ("{alert}", "--why", "x"),
    "alert verdict": ("{alert}", "noise"),
    "missed add": ("x", "--onset", "1h"),
    "delivery replay": ("--all",),
    "delivery drop": ("--route", "r", "--why", "x"),
    "alert unmute": ("{alert}", "--why", "x"),
    "incident confirm": ("{incident}", "s-1"),
    "incident split": ("{incident}", "{alert}"),
    "incident merge": ("{incident}", "{incident}"),
    "incident onset": ("{incident}", "2h"),
    "incident impact": ("{incident}", "none"),
    "incident resolve": ("{incident}", "--why", "x"),
    "incident undo": ("{incident}",),
    "silence add": ("--match", "true", "--for", "2h", "--why", "x"),
    "silence end": ("s-1", "--why", "x"),
    "maintenance add": ("--match", "true", "--from", "2h", "--for", "2h", "--why", "x"),
    "maintenance end": ("m-1", "--why", "x"),
    "policy approve": ("41c9ab", "--why", "x"),
    "policy reject": ("41c9ab", "--why", "x"),
    "waiver add": ("CVE-1", "--asset", "my-bot", "--why", "x"),
    "advisory settle": ("CVE-1", "vllm", "0.9.2", "--why", "x"),
    "components loaded": ("my-bot", "vllm", "no", "--why", "x"),
    "waiver end": ("w1", "--why", "x"),
    "freeze": ("my-bot", "--why", "x"),
    "freeze REVIEW": ("review", "{hold}", "--until", "2d", "--why", "x"),
    "freeze REVIEWED": ("review", "my-bot", "1.1.0", "--env", "production", "--why", "x"),
    "freeze OVERRIDE": ("override", "my-bot", "1.1.0", "--env", "production", "--why", "x"),
    "enforce again": ("enforce-1",),
    "enforce forget": ("enforce-1",),
    "freeze --lift": ("{hold}", "--why", "x"),
    "release approve": ("my-bot", "1.1.0", "--why", "x"),
    "release promote": ("my-bot", "1.1.0", "--env", "production", "--why", "x"),
    "release quarantine": ("my-bot", "1.1.0", "--why", "x"),
    "release accept-risk": ("my-bot", "1.1.0", "--env", "production", "--why", "x"),
    "release retire": ("my-bot", "1.0.0", "--why", "x"),
    "release withdraw": ("my-bot", "--env", "production", "--why", "x"),
    "rollback plan": ("my-bot", "--env", "production"),
    "rollback approve": ("{plan}",),
    "rollback payload": ("{plan}",),
    "rollback reject": ("{plan}",),
    "rollback review": ("{run}", "--why", "x"),
    "rollback halt": ("{run}",),
    "rollback drill": ("my-bot", "--env", "production"),
    "rollback pause": ("my-bot", "--env", "production"),
    "rollback shift": ("my-bot", "--to", "canary"),
    "rollback resume-traffic": ("my-bot", "--env", "production"),
    "rollback run": ("{plan}",),
    "rollback undo": ("{plan}",),
    "rollback undo RUN": ("{run}",),
    "rollback resume": ("{run}",),
    "rollback authorise": ("my-bot", "--env", "production", "--trigger", "accuracy-regression", "--why", "x"),
    "rollback revoke": ("{authorisation}", "--why", "x"),
    "note label": ("news", "k", "deprecation", "--why", "x"),
    "note withdraw": ("r1", "--why", "x"),
    "tripwire": ("pin", "wire", "--why", "x"),
    "suite freeze": ("golden",),
    "suite run": ("golden",),
    "suite pin": ("golden", "my-bot", "1.0.1", "--why", "x"),
}
"""Command and choice -> what else is typed."""
CALLS: dict[str, Callable[[ServiceDesk, Estate], object]] = {
    "acknowledge": lambda d, e: d.acknowledge(e.alert),
    "resolve": lambda d, e: d.resolve(e.alert, "x"),
    "hand_over": lambda d, e: d.hand_over("ben", timedelta(hours=1)),
    "take_review": lambda d, e: d.take_review("r"),
    "finish_review": lambda d, e: d.finish_review("r", "x"),
    "silence": lambda d, e: d.silence(e.alert, 1.0, "x"),
    "waive": lambda d, e: d.waive(e.alert, 1, "x"),
    "replay_letters": lambda d, e: d.replay_letters(route="r"),
    "drop_letters": lambda d, e: d.drop_letters("x", route="r"),
    "unmute": lambda d, e: d.unmute(e.alert, "x"),
    "give_verdict": lambda d, e: d.give_verdict(e.alert, "noise"),
    "add_missed": lambda d, e: d.add_missed("x", datetime(2026, 1, 1, tzinfo=UTC)),
    "confirm_cause": lambda d, e: d.confirm_cause(e.incident, "1"),
    "split_incident": lambda d, e: d.split_incident(e.incident, e.alert),
    "merge_incident": lambda d, e: d.merge_incident(e.incident, e.incident),
    "undo_incident": lambda d, e: d.undo_incident(e.incident),
    "state_onset": lambda d, e: d.state_onset(e.incident, NOW),
    "state_impact": lambda d, e: d.state_impact(e.incident, "none"),
    "resolve_incident": lambda d, e: d.resolve_incident(e.incident, "x"),
    "place_silence": lambda d, e: d.place_silence("true", NOW, NOW + timedelta(hours=1), "x"),
    "end_silence": lambda d, e: d.end_silence("s-1", "x"),
    "waive_advisory": lambda d, e: d.waive_advisory("CVE-1", "my-bot", why="x"),
    "settle_fix": lambda d, e: d.settle_fix("CVE-1", "vllm", "0.9.2", "x"),
    "state_loaded": lambda d, e: d.state_loaded("my-bot", "vllm", "no", "x"),
    "end_waiver": lambda d, e: d.end_waiver("w1", "x"),
    "correct_note": lambda d, e: d.correct_note("news", "k", ["deprecation"], "x"),
    "withdraw_correction": lambda d, e: d.withdraw_correction("r1", "x"),
    "review_hold": lambda d, e: d.review_hold(e.hold, datetime(2030, 1, 1, tzinfo=UTC), "x"),
    "override_freeze": lambda d, e: d.override_freeze("my-bot", "1.1.0", "production", "x"),
    "review_override": lambda d, e: d.review_override("my-bot", "1.1.0", "production", "x"),
    "freeze": lambda d, e: d.freeze("my-bot", "x"),
    "lift": lambda d, e: d.lift(e.hold, "x"),
    "propose": lambda d, e: d.propose("my-bot", "production", None),
    "approve": lambda d, e: d.approve(e.plan, "x"),
    "reject": lambda d, e: d.reject(e.plan, "x"),
    "review": lambda d, e: d.review(e.run, "x"),
    "halt": lambda d, e: d.halt(e.run),
    "drill": lambda d, e: d.drill("my-bot", "production"),
    "route": lambda d, e: d.route("my-bot", "production", "pause"),
    "execute": lambda d, e: d.execute(e.plan),
    "undo": lambda d, e: d.undo(e.plan),
    "resume": lambda d, e: d.resume(e.run),
    "put_back": lambda d, e: d.put_back(e.run),
    "authorise": lambda d, e: d.authorise("my-bot", "production", "accuracy-regression", timedelta(days=1), "x"),
    "vote": lambda d, e: d.vote(e.authorisation, "revoke", "x"),
    "pin_baseline": lambda d, e: d.pin_baseline("golden-1", "x"),
    "accept_risk": lambda d, e: d.accept_risk("golden-1", "production", "functional", 1, "x"),
    "move_release": lambda d, e: d.move_release("my-bot", "1.1.0", "quarantine", "x"),
    "promote": lambda d, e: d.promote("my-bot", "1.1.0", "production", "x"),
}
NOWHERE = {
    "replay_letters",
    "drop_letters",
    "hand_over",
    "take_review",
    "finish_review",
    "give_verdict",
    "add_missed",
    "pin_baseline",
    "move_release",
    "correct_note",
    "withdraw_correction",
}
"""Of no environment: any operator may."""
ON_THE_REPLICA = {"drill"}
"""What moves there, for another environment's sake."""
LOOKS = {
    "advisory_story", "drills", "reviews", "asset_story", "authorisations", "bench", "board", "calendar", "change_mark", "close", "dependents", "flips", "gate_story",
    "history", "holds", "inventory", "plan_story", "plans", "quiet", "release_diff", "release_story", "source_problems",
    "hold_story", "past", "related", "ledger", "radius", "story", "tree", "trends", "waiver_story", "waivers",
    "letters", "letter_story", "silences", "preview_silence", "matching",
    "incidents", "incident_story", "on_call", "why_called", "handover", "review_tasks", "described", "notes", "note_story", "corrections", "activity", "checklist", "decisions", "learning_report", "shutdowns", "scorecard", "tempo", "trust",
}  # fmt: skip


class Estate(NamedTuple):
    """Something of each kind, all of it in production."""

    alert: str
    hold: str
    plan: str
    run: str
    authorisation: str
    incident: str


def prepare(shell: Shell) -> Estate:
    authorise(shell.config)
    (shell.config / "signals" / "one.json").write_text(signal_line(environment="production", current_version="1.0.1"))
    shell("refresh", "drop")
    shell("freeze", "my-bot", "--why", "x")
    plan = shell("rollback", "plan", "my-bot", "--env", "production", "--json").json()["hash"]
    for by in ("ana", "ben"):
        assert shell("rollback", "approve", plan, by=by).code == 0
    shell("rollback", "run", plan)
    house = House(shell.config)
    with closing(house), house.store.read() as tx:
        (run,) = tx.rollbacks.runs(plan_hash=plan)
        hold = next(h.id for h in tx.judgements.holds() if h.placed_by == "ana")
        given = tx.rollbacks.authorisations()[0][0].hash
        incident = tx.incidents.all()[0].id
        return Estate(tx.judgements.alerts()[0].id, hold, plan, run.id, given, incident)


def contents(shell: Shell) -> dict[str, Any]:
    """Every row of every table but the log and its seal."""
    with closing(sqlite3.connect(shell.config / "pulse.db")) as raw:
        names = [n for (n,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if "audit" not in n]
        rows = {name: sorted(map(repr, raw.execute(f"SELECT * FROM {name}"))) for name in names}
    return {name: [row for row in found if "'audit.newest'" not in row] for name, found in rows.items()}


def refusals(house: House) -> list[tuple[str, str]]:
    with house.store.read() as tx:
        return [(e.actor, str(dict(e.detail)["what"])) for e in tx.log.entries() if e.action == "action.refused"]


def choices() -> set[str]:
    """Every command, with each of its choices where the first thing that it takes is one of a list."""
    found = set()
    for name in COMMANDS:
        first = next((a for a in parser_of(name)._actions if not a.option_strings), None)
        words = list(first.choices or ()) if first is not None and first.dest in ("action", "view") else []
        found |= {f"{name} {word}" for word in words} or {name}
    return found


def test_every_command_of_the_shell_is_known_to_act_or_not_to() -> None:
    acts = {" ".join(w for w in name.split() if w.islower() and not w.startswith("--")) for name in ACTS}
    assert choices() == READS | COLLECTS | acts


def test_every_call_of_the_tower_is_known_to_act_or_not_to() -> None:
    calls = {name for name, _ in inspect.getmembers(Desk, inspect.isfunction) if not name.startswith("_")}
    assert calls == LOOKS | set(CALLS)


def test_a_stranger_is_refused_by_every_command_and_recorded(shell: Shell) -> None:
    estate = prepare(shell)._asdict()
    before = contents(shell)
    for name, more in ACTS.items():
        words = [w for w in name.split() if not w.isupper()]
        said = shell(*words, *(m.format(**estate) for m in more), by="mallory")
        assert (said.code, "'mallory' is not in the operators' file" in said.err) == (1, True), (name, said)
    assert contents(shell) == before
    house = House(shell.config)
    with closing(house):
        assert [actor for actor, _ in refusals(house)] == ["mallory"] * len(ACTS)


def test_whoever_has_no_right_in_production_is_refused_every_action_of_the_tower(shell: Shell) -> None:
    estate = prepare(shell)
    house = House(shell.config)
    with closing(house):
        house.sync()
        before, tried = contents(shell), list[str]()
        for by, why in (("mallory", "is not in the operators' file"), ("cyd", "cyd may not act in production")):
            desk = house.desk(by)
            for name, call in CALLS.items():
                if by == "cyd" and name in NOWHERE:
                    continue
                with pytest.raises(Refused) as refused:
                    call(desk, estate)
                where = "replica" if name in ON_THE_REPLICA else "production"
                assert why.replace("production", where) in str(refused.value), (by, name)
                tried.append(by)
        assert contents(shell) == before
        assert [actor for actor, _ in refusals(house)] == tried


def test_a_read_only_tower_refuses_every_action_of_an_operator(shell: Shell) -> None:
    estate = prepare(shell)
    house = House(shell.config, read_only=True)
    with closing(house):
        desk, before = house.desk("ana"), contents(shell)
        for call in CALLS.values():
            with pytest.raises(Refused, match="read-only"):
                call(desk, estate)
        assert contents(shell) == before
