"""The header line: the estate at a glance, the least important parts dropped first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import Header


class _Part(NamedTuple):
    keep: int
    """0 stays always; the highest number is dropped first."""
    spans: tuple[Span, ...]


def header_spans(header: Header | None, title: str, operator: str, read_only: bool, width: int) -> list[Span]:
    """The line in at most ``width`` cells. Before the first board only what is known."""
    parts = [_Part(0, ((" PULSE", styles.BOLD), (f" {safe(title)}", styles.PLAIN)))]
    parts.append(
        _Part(0, ((" PROD ", styles.PROD),) if header is None else ((" PROD ", styles.PROD), *_production(header)))
    )
    if read_only:
        parts.append(_Part(0, ((" READ-ONLY ", styles.REVERSE),)))
    if header is not None:
        parts += _counts(header)
    if operator:
        parts.append(_Part(9, ((safe(operator), styles.DIM),)))
    parts = [part for part in parts if part.spans]
    while len(parts) > 1 and _length(parts) > width:
        worst = max(range(len(parts)), key=lambda n: (parts[n].keep, n))
        if parts[worst].keep == 0:
            break
        del parts[worst]
    spans: list[Span] = []
    gap = "   " if _length(parts, 3) <= width else "  "
    for part in parts:
        if spans:
            spans.append((gap, styles.PLAIN))
        spans += part.spans
    return spans


def _length(parts: Sequence[_Part], gap: int = 2) -> int:
    return sum(width_of(part.spans) for part in parts) + gap * (len(parts) - 1)


def _production(header: Header) -> tuple[Span, ...]:
    risk = header.production_risk
    return (
        (f" ● {header.production_ok} ok", styles.GOOD),
        (f" ▲ {risk} risk", styles.WARN if risk else styles.DIM),
    )


def _counts(header: Header) -> list[_Part]:
    frozen = header.frozen
    first = safe(frozen[0])[:20] + (f" +{len(frozen) - 1}" if len(frozen) > 1 else "") if frozen else ""
    sources_style = styles.DIM if header.sources_good == header.sources_total else styles.WARN
    return [
        _Part(7, ((f"canary {header.canary}", styles.PLAIN),)),
        _Part(8, ((f"shadow {header.shadow}", styles.PLAIN),)),
        _Part(0, ((f"P1 {header.p1}", styles.ALARM if header.p1 else styles.DIM),)),
        _Part(1, ((f"P2 {header.p2}", styles.BAD if header.p2 else styles.DIM),)),
        _Part(6, ((f"P3-4 {header.p4}", styles.DIM),)),
        _Part(2, ((f"■ FREEZE {first}", styles.HELD),) if frozen else ()),
        _Part(4, ((f"? {header.indeterminate} undecided", styles.WARN),) if header.indeterminate else ()),
        _Part(3, ((f"✖ {header.dead_letters} undelivered", styles.BAD),) if header.dead_letters else ()),
        _Part(5, ((f"sources {header.sources_good}/{header.sources_total}", sources_style),)),
    ]


def tab_spans(current: int, tabs: Sequence[tuple[str, str]]) -> list[Span]:
    """The strip of a small screen: the pane that is shown stands out. ``tabs`` are (name, count or nothing)."""
    spans: list[Span] = []
    for n, (name, count) in enumerate(tabs):
        text = f" {n + 1} {name} {count} " if count else f" {n + 1} {name} "
        spans += [(" ", styles.PLAIN), (text, styles.REVERSE if n == current else styles.PLAIN)]
    return spans


class Top(Canvas):
    """The header line, and under it the tab strip when only one pane fits."""

    DEFAULT_CSS = "Top { dock: top; height: 1; }"

    def __init__(self, title: str, *, id: str) -> None:
        """``title`` names the estate until the first board does."""
        super().__init__(id=id)
        self.title = title
        self.header: Header | None = None
        self.operator = ""
        self.read_only = False
        self.current = 0
        self.tabs: Sequence[tuple[str, str]] = ()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        if y == 0:
            title = self.header.estate if self.header else self.title
            return header_spans(self.header, title, self.operator, self.read_only, width)
        return tab_spans(self.current, self.tabs)
