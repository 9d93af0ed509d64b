"""What changes an asset or a release: freeze; approve, promote, quarantine, retire.

A release's are confirmed by its version, typed, and a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.kit.forms import Confirmation, Field, environment_field
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.registry.rows import is_frozen

if TYPE_CHECKING:
    from pulse_tui.domain.views.registry import GateStory
    from pulse_tui.tui.context import Context

_MOVES: Final = {
    "approve": ("Approve", "it may be promoted; nothing is deployed by this"),
    "quarantine": ("Quarantine", "nothing is promoted or rolled back to it any more; where it serves, it goes on serving"),
    "retire": ("Retire", "for good: it is no target any more, and no action brings it back"),
}  # fmt: skip


class Actions:
    """Asks for what an action needs, calls, says what was done, and has the board read again."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context

    def freeze(self, ask: asks.Freeze) -> None:
        """Ask why, then freeze; where something holds it, ask which hold is lifted and why."""
        context, asset = self._context, ask.asset_id
        if is_frozen(context.board, asset):
            context.ask(lambda desk: desk.holds(asset), lambda standing: self._lift(asset, standing))
            return
        about = f"{asset}: promotions stop until it is lifted; rollbacks do not"
        context.form(
            "Freeze", about, (Field("Why"),), lambda values: context.act(lambda desk: desk.freeze(asset, values[0]))
        )

    def _lift(self, asset: str, standing: tuple[tuple[str, str], ...]) -> None:
        """One hold at a time: each stands for a reason of its own."""
        if not standing:
            self._context.say(f"nothing holds {asset} any more")
            return

        def one_of_them(value: str) -> str:
            known = value.isdigit() and 0 < int(value) <= len(standing)
            return "" if known else f"it must be a number from 1 to {len(standing)}"

        def lift(values: tuple[str, ...]) -> None:
            hold = standing[int(values[0]) - 1][0]
            self._context.act(lambda desk: desk.lift(hold, values[1]))

        # A line each: at 80 columns the second of two in one line is cut off, and the number would be a guess.
        about = "\n".join(("which of:", *(f"{n} {words}" for n, (_, words) in enumerate(standing, 1))))
        fields = (Field("Which", "1" if len(standing) == 1 else "", one_of_them), Field("Why lift it"))
        self._context.form(f"Lift a hold of {asset}", about, fields, lift)

    def move(self, ask: asks.MoveRelease) -> None:
        """Approve, quarantine or retire."""
        asset, version, action = ask.asset_id, ask.version, ask.action
        word, after = _MOVES[action]
        asked = Confirmation(
            word, f"{asset} {version}", "recorded with your name and the reason", after, version, needs_why=True
        )
        self._context.confirm(
            asked, lambda why: self._context.act(lambda desk: desk.move_release(asset, version, action, why))
        )

    def promote(self, ask: asks.Promote) -> None:
        """Ask where, show what the gate says, then confirm."""
        context, asset, version, where = self._context, ask.asset_id, ask.version, ask.environment
        if context.refuses():
            return
        if where is None:
            about = f"{asset} {version}: the gate is asked first"
            context.form(
                "Promote", about, (environment_field(),),
                lambda values: self.promote(asks.Promote(asset, version, values[0])),
            )  # fmt: skip
            return
        short = environment(where)[0]

        def judged(story: GateStory) -> None:
            if not story.go:
                context.say(f"{asset} {version} may not go to {short}: the gate's page says why", bad=True)
                context.answer(asks.OpenGate(asset, version, where))
                return
            asked = Confirmation(
                "Promote", f"{asset} {version} → {short}", "recorded with your name and reason",
                "It is what serves there from then on, as far as the registry shows.", version, "gate: GO", needs_why=True,
            )  # fmt: skip
            context.confirm(asked, lambda why: context.act(lambda desk: desk.promote(asset, version, where, why)))

        context.ask(lambda desk: desk.gate_story(asset, version, where), judged)
