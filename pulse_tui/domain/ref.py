"""What a row, a page or a link is about: the kind of thing and its name, so that every screen can lead to every other."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class RefKind(StrEnum):
    """The kinds of things that have a page, or stand as a row on one."""

    ALERT = "alert"
    INCIDENT = "incident"
    ASSET = "asset"
    ADVISORY = "advisory"
    COMPONENT = "component"
    RELEASE = "release"
    """Its id is ``asset@version``."""
    RUN = "run"
    """A benchmark run."""
    PLAN = "plan"
    """Of a rollback, by its hash."""
    NOTE = "note"
    SOURCE = "source"
    SILENCE = "silence"
    WAIVER = "waiver"
    DELIVERY = "delivery"
    REVIEW = "review"
    POLICY = "policy"
    """A rule, by its id."""


class Ref(NamedTuple):
    """One of them."""

    kind: RefKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.id}"


def release_ref(asset: str, version: str) -> Ref:
    """A release of an asset."""
    return Ref(RefKind.RELEASE, f"{asset}@{version}")
