"""The universe of a catalogue: which of its entries are a lab's own models, and which it links to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pulse_tui.domain.catalogue import Catalogue, CatalogueModel
from pulse_tui.domain.errors import SourceError
from pulse_tui.enrich.vendors.labs import ORGS, PLATFORMS
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.enrich.vendors.universe import LONGEST, Entry, Universe

_LITELLM = {
    "text-completion-openai": "openai", "gemini": "google", "cohere_chat": "cohere", "moonshot": "moonshotai",
    "dashscope": "alibaba", "zai": "zhipuai", "meta_llama": "meta", "amazon_nova": "amazon",
}  # fmt: skip
"""litellm's names of labs, where they are others."""


def universe_of(catalogue: Catalogue) -> Universe:
    """The models that the catalogue lists by their labs' own names. Raises SourceError where there are none."""
    by_platform = defaultdict[str, list[CatalogueModel]](list)
    links = dict[str, str]()
    for model in catalogue.models:
        platform, slash, _ = model.id.rpartition("/")
        if not 0 < len(model.id) <= LONGEST:
            continue
        if model.target is not None:
            links[model.key.lower()] = model.target
        elif catalogue.shape == "litellm":
            by_platform[_LITELLM.get(model.platform, model.platform)].append(model)
        elif catalogue.shape == "openrouter" and slash:
            by_platform[platform].append(model)  # its ids begin with the lab
        else:
            by_platform[model.platform].append(model)
    entries = [
        Entry(provider=platform, model=id_, title=model.name[:LONGEST], released=(model.released or "")[:10])
        for platform, models in by_platform.items()
        if _is_lab(platform, models, strict=catalogue.shape == "litellm")
        for model in models
        if (id_ := _own_id(platform, model.id)) is not None
    ]
    if not entries:
        todo = "Give one that lists labs: models.dev's api.json, litellm's price file, or a file of labs"
        raise SourceError("the catalogue lists no model by its lab's own name", todo=todo)
    return Universe(entries, links)


def _is_lab(platform: str, models: Sequence[CatalogueModel], *, strict: bool) -> bool:
    """Whether a provider lists its own models: a lab that is known, or one whose models are nobody else's."""
    if platform in ORGS:
        return True
    if strict or not platform or platform in PLATFORMS:
        return False
    return not any("/" in m.id or canonical(m.id).lab is not None for m in models)


def _own_id(platform: str, id_: str) -> str | None:
    """The id of a lab's own model; None for what it serves of others, a free or tuned variant, a size of pictures."""
    model = id_.removeprefix(f"{platform}/")
    if "/" in model or ":" in model:
        return None
    lab = canonical(model).lab
    return model if lab is None or lab == ORGS.get(platform, platform) else None
