"""Pure row renderers of the items that flipped between two runs, and of their clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pulse_tui.domain.views.evals import ClusterRow, Flip
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, fit
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec

_NAME: Final = 24
_BAR: Final = 12
_CLUSTERLESS: Final = "(no cluster)"


def score(value: float) -> str:
    """A mean over repeats: ``1``, ``0.67``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def lost_first(rows: Sequence[Flip]) -> list[Flip]:
    """Lost before won; within each the order they came in."""
    return sorted(rows, key=lambda row: row.word != "lost")


def flip_cells(row: Flip, now_us: int) -> Cells:
    """WORD ITEM SCORE CLUSTER SLICES."""
    del now_us
    return (
        styles.state(row.word),
        (row.item, styles.PLAIN),
        (f"{score(row.before)} → {score(row.after)}", styles.PLAIN),
        (row.cluster or "-", styles.PLAIN if row.cluster else styles.DIM),
        (" ".join(row.slices), styles.DIM),
    )


def flip_fields(row: Flip) -> Fields:
    """Names for the filter."""
    return {"word": row.word, "item": row.item, "cluster": row.cluster, "slice": " ".join(row.slices)}


def flip_detail(row: Flip) -> list[Span]:
    """Before and after in full."""
    spans: list[Span] = [
        styles.state(row.word),
        (f"  {row.item}", styles.BOLD),
        (f"  scored {score(row.before)} before, {score(row.after)} now", styles.PLAIN),
    ]
    if row.cluster:
        spans.append((f" · cluster {row.cluster}", styles.PLAIN))
    if row.slices:
        spans.append((f" · slices {', '.join(row.slices)}", styles.DIM))
    return spans


def cluster_line(row: ClusterRow, most: int) -> list[Span]:
    """``refunds   22 lost  1 won of 60  ██████``; ``most`` is the largest number of lost items of any cluster."""
    bar = max(1, round(row.lost / most * _BAR)) if row.lost and most else 0
    return [
        (f" {fit(row.cluster or _CLUSTERLESS, _NAME)} ", styles.PLAIN),
        (f"{row.lost:>4} lost", styles.BAD if row.lost else styles.DIM),
        (f"{row.won:>4} won", styles.GOOD if row.won else styles.DIM),
        (f"  of {row.items:<5}", styles.DIM),
        ("█" * bar, styles.BAD),
    ]


def cluster_lines(rows: Sequence[ClusterRow], room: int) -> list[list[Span]]:
    """The clusters that lost most in at most ``room`` lines; the last says how many more there are."""
    ordered = sorted(rows, key=lambda row: (-row.lost, -row.won))
    most = ordered[0].lost if ordered else 0
    if len(ordered) <= room:
        return [cluster_line(row, most) for row in ordered]
    left = ordered[room - 1 :]
    lost, won = sum(row.lost for row in left), sum(row.won for row in left)
    more: list[Span] = [(f" … {len(left)} more clusters: {lost} lost, {won} won. /cluster=name shows one", styles.DIM)]
    return [*(cluster_line(row, most) for row in ordered[: room - 1]), more]


FLIPS: Final[Spec[Flip]] = Spec(
    title="Items, lost first",
    columns=(
        Column("", 6, 6, by=lambda row: row.word != "lost", name="result"),
        Column("ITEM", 6, 32, by=lambda row: values.words(row.item)),
        Column("SCORE", 5, 13, by=lambda row: row.after - row.before),
        Column("CLUSTER", 7, 20, drop=1, by=lambda row: values.words(row.cluster)),
        Column("SLICES", 6, 0, by=lambda row: values.words(" ".join(row.slices))),
    ),
    cells=flip_cells,
    key=lambda row: row.key,
    fields=flip_fields,
    names=("word", "item", "cluster", "slice"),
    wants_attention=lambda row: row.word == "lost",
    copied=lambda row: f"{row.item} {row.word} {score(row.before)} -> {score(row.after)} {row.cluster}".rstrip(),
    empty="no item to show",
)
