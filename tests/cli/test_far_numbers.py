"""A number or a moment that nothing can count to is refused in words."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell


@pytest.mark.parametrize(
    "asked",
    [
        ("policy", "replay", "--since", "99999999999d"),
        ("policy", "replay", "--since", "0d"),
        ("activity", "--before", "99999999999999999999999"),
        ("activity", "--before", "0"),
        ("activity", "--since", "0001-01-01T00:00+14:00"),
        ("decisions", "--since", "9999-12-31T23:59-14:00"),
        ("waiver", "add", "CVE-2026-1", "--asset", "my-bot", "--component", "x", "--owner", "ml", "--why", "x",
         "--until", "9999-12-31T23:59-14:00"),
    ],
)  # fmt: skip
def test_what_no_clock_and_no_log_counts_to_is_refused(shell: Shell, asked: tuple[str, ...]) -> None:
    shell("refresh", "drop")
    said = shell(*asked)
    assert said.code == 2, said.err
    assert "bug in pulse-tui" not in said.err
    assert asked[-1] in said.err
