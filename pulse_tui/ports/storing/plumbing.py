"""The audit log, and what every wing leans on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.audit import Anchor, AuditEntry, StoredLine, Walked
from pulse_tui.domain.delivery import Delivery, DeliveryState, Queued
from pulse_tui.domain.source import SourceStatus


class Log(Protocol):
    """The audit chain."""

    def append(
        self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str] | None = None
    ) -> int:
        """Add a line; returns its number. The transaction's last line records what else the transaction wrote."""
        ...

    def head(self) -> Anchor:
        """The newest line; number 0 and :data:`GENESIS` before the first."""
        ...

    def sealed(self) -> Anchor | None:
        """The line that was written last, as remembered beside the log."""
        ...

    def contradiction(self, record: str, since: str) -> str:
        """Why a protected record (``approvals/<plan>``) must not be believed; empty when the log recorded it as it is.

        Only the lines after the one with the hash ``since`` are looked at, and their chain is checked.
        """
        ...

    def vouches(self, record: str, subject: str) -> bool:
        """Whether the lines about one subject recorded the protected record as it is now; the others are not read."""
        ...

    def walk(self, since: Anchor | None = None, asked: Collection[str] = ()) -> Walked:
        """Follow the chain from the line after ``since`` to the newest; which lines have the hashes ``asked``."""
        ...

    def stored(self, first: int, last: int) -> Iterator[StoredLine]:
        """The lines from number ``first`` to ``last`` as they are stored."""
        ...

    def recorded_text(self, record: str) -> bytes:
        """The text whose SHA-256 the log records of a protected record, as it is now; empty when there is none."""
        ...

    def weakened(self) -> list[str]:
        """What no longer stops a change of the log, the votes or the journal in the database, in words."""
        ...

    def protect(self) -> None:
        """Make the triggers that stop it again, as they should be."""
        ...

    def records(self) -> dict[str, str]:
        """The digest of every protected record as it is now."""
        ...

    def entries(self, *, subject: str | None = None, limit: int | None = None) -> list[AuditEntry]:
        """Oldest first; with ``limit`` the newest ones."""
        ...

    def page(
        self,
        limit: int,
        before: int | None = None,
        *,
        actions: Collection[str] = (),
        actor: str | None = None,
        since: datetime | None = None,
    ) -> list[AuditEntry]:
        """The newest first: the lines before number ``before``, None for the newest of all.

        ``actions``: only of these; one that ends with a dot stands for all that begin so.
        """
        ...


class Plumbing(Protocol):
    """Sources, leases, the outbox."""

    def sources(self) -> dict[str, SourceStatus]: ...
    def source(self, ident: str) -> SourceStatus | None: ...
    def put_source(self, status: SourceStatus) -> None: ...
    def keep_sources(self, ids: Iterable[str]) -> None:
        """Forget sources that the configuration no longer has."""
        ...

    def claim(
        self, name: str, holder: str, now: datetime, ttl_s: float, dead: Callable[[str], bool] = ...
    ) -> int | None:
        """Take or renew a lease; returns its epoch (it rises when the holder changes), None when held by another.

        ``dead`` says that a holder certainly no longer lives: its lease need not run out first.
        """
        ...

    def claim_all(
        self,
        names: Collection[str],
        holder: str,
        now: datetime,
        ttl_s: float,
        dead: Callable[[str], bool] = ...,
    ) -> int | None:
        """Several leases or none: all get one epoch, above every one that they had. None when another holds one."""
        ...

    def renew_all(self, names: Collection[str], holder: str, epoch: int, now: datetime, ttl_s: float) -> bool:
        """Whether all of them were still held, by this holder at this epoch; each lasts ``ttl_s`` again then.

        Where it is False the caller's transaction must not land.
        """
        ...

    def held_until(self, names: Collection[str], holder: str, epoch: int) -> datetime | None:
        """When the first of them runs out; None when not all of them are this holder's at this epoch."""
        ...

    def release_all(self, names: Collection[str], holder: str) -> None: ...
    def holds_lease(self, name: str, holder: str, epoch: int, now: datetime) -> bool: ...
    def lease(self, name: str) -> tuple[str, datetime] | None:
        """Who had it last, and until when; who gave it back is still who had it last."""
        ...

    def lease_until(self, name: str, holder: str) -> datetime | None:
        """When the lease of this holder runs out, or ran out; None when it gave it back or another one has it."""
        ...

    def release(self, name: str, holder: str) -> None: ...
    def epochs(self) -> dict[str, int]:
        """The last epoch of every lease there ever was."""
        ...

    def free_all(self, at_least: Mapping[str, int], more: int) -> None:
        """Nobody holds a lease any more, and each goes on at an epoch that is ``more`` higher and above ``at_least``."""
        ...

    def enqueue(self, delivery: Delivery) -> bool: ...
    def wake(self, routes: Collection[str]) -> None:
        """These routes have something to send once the transaction lands; what is enqueued says so itself."""
        ...

    def has_delivery(self, key: str) -> bool: ...
    def due_deliveries(self, now: datetime, limit: int = 50, *, route: str | None = None) -> list[Delivery]:
        """Whose turn it is (:func:`pulse_tui.domain.delivery.lineup`), the eldest first."""
        ...

    def due_routes(self, now: datetime) -> list[str]: ...
    def queue(self, route: str | None = None) -> list[Queued]:
        """What is queued or dead, the eldest first."""
        ...

    def deliveries_of(self, keys: Sequence[str]) -> dict[str, Delivery]:
        """Those of these keys that there are."""
        ...

    def put_delivery(self, delivery: Delivery) -> None: ...
    def put_deliveries(self, deliveries: Sequence[Delivery]) -> None: ...
    def hasten(self, route: str, now: datetime) -> int:
        """What waits for another attempt is due now: the route works again."""
        ...

    def deliveries(
        self, limit: int = 100, *, states: Collection[DeliveryState] = (), route: str | None = None
    ) -> list[Delivery]:
        """The newest first; no ``states``: of all."""
        ...

    def get_value(self, key: str) -> str | None: ...
    def put_value(self, key: str, value: str) -> None: ...
