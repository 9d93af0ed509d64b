"""A release opened, two releases compared, and what the gate decides of one; and the actions on a release."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, release_ref
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.views.registry import GateMark, GateStory, ReleaseStory
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block, Lines, story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import BaseScreen, Head

_GONE: Final = (ReleaseState.QUARANTINED, ReleaseState.RETIRED)


class Subject(NamedTuple):
    """The release that the keys are about."""

    asset: str
    version: str
    state: str


class ReleaseKeys(BaseScreen):
    """The keys of a screen that is about a release; what each asks for is a message."""

    RELEASE_KEYS: ClassVar[list[BindingType]] = [
        bind("e", "gate", "gate", "the gate: may it go to an environment? every reason", show=True),
        bind("A", "approve_release", "approve", "approve the release; asks for its version and why", show=True, changes=True),
        bind("P", "promote_release", "promote", "promote: record that it goes to an environment; the gate must be open", show=True, changes=True),
        bind("Q", "quarantine_release", "quarantine", "quarantine: nothing may go to it any more; asks for its version and why", show=True, changes=True),
        bind("R", "retire_release", "retire", "retire for good: it is no target any more; asks for its version and why", show=True, changes=True),
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
            return subject.state not in (*_GONE, ReleaseState.APPROVED)
        if action in ("promote_release", "quarantine_release"):
            return subject.state not in _GONE
        return action != "retire_release" or subject.state != ReleaseState.RETIRED

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

    def _move(self, action: str) -> None:
        if (subject := self.subject()) is not None:
            self.post_message(asks.MoveRelease(subject.asset, subject.version, action))


def release_title(asset: str, version: str, state: str) -> list[Span]:
    """``Release  support-bot 3.8.2  ◆ evaluated``."""
    title: list[Span] = [(" Release  ", styles.DIM), (safe(f"{asset} {version}"), styles.BOLD)]
    return [*title, ("   ", styles.PLAIN), styles.state(state)]


class ReleaseScreen(ReleaseKeys, PageScreen):
    """Everything recorded of one release."""

    BINDINGS: ClassVar[list[BindingType]] = [*ReleaseKeys.RELEASE_KEYS, *PageScreen.PAGE_KEYS]

    def __init__(self, head: Head, asset: str, version: str, story: ReleaseStory) -> None:
        """The story as the desk gives it."""
        self.asset_id, self.version, self.state = asset, version, story.state
        super().__init__(head, release_title(asset, version, story.state), story_blocks(story.lines))

    def ref(self) -> Ref | None:
        return release_ref(self.asset_id, self.version)

    def subject(self) -> Subject:
        return Subject(self.asset_id, self.version, self.state)

    def show_story(self, story: ReleaseStory) -> None:
        """The release with news."""
        self.state = story.state
        self.show_page(release_title(self.asset_id, self.version, story.state), story_blocks(story.lines))

    def applies(self, action: str) -> bool:
        return self.release_applies(action)


class DiffScreen(PageScreen):
    """What is not the same between two releases."""

    def __init__(self, head: Head, asset: str, older: str, newer: str, lines: Lines) -> None:
        """By their iteration."""
        title = [(" Diff  ", styles.DIM), (safe(f"{asset}  {older} → {newer}"), styles.BOLD)]
        super().__init__(head, title, _diff_blocks(lines))
        self.about = release_ref(asset, newer)

    def ref(self) -> Ref | None:
        return self.about

    def show_story(self, lines: Lines) -> None:
        """The difference with news."""
        self.document.show(_diff_blocks(lines))


def _diff_blocks(lines: Lines) -> list[Block]:
    return story_blocks(lines) or [Block("", ("nothing that is recorded of them differs",))]


def gate_title(asset: str, version: str, where: str, story: GateStory) -> list[Span]:
    """``Gate  support-bot 3.8.2 → prod  ✖ BLOCKED``."""
    about = safe(f"{asset} {version} → {environment(where)[0]}")
    return [(" Gate  ", styles.DIM), (about, styles.BOLD), ("   ", styles.PLAIN), styles.state(story.word)]


def gate_blocks(story: GateStory) -> list[Block]:
    """What blocks first, then what is only advised, then what is in order; each with its glyph."""
    marked = [(r.name, f"{glyph} {r.text}") for mark, glyph in _GLYPHS.items() for r in story.reasons if r.mark is mark]
    reasons = (block._replace(tight=n > 0) for n, block in enumerate(story_blocks(marked)))
    return [*_questions(story), *story_blocks([(story.word, story.headline)]), *reasons]


def _questions(story: GateStory) -> list[Block]:
    blocking = dict.fromkeys(r.name for r in story.reasons if r.mark is GateMark.BLOCKING)
    advisory = dict.fromkeys(r.name for r in story.reasons if r.mark is GateMark.ADVISORY)
    risk = [f"blocking: {', '.join(blocking)}"] if blocking else ["nothing blocks it"]
    risk += [f"only advised: {', '.join(advisory)}"] if advisory else []
    risk += [f"live: {line}" for line in story.beside]
    todo = story.todo or (("[P] records that it goes there",) if story.go else ("fix what blocks, then check again",))
    return [
        Block("WHAT CHANGED", story.changed or (story.headline,)),
        Block("WHAT IS THE RISK", tuple(risk), label_style=styles.WARN + styles.BOLD),
        Block("WHAT TO DO NOW", todo, label_style=styles.GOOD + styles.BOLD),
    ]


_GLYPHS: Final = {GateMark.BLOCKING: "✖", GateMark.ADVISORY: "▲", GateMark.OK: "●"}


class GateScreen(PageScreen):
    """May a release go to an environment? Every reason."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "P",
            "promote_release",
            "promote",
            "record that it goes there; the gate must be open",
            show=True,
            changes=True,
        ),
        bind("A", "approve_release", "approve", "approve it; asks for its version and why", show=True, changes=True),
        bind("v", "verdicts", "verdicts", "the suites: every gate, what flipped", show=True),
        bind("h", "history", "history", "the other releases", show=True),
        bind("o", "open_asset", "asset", "the asset, with its alerts and holds", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, asset: str, version: str, where: str, story: GateStory) -> None:
        """``where`` is an environment."""
        super().__init__(head, gate_title(asset, version, where, story), gate_blocks(story))
        self.asset_id, self.version, self.where, self.go, self.state = asset, version, where, story.go, story.state

    def ref(self) -> Ref | None:
        return release_ref(self.asset_id, self.version)

    def show_story(self, story: GateStory) -> None:
        """The gate's answer with news."""
        self.go, self.state = story.go, story.state
        self.show_page(gate_title(self.asset_id, self.version, self.where, story), gate_blocks(story))

    def applies(self, action: str) -> bool:
        if action == "approve_release":
            return self.state not in ("", *_GONE, ReleaseState.APPROVED, ReleaseState.PROMOTED)
        return action != "promote_release" or self.go

    def action_approve_release(self) -> None:
        self.post_message(asks.MoveRelease(self.asset_id, self.version, "approve"))

    def action_verdicts(self) -> None:
        self.post_message(OpenBench(self.asset_id))

    def action_history(self) -> None:
        self.post_message(asks.OpenHistory(self.asset_id))

    def action_open_asset(self) -> None:
        self.post_message(asks.OpenAsset(self.asset_id))

    def action_promote_release(self) -> None:
        self.post_message(asks.Promote(self.asset_id, self.version, self.where))
