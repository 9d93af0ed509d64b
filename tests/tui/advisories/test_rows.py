from __future__ import annotations

from pulse_tui.tui.advisories import rows
from pulse_tui.tui.kit.rows import Cells
from tests.fakes.desk import ADVISORIES
from tests.fakes.registry_desk import NOW_US


def texts(cells: Cells) -> list[str]:
    return [text for text, _ in cells]


def test_an_unknown_priority_is_a_question_mark_and_what_was_not_audited_has_no_hits() -> None:
    assert texts(rows.advisory_cells(ADVISORIES[2], NOW_US)) == ["?", "GHSA-xxxx", "torch 2.6.0", "", "? not audited"]


def test_hits_outside_production_are_not_called_production() -> None:
    assert texts(rows.advisory_cells(ADVISORIES[1], NOW_US))[3] == "1 other"


def test_the_providers_own_name_is_another_drawing_of_the_same_advisory() -> None:
    assert texts(rows.own_name_cells(ADVISORIES[0], NOW_US))[2] == "pkg:pypi/vllm@0.9.1"
    assert texts(rows.own_name_cells(ADVISORIES[1], NOW_US))[2] == "nltk 3.8"
