"""Whether anybody answers for a component: without an answer that is new enough, "no advisory" says nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.coverage import Gap, holds_s
from pulse_tui.domain.estate import Component
from pulse_tui.domain.text import clean
from pulse_tui.enrich.advisories.configurations import version_of, versionless
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import component_key, covered_key, ecosystem_of, keys_of, source_of
from pulse_tui.ports.storing.advisories import Covering


def unreadable(component: Component) -> bool:
    """Whether its version is not known, or cannot be compared with others of its ecosystem: no range can judge it."""
    key = component_key(component)
    if key is None:
        return False
    version = version_of(component) if component.known_as else component.version
    if not version:
        return not component.known_as or not versionless(component)
    read = order(key[0])
    return read is not None and read(version) is None


def packages_of(components: Iterable[Component]) -> tuple[tuple[str, str], ...]:
    """(ecosystem, name) by which OSV would name each package, with its source package; sorted, each once."""
    found = set[tuple[str, str]]()
    for component in components:
        ecosystem = ecosystem_of(component)
        if ecosystem is None or (key := component_key(component)) is None:
            continue
        found.add((ecosystem, key[1] if ecosystem == "PyPI" else component.name))
        if (source := source_of(component)) is not None:
            found.add((ecosystem, source.key[1]))
    return tuple(sorted(found))


class Standing(NamedTuple):
    """An answer of a source as it stands at a moment."""

    row: Covering
    age_s: float
    """Since it last answered; negative: under a clock that was set back."""
    stale: bool
    configured: bool
    """False: a file that somebody brought, or a source that is configured no longer."""

    @property
    def words(self) -> str:
        """``osv answered 2026-11-01 (28 d ago)``."""
        return f"{self.row.source} {self.row.read_at:%Y-%m-%d} ({days(self.age_s)})"


def days(seconds: float) -> str:
    """``28 d``, ``5 h``, ``10 min``: how long ago, roughly."""
    whole = int(max(seconds, 0.0))
    if whole >= 2 * 86_400:
        return f"{whole // 86_400} d"
    return f"{whole // 3_600} h" if whole >= 3_600 else f"{whole // 60} min"


def _newest(answer: Standing) -> tuple[bool, float, str]:
    return answer.stale, answer.age_s, answer.row.source


def _places(component: Component, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Under what a source may answer for it: by name, by ecosystem, by the release of its distribution."""
    found = {*keys, *((ecosystem, "") for ecosystem, _ in keys)}
    return found | {(covered_key(component.ecosystem), "")} if keys and component.ecosystem else found


class Answered:
    """Everything that sources answered for, judged at ``now``."""

    def __init__(
        self,
        rows: Iterable[Covering],
        every_s: Mapping[str, float],
        now: datetime,
        asked: Collection[str] = (),
        begun: Collection[str] = (),
    ) -> None:
        """``every_s``: the interval of each configured source; ``asked``: ecosystems of which single packages are asked
        for; ``begun``: sources of products whose first load has not ended, which answer for nothing yet.
        """
        self._asked = asked
        self._begun = begun
        self._by_key: dict[tuple[str, str], list[Standing]] = {}
        ages: dict[tuple[str, datetime], tuple[float, bool, bool]] = {}  # a source answers for thousands at once
        for row in rows:
            when = row.source, row.read_at
            if when not in ages:
                age = (now - row.read_at).total_seconds()
                ages[when] = age, age > holds_s(every_s.get(row.source)), row.source in every_s
            self._by_key.setdefault((row.ecosystem, row.package), []).append(Standing(row, *ages[when]))
        for answers in self._by_key.values():
            if len(answers) > 1:
                answers.sort(key=_newest)

    def each(self, component: Component) -> list[Standing]:
        """The newest answer for it of each source; one that is not stale before any that is."""
        keys = keys_of(component)
        places = _places(component, keys)
        found = [a for place in places for a in self._by_key.get(place, ())]
        if len(found) < 2:
            return found
        first: dict[str, Standing] = {}
        for answer in sorted(found, key=_newest):
            first.setdefault(answer.row.source, answer)
        return list(first.values())

    def best(self, component: Component) -> Standing | None:
        """The first of :meth:`each`; None when nobody answered."""
        keys = keys_of(component)
        places = _places(component, keys)
        found = (self._by_key[place][0] for place in places if place in self._by_key)
        return min(found, key=_newest, default=None)

    def gap(self, component: Component) -> tuple[Gap, str] | None:
        """Why no feed's answer counts for it, in words too; None when one does, or when no advisory can name it."""
        keys = keys_of(component)
        best = self.best(component)
        if not keys or (best is not None and not best.stale):
            return None
        shown = clean(component.ecosystem or keys[0][0], 60)
        if best is None:
            if keys[0][0] in ("cpe", "product"):  # nobody asks for products: vendors publish what they publish
                if self._begun:
                    return (
                        Gap.NOT_ASKED,
                        f"not answered yet: {', '.join(sorted(self._begun))} was not read whole so far",
                    )
                return Gap.NO_FEED, f"nobody publishes advisories for it: no feed covers {clean(keys[-1][1], 100)}"
            if any(ecosystem in self._asked for ecosystem, _ in keys):
                return Gap.NOT_ASKED, "not asked yet: no round since it came here asked for it"
            return Gap.NO_FEED, f"no feed covers {shown}"
        age = f"the newest answer for {shown} is from {best.row.read_at:%Y-%m-%d} ({days(best.age_s)})"
        if best.configured:
            return Gap.STALE, f"{age}: source {best.row.source} is silent"
        return Gap.STALE, f"{age}, from a file: ingest a newer one, or add a source"
