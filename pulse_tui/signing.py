"""The operator's SSH agent, and the verification of signatures.

The agent is whatever listens at ``$SSH_AUTH_SOCK``. It is asked for its keys and for signatures, never for anything else; no
private key is read, no program is started and nothing is asked on the terminal. What it answers is data from outside: lengths
are capped, one deadline holds for a whole exchange, and a signature counts only once it was verified.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pulse_tui.domain.errors import NoAgent, NotSigned
from pulse_tui.domain.sshsig import (
    CURVES,
    LONGEST_BLOB,
    RSA,
    BadSignature,
    PublicKey,
    Reader,
    Signature,
    covered,
    open_key,
    string,
)
from pulse_tui.domain.text import clean
from pulse_tui.ports import HeldKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes

LIST_S = 2.0
"""The agent lists its keys within this."""
SIGN_S = 60.0
"""An agent may wait for a touch of the key, or for a yes in a window of its own."""
LARGEST = 262_144
"""Bytes of one message, as OpenSSH's own agent has it."""
MOST_KEYS = 1_000
_REQUEST_IDENTITIES, _IDENTITIES = 11, 12
_SIGN_REQUEST, _SIGNED = 13, 14
_RSA_SHA2_512 = 4


def agent_path() -> str:
    """``$SSH_AUTH_SOCK``; empty where there is none."""
    return os.environ.get("SSH_AUTH_SOCK", "")


class Agent:
    """Implements :class:`pulse_tui.ports.Signing`. Its calls block; each makes a connection of its own."""

    def __init__(self, path: Callable[[], str] = agent_path, *, list_s: float = LIST_S, sign_s: float = SIGN_S) -> None:
        """``path`` is asked at each call: an agent may come and go while a tower runs."""
        self._path = path
        self._list_s = list_s
        self._sign_s = sign_s

    def held(self) -> Sequence[HeldKey]:
        kind, body = self._exchange(bytes([_REQUEST_IDENTITIES]), self._list_s)
        if kind != _IDENTITIES:
            raise NoAgent("the SSH agent does not list its keys", todo="It may be locked: ssh-add -X")
        try:
            return _held(body)
        except BadSignature as error:
            raise NoAgent(f"the SSH agent answered what cannot be read: {error.what}") from None

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        flags = _RSA_SHA2_512 if key.kind == RSA else 0
        request = bytes([_SIGN_REQUEST]) + string(key.blob) + string(data) + flags.to_bytes(4, "big")
        kind, body = self._exchange(request, self._sign_s, signing=True)
        if kind != _SIGNED:
            raise NotSigned(
                f"the SSH agent refused to sign with {key.fingerprint}",
                todo="It was declined in its window, the key was not touched, or the agent is locked (ssh-add -X)",
            )
        try:
            reader = Reader(body, "the agent's answer")
            made = reader.string()
            reader.end()
        except BadSignature as error:
            raise NotSigned(error.what) from None
        if len(made) > LONGEST_BLOB:
            raise NotSigned(f"the SSH agent answered with a signature of {len(made)} bytes")
        return made

    def wrong(self, signature: Signature, message: bytes) -> str:
        return wrong(signature, message)

    def _exchange(self, request: bytes, seconds: float, *, signing: bool = False) -> tuple[int, bytes]:
        """One request and its answer: (type, body)."""
        path = self._path()
        if not path:
            raise NoAgent(
                "there is no SSH agent: $SSH_AUTH_SOCK is not set", todo='Start one: eval "$(ssh-agent)"; ssh-add'
            )
        end = time.monotonic() + seconds
        asked = False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
                agent.settimeout(min(seconds, self._list_s))
                agent.connect(path)
                asked = signing
                _left(agent, end)
                agent.sendall(string(request))
                answer = _message(agent, end)
        except TimeoutError:
            what = f"the SSH agent did not answer within {seconds:g} s"
            raise (NotSigned if asked else NoAgent)(what, todo="Try again, or look after the agent") from None
        except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL, or is too long
            what = f"the SSH agent at {path} {'broke off' if asked else 'does not answer'}: {_reason(error)}"
            raise (NotSigned if asked else NoAgent)(what) from None
        return answer[0], answer[1:]


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _left(agent: socket.socket, end: float) -> None:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    agent.settimeout(left)


def _message(agent: socket.socket, end: float) -> bytes:
    size = int.from_bytes(_exactly(agent, 4, end), "big")
    if not 1 <= size <= LARGEST:
        raise OSError(f"it announced a message of {size} bytes")
    return _exactly(agent, size, end)


def _exactly(agent: socket.socket, size: int, end: float) -> bytes:
    parts, missing = [], size
    while missing:
        _left(agent, end)  # an agent that drips does not win time
        part = agent.recv(min(missing, 65_536))
        if not part:
            raise OSError("it closed the connection")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _held(body: bytes) -> list[HeldKey]:
    reader = Reader(body, "the list of keys")
    count = reader.number()
    if count > MOST_KEYS:
        raise reader.wrong(f"announces {count} keys")
    found = []
    for _ in range(count):
        blob, comment = reader.string(), reader.string()
        try:
            found.append(HeldKey(open_key(blob), clean(comment.decode("utf-8", "replace"), 80)))
        except BadSignature:
            continue  # a certificate, or a kind that is not used here
    reader.end()
    return found


@lru_cache(512)
def wrong(signature: Signature, message: bytes) -> str:
    """Why the signature is none by its key over ``message``; empty when it is. A security key must have been touched."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  20 ms, after the first frame

    if signature.key.touch and not signature.made.touched:
        return f"the key {signature.key.fingerprint} was not touched for it"
    try:
        _verify(signature, covered(signature, message))
    except InvalidSignature:
        return f"it is no signature by {signature.key.fingerprint} over this text"
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError) as error:
        return f"the key {signature.key.fingerprint} cannot be used: {clean(str(error), 200)}"
    return ""


def _verify(signature: Signature, data: bytes) -> None:
    """Raises InvalidSignature, or ValueError for a key that is on no curve."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415

    key, made = signature.key, signature.made
    if key.kind == RSA:
        exponent, modulus = key.numbers
        digest: hashes.HashAlgorithm = hashes.SHA512() if made.algorithm == "rsa-sha2-512" else hashes.SHA256()
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        public.verify(made.value, data, padding.PKCS1v15(), digest)
    elif key.kind in CURVES:
        curve, digest = {
            b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
            b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
            b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
        }[CURVES[key.kind][0]]
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve, key.point)
        point.verify(encode_dss_signature(*made.pair), data, ec.ECDSA(digest))
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(key.point).verify(made.value, data)
