"""Pure row renderers of notes, corrections and ends of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind, note_ref
from pulse_tui.domain.views.vendors import CorrectionRow, NoteRow, ShutdownRow
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec

SOON_DAYS = 90
"""An end that is nearer than this wants a plan now."""
_SHORT: Final[Mapping[str, str]] = {
    "behaviour_change": "behaviour",
    "rate_limit": "limit",
    "new_model": "new",
}
_LOUD: Final[Mapping[str, Style]] = {
    "deprecation": styles.WARN,
    "behaviour_change": styles.WARN,
    "incident": styles.BAD,
    "security": styles.BAD,
}
_MARKS: Final[Mapping[str, str]] = {"edited": "✎ edited", "back again": "↑ back again", "removed": "✖ removed"}


def labels(row: NoteRow | CorrectionRow) -> str:
    """``deprecation, pricing``; "other" is what is left when nothing else holds."""
    return ", ".join(_SHORT.get(label, label) for label in row.labels) or "none"


def note_mark(row: NoteRow) -> Span:
    """How it stands, the most pressing first: a person is asked for, it was changed, it is history."""
    if row.review:
        return "? review", styles.WARN
    if row.mark:
        return _MARKS.get(row.mark, row.mark), styles.WARN if row.mark == "removed" else styles.INFO
    if row.history:
        return "history", styles.DIM
    if row.back_dated_days:
        return f"▲ back-dated {row.back_dated_days}d", styles.WARN
    return ("✓ corrected", styles.DIM) if row.corrected else ("", styles.PLAIN)


def note_cells(row: NoteRow, now_us: int) -> Cells:
    """WHEN VENDOR LABELS TITLE WHOM MARK."""
    faint = styles.DIM if row.history else styles.PLAIN
    loud = next((_LOUD[label] for label in row.labels if label in _LOUD), styles.PLAIN)
    return (
        (age(row.first_us, now_us), styles.DIM),
        (row.vendor, faint),
        (labels(row), faint if row.history else loud),
        (row.title, faint),
        (", ".join(row.whom) or "—", styles.DIM if row.history or not row.whom else styles.BOLD),
        note_mark(row),
    )


def note_fields(row: NoteRow) -> Fields:
    """Names for the filter."""
    return {
        "vendor": row.vendor,
        "source": row.source,
        "label": " ".join(row.labels),
        "title": row.title,
        "whom": " ".join(row.whom),
        "state": row.word or "new",
        "corrected": "yes" if row.corrected else "no",
    }


def shorter(text: str, width: int) -> str:
    """The first of several names and how many more: ``support-bot +2``."""
    names = text.split(", ")
    for kept in range(len(names), 0, -1):
        rest = f" +{len(names) - kept}" if kept < len(names) else ""
        short = ", ".join(names[:kept]) + rest
        if len(short) <= width:
            return short
    rest = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f"{names[0][: max(1, width - len(rest) - 1)]}…{rest}"


def _short_mark(text: str, width: int) -> str:
    """``▲ dated -8d`` for ``▲ back-dated 8d``."""
    return text.replace("back-dated ", "dated -") if width < len(text) else text


def _by_label(row: NoteRow | CorrectionRow) -> values.Value:
    """The gravest label first, then by name."""
    loudest = min((list(_LOUD).index(label) for label in row.labels if label in _LOUD), default=len(_LOUD))
    return loudest, labels(row)


NOTES: Final[Spec[NoteRow]] = Spec(
    title="Notes",
    columns=(
        Column("WHEN", 4, 4, right=True, by=lambda row: values.age(row.first_us)),
        Column("VENDOR", 6, 12, drop=1, by=lambda row: values.words(row.vendor)),
        Column("LABELS", 11, 22, shorten=shorter, by=_by_label),
        Column("TITLE", 16, 0, wish=32, by=lambda row: values.words(row.title)),
        Column("WHOM", 14, 26, shorten=shorter, by=lambda row: len(row.whom) or None, most_first=True),
        Column(
            "MARK",
            11,
            16,
            shorten=_short_mark,
            by=lambda row: values.several(not row.review, values.words(note_mark(row)[0])),
        ),
    ),
    cells=note_cells,
    key=lambda row: row.ident,
    fields=note_fields,
    names=("vendor", "source", "label", "title", "whom", "state", "corrected"),
    wants_attention=lambda row: row.review or (bool(row.whom) and not row.history),
    copied=lambda row: f"{row.vendor}: {row.title} [{', '.join(row.labels)}] ({row.source} {row.key})",
    moment=lambda row: row.first_us,
    empty="no note has been read yet: add a source (kind: feed), then ctrl-r",
    ref=lambda row: note_ref(row.source, row.key),
)


def correction_cells(row: CorrectionRow, now_us: int) -> Cells:
    """WHEN VENDOR LABELS WORDS BY."""
    return (
        (age(row.at_us, now_us), styles.DIM),
        (row.vendor, styles.PLAIN),
        (labels(row), styles.BOLD),
        (", ".join(f"“{word}”" for word in row.words) or row.title, styles.PLAIN),
        (row.by, styles.DIM),
    )


def correction_fields(row: CorrectionRow) -> Fields:
    """Names for the filter."""
    return {
        "vendor": row.vendor,
        "label": " ".join(row.labels),
        "words": " ".join(row.words),
        "by": row.by,
        "title": row.title,
        "why": row.why,
    }


CORRECTIONS: Final[Spec[CorrectionRow]] = Spec(
    title="Corrections",
    columns=(
        Column("WHEN", 4, 4, right=True, by=lambda row: values.age(row.at_us)),
        Column("VENDOR", 6, 12, by=lambda row: values.words(row.vendor)),
        Column("LABELS", 9, 24, shorten=shorter, by=_by_label),
        Column(
            "NOTES WITH THE WORDS",
            20,
            0,
            wish=40,
            by=lambda row: values.words(" ".join(row.words) or row.title),
            name="words",
        ),
        Column("BY", 4, 16, drop=1, by=lambda row: values.words(row.by)),
    ),
    cells=correction_cells,
    key=lambda row: row.id,
    fields=correction_fields,
    names=("vendor", "label", "words", "by", "title", "why"),
    wants_attention=lambda row: False,
    copied=lambda row: f"{row.vendor} {', '.join(row.words)}: {', '.join(row.labels)} (by {row.by}: {row.why})",
    empty="nobody has corrected a label",
    ref=lambda row: note_ref(row.source, row.key) if row.key else None,
    moment=lambda row: row.at_us,
)


def shutdown_state(row: ShutdownRow, now_us: int) -> Span:
    """``✖ ended``, ``▲ ends``, ``◆ ends``, ``○ not before``, ``● served``, ``? no date``; what differs says so."""
    state, days = row.state(now_us), row.days(now_us)
    if state == "ended":
        return "✖ ended, in use", styles.BAD
    if row.differ:
        return "? differ", styles.WARN
    if state == "ends":
        soon = days is not None and days <= SOON_DAYS
        return ("▲ ends soon", styles.WARN) if soon else ("◆ ends", styles.INFO)
    return _STATES[state]


_STATES: Final[Mapping[str, Span]] = {
    "deprecated": ("▲ deprecated", styles.WARN),
    "not before": ("○ not before", styles.DIM),
    "served": ("● served", styles.DIM),
    "no date": ("? no date", styles.WARN),
}


def shutdown_sources(row: ShutdownRow) -> str:
    """``2 agree``, ``3 differ``, ``1 alone``; "—" without any."""
    count = len({s.source for s in row.statements})
    if count > 1:
        return f"{count} {'differ' if row.differ else 'agree'}"
    return "1 alone" if count else "—"


def place(row: ShutdownRow) -> str:
    """Where, and by which id, without what the model's name says already: ``azure``, ``openai …-2025-04-14``."""
    lab, _, name = row.canonical.partition("/")
    if row.model == name:
        return row.platform
    if row.platform == lab and row.model.startswith(f"{name}-"):
        return f"{row.platform} …{row.model[len(name) :]}"
    return row.key


