"""The command line of every action of the desk: what a key of the tower does can be typed in a shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pulse_tui.domain.moments import iso
from pulse_tui.domain.typed import apart, line, option

if TYPE_CHECKING:
    from pulse_tui.ports.tower import Desk

Given = Mapping[str, Any]
"""The arguments of a call, by their names."""
Words = tuple[str, ...]


class Act(NamedTuple):
    """One action."""

    words: Callable[[Given, Any, Desk], Words]
    """(arguments, what the desk answered or None, desk) -> the words of the command."""
    note: str = ""
    """Where the command does not do exactly the same: what is otherwise."""


def _why(given: Given, name: str = "why") -> Words:
    return option("why", str(given.get(name) or ""))


def _span(lasts: timedelta) -> str:
    """``90m``, ``2h``, ``30d``; seconds where nothing else is exact."""
    seconds = round(lasts.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and not seconds % size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _number(value: float) -> str:
    return f"{value:g}"


def _moment(at: datetime | None) -> str:
    return iso(at) if at is not None else ""


def _of_run(desk: Desk, run: str) -> tuple[str, str, str]:
    """(asset, suite, version) of a benchmark run."""
    story = desk.bench("", "", run)
    return story.asset, story.suite, story.version


def _accept_risk(given: Given, done: Any, desk: Desk) -> Words:
    del done
    asset, _, version = _of_run(desk, given["run_id"])
    terms = (f"--env={given['environment']}", f"--gate={given['gate']}", f"--days={given['days']}")
    return ("release", "accept-risk", asset, version, *terms, *_why(given))


def _pin(given: Given, done: Any, desk: Desk) -> Words:
    del done
    asset, suite, _ = _of_run(desk, given["run_id"])
    return ("suite", "pin", *_why(given), *apart(suite, asset, given["run_id"]))


def _place_silence(given: Given, done: Any, desk: Desk) -> Words:
    del done, desk
    window = bool(given.get("maintenance"))
    begins = option("from", _moment(given["starts_at"])) if window else ()
    lasts = ("--for=" + _span(given["ends_at"] - given["starts_at"]),)
    every = ("--all",) if given.get("everything") else ()
    name = "maintenance" if window else "silence"
    return (name, "add", f"--match={given['match']}", *begins, *lasts, *every, *_why(given))


def _waive_advisory(given: Given, done: Any, desk: Desk) -> Words:
    del done, desk
    until = given.get("until")
    terms = (
        *option("component", given.get("component") or ""), *option("env", given.get("environment") or ""),
        *option("status", given.get("status") or ""), *option("justification", given.get("justification") or ""),
        *option("owner", given.get("owner") or ""), *option("until", _moment(until)),
    )  # fmt: skip
    every = ("--every-version",) if given.get("every_version") else ()
    return ("waiver", "add", f"--asset={given['asset_id']}", *terms, *every, *_why(given), *apart(given["name"]))


def _route(given: Given, done: Any, desk: Desk) -> Words:
    """What was asked for where that was left open shows in the plan that came of it."""
    del desk
    purpose = given.get("purpose") or getattr(done, "purpose", "") or "pause"
    where, share = given["environment"], given.get("traffic")
    if purpose == "shift":
        more = (f"--share={_number(share)}",) if share is not None else ()
        return ("rollback", "shift", given["asset_id"], f"--to={where}", *more, *_why(given))
    name = "resume-traffic" if purpose == "resume" else "pause"
    return ("rollback", name, given["asset_id"], f"--env={where}", *_why(given))


def _settle(given: Given, done: Any, desk: Desk) -> Words:
    del done, desk
    named = apart(given["advisory_id"], given["package"], *([given["version"]] if given["version"] else []))
    return ("advisory", "settle", *(() if given["version"] else ("--undo",)), *_why(given), *named)


def _of_alert(action: str, *more: Callable[[Given], Words]) -> Act:
    return Act(
        lambda given, done, desk: ("alert", action, given["alert_id"], *(w for part in more for w in part(given)))
    )


def _simple(*words: str, name: str = "", why: str = "why", env: bool = False) -> Act:
    """``words``, the argument ``name``, ``--env`` and ``--why``."""

    def made(given: Given, done: Any, desk: Desk) -> Words:
        del done, desk
        where = (f"--env={given['environment']}",) if env else ()
        return (*words, *where, *_why(given, why), *(apart(given[name]) if name else ()))

    return Act(made)


def _incident(action: str, *names: str) -> Act:
    def made(given: Given, done: Any, desk: Desk) -> Words:
        del done, desk
        rest = [_moment(given[n]) if isinstance(given.get(n), datetime) else str(given.get(n) or "") for n in names]
        helped = option("helped", given.get("helped") or "")
        return ("incident", action, *helped, *_why(given), *apart(given["name"], *filter(None, rest)))

    return Act(made)


def _letters(action: str) -> Act:
    def made(given: Given, done: Any, desk: Desk) -> Words:
        del done, desk
        key, route = given.get("key") or "", given.get("route") or ""
        which = apart(key) if key else option("route", route) or ("--all",)
        return ("delivery", action, *_why(given), *which)

    return Act(made)


ACTS: Final[dict[str, Act]] = {
    "acknowledge": _of_alert("ack"),
    "resolve": _of_alert("resolve", _why),
    "silence": _of_alert("silence", lambda given: (f"--hours={_number(given['hours'])}",), _why),
    "waive": _of_alert("waive", lambda given: (f"--days={given['days']}",), _why),
    "unmute": _of_alert("unmute", _why),
    "give_verdict": _of_alert("verdict", lambda given: (given["verdict"],), _why),
    "place_silence": Act(_place_silence),
    "end_silence": _simple("silence", "end", name="ident"),
    "waive_advisory": Act(_waive_advisory),
    "end_waiver": _simple("waiver", "end", name="ident"),
    "settle_fix": Act(_settle),
    "state_loaded": Act(
        lambda given, done, desk: (
            "components", "loaded", *_why(given), *apart(given["asset_id"], given["component"], given["answer"])
        )
    ),
    "correct_note": Act(
        lambda given, done, desk: ("note", "label", *_why(given), *apart(given["source"], given["key"], *given["labels"]))
    ),
    "withdraw_correction": _simple("note", "withdraw", name="rule_id"),
    "freeze": Act(lambda given, done, desk: ("freeze", *_why(given), given["asset_id"] or "everything")),
    "lift": Act(lambda given, done, desk: ("freeze", given["hold_id"], "--lift", *_why(given))),
    "review_hold": Act(
        lambda given, done, desk: (
            "freeze", "review", given["hold_id"], f"--until={_moment(given['until'])}", *_why(given)
        )
    ),
    "override_freeze": Act(
        lambda given, done, desk: (
            "freeze", "override", given["asset_id"], given["version"], f"--env={given['environment']}", *_why(given)
        )
    ),
    "review_override": Act(
        lambda given, done, desk: (
            "freeze", "review", given["asset_id"], given["version"], f"--env={given['environment']}", *_why(given)
        )
    ),
    "pin_baseline": Act(_pin),
    "accept_risk": Act(_accept_risk, "the command takes the risk of every undecided run of that release and gate"),
    "move_release": Act(
        lambda given, done, desk: (
            "release", given["action"], *_why(given), *apart(given["asset_id"], given["version"])
        )
    ),
    "promote": Act(
        lambda given, done, desk: (
            "release", "promote", f"--env={given['environment']}", *_why(given),
            *apart(given["asset_id"], given["version"]),
        )
    ),
    "propose": Act(
        lambda given, done, desk: (
            "rollback", "plan", given["asset_id"], f"--env={given['environment']}",
            *option("alert", given.get("alert_id") or ""),
        )
    ),
    "route": Act(_route),
    "approve": Act(
        lambda given, done, desk: (
            "rollback", "approve", given["plan_hash"][:12], *(("--break-glass",) if given.get("break_glass") else ()),
            *_why(given, "reason"),
        )
    ),
    "reject": Act(lambda given, done, desk: ("rollback", "reject", given["plan_hash"][:12], *_why(given, "reason"))),
    "execute": Act(lambda given, done, desk: ("rollback", "run", given["plan_hash"][:12])),
    "undo": Act(lambda given, done, desk: ("rollback", "undo", given["plan_hash"][:12])),
    "review": _simple("rollback", "review", name="run_id"),
    "resume": Act(lambda given, done, desk: ("rollback", "resume", given["run_id"])),
    "put_back": Act(lambda given, done, desk: ("rollback", "undo", given["run_id"])),
    "halt": Act(lambda given, done, desk: ("rollback", "halt", given["run_id"])),
    "drill": Act(
        lambda given, done, desk: (
            "rollback", "drill", given["asset_id"], f"--env={given['environment']}",
            *option("trigger", given.get("trigger") or ""),
        )
    ),
    "authorise": Act(
        lambda given, done, desk: (
            "rollback", "authorise", given["asset_id"], f"--env={given['environment']}",
            f"--trigger={given['trigger']}", f"--for={_span(given['lasts'])}", *_why(given),
        )
    ),
    "vote": Act(lambda given, done, desk: ("rollback", given["how"], given["name"][:12], *_why(given))),
    "confirm_cause": _incident("confirm", "cause"),
    "split_incident": _incident("split", "alert_id"),
    "merge_incident": _incident("merge", "into"),
    "undo_incident": _incident("undo"),
    "state_onset": _incident("onset", "at"),
    "state_impact": _incident("impact", "impact", "at"),
    "resolve_incident": _incident("resolve"),
    "replay_letters": _letters("replay"),
    "drop_letters": _letters("drop"),
    "add_missed": Act(
        lambda given, done, desk: (
            "missed", "add", f"--onset={_moment(given['onset'])}", *option("asset", given.get("asset_id") or ""),
            *option("env", given.get("environment") or ""), *option("incident", given.get("incident_id") or ""),
            *apart(given["what"]),
        )
    ),
    "hand_over": Act(
        lambda given, done, desk: ("handover", f"--to={given['to']}", f"--since={_span(given['since'])}")
    ),
    "take_review": _simple("review", "take", name="key"),
    "finish_review": _simple("review", "done", name="key"),
}  # fmt: skip
"""Call of the desk -> its command. What only reads has none."""


def typed(name: str, given: Given, done: Any, desk: Desk, entrance: Sequence[str] = ()) -> str:
    """The command line of a call. ``entrance`` as of ``line``."""
    return line(ACTS[name].words(given, done, desk), entrance)
