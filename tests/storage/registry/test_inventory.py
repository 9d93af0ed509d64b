from __future__ import annotations

from typing import Any

from pulse_tui.domain.claim import Claim
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.estate import Endpoint, Stage, Workflow
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import Severity
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, later


def claim(field: str = "owner_team", value: str = "ml-support", **fields: Any) -> Claim:
    values = {"subject": "support-bot", "source": "registry", "since": NOW, **fields}
    return Claim(field=field, value=value, **values)


def concern(key: str = "dispute:production:version", **fields: Any) -> Concern:
    values: dict[str, Any] = {
        "asset_id": "support-bot",
        "what": "registry says 3.8.1, ci says 3.8.2",
        "todo": "Correct one of them",
        "source": "registry",
        "severity": Severity.MEDIUM,
        "since": NOW,
    }
    return Concern(key=key, **{**values, **fields})


def test_claims_of_several_sources_stand_beside_each_other(store: SqlStore) -> None:
    said = [claim(), claim(value="else", source="ci"), claim("tier", "internal"), claim(subject="other")]
    with store.write() as tx:
        assert tx.inventory.put_claims(said) == 4
        assert tx.inventory.claims("support-bot") == [said[1], said[0], said[2]]
        assert tx.inventory.claims("support-bot", "tier") == [said[2]]
        assert tx.inventory.claims_by("registry") == [said[3], said[0], said[2]]
        assert tx.inventory.claims("nobody") == []


def test_a_claim_keeps_since_when_it_is_said_until_it_says_another_value(store: SqlStore) -> None:
    with store.write() as tx:
        tx.inventory.put_claims([claim(), claim("tier", "internal")])
        assert tx.inventory.put_claims([claim(since=later(hours=1)), claim("tier", "internal")]) == 0
        assert tx.inventory.claims("support-bot", "owner_team") == [claim()]
        moved = claim(value="other", since=later(hours=2))
        assert tx.inventory.put_claims([moved, claim("tier", "internal", since=later(hours=2))]) == 1
        assert tx.inventory.claims("support-bot") == [moved, claim("tier", "internal")]


def test_claims_are_dropped_by_source_and_by_field(store: SqlStore) -> None:
    with store.write() as tx:
        tx.inventory.put_claims([claim(), claim("tier", "internal"), claim(source="ci"), claim(subject="other")])
        assert tx.inventory.drop_claims("support-bot", "registry", ["tier", "exposure"]) == 1
        assert tx.inventory.drop_claims("support-bot", "registry", []) == 0
        assert tx.inventory.drop_claims("support-bot", "registry") == 1
        assert tx.inventory.claims("support-bot") == [claim(source="ci")]
        assert tx.inventory.claims("other") == [claim(subject="other")]


def test_many_claims_that_stand_already_write_nothing(store: SqlStore) -> None:
    many = [claim(f, str(i), subject=f"asset-{i}") for i in range(3_000) for f in ("tier", "owner_team", "exposure")]
    with store.write() as tx:
        assert tx.inventory.put_claims(many) == 9_000
        assert tx.inventory.put_claims(many) == 0


def test_a_concern_stands_since_it_was_first_seen_until_it_is_dropped(store: SqlStore) -> None:
    first = concern(environment=PRODUCTION, version="3.8.1")
    with store.write() as tx:
        assert tx.inventory.put_concern(first)
        assert not tx.inventory.put_concern(changed(first, since=later(hours=1)))
        assert tx.inventory.put_concern(changed(first, what="registry says 3.8.1, ci says 3.9", since=later(hours=2)))
        other = concern("deleted:1", asset_id="other")
        assert tx.inventory.put_concern(other)
        standing = changed(first, what="registry says 3.8.1, ci says 3.9")
        assert tx.inventory.concerns() == [other, standing]
        assert tx.inventory.concerns("support-bot") == [standing]
        assert tx.inventory.drop_concern("support-bot", "deleted:1") is None
        assert tx.inventory.drop_concern("support-bot", first.key) == standing
        assert tx.inventory.drop_concern("support-bot", first.key) is None
        assert tx.inventory.concerns() == [other]


def test_endpoints_of_a_source_are_replaced_as_a_whole(store: SqlStore) -> None:
    chat = Endpoint(
        id="chat", environment=PRODUCTION, asset_id="support-bot", segments=("eu", "us"), production_critical=True
    )
    beta = Endpoint(id="chat", environment=CANARY, asset_id="support-bot", owner_team="web")
    lone = Endpoint(id="old", environment=PRODUCTION, source="gateway")
    with store.write() as tx:
        assert tx.inventory.put_endpoints([chat, beta]) == 2
        assert tx.inventory.put_endpoints([lone], "gateway") == 1
        assert tx.inventory.put_endpoints([chat, beta]) == 0
        assert tx.inventory.endpoints() == [beta, chat, lone]
        assert tx.inventory.endpoints("support-bot") == [beta, chat]
        moved = changed(chat, segments=("eu",))
        assert tx.inventory.put_endpoints([moved]) == 2
        assert tx.inventory.endpoints() == [moved, lone]
        assert tx.inventory.put_endpoints([], "gateway") == 1
        assert tx.inventory.endpoints() == [moved]


def test_an_endpoint_that_two_sources_know_is_kept_by_each(store: SqlStore) -> None:
    chat = Endpoint(id="chat", environment=PRODUCTION, asset_id="support-bot")
    with store.write() as tx:
        tx.inventory.put_endpoints([chat])
        tx.inventory.put_endpoints([changed(chat, asset_id=None)], "gateway")
        assert [(e.source, e.asset_id) for e in tx.inventory.endpoints()] == [
            ("estate", "support-bot"),
            ("gateway", None),
        ]


def test_workflows_are_replaced_as_a_whole(store: SqlStore) -> None:
    support = Workflow(id="support", stages=(Stage("retrieve", "kb"), Stage("generate", "support-bot")))
    search = Workflow(id="search", stages=(Stage("rank", "ranker"),), owner_team="web")
    with store.write() as tx:
        assert tx.inventory.put_workflows([support, search]) == 2
        assert tx.inventory.put_workflows([support, search]) == 0
        assert tx.inventory.workflows() == [search, support]
        shorter = changed(support, stages=support.stages[1:])
        assert tx.inventory.put_workflows([shorter]) == 2
        assert tx.inventory.workflows() == [shorter]


def test_a_pointer_is_what_was_found_when_it_was_last_looked_at(store: SqlStore) -> None:
    good = Check(name="artifact", ok=True, detail="present")
    bad = Check(name="digest", ok=False, detail="sha256:2, not sha256:1")
    first = PointerCheck(
        asset_id="support-bot", environment=PRODUCTION, serving="3.8.2", version="3.8.1", at=NOW, checks=(good,)
    )
    none = changed(first, environment=CANARY, version=None, checks=())
    with store.write() as tx:
        tx.inventory.put_pointer(first)
        tx.inventory.put_pointer(none)
        tx.inventory.put_pointer(changed(first, asset_id="other"))
        later_on = changed(first, at=later(hours=1), checks=(good, bad))
        tx.inventory.put_pointer(later_on)
        assert tx.inventory.pointers("support-bot") == [none, later_on]
        assert len(tx.inventory.pointers()) == 3
        assert [p.valid for p in tx.inventory.pointers("support-bot")] == [False, False]
