"""What a step gets: everything of the configuration's folder, whatever folder the operator stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Step
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.pointer import check_pointer
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from tests.fakes import file_step
from tests.fakes.nouns import CANARY

FILE_STEP: Step = file_step


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator stands in another folder, which has a file of the same name."""
    folder = tmp_path / "elsewhere"
    (folder / "serving").mkdir(parents=True)
    (folder / "serving" / "version").write_text("not this one\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def parts(parts: RollbackParts, elsewhere: Path) -> RollbackParts:
    """A playbook whose one step writes ``serving/version`` below the configuration's folder."""
    file = parts.outside.base / "serving" / "version"
    assert file != elsewhere / "serving" / "version"
    file.parent.mkdir()
    file.write_text("3.8.2\n")
    step = StepShape(kind="file", timeout=1.0, options={"path": "serving/version"}, mark="playbooks.yaml:1")
    book = PlaybookShape(id="move", assets=(), environments=tuple(Environment), steps=(step,), on_failure="undo")
    return parts._replace(steps={"file": FILE_STEP}, playbooks=(book,))


def test_a_relative_path_of_a_step_starts_at_the_configuration_and_not_where_the_operator_stands(
    parts: RollbackParts, elsewhere: Path
) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    assert [(c.ok, c.detail) for c in preflight(parts, plan) if c.name == "prior state"] == [
        (True, "file serving/version holds 3.8.2")
    ]
    approve(parts, plan.hash, "ana", "it hurts")
    run = execute(parts, plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED, run.detail
    assert (parts.outside.base / "serving" / "version").read_text() == "3.8.1\n"
    assert (elsewhere / "serving" / "version").read_text() == "not this one\n"


def test_the_rollback_pointer_is_checked_at_the_same_file(parts: RollbackParts) -> None:
    seen = check_pointer(parts, "support-bot", CANARY, deep=True)
    assert [(c.name, c.ok, c.detail) for c in seen.checks if c.name == "file"] == [
        ("file", True, "serving/version is there")
    ]
