"""Where a write goes, whatever its target is called: a drill of the replica must not reach what serves."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.apart import same_target
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.steps import github_dispatch, webhook
from tests.fakes.nouns import PRODUCTION, deployment

URL = "https://deploy.test/{asset}/{environment}"
WHOLE = {"read_url": URL, "write_url": URL}
DISPATCH = {"repository": "acme/bot", "workflow": "deploy.yml", "deployment": "{environment}"}


def shared(parts: RollbackParts, kind: str, options: dict[str, Any]) -> list[str]:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION))
    step = StepShape(kind=kind, timeout=1.0, options=options, mark="p.yaml:1")
    book = PlaybookShape(id="b", assets=(), environments=(PRODUCTION,), steps=(step,), on_failure="undo")
    steps = {"webhook": webhook, "github_dispatch": github_dispatch}
    return same_target(parts._replace(steps=steps, playbooks=(book,)), book, "support-bot")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("webhook", WHOLE),
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/{asset}?env={environment}"}),
        (
            "webhook",
            {
                **WHOLE,
                "write_url": "https://deploy.test/all",
                "field": "{environment}",
                "body": {"{value}": "{environment}"},
            },
        ),
        ("github_dispatch", {**DISPATCH, "inputs": {"env": "{environment}", "version": "{value}", "key": "{key}"}}),
        ("github_dispatch", {**DISPATCH, "workflow": "deploy-{environment}.yml"}),
    ],
)
def test_targets_that_differ_where_they_are_written_are_apart(
    parts: RollbackParts,
    kind: str,
    options: dict[str, Any],
) -> None:
    assert shared(parts, kind, options) == []


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/{asset}"}),
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/{asset}", "field": "{environment}.version"}),
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/{asset}?a=1#{environment}"}),
        ("webhook", {**WHOLE, "write_url": "https://{environment}:pw@deploy.test/{asset}"}),
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/{environment}/../{asset}"}),
        ("webhook", {**WHOLE, "write_url": "https://deploy.test/all", "headers": {"X-Env": "{environment}"}}),
        ("github_dispatch", DISPATCH),
        ("github_dispatch", {**DISPATCH, "deployment": None, "variable": "V", "variable_environment": "{environment}"}),
    ],
)
def test_targets_that_are_only_called_otherwise_are_one(
    parts: RollbackParts,
    kind: str,
    options: dict[str, Any],
) -> None:
    (why,) = shared(parts, kind, options)
    assert why.endswith(" too")
    assert Environment.REPLICA.value not in why.rpartition(" is the target of ")[2]
