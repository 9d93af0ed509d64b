"""Components that are declared by what their advisories call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.estate import Component
from pulse_tui.enrich.lookups import keys_of
from pulse_tui.kinds import options_of
from pulse_tui.services.registry.declared import component
from pulse_tui.settings.load import load

CPE = "cpe:2.3:a:acme:store:2.3.1:*:*:*:*:*:*:*"
HEAD = "name: x\nestate:\n  assets:\n    - {id: bot, asset_type: service, owner_team: t, components: ["


def declared(tmp_path: Path, *components: str) -> list[Component]:
    (tmp_path / "pulse.yaml").write_text(HEAD + ", ".join(f"{{{c}}}" for c in components) + "]}\n")
    (asset,) = load(tmp_path, options_of).estate.assets
    return [component(shape) for shape in asset.components]


def wrong(tmp_path: Path, *components: str) -> str:
    with pytest.raises(ConfigError) as error:
        declared(tmp_path, *components)
    (problem,) = error.value.problems
    assert problem.where.startswith("pulse.yaml:4")
    return f"{problem.what} {problem.hint}"


def test_a_driver_has_its_vendors_name_and_its_platform(tmp_path: Path) -> None:
    (driver,) = declared(tmp_path, 'purl: "pkg:generic/nvidia-driver@550.54", product: NVIDIA Tesla, platform: linux')
    assert (driver.known_as, driver.platform, driver.label) == (("NVIDIA Tesla",), ("linux",), "nvidia-driver 550.54")
    assert keys_of(driver) == (("product", "nvidia tesla"),)


def test_a_cpe_name_may_state_the_version(tmp_path: Path) -> None:
    stated, given, none = declared(
        tmp_path,
        f'kind: vector_store, id: a, cpe: "{CPE}"',
        f'kind: vector_store, id: b, version: "2.4", cpe: "{CPE}"',
        'kind: plugin, id: c, product: Acme Plugin, cpe: "cpe:2.3:a:acme:plugin:*:*:*:*:*:*:*:*"',
    )
    assert [c.version for c in (stated, given, none)] == ["2.3.1", "2.4", None]
    assert keys_of(none) == (("cpe", "acme:plugin"), ("product", "acme plugin"))


def test_an_upgrade_is_of_the_same_component(tmp_path: Path) -> None:
    old, new, rc = declared(
        tmp_path,
        f'kind: vector_store, id: a, cpe: "{CPE}"',
        f'kind: vector_store, id: a, cpe: "{CPE.replace("2.3.1", "2.4")}"',
        f'kind: vector_store, id: a, cpe: "{CPE.replace("2.3.1:*", "2.4:rc1")}"',
    )
    assert (old.id, old.version, new.version) == (new.id, "2.3.1", "2.4")
    assert (new.id, rc.id) == ("a?cpe=acme:store", "a?cpe=acme:store:rc1")


def test_the_same_thing_on_two_platforms_is_two_components(tmp_path: Path) -> None:
    one = 'purl: "pkg:generic/d@1", product: D, platform: '
    first, second, third = declared(
        tmp_path, f"{one}linux", f"{one}[windows, H100]", 'purl: "pkg:generic/d@1", product: D'
    )
    assert [c.id for c in (first, second, third)] == [
        "pkg:generic/d?product=d&platform=linux",
        "pkg:generic/d?product=d&platform=windows&platform=h100",
        "pkg:generic/d?product=d",
    ]


@pytest.mark.parametrize(
    ("components", "why"),
    [
        (('kind: plugin, id: a, cpe: "cpe:2.3:a:acme"',), "is no CPE name: it has 2 fields"),
        (('kind: plugin, id: a, product: A, platform: "cpe:nonsense"',), "is no CPE name"),
        (('kind: plugin, id: a, product: "***"',), "has no letter or number"),
        (("kind: plugin, id: a, platform: linux",), "says nothing without a cpe or a product"),
        (("model: openai/gpt-4.1, product: GPT",), "has no cpe, product or platform"),
        (('purl: "pkg:pypi/vllm@1", usage: {rpm: 1}',), "only a model has a usage"),
        (("model: openai/gpt-4.1, usage: {rpn: 1}",), "rpn"),
        (("model: openai/gpt-4.1, usage: {rpm: -1}",), "rpm"),
        ((f'purl: "pkg:pypi/vllm@1", product: vLLM, cpe: "{CPE}"',), "give one of the two"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_place(tmp_path: Path, components: tuple[str, ...], why: str) -> None:
    assert why in wrong(tmp_path, *components)
