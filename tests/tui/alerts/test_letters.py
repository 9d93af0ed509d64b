"""Messages that did not arrive are a list with one key to replay and one to drop; a read-only tower only shows them."""

from __future__ import annotations

from pulse_tui.domain.views.delivery import LetterRow
from pulse_tui.tui.alerts.letters import letter_cells
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import Pilot, play

DEAD = LetterRow(
    "notify-1",
    "dead",
    "pager",
    "pagerduty",
    "opened",
    "accuracy -5 pp [red]x",
    1,
    0,
    0,
    "answered 401: invalid key",
    "",
    "al-1",
)
WAITS = DEAD._replace(key="notify-2", state="queued", route="chat", attempts=3, error="answered 503")
ARRIVED = DEAD._replace(key="notify-3", state="sent", error="", receipt="202")


def desk() -> FakeDesk:
    made = FakeDesk()
    made.outgoing = (DEAD, WAITS, ARRIVED)
    return made


def test_the_list_says_where_each_is_and_why() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("O")
        text = pilot.text()
        assert "✖ dead" in text
        assert "▲ queued" in text
        assert "answered 401: invalid key" in text
        assert "notify-3" not in text

    play(scenario, desk=desk())


def test_one_key_replays_what_is_dead_and_another_drops_it_with_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("O", "r")
        assert pilot.desk.calls == [("replay_letters", "notify-1", "")]
        await pilot.press("j", "r")
        assert len(pilot.desk.calls) == 1, "what is tried again anyway is not replayed"
        await pilot.open_dialog("E")
        await pilot.press(*"phone", "enter")
        assert pilot.desk.calls[1:] == [("drop_letters", "phone", "notify-2", "")]

    play(scenario, desk=desk())


def test_marked_messages_are_sent_again_each_by_itself_or_dropped_for_one_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("O", "ctrl+a")
        await pilot.open_dialog("r")
        assert "Send these messages again" in pilot.text()
        await pilot.press("enter")
        assert pilot.desk.calls == [("replay_letters", "notify-1", ""), ("replay_letters", "notify-2", "")]

    async def dropped(pilot: Pilot) -> None:
        await pilot.press("O", "ctrl+a")
        await pilot.open_dialog("E")
        await pilot.press(*"phone", "enter")
        assert [call[:3] for call in pilot.desk.calls] == [
            ("drop_letters", "phone", "notify-1"),
            ("drop_letters", "phone", "notify-2"),
        ]

    play(scenario, desk=desk())
    play(dropped, desk=desk())


def test_a_read_only_tower_shows_them_and_has_no_key_for_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("O", "r", "A", "E")
        assert (pilot.desk.calls, pilot.screen_name) == ([], "LettersScreen")
        await pilot.press("enter")
        assert "pagerduty to pager" in pilot.text()

    play(scenario, desk=desk(), read_only=True)


def test_text_from_outside_is_no_markup() -> None:
    assert any("[red]x" in str(cell[0]) for cell in letter_cells(DEAD, 60_000_000))
