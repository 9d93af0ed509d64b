"""Every kind keeps its protocol, says what it does, and is cheap to import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest

import pulse_tui.collectors
import pulse_tui.steps
from pulse_tui.collectors import (
    feed,
    inspect_ai,
    items,
    junit,
    lm_eval,
    mlflow,
    osv,
    promptfoo,
    pytest_benchmark,
    signals,
)
from pulse_tui.ports import Collector, FileFormat, Step
from pulse_tui.steps import mlflow_alias, webhook

# The type checker holds these modules against their protocols; the tests below hold every module there is.
_feed: Collector = feed
_mlflow: Collector = mlflow
_inspect_ai: FileFormat = inspect_ai
_items: FileFormat = items
_junit: FileFormat = junit
_lm_eval: FileFormat = lm_eval
_osv: FileFormat = osv
_promptfoo: FileFormat = promptfoo
_pytest_benchmark: FileFormat = pytest_benchmark
_signals: FileFormat = signals
_mlflow_alias: Step = mlflow_alias
_webhook: Step = webhook

HEAVY = (
    "httpx",
    "feedparser",
    "sqlalchemy",
    "packaging",
    "zstandard",
    "numpy",
    "scipy",
    "pulse_tui.web",
    "pulse_tui.services",
)


def kinds(room: ModuleType) -> list[str]:
    names = [info.name for info in pkgutil.iter_modules(room.__path__) if not info.name.startswith("_")]
    return [f"{room.__name__}.{name}" for name in names]


COLLECTORS = kinds(pulse_tui.collectors)
STEPS = kinds(pulse_tui.steps)


def conforms(module: ModuleType, protocol: type[Any], functions: tuple[str, ...]) -> None:
    assert (module.__doc__ or "").strip()
    options = module.Options
    assert issubclass(options, msgspec.Struct)
    assert options.__struct_config__.frozen
    assert options.__struct_config__.forbid_unknown_fields
    assert inspect.getdoc(options)
    for name in functions:
        function = getattr(module, name)
        assert function.__doc__, f"{module.__name__}.{name} has no docstring"
        wanted = list(inspect.signature(getattr(protocol, name)).parameters.values())[1:]
        found = list(inspect.signature(function).parameters.values())
        assert [(p.name, p.kind) for p in found] == [(p.name, p.kind) for p in wanted]


@pytest.mark.parametrize("name", COLLECTORS)
def test_a_collector_keeps_its_protocol(name: str) -> None:
    module = importlib.import_module(name)
    conforms(module, Collector, ("collect",))
    if hasattr(module, "parse") or hasattr(module, "accepts"):
        conforms(module, FileFormat, ("accepts", "parse"))
        assert module.Options() == msgspec.convert({}, module.Options), "ingest reads a file without options"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_keeps_its_protocol(name: str) -> None:
    conforms(importlib.import_module(name), Step, ("target", "value_of", "read", "write", "check"))


def test_importing_the_kinds_imports_nothing_heavy() -> None:
    names = [*COLLECTORS, *STEPS]
    code = f"import importlib, sys\nfor n in {names!r}: importlib.import_module(n)\n"
    code += f"print([m for m in {HEAVY!r} if m in sys.modules])\nimport pulse_tui.web\n"
    code += "print([m for m in ('httpx', 'sqlalchemy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split("\n")[:2] == ["[]", "[]"]


def test_the_kinds_of_this_release_are_there() -> None:
    assert [n.rpartition(".")[2] for n in COLLECTORS] == [
        "cyclonedx",
        "feed",
        "git",
        "github_actions",
        "gitlab",
        "huggingface",
        "in_toto",
        "inspect_ai",
        "items",
        "junit",
        "lm_eval",
        "mlflow",
        "oci",
        "osv",
        "package_lock",
        "prometheus",
        "promptfoo",
        "pytest_benchmark",
        "requirements",
        "signals",
        "spdx",
        "uv_lock",
    ]
    assert [n.rpartition(".")[2] for n in STEPS] == ["mlflow_alias", "webhook"]
