"""Read models of the registry's screens: rows and pages ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind, note_ref
from pulse_tui.domain.standing import Standing


class StageCell(NamedTuple):
    """One stage of a workflow as a line: what serves and its state."""

    name: str
    asset: str
    version: str
    state: str


class WorkflowRow(NamedTuple):
    """A workflow in an environment as one line: its stages in order, and the state of the worst."""

    id: str
    environment: str
    state: str
    why: str
    """The worst stage and what is wrong with it."""
    stages: tuple[StageCell, ...]
    since_us: int | None
    """Since when the stage that moved last serves."""
    owner: str
    also: tuple[str, ...] = ()
    """What else holds of its stages, worst first."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.id}/{self.environment}"


class ReleaseRow(NamedTuple):
    """A release in its asset's history, or a pushed change of one: it has a row, and an iteration, of its own."""

    version: str
    """Of a change: the version that was changed; empty when it is not known."""
    iteration: int
    branch: str
    state: str
    """A word of :class:`~pulse_tui.domain.release.ReleaseState`; empty for a change."""
    serves: tuple[str, ...]
    """Environments where it serves now."""
    created_us: int
    promoted: str
    """The last promotion in words: ``prod by ana``."""
    promoted_us: int | None
    pointer: str
    """The rollback target; empty when none is named."""
    verdict: str
    """PASS, FAIL, INCONCLUSIVE, or empty."""
    digest: str
    remark: str
    """Anomalies, if any: no semantic version, gone from its source, another digest was seen."""
    change: str = ""
    """``system prompt change``; empty for a release."""
    by: str = ""
    """Who changed it."""
    what: str = ""
    """What was changed, as it was reported."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.version}@{self.iteration}" if self.change else self.version


class ReleaseStory(NamedTuple):
    """The page of a release."""

    state: str
    """A word of :class:`~pulse_tui.domain.release.ReleaseState`."""
    lines: tuple[tuple[str, str], ...]
    """(label, text): state, digest, provenance, lineage, interface, promotions, where it was."""


class GateMark(StrEnum):
    """The effect of a reason on the gate's answer."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"
    OK = "ok"


class GateLine(NamedTuple):
    """One reason of the gate."""

    name: str
    mark: GateMark
    text: str


class GateStory(NamedTuple):
    """The gate's answer for a release in an environment."""

    go: bool
    headline: str
    """``support-bot 3.8.2 to production (policy 41c9ab3f41c9)``"""
    reasons: tuple[GateLine, ...]
    changed: tuple[str, ...] = ()
    """What would change there."""
    todo: tuple[str, ...] = ()
    """What to do about each reason that blocks."""
    state: str = ""
    """The release's own state."""
    beside: tuple[str, ...] = ()
    """How it does beside what serves with it, by each measure, decided or not: that blocks only as an open FAIL."""

    @property
    def word(self) -> str:
        """``GO`` or ``BLOCKED``."""
        return "GO" if self.go else "BLOCKED"


class TreeRow(NamedTuple):
    """A line of a dependency tree."""

    depth: int
    """0 is what the asset uses directly."""
    name: str
    """By the one naming scheme."""
    version: str
    kind: str
    provider: str
    """The component's own id, as its provider writes it."""
    source: str
    note: str
    """What changed since the last approval, a head that moved, a state; empty when nothing."""
    again: bool
    """It is shown above with its dependencies; it is not unfolded twice."""
    where: tuple[str, ...] = ()
    """The environments it is in, when the asset runs in others too; empty: wherever the asset runs."""

    @property
    def key(self) -> str:
        """The component's identity; a component that occurs several times in the tree has it several times."""
        return f"{self.provider}@{self.version}"


class Tree(NamedTuple):
    """An asset's dependencies with what changed since its serving release was approved."""

    asset: str
    headline: str
    """``since 3.8.1 was approved (6d): vllm 0.9.0 -> 0.9.1, ...``"""
    rows: tuple[TreeRow, ...]
    documents: tuple[str, ...]
    """The bills it is based on, each with its age, or why one was refused."""


class DependentRow(NamedTuple):
    """An asset that a component reaches."""

    asset: str
    version: str
    """Of the component, there."""
    environments: tuple[str, ...]
    """Where the asset runs with it."""
    via: str
    """How it comes in: ``directly``, ``ray > protobuf``, ``asset kb-retriever``."""
    owner: str
    workflows: tuple[str, ...]
    endpoints: tuple[str, ...]

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.asset}/{self.version}"


class Dependents(NamedTuple):
    """The assets that use a component, directly or through others."""

    component: str
    headline: str
    rows: tuple[DependentRow, ...]
    provider: str = ""
    """The component's own id, as its provider writes it; empty when it has no other."""


class CalendarRow(NamedTuple):
    """Something released, promoted, rolled back, announced or due on a day: ours and the vendors'."""

    at_us: int
    whose: str
    """``ours`` or the vendor."""
    what: str
    """released, promoted, rolled back, shuts down, behaviour change ..."""
    subject: str
    detail: str
    ref: str
    """The asset, the note or the advisory it leads to."""
    source: str = ""
    """Of a note: the source that it is of."""

    @property
    def about(self) -> Ref | None:
        """The asset or the note."""
        if self.source:
            return note_ref(self.source, self.ref)
        return Ref(RefKind.ASSET, self.ref) if self.ref and self.whose == "ours" else None

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.at_us}/{self.whose}/{self.what}/{self.subject}"


class InventoryRow(NamedTuple):
    """Something about which the sources and the estate disagree, or that has no owner."""

    kind: str
    """undeclared, unseen, unowned, disputed, stale, concern."""
    subject: str
    what: str
    source: str
    todo: str
    about: Ref | None = None
    """The asset or the source that the subject is; None where it is an endpoint."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.kind}/{self.subject}/{self.what}"


class RegistryRow(NamedTuple):
    """A deployment as pane 1 shows it."""

    asset: str
    environment: str
    version: str
    iteration: int | None
    state: str
    """A word of :class:`~pulse_tui.domain.standing.Standing`."""
    why: str
    since_us: int | None
    owner: str
    tier: str
    traffic: float
    critical: bool
    hold: str = ""
    """frozen, paused or blocked when such a hold is active here, also where ``state`` shows something more urgent."""
    release: str = ""
    """The release's own state: evaluated, approved, promoted, quarantined ...; empty when it is not in the registry."""
    pointer: str = ""
    """The rollback target; empty when nothing is named or found."""
    source: str = ""
    """The source that claims that this version serves."""
    concerns: int = 0
    """The number of open concerns about it."""
    kind: str = ""
    """The asset's type."""
    pointer_ok: bool = True
    """False: the last check of the target failed, or it found none."""
    run: str = ""
    """``stopped``, ``running`` or ``waiting`` when a rollback of it is in that state."""
    also: tuple[str, ...] = ()
    """What else holds of it, worst first, as words of :class:`~pulse_tui.domain.standing.Standing`."""
    priority: str = ""
    """Of the most urgent alert that is open on it; empty when none is."""
    overdue_us: int | None = None
    """Since when its retest is overdue; None when it is not."""

    @property
    def words(self) -> tuple[str, ...]:
        """All that holds of it, worst first."""
        return (self.state, *self.also)

    def dated(self, now_us: int) -> tuple[str, ...]:
        """As :attr:`words`, a retest with how long it is overdue: ``retest overdue 3d``."""
        if self.overdue_us is None:
            return self.words
        late = f"{Standing.RETEST} overdue {age(self.overdue_us, now_us)}"
        return tuple(late if word == Standing.RETEST else word for word in self.words)

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.asset}/{self.environment}"
