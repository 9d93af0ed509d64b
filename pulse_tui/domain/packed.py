"""Files that come compressed: gzip is unpacked up to a cap, any other packing is refused with the command that undoes it."""

from __future__ import annotations

import zlib

from pulse_tui.domain.errors import SourceError

CAP = 2**28
"""Bytes that a file named by hand may unpack to."""
_GZIP = b"\x1f\x8b"
_OTHERS = {b"BZh": "bunzip2", b"\xfd7zXZ\x00": "unxz", b"\x28\xb5\x2f\xfd": "unzstd"}
_TAR, _TAR_AT = b"ustar", 257
_PIECE = 2**14
"""Bytes that are unpacked at once: what stands behind the end of a member is copied for each of them, and they may be many."""


def unpacked(name: str, data: bytes, cap: int = CAP) -> tuple[str, bytes]:
    """(name without ``.gz``, content) of a gzip file; any other as it is.

    Raises SourceError for one that is damaged, cut off or over ``cap`` bytes, for an archive and for another packing.
    """
    program = next((p for magic, p in _OTHERS.items() if data.startswith(magic)), None)
    if program is not None:
        raise SourceError(f"{name} is compressed in a way that is not read", todo=f"Unpack it first: {program} {name}")
    if data.startswith(_GZIP):
        name, data = name.removesuffix(".gz").removesuffix(".GZ"), _gunzip(name, data, cap)
        if data[_TAR_AT:].startswith(_TAR):
            raise SourceError(f"{name} is an archive in gzip", todo="Unpack it first: tar -xzf, then name its files")
    elif data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise SourceError(f"{name} is an archive", todo=f"Unpack it first: tar -xf {name}, then name its files")
    return name, data


def _gunzip(name: str, data: bytes, cap: int) -> bytes:
    """Every member, one behind the other, as ``gzip -c a b`` writes them."""
    out, at = bytearray(), 0
    try:
        while data.startswith(_GZIP, at):
            member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            while not member.eof:
                piece = data[at : at + _PIECE]
                if not piece:
                    raise SourceError(f"{name} is cut off: its end is missing", todo="Copy it again, whole")
                out += member.decompress(piece, cap + 1 - len(out))
                if len(out) > cap:
                    todo = "Split it, or raise max_bytes"
                    raise SourceError(f"{name} unpacks to more than the cap of {cap:,} bytes", todo=todo)
                at += len(piece) - len(member.unused_data)
    except zlib.error as error:
        raise SourceError(f"{name} is not a complete gzip file ({error})", todo="Copy it again, whole") from None
    return bytes(out)
