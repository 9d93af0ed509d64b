"""YAML to a policy, with every problem of every rule reported at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from pulse_tui.domain.errors import Problem
from pulse_tui.policy.conditions import Condition, Engine, caret, engine
from pulse_tui.policy.judge import Automatic, CompiledRule, Policy
from pulse_tui.policy.kept import kept, section_of
from pulse_tui.policy.rules import ContextLine, PolicyFile, Rule, Variables, digest
from pulse_tui.settings.check import convert, nearest
from pulse_tui.settings.document import Mark, Node

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
#: A YAML text that begins with one of these, or holds one of those, can only have been quoted.
_QUOTED_START = tuple("\"'[]{}!&*>|%@`,?#-")
_QUOTED_INSIDE = (": ", " #")


def load_policy(
    node: Node,
    *,
    action_kinds: Collection[str],
    problems: list[Problem],
    variables: Variables,
    route_ids: Collection[str] | None = None,
) -> Policy | None:
    """The policy of a ``policy`` section (or of a whole file that has one).

    None after adding everything that is wrong to ``problems``, each with file:line (conditions
    with file:line:column and a caret). ``variables`` is
    :data:`pulse_tui.enrich.variables.VARIABLES`; ``route_ids`` None leaves routes unchecked.
    """
    node = section_of(node)
    before = len(problems)
    written = convert(node, PolicyFile, problems, path="policy")
    reader = _Reader(engine(variables), variables, action_kinds, route_ids, problems)
    rules = node.get("rules")
    marks = list(rules.elements()) if rules is not None else []
    compiled: list[CompiledRule] = []
    if written is not None:
        times = {priority: float(time) for priority, time in written.respond_within.items()}
        for place, rule in zip(marks, written.rules, strict=True):
            compiled.append(reader.rule(rule, place, times))
    else:
        # The file has errors of shape: the expressions are read all the same, so that one run of the check finds all.
        for place in marks:
            reader.expressions(place)
    reader.same_ids(marks)
    section = node.get("rollback")
    automatic = reader.automatic(section, written) if section is not None and written is not None else None
    if len(problems) > before or written is None:
        return None
    return Policy(
        tuple(compiled),
        reader.engine,
        digest(written),
        written.gate,
        automatic,
        phase=written.phase,
        storm=written.storm,
        approvals=written.changes.approvals if written.changes is not None else 0,
        source=kept(node),
    )


class _Reader:
    """Compiles rules and notes what is wrong with them."""

    def __init__(
        self,
        cel: Engine,
        variables: Variables,
        action_kinds: Collection[str],
        route_ids: Collection[str] | None,
        problems: list[Problem],
    ) -> None:
        self.engine = cel
        self.variables = variables
        self.action_kinds = action_kinds
        self.route_ids = route_ids
        self.problems = problems

    def wrong(self, where: object, what: str, hint: str = "") -> None:
        self.problems.append(Problem(str(where), what, hint))

    def same_ids(self, marks: list[Node]) -> None:
        first: dict[Any, Mark] = {}
        for place in marks:
            name = place.get("id")
            if name is None:
                continue
            if name.value in first:
                self.wrong(name.mark, f"rule id {name.value!r} is given twice", f"first at {first[name.value]}")
            first.setdefault(name.value, name.mark)

    def automatic(self, section: Node, written: PolicyFile) -> Automatic | None:
        """The rules whose alerts may be answered by a pre-authorised rollback: each exists, once, and is enforced."""
        if written.rollback is None:
            return None
        rules = {rule.id: rule for rule in written.rules}
        conditions, seen = dict[str, Condition](), set[str]()
        for place, line in zip(_elements(section, "automatic"), written.rollback.lines, strict=True):
            name = place.get("rule") if isinstance(place.value, dict) else place
            where = (name or place).mark
            rule = rules.get(line.rule)
            if rule is None:
                self.wrong(where, f"rollback.automatic: there is no rule {line.rule!r}", nearest(line.rule, rules))
                continue
            if line.rule in seen:
                self.wrong(where, f"rollback.automatic: rule {line.rule!r} is named twice")
            if not rule.acts:
                hint = "set its mode to enforce, or take it out here"
                self.wrong(where, f"rollback.automatic: rule {line.rule!r} observes and acts on nothing", hint)
            seen.add(line.rule)
            when = place.get("when") if isinstance(place.value, dict) else None
            condition = self.condition(when, rule)
            if condition is not None:
                conditions[line.rule] = condition
        return Automatic(written.rollback, conditions, self.engine, written.phase)

    def rule(self, rule: Rule, place: Node, times: dict[Any, float]) -> CompiledRule:
        self.words(rule, place)
        every = tuple(self.listed(place, "all", rule))
        some = tuple(self.listed(place, "any", rule))
        context = []
        lines = list(_elements(place, "context"))
        for line_node, line in zip(lines, rule.context, strict=True):
            condition = self.condition(line_node.get("when"), rule)
            self.context_line(line_node, line)
            if condition is not None:
                context.append((condition, line))
        self.healing(rule, place)
        for test_node, test in zip(_elements(place, "tests"), rule.tests, strict=True):
            self.facts(test_node.get("facts"), test.facts)
        return CompiledRule(rule, every, some, tuple(context), times)

    def healing(self, rule: Rule, place: Node) -> None:
        """What calls at once needs something to wait for."""
        self.condition(place.get("at_once"), rule)
        if rule.at_once is not None and rule.heals_within is None:
            self.wrong(
                _mark(place, "at_once"),
                f"rule {rule.id} waits for nothing",
                "add heals_within: 6m, or take at_once out",
            )

    def words(self, rule: Rule, place: Node) -> None:
        """Ids, actions, routes, and that the rule has a condition."""
        if not _ID.match(rule.id):
            self.wrong(_mark(place, "id"), f"the rule id {rule.id!r} is not valid", "write it like accuracy-regression")
        if not rule.on:
            self.wrong(_mark(place, "on"), f"rule {rule.id} has no signal type", "name at least one")
        if not rule.all and not rule.any:
            self.wrong(place.mark, f"rule {rule.id} has no condition", "add all: or any: with at least one expression")
        self.names(place)

    def names(self, place: Node) -> None:
        """Actions and routes that exist."""
        for item in _elements(place, "actions"):
            if item.value not in self.action_kinds:
                self.wrong(item.mark, f"unknown action {item.value!r}", nearest(str(item.value), self.action_kinds))
        if self.route_ids is not None:
            for item in _elements(place, "routes"):
                if item.value not in self.route_ids:
                    self.wrong(item.mark, f"unknown route {item.value!r}", nearest(str(item.value), self.route_ids))

    def context_line(self, place: Node, line: ContextLine) -> None:
        if line.priority is None and line.severity is None:
            self.wrong(place.mark, "this context line changes nothing", "add priority: or severity:")

    def listed(self, place: Node, key: str, rule: Rule) -> Iterator[Condition]:
        for item in _elements(place, key):
            condition = self.condition(item, rule)
            if condition is not None:
                yield condition

    def expressions(self, place: Node) -> None:
        """What can be read of a rule when the file as a whole has errors of shape."""
        self.names(place)
        for key in ("all", "any"):
            for item in _elements(place, key):
                self.condition(item, None)
        for line in _elements(place, "context"):
            self.condition(line.get("when"), None)

    def condition(self, node: Node | None, rule: Rule | None) -> Condition | None:
        if node is None or not isinstance(node.value, str):
            if node is not None and rule is not None:
                self.wrong(node.mark, f"a condition is a text, not {node.plain()!r}")
            return None
        found = self.engine.compile(node.value)
        if isinstance(found, list):
            for flaw in found:
                drawn = "\n".join(f"      {line}" for line in caret(node.value, flaw).split("\n"))
                self.wrong(_place(node, flaw.line, flaw.column), f"{flaw.what}\n{drawn}", flaw.hint)
            return None
        if rule is not None:
            self.reachable(node, found, rule)
        return found

    def reachable(self, node: Node, condition: Condition, rule: Rule) -> None:
        """A variable that no signal of the rule carries would leave the rule indeterminate for ever."""
        for name in condition.names:
            if rule.on and not self.variables[name].signal_types.intersection(rule.on):
                kinds = ", ".join(rule.on)
                self.wrong(
                    node.mark,
                    f"{name} is never known for {kinds}",
                    "pulse-tui schema facts lists its signals",
                )
        for name, word in _compared_words(condition.text):
            known = self.variables[name].words if name in self.variables else ()
            if known and word not in known:
                self.wrong(node.mark, f"{name} is never {word!r}", nearest(word, known))

    def facts(self, node: Node | None, facts: dict[str, Any]) -> None:
        """Names and types of a test's variables."""
        if node is None:
            return
        for name, value in facts.items():
            variable = self.variables.get(name)
            where = node.key_marks.get(name, node.mark)
            if variable is None:
                self.wrong(where, f"there is no variable {name!r}", nearest(name, self.variables))
            elif not _fits(value, variable.type):
                self.wrong(where, f"{name} is of type {variable.type}, not {value!r}")


