from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pulse_tui.domain.estate import Dependency, Estate
from pulse_tui.domain.evidence import EVIDENCE, AdvisoryEvidence, CostEvidence, ServiceEvidence, SuiteEvidence
from pulse_tui.domain.words import Change, Exposure, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.variables import VARIABLES, facts_schema
from tests.enrich.build import (
    BOT,
    CANARY,
    CVE,
    DEPRECATION,
    DIGEST,
    ESTATE,
    HEALTH,
    JAILBREAK,
    LATENCY,
    PRODUCTION,
    REGRESSION,
    REPLICA,
    SHADOW,
    VLLM,
    deployment,
    signal,
)

COST = signal(SignalType.COST_CHANGE, CostEvidence(metric="usd_per_1k", baseline=0.0, current=2.0))
SUITE = signal(SignalType.SUITE_CHANGED, SuiteEvidence(suite="golden-v7", expected_digest="a", digest="b"))
EVERY = (REGRESSION, JAILBREAK, LATENCY, CVE, DEPRECATION, DIGEST, HEALTH, COST, SUITE)


def test_a_signal_that_names_its_environment_is_one_fact_with_the_asset_and_what_serves_there() -> None:
    (fact,) = facts(REGRESSION, ESTATE)
    assert (fact.asset, fact.environment) == (BOT, CANARY)
    assert fact.deployment is not None
    assert fact.deployment.version == "3.8.2"
    seen = {k: fact.variables[k] for k in ("asset.tier", "asset.stores_data", "deployment.traffic", "eval.n")}
    assert seen == {
        "asset.tier": "customer-facing",
        "asset.stores_data": True,
        "deployment.traffic": 12.0,
        "eval.n": 500,
    }


def test_differences_are_in_percentage_points_without_float_dust() -> None:
    (fact,) = facts(REGRESSION, ESTATE)
    assert (fact.variables["eval.delta_pp"], fact.variables["eval.worse_pp"]) == (-5.2, 5.2)


def test_a_metric_that_should_be_low_is_worse_when_it_rises() -> None:
    (fact,) = facts(JAILBREAK, ESTATE)
    assert (fact.variables["eval.delta_pp"], fact.variables["eval.worse_pp"]) == (1.8, 1.8)


def test_what_is_not_known_is_absent_and_never_zero() -> None:
    (fact,) = facts(JAILBREAK, ESTATE)
    assert "eval.n" not in fact.variables
    (cost,) = facts(COST, ESTATE)
    assert "cost.ratio" not in cost.variables
    zero = signal(SignalType.LATENCY_BREACH, ServiceEvidence(metric="p95", value=1.0, objective=0.0))
    assert "service.ratio" not in facts(zero, ESTATE)[0].variables
    unscored = signal(SignalType.CVE, AdvisoryEvidence(advisory="CVE-1", component="x"))
    assert not {"advisory.cvss", "advisory.known_exploited"} & facts(unscored, ESTATE)[0].variables.keys()


def test_every_variable_of_every_fact_is_published_with_its_type() -> None:
    kinds = {"string": str, "double": float, "int": int, "bool": bool, "list<string>": list}
    for one in EVERY:
        for fact in facts(one, ESTATE):
            for name, value in fact.variables.items():
                variable = VARIABLES[name]
                assert type(value) is kinds[variable.type], name
                assert one.signal_type in variable.signal_types
                assert not variable.words or value in variable.words
    changed = msgspec.structs.replace(DIGEST, change=Change.DIGEST_CHANGED)
    assert facts(changed, ESTATE)[0].variables["signal.change"] == "digest_changed"


def test_every_kind_of_evidence_has_variables_of_its_own() -> None:
    for kind in EVIDENCE:
        assert any(kind in v.signal_types and v.signal_types != frozenset(SignalType) for v in VARIABLES.values())


def test_a_signal_that_no_asset_claims_is_one_fact_without_asset() -> None:
    stranger = msgspec.structs.replace(REGRESSION, asset_id="nobody")
    (fact,) = facts(stranger, ESTATE)
    assert (fact.asset, fact.deployment, fact.variables["asset.known"]) == (None, None, False)
    assert "asset.tier" not in fact.variables


