"""The tower as it stood: read-only, unmistakable, from change to change, and back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.tui.app import Tower
from pulse_tui.tui.asks.past import Replay
from pulse_tui.tui.kit.manners import Manners
from tests.fakes.desk import ALERTS, FakeDesk
from tests.fakes.registry_desk import NOW
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, copies_of, play

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])


async def replay(pilot: Pilot, at: str) -> None:
    pilot.main.post_message(Replay(at))
    await pilot.settle()


@SIZES
def test_the_tower_as_it_stood(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-85m")
        check_snapshot(f"replay-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


@SIZES
def test_a_step_goes_to_the_change_and_says_what_it_was(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-105m")
        assert "REPLAY 2026-11-23 01:25:00 UTC  not live" in pilot.text()
        await pilot.press(".")
        assert "support-bot canary 3.8.1 -> 3.8.2" in pilot.text()
        await pilot.press(".")
        assert "P2 opened: accuracy -5.2 pp on support-bot canary" in pilot.text()
        assert "REPLAY 2026-11-23 01:40:13 UTC" in pilot.text()
        check_snapshot(f"replay-step-{size[0]}x{size[1]}", pilot.text())
        await pilot.press(",")
        assert "REPLAY 2026-11-23 01:35:13 UTC" in pilot.text()
        await pilot.press("}")
        assert "REPLAY 2026-11-23 01:45:13 UTC" in pilot.text()
        await pilot.press(",")
        assert "REPLAY 2026-11-23 01:40:13 UTC" in pilot.text()

    play(scenario, size=size)


def test_nothing_can_be_done_in_the_past_and_no_key_offers_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-1m")
        await pilot.press("a", "s", "w", "f", "p")
        assert pilot.desk.calls == []
        assert "plan rollback" not in pilot.text()
        pilot.tower.context.act(lambda desk: desk.acknowledge("al-1"))
        await pilot.settle()
        assert pilot.desk.calls == []
        assert "this is a replay of 2026-11-23 03:05:13 UTC: nothing can be done in the past" in pilot.notices[-1]

    play(scenario)


def test_escape_leads_back_to_the_live_tower_as_it_is_now() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-85m")
        assert "CVE-2026-3248 reaches" not in pilot.text()
        pilot.desk.acknowledge("al-2")
        await pilot.press("escape")
        assert "REPLAY" not in pilot.text()
        assert "CVE-2026-3248 reaches" in pilot.text()
        assert pilot.alerts.rows[1].state == "acknowledged"
        await pilot.press("a")
        assert pilot.desk.calls[-1][0] == "acknowledge"

    play(scenario)


def test_the_moment_is_kept_while_the_live_tower_goes_on() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-85m")
        before = pilot.text()
        pilot.desk.alerts = ()
        await pilot.changed()
        assert pilot.text() == before

    play(scenario)


def test_a_colleague_is_given_the_replay_of_the_moment_and_not_what_is_so_today() -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await replay(pilot, "-5m")
        moment = iso(from_us(pilot.tower.context.now_us))
        await pilot.press("1", "Y")
        assert copies[-1].startswith(f"pulse-tui replay {moment}")
        await pilot.press("escape", "Y")
        assert "replay" not in copies[-1]

    play(scenario)


def test_a_p1_that_opens_meanwhile_stands_in_the_banner() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-85m")
        await pilot.changed()
        pilot.desk.alerts = (*ALERTS, ALERTS[0]._replace(id="al-9", title="everything is down"))
        await pilot.changed()
        assert "LIVE: 1 new P1  :live" in pilot.lines()[0]
        await pilot.press("escape")
        assert "everything is down" in pilot.text()
        assert "LIVE:" not in pilot.lines()[0]

    play(scenario, size=NARROW)


def test_pages_are_as_of_then_and_what_was_not_kept_says_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-20m")
        await pilot.press("enter")
        assert pilot.screen_name == "AlertScreen"
        assert "REPLAY 2026-11-23 02:50:00 UTC" in pilot.text()
        assert "the advice of then is not on record" in pilot.text()
        assert "roll back canary" not in pilot.text()
        check_snapshot("replay-alert-80x24", pilot.text())
        await pilot.press("escape", "t")
        assert pilot.screen_name == "MainScreen"
        assert (
            "the dependency tree is not on record: it cannot be shown as of 2026-11-23T02:50:00Z" in pilot.notices[-1]
        )

    play(scenario, size=NARROW)


def test_a_moment_of_which_nothing_is_known_says_so_and_what_is_shown_instead() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-60m")
        assert (
            "nothing was recorded from 2026-11-23T01:55:13Z to 2026-11-23T02:30:13Z: shown is 01:55:13"
            in pilot.notices[-1]
        )
        assert "REPLAY 2026-11-23 01:55:13 UTC" in pilot.text()
        await pilot.press(".")
        assert "recorded again after 35 min" in pilot.text()

    play(scenario)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("-3h", "is before the first record: records begin at 2026-11-23T01:10:13Z"),
        ("2027-01-01", "is to come"),
        ("teatime", "is no moment. Write 02:40"),
    ],
)
def test_a_moment_that_cannot_be_shown_leaves_the_tower_live(at: str, says: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, at)
        assert says in pilot.notices[-1]
        assert "REPLAY" not in pilot.text()

    play(scenario)


def test_a_step_beyond_the_first_or_the_last_change_says_where_the_record_ends() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-119m")
        await pilot.press(",", ",")
        assert "nothing changed before this on record: it begins at 2026-11-23T01:10:13Z" in pilot.notices[-1]
        await replay(pilot, "-10m")
        await pilot.press(".")
        assert "nothing changed after this on record: it ends at" in pilot.notices[-1]

    play(scenario)


def test_nothing_is_replayed_while_an_action_is_under_way() -> None:
    class Slow(FakeDesk):
        def acknowledge(self, alert_id: str) -> str:
            import time

            time.sleep(0.3)
            return super().acknowledge(alert_id)

    async def scenario(pilot: Pilot) -> None:
        pilot.tower.context.act(lambda desk: desk.acknowledge("al-1"))
        await pilot._processed()
        pilot.main.post_message(Replay("-85m"))
        await pilot._processed()
        assert any("an action is under way" in text for text in pilot.notices)
        await pilot.settle()
        assert "REPLAY" not in pilot.text()

    play(scenario, desk=Slow())


def test_the_palette_asks_for_the_moment_and_leads_back() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog(":")
        await pilot.type("replay")
        await pilot.open_dialog("enter")
        await pilot.type("-85m")
        await pilot.press("enter")
        assert "REPLAY 2026-11-23 01:45:00 UTC" in pilot.text()
        await pilot.open_dialog(":")
        await pilot.type("live")
        await pilot.press("enter")
        assert "REPLAY" not in pilot.text()
        await pilot.open_dialog(":")
        await pilot.type("replay -1m")
        await pilot.press("enter")
        assert "REPLAY 2026-11-23 03:05:13 UTC" in pilot.text()

    play(scenario)


def test_a_replay_without_a_tower_behind_it_stays_one_and_says_how_to_leave() -> None:
    async def run() -> None:
        desk = FakeDesk()
        tower = Tower(
            lambda: desk.past(NOW - timedelta(minutes=85)), quick_board=lambda: None, scheduler=None, read_only=True,
            session_file=None, title="acme-ai", clock=lambda: NOW, replay=True,
        )  # fmt: skip
        async with tower.run_test(size=NARROW) as pilot:
            here = Pilot(tower, desk, pilot)
            await here.settle()
            assert "REPLAY 2026-11-23 01:45:00 UTC  not live" in here.text()
            await here.press("escape")
            assert "there is no live tower behind this replay: q leaves it" in here.notices[-1]
            assert here.lines()[0].endswith("q leaves")
            await here.press(",")
            assert "REPLAY 2026-11-23 01:40:13 UTC" in here.text()

    asyncio.run(asyncio.wait_for(run(), 120))


def test_an_hour_is_one_of_the_operators_clock_and_the_banner_shows_both() -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.tower.manners = Manners(zone=ZoneInfo("Europe/Berlin"))
        await replay(pilot, "02:45")
        assert "REPLAY 2026-11-23 01:45:00 UTC, 02:45 CET  not live" in pilot.text()

    play(scenario, size=NARROW)


def test_the_handover_opens_as_of_the_moment_and_has_no_line_of_today() -> None:
    async def scenario(pilot: Pilot) -> None:
        await replay(pilot, "-95m")
        await pilot.press("H")
        text = pilot.text()
        assert "REPLAY 2026-11-23 01:35:00 UTC" in text
        assert "not in a file: it has the board alone" in text
        assert ALERTS[1].id not in text  # it opened five minutes later
        await pilot.press("escape")
        await replay(pilot, "-85m")
        await pilot.press("H")
        assert ALERTS[1].id in pilot.text()
        assert pilot.desk.calls == []

    play(scenario)
