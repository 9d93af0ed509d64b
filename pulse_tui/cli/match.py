"""``pulse-tui match``: packages or a bill against the stored advisories, without an asset and without keeping anything of it."""

from __future__ import annotations

import argparse
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from pulse_tui.cli.output import last_words, opened
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import Problem, PulseError, SourceError
from pulse_tui.domain.lock import escaped, shown
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.report import Report
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import utf8
from pulse_tui.kinds import Kinds
from pulse_tui.services.signals.files import STDIN, About, file_formats, read_result
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.services.advisories.questions import Question, Reply

_MARKS = {"matched": "✖", "not_audited": "?", "clean": "●"}
_ORDER = {state: n for n, state in enumerate(_MARKS)}
_LINES = (".jsonl", ".ndjson")
_HEAD = 2**16
_BLOCK = 2**20
_CHUNK = 20_000
"""Questions that are answered at once: what is read from a pipe is answered as it comes, and a large file is never held whole."""
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff")
"""What must be read whole to become lines: compressed, or UTF-16."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Files, or ``-``."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help='JSON Lines of {"ecosystem", "package", "version"} or {"purl"}, bills of materials or lock files, '
        "- for standard input",
    )
    parser.add_argument("--all", action="store_true", help="list the clean components too")
    parser.epilog = (
        "Every component is matched, clean or not audited: what no advisory can name, and what was refused, is not clean.\n"
        "--json answers in JSON Lines, one a question, in the order of the questions.\n"
        "exit codes: 0 all of it is clean, 1 something is matched or not audited, 2 a file or a line of it is no question"
    )


class _Bad(NamedTuple):
    """What could not be read. ``whole`` False: a part of a bill, which is a component that is not audited."""

    text: str
    whole: bool = True


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every component is clean, 1 when one is matched or not audited, 2 when something given is no question."""
    from pulse_tui.services.advisories.questions import reply  # noqa: PLC0415

    counts: Counter[str] = Counter()
    bad: list[_Bad] = []
    listed: list[Reply] = []
    with opened(options) as house:
        asked = chain.from_iterable(_asked(name, house, bad) for name in options.files)
        while chunk := list(islice(asked, _CHUNK)):
            with house.store.read() as tx:
                replies = list(reply(tx, chunk, house.clock()))
            counts.update(r.state for r in replies)
            if options.json:
                _put(replies)
            else:
                listed += [r for r in replies if options.all or r.state != "clean"]
    if not options.json:
        with last_words():
            for line in _lines(listed, [b.text for b in bad if not b.whole], counts):
                print(shown(line))
    for problem in bad:
        if options.json or problem.whole:
            print(f"pulse-tui: {shown(problem.text)}", file=sys.stderr)
    if any(b.whole for b in bad):
        return 2
    return 1 if bad or counts.total() != counts["clean"] else 0


def _asked(name: str, house: House, bad: list[_Bad]) -> Iterator[Question]:
    """The questions of a file; what is none goes to ``bad``."""
    from pulse_tui.services.advisories.questions import are_questions, of_bill, read  # noqa: PLC0415

    shown_as = STDIN if name == "-" else name
    try:
        with _stream(name) as given:
            stream = given
            head = stream.read(_HEAD)
            if head.startswith(_PACKED):
                shown_as, data = unpacked(shown_as, head + stream.read())
                stream = io.BytesIO(utf8(data))
                head = stream.read(_HEAD)
            if are_questions(head) or (shown_as.endswith(_LINES) and head.strip()):
                for one in read(shown_as, enumerate(_split(head, stream), start=1)):
                    if isinstance(one, Problem):
                        bad.append(_Bad(str(one)))
                    else:
                        yield one
                return
            collected = _bills(shown_as, head + stream.read(), house)
    except OSError as error:
        todo = "Check the path and its rights"
        bad.append(_Bad(str(SourceError(f"{name}: {error.strerror or error}", todo=todo))))
        return
    except PulseError as error:
        bad.append(_Bad(str(error)))
        return
    reports = [o for o in collected.observations if isinstance(o, Report)]
    bills = [*(o for o in collected.observations if isinstance(o, Bill)), *(r.bill for r in reports)]
    bad += [_Bad(f"{r.problem}", whole=not bills) for r in collected.rejected]
    if len(bills) < len(collected.observations):
        bad.append(_Bad(f"{shown_as} is not a bill of materials"))
    partial = [b for b in bills if b.partial]
    bad += [
        _Bad(f"{shown_as} lists what a scanner found vulnerable, not what it looked at", whole=False) for _ in partial
    ]
    yield from of_bill(c for b in bills for c in b.components)
    yield from of_bill(c for r in reports for c in r.unjudged())


def _stream(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


def _split(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """The lines of what was read already and of the rest."""
    kept = head
    while True:
        *lines, kept = kept.split(b"\n")
        yield from lines
        more = stream.read(_BLOCK)
        if not more:
            yield kept
            return
        kept += more


def _bills(name: str, data: bytes, house: House) -> Collected:
    folder = None if name == STDIN else Path(name).resolve().parent
    context = house.judging.outside._replace(base=Path.cwd()).collecting("match", house.clock(), folder=folder)
    kinds, about = file_formats(Kinds("collectors")), About(asset="match", path=name)
    return read_result(kinds, None, name, data, about, context, naming="Give packages as JSON Lines, or a bill")


def _put(replies: Iterable[Reply]) -> None:
    """A line of JSON each."""
    import msgspec  # noqa: PLC0415

    encode = msgspec.json.Encoder().encode
    with last_words():
        sys.stdout.write("".join(f"{escaped(encode(_plain(r)).decode())}\n" for r in replies))


def _plain(reply: Reply) -> dict[str, object]:
    """With the parts that every answer has; the others only where there is something to say."""
    data = reply._asdict()
    return {name: value for name, value in data.items() if name in _ALWAYS or value}


_ALWAYS = frozenset({"ecosystem", "package", "version", "state", "advisories", "why"})


def _lines(found: list[Reply], refused: list[str], counts: Counter[str]) -> Iterator[str]:
    for reply in sorted(found, key=lambda r: (_ORDER[r.state], str(r.package).lower(), str(r.version))):
        fix = f"; fixed in {', '.join(reply.fixed)}" if reply.fixed else ""
        open_ = f"; not settled: {', '.join(reply.unsettled)}" if reply.unsettled and reply.state == "matched" else ""
        names = ", ".join(reply.names)
        why = "".join(f": {text}" for text in (names, reply.why) if text)
        version = f" {reply.version}" if reply.version not in (None, "") else ""
        state = reply.state.replace("_", " ")
        yield f"{_MARKS[reply.state]} {reply.package}{version}  {state}{why}{fix}{open_}"
    yield from (f"refused, not audited: {problem}" for problem in refused)
    noun = "component" if counts.total() == 1 else "components"
    yield f"{counts.total()} {noun}: " + ", ".join(f"{counts[s]} {s.replace('_', ' ')}" for s in _MARKS)
