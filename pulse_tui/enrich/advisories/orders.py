"""Version orders of distributions and registries as sort keys: Debian, Alpine, RPM, Maven, RubyGems, NuGet, Composer.

Each reads a text into a tuple that Python compares as the ecosystem's own tool compares the texts, or gives None for what is
no version there. Equal versions have equal keys, so that keys can be sorted, searched by halves and used in a dict; objects
that only know how to compare themselves can do neither. The rules are each tool's published ones, their cases stand in
``tests/enrich/advisories/orders``. The ``univers`` library answers some of those of Alpine, Maven, RubyGems and Composer
otherwise, and its objects of Debian's versions are unequal where neither is the older (``1.0``, ``1.00``).
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from pulse_tui.domain.pattern import late

Key: TypeAlias = tuple[Any, ...]

_PARTS = late(r"([^0-9]*)([0-9]*)")
_DEBIAN = late(r"(?:([0-9]{1,10}):)?([0-9][0-9A-Za-z.+~:-]*)")
_DEBIAN_REVISION = late(r"[0-9A-Za-z.+~]+")


def debian(text: str) -> Key | None:
    """``[epoch:]upstream[-revision]`` as dpkg compares them (deb-version(7)): ``~`` before the end, letters before the rest."""
    found = _DEBIAN.fullmatch(text)
    if found is None or (":" in found[2] and found[1] is None):
        return None
    upstream, hyphen, revision = found[2].rpartition("-")
    if hyphen and _DEBIAN_REVISION.fullmatch(revision) is None:
        return None
    return int(found[1] or 0), _runs(upstream if hyphen else revision), _runs(revision if hyphen else "0")


def _runs(text: str) -> tuple[int, ...]:
    """Runs of other characters, each ended by 0, and of digits by turns; the whole ended by 0, which only ``~`` is below."""
    out: list[int] = []
    for other, digits in _PARTS.findall(text):
        if other or digits:
            out += [-1 if c == "~" else ord(c) + (0 if c.isalpha() else 256) for c in other]
            out += (0, int(digits or 0))
    return (*out, 0)


_RPM = late(r"(?:([0-9]{1,10}):)?([0-9A-Za-z._+~^]+)(?:-([0-9A-Za-z._+~^]+))?")
_RPM_SEGMENT = late(r"[0-9]+|[A-Za-z]+|~|\^")
_RPM_END = (1,)


def rpm(text: str) -> Key | None:
    """``[epoch:]version[-release]`` as rpmvercmp compares them: ``~`` before the end, ``^`` after it, words before numbers."""
    found = _RPM.fullmatch(text)
    if found is None or not any(c.isdigit() for c in found[2]):
        return None
    return int(found[1] or 0), _segments(found[2]), _segments(found[3] or "")


def _segments(text: str) -> Key:
    out: list[tuple[int] | tuple[int, int] | tuple[int, str]] = []
    for part in _RPM_SEGMENT.findall(text):
        if part in "~^":
            out.append((0,) if part == "~" else (2,))
        else:
            out.append((4, int(part)) if part.isdigit() else (3, part))
    return (*out, _RPM_END)


_ALPINE = late(
    r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?<=[a-z])[0-9]+)?((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~([0-9a-f]+))?(?:-r([0-9]+))?"
)
_ALPINE_SUFFIX = late(r"_([a-z]+)([0-9]*)")
_BEFORE, _AFTER = ("alpha", "beta", "pre", "rc"), ("cvs", "svn", "git", "hg", "p")
_PRE, _END, _REVISION, _HASH, _NUMBER, _POST, _LETTER, _DIGIT = range(8)
"""What may follow an equal beginning, from the oldest to the newest."""


def alpine(text: str) -> Key | None:
    """``digits{.digits}{letter}{_suffix{number}}{~hash}{-r#}`` as apk-tools 3 compares them.

    A part with a leading zero is compared as text (``1.05`` is before ``1.1``). Digits after the letter (``1.9.5p2``) as
    apk-tools 2 has them: Alpine has such packages.
    """
    found = _ALPINE.fullmatch(text)
    if found is None:
        return None
    first, digits, letter, after, suffixes, commit, revision = found.groups()
    out: list[Any] = [int(first)]
    out += [(_DIGIT, *((0, d) if d[0] == "0" else (1, int(d)))) for d in digits.split(".")[1:]]
    if letter:
        out.append((_LETTER, letter))
    if after:
        out.append((_DIGIT, 1, int(after)))
    for word, number in _ALPINE_SUFFIX.findall(suffixes):
        out.append((_PRE, _BEFORE.index(word)) if word in _BEFORE else (_POST, _AFTER.index(word)))
        if number:
            out.append((_NUMBER, int(number)))
    if commit:
        out.append((_HASH, commit))
    if revision:
        out.append((_REVISION, int(revision)))
    return (*out, (_END,))


_MAVEN = late(r"[vV]?([0-9][!-~]*)")
_MAVEN_TOKEN = late(r"([.-]?)([0-9]+|[^0-9.-]+|)")
_QUALIFIERS = {"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4, "": 5, "final": 5, "ga": 5, "release": 5, "sp": 6}  # fmt: skip
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_OTHER, _NESTED, _DASHED, _DOTTED = 7, 8, 9, 10
_RELEASE = (5, "")


def maven(text: str) -> Key | None:
    """As the POM reference orders them ("Version Order Specification"): known qualifiers, the release, ``sp``, other words,
    ``-number``, ``.number``; what is null at the end, or zero before a hyphen or a word, is left out. Of what the releases of
    Maven differ in, as version 4 has it: ``1.Final-redhat`` is before ``1.SP1-redhat``.
    """
    found = _MAVEN.fullmatch(text)
    if found is None:
        return None
    out: list[tuple[int, Any]] = []
    dashes: list[bool] = []
    tokens = [(separator, token) for separator, token in _MAVEN_TOKEN.findall(found[1].lower()) if separator or token]
    for place, (separator, token) in enumerate(tokens):
        number = token.isdigit() or not token
        if place and (not number or separator != "."):
            gone = _trim(out, dashes)
            if number:  # Maven leaves the list that the null had begun: 1-0-2 is before 1-1
                out += [(_NESTED, 0)] * gone
                dashes += [True] * gone
        dashes.append(place > 0 and separator != ".")
        if number:
            out.append((_DASHED if dashes[-1] else _DOTTED, int(token or 0)))
            continue
        short = place + 1 < len(tokens) and not tokens[place + 1][0]
        word = _SHORT.get(token, token) if short else token
        rank = _QUALIFIERS.get(word, _OTHER)
        out.append((rank, word if rank == _OTHER else ""))
    _trim(out, dashes, end=True)
    return (*out, _RELEASE)


def _trim(out: list[tuple[int, Any]], dashes: list[bool], *, end: bool = False) -> int:
    """Leave out zeros at the end, and at the very end what names the release; how much of it followed a hyphen."""
    gone = 0
    while out and ((out[-1][0] >= _NESTED and out[-1][1] == 0) or (end and out[-1] == _RELEASE)):
        out.pop()
        gone += dashes.pop()
    return gone


_GEM = late(r"[vV]?([0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)")
_GEM_SEGMENT = late(r"[0-9]+|[a-z]+")
_PLATFORM = late(
    r"-(?:java|jruby|ruby|x86|x64|i[3-6]86|arm|aarch64|universal|mswin|mingw|ppc|powerpc|s390|sparc|riscv|linux|darwin)"
    r"(?:[0-9_.-][0-9A-Za-z_.-]*|)$"
)
"""A gem that was built for a platform, of the same version: no pre-release of it."""


def rubygems(text: str) -> Key | None:
    """As ``Gem::Version``: words before numbers, missing segments are 0; a hyphen begins a pre-release."""
    found = _GEM.fullmatch(_PLATFORM.sub("", text, count=1))
    if found is None:
        return None
    segments: list[int | str] = []
    for part in _GEM_SEGMENT.findall(found[1].lower().replace("-", ".pre.")):
        if part.isdigit():
            segments.append(int(part))
            continue
        if segments and segments[-1] == "pre":
            segments.pop()  # "-beta" is ".beta" (RubyGems 4), "-1" is ".pre.1"
        elif not any(isinstance(s, str) for s in segments):
            _drop_zeros(segments)
        segments.append(part)
    _drop_zeros(segments)
    out: list[tuple[int, Any]] = [(1, 0)]
    for segment in reversed(segments):
        if segment == 0:
            # What follows a zero says on which side of the end, which is all zeros, the rest lies.
            out.append((1, 0 if len(out) == 1 else out[-1][0] - 1 or out[-1][1]))
        else:
            out.append((0, segment) if isinstance(segment, str) else (2, segment))
    return tuple(reversed(out))


def _drop_zeros(segments: list[int | str]) -> None:
    while segments and segments[-1] == 0:
        segments.pop()


_NUGET = late(r"[vV]?([0-9]+(?:\.[0-9]+){0,3})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?")


def nuget(text: str) -> Key | None:
    """Semantic Versioning 2 with up to four numbers, words in any case."""
    found = _NUGET.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    words = tuple((0, int(i), "") if i.isdigit() else (1, 0, i.upper()) for i in (found[2] or "").split(".") if i)
    return (*numbers, *[0] * (4 - len(numbers)), not words, words)


_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+(?:[.-][0-9]+)*)?))?([.-]?dev)?"
_COMPOSER = late(r"v?([0-9]{1,5})((?:\.[0-9]+){0,3})" + _MODIFIER + r"(?:\+[^\s]*)?", re.IGNORECASE)
_COMPOSER_DATE = late(
    r"v?([0-9]{4}(?:[.:-]?[0-9]{2}){1,6}(?:[.:-]?[0-9]{1,3}){0,2})()" + _MODIFIER + r"(?:\+[^\s]*)?", re.IGNORECASE
)
_STABILITY = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "patch": 5, "pl": 5, "p": 5}
_DEV, _STABLE, _COUNT = (0, 0), (4, 0), 6


def composer(text: str) -> Key | None:
    """Four numbers (or a date), a stability (dev, alpha, beta, RC, none, patch) and its numbers. Branches have no order."""
    plain = _COMPOSER.fullmatch(text)
    found = plain or _COMPOSER_DATE.fullmatch(text)
    if found is None:
        return None
    numbers = [int(n) for n in re.findall(r"[0-9]+", found[1] + found[2])]
    numbers += [0] * (4 - len(numbers)) if plain is not None else []
    out = [(_COUNT, n) for n in numbers]
    stability, count, dev = (found[3] or "").lower(), found[4] or "", found[5]
    if stability in _STABILITY:
        out.append((_STABILITY[stability], 0))
        out += [(_COUNT, int(n)) for n in re.findall(r"[0-9]+", count)]
    elif count:
        return None
    return (*out, *([_DEV] if dev else []), _STABLE)
