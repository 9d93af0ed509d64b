"""Advisories of OSV: asked of its API for what the estate runs, whole ecosystems of its dumps, or files in its shape.

``kind: osv`` alone asks the API for the packages that the estate runs. ``ecosystems: [PyPI, npm]`` reads all of these
instead, the dumps once and then what was modified. ``path`` and ``url`` are files of one's own: JSON, JSON Lines, YAML
or a zip of such files (the database of GitHub's advisories is one).

Answers that wrap them are opened: ``{"vulns": [...]}`` of the OSV API, the reports of osv-scanner.

Lenient to fields we do not read, strict to those we do: a broken record is Rejected with its id
and the reason, the others are stored. https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, Record, collect_files, records
from pulse_tui.collectors._shared.members import apart
from pulse_tui.collectors._shared.web import read_url
from pulse_tui.collectors._shared.yaml_texts import documents
from pulse_tui.collectors.osv import api, bulk
from pulse_tui.collectors.osv.record import BARE, Unusable
from pulse_tui.collectors.osv.record import read as read_record
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek, members

API = "https://api.osv.dev"
DUMPS = "https://storage.googleapis.com/osv-vulnerabilities"
DUMP_CAP = 256 * 2**20


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed: then OSV's API is asked. ``path`` (file, folder or glob) or ``url`` (one document) instead of it."""

    EVERY: ClassVar[float] = 3_600.0

    path: str = ""
    url: str = ""
    ecosystems: tuple[str, ...] = ()
    """Read everything of these, as OSV spells them (``PyPI``, ``npm``, ``Go``, ``Debian:12``), instead of asking the API."""
    api_url: str = API
    """The API, or a mirror of it."""
    bulk_url: str = DUMPS
    """Where the dumps of ``ecosystems`` are, or a mirror of it."""
    token: str | None = None
    """A bearer token for whatever is asked."""
    max_bytes: int = FILE_CAP
    """Cap of a file, unzipped too."""
    max_dump: int = DUMP_CAP
    """Cap of the dump of an ecosystem, packed; all of it is held in memory while it is read."""


class _Id(msgspec.Struct):
    id: Any = None


class _Scanned(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw] = []


class _Result(msgspec.Struct):
    packages: list[_Scanned] = []
    vulns: list[msgspec.Raw] = []
    """In the answer to a batch of queries: ids and times alone."""


_ID = msgspec.json.Decoder(_Id)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_RESULTS = msgspec.json.Decoder(list[_Result])
_SAYING = frozenset(("affected", "aliases", "details", "schema_version"))
_YAML = (".yaml", ".yml")
_MEMBERS = (".json", ".jsonl", *_YAML)
BY_LINE = True
"""Each line of JSON Lines is a record of its own: a long file is read in pieces."""
_TRIED = 5
"""Members of a zip that are tried before it is taken for no zip of records."""
_YAML_ID = re.compile(rb"(?m)^id\s*:")
_YAML_MODIFIED = re.compile(rb"(?m)^modified\s*:")
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the files that changed, or the document when it changed; else what the API or the dumps have new."""
    if options.path:
        return collect_files(
            options.path, "*", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )
    if not options.url:
        headers = {"Authorization": f"Bearer {context.secret(options.token)}"} if options.token else {}

        def read(name: str, data: bytes, only: Collection[str] | None = None) -> Collected:
            return _parsed(name, data, options, context, only)

        if not options.ecosystems:
            return api.collect(context.secret(options.api_url).rstrip("/"), headers, context, read)
        where = context.secret(options.bulk_url).rstrip("/")
        return bulk.collect(where, headers, options.ecosystems, options.max_dump, context, read)
    return read_url(context, options.url, options.token, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON or YAML with an id, a modified time and something affected, aliased or described, what wraps such records,
    or a zip that holds some.
    """
    if head.startswith(_ZIP_MAGIC):
        return name.endswith(".zip") and _holds_records(head.whole)
    if name.endswith(_YAML):
        return _YAML_ID.search(head) is not None and _YAML_MODIFIED.search(head.whole) is not None
    return _is_record(head.top) or "vulns" in head.top or (bool(_wrapped(head.top)) and not _scanned(head.top))


def _is_record(top: Mapping[str, msgspec.Raw]) -> bool:
    return "id" in top and "modified" in top and not _SAYING.isdisjoint(top)


def _scanned(top: Mapping[str, msgspec.Raw]) -> bool:
    """A report of osv-scanner is of an asset and has a kind of its own; named as this kind, its records are taken."""
    return b'"packages"' in bytes(top.get("results", b""))


