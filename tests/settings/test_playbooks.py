"""What a playbook may say of its drills."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.settings.shapes import Settings
from pulse_tui.wiring import read_settings

STEP = 'steps: [{kind: webhook, read_url: "http://t/{environment}", write_url: "http://t/{environment}"}]'


def read(folder: Path, *lines: str) -> Settings:
    body = "\n".join(f"    {line}" for line in (*lines, STEP))
    (folder / "pulse.yaml").write_text(f"playbooks:\n  - id: move\n{body}\napprovals: {{drill_within: 30d}}\n")
    return read_settings(folder)


def test_a_schedule_of_drills_is_read(tmp_path: Path) -> None:
    settings = read(tmp_path, "drill: 0 4 * * mon")
    assert settings.playbooks[0].drill == "0 4 * * mon"
    assert float(settings.approvals.drill_within) == 30 * 86_400.0


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["drill: 0 4 * *"], "pulse.yaml:3: playbook 'move' drill: '0 4 * *': it has 4 fields, not five (five fields in UTC"),
        (["drill: 0 25 * * 1"], "'25' is no hour"),
        (["drill: 0 4 30 2 *"], "it never fires"),
        (["purpose: pause", "drill: 0 4 * * 1"], "pulse.yaml:4: playbook 'move' drill: a playbook whose purpose is pause is not"),
    ],
)  # fmt: skip
def test_a_schedule_that_means_nothing_is_refused_with_its_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, *lines)
    assert any(says in str(problem) for problem in caught.value.problems)
