from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from pulse_tui.domain.views.registry import GateLine, GateMark, GateStory, RegistryRow, StageCell
from pulse_tui.tui.kit import rows, styles
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.filters import parse
from pulse_tui.tui.kit.listing import flow
from pulse_tui.tui.registry import estate_rows, release_rows, tree_rows
from pulse_tui.tui.registry import rows as registry_rows
from pulse_tui.tui.registry.release import gate_blocks
from tests.fakes.desk import REGISTRY
from tests.fakes.registry_desk import CALENDAR, DEPENDENTS, INVENTORY, NOW_US, RELEASES, TREE, WORKFLOWS


def texts(cells: rows.Cells) -> list[str]:
    return [text for text, _ in cells]


# ------------------------------------------------------------------ pane 1


def test_a_pointer_that_does_not_work_is_marked_and_coloured() -> None:
    assert registry_rows.registry_cells(REGISTRY[2], NOW_US)[6] == ("!2.3.9", styles.BAD)


def test_a_conflict_stands_beside_a_more_urgent_state() -> None:
    assert registry_rows.registry_state(REGISTRY[1]._replace(concerns=2), 0)[0] == "✖ FAIL ? conflict"
    assert registry_rows.registry_state(REGISTRY[4], 0)[0] == "? conflict"


def test_a_registry_row_says_where_what_and_since_when() -> None:
    assert texts(registry_rows.registry_cells(REGISTRY[1], NOW_US)) == [
        "support-bot",
        "canary",
        "3.8.2",
        "1418",
        "✖ FAIL",
        "2h",
        "3.8.1",
        "registry",
        "ml-support",
        "customer-facing",
    ]


def test_what_is_not_known_is_shown_as_such() -> None:
    assert texts(registry_rows.registry_cells(REGISTRY[4], NOW_US))[3:8] == ["-", "? conflict", "-", "-", "estate"]


@pytest.mark.parametrize(
    ("state", "also", "text"),
    [
        ("FAIL", ("blocked",), "✖ FAIL ■ blocked"),
        ("risk", ("paused", "retest"), "▲ risk ‖ paused ◆ retest"),
        ("frozen", (), "■ frozen"),
        ("ok", (), "● ok"),
    ],
)
def test_what_else_holds_stands_beside_the_worst(state: str, also: tuple[str, ...], text: str) -> None:
    row = REGISTRY[0]._replace(state=state, also=also)
    assert texts(registry_rows.registry_cells(row, NOW_US))[4] == text
    assert registry_rows.registry_widths(row)[4] == cell_len(text)


def test_a_stopped_run_a_waiting_plan_and_what_they_stand_beside_are_all_on_the_row() -> None:
    row = REGISTRY[0]._replace(state="FAIL", also=("risk", "blocked"), run="stopped")
    assert registry_rows.registry_state(row, 0) == ("✖ FAIL ✖ run ▲ risk ■ blocked", styles.BAD)
    row = REGISTRY[0]._replace(state="frozen", run="waiting")
    assert registry_rows.registry_state(row, 0)[0] == "■ frozen ⧗ plan"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (29, "✖ FAIL ✖ run ■ blocked ⧗ plan"),
        (28, "✖ FAIL ✖ run ■ blocked ⧗"),
        (20, "✖ FAIL ✖ run ■ ⧗"),
        (12, "✖ FAIL ✖ ■ ⧗"),
        (10, "✖ FAIL ✖■⧗"),
    ],
)
def test_a_narrow_column_keeps_the_worst_word_and_every_mark(width: int, expected: str) -> None:
    assert registry_rows.shorten_state("✖ FAIL ✖ run ■ blocked ⧗ plan", width) == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, "✖ FAIL ■ blocked ◆ overdue 3d"),
        (26, "✖ FAIL ■ blocked ◆"),
        (12, "✖ FAIL ■ ◆"),
    ],
)
def test_an_overdue_retest_stays_overdue_as_long_as_there_is_room(width: int, expected: str) -> None:
    row = REGISTRY[0]._replace(state="FAIL", also=("blocked", "retest"), overdue_us=NOW_US - 3 * 86_400_000_000)
    text = registry_rows.registry_state(row, NOW_US)[0]
    assert text == "✖ FAIL ■ blocked ◆ retest overdue 3d"
    assert registry_rows.registry_widths(row)[4] >= cell_len(text)
    assert registry_rows.shorten_state(text, width) == expected


def test_a_workflow_is_one_line_with_its_worst_stage_marked() -> None:
    assert texts(registry_rows.workflow_cells(WORKFLOWS[0], NOW_US)) == [
        "refunds", "canary", "classify › retrieve › ✖ generate", "✖ FAIL", "2h", "ml-support",
    ]  # fmt: skip
    assert registry_rows.stages_text(WORKFLOWS[1]) == "classify › ? retrieve › generate"
    assert registry_rows.stages_text(WORKFLOWS[2]) == "draft"


