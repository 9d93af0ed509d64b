from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.tui.kit.filters import BadFilter, parse

COLUMNS = ("prio", "state", "what", "owner", "env", "count")
ROW = {
    "prio": "P2",
    "state": "firing",
    "what": "accuracy fell on Support-Bot",
    "owner": "ml",
    "env": "prod",
    "count": "12",
}


def holds(text: str) -> bool:
    return parse(text, COLUMNS).matches(ROW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("support", True),
        ("SUPPORT fell", True),
        ("support nothing", False),
        ("!support", False),
        ("!nothing", True),
        ("prio<=P2", True),
        ("prio<P2", False),
        ("prio>=P2", True),
        ("prio=p2", True),
        ("priority!=P2", False),
        ("sev>=high", True),
        ("sev>=critical", False),
        ("sev<high", False),
        ("env=prod", True),
        ("env!=prod", False),
        ("count>9", True),
        ("x>=13", False),
        ("!", False),
    ],
)
def test_words_and_comparisons(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(BadFilter, match="did you mean owner"):
        parse("ower=ml", COLUMNS)


@pytest.mark.parametrize("text", ["prio<=", "prio<=P9", "sev>=awful", "count>many", "owner>ml"])
def test_a_comparison_with_nonsense_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadFilter):
        parse(text, COLUMNS)


def test_a_severity_of_its_own_wins_over_the_priority() -> None:
    assert not parse("sev>=high", (*COLUMNS, "sev")).matches({**ROW, "sev": "low"})


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_bad_filter_and_never_another_error(text: str) -> None:
    try:
        parsed = parse(text, COLUMNS)
    except BadFilter:
        return
    assert parsed.matches(ROW) in (True, False)
    assert parse(parsed.text, COLUMNS) == parsed
