"""Policies from a few lines of YAML."""

from __future__ import annotations

import textwrap

from pulse_tui.domain.errors import Problem
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.kinds import Kinds
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.load import load_policy
from pulse_tui.settings.document import parse

KINDS = tuple(Kinds("actions"))

HEAD = """\
rules:
  - id: accuracy
    owner: ml-platform
    review: 2027-05-01
    on: [benchmark_regression]
    priority: P2
    actions: [block, notify]
"""


def rule(rest: str) -> str:
    """The rule of :data:`HEAD` with more keys (indented as a rule's)."""
    return HEAD + textwrap.indent(textwrap.dedent(rest).strip("\n"), "    ") + "\n"


def try_load(text: str, routes: tuple[str, ...] | None = None) -> tuple[Policy | None, list[Problem]]:
    node, problems = parse(text, "policy.yaml")
    assert node is not None
    return load_policy(node, action_kinds=KINDS, problems=problems, variables=VARIABLES, route_ids=routes), problems


def load(text: str) -> Policy:
    policy, problems = try_load(text)
    assert not problems, "\n".join(map(str, problems))
    assert policy is not None
    return policy


def refused(text: str, routes: tuple[str, ...] | None = None) -> str:
    """All problems of a policy that must not load, one a line."""
    policy, problems = try_load(text, routes)
    assert policy is None
    return "\n".join(map(str, problems))
