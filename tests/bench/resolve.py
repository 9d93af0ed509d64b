"""Platforms' names of models: shares of exact, wrong and unknown, and names a second.

``python -m tests.bench resolve``: the labelled names of the shared data; every model of the labs' catalogue as platforms write
it, by their habits; and how many of the names in real catalogues mean an entry.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogue_models import universe_of
from pulse_tui.enrich.vendors.catalogues.reading import read
from pulse_tui.enrich.vendors.identity import pin_of
from pulse_tui.enrich.vendors.universe import Universe

_DATA = Path(os.environ.get("PULSE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FOLDER = _DATA / "vendor"
HUB = {
    "alibaba": "Qwen", "deepseek": "deepseek-ai", "google": "google", "meta": "meta-llama", "minimax": "MiniMaxAI",
    "mistral": "mistralai", "moonshotai": "moonshotai", "nvidia": "nvidia", "openai": "openai", "zhipuai": "zai-org",
    "xiaomi": "XiaomiMiMo", "stepfun": "stepfun-ai", "sarvam": "sarvamai", "cohere": "CohereLabs",
}  # fmt: skip
ROUTED = {
    "alibaba": "qwen", "meta": "meta-llama", "mistral": "mistralai", "xai": "x-ai", "zhipuai": "z-ai",
}  # fmt: skip
SHOWN = 10
REGIONS = ("", "us.", "eu.", "apac.", "global.")


def variants(lab: str, model: CatalogueModel) -> Iterator[str]:
    """One model as platforms would write it."""
    name = model.id
    dashed = re.sub(r"(?<=\d)\.(?=\d)", "-", name)
    dotted = re.sub(r"(?<=[a-z]-\d)-(?=\d\b)", ".", name) if lab == "anthropic" else name
    open_ = model.capability.get("flags", ()) and "open_weights" in model.capability["flags"]
    yield from (name, f"{lab}/{name}", f"models/{name}", f"litellm/{lab}/{name}", f"somewhere/{name}")
    for platform in ("openrouter", "vercel", "requesty", "kilo", "zenmux", "fastrouter", "nano-gpt", "orcarouter"):
        yield f"{platform}/{ROUTED.get(lab, lab)}/{dotted.lower()}"
    yield f"openrouter/{ROUTED.get(lab, lab)}/{dotted.lower()}:free"
    yield from (
        f"github-copilot/{dotted}",
        f"github-models/{lab}/{name.lower()}",
        f"poe/{lab}/{dotted}",
        f"azure/{name}",
    )
    yield from (
        f"venice/{dashed.lower()}",
        f"opencode/{name.lower()}",
        f"opencode/{name.lower()}-free",
        f"neon/{dashed.lower()}",
    )
    yield f"databricks/databricks-{dashed.lower()}"
    if lab == "anthropic":
        pinned = pin_of(name)
        vertex = f"{name.removesuffix(f'-{pinned}')}@{pinned}" if pinned else f"{name}@default"
        yield from (
            f"google-vertex/{vertex}",
            f"vertex_ai/{vertex}",
            f"projects/p/locations/l/publishers/anthropic/models/{vertex}",
        )
        yield from (f"amazon-bedrock/{region}anthropic.{name}-v1:0" for region in REGIONS)
        yield f"arn:aws:bedrock:us-east-1::foundation-model/anthropic.{name}-v1:0"
        yield f"sap-ai-core/anthropic--{dotted}"
    if lab == "google":
        yield from (f"publishers/google/models/{name}", f"vertex_ai/{name}", f"gemini/{name}", f"google-vertex/{name}")
    if lab == "openai" and pin_of(name) is None and not open_:
        yield from (f"azure/eu/{name}", f"azure/global-standard/{name}", f"azure_ai/{name}")
        if model.released and len(model.released) == 10:
            yield f"azure/{name}-{model.released}"
    if open_ and lab in HUB:
        shown = name.title() if lab != "minimax" else name
        yield from (
            f"huggingface/{HUB[lab]}/{shown}",
            f"synthetic/hf:{HUB[lab]}/{name}",
            f"chutes/{HUB[lab]}/{shown}-TEE",
        )
        yield from (f"deepinfra/{HUB[lab]}/{shown}-Turbo", f"together/{HUB[lab]}/{name}-FP8", f"unsloth/{name}-GGUF")
        yield from (
            f"cloudflare-workers-ai/@cf/{lab}/{name.lower()}",
            f"google-vertex/{name.lower()}-maas",
            f"groq/{lab}/{name}",
        )
        yield f"fireworks-ai/accounts/fireworks/models/{re.sub(r'(?<=[0-9])[.](?=[0-9])', 'p', name.lower())}"
        yield f"mlx-community/{name}-4bit"
        if lab in ("meta", "mistral", "deepseek", "alibaba", "minimax", "moonshotai", "nvidia", "zhipuai"):
            yield f"us.{ {'alibaba': 'qwen', 'zhipuai': 'zai'}.get(lab, lab) }.{name.lower()}-v1:0"


def shares(universe: Universe, rows: Iterable[tuple[str, str]]) -> str:
    """exact, wrong and unknown of (name, what it means)."""
    counts, wrong = Counter[str](), list[str]()
    for alias, want in rows:
        got = universe.resolve(alias).canonical
        counts["exact" if got == want else "unknown" if got is None else "wrong"] += 1
        if got not in (want, None):
            wrong.append(f"    {alias}: {got}, labelled {want}")
    total = counts.total()
    text = ", ".join(f"{what} {counts[what] / total:.4f}" for what in ("exact", "wrong", "unknown"))
    return "\n".join([f"{total:,} names, {text}", *wrong[:SHOWN]])


def main() -> None:
    """Print the shares and the speed."""
    if not (FOLDER / "catalog").is_dir():
        print("resolve: skipped, the shared data is not here")
        return
    labs = read("labs", (FOLDER / "catalog" / "labs-2026-07.json.gz").read_bytes()).catalogue
    started = time.perf_counter()
    universe = universe_of(labs)
    print(f"resolve: {len(universe)} models in the universe, built in {(time.perf_counter() - started) * 1_000:.0f} ms")
    rows = [json.loads(line) for line in (FOLDER / "aliases" / "dev.jsonl").read_text().splitlines()]
    print("  labelled:", shares(universe, ((r["alias"], r["canonical"]) for r in rows)))
    made = [(alias, m.key) for m in labs.models for alias in variants(m.platform, m)]
    print("  made by platforms' habits:", shares(universe, made))
    names = set[str]()
    for file in sorted((FOLDER / "catalog").glob("*.json.gz")):
        catalogue = read(file.name, file.read_bytes()).catalogue
        names.update(m.key for m in catalogue.models if not file.name.startswith("labs"))
    begun = time.perf_counter()
    found = [universe.resolve(name) for name in names]
    took = time.perf_counter() - begun
    counts = Counter((r.match, "in the catalogue" if r.listed else "by rules" if r.canonical else "") for r in found)
    print(f"  real catalogues: {len(names):,} names, {len(names) / took:,.0f} a second, each for the first time")
    for (match, how), count in counts.most_common():
        print(f"    {match:<8} {how:<17} {count / len(names):.3f}")


if __name__ == "__main__":
    main()
