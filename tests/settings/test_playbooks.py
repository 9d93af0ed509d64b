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


def problems(folder: Path, *lines: str, value: str = "") -> list[str]:
    step = STEP.replace("}]", f", {value}}}]") if value else STEP
    body = "\n".join(f"    {line}" for line in (*lines, step))
    (folder / "pulse.yaml").write_text(f"playbooks:\n  - id: move\n{body}\n")
    try:
        read_settings(folder)
    except ConfigError as error:
        return [str(p) for p in error.problems]
    return []


@pytest.mark.parametrize(
    ("lines", "value", "says"),
    [
        (["purpose: pause"], "", "a pause must say what the target of its step holds then"),
        (["purpose: pause"], "value: paused", ""),
        (["purpose: pause"], "value: true", ""),
        (["purpose: pause", "traffic: 3"], "value: x", "traffic is the share that a shift gives"),
        (["purpose: resume"], 'value: "{share}"', "only a shift has a {share}"),
        (["purpose: shift"], "value: x", "a shift must say what share of the traffic it gives"),
        (["purpose: shift"], 'value: "{share}"', ""),
        (["purpose: shift", "traffic: 10"], "value: 10", ""),
        (["purpose: shift", "traffic: 101"], "value: 10", "traffic"),
        (["purpose: pause"], "value: x, asset: other", "a pause is of one asset"),
        (["purpose: stop"], "value: x", "purpose"),
        ([], 'value: "v{version}"', ""),
        ([], "value: [1]", "value"),
    ],
)
def test_a_playbook_that_moves_no_release_says_what_its_targets_hold(
    tmp_path: Path, lines: list[str], value: str, says: str
) -> None:
    found = problems(tmp_path, *lines, value=value)
    assert any(says in problem for problem in found) if says else found == []


def test_the_value_of_a_rollback_is_the_kinds_own_option_and_of_a_pause_the_steps(tmp_path: Path) -> None:
    assert problems(tmp_path, value='value: "v{version}"') == []
    (step,) = read_settings(tmp_path).playbooks[0].steps
    assert (step.options["value"], step.value) == ("v{version}", None)
    assert problems(tmp_path, "purpose: pause", value="value: true") == []
    (step,) = read_settings(tmp_path).playbooks[0].steps
    assert ("value" in step.options, step.value) == (False, "true")


def test_a_kind_without_such_an_option_has_no_value_when_a_release_moves(tmp_path: Path) -> None:
    step = "steps: [{kind: mlflow_alias, url: 'http://m', model: m, alias: a, value: x}]"
    (tmp_path / "pulse.yaml").write_text(f"playbooks:\n  - id: move\n    {step}\n")
    with pytest.raises(ConfigError, match="a step of kind mlflow_alias has no value of its own when a release moves"):
        read_settings(tmp_path)
