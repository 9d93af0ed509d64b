"""Holds as deploy freeze periods of a GitLab project: pipelines see ``CI_DEPLOY_FREEZE`` and keep their deploys back.

A freeze period has no name and no text: a hold's own is found again by its beginning, a minute in the days before the hold
was placed that no other hold has by chance. It begins and ends by cron, so that it ends by itself after 300 days.
https://docs.gitlab.com/api/freeze_periods/  https://docs.gitlab.com/ci/environments/deployment_safety/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from pulse_tui.actions._shared.enforcing import Do, asked, within
from pulse_tui.actions._shared.tickets import PAGES, Api, entries, member
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Use
from pulse_tui.ports import Case, Held, Seen, SendContext
from pulse_tui.settings.check import Seconds

LASTS = timedelta(days=300)
"""A period comes again every year: it must end before it begins again."""
_BEFORE = 40 * 24 * 60
"""Minutes before the hold in which its period may begin."""
EACH = 100


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``project`` (its path or number) and a ``token`` as ``${NAME}`` of a maintainer with the scope ``api``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.ENFORCE})

    project: str
    token: str
    url: str = "https://gitlab.com"
    """The instance."""
    assets: tuple[str, ...] = ()
    """The assets that this project deploys: their holds; none: all."""
    holds: tuple[HoldKind, ...] = (HoldKind.FREEZE, HoldKind.PAUSE)
    """Which kinds of holds; a block is of one version, and a freeze period holds all of them."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""


def respond(case: Case) -> Sequence[Effect]:
    """Nothing: holds come here by themselves, whatever placed them."""
    del case
    return ()


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Create or delete the freeze period. Raises TargetError."""
    assert isinstance(options, Options)
    given, api, path = asked(delivery), _api(options, context), _path(options)
    if given.do is Do.ANSWER:
        raise TargetError("no deploy waits at a freeze period", ambiguous=False, permanent=True)
    placed = given.placed
    period = period_of(given.key, placed)
    there = [p for p in _listed(api, path, options) if _same(p, period)]
    if given.do is Do.LIFT:
        for one in there:
            api.write("DELETE", f"{path}/{int(member(one, 'id', options.url))}")
        return f"freeze period of {options.project} deleted" if there else "it was not there"
    if there:
        return f"freeze period {there[0].get('id')} was there already"
    made = api.write("POST", path, period)
    return f"freeze period {int(member(made, 'id', options.url))} until {iso(placed + LASTS)}"


def takes(hold: Hold, options: Any) -> bool:
    """Whether it is of its assets, and of a kind that is enforced here."""
    assert isinstance(options, Options)
    return within(hold, options.assets, options.holds)


def seen(held: Held, options: Any, context: SendContext) -> Seen:
    """Whether its freeze period is there. Raises TargetError."""
    assert isinstance(options, Options)
    listed = _listed(_api(options, context), _path(options), options)
    placed = held.hold.placed_at
    there = [p for p in listed if _same(p, period_of(held.key, placed))]
    if there and context.now >= placed + LASTS:
        return Seen(False, f"freeze period {there[0].get('id')} ended by itself at {iso(placed + LASTS)}")
    if there:
        return Seen(True, f"freeze period {there[0].get('id')}")
    return Seen(False, f"{options.project} has no freeze period of it")


def period_of(key: str, placed: datetime) -> dict[str, str]:
    """The freeze period of a hold: the same whenever it is asked for."""
    back = 1 + int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % _BEFORE
    return {
        "freeze_start": _cron(placed - timedelta(minutes=back), -1),
        "freeze_end": _cron(placed + LASTS, 1),
        "cron_timezone": "UTC",
    }


def _cron(moment: datetime, days: int) -> str:
    """Once a year; not on the day that most years do not have."""
    at = moment.astimezone(UTC)
    if (at.month, at.day) == (2, 29):
        at += timedelta(days=days)
    return f"{at.minute} {at.hour} {at.day} {at.month} *"


def _same(there: Mapping[str, Any], period: Mapping[str, str]) -> bool:
    return all(str(there.get(key)) == period[key] for key in ("freeze_start", "freeze_end"))


def _listed(api: Api, path: str, options: Options) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for page in range(1, PAGES + 1):
        listed = entries(api.get(path, {"per_page": str(EACH), "page": str(page)}), options.url + path)
        fresh = {str(p.get("id")): p for p in listed if str(p.get("id")) not in found}
        found |= fresh
        if len(listed) < EACH or not fresh:
            break
    return list(found.values())


def _api(options: Options, context: SendContext) -> Api:
    return Api(context, options.url, {"PRIVATE-TOKEN": options.token}, float(options.timeout))


def _path(options: Options) -> str:
    return f"/api/v4/projects/{quote(options.project, safe='')}/freeze_periods"
