"""What the git step commits at a real remote, what it never does, and what races, hooks and hostile repositories make of it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.repository import Remote
from pulse_tui.ports import Output
from pulse_tui.running import SystemProcesses
from pulse_tui.steps import git_commit
from pulse_tui.steps.git_commit import Options
from pulse_tui.steps.git_commit.branch import Author, Branch, File, Lost
from pulse_tui.steps.git_commit.document import Where
from tests.fakes.step_targets import context, release
from tests.fakes.step_targets.git_commit import LINK, VALUES, Bare
from tests.servers.loopback import Loopback, Reply, Request

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the git program is not installed")
BEFORE = VALUES.format(value="3.8.2")
AFTER = VALUES.format(value="3.8.1")


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path / "deploy.git", {"values.yaml": BEFORE, "README": "a repository"})


def options(bare: Bare, **more: Any) -> Options:
    made = {"repository": str(bare.folder), "path": "values.yaml", "field": "image.tag", **more}
    return msgspec.convert({k: v for k, v in made.items() if v is not None}, Options)


def read(bare: Bare, **more: Any) -> str:
    return git_commit.read(options(bare, **more), context(bare.folder.parent, {}))


def write(bare: Bare, value: str = "3.8.1", expected: str = "3.8.2", key: str = "run-0", **more: Any) -> None:
    there = context(bare.folder.parent, {})
    git_commit.write(options(bare, **more), value, expected=expected, key=key, epoch=7, context=there)


def refusal(bare: Bare, **more: Any) -> str:
    """Why nothing was pushed."""
    head = bare.line("rev-parse", "main")
    with pytest.raises(TargetError) as caught:
        write(bare, **more)
    assert not caught.value.ambiguous
    assert bare.line("rev-parse", "main") == head
    return caught.value.what


class Between(SystemProcesses):
    """Runs programs as always; ``before`` is called when the real push begins."""

    def __init__(self, before: Callable[[], object], push_s: float | None = None) -> None:
        super().__init__()
        self._before = before
        self._push_s = push_s

    def ask(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        feed: bytes = b"",
        timeout_s: float,
        cap: int = 2**20,
    ) -> Output:
        if "push" in argv and "--dry-run" not in argv:
            self._before()
            timeout_s = self._push_s or timeout_s
        return super().ask(argv, folder=folder, environment=environment, feed=feed, timeout_s=timeout_s, cap=cap)


def write_through(bare: Bare, processes: SystemProcesses) -> None:
    there = context(bare.folder.parent, {})._replace(processes=processes)
    git_commit.write(options(bare), "3.8.1", expected="3.8.2", key="run-0", epoch=7, context=there)


def test_a_move_is_one_commit_of_one_line_that_says_which_step_it_is(bare: Bare) -> None:
    before = bare.line("rev-parse", "main")
    write(bare, author="Pulse Böt", email="pulse@acme.example")
    assert bare.line("rev-list", "--count", f"{before}..main") == "1"
    assert bare.line("diff", "--numstat", before, "main") == "1\t1\tvalues.yaml"
    assert bare.show("values.yaml") == AFTER
    assert bare.line("log", "-1", "--format=%B", "main").split("\n") == [
        "values.yaml: 3.8.2 -> 3.8.1",
        "",
        "Pulse-Step: run-0",
        "Pulse-Epoch: 7",
    ]
    assert bare.line("log", "-1", "--format=%an <%ae> %cn", "main") == "Pulse Böt <pulse@acme.example> Pulse Böt"


def test_a_file_may_have_any_name_and_keeps_its_mode(bare: Bare) -> None:
    name = 'é "q" \\x/*[a] b.yaml'
    bare.commit({name: BEFORE}, "odd", mode="100755")
    write(bare, path=name)
    assert bare.show(name) == AFTER
    assert bare.line("ls-tree", "-r", "main", "--format=%(objectmode)", "--", f":(literal){name}") == "100755"
    assert bare.show("values.yaml") == BEFORE


def test_nothing_is_left_behind(bare: Bare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (scratch := tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    write(bare)
    refusal(bare, key="run-1", value="3.8.0")
    assert list(scratch.iterdir()) == []


def test_a_value_that_somebody_else_moved_is_refused_with_what_it_is(bare: Bare) -> None:
    bare.commit({"values.yaml": VALUES.format(value="3.9.0")}, "by hand")
    assert "it holds 3.9.0, expected was 3.8.2" in refusal(bare)


def test_a_commit_elsewhere_in_the_repository_is_no_conflict_before_the_read_and_one_after_it(bare: Bare) -> None:
    bare.commit({"README": "other work"}, "other work")
    write_through(bare, Between(lambda: None))
    assert read(bare) == "3.8.1"
    other = Bare(bare.folder.parent / "second.git", {"values.yaml": BEFORE})
    with pytest.raises(TargetError, match="stale info") as caught:
        write_through(other, Between(lambda: other.commit({"README": "x"}, "faster")))
    assert not caught.value.ambiguous
    assert read(other) == "3.8.2"


def test_a_push_that_lost_against_an_earlier_one_of_the_same_key_has_landed(bare: Bare) -> None:
    def earlier() -> None:
        bare.commit({"values.yaml": AFTER}, "values.yaml\n\nPulse-Step: run-0\nPulse-Epoch: 6")

    write_through(bare, Between(earlier))
    assert len(bare.steps()) == 1


def test_a_push_that_takes_too_long_is_ambiguous_and_the_trailer_says_that_it_landed(tmp_path: Path) -> None:
    for push_s in (0.5, 2.0, 8.0):  # on a busy machine the first may be over before the branch moves
        bare = Bare(tmp_path / f"{push_s}.git", {"values.yaml": BEFORE})
        bare.hook("post-receive", "sleep 60")
        with pytest.raises(TargetError, match="took too long and was ended") as caught:
            write_through(bare, Between(lambda: None, push_s=push_s))
        assert caught.value.ambiguous
        if bare.steps():
            break
    there = context(bare.folder.parent, {})
    assert git_commit.landed(options(bare), "run-0", there) is True
    assert git_commit.landed(options(bare), "run-1", there) is None
    bare.commit({"values.yaml": BEFORE}, "put back by hand")
    write(bare)
    assert bare.show("values.yaml") == BEFORE
    assert len(bare.steps()) == 1


def test_a_key_counts_only_as_a_trailer_and_whole(bare: Bare) -> None:
    bare.commit({"README": "1"}, "Pulse-Step: run-0\n\nmore words, no trailer")
    bare.commit({"README": "2"}, "x\n\nPulse-Step: run-0-undo")
    there = context(bare.folder.parent, {})
    assert git_commit.landed(options(bare), "run-0", there) is None
    assert git_commit.landed(options(bare), "run-0-undo", there) is True


def test_of_twenty_racing_pushes_one_wins(bare: Bare, tmp_path: Path) -> None:
    (folder := tmp_path / "clone").mkdir()
    branch = Branch(SystemProcesses(), folder, Remote(str(bare.folder), "", None), "main", "here", {}, 60.0)
    base = branch.fetch()
    who = Author("p", "p@x")
    commits = [
        branch.commit(base, "values.yaml", File("100644", b"tag: %d\n" % n), f"{n}\n\nPulse-Step: k{n}\n", who, 1)
        for n in range(20)
    ]

    def push(commit: str) -> str | None:
        try:
            branch.push(base, commit)
        except Lost:
            return None
        return commit

    with ThreadPoolExecutor(20) as pool:
        winners = [commit for commit in pool.map(push, commits) if commit]
    assert winners == [bare.line("rev-parse", "main")]


# ------------------------------------------------------------------ hostile and broken repositories


def test_a_link_a_folder_and_another_repository_are_no_file(bare: Bare) -> None:
    bare.commit({"link.yaml": "/etc/passwd", "dir": "deep"}, "links", mode=LINK)
    bare.commit({"deep/values.yaml": BEFORE}, "a folder")
    assert "is a symbolic link, and no file" in refusal(bare, path="link.yaml")
    assert "is a folder, and no file" in refusal(bare, path="deep", field="a", format="yaml")
    assert "has no file dir/values.yaml" in refusal(bare, path="dir/values.yaml")
    assert "has no file other.yaml" in refusal(bare, path="other.yaml")


def test_attributes_filters_and_configuration_of_a_repository_start_nothing(bare: Bare, tmp_path: Path) -> None:
    trap = f"touch {tmp_path / 'trapped'}"
    bare.commit({".gitattributes": "* filter=x diff=x text eol=crlf ident\n", ".gitmodules": "[submodule]"}, "traps")
    bare.git("config", "filter.x.smudge", trap)
    bare.git("config", "filter.x.clean", trap)
    bare.git("config", "diff.x.textconv", trap)
    write(bare)
    assert bare.show("values.yaml") == AFTER
    assert not (tmp_path / "trapped").exists()


def test_nothing_of_the_users_git_is_used(bare: Bare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home := tmp_path / "home").mkdir()
    (hooks := home / "hooks").mkdir()
    for name in ("pre-push", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path / 'trapped'}\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\nhooksPath = {hooks}\n[user]\nname = Eve\n[url "/nowhere/"]\ninsteadOf = {bare.folder.parent}/\n'
        f'[credential]\nhelper = "!touch {tmp_path / "trapped"}"\n[push]\ngpgSign = true\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {tmp_path / 'trapped'}")
    write(bare)
    assert bare.line("log", "-1", "--format=%an", "main") == "pulse-tui"
    assert not (tmp_path / "trapped").exists()


def test_a_huge_file_is_not_read(bare: Bare) -> None:
    bare.commit({"values.yaml": b"image: {tag: 3.8.2}\n#" + b"x" * 2**20}, "huge")
    assert "is over 1 MB" in refusal(bare)
    bare.git("config", "uploadpack.allowFilter", "true")  # then it does not even come
    assert "is over 1 MB" in refusal(bare)


def test_a_server_that_filters_needs_no_more_than_the_one_file(bare: Bare) -> None:
    bare.git("config", "uploadpack.allowFilter", "true")
    bare.commit({"model.bin": os.urandom(2**20 + 1)}, "weights")
    write(bare)
    assert bare.show("values.yaml") == AFTER
    assert bare.line("cat-file", "-s", "main:model.bin") == str(2**20 + 1)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"image: {tag: \xff}"])
def test_a_file_that_is_no_text_is_refused(bare: Bare, data: bytes) -> None:
    bare.commit({"values.yaml": data}, "bytes")
    assert "it is not UTF-8" in refusal(bare)


def test_a_branch_repository_or_field_that_is_gone_is_an_error_and_no_empty_value(bare: Bare, tmp_path: Path) -> None:
    assert "couldn't find remote ref" in refusal(bare, branch="release")
    assert "has no value at 'image.digest'" in refusal(bare, field="image.digest")
    assert "has no value at 'image'" in refusal(bare, field="image")
    gone = Bare(tmp_path / "gone.git", {"values.yaml": BEFORE})
    shutil.rmtree(gone.folder)
    with pytest.raises(TargetError, match=r"git fetch of .* failed") as caught:
        read(gone)
    assert not caught.value.ambiguous


def test_a_hook_that_refuses_is_quoted(bare: Bare) -> None:
    bare.hook("pre-receive", "printf 'not on a \\033[31mFriday\\n' >&2; exit 1")
    assert "[remote rejected] (pre-receive hook declined) remote: not on a Friday" in refusal(bare)


def test_a_password_goes_in_a_header_and_stands_in_no_message(tmp_path: Path) -> None:
    with Loopback() as server:
        server.on("GET", "/bot.git/info/refs", Reply(403, b"no"))
        url = server.url.replace("http://", "http://ana:${TOKEN}@") + "/bot.git"
        made = msgspec.convert({"repository": url, "path": "v.txt"}, Options)
        with pytest.raises(TargetError) as caught:
            git_commit.read(made, context(tmp_path, {"TOKEN": "s3cret-t0ken"}))
        assert "403" in caught.value.what
        assert not caught.value.ambiguous
        assert [r.headers.get("authorization", "")[:6] for r in server.log] == ["Basic "]
        for text in (str(caught.value), git_commit.target(made)):
            assert "s3cret" not in text
            assert "TOKEN" not in text


def test_a_server_that_does_not_answer_in_time_is_an_error_in_time(tmp_path: Path) -> None:
    with Loopback() as server:
        server.on("GET", "/bot.git/info/refs", Reply(delay_s=20.0))
        made = msgspec.convert({"repository": f"{server.url}/bot.git", "path": "v.txt"}, Options)
        began = time.monotonic()
        with pytest.raises(TargetError, match="took too long") as caught:
            git_commit.read(made, context(tmp_path, {}, 0.5))
        assert time.monotonic() - began < 15
        assert not caught.value.ambiguous


# ------------------------------------------------------------------ documents


def test_a_json_field_a_text_and_a_list_are_moved_too(bare: Bare) -> None:
    bare.commit({"app.json": '{"a.b": [ {"v":1}, {"v" : 12 }]}', "VERSION": "  3.8.2\n\n"}, "more")
    write(bare, "13", "12", path="app.json", field="a\\.b.1.v")
    assert bare.show("app.json") == '{"a.b": [ {"v":1}, {"v" : 13 }]}'
    assert "the field holds a number" in refusal(
        bare, value="x", expected="13", path="app.json", field="a\\.b.1.v", key="k2"
    )
    text: dict[str, Any] = {"path": "VERSION", "field": None}
    assert read(bare, **text) == "3.8.2"
    write(bare, key="k3", **text)
    assert bare.show("VERSION") == "  3.8.1\n\n"


YAML = [
    ("v: 3.8.2", "v: 3.8.1"),
    ("v:   '3.8.2'   # why\n", "v:   '3.8.1'   # why\n"),
    ('v: "3.8.2"\r\nw: 1\r\n', 'v: "3.8.1"\r\nw: 1\r\n'),
    ("{a: 1, v: 3.8.2, z: [1,2]}", "{a: 1, v: 3.8.1, z: [1,2]}"),
    ("a: &x 3.8.2\nv: 3.8.2\nb: *x\n", "a: &x 3.8.2\nv: 3.8.1\nb: *x\n"),
    ("---\na: 1\n---\nv: 3.8.2\n...\n", "---\na: 1\n---\nv: 3.8.1\n...\n"),
    ("? v\n: 3.8.2\n", "? v\n: 3.8.1\n"),
    ("é: ü\nv: 3.8.2\n", "é: ü\nv: 3.8.1\n"),
]


@pytest.mark.parametrize(("text", "after"), YAML)
def test_a_yaml_value_is_replaced_and_comments_quotes_and_layout_stay(text: str, after: str) -> None:
    where = Where.of("f.yaml", "v", None)
    assert where.value(text) == "3.8.2"
    assert where.with_value(text, "3.8.1") == after


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("v: 3.8.2", "1.10", 'v: "1.10"'),
        ("v: 1.9", "1.10", "v: 1.10"),
        ("v: 3.8.2", "yes", 'v: "yes"'),
        ("v: 3.8.2", "a: b", 'v: "a: b"'),
        ("v: 3.8.2", "a #b", 'v: "a #b"'),
        ("v: 3.8.2", "ghcr.io/acme/bot:3@sha256:ab", "v: ghcr.io/acme/bot:3@sha256:ab"),
        ("v: 'x'", "it's", "v: 'it''s'"),
        ("v: 3.8.2", "12e3", 'v: "12e3"'),
        ("v:\nw: 1", "3.8.1", "v: 3.8.1\nw: 1"),
        ("v: ~", "3.8.1", "v: 3.8.1"),
        ("v: 3.8.2", "-x", 'v: "-x"'),
        ("v: 3.8.2", "0x1f", 'v: "0x1f"'),
        ("v: 3.8.2", "2026-11-29", 'v: "2026-11-29"'),
        ("v: 3.8.2", "12e3456a", "v: 12e3456a"),
        ("v: 3.8.2", "*x", 'v: "*x"'),
    ],
)
def test_a_value_that_would_read_as_something_else_is_put_in_quotes(text: str, value: str, after: str) -> None:
    where = Where.of("f.yaml", "v", None)
    assert where.with_value(text, value) == after
    assert where.value(after) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("v: 1\nv: 2", "stands there twice"),
        ("a: &x {v: 1}\nw: *x", "behind an alias"),
        ("w: [&x {v: 1}, *x]", "behind an alias"),
        ("v: |\n  3.8.2\n", "block of text"),
        ("v: &x 3.8.2\nw: *x\n", "no YAML"),
        ("v: 1\n---\nv: 2", "more than one of its documents"),
        ("v: [", "no YAML"),
        ("v: \x07", "no YAML"),
        ("[" * 500, "nested too deep"),
        ("\ufeffv: 1", "byte order mark"),
        ("v: 1 #" + "x" * 2**16, "over 64 KB"),
    ],
)
def test_a_yaml_file_of_which_it_is_not_certain_is_left_alone(text: str, why: str) -> None:
    where = Where.of("f.yaml", {"a": "w.v", "w": "w.1.v"}.get(text[:1], "v"), None)
    with pytest.raises(ValueError, match=why):
        where.with_value(text, "3.8.1")


@pytest.mark.parametrize("value", ["", " ", "a\nb", "a\x1b[2J", " a", "a" * 501])
def test_a_value_that_cannot_be_committed_is_refused(bare: Bare, value: str) -> None:
    assert "cannot be committed as a value" in refusal(bare, value=value)


# ------------------------------------------------------------------ preflight and options


def test_the_preflight_says_what_applies_the_repository_and_that_the_field_is_there(bare: Bare) -> None:
    def found() -> dict[str, tuple[bool, bool, str]]:
        checks = git_commit.check(options(bare), release("3.8.1"), context(bare.folder.parent, {}))
        return {c.name: (c.ok, c.blocking, c.detail) for c in checks}

    assert found()["field"][:2] == (True, True)
    assert found()["controller"][:2] == (False, False)
    assert "no manifest of Argo CD or Flux" in found()["controller"][2]
    bare.commit({"apps/bot.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"}, "argo")
    assert found()["controller"][0]
    assert "some time later (apps/bot.yaml)" in found()["controller"][2]
    with pytest.raises(TargetError, match="has no value at"):
        git_commit.check(options(bare, field="x"), release("3.8.1"), context(bare.folder.parent, {}))


def test_the_value_may_be_a_whole_image_reference(bare: Bare) -> None:
    chosen = options(bare, value="ghcr.io/acme/bot:{version}")
    assert git_commit.value_of(chosen, release("3.8.1")) == "ghcr.io/acme/bot:3.8.1"


def test_the_target_names_repository_branch_file_and_field() -> None:
    made = msgspec.convert(
        {"repository": "ssh://git@h/r.git", "path": "a/b.yaml", "field": "x.y", "branch": "prod"}, Options
    )
    assert git_commit.target(made) == "git ssh://h/r.git#prod:a/b.yaml:x.y"


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "ext::sh -c id"},
        {"repository": "-u"},
        {"repository": ""},
        {"branch": "-x"},
        {"branch": "a..b"},
        {"branch": "a b"},
        {"branch": "x.lock"},
        {"branch": "refs/heads/x:y"},
        {"path": "/etc/passwd"},
        {"path": "../x"},
        {"path": "a//b"},
        {"path": "a\nb"},
        {"path": ""},
        {"field": "a..b"},
        {"field": None, "format": "yaml"},
        {"path": "a.toml"},
        {"format": "text"},
        {"author": "A <b>"},
        {"email": ""},
        {"value": "latest"},
    ],
)
def test_options_that_are_no_place_in_a_repository_are_refused(wrong: dict[str, Any]) -> None:
    right = {"repository": "https://h/r.git", "path": "a.yaml", "field": "v"}
    msgspec.convert({**right, "branch": "env/{environment}", "path": "apps/{asset}.yaml"}, Options)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Options)


# ------------------------------------------------------------------ over HTTP, as hosted repositories are


class Hosted:
    """A bare repository behind git's own HTTP backend that wants a password, for pushes perhaps a better one."""

    def __init__(self, server: Loopback, bare: Bare) -> None:
        self.may_push = True
        self.cut_answers = False
        self._bare = bare
        self._right = "Basic " + base64.b64encode(b"ana:s3cret-t0ken").decode()
        self.url = server.url.replace("http://", "http://ana:${TOKEN}@") + f"/{bare.folder.name}"
        self._backend = Path(bare.line("--exec-path")) / "git-http-backend"
        bare.git("config", "http.receivepack", "true")
        for method, path in (("GET", "info/refs"), ("POST", "git-upload-pack"), ("POST", "git-receive-pack")):
            server.on(method, f"/{bare.folder.name}/{path}", self._answer)

    def _answer(self, request: Request) -> Reply:
        pushes = "git-receive-pack" in (request.path.rpartition("/")[2], request.query.get("service"))
        if request.headers.get("authorization") != self._right or (pushes and not self.may_push):
            return Reply(403, b"no")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._bare.folder.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "ana",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": "&".join(f"{k}={v}" for k, v in request.query.items()),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        }
        done = subprocess.run(
            [self._backend], check=False, env=environment, input=request.body, capture_output=True, timeout=30
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        drop = self.cut_answers and request.path.endswith("/git-receive-pack")
        return Reply(drop=True) if drop else Reply(status, body, headers)


@pytest.fixture
def hosted(bare: Bare) -> Iterator[Hosted]:
    with Loopback() as server:
        yield Hosted(server, bare)


def push_to(hosted: Hosted, token: str = "s3cret-t0ken") -> None:
    made = msgspec.convert({"repository": hosted.url, "path": "values.yaml", "field": "image.tag"}, Options)
    there = context(Path(), {"TOKEN": token})
    git_commit.write(made, "3.8.1", expected="3.8.2", key="run-0", epoch=1, context=there)


def test_a_hosted_repository_is_moved_with_a_password(hosted: Hosted, bare: Bare) -> None:
    push_to(hosted)
    assert bare.show("values.yaml") == AFTER


def test_an_account_that_may_read_and_not_push_is_a_refusal_and_not_ambiguous(hosted: Hosted, bare: Bare) -> None:
    hosted.may_push = False
    with pytest.raises(TargetError, match=r"git push .* 403") as caught:
        push_to(hosted)
    assert not caught.value.ambiguous
    assert "s3cret" not in str(caught.value)
    with pytest.raises(TargetError, match=r"git fetch .* 403"):
        push_to(hosted, "another-one")
    assert bare.show("values.yaml") == BEFORE


def test_a_connection_that_breaks_behind_a_push_is_ambiguous_and_sent_again_is_nothing_new(
    hosted: Hosted, bare: Bare
) -> None:
    hosted.cut_answers = True
    with pytest.raises(TargetError) as caught:
        push_to(hosted)
    assert caught.value.ambiguous
    assert bare.show("values.yaml") == AFTER
    hosted.cut_answers = False
    push_to(hosted)
    assert len(bare.steps()) == 1


def test_one_place_under_many_addresses_is_one_target() -> None:
    def at(repository: str, **more: Any) -> str:
        return git_commit.sends_to(
            msgspec.convert({"repository": repository, "path": "a.yaml", "field": "v", **more}, Options)
        )

    one = at("https://ana:${TOKEN}@GitHub.example/acme/deploy.git")
    for other in (
        "ssh://git@github.example/acme/deploy",
        "git@github.example:acme/deploy.git",
        "https://github.example/acme//x/../deploy/",
    ):
        assert at(other) == one
    assert at("/srv/deploy.git/") == at("file:///srv/deploy")
    for apart in ({"branch": "replica"}, {"path": "b.yaml"}, {"field": "w"}):
        assert at("git@github.example:acme/deploy.git", **apart) != one
