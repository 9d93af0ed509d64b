"""Files of a source: found, capped, remembered, and split into JSON records with their positions."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import Problem, ResultOf, SourceError, TooMuch
from pulse_tui.domain.foreign import renamed
from pulse_tui.domain.limits import LISTED, contained, printable
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.source import Collected, Rejected, Standing
from pulse_tui.domain.text import clean, looks_like, utf8
from pulse_tui.ports import CollectContext, Peek

#: Default cap of one file, in bytes.
FILE_CAP = 64 * 2**20
MOST_REFUSED = 100_000
"""Refused records after which the rest of a file is not read."""
#: What is kept of a refused record or file.
RAW_KEPT = 64 * 2**10

_REFUSED = "!"
"""After the mark of a refused file, before the reason."""
_ABOUT = "\t"
"""After the reason, before whose results they are."""
_POSITION = re.compile(r"((?::\d+){1,2}): ")
_MARKS = msgspec.json.Decoder(dict[str, str])
_RESULTS = msgspec.json.Decoder(tuple[ResultOf, ...])


class Record(NamedTuple):
    """One JSON value of a file. ``where`` is ``name:line`` or ``name[index]``."""

    where: str
    raw: bytes


def refuse(
    source: str,
    where: str,
    what: str,
    raw: bytes = b"",
    hint: str = "",
    *,
    about: tuple[ResultOf, ...] = (),
    nameless: bool = False,
) -> Rejected:
    """A refused record; texts are made safe, the raw bytes are cut to :data:`RAW_KEPT`. ``about``: the release of the result."""
    problem = Problem(clean(where, 300), clean(what, 300), hint)
    return Rejected(source=source, problem=problem, raw=raw[:RAW_KEPT], about=about, nameless=nameless)


class Bad(list[Rejected]):
    """The refused records of one file: the first :data:`LISTED` one by one, the rest as a number."""

    def __init__(self, source: str, name: str) -> None:
        """``name`` is the file's."""
        super().__init__()
        self._source, self._name = source, name
        self._more = 0

    def refuse(self, where: str, what: str, raw: bytes = b"", hint: str = "") -> None:
        """As :func:`refuse`. Raises TooMuch when so many are refused that it is no such file at all."""
        if len(self) < LISTED:
            self.append(refuse(self._source, where, what, raw, hint))
        else:
            self._more += 1
            if self._more > MOST_REFUSED:
                raise TooMuch(f"{self._name} has over {MOST_REFUSED:,} records that are refused", todo="Correct them")

    def all(self) -> tuple[Rejected, ...]:
        """What is to be stored."""
        more = [refuse(self._source, self._name, f"{self._more:,} more records are refused")] if self._more else []
        return (*self, *more)


def encoded(raw: Any) -> bytes:
    """A plain value as JSON, to be kept of a refused record; lone surrogates in it are escaped."""
    try:
        return json.dumps(raw).encode()
    except (ValueError, TypeError, RecursionError):
        return b""


def opened(path: Path, name: str, root: Path | None = None) -> BinaryIO:
    """The file, to read. ``root`` is the folder that it may not lead out of; None: somebody named the file itself.

    Raises SourceError for a link out of the folder and for what is no plain file, OSError when it cannot be opened.
    """
    real = path.resolve()
    if root is not None and not real.is_relative_to(root.resolve()):
        todo = "Put the file itself there, or name the folder that it leads to as the source's path"
        raise SourceError(f"{name} is a link out of its folder", todo=todo)
    # What was a plain file when it was resolved may be a link or a pipe by now.
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(f"{name} is not a plain file", todo="Put a plain file there")
    return os.fdopen(descriptor, "rb")


def read_capped(path: Path, name: str, cap: int, root: Path | None = None) -> bytes:
    """The whole file (:func:`opened`). Raises SourceError when it cannot be read or is over ``cap`` bytes."""
    try:
        with opened(path, name, root) as file:
            data = file.read(cap + 1)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}", todo="Check the path and its rights") from None
    if len(data) > cap:
        raise SourceError(f"{name} is over the cap of {cap:,} bytes", todo="Split it, or raise max_bytes")
    return data


def base_name(name: str) -> str:
    """The last part of a path, as Windows or others write it."""
    return name.replace("\\", "/").rpartition("/")[2]


def named(name: str, *names: str) -> str:
    """Which of these a file is named, or named after (``app.Cargo.lock``); "" for none."""
    base = base_name(name)
    return next((n for n in names if base == n or base.endswith(f".{n}")), "")


