"""Records of one vulnerability that name different fixes, and what an operator settled of that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.settled import SettledFix
from pulse_tui.enrich.advisories.matching import audit
from pulse_tui.enrich.advisories.settled import capped, differ, fixes, ranges_digest, side_by_side, standing
from tests.enrich.build import VLLM
from tests.fakes.nouns import changed

AT = datetime(2026, 11, 23, tzinfo=UTC)
KEY = ("pypi", "vllm")


def record(ident: str, *ranges: VersionRange, versions: tuple[str, ...] = (), name: str = "vLLM") -> Advisory:
    affected = Affected("PyPI", name, versions, ranges)
    return Advisory(id=ident, source="osv", modified=AT, title="t", aliases=("CVE-2026-1",), affected=(affected,))


def settled(fixed: str, *records: Advisory) -> SettledFix:
    return SettledFix(
        advisory="CVE-2026-1",
        ecosystem="pypi",
        package="vllm",
        fixed=fixed,
        by="ana",
        why="the backport is in it",
        at=AT,
        ranges=ranges_digest(records, KEY),
    )


def answers(records: list[Advisory], version: str) -> list[Audit]:
    component: Any = changed(VLLM, version=version)
    return [audit(r, component).audit for r in records]


GHSA = record("GHSA-1", VersionRange(fixed="2.6.0"))
PYSEC = record("PYSEC-1", VersionRange(fixed="2.5.1"), name="vllm")


def test_fixes_of_all_databases_are_shown_side_by_side() -> None:
    found = fixes([GHSA, PYSEC, record("GHSA-9", name="ray")], KEY)
    assert side_by_side(found) == "GHSA: 2.6.0 · PYSEC: 2.5.1"
    assert differ(found)
    assert not differ(fixes([GHSA, record("PYSEC-2", VersionRange(fixed="2.6.0"))], KEY))
    none = fixes([GHSA, record("GHSA-2", VersionRange()), record("NVD/CVE-2026-1", VersionRange(fixed="2.5.0"))], KEY)
    assert side_by_side(none) == "GHSA-1: 2.6.0 · GHSA-2: none named · NVD: 2.5.0"


def test_until_it_is_settled_the_stricter_counts() -> None:
    assert Audit.MATCHED in answers([GHSA, PYSEC], "2.5.1")


@pytest.mark.parametrize(
    ("version", "audited"),
    [("2.5.0", Audit.MATCHED), ("2.5.1", Audit.CLEAN), ("2.5.1+cu124", Audit.CLEAN), ("2.6.0", Audit.CLEAN)],
)
def test_from_the_settled_version_on_it_is_clean_and_before_it_nothing_changes(version: str, audited: Audit) -> None:
    records = capped([GHSA, PYSEC], [settled("2.5.1", GHSA, PYSEC)])
    assert (Audit.MATCHED in answers(records, version)) is (audited is Audit.MATCHED)


def test_a_fix_that_no_order_can_read_is_settled_too() -> None:
    torch = record("PYSEC-1", VersionRange(fixed="2.6.0-NA"))
    assert answers([torch], "2.6.0") == [Audit.NOT_AUDITED]
    records = capped([torch], [settled("2.6.0", torch)])
    assert (answers(records, "2.6.0"), answers(records, "2.5.9")) == ([Audit.CLEAN], [Audit.MATCHED])


def test_a_later_branch_stays_affected() -> None:
    branches = record(
        "GHSA-1", VersionRange("2.0", "2.6.0"), VersionRange("3.0", "3.1"), versions=("2.5.1", "2.5.2", "3.0.5")
    )
    records = capped([branches], [settled("2.5.1", branches)])
    assert [answers(records, v)[0] for v in ("2.4", "2.5.1", "2.5.2", "3.0.5", "3.1")] == [
        Audit.MATCHED,
        Audit.CLEAN,
        Audit.CLEAN,
        Audit.MATCHED,
        Audit.CLEAN,
    ]


def test_a_list_of_versions_alone_ends_there_too() -> None:
    listed = record("PYSEC-1", versions=("2.5.1", "2.5.2", "odd"))
    records = capped([listed], [settled("2.5.1", listed)])
    assert (answers(records, "2.5.1"), answers(records, "2.5.2")) == ([Audit.CLEAN], [Audit.CLEAN])
    only = record("PYSEC-1", versions=("2.5.1", "2.5.2"))
    records = capped([only], [settled("2.5.1", only)])
    assert [answers(records, v) for v in ("2.5.0", "2.5.2", "2.5.3")] == [[Audit.CLEAN]] * 3


def test_what_a_record_states_to_begin_with_that_very_version_ends_too() -> None:
    claim = record("trivy/bot/CVE-2026-1", VersionRange("2.5.1", "2.6.0"), versions=("2.5.1",))
    assert answers(capped([claim], [settled("2.5.1", claim)]), "2.5.1") == [Audit.CLEAN]


def test_a_range_that_ended_before_is_not_drawn_out() -> None:
    early = record("GHSA-1", VersionRange(fixed="2.0"), VersionRange("2.1", None, "2.2"))
    assert capped([early], [settled("2.5.1", early)]) == [early]


def test_it_lapses_when_a_record_states_another_thing_of_the_package_and_of_nothing_else() -> None:
    fix = settled("2.5.1", GHSA, PYSEC)
    assert standing([fix], [PYSEC, GHSA]) == [fix]
    other = changed(GHSA, title="u", affected=(*GHSA.affected, Affected("npm", "vllm", ("1",))))
    assert standing([fix], [other, PYSEC]) == [fix]
    assert standing([fix], [record("GHSA-1", VersionRange(fixed="2.6.1")), PYSEC]) == []
    assert standing([fix], [GHSA, PYSEC, record("NVD/CVE-2026-1", VersionRange(fixed="2.7"))]) == []
    assert standing([fix], [GHSA, changed(PYSEC, withdrawn=True)]) == []


NUMBERS = st.integers(0, 9).map(lambda n: f"1.{n}")
SPANS = st.builds(
    lambda start, end, last: VersionRange(start, end, None if end is not None else last),
    st.one_of(st.just("0"), NUMBERS),
    st.one_of(st.none(), NUMBERS),
    st.one_of(st.none(), NUMBERS),
)


@given(st.lists(SPANS, max_size=3), st.lists(NUMBERS, max_size=4, unique=True), NUMBERS, NUMBERS)
def test_it_changes_nothing_before_it_and_never_makes_anything_affected(
    ranges: list[VersionRange], listed: list[str], fixed: str, version: str
) -> None:
    stated = record("GHSA-1", *ranges, versions=tuple(listed))
    (before,) = answers([stated], version)
    (after,) = answers(capped([stated], [settled(fixed, stated)]), version)
    if Version(version) < Version(fixed):
        assert after is before
    else:
        assert after is before or (before, after) == (Audit.MATCHED, Audit.CLEAN)
    if version == fixed:
        assert after is not Audit.MATCHED
