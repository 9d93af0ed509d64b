"""The README and the pages say what the program does: commands, keys, kinds, options, links and examples are compared."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

from pulse_tui.cli import pages
from pulse_tui.cli.help import DOCS, page, topics
from pulse_tui.cli.main import COMMANDS, parser_of, tower_parser
from pulse_tui.domain.errors import Problem
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.kinds import FAMILIES, Kinds, options_of
from pulse_tui.policy.check import run_tests
from pulse_tui.policy.load import load_policy
from pulse_tui.settings.describe import explained, options_in, shapes_in
from pulse_tui.settings.document import parse
from pulse_tui.settings.load import load
from pulse_tui.storage.version import HEAD

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FILES = [README, *sorted(DOCS.glob("*.md"))]
VISIBLE = [name for name, (_, about) in COMMANDS.items() if about]
SECTIONS = ("name:", "estate:", "sources:", "suites:", "playbooks:", "hooks:", "routes:")


def section(file: Path, heading: str) -> str:
    """What stands under a heading of the second level."""
    return file.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def code(text: str) -> set[str]:
    """The spans of code in a text."""
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def out_of_step(text: str, names: Collection[str]) -> set[str]:
    """Names that the text does not have as code, and code that looks like a name and is none."""
    spans = {span for span in code(text) if re.fullmatch(r"[a-z][a-z_]+", span)}
    return spans ^ set(names)


def fences(file: Path, language: str | None = None) -> Iterator[str]:
    """The code blocks of a page, of one language or of all."""
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", file.read_text(), flags=re.DOTALL | re.MULTILINE):
        if language is None or match[1] == language:
            yield match[2]


# --------------------------------------------------------------------------- commands
def test_the_readme_names_no_command_that_is_gone() -> None:
    """A new command is added to one table; the page of the commands, made from it, is where every one must stand."""
    text = section(README, "Commands")
    assert out_of_step(text, VISIBLE) <= set(VISIBLE)
    assert out_of_step(text, [n for n in VISIBLE if n != "gate"]) == {"gate"} | (out_of_step(text, VISIBLE) - {"gate"})
    assert len(out_of_step(text, VISIBLE)) <= len(VISIBLE) // 4, "the README no longer shows what the program can do"


def test_a_command_that_is_missing_from_the_page_would_be_noticed() -> None:
    there = [line.removeprefix("## ") for line in page("commands").splitlines() if line.startswith("## ")]
    assert set(VISIBLE) <= set(there)
    assert not {*VISIBLE, "frobnicate"} <= set(there)


def test_the_page_of_commands_has_every_command_with_every_option() -> None:
    text = page("commands")
    for name in VISIBLE:
        assert f"\n## {name}\n" in text
        usage = text.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for action in parser_of(name)._actions:
            assert all(option in usage for option in action.option_strings)


# --------------------------------------------------------------------------- keys
BOUND = """
import gc, importlib, json, pkgutil
from textual.binding import Binding
from pulse_tui import tui
for info in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
    importlib.import_module(info.name)
