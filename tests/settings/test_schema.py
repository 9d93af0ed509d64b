"""The JSON Schema of the configuration accepts what the loader accepts, and refuses what a person mistypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pulse_tui.cli.schema import _SCHEMAS
from pulse_tui.kinds import FAMILIES, Kinds
from pulse_tui.settings.document import read
from pulse_tui.settings.load import SECTIONS

ROOT = Path(__file__).parents[2]
WEBHOOK = {"kind": "webhook", "read_url": "http://t/{asset}", "write_url": "http://t/{asset}"}


@pytest.fixture(scope="module")
def config() -> Any:
    return Draft202012Validator(_SCHEMAS["config"]())


def wrong(validator: Any, value: Any) -> list[str]:
    return [error.message for error in validator.iter_errors(value)]


@pytest.mark.parametrize("name", sorted(_SCHEMAS))
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(_SCHEMAS[name]())


@pytest.mark.parametrize("file", ["config/pulse.yaml", "config/policy.yaml", "fixtures/night/pulse.yaml"])
def test_what_ships_fits(config: Any, file: str) -> None:
    node, problems = read(ROOT / file)
    assert node is not None
    assert not problems
    plain = node.plain()
    # The loader reads `off` as the word that was written, as YAML 1.2 does; plain() has YAML 1.1's false.
    if "policy" in plain:
        plain["policy"]["gate"] = {
            where: {k: "off" if v is False else v for k, v in gate.items()}
            for where, gate in plain["policy"]["gate"].items()
        }
    assert wrong(config, plain) == []


def test_it_has_every_section_and_every_kind() -> None:
    schema = _SCHEMAS["config"]()
    properties = schema["properties"]
    assert set(properties) == set(SECTIONS)
    steps = properties["playbooks"]["items"]["properties"]["steps"]
    listed = {"collectors": properties["sources"], "actions": properties["routes"], "steps": steps}
    for family in FAMILIES:
        assert [branch["title"] for branch in listed[family]["items"]["oneOf"]] == list(Kinds(family))


@pytest.mark.parametrize(
    "value",
    [
        {"sorces": []},
        {"estate": {"assets": [{"id": "b", "asset_type": "servce", "owner_team": "x"}]}},
        {"estate": {"assets": [{"id": "b", "asset_type": "service", "owner_team": "x", "teir": "internal"}]}},
        {"sources": [{"id": "s", "kind": "fed", "url": "http://x", "vendor": "v"}]},
        {"sources": [{"id": "s", "kind": "feed", "url": "http://x"}]},
        {"sources": [{"id": "s", "kind": "feed", "url": "http://x", "vendor": "v", "every": "ten"}]},
        {"playbooks": [{"id": "p", "steps": []}]},
        {"playbooks": [{"id": "p", "steps": [{**WEBHOOK, "methd": "PUT"}]}]},
        {"approvals": {"production": 0}},
        {"estate": {"assets": [{"id": "b", "type": "service", "owner": "x"}]}},
    ],
)
def test_what_is_mistyped_is_marked(config: Any, value: Any) -> None:
    assert wrong(config, value)


def test_a_playbook_has_a_schema_of_its_own() -> None:
    validator = Draft202012Validator(_SCHEMAS["playbook"]())
    assert wrong(validator, {"id": "p", "environments": ["canary"], "steps": [WEBHOOK]}) == []
    assert wrong(validator, {"id": "p", "steps": [{"kind": "webhook", "read_url": "x"}]})


def test_an_option_is_explained_in_the_editor() -> None:
    suite = _SCHEMAS["config"]()["$defs"]["SuiteShape"]
    assert "pulse-tui suite freeze" in suite["properties"]["digest"]["description"]


def test_an_editor_completes_the_names_of_presets(config: Any) -> None:
    assert wrong(config, {"sources": [{"kind": "changelog", "preset": "openai"}]}) == []
    assert wrong(config, {"sources": [{"kind": "changelog", "preset": "opnai"}]})
    assert (
        wrong(config, {"sources": [{"kind": "csaf", "preset": "nvidia"}, {"kind": "csaf", "path": "bulletins"}]}) == []
    )