@pytest.mark.parametrize(
    ("width", "expected"),
    [(40, "classify › retrieve › ✖ generate"), (28, "c › retrieve › ✖ generate"), (18, "c › r › ✖ generate"), (17, "+2 › ✖ generate")],
)  # fmt: skip
def test_stages_give_way_so_that_the_worst_one_is_read(width: int, expected: str) -> None:
    assert registry_rows.shorten_stages("classify › retrieve › ✖ generate", width) == expected


names = st.text(st.sampled_from("abcXYZ-9"), min_size=1, max_size=6)
registry = st.lists(
    st.builds(
        RegistryRow, names, st.sampled_from(["production", "canary", "shadow", "replica"]), names, st.none(),
        st.sampled_from(["ok", "FAIL", "conflict", "risk"]), st.just(""), st.none() | st.integers(0, NOW_US),
        st.sampled_from(["", "ml", "dev"]), st.sampled_from(["internal", "sandbox"]), st.just(0.0), st.booleans(),
        kind=st.sampled_from(["service", "prompt"]),
    ),
    max_size=20,
)  # fmt: skip


@given(registry, st.sampled_from(["state=FAIL", "owner:m", "tier=sandbox", "env=production", "kind=prompt", "!ml"]))
def test_a_filter_and_its_opposite_share_the_rows_out(given_rows: list[RegistryRow], text: str) -> None:
    spec = registry_rows.REGISTRY
    kept = [row for row in given_rows if parse(text, spec.names).matches(spec.fields(row))]
    if "=" in text:
        name, _, value = text.partition("=")
        opposite = parse(f"{name}!={value}", spec.names)
        assert len(kept) + sum(opposite.matches(spec.fields(row)) for row in given_rows) == len(given_rows)
    for row in kept:
        fields = spec.fields(row)
        assert {
            "state=FAIL": fields["state"] == "FAIL", "owner:m": "m" in fields["owner"], "env=production": fields["env"] == "prod",
            "tier=sandbox": fields["tier"] == "sandbox", "kind=prompt": fields["kind"] == "prompt", "!ml": "ml" not in fields["owner"],
        }[text]  # fmt: skip


def test_a_part_of_a_word_is_asked_for_with_a_colon_and_a_purl_is_no_column() -> None:
    names = registry_rows.REGISTRY.names
    fields = registry_rows.registry_fields(REGISTRY[1])
    assert parse("owner:ml kind=service", names).matches(fields)
    assert not parse("owner:dev", names).matches(fields)
    assert parse("pkg:pypi/vllm", tree_rows.TREE.names).matches(
        tree_rows.tree_fields(tree_rows.tree_lines(TREE.rows)[1])
    )
    with pytest.raises(BadFilter, match="did you mean owner"):
        parse("ower:ml", names)
    with pytest.raises(BadFilter, match="there are asset, env"):
        parse("zzz=1", names)


# ------------------------------------------------------------------ releases


def test_a_release_says_where_it_serves_who_promoted_it_and_how_it_was_judged() -> None:
    cells = texts(release_rows.history_cells(RELEASES[0], NOW_US))
    assert cells == ["3.8.2", "1418", "3.8", "◆ evaluated", "canary", "canary by ci 2h", "3.8.1", "✖ FAIL", "9h"]


def test_a_remark_stands_by_the_version() -> None:
    assert texts(release_rows.history_cells(RELEASES[1], NOW_US))[0] == "3.7.2-hotfix !"


@pytest.mark.parametrize(
    ("version", "marked", "pair"),
    [
        ("3.8.2", None, ("3.8.1", "3.8.2")),
        ("3.8.1", None, ("3.8.0", "3.8.1")),
        ("3.7.1", None, ("3.7.1", "3.8.1")),
        ("3.7.1", "3.8.2", ("3.7.1", "3.8.2")),
        ("3.8.2", "3.8.2", ("3.8.1", "3.8.2")),
        ("nothing", None, None),
    ],
)
def test_a_release_is_compared_with_the_marked_one_else_with_what_serves_else_with_the_one_before(
    version: str, marked: str | None, pair: tuple[str, str] | None
) -> None:
    assert release_rows.to_compare(RELEASES, version, marked) == pair


def test_the_only_release_is_compared_with_nothing() -> None:
    assert release_rows.to_compare(RELEASES[:1], "3.8.2", None) is None


# ------------------------------------------------------------------ tree, dependents


