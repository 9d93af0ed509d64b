"""A run of a suite opened: the three questions, the gate table, and from there its items, measures and runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.release import numbered
from pulse_tui.domain.views.evals import BenchStory, GateRow, RunRow
from pulse_tui.tui.asks import evals as asks
from pulse_tui.tui.asks import registry
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.evals.rows import RUNS, RunLine, gate_detail, gates, holds, run_verdict
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block, story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.questions import Questions
from pulse_tui.tui.kit.screen import Head

_OF_ROW: Final = ("open", "copy", "chart")
_PINNED: Final = "baseline"


def bench_title(story: BenchStory, now_us: int) -> list[Span]:
    """``✖ FAIL  support-bot golden-v7  3.8.2 vs 3.8.1  run 1 of 5, 2h old``."""
    index = index_of(story.runs, story.run)
    return [
        (" ", styles.PLAIN),
        run_verdict(story.verdict),
        ("  ", styles.PLAIN),
        (safe(f"{story.asset} {story.suite}"), styles.BOLD),
        (safe(f"  {versions(story)}"), styles.PLAIN),
        (f"  ▲ older run, {index + 1} of {len(story.runs)}", styles.WARN)
        if index > 0
        else (f"  run {index + 1} of {len(story.runs)}, {age(story.at_us, now_us)} old", styles.DIM),
    ]


def versions(story: BenchStory) -> str:
    """``3.8.2 vs 3.8.1``; a baseline stands alone."""
    alone = not story.baseline_version or story.verdict == _PINNED
    return story.version if alone else f"{story.version} vs {story.baseline_version}"


def index_of(runs: Sequence[RunRow], run: str) -> int:
    """Index of the run among the suite's runs, newest first; -1 when it is not among them."""
    return next((n for n, row in enumerate(runs) if row.run == run), -1)


def undecided(story: BenchStory) -> tuple[str, ...]:
    """The gates whose hold may be lifted: undecided, and nothing of the run failed."""
    if story.verdict != "INCONCLUSIVE":
        return ()
    rows = [row for row in story.rows if holds(row)]
    return tuple(
        gate
        for gate in ("functional", "safety")
        if any(row.gate == gate and row.verdict == "INCONCLUSIVE" for row in rows)
    )


