"""Incidents that are open in PagerDuty, by its REST API: what people handle there stands here as a signal until it is resolved.

What this program's own messages opened there is left out. https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.collectors._shared.stamps import moment, published
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean, distinct
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.ports import CollectContext

PAGES = 20
EACH = 100


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A read-only API ``token`` as ``${NAME}``, and which ``assets`` each service of PagerDuty is."""

    EVERY: ClassVar[float] = 60.0

    token: str
    url: str = "https://api.pagerduty.com"
    """The API; in Europe ``https://api.eu.pagerduty.com``."""
    assets: dict[str, tuple[str, ...]] = {}
    """Name or id of a service there -> assets of the estate. One that is not listed is taken as the asset's own name."""
    environment: Environment | None = None
    """Where the incidents are; left out: where the asset is most exposed."""
    teams: tuple[str, ...] = ()
    """Ids of teams there, whose incidents alone are read."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: all that is triggered or acknowledged."""
    rejected: list[Rejected] = []
    found: dict[str, Elsewhere] = {}
    shown = f"{address(options.url).rstrip('/')}/incidents"
    whole = True
    for page in range(PAGES):
        listed, more = _page(options, context, page, shown)
        fresh = 0
        for index, raw in enumerate(listed):
            try:
                one = _incident(raw, options, context)
            except (ValueError, TypeError, AttributeError) as error:
                rejected.append(
                    refuse(context.source, f"{shown}[{page * EACH + index}]", clean(str(error), 200), encoded(raw))
                )
                whole = False  # what could not be read may be one that is open
                continue
            fresh += one.key not in found
            found[one.key] = one
        if not more or not fresh:
            whole = whole and not more  # a list that repeats itself is not all of it
            break
    else:
        whole = False
    item = ListedElsewhere(
        source=context.source, system="pagerduty", at=context.now, incidents=tuple(found.values()), whole=whole
    )
    return Collected(observations=(item,), rejected=tuple(rejected), cursor=context.cursor)


def _page(options: Options, context: CollectContext, page: int, shown: str) -> tuple[list[Any], bool]:
    asked = [
        ("statuses[]", "triggered"),
        ("statuses[]", "acknowledged"),
        ("limit", str(EACH)),
        ("offset", str(page * EACH)),
    ]
    asked += [("team_ids[]", team) for team in options.teams]
    whole = f"{context.secret(options.url).rstrip('/')}/incidents?{urlencode(asked)}"
    headers = {
        "Authorization": f"Token token={context.secret(options.token)}",
        "Accept": "application/vnd.pagerduty+json;version=2",
    }
    found = context.http.get_json(whole, None, headers)
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        words = clean(str(found["error"].get("message") or ""), 200)
        raise SourceError(f"{shown} answered with an error: {words}", todo="Check the token")
    listed = found.get("incidents") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise SourceError(f"{shown} lists no incidents", todo="Check that the url is the API")
    return listed, found.get("more") is True


def _incident(raw: Any, options: Options, context: CollectContext) -> Elsewhere:
    if not isinstance(raw, Mapping):
        raise TypeError("it is no object")
    key, title, status = (_text(raw, name) for name in ("id", "title", "status"))
    if not key or status not in ("triggered", "acknowledged", "resolved"):
        raise ValueError("it has no id, or a status that is not known")
    service = raw.get("service")
    service = service if isinstance(service, Mapping) else {}
    names = [_text(service, "summary"), _text(service, "id")]
    assets = next(
        (options.assets[n] for n in names if n in options.assets), tuple(clean(n, 120) for n in names[:1] if n)
    )
    links = web_links([raw.get("html_url")])
    return Elsewhere(
        key=distinct(key, 100),
        title=clean(title, 250) or "(no title)",
        status=status,
        open=status != "resolved",
        severity=_severity(raw),
        began=published(moment(_text(raw, "created_at")), context.now),
        assets=assets,
        environment=options.environment,
        link=links[0] if links else None,
        ours=_text(raw, "incident_key") or None,
    )


def _severity(raw: Mapping[str, Any]) -> Severity:
    """By its priority where people gave it one, else by its urgency."""
    priority = raw.get("priority")
    name = _text(priority, "summary").casefold() if isinstance(priority, Mapping) else ""
    if name in ("p1", "sev1", "sev-1"):
        return Severity.CRITICAL
    return Severity.MEDIUM if _text(raw, "urgency") == "low" else Severity.HIGH


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""
