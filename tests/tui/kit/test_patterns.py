"""Regular expressions in a filter: they find what Python's would, and nothing that is typed holds the screen up."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.tui.alerts.rows import ALERTS as SPEC
from pulse_tui.tui.kit import patterns
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.filters import Filter, parse
from pulse_tui.tui.kit.measured import Sieve
from pulse_tui.tui.kit.patterns import BadPattern, pattern
from pulse_tui.tui.kit.table import Table
from tests.fakes.desk import ALERTS
from tests.tui.helpers import Pilot, play

ROW = {"what": "CVE-2026-3248 reaches embed-gateway", "owner": "platform-ai", "state": "firing"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"/cve-2026-\d+/", True),
        ("/reaches.*gate", True),
        ("/gate.*reaches/", False),
        ("/^platform/", True),
        ("/^ai/", False),
        ("/gateway$/", True),
        ("/gateway|nothing/", True),
        ("!/gateway/", False),
        ("!/nothing.*here/ owner=platform-ai", True),
        ("/[0-9]{4}-[0-9]{4}/", True),
        ("/", False),
    ],
)
def test_a_pattern_is_looked_for_in_every_column(text: str, expected: bool) -> None:
    assert parse(text, tuple(ROW)).matches(ROW) is expected


@pytest.mark.parametrize(
    "text",
    ["(a+)+b", "a**", "*a", "a\\", "[a", r"a\1", "a{99999}", "a" * 500, r"v\d+\.\d+\.\d+", "a|" * 20, "", "(?=a)", "a++", "[\\"],
)  # fmt: skip
def test_what_is_no_pattern_or_could_take_long_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(BadPattern) as refused:
        pattern(text)
    assert len(str(refused.value)) > 20


PIECES = ["a", "b", "c", ".", "[ab]", "[^a]", ".*", ".+", "?", "*", "+", "{2}", "{1,2}", "^", "$", "|", r"\b", r"\w"]
PIECES += [r"\A", r"\Z", r"\x61", r"\u0062", "[[a]", r"\N{LATIN SMALL LETTER C}"]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
    st.lists(st.text("abcA -", max_size=12), max_size=4),
)
def test_it_finds_exactly_what_the_engine_of_python_finds(text: str, texts: list[str]) -> None:
    try:
        found = pattern(text).found_in_any(texts)
    except BadPattern:
        return
    with warnings.catch_warnings(action="ignore"):
        assert found is any(re.search(text, each, re.IGNORECASE) for each in texts)


@pytest.mark.parametrize(
    "text", [r"\x41+", r"\u0041?", r"\N{LATIN SMALL LETTER A}*", "[[a]", "[a&&b]", r"\x4+", r"\N{NO SUCH}+"]
)
def test_what_is_typed_is_a_pattern_or_refused_and_never_a_warning_or_another_error(text: str) -> None:
    with warnings.catch_warnings(action="error"):
        try:
            found = pattern(text).found("xA")
        except BadPattern:
            found = False
    assert found is (text not in (r"\x4+", r"\N{NO SUCH}+"))


def test_only_the_beginning_of_a_long_text_is_read_and_its_end_is_not_where_it_was_cut() -> None:
    assert pattern("a$").found_in_any(["a" * patterns.READ])
    assert not pattern("a$").found_in_any(["a" * (patterns.READ + 1)])
    assert not pattern("b").found_in_any(["a" * patterns.READ + "b"])


HOSTILE = "a+c|a+d|a+e|a+f|a+g|a+h|a+i|a+j"
"""The worst that is let through: eight alternatives, each of which tries every beginning and every length."""


def rows(count: int) -> list[AlertRow]:
    return [ALERTS[1]._replace(id=f"al-{n}", title="a" * 300, rule="a" * 300, owner="a" * 300) for n in range(count)]


def test_a_pattern_that_takes_too_long_is_refused_and_the_filter_before_it_stays() -> None:
    table = Table(SPEC, id="alerts")
    table.update_rows(rows(3_000), 0)
    table.set_filter("aaa")
    since_s = time.thread_time()
    with pytest.raises(BadFilter, match="takes too long on these rows"):
        table.set_filter(f"/{HOSTILE}/")
    spent_s = time.thread_time() - since_s
    assert table.filter.text == "aaa"
    assert len(table.rows) == 3_000
    since_s = time.thread_time()
    for row in rows(200):  # as a measure of this machine
        parse(f"/{HOSTILE}/", SPEC.names).matches(SPEC.fields(row))
    assert spent_s < 3 * (time.thread_time() - since_s), "it was given up long before the rows were through"


def test_what_was_bearable_when_it_was_typed_is_taken_away_with_the_rows_that_make_it_slow() -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.alerts.set_filter(f"/{HOSTILE}/")
        pilot.desk.alerts = tuple(rows(3_000))
        await pilot.changed()
        assert pilot.alerts.filter == Filter()
        assert len(pilot.alerts.rows) == 3_000, "too many are shown rather than too few"
        assert any("was taken away" in text for text in pilot.notices)

    play(scenario)


def test_while_a_pattern_is_typed_the_table_follows_and_a_half_one_leaves_it_as_it_was() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("slash")
        await pilot.type("/reaches.*emb")
        assert len(pilot.alerts.rows) == 1
        await pilot.type("[")
        assert pilot.alerts.filter.text == ""
        await pilot.press("enter")
        assert "is no pattern" in pilot.notices[-1]
        await pilot.press("backspace", "enter")
        assert len(pilot.alerts.rows) == 1

    play(scenario)


def test_typing_costs_a_ten_thousandth_row_no_more_than_a_word_does_by_far() -> None:
    """What has nothing of the pattern's beginning is seen not to match at once."""
    many = [ALERTS[1]._replace(id=f"al-{n}", title=f"p95 of asset-{n} is over its objective") for n in range(5_000)]

    def cost(text: str) -> float:
        best = 1e9
        for _ in range(3):
            sieve: Sieve[AlertRow] = Sieve()
            since_s = time.thread_time()
            sieve.let_through(parse(text, SPEC.names), SPEC, many)
            best = min(best, time.thread_time() - since_s)
        return best

    assert cost("/objection.*pp/") < 5 * cost("objection")
