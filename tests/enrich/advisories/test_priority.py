"""The lattice: more danger never lowers a priority, and what is unknown lies between."""

from __future__ import annotations

import itertools
import math
from datetime import date
from typing import Any

import pytest

from pulse_tui.domain.words import Exposure, Priority, Severity, Tier
from pulse_tui.enrich.advisories.priority import Danger, Ground, Reach, judge, network, priority_of

RCE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOCAL = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"
AXES: dict[str, tuple[object, ...]] = {
    "severity": (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL),
    "exploited": (False, None, True),
    "epss": (0.0, 0.05, None, 0.1, 0.95),
    "exposure": (Exposure.ISOLATED, Exposure.INTERNAL, Exposure.PARTNER, Exposure.PUBLIC),
    "reach": tuple(Reach),
    "tier": (Tier.SANDBOX, Tier.INTERNAL, Tier.CUSTOMER_FACING),
    "stores": ((), ("prompts",), ("prompts", "traces", "user content")),
    "loaded": (False, None, True),
    "malicious": (False, True),
    "matched": (False, True),
    "vector": (LOCAL, None, RCE),
}
"""Each from the least to the most danger."""


def danger(**given: Any) -> Danger:
    return Danger(**given)


_STEPS = {name: [(a, b) for a, b in itertools.pairwise(values)] for name, values in AXES.items()}
_STEPS["severity"] += [(Severity.LOW, None), (None, Severity.CRITICAL)]
_PRIORITY = ("severity", "exploited", "epss", "exposure", "reach", "tier", "stores", "loaded", "malicious", "matched")
"""What decides the priority; the vector only decides the order among equals."""


def test_more_evidence_of_danger_never_lowers_the_priority_whatever_else_is_known() -> None:
    axes = {name: AXES[name] for name in _PRIORITY} | {"epss": (0.05, None, 0.1), "stores": ((), ("prompts",))}
    axes["severity"] = (*AXES["severity"], None)
    steps = {name: [*itertools.pairwise(values)] for name, values in axes.items()} | {"severity": _STEPS["severity"]}
    every = {
        given: priority_of(danger(**dict(zip(axes, given, strict=True)))) for given in itertools.product(*axes.values())
    }
    assert len(every) > 30_000
    for place, name in enumerate(axes):
        following = {less: [b for a, b in steps[name] if a == less] for less in axes[name]}
        for given, priority in every.items():
            for more in following[given[place]]:
                assert every[*given[:place], more, *given[place + 1 :]].rank <= priority.rank, (name, given, more)


@pytest.mark.parametrize("axis", list(AXES))
def test_among_equals_each_piece_of_evidence_counts_and_an_unknown_one_lies_strictly_between(axis: str) -> None:
    base: dict[str, object] = {"severity": Severity.HIGH, "exposure": Exposure.PUBLIC}
    for less, more in _STEPS[axis]:
        before = judge(danger(**{**base, axis: less}))
        after = judge(danger(**{**base, axis: more}))
        assert after.order < before.order, (axis, less, more)


def test_a_fresh_remote_code_execution_without_a_score_is_before_everything_that_is_unlikely() -> None:
    def found(epss: float | None, vector: str | None = RCE) -> Danger:
        return Danger(Severity.CRITICAL, epss=epss, vector=vector, exposure=Exposure.PUBLIC)

    ranked = sorted([found(0.09), found(None), found(0.5), found(0.0)], key=lambda d: judge(d).order)
    assert [d.epss for d in ranked] == [0.5, None, 0.09, 0.0]


EXPOSED = Danger(Severity.CRITICAL, exposure=Exposure.PUBLIC, loaded=True, exploited=False, epss=0.01)
INSIDE = EXPOSED._replace(exposure=Exposure.INTERNAL)