def not_empty(name: str, data: bytes) -> None:
    """Raises SourceError for a file that is empty, as one that is being written is."""
    if not data.strip():
        raise SourceError(f"{name} is empty", todo="Write it whole under another name, then rename it")


def utf8_text(name: str, data: bytes) -> str:
    """A file of plain text. Raises SourceError for one that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is not text: byte {error.start} is not UTF-8", todo="Give a text file") from None


def find(base: Path, path: str, pattern: str | tuple[str, ...]) -> tuple[list[tuple[str, Path]], Path | None]:
    """The files of ``path``: (name, path) sorted by name, and the folder they may not lead out of (None: a single file was
    named).

    ``path`` is a file, a folder (searched below with ``pattern``, or several) or a glob; relative to ``base``.
    Names starting with "." or ending in ".part" are still being written and are left out.
    """
    if not path:
        raise SourceError("the source names no path", todo="Add 'path: ...' to its options")
    whole = base / Path(path).expanduser()
    if whole.is_file():
        return [(printable(whole.name), whole)], None
    if whole.is_dir():
        given = (pattern,) if isinstance(pattern, str) else pattern
        patterns = dict.fromkeys(p for one in given for p in (one, f"{one.removesuffix('.gz')}.gz"))
        root, found = whole, {file for one in patterns for file in whole.rglob(one)}
    elif any(c in path for c in "*?["):
        anchor = Path(whole.anchor)
        parts = whole.relative_to(anchor).parts
        fixed = next(i for i, part in enumerate(parts) if any(c in part for c in "*?["))
        if ".." in parts[fixed:]:
            raise SourceError(f"{path} has '..' behind a wildcard", todo="Name the folder itself before the wildcard")
        root = anchor.joinpath(*parts[:fixed])
        found = set(root.glob("/".join(parts[fixed:])))
    else:
        missing = SourceError(f"{path} does not exist", todo="Correct 'path' or create it")
        missing.gone = whole.parent.is_dir()
        raise missing
    named = ((printable(file.relative_to(root)), file) for file in found if file.is_file())
    return sorted((n, f) for n, f in named if not _unfinished(n)), root


def _unfinished(name: str) -> bool:
    return name.endswith(".part") or any(part.startswith(".") for part in Path(name).parts)


def collect_files(
    path: str,
    pattern: str | tuple[str, ...],
    cap: int,
    context: CollectContext,
    parse: Callable[[str, bytes, CollectContext], Collected],
    *,
    beside: Callable[[Path], Sequence[Path]] = lambda _file: (),
) -> Collected:
    """Read every file that is new or changed since the bookmark (name, size and mtime) was made.

    A file of another kind is Rejected by name, and not read again until it changes; when
    a single file was configured, that is a SourceError. ``standing`` gives what is refused meanwhile, ``has`` whose
    results that is.
    ``parse`` gets the context with the file's folder; ``beside`` names files that belong to a file: it is read again when
    one of them comes or changes.
    """
    found, root = find(context.base, path, pattern)
    before = _marks(context.cursor.bookmark)
    marks: dict[str, str] = {}
    observations: list[Any] = []
    rejected: list[Rejected] = []
    unchanged = True
    for name, file in found:
        try:
            found_as = [f.stat() for f in (file, *beside(file))]
        except OSError:
            continue  # removed since the folder was listed
        seen = "".join(f"\0{one.st_size}\0{one.st_mtime_ns}" for one in found_as)
        mark = marks[name] = hashlib.sha256(f"{name}{seen}".encode()).hexdigest()[:16]
        kept, known = before.get(name, ""), before.get(name, "").partition(_REFUSED)
        if known[0] == mark and (not known[1] or _ABOUT in kept):  # earlier versions did not keep whose result it is
            marks[name] = kept
            continue
        unchanged = False
        data = b""
        try:
            plain, data = unpacked(name, read_capped(file, name, cap, root), cap)
            data = utf8(data)
            one = parse(plain, data, context._replace(folder=file.parent))
        except Exception as broken:  # whatever a reader makes of one file, the others are read
            error = renamed(contained(name, broken), name, data, Peek(data).top.keys())
            if root is None:
                raise error from None
            where, what = _placed(name, str(error))
            marks[name] = _refused(mark, f"{where}: {what}", error.about)
            rejected.append(refuse(context.source, where, what, about=error.about))
            continue
        observations += one.observations
        rejected += one.rejected
        nothing = not any(not isinstance(o, Bill) or o.components for o in one.observations)
        if whole := next((r for r in one.rejected if r.about or nothing), None):
            marks[name] = _refused(mark, str(whole.problem), [of for r in one.rejected for of in r.about])
    same = unchanged and marks.keys() == before.keys()
    bookmark = msgspec.json.encode(marks, order="deterministic").decode()
    return Collected(
        observations=tuple(observations),
        rejected=tuple(rejected),
        cursor=msgspec.structs.replace(context.cursor, bookmark=bookmark),
        unchanged=unchanged,
        standing=_standing(marks),
        has=None if same else Standing(source=context.source, refused=tuple(_results(marks))),
    )


def _placed(name: str, what: str) -> tuple[str, str]:
    """(place, message) of an error that names the file itself, perhaps with line and column: each is shown once."""
    rest = what.removeprefix(name)
    if rest == what:
        return name, what
    place = _POSITION.match(rest)
    where = f"{name}{place[1]}" if place else name
    return where, rest[place.end() :] if place else rest.lstrip(": ")


def refused_names(bookmark: str | None) -> set[str]:
    """The files of a bookmark that stand refused."""
    return {name for name, mark in _marks(bookmark).items() if _REFUSED in mark}


def _refused(mark: str, why: str, about: Sequence[ResultOf]) -> str:
    return f"{mark}{_REFUSED}{clean(why, 300)}{_ABOUT}{msgspec.json.encode(about).decode()}"


def _results(marks: Mapping[str, str]) -> Iterator[ResultOf]:
    for mark in marks.values():
        if about := mark.partition(_ABOUT)[2]:
            yield from _RESULTS.decode(about)


def _standing(marks: Mapping[str, str]) -> str:
    refused = [why for mark in marks.values() if (why := mark.partition(_REFUSED)[2].partition(_ABOUT)[0])]
    if not refused:
        return ""
    head = f"{len(refused)} of {len(marks)} files" if len(marks) > 1 else "its file is"
    return clean(f"{head} refused: {refused[0]}", 400)


def _marks(bookmark: str | None) -> dict[str, str]:
    try:
        return _MARKS.decode(bookmark) if bookmark else {}
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}  # another kind's bookmark: reading everything once more is harmless


def records(name: str, data: bytes) -> Iterator[Record]:
    """The records of a JSON object, a JSON array or JSON Lines.

    A line of JSON Lines is not parsed here: the reader refuses a bad one by its ``where``. Raises
    SourceError with name, line and column when the file as a whole is broken or truncated.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    not_empty(name, data)
    head = data.lstrip()[:1]
    try:
        if head == b"[":
            for index, item in enumerate(msgspec.json.decode(data, type=list[msgspec.Raw])):
                yield Record(f"{name}[{index}]", bytes(item))
            return
        yield Record(name, bytes(msgspec.json.decode(data, type=msgspec.Raw)))
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        if head == b"[" or not _in_lines(data):
            raise SourceError(broken_json(name, data, error), todo="Write it again, whole") from None
        for number, line in enumerate(data.split(b"\n"), 1):
            if stripped := line.strip():
                yield Record(f"{name}:{number}", stripped)


