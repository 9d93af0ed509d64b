"""A release opened, two releases compared, and what the gate says of one; and the deeds on a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from textual.binding import BindingType

from pulse_tui.tui.alerts.alert import story_blocks
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import BaseScreen, Head

Lines = Sequence[tuple[str, str]]
_STATES: Final = frozenset({"draft", "evaluated", "approved", "promoted", "quarantined", "retired"})
_GONE: Final = ("quarantined", "retired")


class Subject(NamedTuple):
    """The release that the keys are about."""

    asset: str
    version: str
    state: str


class ReleaseKeys(BaseScreen):
    """The keys of a screen that is about a release; what each asks for is a message."""

    RELEASE_KEYS: ClassVar[list[BindingType]] = [
        bind("e", "gate", "gate", "may it go to an environment? asks which; every reason", show=True),
        bind("A", "approve_release", "approve", "approve the release; asks for its version and why", show=True),
        bind("P", "promote_release", "promote", "record that it goes to an environment; the gate must be open", show=True),
        bind("Q", "quarantine_release", "quarantine", "nothing may go to it any more; asks for its version and why", show=True),
        bind("R", "retire_release", "retire", "for good: it is no target any more; asks for its version and why", show=True),
    ]  # fmt: skip

    def subject(self) -> Subject | None:
        """The release under the cursor, or of the page."""
        raise NotImplementedError

    def release_applies(self, action: str) -> bool:
        """Whether a key of a release makes sense in its state; whether it may be done is not judged here."""
        subject = self.subject()
        if subject is None:
            return False
        if action == "approve_release":
            return subject.state not in (*_GONE, "approved")
        if action in ("promote_release", "quarantine_release"):
            return subject.state not in _GONE
        return action != "retire_release" or subject.state != "retired"

    def action_gate(self) -> None:
        if (subject := self.subject()) is not None:
            self.post_message(asks.OpenGate(subject.asset, subject.version))

    def action_promote_release(self) -> None:
        if (subject := self.subject()) is not None:
            self.post_message(asks.Promote(subject.asset, subject.version))

    def action_approve_release(self) -> None:
        self._move("approve")

    def action_quarantine_release(self) -> None:
        self._move("quarantine")

    def action_retire_release(self) -> None:
        self._move("retire")

    def _move(self, deed: str) -> None:
        if (subject := self.subject()) is not None:
            self.post_message(asks.MoveRelease(subject.asset, subject.version, deed))


def state_in(lines: Lines) -> str:
    """The release's state as its story tells it (``Release: support-bot 3.8.2: evaluated, ...``); empty when it does not."""
    for label, text in lines:
        if label.casefold() in ("release", "state"):
            word = text.rpartition(": ")[2].partition(",")[0].strip()
            return word if word in _STATES else ""
    return ""


def release_title(asset: str, version: str, state: str) -> list[Span]:
    """``Release  support-bot 3.8.2  ◆ evaluated``."""
    title: list[Span] = [(" Release  ", look.DIM), (safe(f"{asset} {version}"), look.BOLD)]
    return [*title, ("   ", look.PLAIN), look.state(state)] if state else title


class ReleaseScreen(ReleaseKeys, PageScreen):
    """Everything recorded of one release."""

    BINDINGS: ClassVar[list[BindingType]] = [*ReleaseKeys.RELEASE_KEYS, *PageScreen.PAGE_KEYS]

    def __init__(self, head: Head, asset: str, version: str, lines: Lines) -> None:
        """The lines as the desk told them."""
        self.asset_id, self.version, self.state = asset, version, state_in(lines)
        super().__init__(head, release_title(asset, version, self.state), story_blocks(lines))

    def subject(self) -> Subject:
        return Subject(self.asset_id, self.version, self.state)

    def show_story(self, lines: Lines) -> None:
        """The release with news."""
        self.state = state_in(lines)
        self.show_page(release_title(self.asset_id, self.version, self.state), story_blocks(lines))

    def applies(self, action: str) -> bool:
        return self.release_applies(action)


class DiffScreen(PageScreen):
    """What is not the same between two releases."""

    def __init__(self, head: Head, asset: str, older: str, newer: str, lines: Lines) -> None:
        """By their iteration."""
        title = [(" Diff  ", look.DIM), (safe(f"{asset}  {older} → {newer}"), look.BOLD)]
        super().__init__(head, title, _diff_blocks(lines))

    def show_story(self, lines: Lines) -> None:
        """The difference with news."""
        self.document.show(_diff_blocks(lines))


def _diff_blocks(lines: Lines) -> list[Block]:
    return story_blocks(lines) or [Block("", ("nothing that is recorded of them differs",))]


def gate_word(lines: Lines) -> str:
    """``GO`` or ``BLOCKED``, as the story begins; BLOCKED when it says neither."""
    first = " ".join(lines[0]).replace(":", " ").replace(",", " ").split() if lines else []
    return "GO" if "GO" in first and "BLOCKED" not in first else "BLOCKED"


def gate_title(asset: str, version: str, where: str, lines: Lines) -> list[Span]:
    """``Gate  support-bot 3.8.2 → prod  ✖ BLOCKED``."""
    about = safe(f"{asset} {version} → {environment(where)[0]}")
    return [(" Gate  ", look.DIM), (about, look.BOLD), ("   ", look.PLAIN), look.state(gate_word(lines))]


def gate_blocks(lines: Lines) -> list[Block]:
    """What blocks first, then what is only advised, then what is in order; each with its glyph."""
    marked = [(_weight(text), label, text) for label, text in lines[1:]]
    marked.sort(key=lambda line: line[0])
    reasons = story_blocks([(label, f"{_GLYPHS[weight]} {text}") for weight, label, text in marked])
    return [*story_blocks(lines[:1]), *(block._replace(tight=n > 0) for n, block in enumerate(reasons))]


_GLYPHS: Final = ("✖", "▲", "●")


def _weight(text: str) -> int:
    head = text.partition(":")[0]
    return 0 if head.endswith(", blocking") else 1 if head.endswith(", advisory") else 2


class GateScreen(PageScreen):
    """May a release go to an environment? Every reason."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("P", "promote_release", "promote", "record that it goes there; the gate must be open", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, asset: str, version: str, where: str, lines: Lines) -> None:
        """``where`` is an environment."""
        super().__init__(head, gate_title(asset, version, where, lines), gate_blocks(lines))
        self.asset_id, self.version, self.where, self.word = asset, version, where, gate_word(lines)

    def show_story(self, lines: Lines) -> None:
        """The gate's answer with news."""
        self.word = gate_word(lines)
        self.show_page(gate_title(self.asset_id, self.version, self.where, lines), gate_blocks(lines))

    def applies(self, action: str) -> bool:
        return action != "promote_release" or self.word == "GO"

    def action_promote_release(self) -> None:
        self.post_message(asks.Promote(self.asset_id, self.version, self.where))
