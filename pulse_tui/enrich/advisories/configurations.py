"""Configurations of NVD and CSAF: whether a product, on the platform that is declared for it, is such a system.

Three answers. A condition on a platform of which nothing is declared is not known; one on another platform is not met.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.cpe import (
    ANY,
    NOT_APPLICABLE,
    BadCpe,
    Configuration,
    Cpe,
    CpeMatch,
    CpeNode,
    Operator,
    covers,
    parse_cpe,
    plain,
    product_name,
)
from pulse_tui.domain.estate import Component
from pulse_tui.domain.natural import natural, same_text, split_update
from pulse_tui.domain.text import clean

_SYSTEMS = frozenset({
    "linux", "windows", "macos", "android", "ios", "ipados", "freebsd", "openbsd", "netbsd", "unix", "solaris", "aix",
    "ubuntu", "debian", "rhel", "centos", "fedora", "alpine", "esxi", "vsphere", "hypervisor", "kvm", "xenserver",
})  # fmt: skip
"""A name of a platform with one of these words is of an operating system; any other is of hardware."""
_FAMILY = dict.fromkeys(("ubuntu", "debian", "rhel", "alpine", "centos", "fedora"), "linux")
_SHORT = {"linux kernel": "linux", "mac os x": "macos", "iphone os": "ios"}
_WILD = re.compile(r"(?<!\\)[*?]")
_EDITIONS = ("edition", "language", "sw_edition", "target_hw", "other")


class Met(NamedTuple):
    """Whether a condition holds: True, False, or None with what is not known."""

    holds: bool | None
    why: str = ""
    possible: bool = False
    """Not known, and the version says it may be."""


YES, NO = Met(True), Met(False)


class Answer(NamedTuple):
    """What an advisory's configurations say of a component."""

    audit: Audit
    reason: str
    fixed: tuple[str, ...] = ()
    possible: bool = False


class System(NamedTuple):
    """A component as configurations see it."""

    label: str
    names: tuple[Cpe, ...]
    products: frozenset[str]
    version: str | None
    platform: tuple[Cpe, ...]
    words: dict[str, str]
    """What the platform is called, and of which part (``o``, ``h``, ``a``) that is."""


@lru_cache(4_096)
def system_of(component: Component) -> System:
    """What is declared of it. A name that is no CPE name is a product's."""
    names, products = _read(component.known_as)
    platform, words = _read(component.platform)
    called = {word: p.part for p in platform for word in _words_of(p)} | {word: _part(word) for word in words}
    return System(component.name, names, frozenset(products), component.version, platform, called)


def version_of(component: Component) -> str | None:
    """The version that is declared, else that of its CPE name."""
    stated = (plain(n.version) for n in system_of(component).names if n.version not in (ANY, NOT_APPLICABLE))
    return component.version or next(stated, None)


def versionless(component: Component) -> bool:
    """Whether its CPE name says that it has no version (``-``), as devices have none."""
    return any(name.version == NOT_APPLICABLE for name in system_of(component).names)


def _read(texts: Iterable[str]) -> tuple[tuple[Cpe, ...], list[str]]:
    names, words = [], []
    for text in texts:
        if not text.lower().startswith("cpe:"):
            words.append(product_name(text))
            continue
        try:
            names.append(parse_cpe(text))
        except BadCpe:
            continue  # refused where it was declared; of a bill it names nothing
    return tuple(names), words


def judge_configurations(advisory: Advisory, component: Component) -> Answer | None:
    """The answer of all configurations together: one that matches is enough, one that is not known is no clean. None
    when none of them is of the component.
    """
    system = system_of(component)
    unknown: Met | None = None
    seen = False
    for configuration in advisory.configurations:
        if not any(_mine(leaf, system) for node in configuration.nodes for leaf in node.matches if leaf.vulnerable):
            continue
        seen = True
        met = _configuration(configuration, system)
        if met.holds:
            return Answer(Audit.MATCHED, met.why, fixes(advisory, component))
        if met.holds is None and (unknown is None or met.possible > unknown.possible):
            unknown = met
    if unknown is not None:
        return Answer(Audit.NOT_AUDITED, unknown.why, fixes(advisory, component), unknown.possible)
    if not seen:
        return None
    return Answer(Audit.CLEAN, f"{version_of(component) or component.name} is in none of the advisory's configurations")


def _configuration(item: Configuration, system: System) -> Met:
    """The tree's answer, and that a vulnerable part of it is the component itself."""
    if item.operator is Operator.OR and not item.negate:
        return _any(_alone(node, system) for node in item.nodes)
    own = _any(_own(node, system) for node in item.nodes)
    if own.holds is False:
        return NO
    whole = _joined(item.operator, (_node(node, system) for node in item.nodes))
    return _all((own, _negated(whole) if item.negate else whole))


