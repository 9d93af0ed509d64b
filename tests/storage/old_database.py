"""A database of schema 0001 with rows in every table, and what a database holds, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

_MODELS = """
eu.anthropic.claude-opus-4-5-20251101-v1:0 sap-ai-core/anthropic--claude-4.5-haiku venice/claude-sonnet-45
openrouter/anthropic/claude-sonnet-3.7:thinking anthropic.claude-v2:1 gpt-4.1 azure/eu/gpt-5-mini-2025-08-07
openrouter/openai/o3-mini-high ollama/gpt-oss:120b vertex_ai/publishers/google/models/gemini-2.0-flash@001
gemini-embedding-001 vercel/google/gemini-3-flash lmstudio/google/gemma-4-e4b-it cerebras/llama3.1-8b
vertex/meta/llama-4-maverick-17b-128e-instruct-maas databricks/databricks-meta-llama-3-3-70b-instruct
fireworks-ai/accounts/fireworks/models/kimi-k2p5 together/Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8
mistralai/Mistral-Small-3.2-24B-Instruct-2506 nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16
nvidia/llama-3_3-nemotron-super-49b-v1_5 venice/openai-gpt-52 someplace/deepseek-v3-1 x-ai/grok-4.1-fast
amazon.titan-embed-text-v2:0 acme/Support-Bot openrouter/nousresearch/hermes-3-llama-3.1-405b ft:gpt-4o:acme::9x1
huggingface/someone/Llama-3.3-70B-Instruct-abliterated minimax/MiniMax-M2.5 zai-org/GLM-4.6 cohere.command-r-plus-v1:0
xiaomi/MiMo-V2-Flash ibm/granite-4.0-h-small microsoft/Phi-4-mini-instruct writer.palmyra-x5-v1:0 tencent/Hunyuan-A13B
perplexity/sonar-pro stepfun-ai/step-3 ai21.jamba-1-5-large-v1:0 mistral.mistral-7b-instruct-v0:2 sarvamai/sarvam-m
arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0 replicate/meta/llama-2-70b-chat qwen-max-2025-01-25
"""
_PACKAGES = [
    ("pkg:pypi/Ruamel.Yaml_clib", "Ruamel.Yaml_clib", "PyPI"),
    ("pkg:pypi/vllm", "vllm", None),
    ("pkg:golang/github.com/Foo/Bar", "github.com/Foo/Bar", None),
    ("pkg:maven/Org.Apache/Log4j", "Org.Apache:Log4j", "Maven"),
    ("pkg:deb/Zlib", "Zlib", None),
    ("pkg:deb/debian/openssl", "openssl", "Debian:12"),
    ("pkg:apk/Musl", "Musl", None),
    ("pkg:cargo/Serde", "Serde", None),
    ("pkg:npm/%40Scope/Name", "@Scope/Name", "npm"),
    ("pkg:gem/Rails", "Rails", None),
    ("pkg:composer/a/B", "a/B", None),
    ("pkg:githubactions/actions/Checkout", "actions/Checkout", None),
    ("pkg:swift/x/Y", "x/Y", None),
    ("in-house-lib", "In House", None),
]
_DEPENDENCY = (
    "INSERT INTO dependencies (asset_id, component_id, kind, name, version, ecosystem, environments) "
    "VALUES (:asset, :id, :kind, :name, :version, :ecosystem, :environments)"
)
_DEPLOYMENT = (
    "INSERT INTO deployments (asset_id, environment, version, since, traffic, production_critical, source) "
    "VALUES (:asset, :environment, '3.8.1', :since, :traffic, :critical, :source)"
)
_DAY = 86_400_000_000
_NOW = 1_795_403_400_000_000


def fill(connection: sa.Connection) -> None:
    """Two rows in every table that there is, and what the migrations turn into something else."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if table.name not in ("alembic_version", "dependencies", "deployments"):
            connection.execute(sa.insert(table), [_row(table, n) for n in (1, 2)])
    connection.execute(sa.text(_DEPENDENCY), list(_dependencies()))
    connection.execute(sa.text(_DEPLOYMENT), list(_deployments()))


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    return {
        c.name: None if c.nullable and number == 2 else _value(f"{table.name}.{c.name}.{number}", c, number)
        for c in table.columns
    }


def _value(words: str, column: sa.Column[Any], number: int) -> Any:
    match column.type:
        case sa.Boolean():
            return number == 1
        case sa.Float():  # exact in binary
            return number + 0.25
        case sa.Integer():
            return _NOW - number * _DAY if column.name.endswith("at") else number
        case sa.LargeBinary():
            return words.encode()
        case _:
            return words


def _dependencies() -> Iterator[dict[str, Any]]:
    for n, (ident, name, ecosystem) in enumerate(_PACKAGES):
        for asset in ("support-bot", "code-assist")[: 1 + n % 2]:
            yield _used(
                asset, ident, "package", name, ecosystem, version=f"{n}.1", where='["canary"]' if n % 3 else "[]"
            )
    for n, ident in enumerate(_MODELS.split()):
        asset = ("support-bot", "code-assist")[n % 2]
        yield _used(asset, ident, "hosted_model", ident.rpartition("/")[2], None, where='["production"]')
    yield _used("embed", "pkg:pypi/vllm", "package", "vllm", "PyPI", version="0.9.1")
    yield _used("code-assist", "guard", "safety_filter", "Guard", None, version="12.4")
    yield _used("embed", "ghcr.io/acme/Embed", "image", "Embed", None, version="sha256:1")


def _used(
    asset: str, ident: str, kind: str, name: str, ecosystem: str | None, version: str | None = None, where: str = "[]"
) -> dict[str, Any]:
    return {
        "asset": asset, "id": ident, "kind": kind, "name": name, "version": version, "ecosystem": ecosystem,
        "environments": where,
    }  # fmt: skip


def _deployments() -> Iterator[dict[str, Any]]:
    rows = [
        ("support-bot", "production", 87.5, True, "estate"),
        ("support-bot", "canary", 12.5, False, "rollback"),
        ("code-assist", "production", 100.0, False, "mlflow"),
    ]
    for n, (asset, environment, traffic, critical, source) in enumerate(rows):
        yield {
            "asset": asset, "environment": environment, "since": _NOW - n, "traffic": traffic, "critical": critical,
            "source": source,
        }  # fmt: skip


def dump(connection: sa.Connection) -> dict[str, list[str]]:
    """Every table's rows as ``column=value`` words, sorted. Marks are left out: each database counts its own way."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return {t.name: _rows(connection, t) for t in metadata.sorted_tables if t.name != "alembic_version"}


def _rows(connection: sa.Connection, table: sa.Table) -> list[str]:
    columns = [c for c in sorted(table.columns, key=lambda c: c.name) if (table.name, c.name) != ("touched", "mark")]
    rows = connection.execute(sa.select(*columns))
    return sorted(" ".join(f"{c.name}={_shown(v)}" for c, v in zip(columns, row, strict=True)) for row in rows)


def _shown(value: Any) -> str:
    plain = bytes(value) if isinstance(value, memoryview) else value
    return repr(int(plain) if isinstance(plain, bool) else plain)
