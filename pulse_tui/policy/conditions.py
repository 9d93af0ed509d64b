"""The adapter to the CEL engine: the only file that imports it, and late.

Three traps of the engine are closed here. A run-time error is *returned* as a value whose
``.value()`` is a non-empty string, so a condition holds only when the value ``is True``. Other errors
are *raised* (a lone surrogate, more than 10,000 iterations): they leave the condition indeterminate, too.
And an expression of any type compiles, so a condition whose type is not BOOL is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pulse_tui.domain.text import clean
from pulse_tui.policy.limits import Limit, bare, limits, loops_in, patterns, too_long, unfit, work
from pulse_tui.policy.rules import Variables

_NAME = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_WHOLE = re.compile(r"-?\s?\b\d+\b(?!\.\d)")
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \||\nERROR:| \[INVALID_ARGUMENT\]|\Z)", re.DOTALL)
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'.*", re.DOTALL)


class Flaw(NamedTuple):
    """Why an expression is refused; line and column count from 1 within the expression."""

    line: int
    column: int
    what: str
    hint: str


class Held(NamedTuple):
    """The result of one evaluation: held, not held, or None with the engine's error."""

    held: bool | None
    error: str


class Condition:
    """One compiled expression and the variables it mentions."""

    __slots__ = ("_evaluate", "_loops", "names", "text")

    def __init__(self, text: str, names: tuple[str, ...], expression: Any) -> None:
        """Made by :meth:`Engine.compile`."""
        self.text = text
        self.names = names
        self._evaluate = expression.eval
        self._loops = loops_in(text)

    def holds(self, activation: Activation) -> Held:
        """Evaluate it. Never raises, never acts on an error, never takes long."""
        if activation.unfit and (why := next(filter(None, map(activation.unfit.get, self.names)), "")):
            return Held(None, why)
        if self._loops is not None and (why := work(self._loops, self.names, activation.variables)):
            return Held(None, why)
        engine = activation.engine
        try:
            value = self._evaluate(engine).value()
        except Exception as error:
            return Held(None, _broke(engine if isinstance(engine, Exception) else error))
        # The compiled type is BOOL, so only a BOOL value gives Python's own True or False; an error gives a text.
        if value is True:
            return _TRUE
        if value is False:
            return _FALSE
        return Held(None, _words(str(value)))

    def values(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the variables it mentions, as far as they are known."""
        return {name: variables[name] for name in self.names if name in variables}


class Activation:
    """The values of one fact, shared by all conditions on it."""

    __slots__ = ("engine", "unfit", "variables")

    def __init__(self, variables: Mapping[str, Any], engine: Any, unfit: Mapping[str, str]) -> None:
        """Made by :meth:`Engine.activate`; ``engine`` is its error where it cannot take the values;
        ``unfit``: why a value is not judged, by name."""
        self.variables = variables
        self.engine = engine
        self.unfit = unfit


_TRUE, _FALSE = Held(True, ""), Held(False, "")


class Engine:
    """A CEL environment with the published variables declared."""

    def __init__(self, variables: Variables) -> None:
        """About 20 ms, most of it loading the engine."""
        from cel_expr_python import cel  # noqa: PLC0415  16 MB of native code, not for the first frame

        kinds = {
            "string": cel.Type.STRING,
            "double": cel.Type.DOUBLE,
            "int": cel.Type.INT,
            "bool": cel.Type.BOOL,
            "list<string>": cel.Type.List(cel.Type.STRING),
        }
        self._bool = cel.Type.BOOL
        self._variables = variables
        self._kinds = {name: v.type for name, v in variables.items()}
        self._env = cel.NewEnv(variables={name: kinds[v.type] for name, v in variables.items()})

    def compile(self, text: str) -> Condition | list[Flaw]:
        """The condition, or every flaw that the type check found, and what could take too long."""
        if (long := too_long(text)) is not None:
            return [Flaw(1, 1, long.what, long.hint)]
        try:
            expression = self._env.compile(text)
        except Exception as error:
            return self._flaws(text, str(error))
        if expression.return_type() != self._bool:
            kind = expression.return_type().name().lower()
            return [
                Flaw(1, 1, f"a condition must be true or false, this is of type {kind}", "compare it with something")
            ]
        if far := [_flaw(text, limit) for limit in limits(text)] or list(self._patterns(text)):
            return far
        return Condition(text, names_in(text, self._variables), expression)

    def activate(self, variables: Mapping[str, Any]) -> Activation:
        """The values of one fact; what the engine cannot take makes each condition on it indeterminate."""
        bad = unfit(variables, self._kinds)
        given = {name: v for name, v in variables.items() if name not in bad} if bad else variables
        try:
            return Activation(variables, self._env.Activation(given), bad)
        except Exception as error:
            return Activation(variables, error, bad)

    def _patterns(self, text: str) -> Iterator[Flaw]:
        """Patterns that the engine would only refuse when a fact comes."""
        for offset, literal in patterns(text):
            seen = self._env.compile(f'"".matches({literal})').eval(self._env.Activation({})).value()
            if not isinstance(seen, bool):
                yield _flaw(text, Limit(offset, _words(str(seen)), "write a pattern as of RE2"))

    def _flaws(self, text: str, message: str) -> list[Flaw]:
        out = []
        for match in _ERROR.finditer(message):
            line, column, what = int(match[1]), int(match[2]), " ".join(match[3].split())
            hint = ""
            if (unknown := _UNDECLARED.match(what)) is not None:
                name = unknown[1]
                what = f"there is no variable {name!r}"
                # The engine points at the last dot of a dotted name.
                shown = text.split("\n")[line - 1] if line <= len(text.split("\n")) else ""
                column = max(1, column - name.rfind(".")) if "." in name and shown else column
                hint = _nearest(name, self._variables)
            elif "no matching overload" in what:
                hint = _overload_hint(text, what)
            elif what.startswith("Syntax error"):
                what = what.partition(" expecting {")[0]
            out.append(Flaw(line, column, what, hint))
        if "recursion" in message:
            return [Flaw(1, 1, "a condition is nested at most 32 levels deep", "write several conditions")]
        return out or [Flaw(1, 1, _words(message), "")]


class _ByIdentity:
    """Makes one mapping of variables a cache key: they are published once and never change."""

    def __init__(self, mapping: Variables) -> None:
        self.mapping = mapping

    def __hash__(self) -> int:
        return id(self.mapping)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.mapping is self.mapping


def engine(variables: Variables) -> Engine:
    """The environment for these variables; made once."""
    return _engine(_ByIdentity(variables))


@lru_cache(maxsize=4)
def _engine(variables: _ByIdentity) -> Engine:
    return Engine(variables.mapping)


def names_in(text: str, known: Variables) -> tuple[str, ...]:
    """The known variables that an expression mentions, in order, outside of its string literals."""
    return tuple(dict.fromkeys(name for name in _NAME.findall(bare(text)) if name in known))


def caret(text: str, flaw: Flaw) -> str:
    """The line of the expression with a caret under the position."""
    lines = text.split("\n")
    line = lines[flaw.line - 1] if flaw.line <= len(lines) else ""
    return f"{line}\n{' ' * (flaw.column - 1)}^"


def _flaw(text: str, limit: Limit) -> Flaw:
    before = text[: limit.offset]
    return Flaw(before.count("\n") + 1, limit.offset - before.rfind("\n"), limit.what, limit.hint)


def _nearest(name: str, variables: Variables) -> str:
    close = difflib.get_close_matches(name, list(variables), n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    family = sorted(v for v in variables if v.startswith(name.partition(".")[0] + "."))
    return f"known: {', '.join(family)}" if family else "pulse-tui schema facts lists the variables"


def _overload_hint(text: str, what: str) -> str:
    if "double" in what and "int" in what and (found := _WHOLE.search(bare(text))) is not None:
        number = found[0].replace(" ", "")
        return f"a whole number is not compared with a double: write {number}.0"
    return "both sides must be of the same type"


def _broke(error: Exception) -> str:
    return f"the engine broke: {clean(_words(str(error)) or type(error).__name__, 200)}"


def _words(message: str) -> str:
    """The engine's message without its codes."""
    if (match := re.search(r'No value with name "([^"]+)"', message)) is not None:
        return f"{match[1]} is not known"
    return " ".join(re.sub(r"\b(INVALID_ARGUMENT|UNKNOWN): |\s*\[[A-Z_]+\]", "", message).split())
