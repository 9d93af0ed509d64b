"""Members of a zip whose members may be compressed with zstd, which the standard library reads only from 3.14 on."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator

from pulse_tui.domain.errors import SourceError, TooMuch
from pulse_tui.domain.text import clean

MAGIC = b"PK\x03\x04"
"""How a zip with a member begins."""
ZSTD = 93
MEMBER = 64 * 2**20
"""Bytes that one member may unpack to: it is held in memory."""
_LOCAL = 30
"""Bytes of a member's own header, before its name."""
_CHUNK = 2**20


def first_name(head: bytes) -> str:
    """The name of the first member of a zip that begins with ``head``; "" for anything else."""
    if not head.startswith(MAGIC) or len(head) < _LOCAL:
        return ""
    (length,) = struct.unpack_from("<H", head, 26)
    return head[_LOCAL : _LOCAL + length].decode("utf-8", "replace")


def apart(name: str, members: Iterable[zipfile.ZipInfo]) -> None:
    """Raise SourceError when members lie in each other, as nobody writes them: a few bytes would unpack to any number."""
    end = 0
    for info in sorted(members, key=lambda info: info.header_offset):
        if info.header_offset < end:
            what = f"{name} is a zip whose members lie in each other ({clean(info.filename, 100)})"
            raise TooMuch(what, todo="Do not open it: it is made to fill the memory")
        end = info.header_offset + _LOCAL + info.compress_size


class Members:
    """A zip's members by name; of two with one name the later counts. All that is unpacked is capped together."""

    def __init__(self, name: str, data: bytes, cap: int) -> None:
        """``cap`` in bytes. Raises SourceError when it is not a zip, or its end is missing."""
        self._name = name
        self._data = memoryview(data)
        self._left = self._cap = cap
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                infos = archive.infolist()
                self._infos = {info.filename: info for info in infos}
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
            begun = data.startswith(MAGIC)
            what = "is a zip that is cut off: its table is missing" if begun else "is not a zip"
            raise SourceError(f"{name} {what} ({clean(str(error), 100)})", todo="Copy it again, whole") from None
        apart(name, infos)

    def __contains__(self, member: object) -> bool:
        return member in self._infos

    def __iter__(self) -> Iterator[str]:
        return iter(self._infos)

    def __len__(self) -> int:
        return len(self._infos)

    def read(self, member: str) -> bytes:
        """A member, unpacked. Raises SourceError when it is damaged, or what was unpacked so far is over the cap."""
        info = self._infos[member]
        raw = self._raw(info)
        try:
            data = _unpack(info.compress_type, raw, min(self._left, MEMBER))
        except ValueError as error:
            raise self._damaged(info, clean(str(error), 120)) from None
        if len(data) > MEMBER:
            raise TooMuch(f"{self._where(info)}: it unpacks to more than {MEMBER:,} bytes", todo="Log less of a sample")
        if len(data) > self._left:
            what = f"{self._where(info)}: it unpacks to more than the cap of {self._cap:,} bytes"
            raise TooMuch(what, todo="Raise max_unpacked, if that is not attack")
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise self._damaged(info, "its checksum is wrong")
        self._left -= len(data)
        return data

    def _raw(self, info: zipfile.ZipInfo) -> memoryview:
        """The bytes as they are in the file."""
        if info.flag_bits & 1:
            raise self._damaged(info, "it is encrypted")
        start = info.header_offset
        header = bytes(self._data[start : start + _LOCAL]) if start >= 0 else b""
        if len(header) < _LOCAL or not header.startswith(MAGIC):
            raise self._damaged(info, "it is not where the table gives it")
        start += _LOCAL + sum(struct.unpack_from("<HH", header, 26))
        raw = self._data[start : start + info.compress_size]
        if len(raw) < info.compress_size:
            raise self._damaged(info, "it is cut off")
        return raw

    def _where(self, info: zipfile.ZipInfo) -> str:
        return f"{self._name}/{clean(info.filename, 200)}"

    def _damaged(self, info: zipfile.ZipInfo, why: str) -> SourceError:
        return SourceError(f"{self._where(info)} cannot be unpacked: {why}", todo="Copy the file again, whole")


def _unpack(method: int, raw: memoryview, left: int) -> bytes:
    """At most one byte more than ``left``. Raises ValueError for damaged data or an unknown method."""
    if method == zipfile.ZIP_STORED:
        return bytes(raw[: left + 1])
    if method == zipfile.ZIP_DEFLATED:
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, left + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from None
    if method == ZSTD:
        return _unzstd(raw, left)
    raise ValueError(f"compression method {method} is not known here")


def _unzstd(raw: memoryview, left: int) -> bytes:
    from zstandard import ZstdDecompressor, ZstdError  # noqa: PLC0415  only for the files that need it

    out = bytearray()
    try:
        # Large members are several frames in a row.
        with ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
            while len(out) <= left and (chunk := reader.read(min(_CHUNK, left + 1 - len(out)))):
                out += chunk
    except (ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from None
    return bytes(out)