print(json.dumps([(b.key_display, b.tooltip) for b in gc.get_objects() if isinstance(b, Binding)]))
"""


@cache
def bound() -> set[tuple[str, str]]:
    """(keys, words) of every binding that the tower makes, wherever it stands; in a process where nothing else makes any."""
    made = subprocess.run([sys.executable, "-c", BOUND], check=True, capture_output=True, text=True).stdout
    return {(keys, words) for keys, words in json.loads(made) if keys and words}


def test_the_page_of_keys_has_every_binding_of_the_tower() -> None:
    text = page("keys")
    missing = [(k, a) for k, a in bound() if f"| `{pages._cell(k)}` | {pages._cell(a)} |" not in text]
    assert len(bound()) > 60
    assert missing == []


def test_the_readme_names_only_keys_that_are_bound() -> None:
    keys = {key for keys, _ in bound() for key in keys.split(" ")}
    spans = {span for span in code(section(README, "The panes")) if not span.startswith("--")}
    named = {key for span in spans for key in span.split(" ")}
    panes = {"1", "2", "3", "4"}  # bound to the panes when the main screen is composed of them
    assert "p" in named
    assert named - keys - panes == set()


# --------------------------------------------------------------------------- kinds and options
@pytest.mark.parametrize(
    ("family", "line"), [("collectors", "- Sources:"), ("actions", "- Actions:"), ("steps", "- Steps of a playbook:")]
)
def test_the_readme_names_no_kind_that_is_gone(family: str, line: str) -> None:
    """The page of the sources has every kind, made from the code: a new one edits no file, this one neither."""
    items = section(README, "What it reads, notifies and moves").split("\n- ")
    (item,) = [i for i in items if f"- {i}".lstrip("\n").replace("- \n- ", "- ").startswith(line)]
    known = list(Kinds(family))
    assert out_of_step(item, known) <= set(known)
    assert not out_of_step(item, [k for k in known if k != known[0]]) <= set(known[1:])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_of_sources_has_every_option_of_every_kind(family: str) -> None:
    text = page("sources")
    for kind, module in Kinds(family).items():
        heading = f"### {pages._FAMILY[family][0]} {kind}\n"
        assert heading in text
        part = text.split(heading, 1)[1].split("\n### ", 1)[0]
        for shape in (module.Options, *shapes_in(module.Options)):
            assert [o.name for o in options_in(shape) if f"| `{o.name}` |" not in part] == []


@pytest.mark.parametrize(("family", "kind"), [(f, k) for f in FAMILIES for k in Kinds(f)])
def test_every_option_of_a_kind_has_words(family: str, kind: str) -> None:
    shape = Kinds(family)[kind].Options
    assert [o.name for o in options_in(shape) if not explained(shape, o.name)] == []


# --------------------------------------------------------------------------- pages, links and examples
def test_every_page_is_linked_from_the_readme_and_says_what_it_is_about() -> None:
    text = README.read_text()
    for topic in topics():
        assert f"(pulse_tui/docs/{topic.name}.md)" in text
        assert topic.about


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text()):
        if not target.startswith(("http:", "https:")):
            path, _, anchor = target.partition("#")
            there = (file.parent / path) if path else file
            assert there.is_file(), target
            headings = re.findall(r"^#+ (.*)$", there.read_text(), flags=re.MULTILINE)
            assert not anchor or anchor in {h.lower().replace(" ", "-") for h in headings}, target


def lines_of_commands(file: Path) -> Iterator[str]:
    """Every ``pulse-tui ...`` in a code block or a span of code."""
    text = file.read_text()
    blocks = [line for block in fences(file) for line in block.splitlines()]
    for line in [*blocks, *code(text)]:
        for match in re.finditer(r"(?<![\w/.-])(?:\.venv/bin/)?pulse-tui(?![\w:-])([^#|>&;`]*)", line):
            if not match[1].strip().startswith(":"):
                yield match[1].strip()


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_every_command_line_parses(file: Path) -> None:
    refused = [f"pulse-tui {line}: {why}" for line in lines_of_commands(file) if (why := wrong_with(line))]
    assert refused == []


def wrong_with(line: str) -> str:
    """What the parsers have against a command line; empty when it would run."""
    words = ["production" if w == "ENV" else w for w in shlex.split(re.sub(r"[\[\]]", "", line))]
    name = next((w for w in words if w in COMMANDS), None)
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
        try:
            if name is None:
                unknown = tower_parser().parse_args(words).command
                return f"unknown command {unknown}" if unknown else ""
            words.remove(name)
            parser_of(name).parse_intermixed_args(words)
        except SystemExit as left:
            return printed.getvalue() if left.code else ""
    return ""


@pytest.mark.parametrize("line", ["gate my-bot", "statsu", "release approve --no-such", "help keys gates", "--nope"])
def test_a_command_line_that_does_not_parse_would_be_noticed(line: str) -> None:
    assert wrong_with(line)


def configurations() -> list[tuple[str, str]]:
    found = []
    for file in FILES:
        blocks = [b for b in fences(file, "yaml") if b.startswith(SECTIONS)]
        found += [(f"{file.stem}-{i}", block) for i, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize(("name", "text"), configurations(), ids=[n for n, _ in configurations()])
def test_a_configuration_that_is_shown_loads_without_a_warning(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pulse.yaml").write_text(text)
    assert load(tmp_path, options_of).warnings == ()


def test_the_configuration_of_the_readme_is_complete(tmp_path: Path) -> None:
    (block,) = [b for b in fences(README, "yaml") if b.startswith("name:")]
    (tmp_path / "pulse.yaml").write_text(block)
    made = load(tmp_path, options_of)
    assert {s.kind for s in made.sources} == {"lm_eval", "feed", "osv", "cyclonedx"}
    assert [r.kind for r in made.routes] == ["notify", "ticket"]
    assert [s.kind for b in made.playbooks for s in b.steps] == ["webhook"]
    assert made.estate.assets
    assert made.suites
    assert len(made.operators) >= made.approvals.production


def test_the_rule_that_is_shown_loads_and_passes_its_tests() -> None:
    (rule,) = [b for b in fences(DOCS / "policy.md", "yaml") if b.startswith("- id:")]
    indented = "".join(f"    {line}\n" for line in rule.splitlines())
    node, problems = parse(f"policy:\n  rules:\n{indented}", "policy.md")
    assert node is not None
    section = node.get("policy")
    assert section is not None
    found: list[Problem] = []
    policy = load_policy(
        section, action_kinds=list(Kinds("actions")), problems=found, variables=VARIABLES, route_ids=[]
    )
    assert (problems, found) == ([], [])
    assert policy is not None
    assert [r.name for r in run_tests(policy) if not r.ok] == []


def test_the_signal_that_is_shown_is_one() -> None:
    from pulse_tui.domain.signal import decode

    (block,) = fences(DOCS / "commands.md", "json")
    assert decode(block.encode()).asset_id == "support-bot"


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_no_page_has_a_gap_or_names_a_machine(file: Path) -> None:
    text = file.read_text()
    assert re.findall(r"@@|\bTODO\b|/root/|/home/\w|/tmp/|index-url", text) == []


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/pulse-tui demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ],
)
def test_the_two_commands_stand_in_the_readme_to_be_copied(command: str) -> None:
    assert f"{command}\n" in list(fences(README))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_pages_use_the_words_of_the_glossary(file: Path) -> None:
    old = r"\b(told|tells?|said|hears?|deeds?|ways? back|doubts?|anew|given up|is over|held against|put right)\b"
    assert re.findall(old, file.read_text()) == []


def test_the_changelog_names_the_schema_that_the_database_moves_to() -> None:
    moved = re.findall(r"moves to schema (\d{4})", (DOCS / "changelog.md").read_text())
    assert moved[0] == HEAD
    assert moved == sorted(moved, reverse=True)
