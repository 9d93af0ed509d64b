from __future__ import annotations

from pulse_tui.tui.advisories import rows
from pulse_tui.tui.kit.rows import Cells
from tests.fakes.desk import ADVISORIES
from tests.fakes.registry_desk import NOW_US, ago


def texts(cells: Cells) -> list[str]:
    return [text for text, _ in cells]


BY_ID = {row.id: row for row in ADVISORIES}


def test_a_row_says_how_bad_it_is_where_it_reaches_how_long_is_left_and_how_it_stands() -> None:
    assert texts(rows.advisory_cells(BY_ID["CVE-2026-3248"], NOW_US))[:-1] == [
        "P1", "CVE-2026-3248", "vllm 0.9.1", "2 prod 1 can", "▲ open 3h",
    ]  # fmt: skip


def test_an_unknown_priority_is_a_question_mark_and_what_was_not_audited_has_no_hits() -> None:
    cells = texts(rows.advisory_cells(BY_ID["GHSA-xxxx"], NOW_US))
    assert cells[:-1] == ["?", "GHSA-xxxx", "torch 2.6.0", "", "? not audited"]


def test_a_state_that_ends_says_when_and_malicious_code_is_marked() -> None:
    cells = texts(rows.advisory_cells(BY_ID["MAL-2026-12"], NOW_US))
    assert cells[:-1] == ["P1", "✖ MAL-2026-12", "torchh 1.0", "1 sha", "✓ acked 5h"]
    assert texts(rows.advisory_cells(BY_ID["CVE-2026-411"], NOW_US))[4] == "○ waived 12d"


def test_a_missed_deadline_says_by_how_much() -> None:
    late = BY_ID["CVE-2026-3248"]._replace(due_us=ago(2))
    assert rows.advisory_state(late, NOW_US)[0] == "▲ late 2h"
    assert rows.advisory_state(late._replace(state="not audited"), NOW_US)[0] == "? not audited, late 2h"


def test_environments_that_do_not_fit_are_said_to_be_more() -> None:
    column = next(c for c in rows.ADVISORIES.columns if c.title == "HITS")
    assert column.shorten is not None
    assert column.shorten("2 prod 1 can 3 sha", 11) == "2 prod+"
    assert column.shorten("2 prod 1 can 3 sha", 13) == "2 prod 1 can+"


def test_a_filter_finds_a_row_by_any_of_its_names_and_by_where_it_reaches() -> None:
    fields = rows.advisory_fields(BY_ID["CVE-2026-3248"])
    assert fields["id"] == "CVE-2026-3248 GHSA-1"
    assert fields["env"] == "prod canary"
    assert rows.advisory_fields(BY_ID["MAL-2026-12"])["malicious"] == "yes"


def test_the_providers_own_name_has_a_column_of_its_own() -> None:
    assert texts(rows.advisory_cells(BY_ID["CVE-2026-3248"], NOW_US))[-1] == "pkg:pypi/vllm@0.9.1"
    assert texts(rows.advisory_cells(BY_ID["PYSEC-2026-77"], NOW_US))[-1] == "nltk 3.8"
