"""What looks like personal data in a suite, and what only looks as if it looked like it."""

from __future__ import annotations

import string
import subprocess
import sys
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.enrich.personal import luhn, personal

MAILS = [
    "write to ana@example.com please",
    '{"q": "hi\\nana.b+x@mail.acme.co.uk"}',
    "<bob@corp.example.org>",
    "mailto:x@y.de",
    "jürgen@müller.de",
    "ana@acme.io,ben",
]
PHONES = [
    "call +1 (415) 555-2671 now",
    "+14155552671",
    "(415) 555-2671",
    "415-555-2671",
    "my number is 415.555.2671",
    "1-800-555-0199",
    "+49 170 1234567",
    "0049 170 1234567",
    "+44 20 7946 0958",
    "+43 (0)1 53115 0",
    "06 12 34 56 78",
    '"phone": "030 1234567"',
    "Tel.: 030/1234567",
    "phone_number: 0301234567",
    "+4532123456",
    "+86 138 1234 5678",
    "+91 98765 43210",
    "+7 912 345-67-89",
    "+62 812-3456-789",
    "0033 6 12 34 56 78",
]
CARDS = [
    "card 4111 1111 1111 1111",
    "4111111111111111",
    "5555-5555-5555-4444",
    "378282246310005",
    "3782 822463 10005",
    "2223003122003222",
    '"pan": "6011111111111117"',
]
NOTHING = [
    "3.8.1",
    "2024.11.20.1234",
    "v415.555.26710",
    "2026-11-20T10:00:00+01:00",
    "0020-01-01 00:00:00",
    "+1980-02-29 01:02:03",
    "1795430000000",
    "1795430000.123456",
    "550e8400-e29b-41d4-a716-446655440000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "sha256:4111111111111111aaaa",
    "git@github.com:org/repo.git",
    "https://user:pa@host.com/x",
    "support-bot@3.8.1",
    "actions/checkout@v4.1.0",
    "pkg:npm/%40babel/core@7.0.1",
    "W@x.mean()",
    "@app.route('/x')",
    "192.168.100.200",
    "127.0.0.1:8080",
    "ISBN 978-3-16-148410-0",
    "id-415-555-2671",
    "order_4155552671",
    "[1, 2, 3, 4155552671]",
    "[415 555 2671 20 21]",
    "200 300 4000",
    "x+12345678",
    "y = +1.23456789",
    "+12345678",
    "+999 123 456 789",
    "+1 555 123 4567",
    "555-123-4567",
    "+20 2026 11 20",
    "+49 1 2 3 4 5 6",
    "08 00 00 00 00 00",
    "-4155552671",
    "phone_id: 1234567",
    "1234 5678 9012 3456",
    "4111111111111112",
    "0.4111111111111111",
    "123-45-6789",
    "10.1038/s41586-021-03819-2",
    "arXiv:2406.12345v2",
]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((t, "e-mail address") for t in MAILS),
        *((t, "phone number") for t in PHONES),
        *((t, "payment card number") for t in CARDS),
    ],
)
def test_personal_data_is_seen_once_and_by_its_kind(text: str, kind: str) -> None:
    assert [(p.line, p.kind) for p in personal(f"first\n{text}")] == [(2, kind)]


@pytest.mark.parametrize("text", NOTHING)
def test_versions_times_hashes_and_identifiers_are_none(text: str) -> None:
    assert list(personal(text)) == []


def test_a_file_without_the_form_of_a_number_needs_no_numbering_plans() -> None:
    text = "\n".join(NOTHING[:18])
    code = f"import sys; from pulse_tui.enrich.personal import personal; list(personal({text!r})); print('phonenumbers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_a_sample_is_enough_to_find_it_and_too_little_to_pass_on() -> None:
    text = "ana@example.com\n+1 415 555 2671\n4111 1111 1111 1111"
    assert [p.sample for p in personal(text)] == ["an…@ex…", "+1…71", "41…11"]


def test_each_place_is_told() -> None:
    found = list(personal("a@b.com, c@d.org\n\n\nno\ne@f.net 415-555-2671"))
    assert [(p.line, p.kind) for p in found] == [
        (1, "e-mail address"),
        (1, "e-mail address"),
        (5, "e-mail address"),
        (5, "phone number"),
    ]


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000 + "@", "1 " * 300_000, "+1 " * 300_000, "4111-" * 200_000, "(2" * 300_000]
)
def test_long_lines_cost_no_more_than_their_length(text: str) -> None:
    assert list(personal(text)) == []


@given(st.text(string.digits, min_size=15, max_size=15))
def test_one_check_digit_in_ten_fits(digits: str) -> None:
    assert sum(luhn(digits + last) for last in string.digits) == 1


@given(st.text(string.ascii_lowercase, min_size=2, max_size=20), st.sampled_from(["com", "de", "org", "io", "co.uk"]))
def test_any_plain_address_is_seen(name: str, top: str) -> None:
    assert [p.kind for p in personal(f'{{"input": "ask {name}@{name}.{top}!"}}')] == ["e-mail address"]


@given(st.binary(min_size=16, max_size=32))
def test_no_hash_is(data: bytes) -> None:
    assert list(personal(f"digest {data.hex()}a")) == []


@given(st.uuids())
def test_no_uuid_is(ident: object) -> None:
    assert list(personal(f'{{"id": "{ident}"}}')) == []


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_time_is(moment: object) -> None:
    assert list(personal(f"at {moment}")) == []


@given(st.tuples(*[st.integers(0, 9_999)] * 3), st.sampled_from([".", "-rc."]))
def test_no_version_is(parts: tuple[int, int, int], mark: str) -> None:
    major, minor, patch = parts
    assert list(personal(f"version v{major}.{minor}{mark}{patch}")) == []


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    for found in personal(text):
        assert 1 <= found.line <= text.count("\n") + 1
        assert len(found.sample) <= 20