class BenchScreen(ListScreen[GateRow]):
    """The gate table of one run, worst first; each line shows where its interval stands to the margin."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "flips", "which items flipped between baseline and candidate, by cluster", show=True),
        bind(
            "m", "measures", "measures",
            "latency, cost and calibration, what it rests on, and the three questions in full", show=True,
        ),
        bind("e", "gate", "gate", "may this version go to an environment? asks which; every reason", show=True),
        bind(
            "E", "accept_risk", "accept risk",
            "take the risk of an undecided verdict for some days; asks where, of which gate and why",
            show=True, changes=True,
        ),
        bind("t", "chart", "chart", "the line's metric over the releases, full size", show=True),
        bind("r", "runs", "runs", "every run of the suite; Enter shows one", show=True),
        bind("b", "pin_baseline", "pin", "pin this run as the baseline: later runs are compared with it; asks why", show=True, changes=True),
        bind("less_than_sign", "run(1)", "older", "the run before this one", show=True),
        bind("greater_than_sign", "run(-1)", "newer", "the run after this one", show=True),
        bind("h", "history", "history", "the releases of the asset: compare, gate, approve, promote", show=True),
        *ListScreen.LIST_KEYS,
    ]  # fmt: skip

    def __init__(self, head: Head, story: BenchStory, now_us: int, metric: tuple[str, str] | None = None) -> None:
        """``metric``: (task, metric) that the cursor starts on."""
        super().__init__(head, bench_title(story, now_us), gates(story.verdict), (), now_us)
        self.questions = Questions(_answers(story), "m")
        self.story = story
        self.wanted = story.run
        """The run that was asked for last: an answer about another one comes too late."""
        if metric is not None:
            self.table.want(f"{metric[0]}/{metric[1]}/")
        self.table.update_rows(story.rows, now_us)

    def ref(self) -> Ref | None:
        return Ref(RefKind.RUN, self.story.run)

    def body(self) -> Sequence[Widget]:
        return (self.title_line, self.questions, self.table, self.detail_lines)

    def show_story(self, story: BenchStory) -> None:
        """The run with news, or another one."""
        if story.run != self.wanted:
            return
        if story.verdict != self.story.verdict:
            self.table.use(gates(story.verdict))
        self.story = story
        self.title_line.show(bench_title(story, self.now_us))
        self.questions.show(_answers(story))
        self.show_rows(story.rows)

    def detail(self, row: GateRow) -> Sequence[Span]:
        return gate_detail(row)

    def applies(self, action: str) -> bool:
        if action in _OF_ROW:
            return self.table.row is not None
        if action == "accept_risk":
            return bool(undecided(self.story))
        if action == "pin_baseline":
            return self.story.verdict != _PINNED and self.story.run != self.story.baseline_run
        if action == "run":
            return len(self.story.runs) > 1
        return True

    # ------------------------------------------------------------------ what it asks for

    def action_open(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenFlips(self.story, self.table.row))

    def action_chart(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenChart(self.story, self.table.row))

    def action_measures(self) -> None:
        self.post_message(asks.OpenMeasures(self.story))

    def action_runs(self) -> None:
        self.post_message(asks.OpenRuns(self.story))

    def action_run(self, by: int) -> None:
        runs = self.story.runs
        index = index_of(runs, self.wanted) + by
        if 0 <= index < len(runs):
            self.wanted = runs[index].run
            self.post_message(asks.ShowRun(self.wanted))
        else:
            self.post_message(Say(f"that was the {'oldest' if by > 0 else 'newest'} run of {self.story.suite}"))

    def action_gate(self) -> None:
        self.post_message(registry.OpenGate(self.story.asset, self.story.version))

    def action_history(self) -> None:
        self.post_message(registry.OpenHistory(self.story.asset))

    def action_pin_baseline(self) -> None:
        self.post_message(asks.PinBaseline(self.story))

    def action_accept_risk(self) -> None:
        self.post_message(asks.AcceptRisk(self.story, undecided(self.story)))


def _answers(story: BenchStory) -> tuple[tuple[str, ...], ...]:
    return story.changed, story.risk, story.todo


class RunsScreen(ListScreen[RunLine]):
    """Every run of the suite on the asset."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "show", "show this run against its baseline", show=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, story: BenchStory, now_us: int) -> None:
        """The cursor starts on the run that the screen behind shows."""
        title = [(" Runs  ", styles.DIM), (safe(f"{story.asset} {story.suite}"), styles.BOLD)]
        super().__init__(head, title, RUNS, (), now_us)
        self.shown = story.run
        self.table.want(story.run)
        self.show_story(story)

    def show_story(self, story: BenchStory) -> None:
        """The runs with news."""
        self.table.update_rows([RunLine(row, row.run == self.shown) for row in story.runs], self.now_us)
        if self.is_mounted:
            self.moved()

    def detail(self, row: RunLine) -> Sequence[Span]:
        run = row.row
        about = f" {numbered(run.version, run.iteration)} · run {run.run}"
        return [run_verdict(run.verdict), (about, styles.BOLD), (f"  {run.detail}", styles.PLAIN)]

    def action_open(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.ShowRun(self.table.row.row.run))


def measure_blocks(story: BenchStory) -> list[Block]:
    """Measures, then facts, then the three questions in full."""
    tables: list[Block] = []
    for lines in (
        story.measures or (("measures", "none: the results hold no latency, cost or probability"),),
        story.facts,
    ):
        tables += [block._replace(tight=n > 0) for n, block in enumerate(story_blocks(lines))]
    return [
        *tables,
        Block("WHAT CHANGED", story.changed or ("not known",)),
        Block(
            "WHAT IS THE RISK", story.risk or ("not known: treat it as real",), label_style=styles.WARN + styles.BOLD
        ),
        Block("WHAT TO DO NOW", story.todo or ("review it and decide",), label_style=styles.GOOD + styles.BOLD),
    ]


def measure_title(story: BenchStory) -> list[Span]:
    """``Measures  support-bot golden-v7  3.8.2 vs 3.8.1  ✖ FAIL``."""
    about = safe(f"{story.asset} {story.suite}  {versions(story)}")
    return [(" Measures  ", styles.DIM), (about, styles.BOLD), ("   ", styles.PLAIN), run_verdict(story.verdict)]


class MeasuresScreen(PageScreen):
    """What is shown beside the verdicts and decides nothing, and what the verdicts rest on."""

    def __init__(self, head: Head, story: BenchStory) -> None:
        """The run as the desk gives it."""
        super().__init__(head, measure_title(story), measure_blocks(story))
        self.run = story.run

    def ref(self) -> Ref | None:
        return Ref(RefKind.RUN, self.run)

    def show_story(self, story: BenchStory) -> None:
        """The run with news."""
        self.show_page(measure_title(story), measure_blocks(story))
