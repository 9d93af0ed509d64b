"""The parts of the documentation that are made from the code: commands, keys, and the options of every kind."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulse_tui.cli.main import COMMANDS, parser_of, tower_parser
from pulse_tui.kinds import FAMILIES, Kinds
from pulse_tui.settings import people_shapes, shapes
from pulse_tui.settings.describe import Option, Shape, old_names, options_in, prose, shapes_in
from pulse_tui.settings.hooks import HooksShape, SenderShape
from pulse_tui.settings.maintenance import MaintenanceShape
from pulse_tui.settings.service import ServiceShape

_FAMILY = {
    "collectors": ("source", "sources", "`id`, `kind`, `every` (how often, default 5m) and `enabled` (default true)"),
    "actions": ("action", "routes", "`id`, `kind` and `owner_teams` (whom it serves, default everybody)"),
    "steps": ("step", "steps of a playbook", "`kind` and `timeout` (default 30s)"),
}
"""Family -> (one of it, where it stands in the configuration, the keys that all of them have)."""
_SECTIONS: tuple[tuple[str, Shape], ...] = (
    ("estate", shapes.EstateShape),
    ("suites", shapes.SuiteShape),
    ("operators", shapes.OperatorShape),
    ("approvals", shapes.ApprovalsShape),
    ("hooks", HooksShape),
    ("service", ServiceShape),
    ("senders", SenderShape),
    ("maintenance", MaintenanceShape),
    ("people", people_shapes.PersonShape),
    ("teams", people_shapes.TeamShape),
    ("schedules", people_shapes.ScheduleShape),
    ("ladder", people_shapes.RungShape),
    ("roles", people_shapes.RoleRuleShape),
    ("working_hours", people_shapes.HoursShape),
)


EXAMPLES = {
    "pulse-tui.service": ("A systemd unit", "ini"),
    "Containerfile": ("A container", "dockerfile"),
    "kubernetes.yaml": ("Kubernetes with PostgreSQL", "yaml"),
    "github-gate.yml": ("The gate in GitHub Actions", "yaml"),
    "gitlab-gate.yml": ("The gate in GitLab", "yaml"),
}
"""File -> (title, language)."""
_EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def commands_page() -> str:
    """Every command with its arguments, as its own ``--help`` prints them."""
    parts = [f"## pulse-tui\n\n```\n{tower_parser().format_help()}```\n"]
    for name, (_, about) in COMMANDS.items():
        if about:
            parts.append(f"## {name}\n\n```\n{parser_of(name).format_help()}```\n")
    return "\n".join(parts)


def keys_page() -> str:
    """Every key of every screen, from the bindings; what all screens share stands once, first."""
    seen: set[tuple[str, str]] = set()
    parts = []
    for heading, bindings in _bindings():
        rows = [(keys, about) for keys, about in bindings if (keys, about) not in seen]
        seen.update(rows)
        if rows:
            lines = [f"| `{_cell(keys)}` | {_cell(about)} |" for keys, about in dict.fromkeys(rows)]
            parts.append("\n".join([f"## {heading}\n", "| key | does |", "|---|---|", *lines, ""]))
    return "\n".join([*parts, _action_names()])


def _action_names() -> str:
    """What ``keys:`` of tower.yaml calls each action, screen by screen."""
    from pulse_tui.tui.common.screens import screens  # noqa: PLC0415  Textual, only for this page
    from pulse_tui.tui.kit.keymap import called  # noqa: PLC0415

    found: dict[str, dict[str, str]] = {}
    for lists in screens().values():
        for name, keys in lists:
            for key in keys:
                found.setdefault(name, {}).setdefault(called(key), key.key_display or "")
    everywhere = found["page"]
    lines = [f"| everywhere | {_named_keys(everywhere)} |"]
    lines += [
        f"| `{name}` | {_named_keys({a: k for a, k in actions.items() if a not in everywhere}) or '-'} |"
        for name, actions in sorted(found.items())
        if name != "page"
    ]
    head = "# Names of actions\n\nFor `keys:` in `tower.yaml`; behind each name the keys that it comes with.\n"
    return "\n".join([head, "| screen | actions |", "|---|---|", *lines, ""])


def _named_keys(actions: Mapping[str, str]) -> str:
    return ", ".join(f"`{action}` ({_cell(pressed)})" for action, pressed in sorted(actions.items()))


def _bindings() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(what it belongs to, its (keys, words)) of every list of bindings in the tower, the shared ones first."""
    from pulse_tui import tui  # noqa: PLC0415  Textual, only for this page
    from pulse_tui.tui.kit.keys import EVERYWHERE, MOVES  # noqa: PLC0415

    yield "Everywhere", _worded([*MOVES, *EVERYWHERE])
    for info in sorted(
        pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."), key=lambda i: (".main" not in i.name, i.name)
    ):
        module = importlib.import_module(info.name)
        for owner in (module, *vars(module).values()):
            if owner is not module and (not isinstance(owner, type) or owner.__module__ != module.__name__):
                continue
            found = [b for value in vars(owner).values() if isinstance(value, (list, tuple)) for b in _worded(value)]
            if found:
                yield _headline(owner), found


