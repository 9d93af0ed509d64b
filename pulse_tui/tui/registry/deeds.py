"""What changes a release: approve, promote, quarantine, retire. Each is confirmed by its version, typed, and a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.deeds import Deeds
from pulse_tui.tui.kit.rows import environment

if TYPE_CHECKING:
    from pulse_tui.domain.views.registry import GateStory
    from pulse_tui.tui.kit.confirm import Confirmation

_DEEDS: Final = {
    "approve": ("Approve", "it may be promoted; nothing is deployed by this"),
    "quarantine": ("Quarantine", "nothing is promoted or rolled back to it any more; where it serves, it goes on serving"),
    "retire": ("Retire", "for good: it is no target any more, and no deed brings it back"),
}  # fmt: skip


class ReleaseDeeds(Deeds):
    """Asks, calls, says what was done, and reads the board again."""

    def on_move_release(self, message: asks.MoveRelease) -> None:
        """Approve, quarantine or retire."""
        from pulse_tui.tui.kit.confirm import Confirmation  # noqa: PLC0415

        asset, version, deed = message.asset_id, message.version, message.deed
        word, after = _DEEDS[deed]
        asked = Confirmation(
            word, f"{asset} {version}", "recorded with your name and the reason", after, version, needs_why=True
        )
        self._confirmed(asked, lambda why: self._deed(lambda desk: desk.move_release(asset, version, deed, why)))

    def on_promote(self, message: asks.Promote) -> None:
        """Ask where, show what the gate says, then confirm."""
        from pulse_tui.tui.kit.ask import AskScreen, environment_field  # noqa: PLC0415

        asset, version = message.asset_id, message.version
        if self._refuses():
            return
        if message.environment is not None:
            self._promote(asset, version, message.environment)
            return

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._promote(asset, version, values[0])

        about = f"{asset} {version}: the gate is asked first"
        self.push_screen(AskScreen("Promote", about, (environment_field(),)), answered)

    def _promote(self, asset: str, version: str, where: str) -> None:
        from pulse_tui.tui.kit.confirm import Confirmation  # noqa: PLC0415

        short = environment(where)[0]

        def judged(story: GateStory) -> None:
            if not story.go:
                self.say(f"{asset} {version} may not go to {short}: the gate's page says why", bad=True)
                self.open_gate(asset, version, where)
                return
            asked = Confirmation(
                "Promote", f"{asset} {version} → {short}", "recorded with your name and reason",
                "It is what serves there from then on, as far as the registry tells.", version, "gate: GO", needs_why=True,
            )  # fmt: skip
            self._confirmed(asked, lambda why: self._deed(lambda desk: desk.promote(asset, version, where, why)))

        self._ask(lambda desk: desk.gate_story(asset, version, where), judged)

    def _confirmed(self, asked: Confirmation, then: Callable[[str], None]) -> None:
        from pulse_tui.tui.kit.confirm import ApprovalScreen  # noqa: PLC0415

        if self._refuses():
            return

        def answered(why: str | None) -> None:
            if why is not None:
                then(why)

        self.push_screen(ApprovalScreen(asked), answered)

    def _refuses(self) -> bool:
        if self.head.read_only:
            self.say("this tower is read-only", bad=True)
        return self.head.read_only
