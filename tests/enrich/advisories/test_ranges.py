"""Events become pairs that answer as the OSV schema's own evaluation does."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pulse_tui.domain.advisory import Affected, Audit
from pulse_tui.enrich.advisories.matching import judge_version
from pulse_tui.enrich.advisories.ranges import Event, ranges

NUMBERS = st.integers(0, 9).map(str)
ENDS = st.sampled_from(["fixed", "last_affected"])


def evaluated(version: str, events: list[Event]) -> bool:
    """The schema's ``IncludedInRanges`` and ``BeforeLimits``, word for word."""
    mine = Version(version)
    limits = [v for kind, v in events if kind == "limit"]
    if limits and not any(v == "*" or mine < Version(v) for v in limits):
        return False
    vulnerable = False
    ties = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}
    for kind, bound in sorted(events, key=lambda e: (Version(e[1]) if e[1] != "*" else Version("0"), ties[e[0]])):
        if kind == "introduced" and (bound == "0" or mine >= Version(bound)):
            vulnerable = True
        elif (kind == "fixed" and mine >= Version(bound)) or (kind == "last_affected" and mine > Version(bound)):
            vulnerable = False
    return vulnerable


def judged(version: str, events: list[Event]) -> Audit:
    affected = Affected(ecosystem="PyPI", name="x", ranges=ranges(events, "PyPI"))
    return judge_version(affected, version, "PyPI")[0]


@given(
    st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), NUMBERS), min_size=1, max_size=7)
    .filter(lambda events: any(kind == "introduced" for kind, _ in events))
    .filter(lambda events: len({v for _, v in events}) == len(events)),
    st.integers(0, 9).flatmap(lambda n: st.sampled_from([str(n), f"{n}.5", f"{n}rc1"])),
)  # fmt: skip
def test_events_in_any_order_are_answered_as_the_schema_evaluates_them(events: list[Event], version: str) -> None:
    assert judged(version, events) is (Audit.MATCHED if evaluated(version, events) else Audit.CLEAN)


@given(
    st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), NUMBERS), min_size=1, max_size=5),
    st.tuples(st.sampled_from(["introduced", "fixed", "last_affected"]), NUMBERS),
    NUMBERS,
    st.permutations(range(6)),
)
def test_an_event_that_cannot_be_read_never_makes_a_wrong_answer(
    known: list[Event], hidden: Event, version: str, places: list[int]
) -> None:
    """Whatever the version that cannot be read was, the answer is that with it, or that it is not known."""
    whole = [known[0] if known[0][0] == "introduced" else ("introduced", "0"), *known[1:], hidden]
    if len({v for _, v in whole}) < len(whole):
        return
    order = [p for p in places if p < len(whole)]
    events = [whole[p] for p in order]
    shown = [(kind, f"{v}-NA" if (kind, v) == hidden else v) for kind, v in events]
    answer = judged(version, shown)
    pairs = all((kind == "introduced") is not bool(n % 2) for n, (kind, _) in enumerate(events))
    if answer is Audit.NOT_AUDITED or (pairs and not in_order(events)):
        return  # written in pairs, each is taken for one, which only a mistake in it contradicts
    assert answer is (Audit.MATCHED if evaluated(version, events) else Audit.CLEAN)


def in_order(events: list[Event]) -> bool:
    """Whether the events are pairs that do not overlap."""
    numbers = [int(v) for _, v in events]
    spans = sorted(zip(numbers[::2], [*numbers[1::2], 99][: len(numbers[::2])], strict=False))
    return all(a <= b for a, b in spans) and all(first[1] < second[0] for first, second in pairwise(spans))


def test_a_hundred_thousand_events_are_put_in_order_at_once() -> None:
    many: list[Event] = [("fixed", f"{n}-NA") for n in range(50_000)]
    many += [e for n in range(25_000, 0, -1) for e in (("fixed", f"{n}.5"), ("introduced", f"{n}"))]
    found = ranges(many, "PyPI")
    assert len(found) == 25_000
    assert found[0].introduced == "1"
    assert (found[0].fixed, found[0].last_affected is not None) == ("1.5", True)
