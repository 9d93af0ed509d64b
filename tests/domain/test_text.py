from __future__ import annotations

from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulse_tui.domain.text import address, clean, clean_block, is_clean

_HOSTILE = st.text(
    alphabet=st.sampled_from("\x1b\x9b\x9d[]PX^_;?0m31hK\x07\\\x9c\u202e\u2066\u200b\ufeff\r\n\t\x00\x7f\x85a\u0301é "),
    max_size=40,
)


def _bad(text: str, *, lines: bool) -> list[str]:
    keep = "\n" if lines else ""
    return [c for c in text if (ord(c) < 32 and c not in keep) or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000]


@given(st.text(max_size=80) | _HOSTILE)
@example("\x1b]0;title\x07x")
@example("\x1b\x1b[31m[31m")
@example("\x9b\x9b31m31m")
def test_what_was_cleaned_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    for made, lines in ((clean(text), False), (clean_block(text), True)):
        assert _bad(made, lines=lines) == []
        assert is_clean(made)
        assert not any(c in made for c in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u061c\u200b\ufeff")


@given(st.text(max_size=80) | _HOSTILE)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_block(clean_block(text)) == clean_block(text)


@given(st.text(max_size=80), st.integers(2, 40))
def test_a_text_is_cut_with_an_ellipsis(text: str, limit: int) -> None:
    assert len(clean(text, limit)) <= limit
    assert len(clean_block(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("a\x1b]52;c;ZXZpbA==\x07b", "ab"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("abc\u202edef", "abcdef"),
        ("[red]markup stays as text[/]", "[red]markup stays as text[/]"),
        ("  two \t\r\n words\u00a0 ", "two words"),
        ("caf\u0065\u0301", "café"),
        ("\U000e0041x", "x"),
    ],
)
def test_escapes_go_with_their_payload(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_block_keeps_its_lines() -> None:
    assert clean_block("a\r\nb\rc\n\n d \x1b[2K") == "a\nb\nc\n\n d"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ana:pw@host/p?token=1#x", "https://host/p"),
        ("https://host", "https://host"),
        ("https://a@b@host/x@y", "https://host/x@y"),
        ("not a url", "not a url"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, expected: str) -> None:
    assert address(url) == expected


def test_stacked_combining_marks_are_cut_before_they_are_normalised() -> None:
    """NFC is quadratic in a run of marks: 400 kB of them took a minute, with the interpreter lock held."""
    marks = "a" + "\u0315\u0300\u05ae\u0300" * 100_000
    began = process_time()
    assert len(clean(marks)) <= 500
    assert len(clean_block(marks)) <= 20_000
    assert process_time() - began < 1.0
    assert clean("e\u0301\u0323 o\u0302") == "\u1eb9\u0301 \u00f4"