def _holds_records(data: bytes) -> bool:
    """Whether one of the first members that could be a record is one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [i for i in archive.infolist() if i.filename.endswith(_MEMBERS) and i.file_size <= FILE_CAP]
            apart("", names)
            return any(accepts(i.filename, Peek(archive.read(i))) for i in names[:_TRIED])
    except (
        SourceError,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
    ):
        return True  # for a zip of records that is given by name the error must be that it is broken


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """All advisories of one document. Raises SourceError when it is not JSON, JSON Lines, YAML or zip, and for a zip
    that holds no record.
    """
    return _parsed(name, data, options, context, None)


def _parsed(
    name: str, data: bytes, options: Options, context: CollectContext, only: Collection[str] | None
) -> Collected:
    """As :func:`parse`; ``only``: the members of a zip that are read, all of them when it is None."""
    good: list[Advisory] = []
    bad = Bad(context.source, name)
    zipped = data.startswith(_ZIP_MAGIC)
    for where, raw in _unzip(name, data, options.max_bytes, bad, only) if zipped else _records(name, data):
        try:
            _take(where, raw, context, good, bad)
        except Exception as error:  # whatever one record does, the others are stored
            bad.refuse(where, f"it cannot be read: {reason(error)}", raw)
    if zipped and only is None and not good and not bad:
        raise SourceError(f"{name} has no OSV record", todo="Give a zip of the records' JSON or YAML files")
    return Collected(observations=tuple(good), rejected=bad.all(), cursor=context.cursor)


def _take(where: str, raw: bytes, context: CollectContext, good: list[Advisory], bad: Bad) -> None:
    """A record, or each record that an answer of the API or a report wraps."""
    try:
        advisory, oddity = read_record(raw, context)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unusable) as error:
        if (inner := _wrapped(members(raw))) is not None:
            for index, one in enumerate(dict.fromkeys(inner)):  # a scanner repeats a record for each package it found
                _take(f"{where}[{index}]", one, context, good, bad)
            return
        what = "nested too deeply to be read" if isinstance(error, RecursionError) else str(error)
        if members(raw).keys() == {"id"}:
            what = BARE
        bad.refuse(_named(where, raw), what, raw)
        return
    good.append(advisory)
    if oddity:
        bad.refuse(f"{where} {advisory.id}", oddity, raw)


def _wrapped(top: Mapping[str, msgspec.Raw]) -> list[bytes] | None:
    """The records within an answer: ``{"vulns": []}``, ``{"results": [{"vulns": []}]}`` of a batch,
    ``{"results": [{"packages": [{"vulnerabilities": []}]}]}`` of osv-scanner; None when it is no such answer.
    """
    if "id" in top or not ("vulns" in top or "results" in top):
        return None
    try:
        if "vulns" in top:
            return [bytes(raw) for raw in _RAWS.decode(top["vulns"])]
        results = _RESULTS.decode(top["results"])
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    scanned = [raw for result in results for package in result.packages for raw in package.vulnerabilities]
    return [bytes(raw) for raw in (*scanned, *(raw for result in results for raw in result.vulns))]


def _records(name: str, data: bytes) -> Iterator[Record]:
    if not name.endswith(_YAML):
        yield from records(name, data)
        return
    for document in documents(name, data):
        if document is not None:
            yield Record(name, msgspec.json.encode(document))


def _unzip(name: str, data: bytes, cap: int, bad: Bad, only: Collection[str] | None = None) -> Iterator[Record]:
    """The JSON members of a zip. What they unpack to is capped at ten times ``cap`` in all.

    Raises SourceError when members lie in each other: what they unpack to has no limit.
    """
    left = 10 * cap
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(f"{name} is a broken zip: {clean(str(error), 120)}", todo="Fetch it again") from None
    with archive:
        apart(name, archive.infolist())
        for member in archive.infolist():
            where = f"{name}/{clean(member.filename, 200)}"
            if not member.filename.endswith(_MEMBERS) or (only is not None and member.filename not in only):
                continue
            try:
                with archive.open(member) as file:
                    text = file.read(min(cap, left) + 1)
                if len(text) > min(cap, left):
                    bad.refuse(where, f"it unpacks to more than {min(cap, left):,} bytes")
                    continue
                left -= len(text)
                yield from _records(where, text)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
                bad.refuse(where, f"the member cannot be unpacked: {error}")
            except SourceError as error:
                bad.refuse(where, str(error))
            except Exception as error:  # whatever one member does, the others are read
                bad.refuse(where, f"the member cannot be read: {reason(error)}")


def _named(where: str, raw: bytes) -> str:
    try:
        found = _ID.decode(raw).id
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return where
    return f"{where} {clean(found, 100)}" if isinstance(found, str) and found else f"{where} (no id)"
