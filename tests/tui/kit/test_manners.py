"""The operator's clock beside UTC, links that a terminal can follow, and a bell that rings once."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.settings.tower import BellWhen, LinksWhen, Preferences
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import width_of
from pulse_tui.tui.kit.document import Block, lay_out, wrap
from pulse_tui.tui.kit.manners import Manners, addresses, clocked, follows_links, here, linked, manners_of
from tests.fakes.desk import FakeDesk
from tests.fakes.registry_desk import NOW_US
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "zone", "said"),
    [
        ("2026-11-23T03:10:00Z", "Europe/Berlin", "2026-11-23T03:10:00Z (04:10 CET)"),
        ("2026-07-01T03:10:00Z", "Europe/Berlin", "2026-07-01T03:10:00Z (05:10 CEST)"),
        ("2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-25T00:30:00Z (02:30 CEST)"),
        ("2026-10-25T01:30:00Z", "Europe/Berlin", "2026-10-25T01:30:00Z (02:30 CET)"),
        ("2026-03-29T01:00:00Z", "Europe/Berlin", "2026-03-29T01:00:00Z (03:00 CEST)"),
        ("2026-11-23T23:10:00Z", "Europe/Berlin", "2026-11-23T23:10:00Z (Tue 24 Nov 00:10 CET)"),
        ("2026-11-23T03:10:00Z", "America/New_York", "2026-11-23T03:10:00Z (Sun 22 Nov 22:10 EST)"),
        ("2026-11-23T03:10:00Z", "Asia/Kathmandu", "2026-11-23T03:10:00Z (08:55 UTC+05:45)"),
        ("2026-11-23T03:10:00Z", "America/Sao_Paulo", "2026-11-23T03:10:00Z (00:10 UTC-03)"),
        ("2026-11-23T03:10Z", "Europe/Berlin", "2026-11-23T03:10Z (04:10 CET)"),
        ("2026-13-45T99:99:99Z", "Europe/Berlin", "2026-13-45T99:99:99Z"),
        ("0001-01-01T00:00:00Z", "America/New_York", "0001-01-01T00:00:00Z"),
    ],
)
def test_the_operators_clock_stands_beside_utc_with_its_name_and_its_day(moment: str, zone: str, said: str) -> None:
    assert clocked(moment, ZoneInfo(zone)) == said


def test_every_moment_of_a_text_gets_it_and_without_a_zone_none() -> None:
    text = "from 2026-11-23T03:10:00Z to 2026-11-23T04:00:00Z: at Zoe's"
    assert clocked(text, BERLIN).count("CET") == 2
    assert clocked(text, None) == text


@given(st.integers(315_532_800, 4_070_908_800), st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "America/New_York"]))  # fmt: skip
def test_it_is_always_the_same_moment(second: int, name: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    zone = ZoneInfo(name)
    assert f"{moment.astimezone(zone):%H:%M}" in here(moment, zone)


@pytest.mark.parametrize(
    ("environ", "follows"),
    [
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4801"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "new"}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "dumb", "TERM_PROGRAM": "iTerm.app"}, False),
        ({"TERM": "tmux-256color", "TMUX": "/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a"}, False),
        ({"TERM": "tmux-256color", "TMUX": "/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.4"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/x", "TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5"}, False),
        ({"TERM": "tmux-256color", "TMUX": "/x", "TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "next"}, False),
        ({"TERM": "screen", "STY": "1.x", "TERM_PROGRAM": "iTerm.app"}, False),
        ({}, False),
    ],
)
def test_only_terminals_that_are_known_to_follow_links_get_them(environ: dict[str, str], follows: bool) -> None:
    assert follows_links(environ) is follows


def test_the_file_comes_before_the_environment() -> None:
    iterm = {"TERM": "xterm", "TERM_PROGRAM": "iTerm.app", "TZ": "Asia/Tokyo"}
    assert manners_of(None, iterm) == Manners(ZoneInfo("Asia/Tokyo"), links=True)
    assert manners_of(Preferences(time_zone="Europe/Berlin", links=LinksWhen.OFF, bell=BellWhen.P1), iterm) == Manners(
        BERLIN, bell=True
    )
    assert manners_of(Preferences(time_zone="UTC", links=LinksWhen.ON), iterm) == Manners(links=True)
    assert manners_of(None, {"TZ": "CET-1CEST,M3.5.0"}) == Manners()
    assert manners_of(None, {}) == Manners()


TEXT = "see https://osv.dev/GHSA-1, (https://acme.test/n?x=1) and ftp://no or https://bad\u202e.test"


def test_an_address_is_linked_whole_and_no_cell_moves() -> None:
    known = addresses(TEXT)
    assert known == {"https://osv.dev/GHSA-1", "https://acme.test/n?x=1", "https://bad"}
    spans = linked([(TEXT, styles.PLAIN)], known)
    assert "".join(text for text, _ in spans) == TEXT
    links = {text: style.link for text, style in spans if style.link}
    assert all(text == link for text, link in links.items())
    assert {"https://osv.dev/GHSA-1", "https://acme.test/n?x=1"} <= set(links)


@given(st.text(max_size=80), st.integers(12, 60))
def test_links_never_change_what_is_drawn(tail: str, width: int) -> None:
    text = f"a https://osv.dev/{'x' * 30} {tail}"
    known = addresses(text)
    for part in wrap(text, width):
        spans = [(part, styles.PLAIN)]
        assert width_of(linked(spans, known)) == width_of(spans)
        assert all(style.link in (None, text) for text, style in linked(spans, known))


def test_a_broken_address_leads_nowhere() -> None:
    block = Block("A", ("https://osv.dev/" + "x" * 60,))
    assert not any(style.link for line in lay_out([block], 40, links=True) for _, style in line)
    assert any(style.link for line in lay_out([block], 120, links=True) for _, style in line)
    assert not any(style.link for line in lay_out([block], 120) for _, style in line)


# ------------------------------------------------------------------ in the tower


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_a_page_shows_both_clocks_and_the_data_none(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.tower.manners = Manners(BERLIN)
        await pilot.press("1", "p")
        text = pilot.text()
        assert "2026-11-23T03:09:00Z (04:09 CET)" in " ".join(text.split())
        check_snapshot(f"clocks-{size[0]}x{size[1]}", text)
        await pilot.press("x", "G")
        assert "CET" not in pilot.text()

    play(scenario, size=size)


async def _rings(pilot: Pilot, *, bell: bool) -> str:
    """What the terminal got besides frames while P1s came, were muted and stayed."""
    pilot.tower.manners = Manners(bell=bell)
    driver = pilot.tower._driver
    assert driver is not None
    kept: list[str] = []
    through = driver.write

    def write(data: str) -> None:
        kept.append(data)
        through(data)

    driver.write = write  # type: ignore[method-assign]
    first = pilot.desk.alerts[0]
    muted = first._replace(id="al-9", state="suppressed")
    pilot.desk.alerts = (*pilot.desk.alerts, muted)
    await pilot.changed()
    quiet = "".join(kept).count("\a")
    pilot.desk.alerts = (*pilot.desk.alerts, first._replace(id="al-10"), first._replace(id="al-11"))
    await pilot.changed()
    await pilot.changed()
    return f"{quiet} {''.join(kept).count(chr(7))}"


@pytest.mark.parametrize(("bell", "rings"), [(True, "0 1"), (False, "0 0")])
def test_a_new_p1_rings_once_and_only_where_the_operator_wants_it(bell: bool, rings: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        assert await _rings(pilot, bell=bell) == rings

    play(scenario)


def test_the_bell_rests_between_two_rings_and_never_rings_for_what_it_knew() -> None:
    from pulse_tui.tui.bell import APART_US, Bell

    desk = FakeDesk()
    board = desk.board()
    first = desk.alerts[0]
    bell = Bell()

    def due(at_us: int, *names: str, state: str = "firing", priority: str = "P1") -> bool:
        rows = tuple(first._replace(id=name, state=state, priority=priority) for name in names)
        return bell.due(board._replace(alerts=rows), at_us)

    assert not due(NOW_US, "a"), "it was there at the start"
    assert due(NOW_US, "a", "b")
    assert not due(NOW_US + 1, "a", "b", "c"), "so soon after"
    assert not due(NOW_US + APART_US, "a", "b", "c"), "it was there already"
    assert not due(NOW_US + APART_US, "d", state="suppressed")
    assert not due(NOW_US + APART_US, "e", priority="P2")
    assert due(NOW_US + APART_US, "e"), "it became a P1"
    assert not due(NOW_US + 9 * APART_US, "b"), "it came back, and rang before"
