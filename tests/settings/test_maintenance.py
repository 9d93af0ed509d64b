"""The ``maintenance`` section: what is wrong with a window is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.settings.maintenance import MaintenanceShape
from pulse_tui.wiring import read_settings

GOOD = {
    "id": "weekly",
    "match": "'asset.id == \"gateway\"'",
    "cron": "0 22 * * 6",
    "for": "8h",
    "why": "backup",
    "zone": "Europe/Berlin",
}


def read(tmp_path: Path, **more: str) -> tuple[MaintenanceShape, ...]:
    lines = [f"{key}: {value}" for key, value in {**GOOD, **more}.items()]
    file = tmp_path / "pulse.yaml"
    file.write_text("name: acme\nmaintenance:\n  - " + "\n    ".join(lines) + "\n")
    return read_settings(file).maintenance


def test_a_window_is_read(tmp_path: Path) -> None:
    (window,) = read(tmp_path)
    assert (window.id, float(window.lasts), window.zone, window.all) == ("weekly", 28_800.0, "Europe/Berlin", False)


@pytest.mark.parametrize(
    ("key", "value", "line", "says"),
    [
        ("match", "'asset.idd == \"x\"'", 4, "there is no variable 'asset.idd' at 1 (did you mean 'asset.id'?)"),
        ("match", "'asset.id'", 4, "a condition must be true or false"),
        ("cron", "0 25 * * *", 5, "is no hour"),
        ("for", "8d", 6, "at most 7d"),
        ("for", "0s", 6, "is not a duration"),
        ("zone", "Europe/Berln", 8, "did you mean 'Europe/Berlin'?"),
        ("every", "7d", 9, "unknown key 'every'"),
        ("why", "''", 7, "why"),
    ],
)
def test_what_is_wrong_is_reported_where_it_stands(tmp_path: Path, key: str, value: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        read(tmp_path, **{key: value})
    (problem,) = wrong.value.problems
    assert says in str(problem)
    assert f"pulse.yaml:{line}" in str(problem)
