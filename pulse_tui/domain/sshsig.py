"""SSH keys and signatures as bytes: public key lines, the SSHSIG format, what exactly is signed.

The formats are those of OpenSSH's PROTOCOL.sshsig, PROTOCOL.u2f and RFC 4253, 5656, 8332, 8709. Nothing here computes or checks
a signature; that is ``pulse_tui/signing.py``. Every length is bounded before it is believed, and hostile bytes raise
:class:`BadSignature` and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final, NamedTuple

from pulse_tui.domain.errors import PulseError

BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
END: Final = "-----END SSH SIGNATURE-----"
MAGIC: Final = b"SSHSIG"
HASHES: Final = ("sha512", "sha256")
LONGEST_LINE: Final = 16_384
"""Characters of a public key's line: RSA with 16,384 bits takes 2,800."""
LONGEST_BLOB: Final = 8_192
LONGEST_ARMOR: Final = 32_768
SMALLEST_RSA: Final = 2_048
_LARGEST_RSA: Final = 16_384
_WRAP: Final = 70
TOUCHED: Final = 1
"""The bit of a security key's flags that says that somebody touched it."""

ED25519: Final = "ssh-ed25519"
RSA: Final = "ssh-rsa"
SK_ED25519: Final = "sk-ssh-ed25519@openssh.com"
SK_ECDSA: Final = "sk-ecdsa-sha2-nistp256@openssh.com"
CURVES: Final = {
    "ecdsa-sha2-nistp256": (b"nistp256", 32),
    "ecdsa-sha2-nistp384": (b"nistp384", 48),
    "ecdsa-sha2-nistp521": (b"nistp521", 66),
    SK_ECDSA: (b"nistp256", 32),
}
"""Kind of key -> (the name of its curve, bytes of one coordinate)."""
KINDS: Final = (ED25519, *CURVES, RSA, SK_ED25519)
_RSA_ALGORITHMS: Final = ("rsa-sha2-512", "rsa-sha2-256")


class BadSignature(PulseError):
    """Bytes that are not the key or the signature that they should be."""

    exit_code = 1


