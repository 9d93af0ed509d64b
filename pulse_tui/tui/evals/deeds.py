"""What changes a benchmark: a run pinned as the baseline, the risk of an undecided verdict accepted."""

from __future__ import annotations

from typing import Final

from pulse_tui.tui.asks import evals as asks
from pulse_tui.tui.registry.deeds import ReleaseDeeds

DAYS: Final = "7"
"""How long an accepted risk holds unless another number is typed."""
_SETTLED: Final = ("PASS", "")


class BenchDeeds(ReleaseDeeds):
    """Asks, calls, says what was done, and reads the board again."""

    def on_pin_baseline(self, message: asks.PinBaseline) -> None:
        """Ask why; for a run that did not pass its version too, because what is bad in it counts as normal from then on."""
        from pulse_tui.tui.kit.ask import AskScreen, Field  # noqa: PLC0415

        story = message.story
        if self._refuses():
            return

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.pin_baseline(story.run, values[-1]))

        def same(value: str) -> str:
            return "" if value.strip() == story.version else f"type {story.version}"

        about = f"{story.version} · {story.suite}: later runs are compared with it"
        fields = [Field("Why")]
        if story.verdict not in _SETTLED:
            about = f"{story.version} is {story.verdict}: what is worse will count as normal"
            fields.insert(0, Field("Type its version", "", same))
        self.push_screen(AskScreen("Pin as baseline", about, fields), answered)

    def on_accept_risk(self, message: asks.AcceptRisk) -> None:
        """Ask where, of which gate, for how many days and why."""
        from pulse_tui.tui.kit.ask import AskScreen, Field, environment_field, positive_count  # noqa: PLC0415

        story, gates = message.story, message.gates
        if self._refuses() or not gates:
            return

        def wrong(value: str) -> str:
            return "" if value.strip() in gates else f"what is undecided is {' and '.join(gates)}"

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                where, gate, days, why = values
                self._deed(lambda desk: desk.accept_risk(story.run, where, gate, int(days), why))

        fields = (
            environment_field(),
            Field("Gate", gates[0], wrong),
            Field("Days", DAYS, positive_count),
            Field("Why"),
        )
        about = f"{story.version} · {story.suite} {story.verdict}: lifts the hold of this run"
        self.push_screen(AskScreen("Accept the risk", about, fields), answered)
