"""What leads from one thing to another, both ways."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.ref import Link, Ref, RefKind
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.related import MOST, related
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.services.advisories.test_urgency import KEV, RECORD

PLACES = {RefKind.ALERT, RefKind.ASSET, RefKind.ADVISORY, RefKind.COMPONENT, RefKind.RELEASE, RefKind.RUN, RefKind.PLAN}


def of(links: Sequence[Link], kind: RefKind) -> list[str]:
    return [link.ref.id for link in links if link.ref.kind is kind]


@pytest.fixture
def exposed(judge: JudgeParts, clock: Clock) -> JudgeParts:
    """The gateway uses vllm, which an advisory names; an alert is open."""
    clock.pass_(minutes=1)
    ingest([RECORD, KEV], [], judge, clock())
    return judge


def test_an_alert_leads_to_its_asset_its_vulnerability_its_component_and_its_source(exposed: JudgeParts) -> None:
    (alert,) = of(related(exposed.store, Ref(RefKind.ADVISORY, "CVE-2026-3248")), RefKind.ALERT)
    links = related(exposed.store, Ref(RefKind.ALERT, alert))
    assert of(links, RefKind.ASSET) == ["gateway"]
    assert of(links, RefKind.ADVISORY) == ["CVE-2026-3248"]
    assert of(links, RefKind.COMPONENT)
    assert of(links, RefKind.SOURCE) == ["osv"]


def test_what_one_thing_leads_to_leads_back(exposed: JudgeParts) -> None:
    seen: dict[Ref, tuple[Link, ...]] = {}
    todo = [Ref(RefKind.ASSET, "gateway")]
    while todo:
        ref = todo.pop()
        if ref in seen or ref.kind not in PLACES:
            continue
        seen[ref] = related(exposed.store, ref)
        todo += [link.ref for link in seen[ref]]
        assert ref not in {link.ref for link in seen[ref]}
        assert len({link.ref for link in seen[ref]}) == len(seen[ref]) <= MOST
    kinds = {ref.kind for ref in seen}
    assert kinds >= {RefKind.ALERT, RefKind.ASSET, RefKind.ADVISORY, RefKind.COMPONENT, RefKind.RELEASE}
    lonely = [str(ref) for ref, links in seen.items() if not links]
    assert lonely == []


def test_what_is_gone_says_so(judge: JudgeParts) -> None:
    for kind in (
        RefKind.ALERT,
        RefKind.ASSET,
        RefKind.ADVISORY,
        RefKind.COMPONENT,
        RefKind.RUN,
        RefKind.PLAN,
        RefKind.INCIDENT,
        RefKind.WAIVER,
        RefKind.HOLD,
    ):
        with pytest.raises(NotFound, match="no-such"):
            related(judge.store, Ref(kind, "no-such"))
    assert related(judge.store, Ref(RefKind.AUTHORISATION, "x")) == ()
