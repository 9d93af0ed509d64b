"""The terminal, the operators and what the configuration names."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pulse_tui.cli.doctor.lines import Line
from pulse_tui.domain.claim import ESTATE
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.words import Environment
from pulse_tui.process import operator_name
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.domain.operator import Identity
    from pulse_tui.settings.references import Known


def terminal() -> Iterator[Line]:
    """What it can show."""
    size = shutil.get_terminal_size()
    term = os.environ.get("TERM", "")
    yield Line(
        "terminal",
        None if not sys.stdout.isatty() else term not in ("", "dumb"),
        f"TERM={term or 'unset'}, {size.columns}x{size.lines}",
    )
    encoding = (sys.stdout.encoding or "").lower()
    yield Line("encoding", True if "utf" in encoding else None, encoding or "unknown (ASCII borders are used)")


def before(house: House) -> Iterator[Line]:
    """What an earlier configuration declared, where this one states no assets: it stands until one does."""
    if house.settings.states_assets:
        return
    with contextlib.suppress(PulseError), house.store.read() as tx:
        claims = tx.inventory.claims_by(ESTATE)
        standing = sorted({c.subject for c in claims if c.field == "owner_team"})
        if standing:
            named = ", ".join(standing[:3]) + (" ..." if len(standing) > 3 else "")
            detail = f"{len(standing)} declared by an earlier configuration stand: {named}"
            yield Line("estate", None, f"{detail}; state them here, or end them with assets: []")


def operators(house: House) -> Iterator[Line]:
    """Who may approve, what that proves, and who asks."""
    settings = house.settings
    operators, needed, identity = settings.operators, settings.approvals.production, settings.identity
    able = identity.able({o.name: o for o in operators}, Environment.PRODUCTION)
    yield Line(
        "operators",
        len(able) >= needed if settings.playbooks else None,
        f"{len(able)} may approve in production ({', '.join(able) or 'nobody'}), {needed} are needed",
    )
    if operators:
        yield from _identity(house, identity)
    me = operator_name()
    known = me in {o.name for o in operators}
    yield Line(
        "you",
        known or None,
        f"{me}" + ("" if known else _STRANGER if operators else _ANYBODY),
    )


_STRANGER: Final = ": not in the operators' file, may read but not act; $PULSE_OPERATOR names another"


_ANYBODY: Final = (
    ": no operators are configured, so whoever has this account acts under any name; add operators with keys"
)


def _identity(house: House, identity: Identity) -> Iterator[Line]:
    """What an approval in production proves, and whether this account could sign one now."""
    if identity.by_name:
        what = "no operator has a public key: approvals in production are not signed, and nothing proves who gave them"
        yield Line("identity", False if house.settings.playbooks else None, f"{what}; pulse-tui help approvals")
        return
    signed = identity.must_sign(Environment.PRODUCTION)
    keys = sum(len(o.signers) for o in house.settings.operators)
    what = "are signed" if signed else "count without a signature (approvals: unsigned)"
    yield Line(
        "identity", signed, f"approvals in production {what}; {keys} public keys, {len(identity.revoked)} revoked"
    )
    me = operator_name()
    mine = next((o for o in house.settings.operators if o.name == me), None)
    if signed and mine is not None and Environment.PRODUCTION in mine.environments:
        from pulse_tui.services.rollback.votes import pen_of  # noqa: PLC0415
        from pulse_tui.signing import Agent  # noqa: PLC0415

        found = pen_of(mine, me, identity, Agent(), Environment.PRODUCTION, house.clock())
        yield Line(
            "your key", True if found.key is not None else None, f"an approval of {me} in production: {found.words}"
        )


def references(house: House, *, stored: bool) -> Iterator[Line]:
    """Everything that the configuration names is there: assets, versions, suites, owners, folders; nothing is a placeholder."""
    from pulse_tui.settings import references  # noqa: PLC0415

    known = _known(house) if stored else references.Known(rule_owners=_rule_owners(house))
    wrong = [*references.broken(house.settings, known), *references.folders(house.settings)]
    # Without a database nobody knows which versions a registry has.
    for item in wrong:
        yield Line(item.where, False if stored or "release" not in item.what else None, item.what)
    for item in references.placeholders(house.settings):
        yield Line(item.where, False, item.what)
    for where, name in references.secrets(house.settings):
        if name not in os.environ:
            yield Line(where, False, f"${{{name}}} is not set. Export it before the start")
        elif not os.environ[name].strip():
            yield Line(where, False, f"${{{name}}} is set to nothing. Export its value before the start")
    for item, nothing in references.unreached(house.settings):
        yield Line(item.where, False if nothing else None, item.what)
    if not wrong:
        yield Line("references", True, "every asset, version, suite, owner and folder that is named is there")


def _known(house: House) -> Known:
    from pulse_tui.settings.references import Known  # noqa: PLC0415

    with house.store.read() as tx:
        estate = tx.estate.load()
        versions = {a: {r.version for r in tx.estate.releases(a)} for a in estate.assets}
        for suite in house.settings.suites:
            for asset_id in suite.baselines:
                versions.setdefault(asset_id, set()).update(tx.evals.versions(asset_id, suite.id))
    return Known(set(estate.assets), versions, _rule_owners(house))


def _rule_owners(house: House) -> set[str]:
    try:
        return {r.owner for r in house.policy.rules if r.owner}
    except PulseError:
        return set()
