"""Pure row renderers of the benchmark screens: the gate table and the runs of a suite."""

from __future__ import annotations

from typing import Final, NamedTuple

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.evals import GateRow, RunRow
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.interval import (
    BAR,
    bar_title,
    bounded,
    delta_text,
    interval_bar,
    number,
    plain,
    straddles,
)
from pulse_tui.tui.kit.rows import Cells, Column, Spec

_GATES: Final = {"functional": "func", "safety": "safety", "diagnostic": "diag"}
_QUIET: Final = {"FAIL": styles.WARN, "INCONCLUSIVE": styles.WARN}
"""A line that holds nothing keeps glyph and word and is not loud."""


# ------------------------------------------------------------------ the gate table


def line_name(row: GateRow) -> str:
    """``support_golden/accuracy/refunds``."""
    return "/".join(part for part in (row.task, row.metric, row.slice) if part)


def shorten_name(text: str, width: int) -> str:
    """The end of a line's name: a slice says more than the task it belongs to."""
    parts = text.split("/")
    for n in range(1, len(parts)):
        shorter = "/".join(parts[n:])
        if len(shorter) < width:
            return "…" + shorter
        if len(shorter) == width:
            return shorter
    return "…" + parts[-1] if len(parts) > 1 else text


def holds(row: GateRow) -> bool:
    """Whether the line can hold a promotion."""
    return row.must_pass and row.gate != "diagnostic"


def verdict_span(row: GateRow) -> Span:
    """``◆ INCONCLUSIVE``; without its weight where the line decides nothing."""
    text, style = styles.state(row.verdict)
    return text, style if holds(row) else _QUIET.get(row.verdict, style)


def row_delta(row: GateRow) -> str:
    """``-5.2 pp [-7.4, -3.1]``."""
    return delta_text(row.delta, row.low, row.high, row.margin, row.unit, row.higher_is_better)


def margin_text(row: GateRow) -> str:
    """``2 pp``."""
    return f"{plain(row.margin)} {row.unit}".rstrip()


def gate_cells(row: GateRow, now_us: int) -> Cells:
    """NAME GATE BASE→NOW DELTA BAR MARGIN VERDICT N."""
    del now_us
    verdict = verdict_span(row)
    bar = interval_bar(row.low, row.delta, row.high, row.margin, BAR, row.higher_is_better)
    before = number(row.baseline) if row.baseline is not None else "-"
    return (
        (line_name(row), styles.PLAIN if holds(row) else styles.DIM),
        (_GATES.get(row.gate, row.gate) if row.must_pass else "diag", styles.DIM),
        (f"{before} → {number(row.current)}", styles.PLAIN),
        (row_delta(row), styles.PLAIN if row.verdict == "PASS" or not holds(row) else styles.BOLD),
        (bar, verdict[1]),
        (margin_text(row), styles.DIM),
        verdict,
        (f"{row.n}×{row.repeats}" if row.repeats > 1 else str(row.n), styles.DIM),
    )


def gate_fields(row: GateRow) -> Fields:
    """Names for the filter."""
    return {
        "task": row.task,
        "metric": row.metric,
        "slice": row.slice,
        "gate": row.gate,
        "must": "yes" if holds(row) else "no",
        "verdict": row.verdict,
        "n": str(row.n),
        "method": row.method,
        "note": row.note,
    }


def meaning(row: GateRow) -> str:
    """What the verdict rests on, in a sentence."""
    none = bounded(row.low) is None and bounded(row.high) is None
    if bounded(row.delta) is None:
        meant = "it was not judged"
    elif none:
        meant = "nothing bounds the difference"
    elif straddles(row.low, row.high, row.margin, row.higher_is_better):
        meant = "the interval crosses the margin, neither FAIL nor PASS"
    elif row.verdict == "FAIL":
        meant = "worse than the margin even at its best end"
    elif row.verdict == "PASS":
        meant = "within the margin even at its worst end"
    else:
        meant = "not decided"
    return f"{meant}; {row.more} would decide" if row.more and row.verdict == "INCONCLUSIVE" else meant


def gate_detail(row: GateRow) -> list[Span]:
    """What did not fit the line: what it means, how it was judged, on how much."""
    clusters = f"{row.clusters:.1f}".removesuffix(".0") if row.clusters is not None else ""
    basis = [
        f"{number(row.baseline) if row.baseline is not None else '-'} → {number(row.current)}",
        f"margin {margin_text(row)}",
        "must pass" if holds(row) else "holds nothing",
        row.method,
        f"n {row.n}" + (f" × {row.repeats} repeats" if row.repeats > 1 else ""),
        f"{clusters} effective clusters" if clusters else "",
        "" if row.higher_is_better else "lower is better",
    ]
    spans = [
        (f"{line_name(row)}  ", styles.BOLD),
        verdict_span(row),
        (f": {meaning(row)}", styles.PLAIN),
        ("  " + " · ".join(part for part in basis if part), styles.DIM),
    ]
    return [*spans, (f"  {row.note}", styles.WARN)] if row.note else spans


