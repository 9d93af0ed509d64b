"""A scenario's lines: one JSON object each, read and checked as a whole before anything is played."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.feedback import Usefulness
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import BadRecord, Signal, decode
from pulse_tui.domain.text import clean
from pulse_tui.policy.conditions import Condition, Engine
from pulse_tui.services.signals.ingest import AHEAD
from pulse_tui.settings.check import closest, nearest, seconds

DOINGS = ("ack", "unack", "resolve", "silence", "waive", "maintenance", "verdict")
"""What a person can do in a scenario."""
ENDS = ("silence", "waive", "maintenance")
"""What has to state for how long."""
_KINDS: Mapping[str, tuple[str, ...]] = {
    "signal": (),
    "over": (),
    "do": ("by", "alert", "match", "for", "why"),
    "receiver": ("state",),
}
"""The key that says what a line is, and the keys that go with it (all have ``at``)."""
_YEARS = range(1970, 2200)
_NO_REASON = "no reason was given in the scenario"


class Over(NamedTuple):
    """A condition ended."""

    fingerprint: str


class Doing(NamedTuple):
    """Somebody does something about alerts."""

    do: str
    by: str
    alert: str | None
    """The fingerprint of the signals that the alerts are about."""
    match: Condition | None
    for_s: float | None
    why: str
    verdict: Usefulness | None


class Receiver(NamedTuple):
    """A destination stops or begins to take what it is sent."""

    route: str
    up: bool


class Line(NamedTuple):
    """One line of a scenario; ``what`` None: time passes until then."""

    number: int
    at: datetime
    what: Signal | Over | Doing | Receiver | None


class Known(NamedTuple):
    """What a scenario may name."""

    routes: Collection[str]
    engine: Engine
    """Of the variables that conditions over alerts may use."""


class Scenario(NamedTuple):
    """What was read: the lines, or what is wrong with them."""

    lines: list[Line]
    problems: list[Problem]


def read(file: str, lines: Iterable[tuple[int, bytes | None]], known: Known) -> Scenario:
    """Every line of a scenario with its number; None for one that is too long. All problems are found at once."""
    found, problems = list[Line](), list[Problem]()
    last: datetime | None = None
    for number, raw in lines:
        reader = _Reader(f"{file}:{number}", known, problems)
        line = reader.line(number, raw)
        if line is None:
            continue
        if last is not None and line.at < last:
            todo = "Sort the lines by at; lines of one moment keep their order"
            reader.wrong("at", f"{iso(line.at)} is before the line above it ({iso(last)})", todo)
        last = max(last, line.at) if last is not None else line.at
        found.append(line)
    if not found and not problems:
        problems.append(Problem(file, "holds no line", 'Write one object a line: {"at": ..., "signal": {...}}'))
    problems += _unknown_conditions(file, found)
    return Scenario(found, problems)


def names(alert: str, fingerprint: str) -> bool:
    """Whether a scenario's word for an alert means the condition of this fingerprint: itself, or an alert's own name."""
    return alert == fingerprint or alert.endswith(f"/{fingerprint}") or f"/{fingerprint}/" in alert


def _unknown_conditions(file: str, lines: Iterable[Line]) -> Iterator[Problem]:
    """Fingerprints that no signal of the scenario has: a slip of the pen, after which the rest would play otherwise."""
    lines = list(lines)
    known = {line.what.fingerprint for line in lines if isinstance(line.what, Signal)}
    for line in lines:
        key, text = "", ""
        if isinstance(line.what, Over):
            key, text = "over", line.what.fingerprint
        elif isinstance(line.what, Doing) and line.what.alert is not None:
            key, text = "alert", line.what.alert
        if key and text not in known and not any(names(text, one) for one in known):
            what = f"{key}: no signal of the scenario has the fingerprint {clean(text, 80)!r}"
            yield Problem(f"{file}:{line.number}", what, nearest(text, known))


class _Reader:
    """Reads one line; whatever is wrong with it is added to the problems."""

    def __init__(self, where: str, known: Known, problems: list[Problem]) -> None:
        self._where = where
        self._known = known
        self._problems = problems

    def wrong(self, key: str, what: str, todo: str = "") -> None:
        self._problems.append(Problem(self._where, f"{key}: {what}" if key else what, todo))

    def line(self, number: int, raw: bytes | None) -> Line | None:
        if raw is None:
            self.wrong("", "the line is too long")
            return None
        try:
            given = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.wrong("", f"not an object of JSON: {clean(str(error), 120)}", "One object a line")
            return None
        before = len(self._problems)
        at = self._moment(given)
        what = self._what(given, at)
        if at is None or len(self._problems) > before:
            return None
        return Line(number, at, what)

    def _what(self, given: Mapping[str, msgspec.Raw], at: datetime | None) -> Signal | Over | Doing | Receiver | None:
        kinds = [kind for kind in _KINDS if kind in given]
        if len(kinds) > 1:
            self.wrong(kinds[1], f"a line has {kinds[0]} or {kinds[1]}, not both", "Write two lines")
            return None
        kind = kinds[0] if kinds else ""
        allowed = ("at", *((kind, *_KINDS[kind]) if kind else ()))
        every = (*allowed, *_KINDS) if not kind else allowed
        if kind == "do":
            allowed = (*allowed, "verdict")
        for key in given:
            if key not in allowed:
                self.wrong(clean(key, 60), "unknown key", nearest(key, every))
        match kind:
            case "signal":
                return self._signal(given["signal"], at)
            case "over":
                text = self._text(given, "over")
                return Over(text) if text else None
            case "do":
                return self._doing(given)
            case "receiver":
                return self._receiver(given)
        return None

    def _moment(self, given: Mapping[str, msgspec.Raw]) -> datetime | None:
        if "at" not in given:
            self.wrong("at", "is missing", "Every line has its time: 2026-11-23T03:00:00Z")
            return None
        try:
            moment = msgspec.json.decode(given["at"], type=datetime)
        except (msgspec.ValidationError, msgspec.DecodeError):
            self.wrong(
                "at",
                f"{clean(bytes(given['at']).decode('utf-8', 'replace'), 60)} is not a time",
                "Write 2026-11-23T03:00:00Z",
            )
            return None
        if moment.tzinfo is None:
            self.wrong("at", "has no offset", "Add Z for UTC")
            return None
        if moment.year not in _YEARS:
            self.wrong("at", f"the year {moment.year} is not plausible")
            return None
        return moment.astimezone(UTC)

    def _signal(self, raw: msgspec.Raw, at: datetime | None) -> Signal | None:
        try:
            signal = decode(bytes(raw))
        except BadRecord as bad:
            problem = bad.problem
            self.wrong(
                f"signal.{problem.where}", problem.what, problem.hint or "pulse-tui schema signal is the contract"
            )
            return None
        for name, moment in (("observed_at", signal.observed_at), ("occurred_at", signal.occurred_at)):
            if at is not None and moment > at + AHEAD:
                self.wrong(f"signal.{name}", f"{iso(moment)} is more than a day after the line's at ({iso(at)})")
                return None
        return signal

    def _doing(self, given: Mapping[str, msgspec.Raw]) -> Doing | None:
        do, by = self._text(given, "do"), self._text(given, "by")
        if do and do not in DOINGS:
            self.wrong("do", f"{clean(do, 60)!r} is not one of the known words", nearest(do, DOINGS))
            return None
        alert = self._text(given, "alert") if "alert" in given else None
        match = self._match(given) if "match" in given else None
        if ("alert" in given) == ("match" in given):
            self.wrong(
                "alert", "one of alert and match is needed", "alert is the fingerprint of a signal, match an expression"
            )
        for_s = self._span(given, do or "")
        why = self._text(given, "why") if "why" in given else ""
        verdict = self._verdict(given, why or "") if do == "verdict" else None
        if not do or not by:
            return None
        return Doing(do, by, alert, match, for_s, why or _NO_REASON, verdict)

    def _match(self, given: Mapping[str, msgspec.Raw]) -> Condition | None:
        text = self._text(given, "match")
        if not text:
            return None
        made = self._known.engine.compile(text)
        if isinstance(made, Condition):
            return made
        for flaw in made:
            self.wrong(
                "match",
                f"{flaw.line}:{flaw.column}: {flaw.what}",
                flaw.hint or "pulse-tui schema facts lists the variables",
            )
        return None

    def _span(self, given: Mapping[str, msgspec.Raw], do: str) -> float | None:
        if "for" not in given:
            if do in ENDS:
                self.wrong("for", f"is missing: a {do} must end", "Write 30m, 2h or 7d")
            return None
        value = self._plain(given, "for")
        span = seconds(value) if isinstance(value, str | int | float) else None
        if span is None or not 0 < span <= timedelta(days=3_660).total_seconds():
            self.wrong("for", f"{clean(str(value), 60)!r} is not a duration", "Write 30m, 2h or 7d")
            return None
        return span

    def _verdict(self, given: Mapping[str, msgspec.Raw], why: str) -> Usefulness | None:
        """Under its own key, or as the first word of ``why``."""
        words = [each.value for each in Usefulness]
        text = self._text(given, "verdict") if "verdict" in given else next(iter(why.replace(":", " ").split()), "")
        if text in words:
            return Usefulness(text)
        self.wrong(
            "why",
            f"a verdict begins with what it is: {', '.join(words)}",
            f"did you mean {near!r}?" if (near := closest(text or "", words)) else "",
        )
        return None

    def _receiver(self, given: Mapping[str, msgspec.Raw]) -> Receiver | None:
        route, state = self._text(given, "receiver"), self._text(given, "state")
        if route and route not in self._known.routes:
            self.wrong("receiver", f"there is no route {clean(route, 60)!r}", nearest(route, self._known.routes))
        if state and state not in ("up", "down"):
            self.wrong("state", f"{clean(state, 60)!r} is not one of the known words", "Write up or down")
        return Receiver(route, state == "up") if route and state else None

    def _plain(self, given: Mapping[str, msgspec.Raw], key: str) -> Any:
        return msgspec.json.decode(given[key]) if key in given else None

    def _text(self, given: Mapping[str, msgspec.Raw], key: str) -> str | None:
        value = self._plain(given, key)
        if isinstance(value, str) and (text := clean(value, 2_000)):
            return text
        self.wrong(key, "is missing" if key not in given else "is not a text, or an empty one")
        return None
