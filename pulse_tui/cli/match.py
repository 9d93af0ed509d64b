"""``pulse-tui match``: a bill against the stored advisories, without an asset and without keeping anything of it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.advisory import Audit
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.kinds import Kinds
from pulse_tui.services.signals.files import STDIN, About, file_formats, read_result
from pulse_tui.wiring import House

if TYPE_CHECKING:
    from pulse_tui.services.advisories.audits import Answer

_MARKS = {Audit.MATCHED: "✖", Audit.NOT_AUDITED: "?", Audit.CLEAN: "●"}


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Files, or ``-``."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="bills of materials or lock files, - for standard input"
    )
    parser.add_argument("--all", action="store_true", help="list the clean components too")
    parser.epilog = (
        "Every component is matched, clean or not audited: what no advisory can name, and what was refused, is not clean.\n"
        "exit codes: 0 all of it is clean, 1 something is matched or not audited, or a file could not be read"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every component is clean, 1 when one is matched or not audited or a file could not be read."""
    from pulse_tui.services.advisories.audits import answers  # noqa: PLC0415

    bills: list[Bill] = []
    problems: list[str] = []
    with opened(options) as house:
        for name in options.files:
            try:
                read = _read(name, house)
            except SourceError as error:
                problems.append(str(error))
                continue
            problems += [str(r.problem) for r in read.rejected]
            bills += [o for o in read.observations if isinstance(o, Bill)]
            if read.observations and not isinstance(read.observations[0], Bill):
                problems.append(f"{name} is not a bill of materials")
        with house.store.read() as tx:
            found = answers(tx, (c for b in bills for c in b.components))
    data = {"components": [a._asdict() for a in found], "problems": problems}
    emit(options, data, _lines(found, problems, everything=options.all))
    return 1 if problems or any(a.audit is not Audit.CLEAN for a in found) else 0


def _read(name: str, house: House) -> Collected:
    shown = STDIN if name == "-" else name
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror or error}", todo="Check the path and its rights") from None
    folder = None if shown == STDIN else Path(name).resolve().parent
    context = house.judging.outside._replace(base=Path.cwd()).collecting("match", house.clock(), folder=folder)
    kinds, about = file_formats(Kinds("collectors")), About(asset="match", path=name)
    return read_result(kinds, None, shown, data, about, context, naming="Give a bill in a form that is read")


def _lines(found: Iterable[Answer], problems: Sequence[str], *, everything: bool) -> Iterator[str]:
    counts: Counter[Audit] = Counter()
    for answer in found:
        counts[answer.audit] += 1
        if answer.audit is Audit.CLEAN and not everything:
            continue
        names = ", ".join(answer.advisories)
        fix = f"; fixed in {', '.join(answer.fixed)}" if answer.fixed else ""
        why = "".join(f": {text}" for text in (names, answer.reason) if text)
        yield f"{_MARKS[answer.audit]} {answer.label}  {answer.audit.value}{why}{fix}"
    yield from (f"refused, not audited: {problem}" for problem in problems)
    noun = "component" if counts.total() == 1 else "components"
    yield f"{counts.total()} {noun}: " + ", ".join(f"{counts[a]} {a.value}" for a in _MARKS)
