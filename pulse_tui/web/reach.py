"""Whom an address reaches: the internet, a private network, this link, this machine."""

from __future__ import annotations

import ipaddress
import socket
from enum import StrEnum

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Reach(StrEnum):
    """The kind of network that an address belongs to."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Every address that the internet does not route, reserved ones included."""
    LINK_LOCAL = "link-local"
    """Also where clouds serve a machine's credentials."""
    LOOPBACK = "loopback"


def reach(address: str) -> Reach:
    """The kind of a literal address; IPv4 written into IPv6 counts as what it is. Raises ValueError for a name."""
    found = _embedded(ipaddress.ip_address(address))
    if found.is_loopback or found.is_unspecified:  # connecting to 0.0.0.0 reaches this machine
        return Reach.LOOPBACK
    if found.is_link_local:
        return Reach.LINK_LOCAL
    return Reach.PUBLIC if found.is_global and not found.is_multicast else Reach.PRIVATE


def literal(host: str) -> str | None:
    """The address that a host spells, in any form that the system's resolver takes (``127.1``, ``0x7f000001``)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdigit() and " " not in host else None
    except (OSError, UnicodeError, ValueError):
        return None


def is_here(host: str) -> bool:
    """Whether a host means this machine without asking anybody for its address."""
    spelled = literal(host)
    if spelled is not None:
        return reach(spelled) is Reach.LOOPBACK
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost") or name == socket.gethostname().lower()


def _embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
