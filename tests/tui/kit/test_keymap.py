"""The operator's own keys: what is refused, and that every screen, footer, help and page shows what was chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.settings.tower import KeyChoice, Preferences
from pulse_tui.tui.common.screens import screens
from pulse_tui.tui.kit.keymap import Keymap, called, read_key, wrong
from pulse_tui.tui.kit.keys import Bottom, bind, key_name
from tests.tui.helpers import Pilot, play

SCREENS = screens()


def chosen(screen: str, action: str, keys: tuple[str, ...]) -> KeyChoice:
    return KeyChoice(screen, action, keys, "tower.yaml:2")


def said(*choices: KeyChoice) -> list[str]:
    return [f"{each.where}: {each.what} ({each.hint})" for each in wrong(choices, SCREENS)]


def test_nothing_is_wrong_with_the_keys_that_come_with_it() -> None:
    assert said() == []
    for name, lists in SCREENS.items():
        for owner, keys in lists:
            for key in keys:
                written = tuple(key_name(k) for k in key.key.split(",") if k not in ("space",))
                assert not [p for k in written for p in [read_key(k)[1]] if p], (name, owner, key)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (chosen("", "acknowledge", ("s",)), "s would be acknowledge and silence on the screen"),
        (chosen("alert", "acknowledge", ("s",)), "s would be acknowledge and silence on the screen 'alert'"),
        (chosen("alerts", "acknowledge", ("j",)), "j would be acknowledge and move-next on the screen 'alerts'"),
        (chosen("panes", "history", ("a",)), "a would be acknowledge and history on the screen 'alerts'"),
        (chosen("", "acknowlege", ("x",)), "there is no action 'acknowlege' (did you mean 'acknowledge'?)"),
        (chosen("alert", "order", ("x",)), "there is no action 'order' on the screen 'alert'"),
        (chosen("", "zzz", ("x",)), "there is no action 'zzz' (pulse-tui help keys names them all)"),
        (chosen("alret", "acknowledge", ("x",)), "there is no screen 'alret' (did you mean 'alert'?)"),
        (chosen("", "acknowledge", ("hyper-x",)), "the key 'hyper-x' is no key"),
        (chosen("", "acknowledge", ("",)), "is no key"),
        (chosen("", "acknowledge", ()), "is no key"),
        (chosen("", "acknowledge", ("ctrl-q",)), "cannot be chosen: it leaves the tower from anywhere"),
        (chosen("", "acknowledge", ("ctrl+m",)), "cannot be chosen: a terminal sends Enter for it"),
        (chosen("form", "next", ("x",)), "there is no screen 'form'"),
    ],
)
def test_what_is_refused(choice: KeyChoice, words: str) -> None:
    found = said(choice)
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith("tower.yaml:2: ")


def test_two_that_change_places_do_not_clash() -> None:
    assert said(chosen("", "silence", ("a",)), chosen("", "acknowledge", ("s",))) == []


@pytest.mark.parametrize(
    ("written", "named"),
    [("x", "x"), ("S", "S"), ("shift-s", "S"), ("ctrl-a", "ctrl+a"), ("Ctrl+A", "ctrl+a"), ("F5", "f5"), ("Space", "space"), ("<", "less_than_sign"),
     ("[", "left_square_bracket"), ("-", "minus"), ("/", "slash"), ("PgDn", "pagedown"), ("Esc", "escape"), ("shift-tab", "shift+tab"), ("alt-x", "alt+x")],
)  # fmt: skip
def test_a_key_is_written_as_people_write_it(written: str, named: str) -> None:
    assert read_key(written) == (named, "")


@given(st.text(max_size=12))
def test_whatever_is_written_is_a_key_or_says_why_not(written: str) -> None:
    named, why = read_key(written) if written.strip() else ("", "is no key")
    assert bool(named) != bool(why)
    assert named not in ("ctrl+q", "ctrl+c")


def test_actions_that_go_both_ways_have_two_names() -> None:
    assert called(bind("j", "move(1)", "down")) == "move-next"
    assert called(bind("k", "move(-1)", "up")) == "move-previous"
    assert called(bind("q", "app.quit", "quit")) == "quit"
    assert called(bind("4", "pane(3)", "Alerts")) == "pane-4"
    assert called(bind("G", "edge(True)", "bottom")) == "edge-last"


def test_one_screen_may_have_it_otherwise_than_the_others() -> None:
    keymap = Keymap([chosen("", "acknowledge", ("x",)), chosen("alert", "acknowledge", ("f5", "X"))])
    key = bind("a", "acknowledge", "ack")
    assert keymap.of("alerts", [key])[0].key == "x"
    assert (keymap.of("alert", [key])[0].key, keymap.of("alert", [key])[0].key_display) == ("f5,X", "f5 X")


def test_the_tower_obeys_the_chosen_keys_and_shows_them() -> None:
    mine = [
        chosen("", "acknowledge", ("x",)),
        chosen("", "step-previous", ("f2",)),
        chosen("alert", "silence", ("ctrl-g",)),
        chosen("", "messages", ("f9",)),
    ]

    async def scenario(pilot: Pilot) -> None:
        assert "x ack" in pilot.lines()[-1]
        pilot.tower.screen.query_one(Bottom).say("it did not work", bad=True)
        assert "f9 full text" in pilot.lines()[-1]
        await pilot.press("escape")
        await pilot.press("a")
        assert not pilot.desk.calls
        await pilot.press("x")
        assert pilot.desk.calls == [("acknowledge", "al-1")]
        await pilot.press("j", "enter")
        assert "x ack" in pilot.lines()[-1]
        assert "ctrl-g silence" in pilot.lines()[-1]
        await pilot.press("f2")
        assert pilot.screen_name == "MainScreen"
        await pilot.press("question_mark")
        assert any(line.startswith("              x  ") for line in pilot.lines()) or "x     " in pilot.text()

    play(scenario, preferences=Preferences(tuple(mine)))


def test_without_choices_the_keys_are_those_that_come_with_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("a")
        assert pilot.desk.calls == [("acknowledge", "al-1")]

    play(scenario)
