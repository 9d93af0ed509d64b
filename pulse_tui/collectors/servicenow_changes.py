"""Change requests of ServiceNow, read back by its Table API: state, approval and planned window, for the gate.

Which asset a change is about stands in a field of it: its configuration item, or one that ``field`` names.
https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.domain.change import ChangeRequest, ChangeRequests
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.secrets import authorization
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import CollectContext

PAGES = 10
EACH = 200
FIELDS = "sys_id,number,short_description,state,approval,start_date,end_date,cmdb_ci"
_ENDED = {"3", "4"}
"""Closed and cancelled, in the states that an instance is delivered with."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instance's ``url``, and a ``user`` with a ``token`` (its password), or a bearer ``token`` alone; both as ``${NAME}``."""

    EVERY: ClassVar[float] = 120.0

    url: str
    token: str
    user: str = ""
    field: str = "cmdb_ci"
    """The field of a change request that names the asset, by what is shown there."""
    assets: dict[str, tuple[str, ...]] = {}
    """Name in that field -> assets of the estate. A name that is not listed is taken as the asset's own."""
    environments: tuple[Environment, ...] = (Environment.PRODUCTION,)
    """Where such a change is made."""
    query: str = ""
    """A further condition, as ServiceNow encodes it: ``assignment_group.name=AI platform``."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: every change request whose planned window has not ended."""
    rejected: list[Rejected] = []
    requests: dict[str, ChangeRequest] = {}
    name = f"{address(options.url)} change_request"
    for page in range(PAGES):
        listed = _page(options, context, page)
        fresh = 0
        for index, raw in enumerate(listed):
            where = f"{name}[{page * EACH + index}]"
            try:
                one = _request(raw, options, context)
            except (ValueError, TypeError, AttributeError) as error:
                rejected.append(refuse(context.source, where, clean(str(error), 200), encoded(raw)))
                continue
            fresh += one.number not in requests
            requests[one.number] = one
        if len(listed) < EACH or not fresh:
            break
    else:
        raise SourceError(
            f"{name} lists more than {PAGES * EACH:,} change requests", todo="Narrow them down by the source's query"
        )
    found = ChangeRequests(source=context.source, at=context.now, requests=tuple(requests.values()))
    return Collected(observations=(found,), rejected=tuple(rejected), cursor=context.cursor)


def _page(options: Options, context: CollectContext, page: int) -> list[Any]:
    since = f"{context.now:%Y-%m-%d %H:%M:%S}"
    query = f"end_date>={since}^ORend_dateISEMPTY^active=true"
    query += f"^{options.query}" if options.query else ""
    asked = {
        "sysparm_query": f"{query}^ORDERBYsys_created_on",
        "sysparm_fields": ",".join(dict.fromkeys([*FIELDS.split(","), options.field])),
        "sysparm_display_value": "all",
        "sysparm_limit": str(EACH),
        "sysparm_offset": str(page * EACH),
    }
    login = authorization(options.user, options.token, context.secret)
    headers = {name: context.secret(value) for name, value in login.items()}
    whole = context.secret(options.url).rstrip("/") + "/api/now/table/change_request"
    shown = address(options.url.rstrip("/") + "/api/now/table/change_request")
    try:
        found = context.http.get_json(whole, asked, headers)
    except SourceError as error:
        what = error.what.replace(address(whole), shown)
        raise SourceError(what, todo=error.todo, retry_after=error.retry_after, sent=error.sent) from None
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        words = clean(" ".join(str(found["error"].get(k) or "") for k in ("message", "detail")), 200)
        raise SourceError(f"{shown} answered with an error: {words}", todo="Check the query and the account's rights")
    listed = found.get("result") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise SourceError(f"{shown} lists no change requests", todo="Check that the url is the instance")
    return listed


def _request(raw: Any, options: Options, context: CollectContext) -> ChangeRequest:
    if not isinstance(raw, dict):
        raise TypeError("it is no object")
    number = clean(_text(raw, "number", shown=True), 80)
    if not number:
        raise ValueError("it has no number")
    state = _text(raw, "state")
    named = _text(raw, options.field, shown=True).strip()
    assets = options.assets.get(named, (clean(named, 120),) if named else ())
    base, ident = address(options.url).rstrip("/"), quote(_text(raw, "sys_id"), safe="")
    del context
    return ChangeRequest(
        number=number,
        title=clean(_text(raw, "short_description", shown=True), 200),
        state=clean(_text(raw, "state", shown=True) or state, 60),
        approved=_text(raw, "approval") == "approved" and state not in _ENDED,
        ended=state in _ENDED,
        starts=_moment(_text(raw, "start_date"), "start_date"),
        ends=_moment(_text(raw, "end_date"), "end_date"),
        assets=assets,
        environments=options.environments,
        link=f"{base}/nav_to.do?uri=change_request.do?sys_id={ident}" if ident else None,
    )


def _text(raw: Mapping[str, Any], key: str, *, shown: bool = False) -> str:
    """A field as it is stored, or as people see it; with ``sysparm_display_value=all`` both stand there."""
    value = raw.get(key)
    if isinstance(value, dict):
        value = value.get("display_value" if shown else "value") or value.get("value")
    return value if isinstance(value, str) else ""


def _moment(text: str, field: str) -> datetime | None:
    """Stored times are in UTC, whatever a person sees."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{field} {clean(text, 40)!r} is no time") from None
