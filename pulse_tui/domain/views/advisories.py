"""Read models of the advisories: rows ready to draw."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso

UNNAMED = "not-audited"
"""The id of the row that stands for all components that no advisory can name."""


ROW_STATES = ("open", "not audited", "acknowledged", "silenced", "waived", "note", "settled")
"""What a row can say of itself, the worst first: a row of several places says the worst of theirs."""


class AdvisoryRow(NamedTuple):
    """A vulnerability (all its records) in one component, as pane 3 shows it."""

    id: str
    """The name people use, by which its page opens."""
    record: str
    """The id of one of its records."""
    priority: str
    component: str
    hits: tuple[tuple[str, int], ...]
    """(environment, number of assets that it reaches there), production first; "" is no environment."""
    state: str
    title: str
    provider: str = ""
    """The component's own id, as its provider writes it; empty when it has no other."""
    due_us: int | None = None
    """The deadline of its most urgent alert that nobody has in hand."""
    until_us: int | None = None
    """Until when it is waived, silenced or acknowledged."""
    malicious: bool = False

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.id}/{self.component}"

    @property
    def production_hits(self) -> int:
        """Assets that it reaches in production."""
        return dict(self.hits).get("production", 0)

    @property
    def reach(self) -> int:
        """Places that it reaches, in all."""
        return sum(count for _, count in self.hits)


class AdvisoryStory(NamedTuple):
    """The page of an advisory: the three questions first, then what is recorded."""

    lines: tuple[tuple[str, str], ...]
    """(label, text)."""
    alert: str = ""
    """The id of its most urgent open alert; empty when none is open."""
    asset: str = ""
    """What it reaches, of several the most urgent; empty when it reaches nothing."""
    name: str = ""
    """The name people use; empty for the page of what nobody can judge."""
    reached: tuple[tuple[str, str], ...] = ()
    """(asset, component) of what it reaches or may reach, the most urgent first."""


class RadiusRow(NamedTuple):
    """A line of the blast radius of a vulnerability: a component it is in, an asset that uses it, what depends on that."""

    depth: int
    what: str
    """component, asset, workflow or endpoint."""
    name: str
    version: str
    where: tuple[str, ...]
    """Environments, production first."""
    traffic: float | None
    """The share of traffic of an asset in the first of them, 0 to 1."""
    owner: str
    note: str
    """How it stands; of an asset that depends on another, through what."""
    again: bool = False
    """Its own dependents stand where it is named first."""


class Radius(NamedTuple):
    """Everything that a vulnerability can hurt, as a tree."""

    name: str
    headline: str
    rows: tuple[RadiusRow, ...]


class LedgerPage(NamedTuple):
    """The ledger, and each component that nobody can judge."""

    ledger: Ledger
    open: tuple[tuple[str, str, str], ...]
    """(asset, component, reason), as many as are listed."""
    more: int = 0
    """Those beyond."""


class LedgerRow(NamedTuple):
    """Components of what serves, by their ecosystem or by the source that answers for them."""

    about: str
    """An ecosystem as its components write it, or the id of a source."""
    matched: int
    clean: int
    not_audited: int
    gaps: tuple[tuple[str, int], ...] = ()
    """(reason, components) of those that are not audited, the most frequent first."""

    @property
    def components(self) -> int:
        """All of them."""
        return self.matched + self.clean + self.not_audited


class FeedRow(NamedTuple):
    """A feed of advisories, or a list of KEV or EPSS, and how new it is."""

    source: str
    kind: str
    """The kind of the source; ``file`` for what somebody brought."""
    covers: str
    """``PyPI, npm``, ``14 packages``, ``KEV``."""
    at_us: int
    """Its own date, else when what it has last changed."""
    read_us: int
    """When it last answered."""
    records: int
    stale: bool
    configured: bool
    why: str = ""
    """Why it is stale, and what to do."""
    refused: int = 0
    """Records of it that were refused and are kept: what they name is not known."""

    @property
    def size(self) -> str:
        """``1,091 records, 2 refused: what those name is not known``."""
        lost = f", {self.refused:,} refused: what those name is not known" if self.refused else ""
        return f"{self.records:,} record{'' if self.records == 1 else 's'}{lost}"

    @property
    def word(self) -> str:
        """Beside it, for who cannot see colours."""
        return "stale" if self.stale else "fresh"


_COVERS = {
    "cpe": "add kind: nvd",
    "product": "add kind: csaf with its vendor's bulletins",
    "generic": "declare its cpe or product",
    "conda": "no database covers conda; list what pip installs",
}


def cure(ecosystem: str) -> str:
    """What covers an ecosystem that nobody covers yet."""
    return _COVERS.get(ecosystem, "add a source that does: kind: osv asks for most")


class Ledger(NamedTuple):
    """What advisories say of everything that serves: matched, clean, or not audited; and how new each feed is."""

    ecosystems: tuple[LedgerRow, ...]
    """The largest gaps first."""
    sources: tuple[LedgerRow, ...]
    """By the source that answers; a component counts with each that does. ``not_audited``: of its ecosystems, what it is too old to answer for."""
    feeds: tuple[FeedRow, ...]
    """Stale ones first."""
    matched: int = 0
    clean: int = 0
    not_audited: int = 0
    uncovered: tuple[str, ...] = ()
    """Ecosystems of the estate that nobody covers."""
    unbilled: tuple[str, ...] = ()
    """Assets that serve and of which no component is known: of them nothing is counted, and nothing is clean."""


class WaiverRow(NamedTuple):
    """A waiver, ready to draw: what it is of, how it stands, who answers for it and until when."""

    id: str
    advisory: str
    asset: str
    """"" for every asset that uses the component."""
    component: str
    version: str
    environment: str
    status: str
    justification: str
    rationale: str
    owner: str
    placed_by: str
    placed_us: int
    review_us: int
    source: str
    standing: bool
    ended: str
    """Why it ended; "" while it stands."""
    covers: int
    """Findings that stand under it now."""

    @property
    def scope(self) -> str:
        """``gateway production: pkg:pypi/vllm@0.9.1``."""
        where = " ".join(filter(None, (self.asset or "every asset", self.environment)))
        return f"{where}: {self.component or 'every component'}" + (f"@{self.version}" if self.version else "")

    def line(self) -> str:
        """As text."""
        how = self.status + (f": {self.justification}" if self.justification else "")
        until = f"until {iso(from_us(self.review_us))}" if self.standing else f"ENDED: {self.ended}"
        return f"{self.id}  {self.advisory}  [{self.scope}]  {how}  by {self.owner} {until}: {self.rationale}"
