"""An alert opened: what changed, what is the risk, what to do now, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from pulse_tui.domain.views.panes import AlertStory
from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import alert_state, environment
from pulse_tui.tui.kit.screen import Head


def alert_title(story: AlertStory) -> list[Span]:
    """``P2 ▲ firing  accuracy -5.2 pp on support-bot canary``."""
    row = story.alert
    return [
        (" ", look.PLAIN),
        look.priority(row.priority),
        ("  ", look.PLAIN),
        alert_state(row),
        ("  ", look.PLAIN),
        (safe(row.title), look.BOLD),
    ]


def alert_blocks(story: AlertStory) -> list[Block]:
    """The page: the three questions first, the evidence after."""
    todo = story.todo
    if story.plan_hash:
        todo = (*todo, f"a plan is there already: [o] opens plan {story.plan_hash[:12]}")
    elif story.rollback_possible:
        todo = (*todo, "[p] makes the rollback plan; it is approved in the plan, nothing runs before")
    verdicts = (f"[v] opens {story.suite}: gates, flipped items, latency, cost",) if story.suite else ()
    row = story.alert
    where = " ".join(w for w in (row.asset, environment(row.environment)[0]) if w) or "no asset claims it"
    return [
        Block("WHAT CHANGED", story.changed or ("not known",)),
        Block("WHAT IS THE RISK", story.risk or ("not known: treat it as real",), label_style=look.WARN + look.BOLD),
        Block(
            "WHAT TO DO NOW",
            todo or ("look at it and decide; policy recommends nothing",),
            label_style=look.GOOD + look.BOLD,
        ),
        Block("WHY", (story.why or ("no rule is recorded",)) + verdicts, look.PLAIN),
        Block("CORRELATED", story.correlated or ("nothing else changed in the same window",), look.PLAIN),
        Block("TIMELINE", story.timeline, look.PLAIN),
        Block(
            "ABOUT",
            (f"{where} · owner {row.owner or 'nobody'} · rule {row.rule} · seen {row.count} times · {row.id}",),
            look.DIM,
        ),
    ]


class NextAlert(Message):
    """Open the next (1) or previous (-1) alert in this one's place."""

    def __init__(self, by: int) -> None:
        """Rows of pane 4."""
        super().__init__()
        self.by = by


class AlertScreen(PageScreen):
    """The three questions about one alert."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("a", "acknowledge", "ack", "acknowledge: you are looking at it", show=True),
        bind("s", "silence", "silence", "silence it for some hours, with a reason", show=True),
        bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True),
        bind("R", "resolve", "resolve", "close it by hand, with a reason: its condition is over", show=True),
        bind("p", "propose", "plan rollback", "make a rollback plan; it is approved in the plan", show=True),
        bind("o", "open_plan", "open plan", "open the plan that is there", show=True),
        bind("v", "verdicts", "verdicts", "the benchmark suite: every gate, what flipped, latency and cost", show=True),
        bind("e", "open_asset", "asset", "open the asset", show=True),
        bind("n", "next(1)", "next", "the next alert", show=True),
        bind("N", "next(-1)", "previous", "the alert before"),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, story: AlertStory) -> None:
        """The story as the desk told it."""
        super().__init__(head, alert_title(story), alert_blocks(story))
        self.story = story

    def show_story(self, story: AlertStory) -> None:
        """The story with news."""
        self.story = story
        self.show_page(alert_title(story), alert_blocks(story))

    def applies(self, action: str) -> bool:
        if action in ("acknowledge", "silence", "waive", "resolve"):
            return self.story.alert.state != "resolved"
        if action == "propose":
            return self.story.rollback_possible and self.story.plan_hash is None
        if action == "open_plan":
            return self.story.plan_hash is not None
        if action == "verdicts":
            return bool(self.story.suite and self.story.alert.asset)
        if action == "open_asset":
            return bool(self.story.alert.asset)
        return True

    def action_acknowledge(self) -> None:
        self.post_message(messages.Acknowledge(self.story.alert.id))

    def action_silence(self) -> None:
        self.post_message(messages.Silence(self.story.alert.id, self.story.alert.title))

    def action_resolve(self) -> None:
        self.post_message(messages.Resolve(self.story.alert.id, self.story.alert.title))

    def action_waive(self) -> None:
        self.post_message(messages.Waive(self.story.alert.id, self.story.alert.title))

    def action_propose(self) -> None:
        row = self.story.alert
        self.post_message(messages.Propose(row.asset, row.environment, row.id))

    def action_open_plan(self) -> None:
        if self.story.plan_hash:
            self.post_message(messages.OpenPlan(self.story.plan_hash))

    def action_open_asset(self) -> None:
        self.post_message(messages.OpenAsset(self.story.alert.asset))

    def action_verdicts(self) -> None:
        self.post_message(OpenBench(self.story.alert.asset, self.story.suite))

    def action_next(self, by: int) -> None:
        self.post_message(NextAlert(by))


def story_blocks(lines: Sequence[tuple[str, str]]) -> list[Block]:
    """(label, text) lines as blocks; lines of one label stand together."""
    blocks: list[Block] = []
    for label, text in lines:
        if blocks and (not label or blocks[-1].label == label.upper()):
            blocks[-1] = blocks[-1]._replace(lines=(*blocks[-1].lines, *text.split("\n")))
        else:
            blocks.append(Block(label.upper(), tuple(text.split("\n"))))
    return blocks
