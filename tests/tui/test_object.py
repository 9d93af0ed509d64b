"""``x`` shows what a row or a page is as YAML or JSON, and ``Y`` copies what shows a colleague the same thing."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.lock import safe, shown
from pulse_tui.domain.ref import Ref, RefKind, note_ref, release_ref
from pulse_tui.domain.typed import advisory_page, line, shows, web
from pulse_tui.tui.common.object import MOST_LINES, ObjectScreen, forms
from tests.fakes.desk import HASH, FakeDesk
from tests.tui.alerts.test_incidents import ROW, STORY
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, copies_of, play

HOSTILE = "\x1b]52;c;AAAA\x07 \u202ered [bold]x[/] \x9b31m"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_x_shows_the_row_as_yaml_and_t_as_json(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("4", "x")
        check_snapshot(f"object-{size[0]}x{size[1]}", pilot.text())
        await pilot.press("t")
        check_snapshot(f"object-json-{size[0]}x{size[1]}", pilot.text())
        await pilot.press("t", "y", "t", "y", "G", "escape")
        assert pilot.screen_name == "MainScreen"
        as_yaml, as_json = yaml.safe_load(copies[0]), json.loads(copies[1])
        assert as_yaml == as_json
        assert as_json["alert"]["id"] == "al-1"

    play(scenario, size=size)


def test_what_is_shown_is_read_again_when_somebody_wrote() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "x")
        assert "state: firing" in pilot.text()
        pilot.desk.acknowledge("al-1")
        await pilot.changed()
        assert "state: acknowledged" in pilot.text()

    play(scenario)


def test_where_nothing_is_named_x_and_capital_y_say_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        for key in ("x", "Y"):
            await pilot.press("L", key)
            assert "no single thing here" in pilot.lines()[-1]
            await pilot.press("escape")

    play(scenario)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_both_forms_hold_the_same_data_and_nothing_that_steers_a_terminal(data: object) -> None:
    written = forms({"data": data})
    for text in written:
        assert shown(text, len(text)) == text
    if safe(json.dumps(data, ensure_ascii=False)) == json.dumps(data, ensure_ascii=False):
        assert yaml.safe_load(written.yaml) == json.loads(written.json)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"a": st.text("ab: -#", max_size=4), "b": st.none() | st.lists(st.integers(), max_size=2)}
        ),
        max_size=250,
    )
)
def test_what_is_written_in_pieces_reads_as_the_whole(rows: list[object]) -> None:
    for data in ({"z": 1, "rows": rows, "a": {"rows": rows}}, rows):
        assert yaml.safe_load(forms(data).yaml) == data


def test_text_from_outside_stays_locked() -> None:
    written = forms({"title": HOSTILE})
    for text in written:
        assert "\x1b" not in text
        assert "\x9b" not in text
        assert "\u202e" not in text

    desk = FakeDesk()
    desk.alerts = (desk.alerts[0]._replace(title=HOSTILE), *desk.alerts[1:])

    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("4", "x", "y", "t", "y")
        for text in (pilot.text(), *copies):
            assert not set("\x1b\x9b\x07\u202e") & set(text)

    play(scenario, desk=desk)


def test_a_large_object_is_copied_whole_and_shown_in_part() -> None:
    large = forms({"rows": list(range(MOST_LINES + 50))})
    assert len(large.yaml.split("\n")) == MOST_LINES + 51

    class Large(FakeDesk):
        def described(self, ref: Ref) -> object:
            return {"rows": list(range(MOST_LINES + 50))}

    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("4", "x", "G")
        assert "… 51 more lines: y copies all of them" in pilot.text()
        await pilot.press("y")
        assert copies[0].endswith(f"- {MOST_LINES + 49}")

    play(scenario, desk=Large())


# ------------------------------------------------------------------ for a colleague


SHOWN = (
    (("4", "Y"), "pulse-tui explain al-1"),
    (("1", "Y"), "pulse-tui asset show support-bot"),
    (("2", "Y"), "pulse-tui suite show r-1418"),
    (("1", "h", "Y"), "pulse-tui release show support-bot 3.8.2"),
    (("P", "Y"), "pulse-tui rollback show 1b77f0aa1b77"),
    (("1", "t", "Y"), "pulse-tui components users openai:gpt-4.1"),
)


@pytest.mark.parametrize(("keys", "command"), SHOWN, ids=lambda v: v if isinstance(v, str) else " ".join(v))
def test_capital_y_copies_the_command(keys: tuple[str, ...], command: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press(*keys)
        assert copies == [command]

    play(scenario)


def test_where_there_is_an_address_too_one_more_key_says_which() -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.open_dialog("3", "Y")
        assert "pulse-tui advisory show CVE-2026-3248" in pilot.text()
        await pilot.press("1")
        await pilot.open_dialog("Y")
        await pilot.press("c")
        assert copies == [
            "https://www.cve.org/CVERecord?id=CVE-2026-3248",
            "pulse-tui advisory show CVE-2026-3248",
        ]
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_an_address_that_could_steer_a_terminal_is_never_offered() -> None:
    desk = FakeDesk()
    bad = STORY.links[0]._replace(url="javascript:alert(1)") if STORY.links else None
    story = STORY._replace(links=(bad,) if bad else ())
    desk.incident_rows, desk.incident_stories = (ROW,), (story,)

    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("I", "Y")
        assert copies == [f"pulse-tui incident show {ROW.id}"]

    play(scenario, desk=desk)


def test_a_tower_on_a_named_configuration_names_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        pilot.tower.context.entrance = ("--config=/srv/our estate",)
        await pilot.press("4", "Y")
        assert copies == ["pulse-tui explain al-1 '--config=/srv/our estate'"]

    play(scenario)


def test_options_stand_where_a_name_that_begins_with_a_dash_does_not_swallow_them() -> None:
    assert line(("note", "show", "--", "news", "-n"), ("--config=x",)) == "pulse-tui note --config=x show -- news -n"


REFS = (
    Ref(RefKind.ALERT, "al-1"), Ref(RefKind.INCIDENT, "inc-1"), Ref(RefKind.ASSET, "org/bot@eu"),
    Ref(RefKind.ADVISORY, "CVE-2026-3248"), Ref(RefKind.COMPONENT, "pkg:pypi/vllm@0.9.1"),
    release_ref("support-bot", "-rc1"), Ref(RefKind.RUN, "r 1"), Ref(RefKind.PLAN, HASH),
    Ref(RefKind.AUTHORISATION, HASH), note_ref("news", "-n; rm -rf $HOME"), Ref(RefKind.SILENCE, "s-1"),
    Ref(RefKind.WAIVER, "w-1"), Ref(RefKind.DELIVERY, "--key"), Ref(RefKind.REVIEW, "policy:a b"),
    Ref(RefKind.HOLD, "h-1"),
)  # fmt: skip


@pytest.mark.parametrize("ref", REFS, ids=lambda ref: ref.kind.value)
def test_the_command_that_shows_a_thing_can_be_typed(ref: Ref) -> None:
    from tests.tui.test_log import parsed

    assert parsed(line(shows(ref)))


def test_only_kinds_that_no_command_shows_alone_have_none() -> None:
    without = {kind for kind in RefKind if not shows(Ref(kind, "a b"))}
    assert without == {RefKind.SOURCE, RefKind.POLICY, RefKind.WORKFLOW}


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://osv.dev/vulnerability/GHSA-1?x=1#y", True),
        ("http://[::1]:8080/", True),
        ("ftp://osv.dev/", False),
        ("https://osv.dev/\x1b]8;;", False),
        ("https://osv.dev/a b", False),
        ("https://osv.dev/\u202e", False),
        ("https://osv.dev/" + "a" * 3_000, False),
        ("https://user:pass@osv.dev/", False),
    ],
)
def test_an_address_is_one_of_the_web_and_nothing_else(address: str, taken: bool) -> None:
    assert bool(web(address)) == taken


def test_an_advisory_has_its_page_by_its_id() -> None:
    assert advisory_page("GHSA-aaaa-bbbb-cccc") == "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"
    assert advisory_page("PYSEC-2026-77") == "https://osv.dev/vulnerability/PYSEC-2026-77"
    assert advisory_page("no id") == ""


def test_the_page_says_which_command_prints_the_same() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "x")
        page = pilot.tower.screen
        assert isinstance(page, ObjectScreen)
        assert page.ref() == Ref(RefKind.ALERT, "al-1")
        assert "pulse-tui explain al-1 --json" in pilot.lines()[1]

    play(scenario)
