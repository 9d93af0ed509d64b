from __future__ import annotations

from pulse_tui.tui.alerts import rows
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.rows import Cells
from tests.fakes.desk import ALERTS
from tests.fakes.registry_desk import NOW_US


def texts(cells: Cells) -> list[str]:
    return [text for text, _ in cells]


def test_an_overdue_alert_says_so_before_anything_else() -> None:
    assert texts(rows.alert_cells(ALERTS[0], NOW_US))[:2] == ["P1 ▲", "overdue: CVE-2026-3248 reaches embed-gateway"]


def test_a_firing_alert_is_a_glyph_and_its_title() -> None:
    assert texts(rows.alert_cells(ALERTS[1], NOW_US))[:2] == ["P2 ▲", "accuracy -5.2 pp on support-bot canary"]


def test_an_acknowledged_alert_is_faint_and_nobody_is_named_when_there_is_no_owner() -> None:
    cells = rows.alert_cells(ALERTS[2]._replace(owner=""), NOW_US)
    assert cells[0][0] == "P4 ✓"
    assert cells[1] == ("acked: gpt-4.1 shuts down in 41 d: 3 assets", styles.DIM)
    assert cells[2][0] == "nobody"


def test_an_alert_of_unknown_priority_keeps_its_question_mark_and_its_glyph() -> None:
    assert texts(rows.alert_cells(ALERTS[0]._replace(priority="unknown"), NOW_US))[0] == "?  ▲"


def test_a_deadline_that_was_missed_is_shown_after_the_escalations_too() -> None:
    row = ALERTS[0]._replace(overdue=True, missed_us=NOW_US - 55 * 60_000_000, escalations=2)
    assert rows.alert_state(row, NOW_US) == ("▲ overdue 55m, escalated x2", styles.ALARM)
    assert rows.alert_state(row._replace(overdue=False, missed_us=None), NOW_US)[0] == "▲ escalated x2"
