"""Waivers of vulnerabilities: recorded exceptions as VEX states them, with an owner and an end."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


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
    """Of the component; None: every version."""
    status: VexStatus
    justification: Justification | None
    rationale: str
    owner: str
    placed_by: str
    placed_at: datetime
    review_at: datetime
    source: str = ""
    """The VEX document it came from; "" when an operator placed it here."""
    known_exploited: bool | None = None
    """As it was when the waiver was placed, like the next two: what changes since ends it."""
    exposure: str = ""
    fixed: tuple[str, ...] = ()
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: str | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it excuses anything at ``now``."""
        return self.ended_at is None and now < self.review_at
