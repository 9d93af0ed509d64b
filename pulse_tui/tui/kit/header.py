"""The header line: the estate at a glance, written short where the line is narrow; state is never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of

if TYPE_CHECKING:
    from rich.style import Style

    from pulse_tui.domain.views.board import Header
    from pulse_tui.domain.views.vendors import TempoLine


class _Part(NamedTuple):
    rank: int
    """What is shortened, and dropped where that is allowed, first: the highest number."""
    spans: tuple[Span, ...]
    short: tuple[Span, ...] = ()
    """How it stands where the line is narrow; empty: as it is."""
    keep: bool = True
    """Whether it stays on the line however narrow that is: state is never hidden."""
    least: tuple[Span, ...] | None = None
    """How it stands where even the short line of a bad night does not fit; None: as it is."""


def header_spans(
    header: Header | None,
    title: str,
    operator: str,
    read_only: bool,
    width: int,
    as_of: str = "",
    tempo: TempoLine | None = None,
    hint: str = "",
) -> list[Span]:
    """The line in ``width`` cells. Before the first board only what is known.

    ``as_of``: when the board was last known to be true, where it can no longer be asked for.

    Where it does not fit, parts are written short, the least urgent first; then what only repeats a pane is dropped;
    then, in a night when all is wrong at once, the name goes and words become their glyphs: the end is never cut off.
    ``tempo`` stands only where everything else does in full; ``hint`` (which keys to press first) stands
    before what only repeats a pane, and goes before any state is written as its glyph.
    """
    prod: tuple[Span, ...] = ((" PROD ", styles.PROD),)
    parts = [
        _Part(
            6,
            ((" PULSE", styles.BOLD), (f" {safe(title)}", styles.PLAIN)),
            ((" PULSE", styles.BOLD), (f" {safe(title)[:10]}", styles.PLAIN)),
            least=(),
        ),
        _Part(0, prod)
        if header is None
        else _Part(
            0,
            (*prod, *_production(header)),
            (*prod, *_production(header, short=True)) if header.production_stale else (),
            least=(*prod, *_production(header, short=True)),
        ),
    ]
    if read_only:
        parts.append(_Part(1, ((" READ-ONLY ", styles.REVERSE),), least=((" RO ", styles.REVERSE),)))
    if heard := as_of or (header.as_of if header is not None else ""):
        parts.append(
            _Part(
                2,
                ((f"as of {heard}", styles.WARN),),
                ((f"@{heard}", styles.WARN),),
                least=((f"@{heard[:5]}", styles.WARN),),
            )
        )
    if header is not None:
        parts += _counts(header)
    if operator:
        parts.append(_Part(9, ((safe(operator), styles.DIM),), keep=False))
    if hint:
        parts.append(_Part(11, ((safe(hint), styles.FOCUS),), least=()))
    parts = [part for part in parts if part.spans]
    if header is not None and header.on_call:
        unknown = "?" in header.on_call or header.on_call.startswith(("not known", "nobody"))
        duty = _Part(
            10, ((f"on call {safe(header.on_call)[:60]}", styles.WARN if unknown else styles.DIM),), keep=False
        )
        if _length([*parts, duty]) <= width:
            parts.insert(len(parts) - bool(operator), duty)
    speed = _Part(10, ((tempo_words(tempo), styles.DIM),), keep=False) if tempo is not None else None
    if speed is not None and _length([*parts, speed]) <= width:
        parts.insert(len(parts) - bool(operator), speed)
    parts = _fitted(parts, width)
    spans: list[Span] = []
    gap = next((" " * wide for wide in (3, 2) if _length(parts, wide) <= width), " ")
    for part in parts:
        if spans:
            spans.append((gap, styles.PLAIN))
        spans += part.spans
    return spans


def _fitted(parts: list[_Part], width: int) -> list[_Part]:
    """Short, dropped and least, each only as far as ``width`` asks for."""

    def by_rank() -> list[int]:
        return sorted(range(len(parts)), key=lambda n: (parts[n].rank, n), reverse=True)

    for n in by_rank():
        if _length(parts) <= width:
            return parts
        if parts[n].short:
            parts[n] = parts[n]._replace(spans=parts[n].short)
    while _length(parts) > width and any(not part.keep for part in parts):
        del parts[next(n for n in by_rank() if not parts[n].keep)]
    for n in by_rank():
        if _length(parts, 1) <= width:
            break
        if (least := parts[n].least) is not None:
            parts[n] = parts[n]._replace(spans=least)
    return [part for part in parts if part.spans]


def _length(parts: Sequence[_Part], gap: int = 2) -> int:
    return sum(width_of(part.spans) for part in parts) + gap * (len(parts) - 1)


def _production(header: Header, *, short: bool = False) -> tuple[Span, ...]:
    risk, stale = header.production_risk, header.production_stale
    counts = (
        ("●", header.production_ok, "ok", styles.GOOD),
        ("▲", risk, "risk", styles.WARN if risk else styles.DIM),
        *((("?", stale, "stale", styles.WARN),) if stale else ()),
    )
    return tuple((f" {mark}{n}" if short else f" {mark} {n} {word}", style) for mark, n, word, style in counts)


def _counts(header: Header) -> list[_Part]:
    frozen = header.frozen
    undecided = header.indeterminate + header.undeclared
    lost = header.undelivered + header.unpaged
    what, word = ("undelivered", "msg") if header.undelivered else ("not paged", "page")
    first, paused = _first(frozen), header.paused
    quiet = tuple(one.partition(" until ")[0] for one in header.quiet)
    heard = f"{header.sources_good}/{header.sources_total}"
    sources = styles.DIM if header.sources_good == header.sources_total else styles.WARN
    return [
        _canary(header),
        _Part(8, ((f"shadow {header.shadow}", styles.PLAIN),), keep=False),
        _Part(0, ((f"P1 {header.p1}", styles.ALARM if header.p1 else styles.DIM),)),
        _Part(0, ((f"P2 {header.p2}", styles.BAD if header.p2 else styles.DIM),)),
        _Part(6, ((f"P3-4 {header.p4}", styles.DIM),), keep=False),
        _counted(1, header.stopped, f"✖ {header.stopped} run stopped", f"✖run {header.stopped}", styles.ALARM),
        _counted(
            1, header.glass, f"BREAK-GLASS {header.glass}", f"GLASS {header.glass}", styles.ALARM, f"G{header.glass}"
        ),
        _counted(
            1,
            header.by_itself,
            f"BY ITSELF {header.by_itself}",
            f"SELF {header.by_itself}",
            styles.ALARM,
            f"S{header.by_itself}",
        ),
        _counted(2, header.running, f"▶ {header.running} running", f"▶{header.running}", styles.WARN),
        _counted(3, header.waiting, f"⧗ {header.waiting} waiting", f"⧗{header.waiting}", styles.WARN),
        _counted(3, int(bool(header.policy)), "⧗ policy", "⧗pol", styles.WARN),
        _counted(4, header.muted, f"○ muted {header.muted}", f"mut {header.muted}", styles.WARN, f"○{header.muted}"),
        _counted(5, len(quiet), f"○ {_first(quiet)}", f"○{len(quiet)} quiet", styles.WARN),
        _counted(2, len(frozen), f"■ FREEZE {first}", f"■{len(frozen)}", styles.HELD),
        _counted(2, len(paused), f"‖ paused {_first(paused)}", f"‖{len(paused)}", styles.HELD),
        _counted(4, undecided, f"? {undecided} undecided", f"?{undecided}", styles.WARN),
        _counted(
            4, header.late_reviews, f"✎ {header.late_reviews} reviews late", f"✎{header.late_reviews}", styles.WARN
        ),
        _counted(3, len(header.members), f"✖ {_first([c.short for c in header.members])}", "✖hosts", styles.BAD),
        _counted(2, int(bool(header.disk)), f"▲ {header.disk.partition(',')[0]}", "▲disk", styles.ALARM),
        _counted(3, lost, f"✖ {lost} {what}", f"✖{word} {lost}", styles.BAD, f"✖{lost}"),
        _Part(5, ((f"sources {heard}", sources),), ((f"src {heard}", sources),), least=((heard, sources),)),
    ]


_BARS = "▁▂▃▄▅▆▇█"
_SHOWN = 4
"""Four weeks each."""


def tempo_words(tempo: TempoLine) -> str:
    """``tempo 128 ▂▃▅▇``: the index, and the releases of the last sixteen weeks, four to a bar, beside the most of the year."""
    most = max(tempo.windows, default=0) or 1
    bars = (_BARS[min(len(_BARS) - 1, count * len(_BARS) // (most + 1))] for count in tempo.windows[-_SHOWN:])
    return f"tempo {tempo.value} {''.join(bars)}"


def _first(names: Sequence[str]) -> str:
    """``gateway +2``; empty without any."""
    return safe(names[0])[:20] + (f" +{len(names) - 1}" if len(names) > 1 else "") if names else ""


def _canary(header: Header) -> _Part:
    """How many canaries there are, which may be dropped, and how many of them are at risk, which may not."""
    count, risk = header.canary, header.canary_risk
    if not risk:
        return _Part(7, ((f"canary {count}", styles.PLAIN),), ((f"can {count}", styles.PLAIN),), keep=False)
    long = ((f"canary {count}", styles.PLAIN), (f" ▲ {risk} risk", styles.WARN))
    return _Part(7, long, ((f"can ▲{risk}", styles.WARN),), least=((f"c▲{risk}", styles.WARN),))


def _counted(rank: int, count: int, long: str, short: str, style: Style, least: str = "") -> _Part:
    """Something that is on the line only where there is any."""
    if not count:
        return _Part(rank, ())
    return _Part(rank, ((long, style),), ((short, style),), least=((least, style),) if least else None)


def tab_spans(current: int, tabs: Sequence[tuple[str, str]]) -> list[Span]:
    """The strip of a small screen: the pane that is shown stands out. ``tabs`` are (name, count or nothing)."""
    spans: list[Span] = []
    for n, (name, count) in enumerate(tabs):
        text = f" {n + 1} {name} {count} " if count else f" {n + 1} {name} "
        spans += [(" ", styles.PLAIN), (text, styles.REVERSE if n == current else styles.PLAIN)]
    return spans


def replay_spans(moment: str, alarm: str, width: int, *, alone: bool = False) -> list[Span]:
    """A line across the whole screen that nobody takes for the live tower's, in colours and without: words say it too.

    ``alone``: no live tower is behind it.
    """
    leave = "q leaves" if alone else ":live"
    said = f" REPLAY {moment}  not live"
    urgent = f"  LIVE: {alarm}  :live " if alarm else ""
    keys = "" if urgent else f"  , . change  {{ }} 10 min  {leave} "
    if width_of([(said + urgent + keys, styles.REPLAY)]) > width:
        keys = "" if urgent else f"  {leave} "
    room = max(0, width - width_of([(said + urgent + keys, styles.REPLAY)]))
    return [(said + " " * room, styles.REPLAY), (urgent, styles.ALARM), (keys, styles.REPLAY)]


class Top(Canvas):
    """The header line, and under it the tab strip when only one pane fits."""

    DEFAULT_CSS = "Top { dock: top; height: 1; } Top.-replay { height: 2; }"

    def __init__(self, title: str, *, id: str) -> None:
        """``title`` names the estate until the first board does."""
        super().__init__(id=id)
        self.title = title
        self.header: Header | None = None
        self.operator = ""
        self.read_only = False
        self.as_of = ""
        self.alone = False
        self.tempo: TempoLine | None = None
        self.hint = ""
        self.replay = ""
        self.alarm = ""
        self.current = 0
        self.tabs: Sequence[tuple[str, str]] = ()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        if self.replay:
            if y == 0:
                return replay_spans(self.replay, self.alarm, width, alone=self.alone)
            y -= 1
        if y == 0:
            title = self.header.estate if self.header else self.title
            return header_spans(
                self.header, title, self.operator, self.read_only, width, self.as_of, self.tempo, self.hint
            )
        return tab_spans(self.current, self.tabs)