_WORD_TEST = re.compile(r"""\b([a-z_]+\.[a-z_]+)\s*[!=]=\s*(?:"([^"\\]*)"|'([^'\\]*)')""")
_WORDS_TEST = re.compile(r"\b([a-z_]+\.[a-z_]+)\s+in\s+\[([^\]]*)\]")
_LITERAL = re.compile(r"""\"([^"\\]*)\"|'([^'\\]*)'""")


def _compared_words(text: str) -> Iterator[tuple[str, str]]:
    """(variable, word) of each plain comparison with a literal: a misspelt word would never hold."""
    for match in _WORD_TEST.finditer(text):
        yield match[1], match[2] if match[2] is not None else match[3]
    for match in _WORDS_TEST.finditer(text):
        for literal in _LITERAL.finditer(match[2]):
            yield match[1], literal[1] if literal[1] is not None else literal[2]


def _fits(value: Any, kind: str) -> bool:
    if kind == "list<string>":
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "double":
        return isinstance(value, (int, float))
    return isinstance(value, int if kind == "int" else str)


def _elements(place: Node, key: str) -> list[Node]:
    node = place.get(key)
    return list(node.elements()) if node is not None else []


def _mark(place: Node, key: str) -> Mark:
    node = place.get(key)
    return node.mark if node is not None else place.mark


def _place(node: Node, line: int, column: int) -> str:
    """file:line:column in the YAML of a position in an expression; in a block the column counts within its text."""
    text, mark = str(node.value), node.mark
    if "\n" in text:
        return f"{mark.file}:{mark.line + line}:{column}"
    quoted = text.startswith(_QUOTED_START) or any(part in text for part in _QUOTED_INSIDE)
    return f"{mark.file}:{mark.line}:{mark.column + column - 1 + quoted}"
