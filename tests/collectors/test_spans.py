"""Versions in the words of bulletins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors._shared.spans import spans
from pulse_tui.domain.advisory import Affected
from pulse_tui.enrich.advisories.matching import judge_version


def answers(text: str, *versions: str) -> list[str]:
    found = spans(text)
    affected = Affected("product", "x", found.versions, found.ranges)
    return [judge_version(affected, v, "product")[0].value for v in versions]


IN, OUT, OPEN = "matched", "clean", "not audited"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("vers:generic/>=1.0|<2.0", ("1.0", "1.9"), ("0.9", "2.0")),
        ("vers:intdot/>=1.0|<1.5|3.1|>=4|<=4.5", ("1.2", "3.1", "4.5"), ("1.5", "3.2", "4.6")),
        ("vers:all/*", ("1", "99"), ()),
        ("vers:generic/%3C2.0", ("1",), ("2",)),
        ("< V3.2.1", ("3.2.0", "3.2"), ("3.2.1", "4")),
        (">=1.0, <2.0", ("1.0", "1.9"), ("0.9", "2.0")),
        ("all versions >= 1.0 and < 2.0", ("1.5",), ("2.0",)),
        ("All versions", ("1", "2026.1"), ()),
        ("*", ("1",), ()),
        ("All driver versions prior to 572.16", ("572.15", "1"), ("572.16", "600")),
        ("Versions before 2.1", ("2.0",), ("2.1",)),
        ("All versions up to and including 3.4", ("3.4", "1"), ("3.5",)),
        ("1.2 and earlier", ("1.2", "1.1"), ("1.3",)),
        ("V2.3 and prior versions", ("2.3",), ("2.4",)),
        ("1.2 or later", ("1.2", "3"), ("1.1",)),
        ("from 1.2 to 1.9", ("1.2", "1.9"), ("1.1", "1.10")),
        ("1.2 through 1.9", ("1.9",), ("2.0",)),
        ("535.216.01(All versions up to and including vGPU 16.8)", ("535.216.01", "500"), ("535.230.02",)),
        ("535.230.02(vGPU 16.9)", ("535.230.02",), ("535.230.01",)),
        ("2.6.0", ("2.6.0", "2.6"), ("2.6.1",)),
        ("1.0.x", ("1.0", "1.0.9"), ("1.1", "0.9")),
        ("All versions < V16 Update 2", ("16", "16 Update 1"), ("16 Update 2", "17")),
        ("15.2(4)M7", ("15.2(4)m7",), ("15.2(4)m8",)),
        ("All versions prior to 5.14 (5.13.x, 5.12.x, and older GA versions)", ("5.13",), ("5.14",)),
    ],
)
def test_a_text_means_these_versions(text: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    assert answers(text, *inside) == [IN] * len(inside)
    assert answers(text, *outside) == [OUT] * len(outside)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "see vendor",
        "vers:x/!=1",
        "> 1.0",
        "1.0.x and earlier",
        "All versions prior to 1.3 - 25.02.244",
        "All versions prior to SNAP-4.9.1 and SNAP-4.5.5",
        "Windows 10 for 32-bit Systems",
        "All versions < V1.0 with the option X",
        "latest",
    ],
)
def test_what_cannot_be_read_is_not_audited_with_its_words(text: str) -> None:
    found = spans(text)
    assert answers(text, "1.0", "99") == [OPEN, OPEN]
    reason = judge_version(Affected("product", "x", found.versions, found.ranges), "1.0", "product")[1]
    assert (text or "not stated") in reason


def test_the_products_name_may_stand_in_the_text() -> None:
    assert spans("All versions prior to NSIGHT Graphics 2025.5", "Nsight Graphics") == spans("< 2025.5")
    assert spans("NSIGHT Graphics 2025.5", "NSIGHT Graphics", "NVIDIA") == spans("2025.5")
    assert spans("Store 3", "Store 3") == spans("Store 3")


@given(st.text(max_size=120))
def test_no_text_breaks_it_and_none_means_nothing(text: str) -> None:
    found = spans(text)
    assert found.versions or found.ranges
