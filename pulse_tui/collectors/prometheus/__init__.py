"""p95 latency and error rate of what runs, against their objectives, from a Prometheus server (HTTP API v1).

    - id: live
      kind: prometheus
      every: 30s
      url: https://prometheus.internal:9090
      token: "${PROMETHEUS_TOKEN}"
      objectives:
        - asset: support-bot
          environment: canary
          latency:
            p95: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="bot"}[$window])))
            objective: 800ms
          errors:
            rate: (sum(rate(http_requests_total{job="bot", code=~"5.."}[$window])) or vector(0))
              / sum(rate(http_requests_total{job="bot"}[$window]))
            objective: 1%
          requests: sum(increase(http_requests_total{job="bot"}[$window]))

and a canary beside what serves the same traffic, looked at after every round by statistics that stay valid however often
one looks: what more than ``limit`` times the other side does is a FAIL, as that of a benchmark.

      comparisons:
        - asset: support-bot
          sides: {canary: 'track="canary"', beside: 'track="stable"'}
          preset: otel_genai                # errors, tool errors, tokens, duration, as OpenTelemetry names them
          measures:
            - name: refusals
              events: (sum(increase(refusals_total{$side}[$window])) or vector(0))
              of: sum(increase(requests_total{$side}[$window]))
            - {name: guardrail_blocks, safety: true, limit: 1.5, events: "...", of: "..."}
            - {name: cost, cost: true, total: "...", of: "..."}

Each query must yield one series. A histogram knows no latency above its highest finite bucket: that bucket has to lie
above the objective times the limit. Without ``or vector(0)`` a service that never failed has no error rate at all.
While all is well nothing is reported.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.prometheus.ask import Grid, Point, Points, Server
from pulse_tui.collectors.prometheus.beside import Comparison, Measure
from pulse_tui.collectors.prometheus.comparing import Compared, compare
from pulse_tui.collectors.prometheus.level import BLIND, Followed, Level, Nonsense, Report, look
from pulse_tui.collectors.prometheus.options import Objective, Options, levels
from pulse_tui.collectors.prometheus.queries import filled
from pulse_tui.collectors.prometheus.report import Watched, level_signal, sight_signal
from pulse_tui.collectors.prometheus.standing import standing
from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import contained
from pulse_tui.domain.signal import Signal, fingerprint
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address
from pulse_tui.ports import CollectContext

__all__ = ["Options", "collect"]

T = TypeVar("T")
_AGAIN_MS = 24 * 3_600_000
"""A problem that lasts is reported again after this long."""
_SKEW_S = 60.0
_JITTER_S = 2.0
"""Clocks that differ by less are the same: the difference is mostly network latency."""
_ROUND_S = 60.0
"""After this long a round sends no more queries: what was seen by then must be reported."""
_LINK = 2_000


class _Mark(msgspec.Struct, omit_defaults=True):
    """The bookmark: the last report of each level and of each problem (ms, by the server's clock)."""

    levels: dict[str, Followed] = {}
    compared: dict[str, Compared] = {}
    troubles: dict[str, int] = {}


def collect(options: Options, context: CollectContext) -> Collected:
    """What changed since the last round. A level that cannot be read is Rejected (once a day), the others go on.

    Raises SourceError when the server is down, asks to wait, is another server, or yields none of the levels.
    """
    login = None
    if options.username is not None and options.password is not None:
        login = (options.username, options.password)
    server = Server(options.url, options.token, login, context)
    looking = _Round(options, server, server.time(), context)
    # A level that had to wait for the next round must not be the last in it again.
    turn = int(fingerprint(str(looking.end_ms)), 16)
    until = time.monotonic() + _ROUND_S
    for objective in _from(options.objectives, turn):
        looking.at(objective, late=time.monotonic() > until)
    for comparison in _from(options.comparisons, turn):
        for measure in comparison.wanted:
            looking.beside(comparison, measure, late=time.monotonic() > until)
    return looking.over()


def _from(items: Sequence[T], turn: int) -> Sequence[T]:
    first = turn % len(items) if items else 0
    return (*items[first:], *items[:first])


class _Round:
    """One round: what is reported, what was refused, and what is kept."""

    def __init__(self, options: Options, server: Server, there: float, context: CollectContext) -> None:
        """``there`` is the server's time. The points of all rounds lie on one grid, whenever a round comes."""
        self._options = options
        self._server = server
        self._context = context
        self._step = round(options.step * 1_000)
        self.end_ms = int(there * 1_000) // self._step * self._step
        before = _remembered(context.cursor.bookmark)
        self._levels = before.levels
        self._compared = before.compared
        self._standing: dict[str, LiveComparison] = {}
        self._known: set[str] = set()
        self._troubles = {key: at for key, at in before.troubles.items() if 0 <= self.end_ms - at < _AGAIN_MS}
        self._signals: list[Signal] = []
        self._rejected: list[Rejected] = []
        self._read = 0
        self._failed: list[SourceError] = []
        ahead = there - context.now.timestamp()
        self._ahead = timedelta(seconds=ahead if abs(ahead) > _JITTER_S else 0)
        if abs(ahead) > _SKEW_S:
            stated = f"its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this host's"
            self._trouble(address(options.url), f"{stated}; points are taken by its clock", "Synchronise the clocks")

    def at(self, objective: Objective, *, late: bool) -> None:
        """Query the levels of one deployment, and report changes. ``late``: no more in this round."""
        window = float(objective.window or self._options.window)
        watched = Watched(
            source=self._context.source,
            asset=objective.asset,
            environment=objective.environment,
            window_s=window,
            grid=Grid(self.end_ms, self._step, objective.confirm),
            ahead=self._ahead,
            now=self._context.now,
        )
        wanted = list(levels(objective, window))
        self._known.update(watched.name(level) for level in wanted)
        if late:
            what = f"not queried in this round, which took over {_ROUND_S:g} s already"
            self._trouble(watched.where, what, "Simplify the queries, or record them in rules")
            return
        counted: Points | None = None
        if objective.requests is not None:
            query = filled(objective.requests, window)
            counted = self._points(query, watched, f"{watched.where} requests")
            if counted is None:
                return  # whether there are enough of them is unknown
        for level in wanted:
            points = self._points(level.query, watched, watched.name(level))
            if points is not None:
                self._follow(level, points, counted, objective.min_requests, watched)

    def beside(self, comparison: Comparison, measure: Measure, *, late: bool) -> None:
        """One measure of a canary and of what serves beside it."""
        name = f"{comparison.asset} {comparison.environment.value} {measure.name}"
        before = self._compared.get(name, Compared())
        other = self._context.serving(comparison.asset, comparison.beside)
        if late:
            what = f"not queried in this round, which took over {_ROUND_S:g} s already"
            self._trouble(name, what, "Simplify the queries, or record them in rules")
            self._standing[name] = standing(comparison, measure, before, other, self._ahead, what)
            return
        try:
            after, signals = compare(
                comparison,
                measure,
                before,
                server=self._server,
                end_ms=self.end_ms,
                silent_s=float(self._options.silent_after),
                ahead=self._ahead,
                context=self._context,
            )
        except Exception as broken:  # whatever one query does, the others are asked
            error = contained(name, broken)
            if error.retry_after is not None:
                raise error from None
            self._fail(name, error, measure.of)
            self._standing[name] = standing(comparison, measure, before, other, self._ahead, error.what)
            return
        self._read += 1
        self._compared[name] = after
        self._standing[name] = standing(comparison, measure, after, other, self._ahead)
        self._signals += signals

    def over(self) -> Collected:
        """The result. Raises SourceError when nothing could be read."""
        if self._failed and not self._read:
            first, more = self._failed[0], len(self._failed) - 1
            what = f"{first.what} (and {more} more)" if more else first.what
            raise SourceError(what, todo=first.todo, sent=True)
        for name in self._levels.keys() - self._known:
            if self._levels[name].breach_at is not None:
                what = "no longer watched while its breach is open: nothing will resolve it"
                self._trouble(name, what, "Resolve its alert by hand")
        kept = {n: f for n, f in self._levels.items() if n in self._known and f != Followed()}
        compared = {name: state for name, state in self._compared.items() if name in self._standing}
        bookmark = msgspec.json.encode(_Mark(kept, compared, self._troubles), order="deterministic").decode()
        return Collected(
            observations=tuple(self._signals),
            rejected=tuple(self._rejected),
            cursor=msgspec.structs.replace(self._context.cursor, bookmark=bookmark),
            unchanged=not self._signals and not self._rejected,
            comparisons=tuple(self._standing.values()),
        )

    def _points(self, query: str, watched: Watched, where: str) -> Points | None:
        """The points, or None after refusing the query. A server that asks to wait ends the round."""
        try:
            points = self._server.points(query, watched.grid)
        except Exception as broken:  # whatever one query does, the others are asked
            error = contained(where, broken)
            if error.retry_after is not None:
                raise error from None
            self._fail(where, error, query)
            return None
        for warning in points.warnings:
            self._trouble(where, f"answered with a warning: {warning}", "The answer may be partial", query)
        return points

    def _follow(self, level: Level, points: Points, counted: Points | None, least: int, watched: Watched) -> None:
        name = watched.name(level)
        requests: list[Point] | None = counted.values if counted is not None else None
        try:
            seen = look(level, points.values, requests, least)
        except Nonsense as error:
            self._fail(name, SourceError(f"{name}: {error}"), level.query, str(error))
            return
        self._read += 1
        links = self._links(level.query)
        end, before = self.end_ms, self._levels.get(name, Followed())
        after, sighted = before.sight(seen, end, round(self._options.silent_after * 1_000), _AGAIN_MS)
        if sighted is not None:
            since = after.blind_at if sighted else None
            stands = before.breach_at is not None
            self._signals.append(sight_signal(level, seen, watched, since, links, breach=stands))
        elif seen.standing in BLIND and after.alarm_at is None:
            self._trouble(name, f"{seen.why}: neither a breach nor health", "Check the query", level.query)
        partial = bool(points.warnings or (counted is not None and counted.warnings))
        after, stated = after.next(seen, level, watched.grid, round(watched.window_s * 1_000), partial=partial)
        if stated is not Report.NOTHING:
            self._signals.append(level_signal(level, seen, stated, watched, after.since, links, partial=partial))
        self._levels[name] = after

    def _fail(self, where: str, error: SourceError, query: str, what: str = "") -> None:
        self._failed.append(error)
        self._trouble(where, what or error.what, error.todo, query)

    def _trouble(self, where: str, what: str, hint: str, query: str = "") -> None:
        """Refuse it, unless it was refused within the last day. Numbers in it may change: it is the same problem."""
        key = fingerprint(where, re.sub(r"\d+", "#", what))
        if key not in self._troubles:
            self._troubles[key] = self.end_ms
            self._rejected.append(refuse(self._context.source, where, what, query.encode(), hint))

    def _links(self, query: str) -> list[str]:
        """The query's graph in the server's own pages, unless a secret is a part of its address."""
        page = f"{address(self._options.url.rstrip('/'))}/graph?g0.expr={quote(query, safe='')}&g0.tab=0"
        return [page] if page.startswith("http") and "${" not in self._options.url and len(page) <= _LINK else []


def _remembered(bookmark: str | None) -> _Mark:
    try:
        return msgspec.json.decode(bookmark, type=_Mark) if bookmark else _Mark()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Mark()  # another kind's bookmark
