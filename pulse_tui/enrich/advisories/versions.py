"""The version order of each ecosystem: PEP 440 for PyPI, Semantic Versioning 2.0 for npm and its relatives, those of
distributions and other registries as :mod:`~pulse_tui.enrich.advisories.orders` has them.

Ecosystems that are not here have no order: only an exact list of versions can decide for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.natural import natural
from pulse_tui.domain.pattern import late
from pulse_tui.domain.semver import Precedence, parse
from pulse_tui.enrich.advisories import orders

_SHORT = late(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?")
_PLAIN = late(r"[0-9]+(?:\.[0-9]+)*")
_TOOLCHAIN = late(r"([0-9]+\.[0-9]+)(\.[0-9]+)?(rc|beta)([0-9]+)")

SEMVER_ECOSYSTEMS = frozenset(
    {"npm", "crates.io", "hex", "pub", "swifturl", "github actions", "semver", "julia", "bitnami"}
)
_OTHERS: dict[str, Callable[[str], Any]] = {
    "debian": orders.debian, "ubuntu": orders.debian, "alpine": orders.alpine, "wolfi": orders.alpine,
    "chainguard": orders.alpine, "red hat": orders.rpm, "almalinux": orders.rpm, "rocky linux": orders.rpm,
    "opensuse": orders.rpm, "suse": orders.rpm, "azure linux": orders.rpm, "mageia": orders.rpm,
    "openeuler": orders.rpm, "photon os": orders.rpm, "alpaquita": orders.alpine, "minimos": orders.alpine,
    "bellsoft hardened containers": orders.alpine, "maven": orders.maven, "nuget": orders.nuget, "rubygems": orders.rubygems,
    "packagist": orders.composer, "cpe": natural, "product": natural,
}  # fmt: skip
LONGEST = 300
"""Characters of a version; the readers of some take the square of their number, or more."""


class Pep440(NamedTuple):
    """A version of PyPI in the order of ``packaging``, as parts that Python compares without calling anything."""

    epoch: int
    release: tuple[int, ...]
    """Without zeros at the end."""
    pre: tuple[int, str, int]
    """(0, ..) for a development release alone, (1, letter, number), (2, ..) for none."""
    post: int
    """-1 for none."""
    dev: float
    """Infinite for none."""
    local: tuple[tuple[int, str, int], ...] = ()


_NO_PRE, _NO_POST, _NO_DEV = (2, "", 0), -1, float("inf")


def _pep440(text: str) -> Pep440 | None:
    if _PLAIN.fullmatch(text):  # as most are: 1 us for 6
        release = tuple(map(int, text.split(".")))
        return Pep440(0, release if release[-1] else _significant(release), _NO_PRE, _NO_POST, _NO_DEV)
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  late: 10 ms

    try:
        version = Version(text)
    except InvalidVersion:
        return None
    pre = (1, *version.pre) if version.pre is not None else _NO_PRE
    if version.pre is None and version.post is None and version.dev is not None:
        pre = (0, "", 0)
    return Pep440(
        version.epoch,
        _significant(version.release),
        pre,
        _NO_POST if version.post is None else version.post,
        _NO_DEV if version.dev is None else version.dev,
        tuple((1, "", int(p)) if p.isdigit() else (0, p, 0) for p in version.local.split(".")) if version.local else (),
    )


def _significant(release: tuple[int, ...]) -> tuple[int, ...]:
    end = len(release)
    while end and not release[end - 1]:
        end -= 1
    return release[:end]


def _semver(text: str) -> Precedence | None:
    """As the standard orders it, forgiving a leading ``v`` or ``=`` and a missing minor or patch."""
    body = text[1:] if text.startswith(("v", "V", "=")) else text
    short = _SHORT.fullmatch(body)
    version = parse(body if short is None else body + (".0" if short[2] else ".0.0"))
    return version.precedence if version is not None else None


def _go(text: str) -> Precedence | None:
    """Modules have Semantic Versions; the toolchain and its library are called ``go1.20.1``, before a release ``go1.22rc1``."""
    text = text.removeprefix("go")
    if (early := _TOOLCHAIN.fullmatch(text)) is not None:
        return _semver(f"{early[1]}{early[2] or '.0'}-{early[3]}.{early[4]}")
    return _semver(text)


@cache
def _short_ones(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """The reader, kept from texts that are no version for their length alone; what it read last is remembered."""
    remembered = lru_cache(maxsize=65_536)(read)

    def bounded(text: str) -> Any:
        return remembered(text) if len(text) <= LONGEST else None

    return bounded


def order(ecosystem: str) -> Callable[[str], Any] | None:
    """A reader of versions of ``ecosystem`` (as :func:`~pulse_tui.enrich.lookups.ecosystem_key` spells it).

    It gives values that can be compared and hashed, None for a text that it cannot read. None when no order is known.
    """
    if ecosystem == "pypi":
        return _short_ones(_pep440)
    if ecosystem == "go":
        return _short_ones(_go)
    if ecosystem in SEMVER_ECOSYSTEMS:
        return _short_ones(_semver)
    return _short_ones(_OTHERS[ecosystem]) if ecosystem in _OTHERS else None


def released(mine: Any) -> Any:
    """The release that a local build is of; any other version itself."""
    return mine._replace(local=()) if isinstance(mine, Pep440) and mine.local else mine


def against(mine: Any, bound: Any) -> Any:
    """``mine`` as it is compared with ``bound``: a local build (2.6.0+cu124) is its release to who names no build."""
    return mine if getattr(bound, "local", None) else released(mine)
