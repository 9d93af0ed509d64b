"""An incident for its postmortem: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.views.incidents import IncidentStory


def markdown(story: IncidentStory) -> str:
    """The whole page as Markdown; what came from outside cannot format it."""
    return "\n".join(_markdown(story)) + "\n"


def as_data(story: IncidentStory) -> dict[str, Any]:
    """The same as plain data, moments as ISO texts."""
    row = story.row
    return {
        "incident": _timed(row._asdict()),
        "onset": story.onset,
        "impact": story.impact,
        "ended": story.ended or None,
        "causes": [_timed(c._asdict()) for c in story.causes],
        "alerts": [_timed(m._asdict()) for m in story.members],
        "alerts_not_listed": story.more,
        "notified": [_timed(n._asdict()) for n in story.notices],
        "timeline": [_timed(m._asdict()) for m in story.timeline],
        "seen_before": list(story.seen_before),
        "what_to_do": list(story.todo),
        "links": [link._asdict() for link in story.links],
    }


def _timed(values: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in values.items():
        if name.endswith("_us"):
            out[name.removesuffix("_us")] = iso(from_us(value)) if value is not None else None
        else:
            out[name] = list(value) if isinstance(value, tuple) else value
    return out


def _markdown(story: IncidentStory) -> Iterator[str]:
    row = story.row
    yield f"# {_safe(row.title)}"
    yield ""
    yield f"Incident {row.id}{' (' + _safe(row.external) + ')' if row.external else ''}, {row.priority}, {row.state}"
    yield ""
    yield from (
        f"- {name}: {_safe(value)}"
        for name, value in (
            ("Where", f"{row.asset} {row.environment}".strip() or "not known"),
            ("Began", story.onset),
            ("Customers", story.impact),
            ("Ended", story.ended or "it is open"),
            ("Cause", row.cause_words),
            ("Alerts", f"{row.alerts}, {row.open} of them open"),
        )
    )
    yield from _section("Causes, the likeliest first", [_safe(line) for c in story.causes for line in c.lines()[:1]])
    for cause in story.causes:
        if cause.why:
            yield f"\nEvidence of {cause.number}:\n"
            yield from (f"- {_safe(why)}" for why in cause.why)
    yield from _section("Alerts", [_safe(m.line()) for m in story.members])
    if story.more:
        yield f"- and {story.more} more, which are not listed"
    yield from _section("Timeline", [_safe(m.line()) for m in story.timeline])
    yield from _section("Who was notified", [_safe(n.line()) for n in story.notices])
    yield from _section("Seen before", [_safe(line) for line in story.seen_before])
    yield from _section("Where to look", [f"{_safe(link.name)}: <{link.url}>" for link in story.links])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from (f"- {line}" for line in lines)
    if not lines:
        yield "Nothing."


_MARKS = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>#|!"})


def _safe(text: str) -> str:
    return text.translate(_MARKS).replace("\n", " ")
