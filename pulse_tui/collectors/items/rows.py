"""The rows of a table of items, from CSV (also with ``;`` or tabs) or JSON Lines, plain or gzipped, with their lines."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pulse_tui.collectors._shared import plain as _plain
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

REQUIRED = ("item_id", "score")
"""Columns that every table has."""
COLUMNS = 1_000
"""Columns of a table."""
DELIMITERS = ",;\t"
_NUMBERS = frozenset({"score", "latency_ms", "cost", "probability"})
_HEADER = 2**20
"""Bytes in which a header ends."""
_GZIP = b"\x1f\x8b"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 begins."""


class Row(NamedTuple):
    """One row."""

    line: int
    """Where it begins, counted from 1."""
    cells: dict[str, Any]
    """By the names of the columns, of an odd row by their numbers. A cell of a CSV is a text, or a number where its column
    is one; empty ones are None."""
    raw: bytes
    """Nearly as it was written, enough to distinguish two rows."""
    odd: str = ""
    """What is wrong with the row as such: its cells may not match the columns."""


def head_of(data: bytes) -> bytes:
    """The beginning of a table, unpacked as far as ``data`` goes; empty when it is not gzip after all."""
    if not data.startswith(_GZIP):
        return data
    try:
        return zlib.decompressobj(31).decompress(data, 4096)
    except zlib.error:
        return b""


def is_table(head: bytes) -> bool:
    """Whether a table of items begins so: its first line names the columns that are required."""
    text = head.decode("utf-16", "replace").encode() if head.startswith(_WIDE) else head.removeprefix(b"\xef\xbb\xbf")
    first, whole, _ = text[:_HEADER].lstrip().partition(b"\n")
    if not first.startswith(b"{"):
        line = first.partition(b"\r")[0].decode("utf-8", "replace")
        return any(set(REQUIRED) <= {c.strip() for c in _split(line, mark)} for mark in DELIMITERS)
    try:
        row = _plain.line(first)
    except (ValueError, RecursionError):
        keys = b"".join(first.split())
        return not whole and keys.startswith((b'{"suite":', b'{"item_id":', b'{"model":')) and b'"item_id":' in keys
    return isinstance(row, dict) and row.keys() >= set(REQUIRED)


def rows(name: str, data: bytes, cap: int) -> Iterator[Row]:
    """Every row that is not blank. Raises SourceError, with the line where there is one, when the file is damaged."""
    if data.startswith(_GZIP):
        data = _unpacked(name, data, cap)
    text = _decoded(name, data)
    if not text.strip():
        raise SourceError(f"{name} is empty", todo="Write it whole under another name, then rename it")
    found = _lines(name, text) if text.lstrip()[0] in "{[" else _table(name, text)
    none = True
    for row in found:
        none = False
        yield row
    if none:
        raise SourceError(f"{name} has no row below its header", todo="Run the suite, or correct its export")


def _unpacked(name: str, data: bytes, cap: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            plain = file.read(cap + 1)
    except (OSError, EOFError, zlib.error) as error:
        why = "is cut off" if isinstance(error, EOFError) else "is not a complete gzip file"
        raise SourceError(f"{name} {why}", todo="Write it again, whole") from None
    if len(plain) > cap:
        raise SourceError(f"{name} unpacks to more than the cap of {cap:,} bytes", todo="Split it, or raise max_bytes")
    return plain


def _decoded(name: str, data: bytes) -> str:
    wide = data.startswith(_WIDE)
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "UTF-16" if wide else "UTF-8"
        raise SourceError(f"{name}:{line}: not {what} (byte {error.start})", todo="Save it as UTF-8") from None


# --------------------------------------------------------------------------- JSON Lines


def _lines(name: str, text: str) -> Iterator[Row]:
    if text.lstrip().startswith("["):
        raise SourceError(f"{name} is a JSON array", todo="Write one object a line (JSON Lines)")
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        raw = line.strip().encode("utf-8", "surrogatepass")
        try:
            cells = _plain.line(raw)
        except (ValueError, RecursionError) as error:
            why = "nested too deep" if isinstance(error, RecursionError) else clean(str(error), 120)
            raise SourceError(f"{name}:{number}: not JSON ({why})", todo="Write it again, whole") from None
        if not isinstance(cells, dict):
            raise SourceError(f"{name}:{number}: not an object", todo="Write one object a line")
        yield Row(number, cells, raw)


# --------------------------------------------------------------------------- CSV


def _table(name: str, text: str) -> Iterator[Row]:
    # The limit is one of the whole process, 128 kB at first; a traceback of 1 MB in a column is not an error. It only grows.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    mark = _mark(name, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    header: list[str] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cells) or (cells[0].isspace() and not any(c.strip() for c in cells)):
                continue
            if not header:
                header = _header(name, line, cells)
                continue
            raw = "\x1f".join(cells).encode("utf-8", "surrogatepass")
            if len(cells) > len(header) and not any(cells[len(header) :]):
                cells = cells[: len(header)]  # noqa: PLW2901  separators at the end of a line are no cells
            if len(cells) == len(header):
                yield Row(line, _typed(header, cells), raw)
            else:
                yield Row(line, dict(zip(map(str, range(len(cells))), cells, strict=True)), raw, _odd(header, cells))
    except csv.Error as error:
        what = "a quote is opened and not closed" if "unexpected end" in str(error) else clean(str(error), 120)
        raise SourceError(f"{name}:{begins}: {what}", todo="Correct it, or write it again") from None


def _odd(header: list[str], cells: list[str]) -> str:
    return f"{len(cells)} cells under {len(header)} columns"


def _mark(name: str, text: str) -> str:
    """What separates the cells: that by which the header has the columns that are required."""
    first = next(line for line in io.StringIO(text, newline="") if line.strip())
    found = {mark: _split(first, mark) for mark in DELIMITERS}
    for mark, cells in found.items():
        if set(REQUIRED) <= {c.strip() for c in cells}:
            return mark
    best = max(found.values(), key=len)
    missing = " and ".join(repr(c) for c in REQUIRED if c not in {b.strip() for b in best})
    has = clean(", ".join(best), 200)
    raise SourceError(f"{name}:1: the header has no column {missing}; it has {has}", todo="Name its columns so")


def _split(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _header(name: str, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) > COLUMNS:
        raise SourceError(f"{name}:{line}: the header has over {COLUMNS:,} columns", todo="Keep those that are needed")
    twice = next((n for n, times in Counter(names).items() if n and times > 1), None)
    if twice is not None:
        raise SourceError(f"{name}:{line}: the column {clean(twice, 60)!r} occurs twice", todo="Name each column once")
    return names


def _typed(header: list[str], cells: list[str]) -> dict[str, Any]:
    return {
        column: None if not cell or cell.isspace() else _number(cell) if column in _NUMBERS else cell.strip()
        for column, cell in zip(header, cells, strict=True)
    }


def _number(cell: str) -> Any:
    """A number, or true and false; the text itself when it is none, to be refused by its name."""
    text = cell.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text
