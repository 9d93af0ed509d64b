"""The tempo index in the header: only where everything else stands in full."""

from __future__ import annotations

from pulse_tui.domain.views.vendors import TempoLine
from pulse_tui.tui.kit.header import tempo_words
from pulse_tui.tui.kit.styles import to_ascii
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import NARROW, Pilot, play

SPEED = TempoLine(128, (1, 0, 2, 3, 1, 2, 4, 5, 3, 2, 4, 6, 8))


def desk(speed: TempoLine | None, frozen: bool = False) -> FakeDesk:
    made = FakeDesk()
    made.speed = speed
    if not frozen:
        made.registry = tuple(r._replace(state="ok") if r.state == "frozen" else r for r in made.registry)
    return made


def test_the_bars_are_beside_the_most_of_the_year() -> None:
    assert tempo_words(SPEED) == "tempo 128 ▂▄▆█"
    assert tempo_words(TempoLine(0, (0, 0))) == "tempo 0 ▁▁"
    assert "?" not in to_ascii(tempo_words(SPEED))


def test_it_stands_on_a_wide_quiet_line_and_nowhere_else() -> None:
    async def there(pilot: Pilot) -> None:
        assert "tempo 128 ▂▄▆█  ana@jump-1" in pilot.lines()[0]

    async def nowhere(pilot: Pilot) -> None:
        assert "tempo" not in pilot.lines()[0]

    play(there, desk=desk(SPEED))
    play(nowhere, desk=desk(None))
    play(nowhere, desk=desk(SPEED), size=NARROW)
    play(nowhere, desk=desk(SPEED, frozen=True))


def test_what_else_stands_on_the_line_is_never_shortened_for_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        assert "tempo" in pilot.lines()[0]
        with_it = pilot.lines()[0]
        pilot.desk.speed = None
        await pilot.changed()
        assert with_it.replace("tempo 128 ▂▄▆█  ", "").split() == pilot.lines()[0].split()

    play(scenario, desk=desk(SPEED))
