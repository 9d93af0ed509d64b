"""A source of a known vendor is one line: presets give address, vendor and package, and their names are checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from pulse_tui.cli.help import DOCS
from pulse_tui.cli.pages import kind_page
from pulse_tui.collectors._shared.presets import PRESETS, fill, preset, presets
from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.note import NoteKind
from pulse_tui.kinds import Kinds, options_of
from pulse_tui.settings.load import load

EVERY = [(kind, name) for kind, named in PRESETS.items() for name in named]
HAVE = [
    kind
    for kind, module in Kinds("collectors").items()
    if kind in PRESETS and "preset" in module.Options.__struct_fields__
]


class Some(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a kind."""

    preset: str = ""
    url: str = ""
    vendor: str = ""

    def __post_init__(self) -> None:
        fill(self, "changelog", "url", "vendor")


def test_a_preset_fills_what_the_options_leave_empty() -> None:
    made = Some(preset="openai")
    assert (made.url, made.vendor) == ("https://developers.openai.com/api/docs/changelog.md", "openai")


def test_what_the_configuration_states_itself_counts_before_the_preset() -> None:
    made = Some(preset="openai", url="https://mirror.example/log.md")
    assert (made.url, made.vendor) == ("https://mirror.example/log.md", "openai")


def test_a_misspelt_preset_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="no preset 'antropic' of kind changelog: did you mean 'anthropic'"):
        Some(preset="antropic")


def test_a_preset_of_another_kind_is_named_with_that_kind() -> None:
    with pytest.raises(ValueError, match="no preset 'bedrock' of kind changelog; kind deprecations and feed has one"):
        Some(preset="bedrock")


def test_options_without_an_address_and_without_a_preset_name_both_ways() -> None:
    with pytest.raises(ValueError, match=r"url and vendor missing: give url and vendor, or preset: anthropic, azure"):
        Some()


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_preset_says_where_and_of_whom(kind: str, name: str) -> None:
    given = preset(kind, name)
    assert given.get("url") or given.get("repository")
    if url := given.get("url"):
        parts = urlsplit(url)
        assert (parts.scheme == "https" and parts.hostname) or re.fullmatch(r"github:[\w.-]+/[\w./-]+", url)
    assert kind == "csaf" or given.get("vendor") or given.get("platform")


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "azure", "mistral", "cohere"])
def test_vendors_of_models_have_a_changelog(vendor: str) -> None:
    assert vendor in presets("changelog")


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "bedrock", "azure", "cohere"])
def test_vendors_that_publish_the_ends_of_their_models_have_them(vendor: str) -> None:
    assert vendor in presets("deprecations")


@pytest.mark.parametrize("kind", ["feed", "github_releases"])
@pytest.mark.parametrize("package", ["vllm", "sglang", "transformers", "langchain", "litellm", "ollama"])
def test_releases_of_runtimes_and_libraries_name_their_package(kind: str, package: str) -> None:
    assert preset(kind, package)["package"] == package


@pytest.mark.parametrize("kind", HAVE)
def test_a_kind_with_presets_takes_them_and_its_page_lists_them(kind: str) -> None:
    shape: Any = options_of("collectors", kind)
    page = kind_page("collectors", kind, level=3)
    for name in presets(kind):
        assert shape(preset=name).preset == name
        assert f"`{name}`" in page


def config(tmp_path: Path, *sources: str) -> Path:
    (tmp_path / "pulse.yaml").write_text("sources:\n" + "".join(f"  - {{{line}}}\n" for line in sources))
    return tmp_path


def test_several_presets_of_one_kind_need_no_id(tmp_path: Path) -> None:
    made = load(config(tmp_path, "kind: csaf, preset: nvidia", "kind: csaf, preset: cisco", "kind: kev"), options_of)
    assert [s.id for s in made.sources] == ["csaf-nvidia", "csaf-cisco", "kev"]


def test_the_same_preset_twice_needs_an_id(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'csaf-nvidia' is given twice"):
        load(config(tmp_path, *["kind: csaf, preset: nvidia"] * 2), options_of)


def test_a_misspelt_preset_is_an_error_of_the_configuration_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pulse.yaml:2: .*no preset 'nvida' of kind csaf: did you mean 'nvidia'"):
        load(config(tmp_path, "kind: csaf, preset: nvida"), options_of)


def test_a_feed_of_a_status_page_or_of_releases_knows_what_its_entries_are() -> None:
    shape: Any = options_of("collectors", "feed")
    assert shape(preset="anthropic-status").about is NoteKind.STATUS
    assert (shape(preset="vllm").about, shape(preset="vllm").package) == (NoteKind.RELEASES, "vllm")
    assert shape(preset="bedrock").about is None


def test_the_page_of_the_sources_has_every_preset_of_what_vendors_publish() -> None:
    kinds = ("changelog", "csaf", "deprecations", "feed", "github_releases", "model_list", "statuspage")
    expected: dict[str, list[str]] = {}
    for kind in kinds:
        for name in presets(kind):
            expected.setdefault(name, []).append(kind)
    text = (DOCS / "sources.md").read_text().split("\n## What vendors publish\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([\w.-]+)` \| (.+?) \|$", text, re.MULTILINE)
    assert {name: re.findall(r"`(\w+)`", row) for name, row in rows} == expected