@pytest.mark.parametrize(
    ("given", "priority"),
    [
        (EXPOSED, Priority.P1),
        (EXPOSED._replace(severity=Severity.HIGH), Priority.P2),
        (EXPOSED._replace(severity=Severity.HIGH, stores=("prompts",)), Priority.P1),
        (EXPOSED._replace(severity=Severity.MEDIUM), Priority.P3),
        (EXPOSED._replace(severity=Severity.MEDIUM, epss=0.4), Priority.P2),
        (EXPOSED._replace(severity=None), Priority.UNKNOWN),
        (EXPOSED._replace(severity=None, epss=0.4), Priority.P2),
        (EXPOSED._replace(severity=Severity.LOW, exploited=True), Priority.P1),
        (EXPOSED._replace(severity=None, exploited=True, tier=Tier.SANDBOX), Priority.P1),
        (INSIDE, Priority.P2),
        (INSIDE._replace(severity=Severity.LOW, exploited=True), Priority.P2),
        (INSIDE._replace(severity=Severity.HIGH, epss=0.9), Priority.P3),
        (EXPOSED._replace(loaded=False), Priority.P2),
        (EXPOSED._replace(loaded=None), Priority.P1),
        (EXPOSED._replace(severity=Severity.LOW, loaded=False), Priority.NOTE),
        (INSIDE._replace(severity=Severity.LOW, exploited=True, loaded=False), Priority.P3),
        (INSIDE._replace(exploited=True, loaded=False, tier=Tier.SANDBOX), Priority.P3),
        (EXPOSED._replace(reach=Reach.ELSEWHERE), Priority.P4),
        (EXPOSED._replace(reach=Reach.ELSEWHERE, exploited=True), Priority.P3),
        (EXPOSED._replace(reach=Reach.NOWHERE, severity=Severity.LOW), Priority.NOTE),
        (EXPOSED._replace(tier=Tier.SANDBOX), Priority.P3),
        (EXPOSED._replace(matched=False), Priority.UNKNOWN),
        (Danger(None, malicious=True, reach=Reach.ELSEWHERE, tier=Tier.SANDBOX, loaded=False), Priority.P1),
        (Danger(None, malicious=True, matched=False), Priority.UNKNOWN),
    ],
)
def test_the_priority_of_the_usual_cases(given: Danger, priority: Priority) -> None:
    assert judge(given).priority is priority


def test_the_reasons_are_printed_in_their_order() -> None:
    told = judge(
        Danger(
            Severity.HIGH,
            exploited=True,
            since=date(2026, 11, 2),
            exposure=Exposure.PUBLIC,
            stores=("prompts",),
            loaded=True,
        )
    )
    assert str(told) == "known exploited (KEV 2026-11-02), high, public, stores prompts, EPSS unknown"
    assert next(r.ground for r in told.reasons) is Ground.EXPLOITED


def test_what_is_not_known_is_stated() -> None:
    told = [str(r) for r in judge(Danger(None, exposure=Exposure.PARTNER, fixed=False)).reasons]
    assert told == [
        "severity unknown",
        "partner",
        "EPSS unknown",
        "loaded unknown, taken as loaded",
        "exploitation unknown",
        "no fix is named",
    ]


@pytest.mark.parametrize("number", [math.nan, math.inf, -1.0, 11.0])
def test_a_number_that_is_none_is_unknown(number: float) -> None:
    told = judge(Danger(Severity.HIGH, epss=number, percentile=number, cvss=number, exposure=Exposure.PUBLIC))
    unknown = judge(Danger(Severity.HIGH, exposure=Exposure.PUBLIC))
    assert told == unknown
    assert "EPSS unknown" in str(told)


@pytest.mark.parametrize(
    ("vector", "answer"),
    [
        (RCE, True),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", True),
        ("(AV:N/AC:L/Au:S/C:P/I:P/A:P)", False),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", True),
        (LOCAL, False),
        ("CVSS:3.1/AV:N/AC", None),
        ("CVSS:9/zz", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_vector_says_of_the_network(vector: str | None, answer: bool | None) -> None:
    assert network(vector) is answer
