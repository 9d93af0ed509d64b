"""Waivers of vulnerabilities: recorded exceptions as VEX states them, with an owner and an end."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.words import Environment, Priority


class VexStatus(StrEnum):
    """OpenVEX statuses (https://github.com/openvex/spec)."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    """Why something is not affected: without one ``not_affected`` is refused."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    NOT_CONTROLLED_BY_ADVERSARY = "vulnerable_code_cannot_be_controlled_by_adversary"
    MITIGATED_INLINE = "inline_mitigations_already_exist"


UNSEEN = ("?",)
"""Stands for the fixes that a waiver was placed in view of, until the first record of its vulnerability comes."""


UNKNOWN = ""
"""The version of a waiver that was placed while nobody knew which is installed: of any that is known it says nothing."""


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """An exception of one vulnerability on a component of an asset, until its review.

    It ends by itself: at ``review_at``, when the vulnerability becomes known exploited, when the asset is exposed
    otherwise than it was, when a fix appears that was not there. ``ended_why`` says which.
    """

    id: str
    advisory: str
    """The name of the alias group (:attr:`pulse_tui.domain.advisory.Advisory.name`); every id of the group means it."""
    asset_id: str | None
    """None: every asset that uses the component (a statement of its vendor)."""
    component_id: str | None
    """The component's id without its version; None: every component that the advisory names."""
    version: str | None
    """Of the component; None: every version; :data:`UNKNOWN`: of one that is not known."""
    status: VexStatus
    justification: Justification | None
    rationale: str
    owner: str
    placed_by: str
    placed_at: datetime
    review_at: datetime
    environment: Environment | None = None
    """None: wherever the asset runs."""
    priority: Priority | None = None
    """The most urgent that the risk was when it was accepted: what is more urgent nobody accepted. None: any."""
    source: str = ""
    """The VEX document it came from; "" when an operator placed it here."""
    known_exploited: bool | None = None
    """As it was when the waiver was placed, like the next two: what changes since ends it."""
    exposure: str = ""
    fixed: tuple[str, ...] = ()
    """:data:`UNSEEN`: no record of the vulnerability was stored then."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: str | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it excuses anything at ``now``."""
        return self.ended_at is None and now < self.review_at

    def scope(self, finding: Finding) -> bool:
        """Whether a finding of its vulnerability is of its asset, environment, component and version."""
        return (
            self.asset_id in (None, finding.asset_id)
            and (self.environment is None or self.environment is finding.environment)
            and self._names(finding.component_id)
            and self.version in (None, installed(finding) or UNKNOWN)
        )

    def _names(self, component_id: str | None) -> bool:
        """A package URL without a distribution's release or source package names that of every release."""
        return self.component_id in (None, component_id, (component_id or "").partition("?")[0])

    def accepts(self, priority: Priority) -> bool:
        """Whether what policy makes of it now is no more urgent than what was accepted; a statement of fact has no such bound."""
        bound = self.priority if self.status is VexStatus.AFFECTED else None
        return bound is None or priority.rank >= bound.rank

    @property
    def words(self) -> str:
        """``by ana until 2026-12-23: not reachable (not_affected: component_not_present)``."""
        stated = self.justification.value if self.justification is not None else ""
        # A document without a rationale of its own is kept with its justification for one: once is enough.
        how = self.status.value + (f": {stated}" if stated and stated != self.rationale else "")
        return f"by {self.owner} until {self.review_at:%Y-%m-%d}: {self.rationale} ({how})"

    def ended(self, by: str, why: str, now: datetime) -> Waiver:
        """It excuses nothing from now on; why is kept."""
        return msgspec.structs.replace(self, ended_at=now, ended_by=by, ended_why=why)


def installed(finding: Finding) -> str | None:
    """The version of a finding's component: what its label has after the name."""
    name, _, version = finding.component.rpartition(" ")
    return version if name else None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a VEX document states of one vulnerability in one product: an observation, not yet a waiver."""

    source: str
    document: str
    """Its id, else the name of its file."""
    author: str
    at: datetime
    vulnerability: str
    aliases: tuple[str, ...] = ()
    component_id: str | None
    """The package without its version, as :class:`~pulse_tui.domain.estate.Component` names it; None: every one within."""
    version: str | None
    """None: every version of it."""
    within: str | None = None
    """The product that the package is part of, where the statement is of the package in it: its component id."""
    within_version: str | None = None
    asset_id: str | None = None
    """The asset that it is about, where it is known; None: whatever uses the product."""
    environment: Environment | None = None
    status: VexStatus
    justification: Justification | None = None
    rationale: str = ""
    owner: str = ""
    """Who answers for it, where that is not the author."""
    review_at: datetime | None = None
    review_days: int = 90
    """The review after its import, where the document names no date."""
    accepted: bool = False
    """An accepted risk with owner and review date, as only our own export states it."""

    @property
    def id(self) -> str:
        """Names it in messages: by the part, else by what is stated as a whole."""
        about, version = self.component_id, self.version
        if about is None and self.within is not None:
            about, version = self.within, self.within_version
        where = about or self.asset_id or "every component"
        return f"{self.document}: {self.vulnerability} in {where}" + (f"@{version}" if version else "")
