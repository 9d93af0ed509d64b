"""From the bytes of a request to its records: packed or not, one, a list, or one a line."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from pulse_tui.domain.limits import dense
from pulse_tui.domain.push import Unreadable
from pulse_tui.domain.text import clean

CAP = 10 << 20
"""Bytes of a body, packed and unpacked."""
MANY = 20_000
"""Records of one request."""
MEMBERS = 64
"""Pieces of one gzip: each copies what is behind it, and hundreds of thousands of empty ones would take hours."""
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)
_AT = re.compile(r"\(byte (\d+)\)")


class Piece(NamedTuple):
    """The bytes of one record and where they stood."""

    where: str
    raw: bytes


def media_type(headers: Mapping[str, str]) -> str:
    """``application/json`` of ``application/json; charset=utf-8``."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def unpacked(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its compression. Raises Unreadable: what is no gzip, and what is longer than :data:`CAP` unpacked."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip"):
        raise Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "this content-encoding is not read: send gzip, or none")
    out, rest, members = bytearray(), body, 0
    try:
        while rest:
            members += 1
            if members > MEMBERS:
                what = f"its gzip has more than {MEMBERS} members: pack it in one"
                raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what)
            member = zlib.decompressobj(31)
            out += member.decompress(rest, CAP + 1 - len(out))
            if len(out) > CAP:
                raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"it is longer than {CAP >> 20} MB unpacked")
            if not member.eof:
                raise Unreadable(HTTPStatus.BAD_REQUEST, "the gzip ends in the middle", f"offset {len(body)}")
            rest = member.unused_data
    except zlib.error:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it is no gzip") from None
    return bytes(out)


def lines(body: bytes) -> list[Piece]:
    """One record a line; empty lines are none. What is no JSON is found when the record is read."""
    found = [Piece(f"line {n}", line) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    return _few(found)


def values(body: bytes) -> list[Piece]:
    """The objects of a JSON array, or the one there is. Raises Unreadable with line and offset for half a JSON."""
    if trouble := dense(body):
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, trouble)
    try:
        if body.lstrip()[:1] != b"[":
            return [Piece("record", bytes(_ONE.decode(body)))]
        return _few([Piece(f"record {n}", bytes(raw)) for n, raw in enumerate(_LIST.decode(body))])
    except UnicodeDecodeError as error:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it is no UTF-8", place(body, error.start)) from None
    except RecursionError:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it is nested too deeply to be read") from None
    except msgspec.DecodeError as error:
        found = _AT.search(str(error))
        at = int(found[1]) if found else len(body)
        what = clean(_AT.sub("", str(error)), 200) if found else "the JSON ends in the middle"
        raise Unreadable(HTTPStatus.BAD_REQUEST, what.strip(), place(body, at)) from None


def place(body: bytes, offset: int) -> str:
    """``line 3, offset 120``, counted from 1 and from 0."""
    return f"line {body.count(10, 0, offset) + 1}, offset {offset}"


def _few(found: list[Piece]) -> list[Piece]:
    if len(found) > MANY:
        what = f"it holds {len(found):,} records, {MANY:,} are taken at once: split it"
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what)
    if not found:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "it holds no record")
    return found
