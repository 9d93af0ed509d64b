"""Each import contract breaks when it should: one wrong import is added to the real graph, and the contract names it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import grimp
import pytest
from importlinter import cli as _registered  # noqa: F401  registers the readers of pyproject.toml
from importlinter.application import use_cases
from importlinter.domain.contract import Contract, registry

ROOT = Path(__file__).parents[2]
NEW_KIND = "pulse_tui.collectors.brand_new"

WRONG = [
    # (contract, importer, imported)
    ("the floors", "pulse_tui.domain.signal", "pulse_tui.services.signals.ingest"),
    ("the floors", "pulse_tui.enrich.facts", "pulse_tui.policy.judge"),
    ("the floors", "pulse_tui.storage.store", "pulse_tui.web"),
    ("the floors", "pulse_tui.services.signals.ingest", "pulse_tui.rounds.suites"),
    ("the floors", "pulse_tui.rounds.suites", "pulse_tui.cli.main"),
    ("the rim does not call services", "pulse_tui.collectors.feed", "pulse_tui.services.signals.ingest"),
    ("the wings of services", "pulse_tui.services.signals.ingest", "pulse_tui.services.record"),
    ("the wings of services", "pulse_tui.services.evals.take", "pulse_tui.services.alerts.escalate"),
    ("the wings of services", "pulse_tui.services.registry.find", "pulse_tui.services.promotion.gate"),
    ("the wings of services", "pulse_tui.services.parts", "pulse_tui.services.registry.find"),
    ("the wings of services", "pulse_tui.services.calls", "pulse_tui.services.registry.find"),
    ("kinds of sources", "pulse_tui.collectors.feed", "pulse_tui.collectors.osv"),
    ("kinds of sources", NEW_KIND, "pulse_tui.collectors.mlflow.pages"),
    ("kinds of sources", "pulse_tui.collectors.mlflow", NEW_KIND),
    ("kinds of sources", "pulse_tui.collectors._shared.files", "pulse_tui.collectors.feed"),
    ("kinds of actions", "pulse_tui.actions.ticket", "pulse_tui.actions.notify"),
    ("kinds of steps", "pulse_tui.steps.webhook", "pulse_tui.steps.mlflow_alias"),
    ("one library, one door", "pulse_tui.services.signals.ingest", "sqlalchemy"),
    ("one library, one door", "pulse_tui.collectors.feed", "httpx"),
    ("migrations are frozen", "pulse_tui.storage.migrations.as_of_0002.names", "pulse_tui.domain.text"),
    ("migrations are frozen", "pulse_tui.storage.migrations.versions.0002_registry", "pulse_tui.storage.board.touched"),
    ("the wings of the tower", "pulse_tui.tui.alerts.pane", "pulse_tui.tui.rollback.wing"),
    ("the wings of the tower", "pulse_tui.tui.kit.page", "pulse_tui.tui.common.help"),
    ("the wings of the tower", "pulse_tui.tui.main", "pulse_tui.tui.wings"),
    ("no circles", "pulse_tui.services.registry.find", "pulse_tui.services.components.tree"),
    ("no circles", "pulse_tui.tui.kit.table", "pulse_tui.tui.registry.rows"),
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the package as it stands."""
    return grimp.build_graph("pulse_tui", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """Every contract of pyproject.toml by name."""
    return dict(_contracts())


def _contracts() -> Iterator[tuple[str, Contract]]:
    options = use_cases.read_user_options(str(ROOT / "pyproject.toml"))
    use_cases._register_built_in_contract_types()
    for asked in options.contracts_options:
        kind = registry.get_contract_class(asked["type"])
        yield asked["name"], kind(name=asked["name"], session_options=options.session_options, contract_options=asked)


def test_every_contract_holds_and_is_broken_by_some_wrong_import(
    graph: grimp.ImportGraph, contracts: dict[str, Contract]
) -> None:
    tried = {name for name in contracts for beginning, _, _ in WRONG if name.startswith(beginning)}
    assert tried == set(contracts)
    for name, contract in contracts.items():
        assert contract.check(grimp_copy(graph), verbose=False).kept, name


@pytest.mark.parametrize(("beginning", "importer", "imported"), WRONG)
def test_a_wrong_import_breaks_its_contract(
    graph: grimp.ImportGraph, beginning: str, importer: str, imported: str
) -> None:
    (contract,) = [c for name, c in _contracts() if name.startswith(beginning)]
    changed = grimp_copy(graph)
    for module in (importer, imported):
        if module not in changed.modules:
            assert module == NEW_KIND, f"{module} is gone: name a module that exists"
            changed.add_module(module)
    changed.add_import(importer=importer, imported=imported)
    assert not contract.check(changed, verbose=False).kept


def test_a_new_wing_must_take_its_place(graph: grimp.ImportGraph) -> None:
    (contract,) = [c for name, c in _contracts() if name.startswith("the wings of services")]
    changed = grimp_copy(graph)
    changed.add_module("pulse_tui.services.brand_new")
    assert not contract.check(changed, verbose=False).kept


def grimp_copy(graph: grimp.ImportGraph) -> grimp.ImportGraph:
    """One that may be changed."""
    return deepcopy(graph)
