"""What changes a benchmark: a run pinned as the baseline, the risk of an undecided verdict accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import evals as asks
from pulse_tui.tui.kit.forms import Field, environment_field, positive_count

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context

DAYS: Final = "7"
"""How long an accepted risk holds unless another number is typed."""
_SETTLED: Final = ("PASS", "")


class Actions:
    """Asks for what an action needs, calls, says what was done, and has the board read again."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context

    def pin_baseline(self, ask: asks.PinBaseline) -> None:
        """Ask why; for a run that did not pass its version too, because what is bad in it counts as normal from then on."""
        context, story = self._context, ask.story
        if context.refuses():
            return

        def same(value: str) -> str:
            return "" if value.strip() == story.version else f"type {story.version}"

        about = f"{story.version} · {story.suite}: later runs are compared with it"
        fields = [Field("Why")]
        if story.verdict not in _SETTLED:
            about = f"{story.version} is {story.verdict}: what is worse will count as normal"
            fields.insert(0, Field("Type its version", "", same))
        context.form(
            "Pin as baseline", about, fields,
            lambda values: context.act(lambda desk: desk.pin_baseline(story.run, values[-1])),
        )  # fmt: skip

    def accept_risk(self, ask: asks.AcceptRisk) -> None:
        """Ask where, of which gate, for how many days and why."""
        context, story, gates = self._context, ask.story, ask.gates
        if context.refuses() or not gates:
            return

        def wrong(value: str) -> str:
            return "" if value.strip() in gates else f"what is undecided is {' and '.join(gates)}"

        def answered(values: tuple[str, ...]) -> None:
            where, gate, days, why = values
            context.act(lambda desk: desk.accept_risk(story.run, where, gate, int(days), why))

        fields = (
            environment_field(),
            Field("Gate", gates[0], wrong),
            Field("Days", DAYS, positive_count),
            Field("Why"),
        )
        about = f"{story.version} · {story.suite} {story.verdict}: lifts the hold of this run"
        context.form("Accept the risk", about, fields, answered)
