"""One incident opened: what to do, its causes with the evidence for each, its alerts, who was notified, the timeline."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.text import many
from pulse_tui.domain.views.incidents import IncidentStory
from pulse_tui.tui.asks import incidents as asks
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.crumbs import crumb
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


def incident_title(story: IncidentStory) -> list[Span]:
    """``P1  open  p95 1.3 x objective on support-bot prod``."""
    row = story.row
    return [
        (" ", styles.PLAIN),
        styles.priority(row.priority),
        (f"  {row.state}  ", styles.WARN if row.state == "open" else styles.DIM),
        (safe(row.title), styles.BOLD),
    ]


def incident_blocks(story: IncidentStory, read_only: bool = False) -> list[Block]:
    """What to do and the causes first; what it was like before, and everything that happened, after."""
    row = story.row
    causes = [safe(line) for cause in story.causes for line in cause.lines()]
    head = safe(row.cause_words) if row.cause else "unknown: the evidence does not decide"
    keys = () if read_only or not story.causes else ("[c] confirms one of them",)
    alerts = [safe(m.line()) for m in story.members]
    if story.more:
        alerts.append(f"and {story.more} more: they are counted, not listed")
    if not read_only and len(story.members) > 1:
        alerts.append("[E] splits one off  [m] makes all of them part of another incident")
    began = [f"began {safe(story.onset)}", f"customers: {safe(story.impact)}"]
    began += [f"ended {safe(story.ended)}"] if story.ended else []
    where = " ".join(w for w in (row.asset, row.environment) if w) or "no asset"
    about = [
        safe(f"{where} · owner {row.owner or 'nobody'} · {row.id}" + (f" · {row.external}" if row.external else ""))
    ]
    about += [safe(f"[u] takes back: {story.undo.split(': pulse-tui', maxsplit=1)[0]}")] if story.undo else []
    return [
        Block("WHAT HAPPENED", tuple(began)),
        Block("CAUSE", (head, *causes, *keys), label_style=styles.WARN + styles.BOLD),
        Block(
            "WHAT TO DO NOW",
            tuple(safe(line) for line in story.todo) or ("nothing: no alert of it is open",),
            label_style=styles.GOOD + styles.BOLD,
        ),
        Block(f"ALERTS {row.open}/{row.alerts}", tuple(alerts) or ("none",), styles.PLAIN),
        Block(
            "SEEN BEFORE", tuple(safe(s) for s in story.seen_before) or ("nothing like it ended so far",), styles.PLAIN
        ),
        Block("NOTIFIED", tuple(safe(n.line()) for n in story.notices) or ("nobody",), styles.PLAIN),
        Block("TIMELINE", tuple(safe(m.line()) for m in story.timeline), styles.PLAIN),
        Block(
            "LOOK AT",
            tuple(safe(f"{link.name}: {link.url}") for link in story.links) or ("no links are configured",),
            styles.DIM,
        ),
        Block("ABOUT", tuple(about), styles.DIM),
    ]


class IncidentScreen(PageScreen):
    """What led to it, and what operators decided of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("c", "confirm", "confirm", "confirm a cause: one more key says which", show=True, changes=True),
        bind("E", "split", "split", "an alert does not belong to it: one more key says which", show=True, changes=True),
        bind("m", "merge", "merge", "make it part of another open incident", show=True, changes=True),
        bind("u", "undo", "undo", "take the last act on it back", show=True, changes=True),
        bind("t", "onset", "began", "state when it began", show=True, changes=True),
        bind("i", "impact", "impact", "state whether customers were affected, and since when", show=True, changes=True),
        bind("R", "resolve", "resolve", "it ended: why, and what helped", show=True, changes=True),
        bind("o", "alert", "alert", "open its most urgent alert", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, story: IncidentStory) -> None:
        """The story as the desk gives it."""
        super().__init__(head, incident_title(story), incident_blocks(story, head.read_only))
        self.story = story

    def ref(self) -> Ref | None:
        return Ref(RefKind.INCIDENT, self.story.row.id)

    def crumb(self) -> str:
        return crumb(f"{self.story.row.id[:6]} {self.story.row.title}")

    def show_story(self, story: IncidentStory) -> None:
        """The story with news."""
        self.story = story
        self.show_page(incident_title(story), incident_blocks(story, self.head.read_only))

    def applies(self, action: str) -> bool:
        story = self.story
        is_open = story.row.state == "open"
        if action == "confirm":
            return bool(story.causes)
        if action == "split":
            return story.row.alerts > 1
        if action == "undo":
            return bool(story.undo)
        if action in ("merge", "resolve"):
            return is_open
        if action == "alert":
            return bool(story.members)
        return True

    def action_confirm(self) -> None:
        row, causes = self.story.row, tuple(f"{many_of(c.also)}{c.title}" for c in self.story.causes[:9])
        self.post_message(asks.ConfirmCause(row.id, row.title, causes))

    def action_split(self) -> None:
        row = self.story.row
        self.post_message(
            asks.SplitAlert(
                row.id, row.title, tuple((m.alert, f"{m.priority} {m.title}") for m in self.story.members[:9])
            )
        )

    def action_merge(self) -> None:
        self.post_message(asks.MergeIncident(self.story.row.id, self.story.row.title))

    def action_undo(self) -> None:
        self.post_message(asks.UndoIncident(self.story.row.id))

    def action_onset(self) -> None:
        self.post_message(asks.StateOnset(self.story.row.id, self.story.row.title))

    def action_impact(self) -> None:
        self.post_message(asks.StateImpact(self.story.row.id, self.story.row.title))

    def action_resolve(self) -> None:
        self.post_message(asks.ResolveIncident(self.story.row.id, self.story.row.title))

    def action_alert(self) -> None:
        ranks = {"P1": 0, "P2": 1, "?": 2, "P3": 3, "P4": 4}
        first = min(self.story.members, key=lambda m: (m.state == "resolved", ranks.get(m.priority, 5)), default=None)
        if first is not None:
            self.post_message(OpenAlert(first.alert))


def many_of(also: tuple[str, ...]) -> str:
    """``3 signals: `` where several report one cause; else nothing."""
    return f"{many(len(also) + 1, 'signal')}: " if also else ""
