"""The lines of a file, as editors and shells write them."""

from __future__ import annotations

from io import BytesIO

from pulse_tui.cli.json_lines import lines


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it() -> None:
    assert list(lines(BytesIO(b"\xef\xbb\xbf{}\r\n\r\n{}"))) == [(1, b"{}\r\n"), (3, b"{}")]


def test_a_byte_order_mark_elsewhere_stays() -> None:
    assert list(lines(BytesIO(b"{}\n\xef\xbb\xbf{}"))) == [(1, b"{}\n"), (2, b"\xef\xbb\xbf{}")]