def _in_lines(data: bytes) -> bool:
    """Whether the first line, or an object in the line after a broken one, is JSON by itself."""
    _, _, rest = data.lstrip().partition(b"\n")
    return _is_json(first_line(data)) or (rest.lstrip()[:1] == b"{" and _is_json(first_line(rest)))


def first_line(data: bytes) -> bytes:
    """The first line that is not blank."""
    return data.lstrip().partition(b"\n")[0].strip()


def broken_json(name: str, data: bytes, error: Exception) -> str:
    """``name:line:column: what is wrong`` for a JSON error (msgspec's or the standard library's)."""
    if isinstance(error, RecursionError):
        return f"{name} is nested too deeply to be read"
    if other := looks_like(data):
        return f"{name} is {other}, not JSON"
    text = clean(str(error), 160)
    _, _, tail = text.partition("(byte ")
    position = int(tail.rstrip(")")) if tail.rstrip(")").isdigit() else len(data)
    if "truncated" in text:
        position = len(data)
    before = data[:position]
    line, column = before.count(b"\n") + 1, position - (before.rfind(b"\n") + 1) + 1
    what = "the JSON ends too early" if "truncated" in text else text
    return f"{name}:{line}:{column}: {what.partition(' (byte ')[0]} (byte {position})"


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return False
    return True