def _worded(values: Sequence[Any]) -> list[tuple[str, str]]:
    return [(b.key_display, b.tooltip or b.description) for b in values if getattr(b, "key_display", None)]


def _headline(owner: Any) -> str:
    """The first sentence of a docstring."""
    return (prose(owner) or owner.__name__).split("\n")[0].partition(". ")[0].rstrip(".:")


def sources_page() -> str:
    """Every kind of source, action and step, and every section, with all options."""
    parts = []
    for family in FAMILIES:
        one, where, common = _FAMILY[family]
        parts.append(f"## Kinds of {one}\n\nUnder `{where}`; each has {common}, and:\n")
        parts += [kind_page(family, kind, level=3) for kind in Kinds(family)]
    parts.append("## Sections\n")
    parts += [_described(name, shape, "", 3) for name, shape in _SECTIONS]
    return "\n".join(parts)


def service_page() -> str:
    """The shipped examples, as they are."""
    parts = []
    for name, (title, language) in EXAMPLES.items():
        text = (_EXAMPLES / name).read_text(encoding="utf-8").rstrip("\n")
        parts.append(f"### {title}\n\n```{language}\n{text}\n```\n")
    return "\n".join(parts)


def kinds_named(word: str) -> list[str]:
    """The families that have a kind of that name."""
    return [family for family in FAMILIES if word in Kinds(family)]


def all_kinds() -> list[str]:
    """The names of all kinds of all families."""
    return [kind for family in FAMILIES for kind in Kinds(family)]


def kind_page(family: str, kind: str, *, level: int) -> str:
    """One kind: what it is, and a table of its options; shapes inside it follow."""
    module = Kinds(family)[kind]
    one, _, _ = _FAMILY[family]
    every = getattr(module.Options, "EVERY", None)
    often = (
        f"\n\nRead every {every / 3_600:g} h unless `every` says otherwise, a `path` every 5 min."
        if every is not None
        else ""
    )
    named: Mapping[str, Any] = getattr(module.Options, "PRESETS", {})
    presets = f"\n\nPresets: {', '.join(f'`{name}`' for name in sorted(named))}." if named else ""
    return _described(f"{one} {kind}", module.Options, prose(module) + often + presets, level)


def _described(title: str, shape: Shape, about: str, level: int) -> str:
    parts = [f"{'#' * level} {title}\n"]
    if about:
        parts.append(f"{about}\n")
    parts.append(_table(shape))
    for inner in shapes_in(shape):
        parts.append(f"`{inner.__name__}`:\n")
        parts.append(_table(inner))
    return "\n".join(parts)


def _table(shape: Shape) -> str:
    options = options_in(shape)
    if not options:
        return "It has no options.\n"
    lines = [f"{prose(shape)}\n", "| option | type | default | |", "|---|---|---|---|"]
    lines += [_row(option) for option in options]
    lines += [
        f"| `{old}` | | | the old name of `{new}`; still read, and reported |" for old, new in old_names(shape).items()
    ]
    return "\n".join([*lines, ""])


def _row(option: Option) -> str:
    default = "required" if option.required else f"`{_cell(option.default)}`" if option.default else "-"
    return f"| `{option.name}` | {_cell(option.type)} | {default} | {_cell(option.words)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
