"""The content of suites by digest, files edited in place, results of commands."""

from __future__ import annotations

import hashlib
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui import files as files_module
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.files import DiskFiles
from pulse_tui.ports import Files


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def files() -> Files:
    return DiskFiles(now)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "two.jsonl").write_text("2\n")
    (folder / "a.jsonl").write_text("1\n")
    return folder


def test_a_files_digest_is_that_of_sha256sum(files: Files, suite: Path) -> None:
    assert files.digest(suite / "a.jsonl") == "sha256:" + hashlib.sha256(b"1\n").hexdigest()


def test_a_folders_digest_can_be_made_with_coreutils(files: Files, suite: Path) -> None:
    command = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    said = subprocess.run(["sh", "-c", command], cwd=suite, capture_output=True, text=True, check=True)
    assert files.digest(suite) == "sha256:" + said.stdout.split()[0]


def test_the_folders_place_order_and_times_do_not_count(files: Files, suite: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "copy"
    (other / "b").mkdir(parents=True)
    for name in ("a.jsonl", "b/two.jsonl"):
        (other / name).write_bytes((suite / name).read_bytes())
        os.utime(other / name, (1, 1))
    assert files.digest(other) == files.digest(suite)


@pytest.mark.parametrize(
    "name", [".git/config", ".a.jsonl.swp", "a.jsonl~", "#a.jsonl#", "x.part", "__pycache__/m.pyc", "b/.DS_Store"]
)
def test_what_is_hidden_or_left_by_an_editor_does_not_count(files: Files, suite: Path, name: str) -> None:
    before = files.digest(suite)
    (suite / name).parent.mkdir(exist_ok=True)
    (suite / name).write_text("x")
    assert files.digest(suite) == before


def test_another_name_other_bytes_one_more_and_one_less_are_seen(files: Files, suite: Path) -> None:
    seen = {files.digest(suite)}
    (suite / "a.jsonl").rename(suite / "c.jsonl")
    seen.add(files.digest(suite))
    (suite / "c.jsonl").write_text("3\n")
    seen.add(files.digest(suite))
    (suite / "d.jsonl").write_text("")
    seen.add(files.digest(suite))
    (suite / "c.jsonl").unlink()
    seen.add(files.digest(suite))
    assert len(seen) == 5


def test_a_change_that_keeps_size_and_time_is_seen(files: Files, suite: Path) -> None:
    os.utime(suite / "a.jsonl", (1_000_000_000, 1_000_000_000))
    before = files.digest(suite)
    (suite / "a.jsonl").write_text("9\n")
    os.utime(suite / "a.jsonl", (1_000_000_000, 1_000_000_000))
    assert files.digest(suite) != before


def test_what_did_not_change_is_not_read_again(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = DiskFiles(lambda: now() + timedelta(minutes=1))
    before = files.digest(suite)
    monkeypatch.setattr(files_module, "_chunks", lambda _path: pytest.fail("read again"))
    assert files.digest(suite) == before


def test_what_was_written_a_moment_ago_is_read_again(files: Files, suite: Path) -> None:
    for number in range(20):
        (suite / "a.jsonl").write_text(f"{number:02}\n")
        assert files.digest(suite / "a.jsonl") == "sha256:" + hashlib.sha256(f"{number:02}\n".encode()).hexdigest()


def test_composed_and_decomposed_names_are_one(files: Files, tmp_path: Path) -> None:
    digests = []
    for folder, name in (("nfc", "\u00fc.jsonl"), ("nfd", "u\u0308.jsonl")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("x")
        digests.append(files.digest(tmp_path / folder))
    assert digests[0] == digests[1]


def test_a_symbolic_link_is_refused(files: Files, suite: Path) -> None:
    (suite / "link.jsonl").symlink_to("a.jsonl")
    with pytest.raises(SourceError, match=r"link.jsonl is a symbolic link"):
        files.digest(suite)
    with pytest.raises(SourceError, match="symbolic link"):
        files.digest(suite / "link.jsonl")


def test_a_pipe_is_refused_and_not_waited_for(files: Files, suite: Path) -> None:
    os.mkfifo(suite / "pipe")
    with pytest.raises(SourceError, match=r"pipe is not a file"):
        files.digest(suite)


def test_what_is_missing_or_empty_is_told(files: Files, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone does not exist"):
        files.digest(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="has no file"):
        files.digest(tmp_path / "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_told(files: Files, suite: Path) -> None:
    (suite / "a.jsonl").chmod(0)
    with pytest.raises(SourceError, match=r"a.jsonl cannot be read: Permission denied"):
        files.digest(suite)


def test_a_name_that_is_no_text_is_refused(files: Files, suite: Path) -> None:
    Path(os.fsdecode(os.fsencode(suite) + b"/\xff.jsonl")).write_text("x")
    with pytest.raises(SourceError, match="not UTF-8"):
        files.digest(suite)


def test_there_is_a_cap(files: Files, suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "MOST_BYTES", 3)
    with pytest.raises(SourceError, match="larger than"):
        files.digest(suite)
    monkeypatch.setattr(files_module, "MOST_FILES", 1)
    with pytest.raises(SourceError, match="more than 1 files"):
        files.digest(suite)


def test_contents_come_by_name(files: Files, suite: Path) -> None:
    assert list(files.contents(suite)) == [("a.jsonl", 1, b"1\n"), ("b/two.jsonl", 1, b"2\n")]
    assert list(files.contents(suite / "a.jsonl")) == [("a.jsonl", 1, b"1\n")]


@given(st.binary(max_size=200).map(lambda b: b.replace(b"x", b"\n")), st.integers(1, 9), st.integers(5, 50))
def test_large_files_come_in_pieces_of_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, chunk: int, longest: int
) -> None:
    path = tmp_path_factory.mktemp("large") / "items"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files_module, "CHUNK", chunk)
        patched.setattr(files_module, "LONGEST_LINE", longest)
        pieces = list(DiskFiles(now).contents(path))
    assert b"".join(p.data for p in pieces) == data
    begun = 0
    for piece in pieces:
        assert piece.line == 1 + data[:begun].count(b"\n")
        begun += len(piece.data)
        assert piece.data.endswith(b"\n") or begun == len(data) or len(piece.data) > longest


@given(st.dictionaries(st.sampled_from(["a", "b", "c/d", "c/e"]), st.binary(max_size=20), min_size=1))
def test_two_folders_have_one_digest_when_they_hold_the_same(
    tmp_path_factory: pytest.TempPathFactory, held: dict[str, bytes]
) -> None:
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    for folder, names in ((one, held), (other, reversed(held))):
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(held[name])
    assert DiskFiles(now).digest(one) == DiskFiles(now).digest(other)


def test_a_file_is_replaced_whole_and_keeps_its_rights(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "pulse.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    files.replace(path, b"new", before=b"old")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["pulse.yaml"]


def test_a_file_that_changed_meanwhile_is_left_alone(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "pulse.yaml"
    path.write_bytes(b"newer")
    with pytest.raises(Refused, match="changed in the meantime"):
        files.replace(path, b"new", before=b"old")
    assert path.read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["pulse.yaml"]


def test_a_link_to_a_file_stays_a_link(files: Files, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_bytes(b"old")
    (tmp_path / "pulse.yaml").symlink_to("real.yaml")
    files.replace(tmp_path / "pulse.yaml", b"new", before=b"old")
    assert (tmp_path / "pulse.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_bytes() == b"new"


def test_results_are_what_a_command_left_without_links_and_hidden_files(files: Files, tmp_path: Path) -> None:
    with files.scratch("run-1") as folder:
        (folder / "b").mkdir()
        (folder / "b" / "x.xml").write_text("2")
        (folder / "a.xml").write_text("1")
        (folder / ".cache").write_text("3")
        (folder / "passwd").symlink_to("/etc/passwd")
        assert [(r.name, r.data) for r in files.results(folder)] == [("a.xml", b"1"), ("b/x.xml", b"2")]
    assert not folder.exists()


def test_too_much_result_is_refused(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "MOST_RESULT_BYTES", 10)
    (tmp_path / "a.xml").write_text("x" * 11)
    with pytest.raises(SourceError, match="left more than"):
        files.results(tmp_path)


def test_what_a_process_that_died_left_can_be_swept(files: Files) -> None:
    with files.scratch("run-2") as other, files.scratch("run-1") as left:
        files.sweep("run-1")
        assert not left.exists()
        assert other.exists()
