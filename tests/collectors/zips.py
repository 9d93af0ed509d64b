"""Zips as inspect-ai writes its ``.eval``: members compressed with zstd (method 93), which zipfile cannot write here."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import zstandard

ZSTD, DEFLATE, STORED = 93, 8, 0


def zipped(members: Mapping[str, Any], method: int = ZSTD, *, frames: int = 1, flags: int = 0) -> bytes:
    """A zip with a member for each name, in order: bytes as they are, anything else as JSON.

    As in real logs: no flags, no extra fields, zstd frames that do not state the size of their content.
    """
    body, table = b"", b""
    for name, value in members.items():
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        packed = packing(data, method, frames)
        fields = (20, flags, method, 0, 0, zlib.crc32(data), len(packed), len(data), len(name.encode()))
        place = (0, 0, 0, 0, 0o600 << 16, len(body))
        table += struct.pack("<4sH5H3LH", b"PK\x01\x02", 20, *fields) + struct.pack("<4H2L", *place) + name.encode()
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields, 0) + name.encode() + packed
    count = len(members)
    return body + table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(table), len(body), 0)


def packing(data: bytes, method: int, frames: int) -> bytes:
    if method == ZSTD:
        size = -(-len(data) // frames)
        return b"".join(frame(data[at : at + size]) for at in range(0, max(len(data), 1), max(size, 1)))
    if method == DEFLATE:
        deflate = zlib.compressobj(wbits=-15)
        return deflate.compress(data) + deflate.flush()
    return data


def frame(data: bytes) -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(data) + packer.flush()