def test_a_version_without_environment_is_a_fact_wherever_it_serves_but_not_on_the_replica() -> None:
    one = msgspec.structs.replace(REGRESSION, environment=None, current_version="3.8.1")
    assert [f.environment for f in facts(one, ESTATE)] == [PRODUCTION]
    both = Estate(
        assets=ESTATE.assets,
        deployments=(deployment("support-bot", CANARY, "3.8.2"), deployment("support-bot", PRODUCTION, "3.8.2")),
    )
    again = msgspec.structs.replace(REGRESSION, environment=None)
    assert [f.environment for f in facts(again, both)] == [PRODUCTION, CANARY]
    only = Estate(assets=ESTATE.assets, deployments=(deployment("support-bot", REPLICA, "3.8.2"),))
    assert [f.environment for f in facts(again, only)] == [REPLICA]


def test_a_version_that_serves_nowhere_yet_is_not_said_to_be_in_production() -> None:
    candidate = msgspec.structs.replace(REGRESSION, environment=None, current_version="3.9.0")
    (fact,) = facts(candidate, ESTATE)
    assert (fact.environment, fact.deployment) == (None, None)
    assert "deployment.environment" not in fact.variables


def test_a_signal_about_an_asset_as_such_is_about_its_most_exposed_deployment() -> None:
    (fact,) = facts(DEPRECATION, ESTATE)
    assert fact.environment is PRODUCTION
    assert fact.variables["note.days_left"] == 41


def test_a_date_in_the_past_counts_below_zero() -> None:
    late = msgspec.structs.replace(DEPRECATION, observed_at=datetime(2027, 1, 5, 4, 0, tzinfo=UTC))
    assert facts(late, ESTATE)[0].variables["note.days_left"] == -2


def test_an_advisory_says_whether_outsiders_reach_the_component_in_production() -> None:
    (fact,) = facts(CVE, ESTATE)
    assert fact.variables["advisory.production_exposed"] is True
    assert fact.variables["advisory.used_in_production"] is True
    assert fact.variables["advisory.fix_available"] is True


def test_an_advisory_without_environment_is_a_fact_wherever_the_component_runs() -> None:
    estate = msgspec.structs.replace(
        ESTATE,
        dependencies=(Dependency(asset_id="support-bot", component=VLLM, environments=(SHADOW,)),),
        deployments=(*ESTATE.deployments, deployment("support-bot", SHADOW, "3.8.2")),
    )
    scanner = msgspec.structs.replace(CVE, asset_id="support-bot", environment=None, current_version=None)
    (fact,) = facts(scanner, estate)
    assert fact.environment is SHADOW
    assert fact.variables["advisory.used_in_production"] is False
    assert fact.variables["advisory.production_exposed"] is False


@pytest.mark.parametrize(("traffic", "exposed"), [(10.0, True), (0.0, False)])
def test_a_canary_that_takes_traffic_is_exposed_as_production_is(traffic: float, exposed: bool) -> None:
    public = msgspec.structs.replace(ESTATE.assets["support-bot"], exposure=Exposure.PUBLIC)
    canary = msgspec.structs.replace(deployment("support-bot", CANARY, "3.8.2"), traffic=traffic)
    estate = Estate(
        assets={"support-bot": public},
        deployments=(canary,),
        dependencies=(Dependency(asset_id="support-bot", component=VLLM),),
    )
    (fact,) = facts(msgspec.structs.replace(CVE, asset_id="support-bot", environment=CANARY), estate)
    assert fact.variables["advisory.production_exposed"] is exposed
    assert fact.variables["advisory.used_in_production"] is exposed


def test_an_advisory_on_a_component_that_the_estate_does_not_know_leaves_its_use_open() -> None:
    unknown = msgspec.structs.replace(
        CVE,
        asset_id="support-bot",
        environment=SHADOW,
        evidence=AdvisoryEvidence(advisory="CVE-1", component="left-pad"),
    )
    assert "advisory.used_in_production" not in facts(unknown, ESTATE)[0].variables


def test_the_published_schema_describes_every_variable() -> None:
    schema = facts_schema()
    assert set(schema["properties"]) == set(VARIABLES)
    assert schema["properties"]["asset.tier"]["enum"] == ["customer-facing", "internal", "sandbox"]
    assert all(p["description"] for p in schema["properties"].values())
    assert set(schema["required"]) <= facts(HEALTH, ESTATE)[0].variables.keys()
