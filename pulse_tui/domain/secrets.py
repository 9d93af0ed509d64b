"""Secrets in what is kept or logged: taken out by what they look like, and by what this program has filled in itself."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from pulse_tui.domain.pattern import late

HIDDEN = b"***"
MOST = 2**20
"""Bytes of a body in which the patterns are looked for; messages quote a few hundred."""
_PRIVATE_KEY = late(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_IN_ADDRESS = late(rb"(?i)(\b[a-z][a-z0-9+.-]{1,20}:(?:\\?/){2})[^\s/@\"'<>\\]{1,500}@")
_NAMED = late(
    rb"(?i)((?:passw(?:or)?d|passphrase|secret|token(?!s|iz)|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|"
    rb"authorization|cookie|[?&]sig(?:nature)?|\"auth(?=\"))[\w.-]{0,30}\\?[\"']?\s{0,3}[:=]\s{0,3})"
    rb"(?!\d+\b|true\b|false\b|null\b|[\[{]|\*\*\*)"
    rb"(\\?[\"'])?(?:(?:basic|bearer|token|digest|negotiate|apikey)\s{1,3})?(?(2)[^\"'\\]{1,4000}|[^\s,;&}\]\"'<]{1,4000})"
)
_SCHEME = late(rb"(?i)\b((?:basic|bearer)\s{1,3})[A-Za-z0-9+/._~-]{8,4000}={0,2}")
_KNOWN = late(
    rb"\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{15,255}|xox[abposr]-[\w-]{10,255}|AKIA[0-9A-Z]{16}|"
    rb"hf_[A-Za-z0-9]{20,255}|sk-[\w-]{16,255}|AIza[\w-]{30,255}|eyJ[\w-]{10,4000}\.[\w-]{10,4000}\.[\w-]{0,4000})"
)
_BASE64 = late(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,4000}={0,2}(?![A-Za-z0-9+/=])")
_PAIR = late(rb"[!-9;-~]{1,100}:[!-~]{3,}\Z")
_SHORTEST = 8
"""Fewer letters of base64 than this occur by chance."""


def redacted(body: bytes) -> bytes:
    """``body`` without private keys, passwords in addresses, values that are called a secret, credentials in base64."""
    head, rest = body[:MOST], body[MOST:]
    head = _PRIVATE_KEY.sub(HIDDEN, head)
    head = _IN_ADDRESS.sub(rb"\1***@", head)
    head = _NAMED.sub(rb"\1\2***", head)
    head = _SCHEME.sub(rb"\1***", head)
    head = _KNOWN.sub(HIDDEN, head)
    return _BASE64.sub(_pair, head) + rest


def _pair(match: re.Match[bytes]) -> bytes:
    """``user:password`` in base64, wherever it stands."""
    text = match[0].rstrip(b"=")
    try:
        plain = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return match[0]
    return HIDDEN if _PAIR.match(plain) else match[0]


def spellings(secret: str) -> Iterator[bytes]:
    """The secret as it is, and as it stands in an address, in JSON, and anywhere inside of a text in base64."""
    raw = secret.encode("utf-8", "surrogateescape")
    yield raw
    yield quote(raw, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw)
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        if last - first >= _SHORTEST:
            yield whole[first:last]
            yield whole[first:last].replace(b"+", b"-").replace(b"/", b"_")


def authorization(user: str, token: str, secret: Callable[[str], str]) -> dict[str, str]:
    """The header of a user with a password, or of a token alone. ``secret`` fills in ``${NAME}``; a token alone keeps it, to be
    filled in where it is sent."""
    if not user:
        return {"Authorization": f"Bearer {token}"}
    pair = f"{secret(user)}:{secret(token)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