def _alone(node: CpeNode, system: System) -> Met:
    own = _own(node, system)
    if own.holds is False or (node.operator is Operator.OR and not node.negate):
        return own  # what makes it the component's makes the node hold too
    return _all((own, _node(node, system)))


def _node(node: CpeNode, system: System) -> Met:
    whole = _joined(node.operator, (_leaf(match, system) for match in node.matches))
    return _negated(whole) if node.negate else whole


def _own(node: CpeNode, system: System) -> Met:
    """Whether the component is a vulnerable part of the node."""
    mine = (_leaf(m, system) for m in node.matches if m.vulnerable and _mine(m, system))
    return _any(_negated(met) if node.negate else met for met in mine)


def _joined(how: Operator, parts: Iterable[Met]) -> Met:
    return _all(parts) if how is Operator.AND else _any(parts)


def _any(parts: Iterable[Met]) -> Met:
    unknown: Met | None = None
    for met in parts:
        if met.holds:
            return met
        if met.holds is None and (unknown is None or met.possible > unknown.possible):
            unknown = met
    return unknown or NO


def _all(parts: Iterable[Met]) -> Met:
    """The first reason of each kind: what matched, or what is not known."""
    unknown: Met | None = None
    why = ""
    for met in parts:
        if met.holds is False:
            return NO
        if met.holds is None:
            unknown = unknown or met
        else:
            why = why or met.why
    return unknown or Met(True, why)


def _negated(met: Met) -> Met:
    return (
        met
        if met.holds is None
        else Met(not met.holds, "" if met.holds else "it is outside what the advisory excludes")
    )


@lru_cache(65_536)
def _criteria(text: str) -> Cpe | str | None:
    """A CPE name, a product's name, or None for what cannot be read."""
    if not text.lower().startswith("cpe:"):
        return product_name(text)
    try:
        return parse_cpe(text)
    except BadCpe:
        return None


def _mine(match: CpeMatch, system: System) -> bool:
    """Whether the criteria is of the component's own product, whatever its version."""
    wanted = _criteria(match.criteria)
    if wanted is None:
        return False
    if isinstance(wanted, str):
        return wanted in system.products
    return any(_same(wanted, name) for name in system.names)


def _same(wanted: Cpe, name: Cpe) -> bool:
    if wanted[:3] == name[:3]:
        return True
    return all(covers(a, b) is not False for a, b in zip(wanted[:3], name[:3], strict=True))


def _leaf(match: CpeMatch, system: System) -> Met:
    wanted = _criteria(match.criteria)
    if wanted is None:
        return Met(None, f"the advisory's {clean(match.criteria, 80)!r} is no CPE name")
    if isinstance(wanted, str):
        if wanted in system.products:
            return _versions(match, ANY, system.version, system.label)
        return _on_word({wanted}, _part(wanted), match, ANY, system)
    names = [name for name in system.names if _same(wanted, name)]
    if names:
        return _any(_product(match, wanted, name, system) for name in names)
    return _on_platform(match, wanted, system)


def _product(match: CpeMatch, wanted: Cpe, name: Cpe, system: System) -> Met:
    """Whether the component itself is within the versions, the edition and the target that the criteria gives."""
    version = system.version or (None if name.version == ANY else plain(name.version))
    update = name.update if system.version is None or plain(name.version) == system.version else ANY
    met = _versions(match, wanted.version, version, system.label, wanted.update, update)
    if met.holds is False:
        return met
    target = _target(wanted, name, system)
    return _all((met, target)) if target.holds is not None else Met(None, target.why, possible=True)


def _target(wanted: Cpe, name: Cpe, system: System) -> Met:
    """The edition and what it is made for, as far as the criteria asks for one."""
    same = covers(wanted.target_sw, name.target_sw)
    if same is False:
        return NO
    if same is None and wanted.target_sw != NOT_APPLICABLE:
        word = product_name(plain(wanted.target_sw).replace("_", " "))
        declared = _word({word}, "o" if _part(word) == "o" else "a", system)
        if declared is None:
            return _undeclared(word, system)
        if not declared:
            return NO
    for field in _EDITIONS:
        asked, there = getattr(wanted, field), getattr(name, field)
        answer = covers(asked, there)
        if answer is False:
            return NO
        if answer is None and asked != NOT_APPLICABLE:
            what = field.replace("_", " ")
            return Met(
                None,
                f"it is of the {what} {clean(plain(asked), 40)!r}, and which one {system.label} is is not declared",
            )
    return YES