class PublicKey(NamedTuple):
    """A public key. Two are the same when their blobs are."""

    kind: str
    """``ssh-ed25519`` ..."""
    blob: bytes
    """As the protocol sends it, and as fingerprints are made of it."""
    point: bytes = b""
    """The 32 bytes of Ed25519, or the uncompressed point on its curve; empty for RSA."""
    numbers: tuple[int, int] = (0, 0)
    """(exponent, modulus) of RSA."""
    application: str = ""
    """Of a security key: what it was made for, ``ssh:``."""

    @property
    def fingerprint(self) -> str:
        """``SHA256:...`` as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def line(self) -> str:
        """As it stands in a ``.pub`` file, without a comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def secret(self) -> tuple[bytes, int]:
        """The same for two keys that one secret signs for: a security key and its plain twin, one modulus twice."""
        return (self.point, self.numbers[1])

    @property
    def touch(self) -> bool:
        """Whether it lives in a security key, which is touched for every signature."""
        return self.kind in (SK_ED25519, SK_ECDSA)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The names of the signatures it makes."""
        return _RSA_ALGORITHMS if self.kind == RSA else (self.kind,)


class Made(NamedTuple):
    """What a key made of some data, taken apart."""

    algorithm: str
    """``ssh-ed25519``, ``rsa-sha2-512`` ..."""
    value: bytes
    """64 bytes of Ed25519, the number of RSA as long as its modulus; empty for a curve, which has :attr:`pair`."""
    pair: tuple[int, int] = (0, 0)
    """(r, s) of ECDSA."""
    flags: int = 0
    counter: int = 0

    @property
    def touched(self) -> bool:
        """Whether a security key was touched for it."""
        return bool(self.flags & TOUCHED)


class Signature(NamedTuple):
    """An opened SSHSIG: by which key, for which purpose, over which hash."""

    key: PublicKey
    namespace: str
    hash_name: str
    made: Made


class Reader:
    """Takes the protocol's fields from bytes; a length is checked before it is used."""

    def __init__(self, data: bytes, what: str) -> None:
        """``what`` names the bytes in errors."""
        self._data = data
        self._at = 0
        self._what = what

    def wrong(self, why: str) -> BadSignature:
        """The error to raise."""
        return BadSignature(f"{self._what} {why}")

    def take(self, size: int) -> bytes:
        """So many bytes."""
        if size < 0 or self._at + size > len(self._data):
            raise self.wrong("ends too early")
        part = self._data[self._at : self._at + size]
        self._at += size
        return part

    def number(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """A length and as many bytes."""
        return self.take(self.number())

    def name(self) -> str:
        """A string of printable ASCII."""
        raw = self.string()
        if not all(0x20 < byte < 0x7F for byte in raw):
            raise self.wrong("holds a name with characters that no name has")
        return raw.decode("ascii")

    def positive(self) -> int:
        """An ``mpint`` above zero, in its shortest form."""
        raw = self.string()
        if not raw or raw[0] & 0x80 or (raw[0] == 0 and (len(raw) == 1 or not raw[1] & 0x80)):
            raise self.wrong("holds a number that is not in its only form")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise self.wrong(f"has {len(self._data) - self._at} bytes too many")


def string(data: bytes) -> bytes:
    """A length and the bytes."""
    return len(data).to_bytes(4, "big") + data


def open_key(blob: bytes) -> PublicKey:
    """A public key of the protocol's bytes. Raises BadSignature, for kinds that are not used here too."""
    if len(blob) > LONGEST_BLOB:
        raise BadSignature(f"a public key of {len(blob)} bytes is longer than any")
    reader = Reader(blob, "the public key")
    kind = reader.name()
    if "-cert-" in kind:
        raise BadSignature(f"{kind} is a certificate", todo="Certificates are not supported: list the key itself")
    if kind in (ED25519, SK_ED25519):
        point = reader.string()
        if len(point) != 32:
            raise reader.wrong(f"has {len(point)} bytes where Ed25519 has 32")
        made = PublicKey(kind, blob, point)
    elif kind in CURVES:
        curve, size = CURVES[kind]
        if reader.string() != curve:
            raise reader.wrong("names a curve that its kind does not have")
        point = reader.string()
        if len(point) != 2 * size + 1 or point[0] != 4:
            raise reader.wrong("has a point that is not an uncompressed one of its curve")
        made = PublicKey(kind, blob, point)
    elif kind == RSA:
        numbers = (reader.positive(), reader.positive())
        made = PublicKey(kind, blob, numbers=_sound_rsa(reader, numbers))
    else:
        raise BadSignature(f"keys of the kind {kind!r} are not used here", todo=f"Use one of {', '.join(KINDS)}")
    if made.touch:
        made = made._replace(application=reader.name())
    reader.end()
    return made


def _sound_rsa(reader: Reader, numbers: tuple[int, int]) -> tuple[int, int]:
    exponent, modulus = numbers
    bits = modulus.bit_length()
    if bits < SMALLEST_RSA:
        raise BadSignature(
            f"an RSA key of {bits} bits is too weak: at least {SMALLEST_RSA} are needed",
            todo="Make another: ssh-keygen -t ed25519",
        )
    if bits > _LARGEST_RSA:
        raise reader.wrong(f"has {bits} bits, more than {_LARGEST_RSA}")
    if exponent < 3 or not exponent & 1 or exponent.bit_length() > 64 or not modulus & 1:
        raise reader.wrong("has numbers that no RSA key has")
    return numbers


def read_key(line: str) -> PublicKey:
    """A public key of its line, ``kind base64 comment``. Raises BadSignature."""
    if len(line) > LONGEST_LINE:
        raise BadSignature(f"a public key's line of {len(line)} characters is longer than any")
    words = line.split(None, 2)
    if len(words) < 2:
        raise BadSignature("a public key is its kind and base64, as in a .pub file: ssh-ed25519 AAAA…")
    key = open_key(_unbase64(words[1], "the public key"))
    if key.kind != words[0]:
        raise BadSignature(f"the public key is called {words[0]!r} and is {key.kind}")
    return key


def looks_like_key(text: str) -> bool:
    """Whether a text is meant as a public key's line: ``ssh-ed25519 AAAA…``, or its base64 alone."""
    first, _, rest = text.strip().partition(" ")
    return (first.startswith(("ssh-", "ecdsa-", "sk-")) and bool(rest.strip())) or first.startswith("AAAA")


def _unbase64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise BadSignature(f"{what} is not base64") from None


def open_made(key: PublicKey, blob: bytes) -> Made:
    """A signature as an agent returns it. Raises BadSignature for what a key of this kind does not make."""
    if len(blob) > LONGEST_BLOB:
        raise BadSignature(f"a signature of {len(blob)} bytes is longer than any")
    reader = Reader(blob, "the signature")
    algorithm = reader.name()
    if algorithm not in key.algorithms:
        raise reader.wrong(f"is {algorithm}, which a key of the kind {key.kind} does not make here")
    value, flags, counter = reader.string(), 0, 0
    if key.touch:
        flags, counter = reader.take(1)[0], reader.number()
    reader.end()
    if key.kind in CURVES:
        inner = Reader(value, "the signature")
        pair = (inner.positive(), inner.positive())
        inner.end()
        if max(pair).bit_length() > CURVES[key.kind][1] * 8:
            raise reader.wrong("has numbers that are larger than its curve")
        return Made(algorithm, b"", pair, flags, counter)
    if key.kind == RSA:
        size = (key.numbers[1].bit_length() + 7) // 8
        if not value or len(value) > size:
            raise reader.wrong(f"has {len(value)} bytes, its key makes {size}")
        value = value.rjust(size, b"\0")
    elif len(value) != 64:
        raise reader.wrong(f"has {len(value)} bytes where Ed25519 makes 64")
    return Made(algorithm, value, flags=flags, counter=counter)


def signed_data(namespace: str, message: bytes, hash_name: str = "sha512") -> bytes:
    """What a key signs: never the message itself, so that no signature for another purpose can pass for this one."""
    digest = hashlib.new(hash_name, message).digest()
    return MAGIC + string(namespace.encode()) + string(b"") + string(hash_name.encode()) + string(digest)


def covered(signature: Signature, message: bytes) -> bytes:
    """The bytes that the key's own algorithm was applied to, a security key's flags and counter included."""
    data = signed_data(signature.namespace, message, signature.hash_name)
    if not signature.key.touch:
        return data
    made = signature.made
    application = hashlib.sha256(signature.key.application.encode()).digest()
    return application + bytes([made.flags]) + made.counter.to_bytes(4, "big") + hashlib.sha256(data).digest()


def armored(key: PublicKey, namespace: str, made: bytes, hash_name: str = "sha512") -> str:
    """The text of a ``.sig`` file, with ``made`` as the agent returned it."""
    body = (
        MAGIC
        + (1).to_bytes(4, "big")
        + b"".join(string(part) for part in (key.blob, namespace.encode(), b"", hash_name.encode(), made))
    )
    text = base64.b64encode(body).decode()
    lines = [text[i : i + _WRAP] for i in range(0, len(text), _WRAP)]
    return "\n".join([BEGIN, *lines, END, ""])


def open_armored(text: str) -> Signature:
    """A signature of its ``.sig`` text. Raises BadSignature."""
    if len(text) > LONGEST_ARMOR:
        raise BadSignature(f"a signature of {len(text)} characters is longer than any")
    lines = text.strip("\r\n\t ").split("\n")
    if len(lines) < 3 or lines[0].rstrip("\r") != BEGIN or lines[-1].rstrip("\r") != END:
        raise BadSignature(f"this is no SSH signature: it begins with {BEGIN}")
    body = _unbase64("".join(line.rstrip("\r") for line in lines[1:-1]), "the signature")
    reader = Reader(body, "the signature")
    if reader.take(len(MAGIC)) != MAGIC:
        raise reader.wrong("is of another format")
    if (version := reader.number()) != 1:
        raise reader.wrong(f"has version {version}, known is 1")
    key = open_key(reader.string())
    namespace = reader.name()
    if reader.string():
        raise reader.wrong("has something in its reserved field")
    hash_name = reader.name()
    if hash_name not in HASHES:
        raise reader.wrong(f"is over the hash {hash_name!r}, known are {', '.join(HASHES)}")
    made = reader.string()
    reader.end()
    return Signature(key, namespace, hash_name, open_made(key, made))
