"""Semantic versions: the standard's own examples, and the laws of an order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.semver import MAX_LENGTH, SemVer, line, parse

_NUMBER = st.one_of(st.integers(0, 3), st.integers(0, 10**20))
_WORD = st.from_regex(r"[0-9]*[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True)
_ID = st.one_of(st.integers(0, 12).map(str), st.sampled_from(["alpha", "beta", "rc"]), _WORD)
_BUILD = st.from_regex(r"[0-9A-Za-z-]{1,6}", fullmatch=True)
VERSIONS = st.builds(
    SemVer, _NUMBER, _NUMBER, _NUMBER, st.lists(_ID, max_size=4).map(tuple), st.lists(_BUILD, max_size=2).map(tuple)
)


def order(text: str) -> object:
    version = parse(text)
    assert version is not None, text
    return version.precedence


def test_the_standards_own_order_holds() -> None:
    chain = (
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1",
    )  # fmt: skip
    for lower, higher in pairwise(chain):
        assert order(lower) < order(higher), (lower, higher)  # type: ignore[operator]


def test_numbers_come_before_words_and_build_metadata_decides_nothing() -> None:
    assert order("1.0.0-9999") < order("1.0.0-a") < order("1.0.0-aa")  # type: ignore[operator]
    assert order("1.0.0-A") < order("1.0.0-a")  # type: ignore[operator]
    assert order("1.0.0+linux") == order("1.0.0+darwin.1") == order("1.0.0")
    assert order("9.10.0") > order("9.9.0")  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        "0.0.4", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta-valid", "1.0.0-alpha0.valid", "1.0.0-0A.is.legal",
        "2.0.1-alpha.1227", "1.0.0--", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "99999999999999999999999.999999999.99",
        "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
    ],
)  # fmt: skip
def test_what_the_standard_calls_valid_is_read_and_written_back(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "1.2", "1.2.3.4", "v1.2.3", "V1.2.3", "1.2.3rc1", "1.2.3.dev0", "1!1.2.3", "01.1.1", "1.01.1",
        "1.1.01", "1.1.1-01", "1.1.1-", "1.1.1+", "1.1.1-a..b", "1.1.1+a+b", "1.2.3-ä", "1.2.3\n", " 1.2.3", "1.2.3 ",
        "١.٢.٣", "latest", "2026-11-23", "-1.0.0", "1.0.0-", "1.2.3-é", "1." * 200,
    ],
)  # fmt: skip
def test_what_is_no_semantic_version_is_none(text: str) -> None:
    assert parse(text) is None
    assert line(text) == ""


def test_a_line_is_major_and_minor() -> None:
    assert line("3.8.1") == line("3.8.2-hotfix.1+abc") == "3.8"
    assert line("3.10.0") == "3.10"


def test_a_number_of_ten_thousand_digits_is_refused_not_computed() -> None:
    assert parse(f"{'9' * 10_000}.0.0") is None
    assert parse(f"{'9' * (MAX_LENGTH - 4)}.0.0") is not None


@given(VERSIONS)
def test_what_is_written_is_read_back(version: SemVer) -> None:
    assert parse(str(version)) == version


@given(VERSIONS, VERSIONS)
def test_of_two_versions_exactly_one_relation_holds(a: SemVer, b: SemVer) -> None:
    x, y = a.precedence, b.precedence
    assert [x < y, x == y, x > y].count(True) == 1
    assert (x < y) == (y > x)
    assert (x == y) == (a._replace(build=()) == b._replace(build=()))


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_transitive(a: SemVer, b: SemVer, c: SemVer) -> None:
    low, middle, high = sorted((a.precedence, b.precedence, c.precedence))
    assert low <= middle <= high
    assert low <= high


@given(VERSIONS, _ID)
def test_a_prerelease_comes_before_its_release_and_a_longer_one_after_its_beginning(version: SemVer, more: str) -> None:
    before = version._replace(prerelease=(*version.prerelease, more))
    if version.prerelease:
        assert version.precedence < before.precedence
    else:
        assert before.precedence < version.precedence
