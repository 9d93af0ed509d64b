"""An asset opened: the three questions, what runs of it where, its releases, holds and dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.standing import STANDING_RANK, Standing
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.views.rollback import PlanLine
from pulse_tui.domain.words import ENVIRONMENT_RANK
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.asks.rollback import Drill, Propose, Route
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block, Lines, story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rollbacks import PLAN_KEY, RUN_KEYS, OfRollbacks, rollback_risk, rollback_steps
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.registry.rows import registry_state

_QUESTION_MARKS: Final[dict[str, str]] = {
    Standing.STALE: "S on the panes lists the sources: see why nothing comes",
    Standing.UNKNOWN: "i on the panes lists where sources and estate do not agree",
}


def explained(lines: Lines, runs: Sequence[RegistryRow]) -> list[tuple[str, str]]:
    """The lines with what each ``?`` of its rows means, and what to do about it."""
    marked = [run for run in runs if run.state in _QUESTION_MARKS]
    risk = [("What is the risk", f"? {run.environment} {run.version} is {run.state}: {run.why}") for run in marked]
    todo = [("What to do now", text) for word, text in _QUESTION_MARKS.items() if any(r.state == word for r in marked)]
    first = next((n for n, (label, _) in enumerate(lines) if label == "What to do now"), len(lines))
    return [*lines[:first], *risk, *todo, *lines[first:]] if first < len(lines) else [*risk, *todo, *lines]


def with_rollbacks(lines: Lines, rollbacks: Sequence[PlanLine], read_only: bool) -> list[tuple[str, str]]:
    """The lines with what stopped or waits before all else that is a risk or to be done."""
    risk, todo = "What is the risk", "What to do now"
    added = {
        risk: [(risk, text) for text in rollback_risk(rollbacks)],
        todo: [(todo, text) for text in rollback_steps(rollbacks, read_only)],
    }
    found: list[tuple[str, str]] = []
    for label, text in lines:
        found += [*added.pop(label, []), (label, text)]
    return [*(line for rest in added.values() for line in rest), *found]


class AssetScreen(OfRollbacks, PageScreen):
    """What runs of it where, its releases, holds and dependencies."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *RUN_KEYS,
        PLAN_KEY,
        bind("o", "open_alert", "alert", "open its most urgent alert", show=True),
        bind(
            "p",
            "propose",
            "plan rollback",
            "make a rollback plan where it is worst; it is approved in the plan",
            show=True,
            changes=True,
            narrow="plan",
        ),
        bind("D", "drill", "drill", "rehearse its rollback on the replica; what serves is not touched", changes=True),
        bind("Z", "route", "pause", "plan to pause its rollout where it is worst, or to resume it", changes=True),
        bind("h", "history", "history", "its releases: compare, gate, approve, promote", show=True),
        bind("f", "freeze", "freeze", "freeze the asset, or lift the freeze", show=True, changes=True),
        bind("t", "tree", "tree", "what it depends on, and what changed there since it was approved", show=True),
        bind("v", "verdicts", "verdicts", "its benchmark suite: every gate, what flipped, latency and cost", show=True),
        bind("c", "calendar", "calendar", "what was released and announced, and what is due", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(
        self,
        head: Head,
        asset_id: str,
        lines: Lines,
        runs: Sequence[RegistryRow] = (),
        alerts: Sequence[AlertRow] = (),
        rollbacks: Sequence[PlanLine] = (),
        now_us: int = 0,
    ) -> None:
        """``runs``: its rows of the registry; ``alerts``: those that are open, the most urgent first.

        ``rollbacks``: those that need a person, or failed last.
        """
        super().__init__(head, asset_title(asset_id, runs, now_us), ())
        self.asset_id, self.now_us = asset_id, now_us
        self.show_story(lines, runs, alerts, rollbacks)

    def ref(self) -> Ref | None:
        return Ref(RefKind.ASSET, self.asset_id)

    def show_story(
        self,
        lines: Lines,
        runs: Sequence[RegistryRow] = (),
        alerts: Sequence[AlertRow] = (),
        rollbacks: Sequence[PlanLine] = (),
    ) -> None:
        """The asset with news."""
        self.runs, self.alerts, self.rollbacks = tuple(runs), tuple(alerts), tuple(rollbacks)
        shown = with_rollbacks(explained(lines, runs), rollbacks, self.head.read_only)
        self.show_page(asset_title(self.asset_id, runs, self.now_us), asset_blocks(shown))

    def applies(self, action: str) -> bool:
        if action in ("resume", "put_back", "open_plan"):
            return self.applies_to_rollbacks(action)
        if action == "open_alert":
            return bool(self.alerts)
        if action in ("propose", "drill", "route"):
            return bool(self.runs)
        return True

    def action_open_alert(self) -> None:
        if self.alerts:
            self.post_message(OpenAlert(self.alerts[0].id))

    def action_propose(self) -> None:
        if self.runs:
            self.post_message(Propose(self.asset_id, self._worst().environment, None))

    def action_route(self) -> None:
        if self.runs:
            self.post_message(Route(self.asset_id, self._worst().environment))

    def action_drill(self) -> None:
        if self.runs:
            self.post_message(Drill(self.asset_id, self._worst().environment))

    def _worst(self) -> RegistryRow:
        return min(self.runs, key=lambda run: (STANDING_RANK[run.state], ENVIRONMENT_RANK[run.environment]))

    def action_history(self) -> None:
        self.post_message(asks.OpenHistory(self.asset_id))

    def action_tree(self) -> None:
        self.post_message(asks.OpenTree(self.asset_id))

    def action_verdicts(self) -> None:
        self.post_message(OpenBench(self.asset_id))

    def action_calendar(self) -> None:
        self.post_message(asks.OpenCalendar())

    def action_freeze(self) -> None:
        self.post_message(asks.Freeze(self.asset_id))


_QUESTIONS = {
    "WHAT CHANGED": styles.BOLD,
    "WHAT IS THE RISK": styles.WARN + styles.BOLD,
    "WHAT TO DO NOW": styles.GOOD + styles.BOLD,
}


def asset_blocks(lines: Lines) -> list[Block]:
    """The three questions stand out as on an alert's page."""
    return [
        block._replace(label_style=_QUESTIONS[block.label]) if block.label in _QUESTIONS else block
        for block in story_blocks(lines)
    ]


def asset_title(asset_id: str, runs: Sequence[RegistryRow], now_us: int) -> list[Span]:
    """``Asset  support-bot   prod 3.8.1 ● ok   canary 3.8.2 ✖ FAIL``."""
    title: list[Span] = [(" Asset  ", styles.DIM), (safe(asset_id), styles.BOLD)]
    for row in runs:
        title += [
            (f"   {environment(row.environment)[0]} {safe(row.version)} ", styles.PLAIN),
            registry_state(row, now_us),
        ]
    return title
