"""The page of an asset."""

from __future__ import annotations

from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.tui.registry.asset import explained

STORY = (("What changed", "production serves 1.0"), ("What to do now", "nothing"), ("Asset", "bot"))


def row(state: str, why: str = "") -> RegistryRow:
    return RegistryRow("bot", "production", "1.0", 1, state, why, None, "ml", "internal", 100.0, False)


def test_a_question_mark_says_what_is_not_known_and_where_to_look() -> None:
    lines = explained(STORY, [row("stale", "nothing came from mlflow since 03:10:00")])
    assert ("What is the risk", "? production 1.0 is stale: nothing came from mlflow since 03:10:00") in lines
    assert [text for label, text in lines if label == "What to do now"] == [
        "S on the panes lists the sources: see why nothing comes",
        "nothing",
    ]


def test_what_is_known_needs_no_explanation() -> None:
    assert explained(STORY, [row("ok"), row("risk", "CVE")]) == list(STORY)