def _by_delta(row: GateRow) -> values.Value:
    """What became worst first, whichever direction is worse; in its own unit."""
    delta = bounded(row.delta)
    return None if delta is None else delta if row.higher_is_better else -delta


def _by_worst_end(row: GateRow) -> values.Value:
    """By the end of the interval that is worse."""
    end = bounded(row.low if row.higher_is_better else row.high)
    return None if end is None else end if row.higher_is_better else -end


GATES: Final[Spec[GateRow]] = Spec(
    title="Gates, worst first",
    columns=(
        Column(
            "TASK/METRIC/SLICE",
            16,
            0,
            wish=21,
            shorten=shorten_name,
            by=lambda row: values.words(line_name(row)),
            name="line",
        ),
        Column("GATE", 4, 6, drop=2, by=lambda row: (not holds(row), row.gate)),
        Column("BASE → NOW", 10, 19, drop=4, by=lambda row: bounded(row.current), name="now"),
        Column("DELTA [LOW, HIGH]", 12, 26, by=_by_delta, name="delta"),
        Column(bar_title(BAR), BAR, BAR, drop=1, by=_by_worst_end, name="interval"),
        Column("MARGIN", 6, 9, drop=3, by=lambda row: bounded(row.margin)),
        Column("VERDICT", 6, 14, by=lambda row: values.state(row.verdict)),
        Column("N", 3, 9, drop=5, right=True, by=lambda row: row.n * row.repeats),
    ),
    cells=gate_cells,
    key=lambda row: row.key,
    fields=gate_fields,
    names=("task", "metric", "slice", "gate", "must", "verdict", "n", "method", "note"),
    wants_attention=lambda row: holds(row) and row.verdict != "PASS",
    copied=lambda row: (
        f"{line_name(row)} {row.verdict} {row_delta(row)} margin {margin_text(row)} n {row.n}"
        + (f" {row.method}" if row.method else "")
        + (f": {row.more} would decide" if row.more else "")
    ),
    empty="the suite has no line that could be judged. Name its tasks under suites in the configuration",
)
_WITHOUT: Final = {
    "refused": "the two runs may not be compared: nothing was judged. r lists the runs, b pins this one as the baseline",
    "baseline": "this run is the baseline: later runs are compared with it. r lists the runs",
    "": "nothing was compared: no baseline is pinned. b pins this run as the baseline; later runs are compared with it",
}


def gates(verdict: str) -> Spec[GateRow]:
    """The gate table of a run; without lines it says what that means."""
    return GATES._replace(empty=_WITHOUT.get(verdict, GATES.empty))


# ------------------------------------------------------------------ the runs


class RunLine(NamedTuple):
    """A run, and whether it is the one that the screen behind shows."""

    row: RunRow
    shown: bool = False


def run_verdict(word: str) -> Span:
    """``✖ FAIL``, ``┄ baseline``, ``■ refused``."""
    return styles.state(word) if word else ("· not compared", styles.DIM)


def run_cells(line: RunLine, now_us: int) -> Cells:
    """VERSION ITER AGE VERDICT DETAIL RUN."""
    row = line.row
    return (
        (("» " if line.shown else "  ") + row.version, styles.INFO + styles.BOLD if line.shown else styles.PLAIN),
        ("-" if row.iteration is None else str(row.iteration), styles.DIM),
        (age(row.at_us, now_us), styles.DIM),
        run_verdict(row.verdict),
        (row.detail, styles.PLAIN),
        (row.run, styles.DIM),
    )


RUNS: Final[Spec[RunLine]] = Spec(
    title="Runs, newest first",
    columns=(
        Column("  VERSION", 9, 20, by=lambda line: values.version(line.row.version)),
        Column("ITER", 4, 7, right=True, by=lambda line: line.row.iteration, most_first=True),
        Column("AGE", 3, 4, right=True, by=lambda line: values.age(line.row.at_us)),
        Column("VERDICT", 7, 14, by=lambda line: values.state(line.row.verdict)),
        Column("DETAIL", 12, 0, wish=24, by=lambda line: values.words(line.row.detail)),
        Column("RUN", 4, 16, drop=1, by=lambda line: values.words(line.row.run)),
    ),
    cells=run_cells,
    key=lambda line: line.row.key,
    fields=lambda line: {
        "version": line.row.version,
        "iter": "" if line.row.iteration is None else str(line.row.iteration),
        "verdict": line.row.verdict,
        "run": line.row.run,
        "detail": line.row.detail,
    },
    names=("version", "iter", "verdict", "run", "detail"),
    wants_attention=lambda line: line.row.verdict in ("FAIL", "INCONCLUSIVE", "refused"),
    copied=lambda line: f"{line.row.version} run {line.row.run} {line.row.verdict}: {line.row.detail}",
    empty="no run of this suite is known",
    ref=lambda line: Ref(RefKind.RUN, line.row.run),
    moment=lambda line: line.row.at_us,
)