def test_a_tree_line_is_indented_and_a_change_is_a_glyph_and_words() -> None:
    lines = tree_rows.tree_lines(TREE.rows)
    assert texts(tree_rows.tree_cells(lines[1], NOW_US)) == ["vllm", "0.9.1", "▲ was 0.9.0", "all", "package", "sbom"]
    assert texts(tree_rows.tree_cells(lines[3], NOW_US))[0] == "    protobuf"
    assert texts(tree_rows.tree_cells(lines[6], NOW_US))[2] == "↑ as above"
    assert texts(tree_rows.own_tree_cells(lines[3], NOW_US))[0] == "    pkg:pypi/protobuf@5.29.4"


def test_a_component_that_stands_in_two_places_has_two_identities() -> None:
    keys = [line.key for line in tree_rows.tree_lines(TREE.rows)]
    assert len(set(keys)) == len(keys)


def test_who_uses_a_component_and_how_it_comes_in() -> None:
    cells = texts(tree_rows.dependent_cells(DEPENDENTS.rows[1], NOW_US))
    assert cells == ["summarizer", "0.9.0", "shadow", "ray > vllm", "nobody", "-", "-"]


# ------------------------------------------------------------------ calendar, inventory


def test_the_line_for_today_stands_between_what_is_to_come_and_what_was() -> None:
    lines = estate_rows.calendar_lines(CALENDAR, NOW_US)
    assert [line.row is None for line in lines].index(True) == 2
    assert estate_rows.calendar_lines((), NOW_US)[0].row is None


def test_ours_and_a_vendors_are_told_apart_by_glyph_and_word() -> None:
    lines = estate_rows.calendar_lines(CALENDAR, NOW_US)
    assert texts(estate_rows.calendar_cells(lines[0], NOW_US))[:4] == [
        "Sun 03 Jan 2027",
        "in 41d",
        "◆ openai",
        "shuts down",
    ]
    assert texts(estate_rows.calendar_cells(lines[3], NOW_US))[1:3] == ["2h ago", "● ours"]


def test_a_disagreement_says_what_to_do() -> None:
    assert texts(estate_rows.inventory_cells(INVENTORY[2], NOW_US)) == [
        "▲ unowned", "summarizer", "it has no owner", "name an owner_team for it under estate, assets", "estate",
    ]  # fmt: skip


# ------------------------------------------------------------------ the gate


def test_what_blocks_stands_first_whatever_its_words() -> None:
    reasons = (
        GateLine("x", GateMark.OK, "the plan says failed, blocking: x"),
        GateLine("y", GateMark.ADVISORY, "missing, advisory: z"),
        GateLine("w", GateMark.BLOCKING, "GO"),
    )
    blocks = gate_blocks(GateStory(False, "a 1 to canary", reasons))
    assert [(block.label, block.lines) for block in blocks[:4]] == [
        ("WHAT CHANGED", ("a 1 to canary",)),
        ("WHAT IS THE RISK", ("blocking: w", "only advised: y")),
        ("WHAT TO DO NOW", ("fix what blocks, then check again",)),
        ("BLOCKED", ("a 1 to canary",)),
    ]
    assert [block.lines[0] for block in blocks[4:]] == [
        "✖ GO", "▲ missing, advisory: z", "● the plan says failed, blocking: x",
    ]  # fmt: skip


# ------------------------------------------------------------------ all of them

HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red]\u202e\n\t" + "界" * 3


@pytest.mark.parametrize("spec", [registry_rows.REGISTRY, registry_rows.WORKFLOWS, tree_rows.DEPENDENTS, estate_rows.INVENTORY, release_rows.HISTORY, tree_rows.TREE, estate_rows.CALENDAR], ids=lambda spec: str(spec.title))  # fmt: skip
def test_every_spec_draws_as_many_cells_as_it_has_columns_and_names_only_its_fields(spec: rows.Spec[object]) -> None:
    sample = {
        "registry": REGISTRY[0], "workflows": WORKFLOWS[0], "used-by": DEPENDENTS.rows[0],
        "what-does-not-agree": INVENTORY[0], "releases-and-changes": RELEASES[0],
        "dependencies": tree_rows.tree_lines(TREE.rows)[0], "calendar": estate_rows.calendar_lines(CALENDAR, NOW_US)[0],
    }[spec.called]  # fmt: skip
    assert len(spec.cells(sample, NOW_US)) == len(spec.columns)
    assert set(spec.names) == set(spec.fields(sample))


@given(st.lists(st.tuples(st.text(max_size=40), st.just(styles.PLAIN)), max_size=4), st.integers(10, 60))
def test_a_detail_fits_its_lines(spans: list[tuple[str, Style]], width: int) -> None:
    for line in flow(spans, width):
        assert sum(cell_len(text) for text, _ in line) <= width


def test_hostile_stages_are_only_text() -> None:
    row = WORKFLOWS[0]._replace(id=HOSTILE, stages=(StageCell(HOSTILE, HOSTILE, HOSTILE, HOSTILE),))
    assert len(registry_rows.workflow_cells(row, NOW_US)) == 6
