"""Every ecosystem's order is its own tool's: the published cases, and the laws of a total order for whatever is read."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from pulse_tui.enrich.advisories.versions import LONGEST, order
from tests.enrich.advisories.cases import ECOSYSTEMS, Case, cases, no_versions, versions
from tests.servers import forms


def read(name: str, text: str) -> Any:
    reader = order(ECOSYSTEMS[name])
    assert reader is not None
    return reader(text)


def sign(first: Any, second: Any) -> int:
    return int(first > second) - int(first < second)


@pytest.mark.parametrize("name", ECOSYSTEMS)
def test_versions_are_in_the_order_of_their_ecosystem(name: str) -> None:
    assert [case for case in cases(name) if not holds(name, case)] == list[Case]()


def holds(name: str, case: Case) -> bool:
    first, second = read(name, case.first), read(name, case.second)
    if first is None or second is None or sign(first, second) != case.sign:
        return False
    return bool(first == second) == (case.sign == 0) and (case.sign != 0 or hash(first) == hash(second))


@pytest.mark.parametrize(
    ("name", "kind"), [("debian", "DebianVersion"), ("red hat", "RpmVersion"), ("nuget", "NugetVersion")]
)
@settings(max_examples=forms.examples(60))
@given(data=st.data())
def test_where_univers_is_right_both_agree(name: str, kind: str, data: st.DataObject) -> None:
    """A second implementation of the same rules, by other people; of the ecosystems whose cases it answers all alike."""
    from univers import versions as others

    file = {place: file for file, place in ECOSYSTEMS.items()}[name]
    part = st.sampled_from([".", "-", "~", "+", "0", "1", "9", "10", "a", "rc1", "b"])
    ours, theirs = [], []
    for _ in range(2):
        text = (
            "1" + "".join(data.draw(st.lists(part, max_size=5)))
            if data.draw(st.booleans())
            else data.draw(st.sampled_from(versions(file)))
        )
        try:
            theirs.append(getattr(others, kind)(text))
        except Exception:
            return
        if (key := read(file, text)) is None:
            return
        ours.append(key)
    assert sign(*ours) == sign(*theirs)


PARTS = st.sampled_from(
    [".", "0", "1", "02", "10", "a1", "b", "rc2", ".post1", ".dev0", ".dev3", "-1", "+cu1", "+1", ".x", "!", "_"]
)


@given(st.lists(st.lists(PARTS, max_size=6).map(lambda p: "1" + "".join(p)), min_size=2, max_size=2))
def test_pypi_versions_are_in_the_order_of_packaging(texts: list[str]) -> None:
    def other(text: str) -> Version | None:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    (mine, theirs), (yours, their_other) = ((read("pypi", t), other(t)) for t in texts)
    assert (mine is None, yours is None) == (theirs is None, their_other is None)
    if theirs is not None and their_other is not None:
        assert sign(mine, yours) == sign(theirs, their_other)
        assert (mine == yours) == (theirs == their_other)


@pytest.mark.parametrize("name", [n for n in ECOSYSTEMS if n != "composer"])
def test_every_ecosystem_has_forty_cases_and_more(name: str) -> None:
    assert len(cases(name)) > 100
    assert len(versions(name)) >= 40


@pytest.mark.parametrize("name", ECOSYSTEMS)
def test_what_is_no_version_of_an_ecosystem_is_not_read(name: str) -> None:
    assert {text: read(name, text) for text in no_versions(name)} == dict.fromkeys(no_versions(name))


@pytest.mark.parametrize("name", ECOSYSTEMS)
@pytest.mark.parametrize(
    "text", ["", " ", "latest", "1" * (LONGEST + 1), "1." * 5_000, "\x00", "1.0\n", "١.٢", "1.²", "\ud800", "null"]
)
def test_no_text_raises_and_a_long_one_is_no_version(name: str, text: str) -> None:
    found = read(name, text)
    assert found is None or name in ("pypi", "nuget")  # white space around a version is PEP 440's to forgive
    assert found is None or len(text.strip()) < 10


@pytest.mark.parametrize("name", ECOSYSTEMS)
@pytest.mark.parametrize(
    "part", ["1", "0", "a", ".1", "-1", "-a", "~", "-", ".", "+1", "_p", "1a", "a1", "alpha1", "rc.1", ":"]
)
def test_a_long_text_that_is_nearly_a_version_is_read_at_once(name: str, part: str) -> None:
    """An expression that tries every way to divide it would not be back before the tests are stopped."""
    for begin, end in (("1", "!"), ("1.0-alpha", "!"), ("1.0_rc", " "), ("2020", "x!")):
        text = (begin + part * LONGEST)[: LONGEST - len(end)] + end
        found = read(name, text)
        # Maven takes any word, Composer any build, PEP 440 white space at the end.
        assert found is None or name == "maven" or (name, part) == ("composer", "+1") or text != text.strip()


def near(name: str) -> st.SearchStrategy[str]:
    """Texts of an ecosystem's own parts, most of which it reads."""
    whole = st.sampled_from(versions(name))
    signs = st.sampled_from(
        [".", "-", "~", "+", "_", "^", ":", "0", "1", "10", "a", "rc", "alpha", "-r1", "_p", "sp", "dev"]
    )
    return st.one_of(
        whole, st.builds(lambda a, b, c: a[: len(a) // 2] + b + c, whole, signs, st.sampled_from(["", "1", "0", "b2", ".0"])),
        st.builds(lambda a, b: a + b, whole, signs), st.lists(signs, max_size=6).map(lambda parts: "1" + "".join(parts)),
    )  # fmt: skip


@pytest.mark.parametrize("name", ECOSYSTEMS)
@settings(max_examples=forms.examples(60))
@given(data=st.data())
def test_the_order_is_total_and_equal_versions_are_one(name: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(near(name), min_size=2, max_size=8))
    keys = [key for text in texts if (key := read(name, text)) is not None]
    for first in keys:
        for second in keys:
            assert sign(first, second) == -sign(second, first)
            assert (first == second) == (sign(first, second) == 0)
            assert first != second or hash(first) == hash(second)
    ordered = sorted(keys)
    for place, (first, second) in enumerate(pairwise(ordered)):
        assert first <= second
        assert all(earlier <= second for earlier in ordered[:place])
