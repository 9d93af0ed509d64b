"""A learning report as Markdown, and as a page of HTML with charts: what came from outside forms no mark-up in either."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from pulse_tui.domain.measure import Series
from pulse_tui.domain.views.learning import LearningReport, Section, Table

_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>#|!~&"})
WIDTH, BAR, GAP, LABEL = 640, 18, 6, 150
"""Of a chart, in pixels."""
POINTS: Final = 60
"""Bars of one chart; the rest are a line that says how many."""
_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:.6rem 0}td,th{border:1px solid #c8c8c8;padding:.25rem .5rem;text-align:left;"
    "vertical-align:top}h2{margin-top:1.8rem}figure{margin:.8rem 0}figcaption{color:#555}"
)


def marked(text: str) -> str:
    """Text that stays text in Markdown; a line break would begin a block."""
    return " ".join(text.split()).translate(_MARKS)


def markdown(report: LearningReport) -> Iterator[str]:
    """The whole report."""
    yield f"# {marked(report.title)}"
    for section in report.sections:
        yield from ("", f"## {marked(section.title)}", "")
        yield from (f"- {marked(line)}" for line in (*section.sentences, *(m.line for m in section.measures)))
        if section.table is not None and section.table.rows:
            yield ""
            yield from _marked_table(section.table)
        for chart in section.charts:
            points = ", ".join(f"{marked(label)} {value:g}" for label, value in chart.points)
            yield from ("", f"{marked(chart.what)}: {points}")


def _marked_table(table: Table) -> Iterator[str]:
    yield "| " + " | ".join(map(marked, table.columns)) + " |"
    yield "|" + "---|" * len(table.columns)
    for row in table.rows:
        yield "| " + " | ".join(map(marked, row)) + " |"


def page(report: LearningReport) -> Iterator[str]:
    """A page of its own: no script, nothing that is loaded from elsewhere."""
    title = html.escape(report.title)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1>"
    for section in report.sections:
        yield from _section(section)
    yield "</body></html>"


def _section(section: Section) -> Iterator[str]:
    yield f"<h2>{html.escape(section.title)}</h2>"
    lines = [*section.sentences, *(m.line for m in section.measures)]
    if lines:
        yield "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>"
    if section.table is not None and section.table.rows:
        head = "".join(f"<th>{html.escape(c)}</th>" for c in section.table.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in section.table.rows
        )
        yield f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    yield from map(bars, section.charts)


def bars(chart: Series) -> str:
    """A chart of horizontal bars as inline SVG, each with its label and its number."""
    points = chart.points[:POINTS]
    most = max((value for _, value in points), default=0.0) or 1.0
    height = len(points) * (BAR + GAP) + GAP
    room = WIDTH - LABEL - 60
    parts = []
    for n, (label, value) in enumerate(points):
        y = GAP + n * (BAR + GAP)
        wide = round(room * max(0.0, value) / most, 1)
        parts.append(
            f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{html.escape(label[:24])}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{wide:g}" height="{BAR}" fill="#3a6ea5"/>'
            f'<text x="{LABEL + wide + 6:g}" y="{y + 13}">{value:g}</text>'
        )
    rest = f" ({len(chart.points) - POINTS} more are not drawn)" if chart.points[POINTS:] else ""
    name = html.escape(chart.what)
    return (
        f'<figure><svg role="img" aria-label="{name}" xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'font-size="12" font-family="sans-serif">{"".join(parts)}</svg><figcaption>{name}{rest}</figcaption></figure>'
    )