def _on_platform(match: CpeMatch, wanted: Cpe, system: System) -> Met:
    """Whether what it must run on or with is what is declared."""
    there = [p for p in system.platform if _same(wanted, p)]
    if there:
        return _any(_of_platform(match, wanted, p) for p in there)
    if _implied(wanted, system):
        return Met(True, f"{wanted.words} is what its firmware runs on")
    if any(p.part == wanted.part for p in system.platform):
        return NO
    return _on_word({product_name(wanted.words), *_words_of(wanted)}, wanted.part, match, wanted.version, system)


def _of_platform(match: CpeMatch, wanted: Cpe, platform: Cpe) -> Met:
    asked = wanted.version
    if asked == NOT_APPLICABLE and not match.vulnerable:
        return YES  # NVD writes so for "whichever version"
    version = None if platform.version in (ANY, NOT_APPLICABLE) else plain(platform.version)
    return _versions(match, asked, version, platform.words, wanted.update, platform.update)


def _implied(wanted: Cpe, system: System) -> bool:
    """NVD names a device beside its firmware (``x_firmware`` and the hardware ``x``)."""
    firmware = f"{plain(wanted.product)}_firmware"
    return wanted.part == "h" and any(
        plain(n.product) == firmware and plain(n.vendor) == plain(wanted.vendor) for n in system.names
    )


def _words_of(cpe: Cpe) -> list[str]:
    """The product's name, and the short one that people write."""
    name = product_name(plain(cpe.product).replace("_", " "))
    return [name, _SHORT[name]] if name in _SHORT else [name]


def _part(name: str) -> str:
    return "h" if _SYSTEMS.isdisjoint(name.split()) else "o"


def _on_word(names: set[str], part: str, match: CpeMatch, version: str, system: System) -> Met:
    found = _word(names, part, system)
    if found is False:
        return NO
    shown = min(names, key=lambda name: (-len(name), name))
    if found is None:
        return _undeclared(shown, system)
    if version not in (ANY, NOT_APPLICABLE) or any(b is not None for b in _bounds(match)):
        why = f"it needs a version of {clean(shown, 80)}, and the platform of {system.label} is declared without one"
        return Met(None, why, possible=True)
    return YES


def _kinds(name: str) -> frozenset[str]:
    words = name.split()
    return frozenset((*words, *(_FAMILY[word] for word in words if word in _FAMILY)))


def _undeclared(needed: str, system: System) -> Met:
    what = f"it needs {clean(needed, 80)}, and the platform of {system.label} is not declared"
    return Met(None, what if not system.words else f"{what} so that it could be compared", possible=True)


def _word(names: set[str], part: str, system: System) -> bool | None:
    """Whether the platform's words name it: yes, no (they name another of its kind), or not known."""
    if not names.isdisjoint(system.words):
        return True
    if part == "o" and any(_kinds(word) & names & _SYSTEMS for word, of in system.words.items() if of == part):
        return True  # any Windows is Windows, Ubuntu is Linux
    if part == "a":
        return None
    alike = [word for word, of in system.words.items() if of == part]
    if any(_kinds(w) & _kinds(name) for w in alike for name in names):
        return None  # "windows" may be this Windows, or another
    return False if alike else None


def _bounds(match: CpeMatch) -> tuple[str | None, ...]:
    return match.start_including, match.start_excluding, match.end_including, match.end_excluding


_ALLOWS: tuple[Callable[[Any, Any], bool], ...] = (operator.ge, operator.gt, operator.le, operator.lt)
_IN_WORDS = ("from", "after", "up to", "before")


def _versions(
    match: CpeMatch, asked: str, version: str | None, label: str, asked_update: str = ANY, update: str = ANY
) -> Met:
    """Whether a version is the criteria's own, or within its bounds."""
    bounds = _bounds(match)
    if asked == ANY and not any(b is not None for b in bounds):
        return Met(True, f"every version of {label} is affected, no fix is named")
    if asked == NOT_APPLICABLE:
        if version is None or version == NOT_APPLICABLE:
            return Met(True, f"the advisory is of {label} as a whole, without a version")
        return Met(None, f"the advisory does not state which versions of {label} ('-')")
    if version is None or version in (ANY, NOT_APPLICABLE):
        return Met(None, "the installed version is not known", possible=True)
    if asked != ANY:
        return _exactly(asked, asked_update, version, update)
    return _within(bounds, version, update)


def _exactly(asked: str, asked_update: str, version: str, update: str) -> Met:
    """One version, with its update where the criteria gives one; ``*`` is any update of it, ``-`` none."""
    whole = version if update in (ANY, NOT_APPLICABLE) else f"{version} {plain(update)}"
    wanted = plain(asked) if asked_update in (ANY, NOT_APPLICABLE) else f"{plain(asked)} {plain(asked_update)}"
    installed = {whole, version, split_update(version)[0]} if asked_update == ANY else {whole}
    if _WILD.search(asked):
        same: bool | None = any(covers(asked, text.lower()) for text in installed)
    elif any(same_text(text, wanted) for text in installed):
        same = True
    else:
        there, mine = natural(wanted), {natural(text) for text in installed} - {None}
        same = there in mine if there is not None and mine else None
    if same is None:
        unread = whole if natural(whole) is None else wanted
        return Met(None, f"the version {clean(unread, 60)!r} cannot be compared", possible=natural(whole) is None)
    return Met(True, f"{clean(whole, 60)} is on the advisory's list of affected versions") if same else NO


