"""The second lock: whatever entered, nothing goes out that a terminal obeys, that hides, or that smears."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.lock import LINE, escaped, safe, sent, shown
from pulse_tui.domain.text import is_clean

TEXTS = st.text(max_size=60) | st.text(
    alphabet=st.sampled_from("\x1b[31m\x07\x9b\x7f\u202e\u2066\u200b\xad\u3164\u115f\u1161\u11a8\u2800\ufe0f\u0301\u0344\n\t\r \U000e0041a│●"),
    max_size=40,
)  # fmt: skip


@given(TEXTS)
def test_what_goes_out_is_clean_line_by_line(text: str) -> None:
    assert is_clean(safe(text))
    assert "\n" not in safe(text)
    made = shown(text, 30)
    assert all(is_clean(line) and "\t" not in line and len(line) <= 30 for line in made.split("\n"))
    assert made.count("\n") == text.count("\n")
    assert shown(made, 30) == made


@given(TEXTS)
def test_json_for_a_terminal_is_the_same_value_without_anything_a_terminal_obeys(text: str) -> None:
    for raw in (
        json.dumps({text: [text]}, ensure_ascii=False),
        json.dumps({text: [text]}, ensure_ascii=False, indent=1),
    ):
        made = escaped(raw)
        assert all(is_clean(line) for line in made.split("\n"))
        assert json.loads(made) == {text: [text]}


@given(TEXTS)
def test_a_message_for_another_program_holds_it_nowhere(text: str) -> None:
    message = sent({"a": text, "b": [text, {text: text}], "c": 1.5})
    made = [message["a"], message["b"][0], *message["b"][1], *message["b"][1].values()]
    assert all(is_clean(line) for one in made for line in one.split("\n"))
    assert message["c"] == 1.5


def test_columns_stay_and_an_escape_that_is_never_closed_ends_with_its_line() -> None:
    assert shown("a   b\tc\n\x1b]0;never closed\nthe next  line") == "a   b c\n\nthe next  line"
    assert len(shown("x" * 2 * LINE)) == LINE


def test_every_error_is_safe_to_print_whatever_it_quotes() -> None:
    error = SourceError("the server said \x1b[2J\u202ehello", todo="Ask \x9b31mit")
    assert str(error) == "the server said hello. Ask it"
    assert (error.what, error.todo) == ("the server said hello", "Ask it")
    assert str(Refused("no", ["one\x1b[1m", "two"])) == "no\n  - one\n  - two"
