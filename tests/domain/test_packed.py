"""Files that come compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.packed import unpacked


def tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("results.json"))
    return made.getvalue()


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=3))
def test_gzip_is_unpacked_member_by_member_and_what_is_plain_stays_as_it_is(parts: list[bytes]) -> None:
    whole = b"{" + b"".join(parts)
    assert unpacked("r.json", whole) == ("r.json", whole)
    assert unpacked("r.json.gz", b"".join(map(gzip.compress, [b"{", *parts]))) == ("r.json", whole)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.json.gz", gzip.compress(b"x" * 2_000), "unpacks to more than the cap of 1,000 bytes"),
        ("a.json.gz", gzip.compress(b"x" * 900)[:-9], "a.json.gz is cut off"),
        ("a.json.gz", gzip.compress(b"x" * 900)[:9] + b"nothing of it", "not a complete gzip file"),
        ("a.json.bz2", bz2.compress(b"{}"), "bunzip2 a.json.bz2"),
        ("a.json.xz", lzma.compress(b"{}"), "unxz a.json.xz"),
        ("a.json.zst", b"\x28\xb5\x2f\xfd ...", "unzstd a.json.zst"),
        ("a.tar", tar(), "tar -xf a.tar"),
    ],
    ids=["too much", "cut off", "not whole", "bz2", "xz", "zst", "tar"],  # not the bytes: they have the time in them
)
def test_what_is_not_read_says_what_to_type(name: str, data: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=re.escape(why)):
        unpacked(name, data, 1_000)


def test_an_archive_in_gzip_says_what_to_type() -> None:
    with pytest.raises(SourceError, match="tar -xzf"):
        unpacked("a.tar.gz", gzip.compress(tar()))


def test_countless_empty_members_cost_what_their_length_does() -> None:
    """Each of them once copied all that stood behind it: 10 MB took hours."""
    empty = gzip.compress(b"", mtime=0)

    def cost(members: int) -> float:
        data, began = empty * members, time.process_time()
        assert unpacked("a.gz", data) == ("a", b"")
        return time.process_time() - began

    assert min(cost(40_000) for _ in range(3)) < 15 * min(cost(5_000) for _ in range(3))


@given(st.lists(st.binary(max_size=60_000), min_size=1, max_size=5))
def test_members_one_behind_the_other_are_one_file_whose_length_is_capped(members: list[bytes]) -> None:
    whole = b"".join(members)
    packed = b"".join(gzip.compress(each, 0, mtime=0) for each in members)
    assert unpacked("a.gz", packed, len(whole)) == ("a", whole)
    with pytest.raises(SourceError, match="is cut off"):
        unpacked("a.gz", packed[:-1], len(whole))
    if whole:
        with pytest.raises(SourceError, match="more than the cap"):
            unpacked("a.gz", packed, len(whole) - 1)
