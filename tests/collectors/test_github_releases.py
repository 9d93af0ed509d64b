"""Releases and tags of a repository, over GitHub's API and from git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import git_tags, github_releases
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.note import Note, NoteKind, Page
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply


def release(tag: str, **more: Any) -> dict[str, Any]:
    return {
        "tag_name": tag,
        "name": f"{tag}: faster",
        "body": "### Breaking Changes\n- the default is another one",
        "html_url": f"https://github.com/vllm-project/vllm/releases/tag/{tag}",
        "published_at": "2026-11-20T10:00:00Z",
        "draft": False,
        "prerelease": False,
        **more,
    }


def collect(server: Loopback, cursor: Cursor | None = None, **options: Any) -> Collected:
    made = github_releases.Options(repository="vllm-project/vllm", url=server.url, **options)
    return github_releases.collect(made, context(http=quick_web(), cursor=cursor, secrets={"T": "s3"}))


def notes(collected: Collected) -> tuple[Note, ...]:
    (page,) = collected.observations
    assert isinstance(page, Page)
    assert page.kind is NoteKind.RELEASES
    return page.notes


def test_a_release_is_a_note_of_a_version_of_the_package(server: Loopback) -> None:
    server.on("GET", "/repos/vllm-project/vllm/releases", Reply.json([release("v0.12.0")]))
    (note,) = notes(collect(server, token="${T}"))
    assert (note.package, note.version, note.vendor, note.title) == ("vllm", "0.12.0", "vllm", "vllm v0.12.0: faster")
    assert note.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert "- the default is another one" in note.body
    assert server.log[0].headers["authorization"] == "Bearer s3"
    assert server.log[0].query["per_page"] == "50"


def test_candidates_are_taken_when_they_are_asked_for_and_drafts_never(server: Loopback) -> None:
    listed = [release("v2", draft=True), release("v1.1.0rc1"), release("v1.1.0-beta", prerelease=True), release("v1.0")]
    server.on("GET", "/repos/vllm-project/vllm/releases", Reply.json(listed))
    assert [n.version for n in notes(collect(server))] == ["1.0"]
    assert [n.version for n in notes(collect(server, prereleases=True))] == ["1.0", "1.1.0-beta", "1.1.0rc1"]


def test_tags_have_no_date_and_are_of_the_day_on_which_they_were_seen(server: Loopback) -> None:
    server.on("GET", "/repos/vllm-project/vllm/tags", Reply.json([{"name": "v0.2"}, {"name": "v0.1"}]))
    first = collect(server, tags=True)
    assert [(n.version, n.dated, n.published_at) for n in notes(first)] == [("0.1", False, NOW), ("0.2", False, NOW)]
    assert collect(server, first.cursor, tags=True).unchanged


def test_one_bad_release_is_refused_and_the_others_are_read(server: Loopback) -> None:
    listed = [release("v1"), {"name": "no tag"}, release("v2", published_at="soon"), 7]
    server.on("GET", "/repos/vllm-project/vllm/releases", Reply.json(listed))
    collected = collect(server)
    assert [n.version for n in notes(collected)] == ["1"]
    assert len(collected.rejected) == 3


@pytest.mark.parametrize("body", [b'{"message": "Not Found"}', b"", b"<html>", b'[{"tag_name": "v1"'])
def test_what_is_no_list_of_releases_is_an_error(server: Loopback, body: bytes) -> None:
    server.on("GET", "/repos/vllm-project/vllm/releases", Reply(body=body))
    with pytest.raises(SourceError, match="no list of releases"):
        collect(server)


def test_a_release_cannot_write_on_the_screen(server: Loopback) -> None:
    hostile = release("v1\x1b[2J", name="\x1b]52;c;x\x07[bold]", body="a\u202eb", html_url="javascript:x")
    server.on("GET", "/repos/vllm-project/vllm/releases", Reply.json([hostile]))
    (note,) = notes(collect(server))
    assert all(is_clean(text) for text in (note.title, note.key, note.body, note.version or ""))
    assert note.link is None


@pytest.mark.parametrize("repository", ["vllm", "a/b/c", "-x/y", "a b/c", ""])
def test_what_is_no_owner_and_name_is_refused(repository: str) -> None:
    with pytest.raises(ValueError, match=r"OWNER/NAME|missing"):
        github_releases.Options(repository=repository)


# --------------------------------------------------------------------------- git itself


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("the git program is not installed")
    folder = tmp_path / "runtime.git-work"
    folder.mkdir()
    names = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", **names}
    for arguments in (
        ("init", "--quiet"),
        ("commit", "--quiet", "--allow-empty", "-m", "one"),
        *(("tag", tag) for tag in ("v0.9", "v0.10", "v0.10rc1", "nightly")),
    ):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, timeout=30)
    return folder


def tags(folder: Path, cursor: Cursor | None = None, **options: Any) -> Collected:
    made = git_tags.Options(repository=folder.as_uri(), package="runtime", **options)
    return git_tags.collect(made, context(folder.parent, cursor=cursor))


def test_tags_are_asked_of_the_server_in_the_order_of_their_versions(repository: Path) -> None:
    first = tags(repository)
    assert [(n.key, n.version, n.package) for n in notes(first)] == [
        ("v0.9", "0.9", "runtime"),
        ("v0.10", "0.10", "runtime"),
    ]
    assert tags(repository, first.cursor).unchanged
    assert [n.key for n in notes(tags(repository, prereleases=True))] == ["v0.9", "v0.10", "v0.10rc1"]
    assert [n.key for n in notes(tags(repository, match="night.*"))] == ["nightly"]


def test_a_repository_without_such_a_tag_or_that_is_not_there_is_an_error(repository: Path) -> None:
    with pytest.raises(SourceError, match="no tag that release-"):
        tags(repository, match="release-.*")
    with pytest.raises(SourceError, match=r"git ls-remote of .* failed"):
        tags(repository.parent / "nothing")


@pytest.mark.parametrize("address", ["ext::sh -c touch", "--upload-pack=x", " ", "foo::bar"])
def test_an_address_that_would_run_a_program_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"not a repository|none of"):
        git_tags.Options(repository=address)


def test_a_bad_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        git_tags.Options(repository="https://git.example/x.git", match="(")
