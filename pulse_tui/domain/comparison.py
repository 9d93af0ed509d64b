"""How a canary stands beside what serves with it, by one measure: also while nothing is decided, or nothing is seen."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age, from_us, iso
from pulse_tui.domain.text import many


class ComparisonState(StrEnum):
    """What is known. Whatever is not PASS is no health."""

    FAIL = "FAIL"
    UNREAD = "not read"
    """The server refused a query, the numbers cannot be, or the round was over before its turn came."""
    UNSEEN = "no series"
    """A series is missing, has no number or may be partial."""
    BEGUN = "begun"
    """It counts from this look on: the first one, or another canary serves."""
    COLLECTING = "collecting"
    """Too little was counted to speak of no difference."""
    OPEN = "no difference found yet"
    PASS = "PASS"  # noqa: S105  a verdict


KEPT: Final = "compared:"
UNDECIDED: Final = frozenset(ComparisonState) - {ComparisonState.FAIL, ComparisonState.PASS}
_MINUTE_US: Final = 60_000_000
_COUNTING: Final = frozenset({ComparisonState.BEGUN, ComparisonState.COLLECTING, ComparisonState.OPEN})
_RANK: Final[dict[str, int]] = {state: n for n, state in enumerate(ComparisonState)}
_DECIDES: Final = 20
"""How many times a stake is multiplied against one side until that is decided, as in ``evaluate/statistics/beside.py``."""


class LiveComparison(NamedTuple):
    """One measure of one canary. Counts are since ``since_us``; moments are microseconds since the epoch, by our clock."""

    asset: str
    environment: str
    beside: str
    """The environment that it is compared with."""
    measure: str
    state: str
    """A word of :class:`ComparisonState`."""
    at_us: int
    """When it was looked at last."""
    limit: float
    """How many times the other side's value is still accepted."""
    share: bool = True
    """Events among requests; else a mean."""
    unit: str = ""
    """Of a mean, where it has one: a currency."""
    must_pass: bool = True
    version: str = ""
    """The release that is compared; empty: no release is known to serve there."""
    beside_version: str = ""
    since_us: int | None = None
    """When counting began; None: an older version kept no record of it."""
    looks: int = 0
    """Rounds that counted."""
    total: float = 0.0
    """Events of the canary, or what was added up over its requests."""
    requests: float = 0.0
    other_total: float = 0.0
    other_requests: float = 0.0
    low: float | None = None
    """The always-valid 90 % interval of canary over other side; None: no bound is ruled out. A mean has none."""
    high: float | None = None
    worse: float = 1.0
    """Evidence that the canary does more than the limit: how many times a stake on it was multiplied, at most so far."""
    fine: float = 1.0
    """Evidence that it does not."""
    rounds: int = 0
    """Of a mean: rounds in which both sides had requests, and in how many the canary was beyond the limit."""
    rounds_worse: int = 0
    more: int | None = None
    """Requests of the canary (rounds, of a mean) that decide it, if it goes on as so far; None: that says nothing."""
    towards: str = ""
    """PASS or FAIL: what they decide."""
    why: str = ""
    """What began it, or what is missing."""
    source: str = ""
    stale: str = ""
    """Why the source says nothing of now; empty while it reports."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.source}/{self.asset}/{self.environment}/{self.measure}"

    @property
    def undecided(self) -> bool:
        """Whether nobody knows how the canary does."""
        return bool(self.stale) or self.state in UNDECIDED

    @property
    def order(self) -> tuple[int, str, str]:
        """Sort key: what is worst first, and a word of a later version before all."""
        return _RANK.get(self.state, 0), self.asset, self.measure

    def word(self, now_us: int) -> str:
        """``no difference found yet``; with its age where the source says nothing of now."""
        return f"{self.state} {age(self.at_us, now_us)} ago, unknown since" if self.stale else self.state

    @property
    def sides(self) -> str:
        """``canary 3.8.2 beside production 3.8.1``."""
        version = self.version or "(its release is not known)"
        return f"{self.environment} {version} beside {self.beside} {self.beside_version}".rstrip()

    def line(self, now_us: int) -> str:
        """All that is known, in one sentence."""
        parts = [self.why, f"the source is {self.stale}" if self.stale else "", *self._counted(now_us)]
        return f"{self.sides}, {self.measure}: {self.word(now_us)}; {'; '.join(filter(None, parts))}"

    def _counted(self, now_us: int) -> Iterable[str]:
        if self.requests or self.other_requests:
            yield f"{self._value(self.total, self.requests)} against {self._value(self.other_total, self.other_requests)}"
        if self.low is not None or self.high is not None:
            least = f"{self.low:.2g}" if self.low is not None else "0"
            yield f"{least} to {f'{self.high:.2g}' if self.high is not None else 'any'} times as much, limit {self.limit:g}"
        else:
            yield f"limit {self.limit:g} times" + (", no ratio ruled out yet" if self.share and self.looks else "")
        if self.rounds:
            yield f"beyond it in {self.rounds_worse} of {many(self.rounds, 'round')}"
        since = f" since {iso(from_us(self.since_us))} ({age(self.since_us, now_us)})" if self.since_us else ""
        last = f", the last {age(self.at_us, now_us)} ago" if now_us - self.at_us >= _MINUTE_US else ""
        yield f"{many(self.looks, 'look')}{since}{last}"
        if self.looks:
            yield f"evidence {self.worse:.2g} that it does more, {self.fine:.2g} that it does not ({_DECIDES} decides)"
        if self.more is not None or self.state in _COUNTING:
            yield self._decides()

    def _value(self, total: float, requests: float) -> str:
        if not requests:
            return "no requests"
        if self.share:
            return f"{total / requests * 100:.3g} % ({total:,.0f} of {requests:,.0f})"
        return f"{total / requests:.4g}{f' {self.unit}' if self.unit else ''} a request ({requests:,.0f})"

    def _decides(self) -> str:
        if self.more is None or not self.towards:
            if self.rounds or self.total + self.other_total:
                return "as it goes nothing decides it: the canary does about as much as the limit allows"
            return f"{'an event on either side' if self.share else 'rounds with requests on both'} would say something"
        done = self.requests if self.share else self.rounds
        pace = ""
        if self.since_us is not None and self.at_us > self.since_us and done:
            pace = f" ({age(0, int((self.at_us - self.since_us) / done * self.more))} at its pace)"
        unit = (
            ("more request of the canary", "more requests of the canary")
            if self.share
            else ("more round", "more rounds")
        )
        return f"as it goes {self.more:,} {unit[self.more != 1]}{pace} decide it: {self.towards}"


COUNTED: Final = frozenset(LiveComparison._fields) - {
    "asset", "environment", "beside", "measure", "state", "limit", "must_pass", "version", "beside_version", "source",
}  # fmt: skip
"""Fields that every look changes, or the words about them."""


def kept_at(source: str) -> str:
    """Under which name a source's are kept."""
    return f"{KEPT}{source}"


def packed(rows: Iterable[LiveComparison]) -> str:
    """As they are kept."""
    return msgspec.json.encode([row._asdict() for row in rows]).decode()


def unpacked(text: str | None, source: str = "", health: str = Health.GOOD, reason: str = "") -> list[LiveComparison]:
    """What was kept of a source in that health, the worst first. Fields of a later version are left out; what cannot be
    read at all is nothing."""
    stale = "" if health in (Health.GOOD, Health.SUSPECT) else f"{health}{f': {reason}' if reason else ''}"
    try:
        found = (row._replace(source=source, stale=stale) for row in _rows(text or "[]"))
        return sorted(found, key=lambda row: row.order)
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, ValueError):
        return []


@lru_cache(64)
def _rows(text: str) -> list[LiveComparison]:
    """Kept: a board reads the same again and again."""
    return [_row(each) for each in msgspec.json.decode(text, type=list[dict[str, Any]])]


def _row(fields: dict[str, Any]) -> LiveComparison:
    defaults = LiveComparison._field_defaults
    return msgspec.convert(
        [fields[name] if name in fields or name not in defaults else defaults[name] for name in LiveComparison._fields],
        LiveComparison,
        strict=False,
    )
