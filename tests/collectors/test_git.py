"""Prompt and configuration bundles in real git repositories, and what may happen to those."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.collectors import git
from pulse_tui.collectors.git import bundle as _git_bundle
from pulse_tui.collectors.git import program as _git
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import Change, Environment, Severity
from pulse_tui.services.signals.door import admitted
from pulse_tui.settings.check import Seconds
from tests.collectors.contexts import context

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the git program is not installed")


class Repository:
    """A repository with a clock of its own: every commit is a minute after the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.minutes = 0
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, **environment: str) -> str:
        hermetic = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ana"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ana@acme.example"),
            **environment,
        }
        told = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=hermetic, check=True, capture_output=True, timeout=30
        )
        return told.stdout.decode().strip()

    def commit(self, subject: str, files: dict[str, str], **environment: str) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.minutes += 1
        at = f"{1_795_000_000 + 60 * self.minutes} +0000"
        self.git("commit", "--quiet", "-m", subject, **{"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, **environment})
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "prompts")


class Source:
    """A configured source: it keeps its cursor from round to round."""

    def __init__(self, base: Path, repository: str, *bundles: dict[str, Any], **options: Any) -> None:
        given = bundles or ({"asset": "support-bot", "paths": ["bot"]},)
        self.options = msgspec.convert(
            {"repository": repository, "bundles": list(given), "cache": "cache", **options}, git.Options
        )
        self.base = base
        self.cursor = Cursor()
        self.secrets: dict[str, str] = {}

    def round(self) -> Collected:
        got = git.collect(self.options, context(self.base, cursor=self.cursor, source="prompts", secrets=self.secrets))
        self.cursor = got.cursor
        return got


def events(collected: Collected) -> list[Signal]:
    return [item for item in collected.observations if isinstance(item, Signal)]


def snapshot(collected: Collected) -> RegistrySnapshot:
    (only,) = (item for item in collected.observations if isinstance(item, RegistrySnapshot))
    return only


def test_first_only_the_newest_commit_is_told_and_then_each_new_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit("refund-v7", {"bot/system.txt": "7"})
    newest = repository.commit("refund-v8", {"bot/system.txt": "8"})
    repository.commit("docs", {"README": "x"})
    source = Source(tmp_path, "prompts")
    (first,) = events(source.round())
    assert first.title == f"support-bot: refund-v8 (main {newest[:12]})"
    assert (first.change, first.asset_id, first.evidence.actor) == (Change.PROMPT_REVISION, "support-bot", "Ana")
    assert (first.evidence.ref, first.evidence.changed) == ("main", ["bot/system.txt"])
    assert first.evidence.to_digest.startswith("git-tree:")
    assert first.occurred_at.timestamp() == 1_795_000_120
    assert events(source.round()) == []
    repository.commit("refund-v9", {"bot/system.txt": "9"})
    repository.commit("elsewhere", {"other/x": "1"})
    repository.commit("refund-v10", {"bot/system.txt": "10", "bot/tools.json": "{}"})
    later = events(source.round())
    assert [s.title.partition(" (")[0] for s in later] == ["support-bot: refund-v9", "support-bot: refund-v10"]
    assert later[1].evidence.changed == ["bot/system.txt", "bot/tools.json"]


def test_the_same_commit_has_the_same_id_when_the_bookmark_is_lost(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    source = Source(tmp_path, "prompts")
    first = events(source.round())
    source.cursor = Cursor(bookmark="another kind's")
    assert [s.id for s in events(source.round())] == [s.id for s in first]


def test_commits_of_a_merged_branch_are_told_one_by_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit("base", {"bot/a": "1"})
    source = Source(tmp_path, "prompts")
    source.round()
    repository.git("checkout", "--quiet", "-b", "side")
    side = [repository.commit(f"side {n}", {"bot/b": str(n)}) for n in range(2)]
    repository.git("checkout", "--quiet", "main")
    main = repository.commit("main", {"bot/a": "2"})
    repository.git("merge", "--quiet", "--no-ff", "-m", "merged", "side")
    got = {s.current_version for s in events(source.round())}
    assert got >= {f"main@{sha[:12]}" for sha in (*side, main)}
    assert events(source.round()) == []


def test_many_commits_come_over_several_rounds_and_none_is_lost(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_git_bundle, "EVENTS_LIMIT", 3)
    repository.commit("base", {"bot/a": "base"})
    source = Source(tmp_path, "prompts")
    source.round()
    shas = [repository.commit(f"c{n}", {"bot/a": str(n)}) for n in range(7)]
    got = source.round()
    assert "7 new commits: 3 are reported now" in got.rejected[0].problem.what
    told = events(got)
    shas.append(repository.commit("c7", {"bot/a": "late"}))
    for _ in range(4):
        told += events(source.round())
    assert [s.current_version for s in told] == [f"main@{sha[:12]}" for sha in shas]


def test_a_force_pushed_branch_is_told_and_the_events_go_on(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit("base", {"bot/a": "1"})
    source = Source(tmp_path, "prompts")
    source.round()
    old = repository.commit("old line", {"bot/a": "2"})
    source.round()
    repository.git("reset", "--quiet", "--hard", base)
    new = repository.commit("new line", {"bot/a": "3"})
    forced, event = events(source.round())
    assert forced.title == f"main of prompts was force-pushed: {old[:12]} is no longer in its history"
    assert (forced.severity, forced.change) == (Severity.HIGH, Change.CONFIG_CHANGE)
    assert (forced.evidence.from_digest, forced.evidence.to_digest) == (f"git:{old}", f"git:{new}")
    assert "new line" in event.title
    assert events(source.round()) == []


def test_a_history_that_shares_nothing_starts_anew(repository: Repository, tmp_path: Path) -> None:
    repository.commit("base", {"bot/a": "1"})
    source = Source(tmp_path, "prompts")
    source.round()
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit("from nothing", {"bot/a": "9"})
    repository.git("branch", "--force", "main", "other")
    forced, event = events(source.round())
    assert "was force-pushed" in forced.title
    assert "from nothing" in event.title


def test_a_commit_that_was_thrown_away_for_good_is_a_force_push_too(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit("base", {"bot/a": "1"})
    repository.commit("gone", {"bot/a": "2"})
    source = Source(tmp_path, "prompts")
    source.round()
    repository.git("reset", "--quiet", "--hard", base)
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "--quiet", "--prune=now")
    forced, *rest = events(source.round())
    assert "was force-pushed" in forced.title
    assert "base" in rest[0].title


def test_tags_are_releases_and_branches_stand_for_environments(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit("one", {"bot/a": "1"})
    repository.git("tag", "v1.9.0")
    repository.git("branch", "production")
    repository.commit("two", {"bot/a": "2"})
    repository.git("tag", "-a", "v1.10.0", "-m", "annotated")
    repository.commit("readme only", {"README": "x"})
    repository.git("branch", "staging")
    repository.git("tag", "unrelated")
    head = repository.commit("three", {"bot/a": "3"})
    bundle = {
        "asset": "support-bot",
        "paths": ["bot"],
        "environments": {"production": "production", "staging": "canary", "main": "shadow"},
    }
    source = Source(tmp_path, "prompts", bundle)
    got = snapshot(source.round())
    assert [v.version for v in got.versions] == ["1.9.0", "1.10.0", f"main@{head[:12]}"]
    assert got.placements == {
        Environment.PRODUCTION: ("1.9.0", 100.0),
        Environment.CANARY: ("1.10.0", 100.0),
        Environment.SHADOW: (f"main@{head[:12]}", 100.0),
    }
    first = got.versions[0]
    assert (first.registry_version, first.branch, first.change) == ("v1.9.0", "main", Change.PROMPT_REVISION)
    assert first.provenance == {
        "commit": commit, "repository": "prompts", "branch": "main", "author": "Ana", "description": "one",
    }  # fmt: skip
    assert first.created_at.timestamp() == 1_795_000_060
    assert not got.complete, "the head of main moves on, and its old version was not deleted"


def test_content_elsewhere_is_no_new_digest_and_a_moved_tag_is_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    repository.git("tag", "v1")
    repository.commit("elsewhere", {"README": "x"})
    repository.git("tag", "v2")
    source = Source(tmp_path, "prompts")
    before = snapshot(source.round())
    assert before.complete
    assert before.versions[0].digest == before.versions[1].digest
    repository.commit("two", {"bot/a": "2"})
    repository.git("tag", "--force", "v1")
    after = {v.version: v.digest for v in snapshot(source.round()).versions}
    assert after["2"] == before.versions[0].digest
    assert after["1"] != before.versions[0].digest


def test_a_late_hotfix_keeps_the_branch_it_was_made_on(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    repository.git("branch", "release/1")
    repository.commit("two", {"bot/a": "2"})
    repository.git("tag", "v2.0.0")
    repository.git("checkout", "--quiet", "release/1")
    repository.commit("hotfix", {"bot/a": "1b"})
    repository.git("tag", "v1.0.1")
    bundle = {"asset": "support-bot", "paths": ["bot"], "environments": {"release/1": "production"}}
    got = snapshot(Source(tmp_path, "prompts", bundle).round())
    assert {v.version: v.branch for v in got.versions} == {"2.0.0": "main", "1.0.1": "release/1"}
    assert got.placements == {Environment.PRODUCTION: ("1.0.1", 100.0)}


def test_a_pattern_of_tags_stands_for_an_environment_and_a_missing_ref_for_none(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit("one", {"bot/a": "1"})
    repository.git("tag", "support-bot/v1.0.0")
    repository.git("tag", "prod-2026-01")
    repository.commit("two", {"bot/a": "2"})
    repository.git("tag", "support-bot/v1.1.0")
    bundle = {
        "asset": "support-bot",
        "paths": ["bot"],
        "tags": "{asset}/v*",
        "environments": {"prod-*": "production", "nowhere": "canary"},
    }
    got = snapshot(Source(tmp_path, "prompts", bundle).round())
    assert [v.version for v in got.versions] == ["1.0.0", "1.1.0"]
    assert got.placements == {Environment.PRODUCTION: ("1.0.0", 100.0)}
    assert got.managed == (Environment.PRODUCTION, Environment.CANARY)


def test_a_remote_repository_is_mirrored_and_follows_its_source(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    repository.git("tag", "v1")
    source = Source(tmp_path, (tmp_path / "prompts").as_uri())
    assert [v.version for v in snapshot(source.round()).versions] == ["1"]
    repository.git("tag", "--delete", "v1")
    repository.commit("two", {"bot/a": "2"})
    repository.git("tag", "v2")
    got = source.round()
    assert [v.version for v in snapshot(got).versions] == ["2"]
    assert len(events(got)) == 1
    (mirror,) = (tmp_path / "cache").iterdir()
    assert not (mirror / "bot").exists(), "a mirror has no working tree"


def test_a_mirror_leaves_file_contents_where_the_server_allows_it(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.commit("one", {"bot/a": "a" * 1000})
    blob = repository.git("rev-parse", "HEAD:bot/a")
    source = Source(tmp_path, (tmp_path / "prompts").as_uri())
    assert len(events(source.round())) == 1
    (mirror,) = (tmp_path / "cache").iterdir()
    told = subprocess.run(
        ["git", "rev-list", "--objects", "--missing=print", "--all"], cwd=mirror, capture_output=True, check=True
    )
    assert f"?{blob}".encode() in told.stdout


def test_a_local_repository_is_never_written_to(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})

    def state() -> dict[str, tuple[int, int]]:
        files = (f for f in repository.folder.rglob("*") if f.is_file())
        return {str(f): (f.stat().st_mtime_ns, f.stat().st_size) for f in files}

    before = state()
    Source(tmp_path, "prompts").round()
    assert state() == before
    assert not (tmp_path / "cache").exists()


def test_nothing_in_a_repository_is_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1", ".gitattributes": "* diff=evil filter=evil\n"})
    trap = tmp_path / "sprung"
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "diff.evil.textconv",
                "diff.evil.command", "filter.evil.smudge", "core.askPass", "gpg.program"):  # fmt: skip
        repository.git("config", key, str(script))
    repository.git("config", "log.showSignature", "true")
    for hook in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        shutil.copy(script, repository.folder / ".git" / "hooks" / hook)
    assert len(events(Source(tmp_path, "prompts").round())) == 1
    assert not trap.exists()


def test_the_environment_of_the_caller_names_no_other_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit("one", {"bot/a": "1"})
    other = Repository(tmp_path / "other")
    other.commit("not this one", {"bot/a": "x"})
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.pager=false'")
    (event,) = events(Source(tmp_path, "prompts").round())
    assert commit[:12] in event.title


@pytest.mark.parametrize(
    "address", ["-oProxyCommand=x", "ext::sh -c x", "fd::3", "gopher://h/x", "ssh://-oProxyCommand=x/y", ""]
)
def test_an_address_that_could_run_something_is_refused_in_the_configuration(address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        Source(Path(), address)


@pytest.mark.parametrize(
    "bundle",
    [
        {"asset": "a", "paths": []},
        {"asset": "a", "paths": ["../x"]},
        {"asset": "a", "paths": ["/etc"]},
        {"asset": "a", "paths": ["--output=x"]},
        {"asset": "a", "paths": ["x"], "branch": "--upload-pack=x"},
        {"asset": "a", "paths": ["x"], "environments": {"-x": "production"}},
        {"asset": "a", "paths": ["x"], "brnach": "main"},
    ],
)
def test_a_bundle_that_makes_no_sense_is_refused_in_the_configuration(bundle: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        Source(Path(), "prompts", bundle)


def test_two_bundles_of_one_asset_give_releases_only_once(repository: Repository, tmp_path: Path) -> None:
    system = {"asset": "support-bot", "paths": ["bot/system.txt"], "change": "system_prompt_change"}
    with pytest.raises(msgspec.ValidationError, match="two bundles give releases of support-bot"):
        Source(tmp_path, "prompts", system, {"asset": "support-bot", "paths": ["bot"]})
    repository.commit("one", {"bot/system.txt": "1", "bot/b": "1"})
    source = Source(tmp_path, "prompts", {**system, "tags": None}, {"asset": "support-bot", "paths": ["bot"]})
    got = source.round()
    assert {s.change for s in events(got)} == {Change.SYSTEM_PROMPT_CHANGE, Change.PROMPT_REVISION}
    assert snapshot(got).asset_id == "support-bot"


def test_a_hostile_commit_cannot_write_on_the_screen(repository: Repository, tmp_path: Path) -> None:
    evil = "\x1b[2J\u202eevil \x07[bold]"
    repository.commit(evil, {"bot/\x1b]0;x\x07name": "1"}, GIT_AUTHOR_NAME=evil)
    repository.git("tag", "v1-\u202eevil")
    got = Source(tmp_path, "prompts").round()
    (event,) = events(got)
    repository.git("tag", "v1-fine")
    good, refused = admitted([snapshot(Source(tmp_path, "prompts").round())])
    (made,) = good
    assert isinstance(made, RegistrySnapshot)
    (version,) = made.versions
    assert version.version == "1-fine"
    assert ["version" in str(r.problem) for r in refused] == [True]
    texts = [event.title, event.evidence.actor, *event.evidence.changed, version.version, *version.provenance.values()]
    assert all(is_clean(text) for text in texts)


def test_a_huge_subject_and_many_files_are_cut(repository: Repository, tmp_path: Path) -> None:
    repository.commit("x" * 100_000, {f"bot/{n}": str(n) for n in range(60)})
    (event,) = events(Source(tmp_path, "prompts").round())
    assert len(event.title) <= 300
    assert event.evidence.changed[-1] == "and 40 more"


def test_a_tag_on_a_file_or_before_the_bundle_is_no_release(repository: Repository, tmp_path: Path) -> None:
    repository.commit("before", {"README": "1"})
    repository.git("tag", "v0")
    repository.git("tag", "v-blob", repository.git("rev-parse", "HEAD:README"))
    repository.commit("one", {"bot/a": "1"})
    repository.git("tag", "v1")
    got = Source(tmp_path, "prompts").round()
    assert [v.version for v in snapshot(got).versions] == ["1"]
    assert got.rejected == ()


def test_the_whole_repository_may_be_a_bundle(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"a": "1"})
    repository.git("tag", "v1")
    got = Source(tmp_path, "prompts", {"asset": "support-bot", "paths": ["."]}).round()
    assert len(events(got)) == 1
    assert len(snapshot(got).versions) == 1


def test_a_missing_branch_is_said_once_and_the_other_bundles_land(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    good, bad = {"asset": "a", "paths": ["bot"]}, {"asset": "b", "paths": ["bot"], "branch": "gone"}
    source = Source(tmp_path, "prompts", good, bad)
    got = source.round()
    assert [s.asset_id for s in events(got)] == ["a"]
    assert "the branch gone is no longer there" in got.rejected[0].problem.what
    assert source.round().rejected == ()


def test_a_repository_without_the_branch_is_an_error_that_names_those_it_has(
    repository: Repository, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="has no branches"):
        Source(tmp_path, "prompts").round()
    repository.commit("one", {"bot/a": "1"})
    repository.git("branch", "--move", "main", "trunk")
    with pytest.raises(SourceError, match=r"has no branch main.*it has trunk"):
        Source(tmp_path, "prompts").round()


def test_what_is_no_repository_is_an_error_even_inside_of_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    with pytest.raises(SourceError, match="prompts/bot failed: fatal"):
        Source(tmp_path, "prompts/bot").round()
    with pytest.raises(SourceError, match="nowhere is not a folder"):
        Source(tmp_path, "nowhere").round()
    with pytest.raises(SourceError, match="fetch of file:"):
        Source(tmp_path, (tmp_path / "nowhere").as_uri()).round()


def test_a_password_is_sent_as_a_header_and_never_shown_or_stored(tmp_path: Path) -> None:
    from tests.servers.loopback import Loopback, Reply

    with Loopback() as server:
        server.on("GET", "/org/prompts.git/info/refs", Reply(401, headers={"WWW-Authenticate": "Basic"}))
        host = server.url.removeprefix("http://")
        source = Source(tmp_path, f"http://ana:${{TOKEN}}@{host}/org/prompts.git")
        source.secrets = {"TOKEN": "s3cret"}
        with pytest.raises(SourceError) as caught:
            source.round()
        assert server.log[0].headers["authorization"].startswith("Basic ")
    assert "s3cret" not in str(caught.value)
    assert f"http://{host}/org/prompts.git" in str(caught.value)
    stored = b"".join(f.read_bytes() for f in (tmp_path / "cache").rglob("*") if f.is_file())
    assert b"s3cret" not in stored


def test_a_server_that_answers_with_a_page_or_never_is_an_error(tmp_path: Path) -> None:
    from tests.servers.loopback import Loopback, Reply

    with Loopback() as server:
        server.on("GET", "/p.git/info/refs", Reply(body=b"<html>hello</html>", headers={"Content-Type": "text/html"}))
        with pytest.raises(SourceError, match="has no branches: is it a git repository"):
            Source(tmp_path, f"{server.url}/p.git").round()
        server.on("GET", "/q.git/info/refs", Reply(delay_s=5.0))
        with pytest.raises(SourceError, match=r"took longer than 0\.5 s"):
            Source(tmp_path, f"{server.url}/q.git", timeout=Seconds(0.5)).round()


@pytest.mark.parametrize("damage", ["lock", "objects", "head"])
def test_a_mirror_that_a_crash_damaged_is_made_anew(repository: Repository, tmp_path: Path, damage: str) -> None:
    repository.commit("one", {"bot/a": "1"})
    source = Source(tmp_path, (tmp_path / "prompts").as_uri())
    source.round()
    (mirror,) = (tmp_path / "cache").iterdir()
    if damage == "lock":
        (mirror / "refs" / "heads" / "main.lock").touch()
    elif damage == "objects":
        shutil.rmtree(mirror / "objects")
    else:
        (mirror / "HEAD").write_text("nonsense")
    repository.commit("two", {"bot/a": "2"})
    (event,) = events(source.round())
    assert "two" in event.title


def test_a_cache_that_cannot_be_made_is_said(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", {"bot/a": "1"})
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(SourceError, match="cannot be made in"):
        Source(tmp_path, (tmp_path / "prompts").as_uri()).round()


def test_an_answer_without_end_is_cut_off(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_git, "OUTPUT_CAP", 1_000)
    repository.commit("one", {"bot/a": "1"})
    for number in range(60):
        repository.git("branch", f"a-branch-with-a-long-name-{number}")
    with pytest.raises(SourceError, match="printed more than 1,000 bytes"):
        Source(tmp_path, "prompts").round()


def test_without_the_git_program_it_is_said(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("one", {"bot/a": "1"})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(SourceError, match="git is not installed"):
        Source(tmp_path, "prompts").round()
