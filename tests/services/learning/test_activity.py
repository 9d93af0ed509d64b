"""What a line of the log says beside its action and its subject."""

from __future__ import annotations

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.services.learning.activity import detail_words
from tests.fakes.nouns import NOW


def test_a_line_begins_with_what_it_is_about_and_not_with_an_identifier() -> None:
    detail = {"decision": "d2f9461416ebed38", "priority": "P1", "title": "p95 of the canary", "why": "slow"}
    entry = AuditEntry(
        seq=1, at=NOW, actor="pulse-tui", action="alert.opened", subject="a-1", detail=detail, previous="", hash=""
    )
    assert detail_words(entry) == "p95 of the canary; slow; decision d2f9461416ebed38; priority P1"
