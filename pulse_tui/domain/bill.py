"""Bills of materials: the dependencies of an asset, as one document or system reports them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind, Environment

ROOT = -1
"""The parent of what the asset uses itself."""

ADDED = "added"
"""How the document of a bill begins whose packages are declared to count beside a release's own bill."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Every dependency of an asset that one document of one source lists; it replaces that document's earlier list.

    ``edges`` are (parent, child) positions in ``components``; parent :data:`ROOT` is the asset itself. A
    component that no edge leads to hangs on the asset. A cycle among components is legal (packages have
    them); code that walks the edges keeps a set of what it has seen.
    """

    source: str
    asset_id: str
    document: str
    """Which document of the source: a file's name, an image, a lock file's path. Part of the identity."""
    at: datetime
    components: tuple[Component, ...]
    edges: tuple[tuple[int, int], ...] = ()
    environments: tuple[Environment, ...] = ()
    """Where it applies; all when empty."""
    version: str | None = None
    """The release it was made for, when the document or its path names one: it applies where that release
    serves. None: it is about what runs, whatever the release."""
    subject: str | None = None
    """What the document describes (an image, a project), as it names it."""
    digest: str | None = None
    """The content digest of what it describes (``sha256:...``), when the document gives it."""
    refused: int = 0
    """Records that could not be read and may have named components: those are not gone, they are not audited."""
    partial: bool = False
    """It lists some of the components alone (those a scanner found vulnerable): they count beside other bills, and what it
    does not list is neither absent nor clean."""
    loaded: tuple[tuple[str, bool], ...] = ()
    """Of components (by id) that it says it of: whether they are loaded when the asset runs."""

    @property
    def origin(self) -> str:
        """Names this document among all: ``source:document``, with ``@version`` when it was made for a release."""
        named = f"{self.source}:{self.document}" if self.document else self.source
        return f"{named}@{self.version}" if self.version is not None else named


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a moving component resolves to now, by its source: a model alias's snapshot, a branch's commit."""

    source: str
    component_id: str
    kind: ComponentKind
    version: str
    at: datetime
    """When it moved there, if the source gives it; else when it was seen."""
    name: str | None = None
    link: str | None = None


class DependencyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A component of an asset was added (``before`` None), removed (``after`` None) or changed its version."""

    asset_id: str | None
    """None: a :class:`Head` moved, under every asset that uses it."""
    component_id: str
    kind: ComponentKind
    name: str
    before: str | None
    after: str | None
    at: datetime
    source: str

    def words(self) -> str:
        """``vllm 0.9.0 -> 0.9.1``, ``+ ray 2.9``, ``- nltk 3.8.1``."""
        if self.before is None:
            return f"+ {self.name} {self.after or ''}".rstrip()
        if self.after is None:
            return f"- {self.name} {self.before}".rstrip()
        return f"{self.name} {self.before or '?'} -> {self.after or '?'}"