def _within(bounds: Sequence[str | None], version: str, update: str) -> Met:
    whole = version if update in (ANY, NOT_APPLICABLE) else f"{version} {plain(update)}"
    mine = natural(whole)
    if mine is None:
        return Met(None, f"the installed version {clean(whole, 60)!r} cannot be compared", possible=True)
    unread = ""
    for bound, allows in zip(bounds, _ALLOWS, strict=True):
        if bound is None:
            continue
        there = natural(bound)
        if there is None:
            unread = unread or bound
        elif not allows(mine, there):
            return NO
    if unread:
        return Met(None, f"the advisory's version {clean(unread, 60)!r} cannot be read", possible=True)
    words = (f"{word} {clean(bound, 60)}" for bound, word in zip(bounds, _IN_WORDS, strict=True) if bound is not None)
    return Met(True, f"{clean(whole, 60)} is in the affected range: {' '.join(words)}")


def fixes(advisory: Advisory, component: Component) -> tuple[str, ...]:
    """The versions that end a range that may be the component's, on its platform, and are newer than it, in order."""
    system = system_of(component)
    mine = natural(installed) if (installed := version_of(component)) else None
    found = dict.fromkeys(
        match.end_excluding
        for configuration in advisory.configurations
        if _configuration(configuration, system).holds is not False
        for node in configuration.nodes
        for match in node.matches
        if match.vulnerable and match.end_excluding is not None and _mine(match, system)
        if _leaf(match, system).holds is not False
    )
    read = [(natural(text), text) for text in found]
    newer = [(bound, text) for bound, text in read if bound is not None and (mine is None or bound > mine)]
    return tuple(text for _, text in sorted(newer, key=lambda pair: pair[0]))


def ended(configurations: Iterable[Configuration], key: tuple[str, str], fixed: str) -> tuple[Configuration, ...]:
    """The configurations when of the product nothing is affected from ``fixed`` on; a range that begins later stays."""
    bound = natural(fixed)

    def each(item: CpeMatch) -> CpeMatch | None:
        wanted = _criteria(item.criteria)
        mine = wanted is not None and key == (("product", wanted) if isinstance(wanted, str) else ("cpe", wanted.key))
        if bound is None or not item.vulnerable or not mine:
            return item
        if isinstance(wanted, Cpe) and wanted.version not in (ANY, NOT_APPLICABLE):
            exact = natural(plain(wanted.version))
            return item if exact is None or exact < bound else None
        start = natural(item.start_including or item.start_excluding or "0")
        end = natural(item.end_excluding) if item.end_excluding is not None else None
        last = natural(item.end_including) if item.end_including is not None else None
        later = start is None or start >= bound
        if later or (end is not None and end <= bound) or (last is not None and last < bound):
            return item
        return msgspec.structs.replace(item, end_excluding=fixed, end_including=None)

    def node(item: CpeNode) -> CpeNode:
        return msgspec.structs.replace(item, matches=tuple(m for m in map(each, item.matches) if m is not None))

    return tuple(msgspec.structs.replace(c, nodes=tuple(map(node, c.nodes))) for c in configurations)


def stated(configurations: Iterable[Configuration]) -> tuple[Affected, ...]:
    """The vulnerable products of configurations with their versions, whatever they must run on: to be found by and shown."""
    versions: dict[str, dict[str, None]] = {}
    ranges: dict[str, dict[VersionRange, None]] = {}
    for match in (m for c in configurations for n in c.nodes for m in n.matches if m.vulnerable):
        wanted = _criteria(match.criteria)
        if not isinstance(wanted, Cpe):
            continue
        here, spans = versions.setdefault(wanted.key, {}), ranges.setdefault(wanted.key, {})
        if wanted.version == ANY:
            start = match.start_including or match.start_excluding or "0"
            spans[VersionRange(introduced=start, fixed=match.end_excluding, last_affected=match.end_including)] = None
        elif wanted.version != NOT_APPLICABLE:
            update = "" if wanted.update in (ANY, NOT_APPLICABLE) else f" {plain(wanted.update)}"
            here[f"{plain(wanted.version)}{update}"] = None
    return tuple(Affected("cpe", key, tuple(versions[key]), tuple(ranges[key])) for key in versions)
