"""Composed nights: what an on-call team sees of one trouble, with its cause known, among what else happens on such a day.

Each is a list of lines as ``pulse-tui rehearse`` plays them (``{"at", "signal"}``), and the ids of the signals that are its
cause (none: the evidence does not decide). They are written from what goes wrong in operations, by families. Every family has
several nights with other assets, gaps and decoys, by a seed; half of them are held out when anything is chosen by their result.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import AssetType, ComponentKind, Environment, Exposure, Tier
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import asset, deployment

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""When the symptom of each night begins."""
Line = dict[str, Any]


class Night(NamedTuple):
    """One scenario."""

    name: str
    family: str
    lines: list[Line]
    causes: frozenset[str]
    """Ids of the signals that are the cause; empty: unknown."""
    held_out: bool


USES = {
    "support-bot": ["openai/gpt-4.1", "asset:gateway", "asset:retriever"],
    "search-bot": ["openai/gpt-4.1", "asset:retriever"],
    "code-assist": ["anthropic/claude-sonnet-4-5", "asset:gateway"],
    "summarizer": ["openai/gpt-4.1-mini"],
    "tagger": ["mistral/mistral-small-2506"],
    "gateway": [],
    "retriever": ["qdrant"],
}
OPENAI = ("support-bot", "search-bot")


def fill(store: SqlStore) -> None:
    """The estate of the nights."""
    since = START - timedelta(days=20)
    kinds = {"asset": ComponentKind.ASSET, "qdrant": ComponentKind.VECTOR_STORE}
    types = {"gateway": AssetType.RUNTIME, "retriever": AssetType.RETRIEVAL_CORPUS}
    with store.write() as tx:
        tx.estate.put_assets(
            asset(
                name,
                asset_type=types.get(name, AssetType.SERVICE),
                tier=Tier.INTERNAL if name == "tagger" else Tier.CUSTOMER_FACING,
                exposure=Exposure.PUBLIC,
                owner_team="ml",
            )
            for name in USES
        )
        for name, used in USES.items():
            for environment in (Environment.PRODUCTION, Environment.CANARY):
                tx.estate.deploy(deployment("1.0.0", environment, asset_id=name, since=since))
            parts = tuple(
                Component(id=c, name=c, kind=kinds.get(c.partition(":")[0], ComponentKind.HOSTED_MODEL)) for c in used
            )
            tx.dependencies.put_bill(Bill(source="estate", asset_id=name, document="", at=since, components=parts))


def config() -> dict[str, Any]:
    """The same estate as a configuration, for ``pulse-tui rehearse``."""
    since = (START - timedelta(days=20)).isoformat()
    types = {"gateway": "runtime", "retriever": "retrieval_corpus"}
    assets = [
        {
            "id": name,
            "asset_type": types.get(name, "service"),
            "owner_team": "ml",
            "tier": "internal" if name == "tagger" else "customer-facing",
            "exposure": "public",
            "environments": {e: {"version": "1.0.0", "since": since} for e in ("production", "canary")},
            "components": [_component(c) for c in used],
        }
        for name, used in USES.items()
    ]
    return {"name": "nights", "database": "sqlite:///nights.db", "estate": {"assets": assets}}


def _component(name: str) -> dict[str, str]:
    if name.startswith("asset:"):
        return {"asset": name.removeprefix("asset:")}
    return {"model": name} if "/" in name else {"kind": "vector_store", "id": name}


