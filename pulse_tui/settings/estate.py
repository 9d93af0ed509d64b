"""The ``estate`` section: assets, endpoints and workflows, from one file or several."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.cpe import BadCpe, parse_cpe, product_name
from pulse_tui.domain.errors import Problem
from pulse_tui.domain.purl import BadPurl, parse
from pulse_tui.domain.text import clean
from pulse_tui.settings.check import nearest
from pulse_tui.settings.document import Node
from pulse_tui.settings.lists import named, unique
from pulse_tui.settings.shapes import AssetShape, ComponentShape, EndpointShape, EstateShape, WorkflowShape

_LISTS = ("assets", "endpoints", "workflows")


def join_estates(first: Node, second: Node) -> bool:
    """Put the lists of a second file's section behind those of the first; False when they are no such sections."""
    if not isinstance(first.value, dict) or not isinstance(second.value, dict):
        return False
    for node in (first, second):
        if not all(key in _LISTS and isinstance(child.value, list) for key, child in node.items()):
            return False
    for key, child in second.items():
        there = first.get(key)
        if there is None:
            first.value[key] = child
            first.key_marks[key] = second.key_marks[key]
        else:
            there.value.extend(child.value)
    return True


def read_estate(node: Node | None, problems: list[Problem]) -> EstateShape:
    """The section as a shape; what is wrong goes to ``problems``."""
    if node is None or node.value is None:
        return EstateShape()
    if not isinstance(node.value, dict):
        problems.append(Problem(str(node.mark), "estate: expected 'assets:' and a list"))
        return EstateShape()
    for key in (k for k, _ in node.items() if k not in _LISTS):
        problems.append(Problem(str(node.key_marks[key]), f"estate: unknown key {key!r}", nearest(key, _LISTS)))
    assets = unique(node.get("assets"), "estate.assets", AssetShape, problems)
    _check_assets(node, assets, problems)
    return EstateShape(
        assets=tuple(assets),
        endpoints=tuple(unique(node.get("endpoints"), "estate.endpoints", EndpointShape, problems)),
        workflows=tuple(unique(node.get("workflows"), "estate.workflows", WorkflowShape, problems)),
    )


def states_assets(node: Node | None) -> bool:
    """Whether the section lists assets, with however many; a key without a value, or no section, states nothing."""
    assets = node.get("assets") if node is not None else None
    return assets is not None and isinstance(assets.value, list)


def version_marks(node: Node | None) -> Iterator[tuple[str, str]]:
    """``asset/environment`` of every deployment whose version is stated, and the ``file:line`` where."""
    assets = node.get("assets") if node is not None else None
    for child in assets.elements() if assets is not None else ():
        environments = child.get("environments")
        for name, place in environments.items() if environments is not None else ():
            version = place.get("version")
            if version is not None:
                yield f"{named(child.get('id'))}/{name}", str(version.mark)


def _check_assets(node: Node, assets: list[AssetShape], problems: list[Problem]) -> None:
    nodes = {named(c.get("id")): c for c in (node.get("assets") or Node([], node.mark)).elements()}
    for asset in assets:
        child = nodes[asset.id]
        for i, component in enumerate(asset.components):
            wrong = _component(asset, i, component)
            if wrong is not None:
                mark = child.value["components"].value[i].mark
                problems.append(Problem(str(mark), *wrong))
        versions = [r.version for r in asset.releases]
        for version in {v for v in versions if versions.count(v) > 1}:
            problems.append(Problem(str(child.mark), f"asset {asset.id}: release {version} is given twice"))


def _component(asset: AssetShape, i: int, component: ComponentShape) -> tuple[str, str] | None:
    named = [component.purl, component.model, component.asset, component.id]
    if sum(n is not None for n in named) != 1 or (component.id is not None and component.kind is None):
        return f"component {i} of {asset.id}: give exactly one of purl, model, asset, or kind with id", ""
    if component.purl is not None:
        try:
            parse(component.purl)
        except BadPurl as error:
            return f"{component.purl!r} is not a package URL: {error}", "write pkg:pypi/vllm@0.9.1"
    if component.usage is not None and component.model is None:
        return f"component {i} of {asset.id}: only a model has a usage", "give it to the component with a model"
    if component.asset == asset.id:
        return f"component {i} of {asset.id}: an asset cannot depend on itself", "name another asset"
    return _declared(f"component {i} of {asset.id}", component)


def _declared(where: str, component: ComponentShape) -> tuple[str, str] | None:
    """What is wrong with the names that advisories use."""
    known_as = [name for name in (component.cpe, component.product) if name is not None]
    platform = (component.platform,) if isinstance(component.platform, str) else component.platform
    if (component.model is not None or component.asset is not None) and (known_as or platform):
        return f"{where}: a hosted model or an asset has no cpe, product or platform", "give them to its components"
    if platform and not known_as:
        return f"{where}: a platform says nothing without a cpe or a product", "name it as its advisories do"
    for name in (component.cpe, *(p for p in platform if p.lower().startswith("cpe:"))):
        if name is None:
            continue
        try:
            parse_cpe(name)
        except BadCpe as error:
            return (
                f"{where}: {clean(name, 100)!r} is no CPE name: {error}",
                "write cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*",
            )
    for name in (component.product, *platform):
        if name is not None and not product_name(name):
            return f"{where}: {clean(name, 100)!r} has no letter or number", "write the name that its advisories use"
    if len(known_as) > 1 and component.purl is not None and parse(component.purl).ecosystem:
        return f"{where}: a package that advisories name needs no cpe and product beside it", "give one of the two"
    return None
