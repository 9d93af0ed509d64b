"""Documents changed at random: whatever comes, it is read or refused in time, and what is read can be stored."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.source import Collected
from pulse_tui.services.signals.door import admitted
from tests.collectors.contexts import context
from tests.fuzz.seeds import SEEDS, SERVED, Seed, Served, parse, served

SHORT, LONG = 400, 50_000
"""Documents of each kind."""
SECONDS, MEGABYTES = 5.0, 300

_TOKENS = (
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xe2\x80\xae", b"e\xcc\x81\xcc\xa7\xcc\x81\xcc\xa7" * 20),
    *(b"1e308", b"-1e308", b"NaN", b"Infinity", b"9" * 400, b"-0", b"0.1", b"true", b"null", b'""', b"[]", b"{}", b"[" * 2_000),
    *(b"<![foo[b", b"<!--", b"-->", b"]]>", b"<?", b"&#x0;", b"&#99999999999;", b"&x;", b"<!DOCTYPE x>", b"<a>", b"</a>"),
    *(b"*a", b"&a ", b"!!x ", b"---\n", b"a.a.a", b"\\\n", b"\r", b"\n", b"\\", b"@", b"%", b'"', b"'", b",", b":", b"=", b"#"),
    *(b"9999-12-31T23:59:59Z", b"0001-01-01T00:00:00+23:59", b"2026-02-30", b"pkg:pypi/%zz@", b"CVSS:3.1/AV:N", b"../../x"),
    *(b" " * 3_000, b"a" * 3_000, b"\t", b"\x1b[31m", b"\xef\xbb\xbf", b"PK\x03\x04"),
)  # fmt: skip


def changed(data: bytes, chance: random.Random) -> bytes:
    """The document with one to four changes, most of them small."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(out) + 1)
        to = min(len(out), at + int(chance.expovariate(0.1)))
        match chance.randrange(8):
            case 0:
                del out[at:to]
            case 1:
                out[at:at] = out[at:to] * chance.choice((1, 2, 50))
            case 2:
                out = out[:at]
            case 3:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 4:
                out[at:to] = chance.choice(_TOKENS)
            case 5:
                other = chance.randrange(len(out) + 1)
                out[at:at] = out[other : other + 40]
            case _:
                out[at:at] = chance.choice(_TOKENS)
    return bytes(out)


def _values(data: bytes, chance: random.Random) -> bytes:
    """JSON in which one value or key is another: it stays JSON, and is of another shape."""
    tokens = [i for i, byte in enumerate(data) if byte in b'"0123456789[{tn']
    if not tokens:
        return data
    at = chance.choice(tokens)
    end = next((i for i in range(at + 1, len(data)) if data[i] in b',:}]"'), len(data))
    new = chance.choice(
        (b"1e308", b"-1", b"null", b"true", b"[]", b"{}", b'""', b"9" * 30, b'"\\u202e"', b"[[]]", b'"9999-12-31"')
    )
    return data[:at] + new + data[end + (data[at : at + 1] == b'"') :]


def _tried(name: str, data: bytes, read: Callable[[bytes], Collected], count: int) -> tuple[int, int]:
    """(read, refused) of so many changed documents. Fails for any other end, and for what takes too long."""
    chance = random.Random(name)
    taken = 0
    for number in range(count):
        one = changed(data, chance) if number % 3 else _values(data, chance)
        begun = time.thread_time()
        try:
            got = read(one)
            for observation in admitted(got.observations)[0]:
                msgspec.json.encode(observation)
            str([r.problem for r in got.rejected]).encode()
            taken += 1
        except PulseError as error:
            str(error).encode()
        except Exception as error:
            pytest.fail(f"{name}, document {number}: {type(error).__name__}: {error}\n{one[:2_000]!r}", pytrace=True)
        assert time.thread_time() - begun < SECONDS, f"{name}, document {number}: {one[:2_000]!r}"
    return taken, count - taken


def _peak() -> int:
    """The most memory since :func:`_forget`, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1_024


def _forget() -> int:
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pytest.skip("the peak of memory cannot be set back here")
    return _peak()


def _all(count: int, where: Path) -> str:
    """Every kind, ``count`` documents each, shared by its seeds; what it printed."""
    told = []
    kinds: dict[str, list[Seed | Served]] = {}
    seeds_of_all: list[Seed | Served] = [*SEEDS, *SERVED]
    for seed in seeds_of_all:
        kinds.setdefault(f"{seed.kind}{' (asked)' if isinstance(seed, Served) else ''}", []).append(seed)
    for kind, seeds in kinds.items():
        taken = refused = 0
        for place, seed in enumerate(seeds):
            if isinstance(seed, Served):
                data = next(iter(seed.bodies.values()))
                read = _asking(seed)
            else:
                data = seed.data
                read = _reading(seed, where)
            share = count // len(seeds) + (place < count % len(seeds))
            good, bad = _tried(f"{kind} {place}", data, read, share)
            taken, refused = taken + good, refused + bad
        told.append(f"{kind}: {taken + refused:,} documents, {taken:,} read, {refused:,} refused")
        assert taken + refused >= count
    return "\n".join(told)


def _asking(source: Served) -> Callable[[bytes], Collected]:
    return lambda body: served(source, body)()


def _reading(seed: Seed, where: Path) -> Callable[[bytes], Collected]:
    here = context(where)
    return lambda data: parse(seed, data, here)


def test_four_hundred_changed_documents_of_each_kind_are_read_or_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _forget()
    told = _all(SHORT, tmp_path)
    with capsys.disabled():
        print(f"\n{told}")
    assert _peak() - before < MEGABYTES


@pytest.mark.slow
def test_fifty_thousand_changed_documents_of_each_kind_are_read_or_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _forget()
    told = _all(LONG, tmp_path)
    with capsys.disabled():
        print(f"\n{told}")
    assert _peak() - before < MEGABYTES