class _Script:
    """Writes the lines of one night; minutes count from the symptom on."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.lines: list[tuple[float, Line]] = []
        self.causes: set[str] = set()
        self._n = 0

    def say(
        self,
        kind: str,
        at: float,
        evidence: dict[str, Any],
        *,
        cause: bool = False,
        seen: float | None = None,
        **more: Any,
    ) -> str:
        """A signal that occurred at minute ``at`` and came in at minute ``seen``."""
        self._n += 1
        ident = f"{kind}-{self._n}"
        seen = at if seen is None else seen
        signal = {
            "id": ident,
            "source": f"{kind}-source",
            "signal_type": kind,
            "severity": "medium",
            "confidence": 0.95,
            "recommended_action": "notify",
            "occurred_at": _moment(at),
            "observed_at": _moment(seen),
            "title": f"{kind} of {more.get('asset_id', 'somebody')}",
            "evidence": evidence,
            "fingerprint": f"{kind}:{more.get('asset_id')}:{more.get('environment')}:{evidence.get('metric', ident)}",
            **more,
        }
        self.lines.append((seen, {"at": _moment(seen), "signal": signal}))
        if cause:
            self.causes.add(ident)
        return ident

    def between(self, low: float, high: float) -> float:
        return round(self.rng.uniform(low, high), 1)

    def pick(self, *names: str) -> str:
        return self.rng.choice(names)

    # ---- what goes wrong
    def latency(self, asset: str, at: float = 0.0, env: str = "production") -> None:
        value = self.between(1300, 3000)
        evidence = {"metric": "p95_latency", "value": value, "objective": 1000.0, "unit": "ms", "window_s": 300.0}
        self.say("latency_breach", at, evidence, asset_id=asset, environment=env, severity="high")

    def errors(self, asset: str, at: float = 0.0, env: str = "production") -> None:
        evidence = {"metric": "error_rate", "value": self.between(0.03, 0.3), "objective": 0.01, "window_s": 300.0}
        self.say("error_rate_breach", at, evidence, asset_id=asset, environment=env, severity="high")

    def well(self, asset: str, at: float) -> None:
        evidence = {"metric": "error_rate", "value": 0.002, "objective": 0.01, "window_s": 300.0}
        self.say("error_rate_breach", at, evidence, asset_id=asset, environment="production", severity="low")
        evidence = {"metric": "p95_latency", "value": 640.0, "objective": 1000.0, "unit": "ms", "window_s": 300.0}
        self.say("latency_breach", at, evidence, asset_id=asset, environment="production", severity="low")

    def regression(
        self,
        asset: str,
        at: float = 0.0,
        kind: str = "benchmark_regression",
        version: str = "1.0.0",
        suite: str = "golden",
    ) -> None:
        safety = kind == "safety_regression"
        evidence = {
            "suite": "redteam" if safety else suite,
            "task": "jailbreak" if safety else "qa",
            "metric": "jailbreak_success" if safety else "accuracy" if kind == "benchmark_regression" else "agreement",
            "baseline": 0.02 if safety else 0.91,
            "current": 0.09 if safety else 0.85,
            "higher_is_better": not safety,
            "must_pass": True,
            "verdict": "FAIL",
            "basis": "paired",
            "gate": "safety" if safety else "functional",
            "n": 500,
        }
        more: dict[str, Any] = {
            "asset_id": asset,
            "environment": "production",
            "current_version": version,
            "severity": "high",
        }
        self.say(kind, at, evidence, **more)

    def cost(self, asset: str, at: float = 0.0) -> None:
        evidence = {"metric": "usd_per_1k", "baseline": 1.0, "current": self.between(1.3, 2.0)}
        self.say("cost_change", at, evidence, asset_id=asset, environment="production")

    # ---- what happens
    def change(
        self, change: str, asset: str, at: float, env: str = "production", version: str = "1.1.0", **more: Any
    ) -> str:
        return self.say(
            "version_event", at, {"ref": f"{asset}@{version}"}, change=change, asset_id=asset, environment=env,
            baseline_version="1.0.0", current_version=version, severity="low", **more,
        )  # fmt: skip

    def dependency(self, asset: str, at: float, what: str, **more: Any) -> str:
        return self.say("dependency_change", at, {"changed": [what]}, asset_id=asset, **more)

    def note(
        self, kind: str, vendor: str, at: float, labels: list[str], models: list[str] | None = None, **more: Any
    ) -> str:
        evidence: dict[str, Any] = {"note": f"{vendor}-{kind}-{self._n}", "vendor": vendor, "labels": labels}
        if models:
            evidence["components"] = [f"{vendor}/{m}" for m in models]
        effective = more.pop("effective", None)
        if effective is not None:
            evidence["effective_at"] = _moment(effective)
        return self.say(kind, at, evidence, **more)

    def outage(
        self, vendor: str, at: float, *, seen: float, models: list[str] | None = None, cause: bool = False
    ) -> None:
        named = {"models": models} if self.rng.random() < 0.5 else {"models": None}
        self.note("incident", vendor, at, ["incident"], named["models"], seen=seen, cause=cause, severity="high")

    def cve(self, asset: str, at: float, package: str = "pkg:pypi/aiohttp") -> None:
        evidence = {
            "advisory": f"CVE-2026-{self.rng.randint(1000, 9999)}",
            "component": package,
            "installed": "3.9.1",
            "cvss": 8.1,
        }
        self.say("cve", at, evidence, asset_id=asset, severity="high")

    def silent(self, component: str, asset: str, at: float, **more: Any) -> str:
        evidence = {"component": component, "metric": "refusals", "before": "2 %", "after": "9 %", "rounds": 3}
        return self.say("silent_change", at, evidence, asset_id=asset, **more)

    # ---- what happens on any day, and has nothing to do with it
    def decoys(self, asset: str, *, own: bool = True) -> None:
        other = self.pick(
            *(a for a in USES if a != asset and f"asset:{a}" not in USES[asset] and a not in ("gateway", "retriever"))
        )
        some: list[Callable[[], object]] = [
            lambda: self.cve(asset, self.between(-600, -60)),
            lambda: self.change("deployment", other, self.between(-30, -2), version="7.0.0"),
            lambda: self.note("vendor_note", "mistral", self.between(-500, -30), ["new_model"], ["mistral-large-2512"]),
            lambda: self.note("pricing_change", "anthropic", self.between(-900, -60), ["pricing"], ["claude-opus-4-5"]),
            lambda: self.note("vendor_note", "openai", self.between(-700, -120), ["new_model"], ["gpt-5.2"]),
            lambda: self.note("vendor_note", "openai", self.between(-700, -120), ["other"]),
            lambda: self.say("source_health", self.between(-300, -10), {"subject": "source news", "state": "late"}),
            lambda: self.well(other, self.between(-20, -1)),
        ]
        if own:
            some.append(lambda: self.change("deployment", asset, self.between(-3000, -1600), version="1.0.0"))
            some.append(lambda: self.change("build", asset, self.between(-120, -10), version="1.2.0-rc1"))
        for make in self.rng.sample(some, self.rng.randint(2, 4)):
            make()


def _moment(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


# --------------------------------------------------------------------------- families


def _deploy_latency(s: _Script) -> None:
    bot = s.pick("support-bot", "code-assist", "summarizer")
    s.change("deployment", bot, s.between(-25, -3), cause=True)
    s.latency(bot)
    s.decoys(bot)


def _promotion_errors(s: _Script) -> None:
    bot = s.pick("search-bot", "tagger", "summarizer")
    s.change("promotion", bot, s.between(-40, -4), cause=True)
    s.errors(bot)
    s.latency(bot, s.between(2, 15))
    s.decoys(bot)


def _canary_deploy(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot")
    s.change("deployment", bot, s.between(-30, -5), env="canary", cause=True)
    s.change("config_change", "tagger", s.between(-20, -2))
    s.latency(bot, env="canary")
    s.decoys(bot)


def _gateway_config(s: _Script) -> None:
    s.change("config_change", "gateway", s.between(-20, -4), version="2.4.1", cause=True)
    s.errors("gateway", s.between(-3, -1))
    s.latency("support-bot", 0)
    s.latency("code-assist", s.between(1, 6))
    s.note("vendor_note", "openai", s.between(-500, -60), ["behaviour_change"], ["gpt-4.1"], asset_id="support-bot")
    s.cve("support-bot", s.between(-600, -60))


def _gateway_deploy_only_callers_suffer(s: _Script) -> None:
    s.change("deployment", "gateway", s.between(-20, -4), version="2.5.0", cause=True)
    s.errors("support-bot", 0)
    s.errors("code-assist", s.between(1, 8))
    s.decoys("support-bot")


def _gateway_times_out(s: _Script) -> None:
    """The proxy is slow, nobody changed anything: what is below it is where to look, not the model."""
    s.latency("gateway", -s.between(4, 10))
    s.causes.add(s.lines[-1][1]["signal"]["id"])
    s.latency("support-bot", 0)
    s.note("vendor_note", "openai", s.between(-700, -200), ["behaviour_change"], ["gpt-4.1"], asset_id="support-bot")
    s.cve("support-bot", s.between(-600, -60))


def _retriever_deploy(s: _Script) -> None:
    s.change("deployment", "retriever", s.between(-30, -5), version="2026-11-23", cause=True)
    s.latency("search-bot", 0)
    if s.rng.random() < 0.5:
        s.latency("support-bot", s.between(1, 9))
    s.decoys("search-bot")


def _vendor_outage(s: _Script) -> None:
    began = s.between(-15, -2)
    s.outage("openai", began, seen=s.between(15, 40), models=["gpt-4.1"], cause=True)
    s.errors("support-bot", 0)
    s.errors("search-bot", s.between(1, 5))
    s.change("deployment", "support-bot", s.between(-420, -240))
    s.well("code-assist", s.between(1, 8))
    s.decoys("support-bot", own=False)


def _vendor_outage_despite_deploy(s: _Script) -> None:
    s.change("deployment", "support-bot", s.between(-45, -20))
    s.outage("openai", s.between(-8, -1), seen=s.between(5, 30), models=["gpt-4.1"], cause=True)
    s.errors("support-bot", 0)
    s.errors("search-bot", s.between(1, 4))
    s.latency("search-bot", s.between(3, 9))
    s.decoys("search-bot", own=False)


def _vendor_outage_during_canary(s: _Script) -> None:
    s.change("deployment", "code-assist", s.between(-20, -5), env="canary")
    s.outage("anthropic", s.between(-10, -1), seen=s.between(10, 35), models=["claude-sonnet-4-5"], cause=True)
    s.errors("code-assist", 0)
    s.decoys("code-assist")


def _silent_change(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot")
    s.silent("openai/gpt-4.1", bot, s.between(-600, -90), cause=True)
    s.regression(bot)
    s.change("deployment", "tagger", s.between(-200, -20), version="3.0.0")
    s.decoys(bot, own=False)


def _silent_change_seen_later(s: _Script) -> None:
    at = s.between(60, 200)
    s.regression("search-bot")
    s.silent("openai/gpt-4.1", "search-bot", at, seen=at + 2, cause=True)
    s.decoys("search-bot", own=False)


def _rate_limit(s: _Script) -> None:
    ahead = s.rng.random() < 0.5
    at = s.between(-14000, -6000) if ahead else s.between(-200, -30)
    effective = s.between(-40, -5) if ahead else None
    s.note(
        "rate_limit_change",
        "openai",
        at,
        ["rate_limit"],
        ["gpt-4.1"],
        asset_id="support-bot",
        effective=effective,
        cause=True,
    )
    s.errors("support-bot", 0)
    s.decoys("support-bot")


def _suite_changed(s: _Script) -> None:
    bot = s.pick("support-bot", "code-assist", "tagger")
    s.say(
        "suite_changed", s.between(-300, -20), {"suite": "golden", "expected_digest": "aa", "digest": "bb"}, cause=True
    )
    s.regression(bot)
    s.decoys(bot)


def _dependency(s: _Script) -> None:
    bot = s.pick("support-bot", "code-assist", "summarizer")
    what = s.pick("openai-sdk 1.90.0 -> 2.0.0", "cuda driver 550 -> 570", "tokenizers 0.21 -> 0.22")
    s.dependency(bot, s.between(-90, -10), what, cause=True, environment="production")
    s.latency(bot, 0)
    s.cve(bot, s.between(-300, -30))
    s.decoys(bot, own=False)


def _model_alias_moved(s: _Script) -> None:
    s.dependency("tagger", s.between(-900, -120), "mistral-small alias moved", cause=True)
    s.regression("tagger")
    s.cve("tagger", s.between(-300, -30))


def _price(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot")
    s.note("pricing_change", "openai", s.between(-4000, -600), ["pricing"], ["gpt-4.1"], asset_id=bot, cause=True)
    s.cost(bot)
    s.change("deployment", "summarizer", s.between(-600, -60))
    s.decoys(bot, own=False)


def _max_tokens(s: _Script) -> None:
    bot = s.pick("code-assist", "summarizer")
    s.change("config_change", bot, s.between(-700, -120), version="1.0.0+tokens", cause=True)
    s.cost(bot)
    s.note("pricing_change", "mistral", s.between(-1500, -600), ["pricing"], ["mistral-small-2506"])
    s.cve(bot, s.between(-300, -30))


def _prompt_safety(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot", "code-assist")
    change = s.pick("prompt_revision", "system_prompt_change")
    s.change(change, bot, s.between(-500, -40), version="1.1.0", cause=True)
    s.regression(bot, kind="safety_regression", version="1.1.0")
    s.note("vendor_note", "openai", s.between(-1200, -300), ["new_model"], ["gpt-5.2"])
    s.decoys(bot, own=False)


def _prompt_quality(s: _Script) -> None:
    bot = s.pick("summarizer", "tagger")
    s.change("prompt_revision", bot, s.between(-300, -20), version="1.1.0", cause=True)
    s.regression(bot, kind=s.pick("benchmark_regression", "consistency_drop"), version="1.1.0")
    s.decoys(bot)


def _adapter(s: _Script) -> None:
    s.change("adapter_update", "tagger", s.between(-400, -30), version="1.1.0", cause=True)
    s.regression("tagger", kind=s.pick("calibration_drift", "benchmark_regression"), version="1.1.0")
    s.decoys("tagger")


def _content(s: _Script) -> None:
    s.change("digest_changed", "summarizer", s.between(-300, -20), version="1.0.0", cause=True)
    s.regression("summarizer")
    s.decoys("summarizer", own=False)


def _config_latency(s: _Script) -> None:
    bot = s.pick("summarizer", "code-assist", "tagger")
    s.change("config_change", bot, s.between(-20, -2), version="1.0.0+pool", cause=True)
    s.latency(bot)
    s.change("deployment", bot, s.between(-1500, -1100), version="1.0.0")
    s.decoys(bot, own=False)


def _end_of_model(s: _Script) -> None:
    s.note("deprecation", "mistral", -40000, ["deprecation"], ["mistral-small-2506"], asset_id="tagger",
           effective=s.between(-30, -1), cause=True)  # fmt: skip
    s.errors("tagger")
    s.decoys("tagger")


def _rollback_worse(s: _Script) -> None:
    bot = s.pick("support-bot", "summarizer")
    s.change("rollback", bot, s.between(-20, -3), version="0.9.0", cause=True)
    s.errors(bot)
    s.decoys(bot, own=False)


# ---- where the evidence does not decide


def _two_in_one_minute(s: _Script) -> None:
    bot = s.pick("support-bot", "code-assist", "summarizer")
    at = s.between(-20, -3)
    s.change("deployment", bot, at)
    s.change("config_change", bot, at + 0.4, version="cfg-77")
    s.latency(bot)
    s.decoys(bot, own=False)


def _bot_and_gateway(s: _Script) -> None:
    at = s.between(-15, -4)
    s.change("deployment", "support-bot", at)
    s.change("deployment", "gateway", at + 0.5, version="2.5.0")
    s.errors("support-bot")
    s.decoys("support-bot", own=False)


def _nothing(s: _Script) -> None:
    s.pick("")
    s.latency(s.pick("support-bot", "tagger", "code-assist"))


def _only_unrelated(s: _Script) -> None:
    s.latency("summarizer")
    s.change("deployment", "tagger", s.between(-10, -2))
    s.note("incident", "anthropic", s.between(-20, -5), ["incident"], ["claude-sonnet-4-5"], severity="high")
    s.note("vendor_note", "mistral", s.between(-100, -5), ["behaviour_change"], ["mistral-small-2506"])


def _only_cve(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot")
    s.errors(bot)
    s.cve(bot, s.between(-300, -30))
    s.note("vendor_note", "openai", s.between(-700, -120), ["new_model"], ["gpt-5.2"])


def _only_afterwards(s: _Script) -> None:
    bot = s.pick("support-bot", "summarizer")
    s.errors(bot)
    s.change("deployment", bot, s.between(25, 60))
    s.cve(bot, s.between(-300, -30))


def _canary_only(s: _Script) -> None:
    bot = s.pick("support-bot", "search-bot", "code-assist")
    s.change("deployment", bot, s.between(-20, -3), env="canary")
    s.errors(bot)
    s.cve(bot, s.between(-300, -30))


def _long_ago(s: _Script) -> None:
    bot = s.pick("code-assist", "summarizer")
    s.change("deployment", bot, s.between(-2800, -1500))
    s.latency(bot)
    s.note("vendor_note", "openai", s.between(-700, -120), ["other"])


def _deploy_and_outage(s: _Script) -> None:
    s.change("deployment", "code-assist", s.between(-8, -4))
    s.outage("anthropic", s.between(-7, -3), seen=s.between(5, 20), models=["claude-sonnet-4-5"])
    s.errors("code-assist")


def _prompt_and_silent(s: _Script) -> None:
    at = s.between(-300, -100)
    s.change("prompt_revision", "search-bot", at, version="1.0.0")
    s.silent("openai/gpt-4.1", "search-bot", at + s.between(-20, 20))
    s.regression("search-bot")


FAMILIES: dict[str, Callable[[_Script], None]] = {
    name.removeprefix("_"): make
    for name, make in list(globals().items())
    if name.startswith("_") and callable(make) and getattr(make, "__annotations__", {}).get("s") == "_Script"
}
VARIANTS = 4


def nights(variants: int = VARIANTS) -> Iterator[Night]:
    """Every night; the odd ones of each family are held out."""
    for family, make in FAMILIES.items():
        for number in range(variants):
            script = _Script(f"{family}/{number}")
            make(script)
            lines = [line for _, line in sorted(script.lines, key=lambda pair: pair[0])]
            yield Night(f"{family}-{number}", family, lines, frozenset(script.causes), bool(number % 2))
