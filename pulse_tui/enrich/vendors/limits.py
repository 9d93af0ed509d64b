"""Numbers with units in a note: rate limits and prices, what they were before, and how they compare with what is used. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.usage import Usage


class Measure(StrEnum):
    """What a number is of, as it is said."""

    RPM = "requests a minute"
    TPM = "tokens a minute"
    RPD = "requests a day"
    TPD = "tokens a day"
    INPUT = "1M input tokens"
    OUTPUT = "1M output tokens"
    CACHED = "1M cached input tokens"


PRICES = frozenset({Measure.INPUT, Measure.OUTPUT, Measure.CACHED})


class Quantity(NamedTuple):
    """A limit, or a price in US dollars; ``was``: what it was before, where the note says so."""

    measure: Measure
    value: float
    was: float | None = None

    @property
    def words(self) -> str:
        """``500 requests a minute``, ``$2.50 per 1M input tokens``."""
        return _amount(self.measure, self.value)


_LONGEST = 20_000
"""Characters of a note that are read."""
_N = r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}|\d{1,12}(?:\.\d{1,6})?)\s?([kKmM]\b|thousand\b|million\b|billion\b)?"
_LIMIT = re.compile(
    _N + r"[ -]?(?:"
    r"(?P<short>[IO]?TPM|RPM|RPD|TPD|QPM|RPS|QPS|TPS)\b"
    r"|(?P<what>requests?|queries|calls|images|(?:input |output )?tokens?)\s?(?:per|/|an?|each)\s?"
    r"(?P<time>second|sec|minute|min|hour|day)\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?P<short>[io]?tpm|rpm|rpd|tpd|qpm)\b(?:\s(?:limit|is|now|of|to)){0,3}\s?[:=]?\s?" + _N, re.IGNORECASE
)
_PRICE = re.compile(
    r"(?:US)?\$\s?(\d{1,6}(?:\.\d{1,9})?)(?:\s?(?:/|and|,)\s?\$?(\d{1,6}(?:\.\d{1,9})?))?\s?(?:per|/|for|a)\s?"
    r"(?P<unit>(?:1\s?)?(?:M|MTok|million)\b|1,000,000|(?:1\s?)?(?:K|kTok|thousand)\b|1,000\b)"
    r"(?:\s?(?P<kind>input|output|prompt|completion|cached(?: input)?))?",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\bfrom\s(?:US)?\$?\s?(\d{1,3}(?:,\d{3}){1,4}|\d{1,12}(?:\.\d{1,6})?)\s?([kKmM]\b|thousand\b|million\b)?"
    r"[^.;\d$]{0,40}\bto\s(?:US)?\$?\Z",
    re.IGNORECASE,
)
_WAS = re.compile(
    r"\A[^.;\d]{0,40}?\(?\b(?:was|previously|before|down from|up from|instead of|from)\b:?\s(?:US)?\$?\s?"
    r"(\d{1,3}(?:,\d{3}){1,4}|\d{1,12}(?:\.\d{1,6})?)\s?([kKmM]\b|thousand\b|million\b)?",
    re.IGNORECASE,
)
_OLD = re.compile(r"\bfrom\s\Z", re.IGNORECASE)
"""What stands behind it is what was before."""
_FIELD = re.compile(r"\b(input|output|cache_read|rpm|tpm)\s(\d{1,12}(?:\.\d{1,9})?)(?:e[+-]?\d\d)?\b")
_KINDS = (
    (Measure.CACHED, re.compile(r"\bcach", re.IGNORECASE)),
    (Measure.OUTPUT, re.compile(r"\b(?:output|completion)", re.IGNORECASE)),
    (Measure.INPUT, re.compile(r"\b(?:input|prompt)", re.IGNORECASE)),
)
_FIELDS = {
    "input": Measure.INPUT,
    "output": Measure.OUTPUT,
    "cache_read": Measure.CACHED,
    "rpm": Measure.RPM,
    "tpm": Measure.TPM,
}
_TIMES = {"s": 60.0, "m": 1.0, "h": 24.0, "d": 1.0}
"""To a minute, or from an hour to a day."""
_SCALE = {"k": 1e3, "m": 1e6, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_AROUND = 40
"""Characters before a number in which its kind, or what it was before, may stand."""


def limits(text: str) -> tuple[Quantity, ...]:
    """The rate limits that a text states, each measure once: the first counts."""
    text = text[:_LONGEST]
    found: dict[Measure, Quantity] = {}
    for match in _LIMIT.finditer(text):
        if _OLD.search(text, max(0, match.start() - 20), match.start()):
            continue
        measure, factor = _rate(match)
        _keep(found, _quantity(text, match, measure, _number(match[1], match[2]), factor))
    for match in _NAMED.finditer(text):
        measure, factor = _rate(match)
        _keep(found, _quantity(text, match, measure, _number(match[2], match[3]), factor))
    return tuple(found.values())


def prices(text: str) -> tuple[Quantity, ...]:
    """The prices of tokens that a text states in US dollars, a million tokens each; each measure once."""
    text = text[:_LONGEST]
    found: dict[Measure, Quantity] = {}
    for match in _PRICE.finditer(text):
        factor = 1e3 if match["unit"].lower().lstrip("1 ").startswith(("k", "thousand", ",000")) else 1.0
        if match["unit"] == "1,000,000":
            factor = 1.0
        if match[2] is not None:  # "$2 / $10 per MTok": input and output
            _keep(found, Quantity(Measure.INPUT, float(match[1]) * factor))
            _keep(found, Quantity(Measure.OUTPUT, float(match[2]) * factor))
            continue
        measure = _kind(match["kind"] or "") or _kind(text[match.end() : match.end() + 25].split("$")[0])
        measure = measure or _kind(_before(text, match.start()))
        if measure is not None:
            _keep(found, _quantity(text, match, measure, float(match[1]), factor))
    return tuple(found.values())


def fields(now: str | None, was: str | None) -> tuple[Quantity, ...]:
    """Those of a catalogue's change, as it words one side of it: ``input 2, output 8``, ``rpm 500``."""
    before = {m[1]: float(m[2]) for m in _FIELD.finditer((was or "")[:_LONGEST])}
    after = {m[1]: float(m[2]) for m in _FIELD.finditer((now or "")[:_LONGEST])}
    return tuple(Quantity(_FIELDS[n], v, before.get(n)) for n, v in after.items() if before.get(n) != v)


