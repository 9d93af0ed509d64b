"""An alert opened: what changed, what is the risk, what to do now, and the evidence."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.text import many
from pulse_tui.domain.views.alerts import AlertStory
from pulse_tui.tui.alerts.rows import alert_state
from pulse_tui.tui.alerts.verdict_keys import VERDICT_KEYS
from pulse_tui.tui.asks import alerts as asks
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.asks.incidents import OpenIncident
from pulse_tui.tui.asks.registry import OpenAsset
from pulse_tui.tui.asks.rollback import OpenPlan, Propose, Route
from pulse_tui.tui.asks.vendors import OpenNote
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.crumbs import crumb
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rollbacks import RUN_KEYS, OfRollbacks, rollback_risk, rollback_steps
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head


def alert_title(story: AlertStory) -> list[Span]:
    """``P2 ▲ firing  accuracy -5.2 pp on support-bot canary``."""
    row = story.alert
    return [
        (" ", styles.PLAIN),
        styles.priority(row.priority),
        ("  ", styles.PLAIN),
        alert_state(row),
        ("  ", styles.PLAIN),
        (safe(row.title), styles.BOLD),
    ]


def alert_blocks(story: AlertStory, read_only: bool = False) -> list[Block]:
    """The page: the three questions first, the evidence after. A rollback that stopped or waits comes before all else."""
    risk = (*rollback_risk(story.rollbacks), *story.risk)
    todo = (*rollback_steps(story.rollbacks, read_only, "o"), *story.todo)
    if story.rollbacks:
        pass
    elif story.plan_hash:
        todo = (*todo, f"a plan is there already: [o] opens plan {story.plan_hash[:12]}")
    elif story.rollback_possible:
        todo = (*todo, "[p] makes the rollback plan; it is approved in the plan, nothing runs before")
    verdicts = (f"[v] opens {story.suite}: gates, flipped items, latency, cost",) if story.suite else ()
    if story.note[1]:
        verdicts = (*verdicts, "[V] opens the vendor's note: its text, every edit, whom else it reaches")
    row = story.alert
    verdict = (
        f"verdict: {story.verdict}"
        if story.verdict
        else "no verdict yet" + ("" if read_only else ": [+] useful  [_] noise  [=] others")
    )
    where = " ".join(w for w in (row.asset, environment(row.environment)[0]) if w) or "no asset matched"
    return [
        Block("WHAT CHANGED", story.changed or ("not known",)),
        Block("WHAT IS THE RISK", risk or ("not known: treat it as real",), label_style=styles.WARN + styles.BOLD),
        Block(
            "WHAT TO DO NOW",
            todo or ("review it and decide; policy recommends nothing",),
            label_style=styles.GOOD + styles.BOLD,
        ),
        Block("WHY", (story.why or ("no rule is recorded",)) + verdicts, styles.PLAIN),
        Block("CORRELATED", story.correlated or ("nothing else changed in the same window",), styles.PLAIN),
        Block("TIMELINE", story.timeline, styles.PLAIN),
        *([Block("WHO IS NOTIFIED", story.called, styles.PLAIN)] if story.called else []),
        Block(
            "ABOUT",
            (
                f"{where} · owner {row.owner or 'nobody'} · rule {row.rule} · seen {many(row.count, 'time')} · {row.id}",
                verdict,
            ),
            styles.DIM,
        ),
    ]


class AlertScreen(OfRollbacks, PageScreen):
    """The three questions about one alert."""

    def place(self) -> asks.OpenAlert:
        return asks.OpenAlert(self.story.alert.id)

    def crumb(self) -> str:
        return crumb(f"{self.story.alert.id[:6]} {self.story.alert.title}")

    BINDINGS: ClassVar[list[BindingType]] = [
        *RUN_KEYS,
        bind(
            "p",
            "propose",
            "plan rollback",
            "make a rollback plan; it is approved in the plan",
            show=True,
            changes=True,
            narrow="plan",
        ),
        bind("Z", "route", "pause", "plan to pause the rollout it is about, or to resume it", changes=True),
        bind("o,P", "open_plan", "open plan", "open the plan that is there; approve it there", show=True),
        bind("a", "acknowledge", "ack", "acknowledge: you are working on it", show=True, changes=True),
        bind("s", "silence", "silence", "silence it for some hours, with a reason", show=True, changes=True),
        bind(
            "X",
            "silence_like",
            "all like it",
            "silence everything of its kind on its asset, with a preview",
            changes=True,
        ),
        bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True, changes=True),
        bind("u", "unmute", "unmute", "take back what mutes it, with a reason", show=True, changes=True),
        bind(
            "R",
            "resolve",
            "resolve",
            "close it by hand, with a reason: its condition has ended",
            show=True,
            changes=True,
        ),
        *VERDICT_KEYS,
        bind("v", "verdicts", "verdicts", "the benchmark suite: every gate, what flipped, latency and cost", show=True),
        bind("V", "open_note", "note", "the vendor's note: its text, every edit, whom else it reaches", show=True),
        bind(
            "I", "open_incident", "incident", "the incident that it belongs to: causes, what else is wrong", show=True
        ),
        bind("e", "open_asset", "asset", "open the asset", show=True),
        bind("n", "next(1)", "next", "the next alert", show=True),
        bind("N", "next(-1)", "previous", "the alert before"),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, story: AlertStory) -> None:
        """The story as the desk gives it."""
        super().__init__(head, alert_title(story), alert_blocks(story, head.read_only))
        self.story, self.rollbacks = story, story.rollbacks

    def ref(self) -> Ref | None:
        return Ref(RefKind.ALERT, self.story.alert.id)

    def show_story(self, story: AlertStory) -> None:
        """The story with news."""
        self.story, self.rollbacks = story, story.rollbacks
        self.show_page(alert_title(story), alert_blocks(story, self.head.read_only))

    def applies(self, action: str) -> bool:
        if action == "next":
            return not self.document.sought  # its keys go through what was found
        if action in ("acknowledge", "silence", "waive", "resolve"):
            return self.story.alert.state != "resolved"
        if action == "silence_like":
            return (
                bool(self.story.alert.asset and self.story.alert.signal_type) and self.story.alert.state != "resolved"
            )
        if action == "unmute":
            return bool(self.story.alert.by)
        if action == "propose":
            return self.story.rollback_possible and self.story.plan_hash is None
        if action == "route":
            return bool(self.story.alert.asset and self.story.alert.environment)
        if action == "open_plan":
            return bool(self.rollbacks) or self.story.plan_hash is not None
        if action in ("resume", "put_back"):
            return self.applies_to_rollbacks(action)
        if action == "verdicts":
            return bool(self.story.suite and self.story.alert.asset)
        if action == "open_note":
            return bool(self.story.note[1])
        if action == "open_incident":
            return bool(self.story.incident)
        if action == "open_asset":
            return bool(self.story.alert.asset)
        return True

    def action_acknowledge(self) -> None:
        self.post_message(asks.Acknowledge(self.story.alert.id))

    def action_silence(self) -> None:
        self.post_message(asks.Silence(self.story.alert.id, self.story.alert.title))

    def action_silence_like(self) -> None:
        self.post_message(asks.SilenceLike(self.story.alert.asset, self.story.alert.signal_type))

    def action_resolve(self) -> None:
        self.post_message(asks.Resolve(self.story.alert.id, self.story.alert.title))

    def action_unmute(self) -> None:
        self.post_message(asks.Unmute(self.story.alert.id, self.story.alert.title))

    def action_waive(self) -> None:
        self.post_message(asks.Waive(self.story.alert.id, self.story.alert.title))

    def action_propose(self) -> None:
        row = self.story.alert
        self.post_message(Propose(row.asset, row.environment, row.id))

    def action_route(self) -> None:
        self.post_message(Route(self.story.alert.asset, self.story.alert.environment))

    def action_open_plan(self) -> None:
        if self.rollbacks:
            super().action_open_plan()
        elif self.story.plan_hash:
            self.post_message(OpenPlan(self.story.plan_hash))

    def action_open_asset(self) -> None:
        self.post_message(OpenAsset(self.story.alert.asset))

    def action_open_incident(self) -> None:
        self.post_message(OpenIncident(self.story.incident))

    def action_open_note(self) -> None:
        self.post_message(OpenNote(*self.story.note))

    def action_verdicts(self) -> None:
        self.post_message(OpenBench(self.story.alert.asset, self.story.suite))

    def action_next(self, by: int) -> None:
        self.post_message(asks.NextAlert(by))

    def action_verdict_useful(self) -> None:
        self._verdict("useful")

    def action_verdict_noise(self) -> None:
        self._verdict("noise")

    def action_verdict(self) -> None:
        self._verdict("")

    def _verdict(self, word: str) -> None:
        self.post_message(asks.GiveVerdict(self.story.alert.id, self.story.alert.title, word))
