"""Advisories, findings and vendor notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.note import Note, Reading
from pulse_tui.domain.words import Environment, Priority


class Advisories(Protocol):
    """Advisories, findings, vendor notes."""

    def put(self, advisories: Iterable[Advisory]) -> list[Advisory]:
        """Insert or update; returns those that are new or changed."""
        ...

    def get(self, name: str) -> Advisory | None:
        """By id or alias."""
        ...

    def called(self, name: str) -> list[Advisory]:
        """Every record of this name (the CVE, or the record's own id), in the order of their ids."""
        ...

    def touching(self, packages: Iterable[tuple[str, str]]) -> list[Advisory]:
        """Advisories that name one of the (ecosystem, name) pairs, however each of them spells the name."""
        ...

    def covered(self, ecosystems: Iterable[str]) -> set[str]:
        """Those of the ecosystems (as :func:`~pulse_tui.enrich.lookups.ecosystem_key` spells them) that some advisory is of."""
        ...

    def put_findings(self, findings: Iterable[Finding]) -> None: ...
    def drop_findings(self, *, advisory_id: str | None = None, asset_id: str | None = None) -> None: ...
    def findings(self, advisory_id: str | None = None, asset_id: str | None = None) -> list[Finding]: ...
    def set_priority(self, name: str, asset_id: str, environment: Environment | None, priority: Priority) -> None:
        """The priority that policy gives to the findings of an advisory (id or alias) on an asset."""
        ...

    def has_note(self, source: str, key: str) -> bool: ...
    def put_note(self, note: Note, reading: Reading) -> bool:
        """False when the same note with the same body is there already."""
        ...
