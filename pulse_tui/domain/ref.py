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
    """Its id is ``source key``: ids of sources hold no blank."""
    SOURCE = "source"
    SILENCE = "silence"
    WAIVER = "waiver"
    DELIVERY = "delivery"
    REVIEW = "review"
    POLICY = "policy"
    """A rule, by its id."""
    HOLD = "hold"
    """A freeze, a pause or a block."""
    WORKFLOW = "workflow"
    """Its id is ``name environment``."""
    AUTHORISATION = "authorisation"
    """A pre-authorisation, by its hash."""


class Ref(NamedTuple):
    """One of them."""

    kind: RefKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value} {self.id}"


class Link(NamedTuple):
    """Something that another thing is related to."""

    ref: Ref
    words: str
    """What it is to it."""


def note_ref(source: str, key: str) -> Ref:
    """A note of a source."""
    return Ref(RefKind.NOTE, f"{source} {key}")


def pair(ref: Ref) -> tuple[str, str]:
    """The two parts of the id of a release, a note or a workflow."""
    first, _, second = ref.id.rpartition("@") if ref.kind is RefKind.RELEASE else ref.id.partition(" ")
    return first, second


def release_ref(asset: str, version: str) -> Ref:
    """A release of an asset."""
    return Ref(RefKind.RELEASE, f"{asset}@{version}")