def shutdown_cells(row: ShutdownRow, now_us: int) -> Cells:
    """DAYS MODEL ON DATE SUCCESSOR ASSETS SOURCES STATE."""
    days, state = row.days(now_us), shutdown_state(row, now_us)
    return (
        ("—" if days is None else str(days), state[1]),
        (row.canonical, styles.BOLD if row.production else styles.PLAIN),
        (place(row), styles.DIM),
        (row.when, styles.PLAIN),
        (row.successor or "—", styles.PLAIN if row.successor else styles.DIM),
        (", ".join(row.assets), styles.PLAIN),
        (shutdown_sources(row), styles.DIM),
        state,
    )


def shutdown_fields(row: ShutdownRow) -> Fields:
    """Names for the filter; ``days`` compares."""
    return {
        "model": f"{row.canonical} {row.model}",
        "platform": row.platform,
        "asset": " ".join(row.assets),
        "date": row.when,
        "successor": row.successor,
        "source": " ".join(s.source for s in row.statements),
    }


def _by_end(row: ShutdownRow) -> values.Value:
    """What ends first; a model with the earliest date that is possible stands by that."""
    return row.date_us if row.date_us is not None else row.floor_us


SHUTDOWNS: Final[Spec[ShutdownRow]] = Spec(
    title="Ends of models in use",
    columns=(
        Column("DAYS", 4, 5, right=True, by=_by_end),
        Column("MODEL", 14, 0, wish=25, by=lambda row: values.words(row.canonical)),
        Column(
            "PLATFORM",
            9,
            26,
            shorten=lambda text, width: text.partition(" ")[0].partition("/")[0],
            by=lambda row: values.words(row.key),
        ),
        Column("DATE", 7, 12, by=_by_end),
        Column("SUCCESSOR", 9, 16, drop=1, by=lambda row: values.words(row.successor)),
        Column("ASSETS", 11, 18, shorten=shorter, by=lambda row: len(row.assets), most_first=True),
        Column(
            "SOURCES",
            7,
            8,
            drop=2,
            by=lambda row: (row.differ, len({s.source for s in row.statements})),
            most_first=True,
        ),
        Column("STATE", 12, 15, shorten=lambda text, width: text.partition(",")[0], by=_by_end),
    ),
    cells=shutdown_cells,
    key=lambda row: row.key,
    fields=shutdown_fields,
    names=("model", "platform", "asset", "date", "successor", "source"),
    wants_attention=lambda row: row.date_us is not None or row.stage in ("retired", "deprecated"),
    copied=lambda row: f"{row.key} ({row.canonical}) {row.when}",
    empty="no hosted model is known to be in use: declare the components of an asset, or read its bill",
    ref=lambda row: Ref(RefKind.COMPONENT, row.key),
)
