"""Measures as OpenMetrics text (the exposition format of Prometheus and its kin). Pure.

What is not known has no sample: a scraper must not draw it as 0. ``pulse_measure_known`` says so for each measure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pulse_tui.domain.measure import Measure, Measures, Unit

LABELS: Final = {"vendor_alerts": "vendor", "regressions": "asset", "rollback_capacity": "environment"}
"""The label of each family of measures."""
MOST: Final = 200
"""Samples of a family: the largest stay, the others are counted in one named ``other``."""
OTHER: Final = "other"
_SUFFIX: Final = {Unit.SECONDS: "_seconds", Unit.RATIO: "_ratio", Unit.PER_WEEK: "_per_week", Unit.NUMBER: ""}
_ENDS: Final = {"info": "_info", "counter": "_total"}
"""What a sample's name has behind that of its family."""
_UNITS: Final = {Unit.SECONDS: "seconds", Unit.RATIO: "ratio"}


class Sample(NamedTuple):
    """One number with its labels."""

    labels: tuple[tuple[str, str], ...]
    value: float


class Family(NamedTuple):
    """A metric family: everything of one name; ``kind`` is gauge, counter or info."""

    name: str
    help: str
    samples: tuple[Sample, ...]
    unit: str = ""
    kind: str = "gauge"


def families(found: Measures) -> Iterator[Family]:
    """A family a measure, then which of them are known and how much was left out."""
    groups: dict[str, list[Measure]] = {}
    for measure in found.every:
        groups.setdefault(measure.id, []).append(measure)
    for ident, group in groups.items():
        first = group[0]
        label = LABELS.get(ident, "about")
        samples = [Sample(((label, m.about),) if m.about else (), m.value) for m in group if m.value is not None]
        name = f"pulse_{ident}{_SUFFIX[first.unit]}"
        yield Family(
            name,
            f"{first.what}: {first.definition}",
            bounded(samples, sums=first.unit is Unit.NUMBER),
            _UNITS.get(first.unit, ""),
        )
    known = tuple(Sample((("measure", i),), float(any(m.value is not None for m in g))) for i, g in groups.items())
    yield Family(
        "pulse_measure_known", "1 where the measure could be computed, 0 where nothing that it needs is known", known
    )
    left = tuple(Sample((("measure", i),), float(sum(m.left_out for m in g))) for i, g in groups.items())
    yield Family("pulse_measure_left_out", "how many cases were left out because something of them is not known", left)
    days = (found.until_us - found.since_us) / 86_400_000_000
    yield Family("pulse_span_seconds", "the span that the measures are of", (Sample((), days * 86_400),), "seconds")


def bounded(samples: Sequence[Sample], *, sums: bool) -> tuple[Sample, ...]:
    """At most :data:`MOST`, the largest, in their order; what is left out is one sample, where it can be added up."""
    if len(samples) <= MOST:
        return tuple(samples)
    kept = set(sorted(range(len(samples)), key=lambda n: (-samples[n].value, n))[: MOST - 1])
    rest = sum(s.value for n, s in enumerate(samples) if n not in kept)
    inside = tuple(s for n, s in enumerate(samples) if n in kept)
    label = samples[0].labels[0][0] if samples[0].labels else "about"
    return (*inside, Sample(((label, OTHER),), rest)) if sums else inside


def exposition(all_: Sequence[Family]) -> Iterator[str]:
    """The lines, the last of them ``# EOF``."""
    for family in all_:
        yield f"# TYPE {family.name} {family.kind}"
        if family.unit:
            yield f"# UNIT {family.name} {family.unit}"
        yield f"# HELP {family.name} {escaped(family.help)}"
        name = family.name + _ENDS.get(family.kind, "")
        for sample in family.samples:
            labels = ",".join(f'{key}="{escaped(value)}"' for key, value in sample.labels)
            yield f"{name}{'{' + labels + '}' if labels else ''} {number(sample.value)}"
    yield "# EOF"


def escaped(text: str) -> str:
    r"""A label's value or a help text: ``\``, ``"`` and line breaks escaped."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: float) -> str:
    """As OpenMetrics writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))
