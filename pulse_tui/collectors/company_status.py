"""The company's own status page (Statuspage): what is unresolved there stands here as a signal until it is resolved.

Pages of vendors are read by ``kind: statuspage``. https://support.atlassian.com/statuspage/docs/what-are-the-different-apis-under-statuspage/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.collectors._shared.stamps import moment, published
from pulse_tui.collectors._shared.web import get_json, web_links
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean, clean_block, distinct
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import CollectContext

_OVER = {"resolved", "postmortem", "completed"}
_IMPACT = {"critical": Severity.CRITICAL, "major": Severity.HIGH, "minor": Severity.MEDIUM, "none": Severity.LOW}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``url`` of the page, and which ``assets`` each of its components is."""

    EVERY: ClassVar[float] = 120.0

    url: str
    token: str | None = None
    """A bearer token of a private page."""
    assets: dict[str, tuple[str, ...]] = {}
    """Component of the page -> assets of the estate. One that is not listed is taken as the asset's own name."""
    environment: Environment = Environment.PRODUCTION
    """Where the incidents are."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: what is unresolved."""
    path = "/api/v2/incidents/unresolved.json"
    found = get_json(context, options.url.rstrip("/") + path, options.token, {})
    shown = address(options.url).rstrip("/") + path
    listed = found.get("incidents") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise SourceError(f"{shown} lists no incidents: it is no status page's JSON", todo="Check the url")
    rejected: list[Rejected] = []
    incidents: dict[str, Elsewhere] = {}
    for index, raw in enumerate(listed):
        try:
            one = _incident(raw, options, context)
        except (ValueError, TypeError, AttributeError) as error:
            rejected.append(refuse(context.source, f"{shown}[{index}]", clean(str(error), 200), encoded(raw)))
            continue
        incidents[one.key] = one
    item = ListedElsewhere(
        source=context.source,
        system="status page",
        at=context.now,
        incidents=tuple(incidents.values()),
        whole=not rejected,
    )
    return Collected(observations=(item,), rejected=tuple(rejected), cursor=context.cursor)


def _incident(raw: Any, options: Options, context: CollectContext) -> Elsewhere:
    if not isinstance(raw, Mapping):
        raise TypeError("it is no object")
    key, title, status = (_text(raw, name) for name in ("id", "name", "status"))
    if not key or not status:
        raise ValueError("it has no id, or no status")
    components = raw.get("components")
    names = [_text(c, "name") for c in components if isinstance(c, Mapping)] if isinstance(components, list) else []
    assets = [a for n in names for a in options.assets.get(n, (clean(n, 120),) if n else ())]
    updates = raw.get("incident_updates")
    newest = updates[0] if isinstance(updates, list) and updates and isinstance(updates[0], Mapping) else {}
    links = web_links([raw.get("shortlink")])
    return Elsewhere(
        key=distinct(key, 100),
        title=clean(title, 250) or "(no title)",
        status=clean(status, 40),
        open=status not in _OVER,
        severity=_IMPACT.get(_text(raw, "impact"), Severity.MEDIUM),
        began=published(moment(_text(raw, "started_at") or _text(raw, "created_at")), context.now),
        assets=tuple(dict.fromkeys(assets)),
        environment=options.environment,
        link=links[0] if links else None,
        summary=clean_block(_text(newest, "body"), 2_000) or None,
    )


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""
