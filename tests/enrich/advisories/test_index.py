"""The index answers what matching answers, advisory by advisory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import component as named
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.coverage import unreadable
from pulse_tui.enrich.advisories.index import AdvisoryIndex, Reached
from pulse_tui.enrich.advisories.matching import audit
from tests.enrich.build import NOW, advisory
from tests.servers import forms


def one_by_one(advisories: Iterable[Advisory], component: Component) -> Reached:
    verdicts = {a.id: audit(a, component) for a in advisories}
    return Reached(
        tuple(sorted(i for i, v in verdicts.items() if v.audit is Audit.MATCHED)),
        tuple(sorted((i, v.reason) for i, v in verdicts.items() if v.audit is Audit.NOT_AUDITED)),
        not unreadable(component),
    )


NUMBERS = st.sampled_from(["0", "1", "1.0", "1.5", "2", "v2", "2rc1", "2.0+cu1", "2.0+cu2", "3", "3.0.1", "10"])
ODD = st.sampled_from(["", "latest", "2.6.0-NA", "0.2.0-n653", "1!0", "1:2.0-1"])
VERSIONS = st.one_of(NUMBERS, NUMBERS, NUMBERS, ODD)
RANGES = st.builds(VersionRange, st.one_of(st.just("0"), VERSIONS), st.none() | VERSIONS, st.none() | VERSIONS)
PACKAGES = st.sampled_from([
    ("PyPI", "Torch_Serve"), ("PyPI", "torch.serve"), ("PyPI", "other"), ("npm", "torch-serve"), ("CRAN", "torch-serve"),
    ("Debian:12", "openssl"), ("Debian:11", "openssl"), ("Debian", "openssl"), ("Go", "x.org/a/b"), ("Go", "x.org/a"),
])  # fmt: skip
ENTRIES = st.builds(
    lambda place, versions, ranges: Affected(ecosystem=place[0], name=place[1], versions=tuple(versions), ranges=tuple(ranges)),
    PACKAGES, st.lists(VERSIONS, max_size=3), st.lists(RANGES, max_size=2),
)  # fmt: skip
ADVISORIES = st.lists(st.tuples(st.lists(ENTRIES, max_size=3), st.booleans()), max_size=5).map(
    lambda made: [advisory(id=f"X-{n}", affected=tuple(a), withdrawn=w and n == 0) for n, (a, w) in enumerate(made)]
)


def component(ecosystem: str | None, name: str, version: str | None, ident: str = "") -> Component:
    return Component(
        id=ident or f"pkg:x/{name}", kind=ComponentKind.PACKAGE, name=name, version=version, ecosystem=ecosystem
    )


COMPONENTS = st.one_of(
    st.builds(lambda place, version: component(place[0], place[1], version), PACKAGES, st.none() | VERSIONS),
    st.builds(
        lambda v, release: component(f"Debian:{release}", "libssl3", v, f"pkg:deb/debian/libssl3?distro=debian-{release}&upstream=openssl"),
        VERSIONS, st.sampled_from(["11", "12", "13"]),
    ),
    st.builds(lambda v: component("Go", "x.org/a/b/c", v), VERSIONS),
)  # fmt: skip


@settings(max_examples=forms.examples(300))
@given(ADVISORIES, st.lists(COMPONENTS, min_size=1, max_size=12))
def test_the_index_answers_as_each_advisory_by_itself(advisories: list[Advisory], components: list[Component]) -> None:
    index = AdvisoryIndex(advisories)
    expected = [one_by_one(advisories, c) for c in components]
    assert [index.answer(c) for c in components] == expected
    assert [index.answer(c) for c in reversed(components)] == expected[::-1]
    assert list(index.answers([*components, *components])) == expected * 2


def test_of_two_records_of_one_id_the_newer_counts() -> None:
    old = advisory(id="X", affected=(Affected(ecosystem="PyPI", name="x", versions=("1",)),))
    new = advisory(
        id="X", affected=(Affected(ecosystem="PyPI", name="x", versions=("2",)),), modified=NOW + timedelta(1)
    )
    for both in ([old, new], [new, old]):
        index = AdvisoryIndex(both)
        assert [index.answer(named(f"pkg:pypi/x@{v}")).matched for v in ("1", "2")] == [(), ("X",)]
        assert (len(index), index["X"]) == (1, new)


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:pypi/unheard-of@1.0", Audit.CLEAN),
        ("pkg:pypi/unheard-of@latest", Audit.NOT_AUDITED),
        ("pkg:pypi/unheard-of", Audit.NOT_AUDITED),
        ("pkg:cran/unheard-of@any", Audit.CLEAN),
        ("pkg:cran/unheard-of", Audit.NOT_AUDITED),
    ],
)
def test_a_version_that_cannot_be_compared_is_not_clean_though_nothing_names_its_package(
    purl: str, expected: Audit
) -> None:
    assert AdvisoryIndex([]).answer(named(purl)).audit is expected


def test_more_names_and_versions_than_are_remembered_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pulse_tui.enrich.advisories.index._REMEMBERED", 3)
    index = AdvisoryIndex([advisory(id="X", affected=(Affected(ecosystem="PyPI", name="p3", versions=("3",)),))])
    asked = [named(f"pkg:pypi/p{n % 7}@{n}") for n in range(40)] + [named(f"pkg:pypi/p3@3+{n}") for n in range(9)]
    found = list(index.answers(asked * 2))
    assert [f.matched for f in found] == [one_by_one([index["X"]], c).matched for c in asked] * 2
