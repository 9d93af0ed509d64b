"""Keys of every kind, made in memory: what an agent holds, and what a security key does in software."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pulse_tui.domain.sshsig import (
    CURVES,
    ED25519,
    RSA,
    SK_ECDSA,
    SK_ED25519,
    PublicKey,
    armored,
    open_key,
    signed_data,
    string,
)

NAMESPACE = "pulse-approve@v1"
KINDS = (ED25519, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", RSA, SK_ED25519, SK_ECDSA)
_HASH = {"nistp256": hashes.SHA256(), "nistp384": hashes.SHA384(), "nistp521": hashes.SHA512()}
_CURVE = {"nistp256": ec.SECP256R1(), "nistp384": ec.SECP384R1(), "nistp521": ec.SECP521R1()}


def mpint(number: int) -> bytes:
    """The protocol's number."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


class Pair(NamedTuple):
    """A private key and its public one."""

    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    public: PublicKey

    def made(self, data: bytes, *, sha512: bool = True, touched: bool = True) -> bytes:
        """What an agent answers when it is asked to sign ``data``."""
        kind = self.public.kind
        tail = b""
        if self.public.touch:
            tail = bytes([int(touched)]) + (7).to_bytes(4, "big")
            data = hashlib.sha256(self.public.application.encode()).digest() + tail + hashlib.sha256(data).digest()
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            value = self.private.sign(data)
        elif isinstance(self.private, rsa.RSAPrivateKey):
            kind = "rsa-sha2-512" if sha512 else "rsa-sha2-256"
            value = self.private.sign(data, padding.PKCS1v15(), hashes.SHA512() if sha512 else hashes.SHA256())
        else:
            curve = CURVES[kind][0].decode()
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(_HASH[curve])))
            value = mpint(r) + mpint(s)
        return string(kind.encode()) + string(value) + tail

    def sign(
        self, message: bytes, namespace: str = NAMESPACE, hash_name: str = "sha512", *, touched: bool = True
    ) -> str:
        """The text of a ``.sig`` file."""
        made = self.made(signed_data(namespace, message, hash_name), touched=touched)
        return armored(self.public, namespace, made, hash_name)


@lru_cache
def pair(kind: str = ED25519, name: str = "ana", bits: int = 2048) -> Pair:
    """The same key for the same name within a test run."""
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if kind == RSA:
        private = rsa.generate_private_key(65537, bits)
        numbers = private.public_key().public_numbers()
        blob = string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n)
    elif kind in (ED25519, SK_ED25519):
        private = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"{kind} {name}".encode()).digest())
        blob = string(kind.encode()) + string(private.public_key().public_bytes_raw())
    else:
        curve = CURVES[kind][0]
        private = ec.generate_private_key(_CURVE[curve.decode()])
        form = serialization.PublicFormat.UncompressedPoint
        point = private.public_key().public_bytes(serialization.Encoding.X962, form)
        blob = string(kind.encode()) + string(curve) + string(point)
    if kind.startswith("sk-"):
        blob += string(b"ssh:")
    return Pair(private, open_key(blob))