def _keep(found: dict[Measure, Quantity], quantity: Quantity) -> None:
    found.setdefault(quantity.measure, quantity)


def _rate(match: re.Match[str]) -> tuple[Measure, float]:
    short = (match["short"] or "").upper()
    groups = match.groupdict()
    what, time = (groups.get("what") or "").lower(), (groups.get("time") or "").lower()[:1]
    tokens = "T" in short[:2] if short else "token" in what
    time = short[-1].lower() if short else time
    day = time in ("d", "h")
    measure = (Measure.TPD if day else Measure.TPM) if tokens else (Measure.RPD if day else Measure.RPM)
    return measure, _TIMES[time]


def _quantity(text: str, match: re.Match[str], measure: Measure, value: float, factor: float) -> Quantity:
    """With what it was before: ``from 1,000 to 500 RPM``, ``500 RPM (was 1,000)``."""
    found = _FROM.search(text[max(0, match.start() - 90) : match.start() + (1 if text[match.start()] == "$" else 0)])
    found = found or _WAS.search(text[match.end() : match.end() + 90])
    was = _number(found[1], found[2]) * factor if found is not None else None
    return Quantity(measure, value * factor, was)


def _before(text: str, start: int) -> str:
    """What stands before a price, without what it was before and without another price."""
    tail = text[max(0, start - 2 * _AROUND) : start + 1]
    old = _FROM.search(tail)
    return tail[: old.start() if old is not None else -1].rpartition("$")[2]


def _kind(text: str) -> Measure | None:
    return next((measure for measure, pattern in _KINDS if pattern.search(text)), None)


def _number(digits: str, scale: str | None) -> float:
    return float(digits.replace(",", "")) * _SCALE.get((scale or "").lower(), 1.0)


def _amount(measure: Measure, value: float) -> str:
    if measure in PRICES:
        return f"${value:,.4f}".rstrip("0").rstrip(".") + f" per {measure.value}"
    return f"{value:,.0f} {measure.value}"


class Compared(NamedTuple):
    """Sentences, and the largest share of a new limit that a declared peak takes."""

    lines: tuple[str, ...] = ()
    share: float | None = None
    unknown: bool = False
    """A number that nothing declared can be compared with."""


_PEAKS = {Measure.RPM: "rpm", Measure.TPM: "tpm", Measure.RPD: "rpd", Measure.TPD: "tpd"}
_PAID = {Measure.INPUT: "input_price", Measure.OUTPUT: "output_price"}
_MONTHLY = {Measure.INPUT: "monthly_input_tokens", Measure.OUTPUT: "monthly_output_tokens"}


def against_limits(found: Sequence[Quantity], usage: Usage | None) -> Compared:
    """``your peak is 82 % of the new limit (500 requests a minute)``; what is not declared is called so."""
    lines, shares, unknown = list[str](), list[float](), False
    for one in found:
        if one.measure in PRICES:
            continue
        peak = getattr(usage, _PEAKS[one.measure]) if usage is not None else None
        was = f", it was {_amount(one.measure, one.was)}" if one.was is not None else ""
        if peak is None or not one.value:
            unknown = True
            lines.append(
                f"the new limit is {one.words}{was}; no peak of {one.measure.value} is declared to compare with"
            )
            continue
        share = peak / one.value
        shares.append(share)
        lines.append(f"your peak is {_percent(share)} of the new limit ({one.words}{was})")
    return Compared(tuple(lines), max(shares, default=None), unknown)


def against_prices(found: Sequence[Quantity], usage: Usage | None) -> Compared:
    """``1M input tokens: $2 -> $2.50 (+25 %), about $1,250 more a month``; what is not declared is called so."""
    lines, unknown = list[str](), False
    for one in found:
        if one.measure not in PRICES:
            continue
        paid = getattr(usage, _PAID[one.measure]) if usage is not None and one.measure in _PAID else None
        before = paid if paid is not None else one.was
        if before is None or not before:
            unknown = True
            lines.append(f"the new price is {one.words}; what you pay is not declared to compare with")
            continue
        change = f"{(one.value / before - 1) * 100:+.0f} %"
        tokens = getattr(usage, _MONTHLY[one.measure]) if usage is not None and one.measure in _MONTHLY else None
        cost = "".join(_monthly(one.value - before, tokens))
        lines.append(f"{one.measure.value}: ${before:g} -> ${one.value:g} ({change}){cost}")
    return Compared(tuple(lines), None, unknown)


def _monthly(difference: float, tokens: float | None) -> Iterator[str]:
    if tokens is None or not difference:
        return
    yield f", about ${abs(difference) * tokens / 1e6:,.0f} {'more' if difference > 0 else 'less'} a month"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
