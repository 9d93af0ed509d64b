"""Bills whose file was deleted, renamed or taken out with its source: what is gone counts no longer, and none is clean for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulse_tui.collectors import cyclonedx, requirements, uv_lock
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.nouns import NOW
from tests.services.said import standing

BOT, OTHER = "support-bot", "gateway"


@pytest.fixture
def folder(parts: RollbackParts, tmp_path: Path) -> tuple[RollbackParts, Path]:
    """A folder with one requirements file, read once."""
    (tmp_path / "requirements.txt").write_text("torch==2.5.0\n")
    options = requirements.Options(path=str(tmp_path), asset=BOT)
    shape = SourceShape(id="pins", kind="requirements", every=60, options=options)
    judging = parts.judging._replace(sources={"pins": shape}, source_kinds={"requirements": requirements})
    keep_sources(judging.sources, judging, NOW)
    assert refresh("pins", judging, "h").good
    return parts._replace(judging=judging), tmp_path


def uses(parts: RollbackParts) -> set[str]:
    with parts.store.read() as tx:
        return {d.component.label for d in tx.dependencies.using(assets=[BOT])} & {"torch 2.5.0", "torch 2.6.0"}


def gone(parts: RollbackParts) -> list[str]:
    with parts.store.read() as tx:
        return [c.key for c in tx.inventory.concerns(BOT) if c.key.startswith("gone-bill:")]


def test_a_renamed_file_takes_the_place_of_the_earlier_one(folder: tuple[RollbackParts, Path]) -> None:
    parts, path = folder
    (path / "requirements.txt").unlink()
    (path / "requirements-prod.txt").write_text("torch==2.6.0\n")
    refresh("pins", parts.judging, "h")
    assert (uses(parts), gone(parts)) == ({"torch 2.6.0"}, [])


def test_the_last_file_that_is_deleted_still_counts_and_is_reported_until_another_comes(
    folder: tuple[RollbackParts, Path],
) -> None:
    parts, path = folder
    (path / "requirements.txt").unlink()
    refresh("pins", parts.judging, "h")
    assert (uses(parts), gone(parts)) == ({"torch 2.5.0"}, ["gone-bill:pins:requirements.txt"])
    (path / "requirements-prod.txt").write_text("torch==2.6.0\n")
    refresh("pins", parts.judging, "h")
    assert (uses(parts), gone(parts)) == ({"torch 2.6.0"}, [])


def test_the_file_that_is_put_back_counts_as_before(folder: tuple[RollbackParts, Path]) -> None:
    parts, path = folder
    (path / "requirements.txt").unlink()
    refresh("pins", parts.judging, "h")
    (path / "requirements.txt").write_text("torch==2.5.0\n")
    refresh("pins", parts.judging, "h")
    assert (uses(parts), gone(parts)) == ({"torch 2.5.0"}, [])


def test_a_bill_of_another_source_replaces_what_only_stayed_for_want_of_one(folder: tuple[RollbackParts, Path]) -> None:
    parts, path = folder
    keep_sources({}, parts.judging, NOW)
    assert (uses(parts), gone(parts)) == ({"torch 2.5.0"}, ["gone-bill:pins:requirements.txt"])
    lock = path / "uv.lock"
    lock.write_text('version = 1\n[[package]]\nname = "torch"\nversion = "2.6.0"\n')
    options = uv_lock.Options(path=str(lock), asset=BOT)
    shape = SourceShape(id="lock", kind="uv_lock", every=60, options=options)
    judging = parts.judging._replace(sources={"lock": shape}, source_kinds={"uv_lock": uv_lock})
    refresh("lock", judging, "h")
    assert (uses(parts), gone(parts)) == ({"torch 2.6.0"}, [])


def test_what_is_about_a_bill_of_something_else_ends_when_that_file_is_gone(
    parts: RollbackParts, tmp_path: Path
) -> None:
    document = {"bomFormat": "CycloneDX", "components": [{"name": "x", "type": "library", "purl": "pkg:pypi/x@1"}]}
    about = {"metadata": {"component": {"name": OTHER, "type": "application"}}}
    (tmp_path / "bom.json").write_text(json.dumps(document | about))
    (tmp_path / "own.json").write_text(json.dumps(document))
    options = cyclonedx.Options(path=str(tmp_path), asset=BOT)
    shape = SourceShape(id="boms", kind="cyclonedx", every=60, options=options)
    judging = parts.judging._replace(sources={"boms": shape}, source_kinds={"cyclonedx": cyclonedx})
    refresh("boms", judging, "h")
    with judging.store.read() as tx:
        assert "does not belong" in tx.inventory.concerns(BOT)[0].what
    assert len(standing(judging)) == 1
    refresh("boms", judging, "h")
    assert len(standing(judging)) == 1
    (tmp_path / "bom.json").unlink()
    refresh("boms", judging, "h")
    assert standing(judging) == []


@pytest.mark.parametrize(
    "content", ["# This file may be used to create an environment using:\n# $ conda create\nnumpy=1.26=py_0\n"]
)
def test_a_file_that_becomes_one_of_another_tool_is_refused_by_name_and_keeps_what_stood(
    folder: tuple[RollbackParts, Path], content: str
) -> None:
    parts, path = folder
    (path / "requirements.txt").write_text(content)
    done = refresh("pins", parts.judging, "h")
    assert (done.good, uses(parts)) == (False, {"torch 2.5.0"})
    assert "It is not read: make a bill of it with" in done.refused


def bill_refused(parts: RollbackParts) -> list[int]:
    with parts.store.read() as tx:
        return [b.refused for b in tx.dependencies.bills(BOT) if b.source == "pins"]


@pytest.mark.parametrize("content", ["", "# yarn lockfile v1\n", "# nothing is pinned\n", "see pyproject\n"])
def test_a_bill_whose_file_can_no_longer_be_read_still_counts_and_is_not_whole_until_it_can(
    folder: tuple[RollbackParts, Path], content: str
) -> None:
    parts, path = folder
    (path / "requirements.txt").write_text(content)
    assert not refresh("pins", parts.judging, "h").good, "also where each of its records was refused"
    assert (uses(parts), bill_refused(parts)) == ({"torch 2.5.0"}, [1])
    (path / "requirements.txt").write_text("torch==2.5.0\n")
    assert refresh("pins", parts.judging, "h").good
    assert (uses(parts), bill_refused(parts)) == ({"torch 2.5.0"}, [0])


def test_the_one_file_of_a_source_that_can_no_longer_be_read_makes_its_bill_not_whole(
    parts: RollbackParts, tmp_path: Path
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("torch==2.5.0\n")
    options = requirements.Options(path=str(file), asset=BOT)
    shape = SourceShape(id="pins", kind="requirements", every=60, options=options)
    judging = parts.judging._replace(sources={"pins": shape}, source_kinds={"requirements": requirements})
    assert refresh("pins", judging, "h").good
    file.write_text("")
    assert not refresh("pins", judging, "h").ok
    assert (uses(parts), bill_refused(parts)) == ({"torch 2.5.0"}, [1])


def test_a_round_says_that_a_file_is_gone(folder: tuple[RollbackParts, Path]) -> None:
    parts, path = folder
    (path / "requirements.txt").unlink()
    assert "is gone from pins" in refresh("pins", parts.judging, "h").message
