"""What people decided and others have to live with: waivers, lifts, accepted risks, overrides, approvals, policy changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.learning import DecisionRow
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.learning.activity import detail_words
from pulse_tui.services.parts import SYSTEM
from pulse_tui.settings.check import nearest

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "waiver": ("alert.waived", "waiver."),
    "silence": ("alert.silenced", "alert.unmuted", "silence.", "maintenance."),
    "hold": ("hold.placed", "hold.reviewed"),
    "lift": ("hold.lifted", "enforce.forgotten"),
    "accepted risk": ("risk.",),
    "override": ("freeze.",),
    "approval": (
        "plan.approved", "plan.rejected", "authorisation.", "release.approved", "release.promoted",
        "release.quarantined", "release.retired",
    ),
    "review": ("run.reviewed", "review.done"),
    "policy": ("policy.",),
    "reference": ("baseline.", "suite.frozen", "tripwire.pinned", "component.loaded", "advisory.settled", "advisory.unsettled"),
}  # fmt: skip
"""Kind -> the actions of the log that are one; one that ends with a dot stands for all that begin so."""
_OF_PEOPLE: Final = ("hold.placed", "hold.lifted")
"""The program does these too, by rule: those are in the activity."""
LIMIT: Final = 1_000
_PAGE: Final = 500


def decisions(
    store: Store,
    *,
    by: str | None = None,
    asset: str | None = None,
    since: datetime | None = None,
    kind: str | None = None,
    limit: int = LIMIT,
) -> tuple[DecisionRow, ...]:
    """The newest first, of one person, asset or kind when it is named. Raises WrongUse for a kind that there is not."""
    if kind is not None and kind not in KINDS:
        raise WrongUse(f"there is no kind of decision {clean(kind, 40)!r}", todo=nearest(kind, KINDS))
    with store.read() as tx:
        return tuple(decided(tx, by=by, asset=asset, since=since, kind=kind, limit=limit))


def decided(
    tx: Transaction,
    *,
    by: str | None = None,
    asset: str | None = None,
    since: datetime | None = None,
    kind: str | None = None,
    limit: int = LIMIT,
    before: int | None = None,
) -> Iterator[DecisionRow]:
    """As :func:`decisions`, of the lines before number ``before``; None: of all."""
    actions = KINDS[kind] if kind is not None else tuple(a for every in KINDS.values() for a in every)
    assets, found = _Assets(tx), 0
    for entry in _entries(tx, actions, by, since, before):
        if entry.action in _OF_PEOPLE and entry.actor == SYSTEM:
            continue
        about = assets.of(entry)
        if asset in (None, about):
            yield _row(entry, about)
            if (found := found + 1) == limit:
                return


def _entries(
    tx: Transaction, actions: tuple[str, ...], by: str | None, since: datetime | None, before: int | None
) -> Iterator[AuditEntry]:
    while page := tx.log.page(_PAGE, before, actions=actions, actor=by, since=since):
        yield from page
        before = page[-1].seq


def kind_of(action: str) -> str:
    """Which kind of decision an action of the log is; empty for none."""
    return next(
        (k for k, names in KINDS.items() if any(action == n or (n[-1] == "." and action.startswith(n)) for n in names)),
        "",
    )


def _row(entry: AuditEntry, asset: str) -> DecisionRow:
    what = f"{entry.action.replace('.', ' ').replace('_', ' ')} {entry.subject}"
    return DecisionRow(entry.seq, to_us(entry.at), entry.actor, kind_of(entry.action), what, asset, detail_words(entry))


class _Assets:
    """Which asset a line of the log is about: as it says, by its alert, or by its subject."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._known = tx, set(tx.estate.load().assets)
        self._alerts = dict[str, str]()

    def of(self, entry: AuditEntry) -> str:
        if stated := entry.detail.get("asset"):
            return stated
        if entry.action.startswith("alert."):
            return self._alert(entry.subject)
        words = entry.subject.replace("@", " ").replace("/", " ").split()
        return next((w for w in words if w in self._known), "")

    def _alert(self, ident: str) -> str:
        if ident not in self._alerts:
            alert = self._tx.judgements.alert(ident)
            self._alerts[ident] = (alert.asset_id or "") if alert is not None else ""
        return self._alerts[ident]
