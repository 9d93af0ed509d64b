"""Requests signed for AWS with Signature Version 4: which headers to add to one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
_PORTS = {"http": 80, "https": 443}


class Keys(NamedTuple):
    """An access key, and where it is good for."""

    access_key: str
    secret_key: str
    region: str
    service: str
    session_token: str = ""


def signed(method: str, url: str, headers: Mapping[str, str], body: bytes, keys: Keys, at: datetime) -> dict[str, str]:
    """``headers`` with those that sign the request as it is; every header given here is signed, and no other.

    ``at``: aware; AWS refuses a clock that is more than five minutes wrong.
    """
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "X-Amz-Date": stamp}
    if keys.session_token:
        sent["X-Amz-Security-Token"] = keys.session_token
    parts = urlsplit(url)
    named = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    named["host"] = _host(parts.scheme, parts.hostname or "", parts.port)
    names = ";".join(sorted(named))
    query = sorted((quote(k, safe=_UNRESERVED), quote(v, safe=_UNRESERVED)) for k, v in _pairs(parts.query))
    canonical = "\n".join(
        [
            method,
            # Every service but S3 wants the path encoded once more than it is sent.
            quote(parts.path or "/", safe="/" + _UNRESERVED),
            "&".join(f"{k}={v}" for k, v in query),
            *(f"{name}:{named[name]}" for name in sorted(named)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{stamp[:8]}/{keys.region}/{keys.service}/aws4_request"
    text = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{keys.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={keys.access_key}/{scope}"
    sent["Authorization"] = f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    return sent


def _host(scheme: str, host: str, port: int | None) -> str:
    """As a client sends it: the scheme's own port is left out."""
    name = f"[{host}]" if ":" in host else host
    return name if port in (None, _PORTS.get(scheme)) else f"{name}:{port}"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)
