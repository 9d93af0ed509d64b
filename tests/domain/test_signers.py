from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.signers import matches, read_signers
from tests.fakes.sshkeys import KINDS, pair
from tests.servers import forms

KEY = pair().public.line
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_names_who_may_sign_with_which_key(kind: str) -> None:
    (signer,), problems = read_signers(f"ana {pair(kind).public.line} ana's laptop\n", "signers")
    assert not problems
    assert (signer.names, signer.key, signer.comment) == (("ana",), pair(kind).public, "ana's laptop")
    assert signer.where == "signers:1"


def test_comments_empty_lines_tabs_and_windows_line_ends_are_read_over() -> None:
    text = f"\ufeff# who\r\n\r\n \t\r\n  ana\t{KEY}\r\n#ben {KEY}\r\n"
    signers, problems = read_signers(text, "f")
    assert ([s.where for s in signers], problems) == (["f:4"], [])


def test_the_options_limit_a_key() -> None:
    text = f'ana,"ben b" namespaces="git,pulse-*",valid-after="20261101Z",valid-before=202612010830Z {KEY} x\n'
    (signer,), problems = read_signers(text, "f")
    assert not problems
    assert signer.namespaces == "git,pulse-*"
    assert signer.valid_after == datetime(2026, 11, 1, tzinfo=UTC)
    assert signer.valid_before == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert signer.unfit("pulse-approve@v1", NOON) == ""
    assert "may not sign for file" in signer.unfit("file", NOON)
    assert "valid after 2026-11-01" in signer.unfit("git", datetime(2026, 10, 31, tzinfo=UTC))
    assert "valid until 2026-12-01 08:30" in signer.unfit("git", datetime(2026, 12, 1, 8, 30, tzinfo=UTC))


def test_a_time_without_z_is_of_the_zone() -> None:
    (signer,), _ = read_signers(f'ana valid-before="20261129103000" {KEY}', "f", timezone(timedelta(hours=2)))
    assert signer.valid_before == datetime(2026, 11, 29, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ana", "no key"),
        (f"ana cert-authority {KEY}", "certificates are not supported"),
        (f'ana cert-authority,namespaces="x" {KEY}', "certificates are not supported"),
        (f"ana no-touch-required {KEY}", "'no-touch-required' is not known"),
        (f"ana namespaces {KEY}", "has no value"),
        (f'ana namespaces="" {KEY}', "has no value"),
        (f'ana namespaces="a",namespaces="b" {KEY}', "given twice"),
        (f'ana namespaces="a"valid-after="20260101" {KEY}', "not parted by commas"),
        (f'ana valid-after="20261301" {KEY}', "is not a time"),
        (f'ana valid-after="2026-11-01" {KEY}', "is not a time"),
        (f'ana valid-after="00000101" {KEY}', "is not a time"),
        (f'ana valid-after="20261102",valid-before="20261101" {KEY}', "never valid"),
        (f'ana namespaces="a {KEY}', "quote is not closed"),
        ("ana ssh-ed25519 AAAA", "ends too early"),
        ("ana ssh-dss AAAAB3NzaC1kc3M=", "not used here"),
        (f"ana,,ben {KEY}", "an empty one"),
        ("ana " + "x" * 20_000, "longer than any"),
        (f"a\0na {KEY}", "NUL"),
    ],
)
def test_a_bad_line_is_named_with_its_place_and_the_others_are_read(line: str, why: str) -> None:
    signers, (problem,) = read_signers(f"# first\n{line}\nben {KEY}\n", "signers")
    assert problem.where == "signers:2"
    assert re.search(why, str(problem))
    assert [s.principals for s in signers] == ["ben"]


@pytest.mark.parametrize(
    ("patterns", "name", "right"),
    [
        ("ana", "ana", True),
        ("ana", "Ana", False),
        ("*", "ana", True),
        ("a?a,ben", "ana", True),
        ("*@x,!guest@x", "guest@x", False),
        ("!guest@x,*@x", "ana@x", True),
        ("!ana", "ben", False),
        ("[a]na", "ana", False),
        ("[a]na", "[a]na", True),
        ("a**" * 50 + "z", "a" * 200, False),
    ],
)
def test_patterns_are_those_of_openssh(patterns: str, name: str, right: bool) -> None:
    assert matches(patterns, name) is right


@settings(max_examples=forms.examples(300), deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_is_read_or_named_and_nothing_breaks(text: str, option: str) -> None:
    for file in (text, f"ana {option} {KEY}", f"ana {text}", f"{text} {KEY}"):
        signers, problems = read_signers(file, "f")
        assert all(p.where.startswith("f:") for p in problems)
        assert all(s.key for s in signers)
