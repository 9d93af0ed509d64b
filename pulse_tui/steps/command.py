"""A program of one's own that moves the value, and one that prints it. Nothing goes through a shell.

The configuration names the exact arguments. A value of a release fills one argument and never becomes two, and one that
could be taken for an option, a path upwards or anything but a version is refused before a program is started. The
SHA-256 of each program is a part of the plan that is approved, and is compared right before each start.

The write gets the step's idempotency key, fencing epoch and the expected value in ``PULSE_STEP_KEY``,
``PULSE_FENCING_EPOCH`` and ``PULSE_EXPECTED``, so that a program can refuse what is late or repeated. Beside them it gets
``PATH``, ``LANG`` and what ``env`` names. It is ended with its process group when the step's time is up.

**Without** ``probe`` nobody can know what the target holds: every state of such a step is unknown, and the preflight refuses
the plan.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Ended, Output, StepContext
from pulse_tui.settings.trusted import untrusted
from pulse_tui.steps._shared.ask import digest_check, filled, held, template_problem, to_write

VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+:@/~-]{0,199}")
"""What a value may be: no white space, no option, nothing that a program could take for more than a name."""
OUTPUT_CAP = 64 * 2**10
_PLACE = re.compile(r"\{(value|expected|key|epoch)\}")
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The programs, their arguments and their digests."""

    argv: tuple[str, ...]
    """The program that sets the value, by its absolute path, and its arguments. In them ``{value}``, ``{expected}``,
    ``{key}``, ``{epoch}`` are filled in, and ``{asset}`` and ``{environment}`` everywhere. Exit code 0: done."""
    sha256: dict[str, Sha256]
    """The SHA-256 of each program (and of scripts and files it depends on) by absolute path, as ``sha256sum`` prints it."""
    probe: tuple[str, ...] | None = None
    """The program that prints the value in one line. Without it every state of the step is unknown."""
    artifact: tuple[str, ...] | None = None
    """A program that is run before a rollback: exit code 0 says that the artifact of ``{value}`` is there; what it prints is
    compared with the release's digest."""
    value: str = "{version}"
    """The value of a release: ``{version}``, ``{registry_version}`` and ``{digest}`` are filled in."""
    refusals: tuple[int, ...] = ()
    """Exit codes by which the program says that it changed nothing. After any other but 0 the state is read back."""
    env: dict[str, str] = {}
    """Further variables of the programs; ``${NAME}`` in a value is a secret."""

    def __post_init__(self) -> None:
        for argv in (self.argv, self.probe, self.artifact):
            if argv is not None:
                self._check(argv)
        if any(_PLACE.search(argument) for argument in self.probe or ()):
            raise ValueError("probe asks what the target holds: no {value} and the like in it")
        if any(place[1] != "value" for argument in self.artifact or () for place in _PLACE.finditer(argument)):
            raise ValueError("artifact is run before there is a step: only {value} is filled in")
        for path in self.sha256:
            if not Path(path).is_absolute():
                raise ValueError(f"sha256 has {clean(path, 80)!r}, which is no absolute path")
        if not all(_VARIABLE.fullmatch(name) and not name.startswith("PULSE_") for name in self.env):
            raise ValueError("env names variables that do not begin with PULSE_")
        if 0 in self.refusals:
            raise ValueError("exit code 0 is success, and no refusal")
        if problem := template_problem(self.value):
            raise ValueError(problem)

    def _check(self, argv: Sequence[str]) -> None:
        if not argv or not Path(argv[0]).is_absolute():
            raise ValueError(f"{clean(argv[0], 80) if argv else 'nothing'!r} is no absolute path of a program")
        if argv[0] not in self.sha256:
            raise ValueError(f"sha256 has no digest of {clean(argv[0], 200)}: sha256sum prints it")
        if any("${" in argument for argument in argv):
            raise ValueError("a secret in an argument is visible to everybody on the host: name it in env")
        if any("\0" in argument for argument in argv):
            raise ValueError("an argument has a NUL character")


def target(options: Options) -> str:
    """``command /opt/bin/deploy bot {value}``: the program, its arguments, and a hash of ``env`` where there is one."""
    more = ""
    if options.env:
        more = f" #{hashlib.sha256(msgspec.json.encode(options.env, order='sorted')).hexdigest()[:8]}"
    return f"command {clean(' '.join(options.argv), 300)}{more}"


def value_of(options: Options, release: Release) -> str:
    """As ``value`` says. Raises TargetError (nothing was started) when it is no value that a program may get."""
    return _safe(filled(options.value, release))


def read(options: Options, context: StepContext) -> str:
    """The one line that ``probe`` prints. Raises TargetError; ambiguous without a probe, for then nobody knows."""
    if options.probe is None:
        what = f"{target(options)} has no probe: what it holds is unknown"
        raise TargetError(what, ambiguous=True, todo="Name a program that prints the value: probe")
    return held(_line(options, options.probe, context))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """Compare with ``expected``, then run the program once.

    Raises TargetError; not ambiguous when nothing was started, another value was found, or the program refused.
    """
    places = {"value": _safe(value), "expected": _safe(expected), "key": key, "epoch": str(epoch)}
    if options.probe is not None:
        now = read(options, context)
        if not to_write(target(options), now, value, expected):
            return
    answer = _run(
        options,
        [options.argv[0], *(_PLACE.sub(lambda m: places[m[1]], argument) for argument in options.argv[1:])],
        {"PULSE_STEP_KEY": key, "PULSE_FENCING_EPOCH": str(epoch), "PULSE_EXPECTED": expected},
        context,
    )
    if (answer.how, answer.code) != (Ended.EXITED, 0):
        refused = answer.how is Ended.EXITED and answer.code in options.refusals
        raise TargetError(_ending(options.argv[0], answer, context), ambiguous=not refused)


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The programs have their digests and nobody else can change them; the artifact, when ``artifact`` can say."""
    programs = [_program(path, digest, context) for path, digest in options.sha256.items()]
    if options.artifact is None:
        unknown = Check(name="artifact", ok=False, detail="not checked: no program 'artifact'", blocking=False)
        return (*programs, unknown)
    if not all(check.ok for check in programs):
        return programs
    value = value_of(options, release)
    argv = [options.artifact[0], *(_PLACE.sub(lambda _: value, argument) for argument in options.artifact[1:])]
    try:
        digest = _line(options, argv, context)
    except TargetError as error:
        return (*programs, Check(name="artifact", ok=False, detail=clean(error.what, 300)))
    there = Check(name="artifact", ok=True, detail=f"{value} is there, says {argv[0]}")
    return (*programs, there, digest_check(release.digest, digest or None, argv[0]))


def _program(path: str, digest: str, context: StepContext) -> Check:
    """Whether a program is the one that was named, and stays it."""
    try:
        found = context.files.digest(Path(path))
        others = untrusted(Path(path), Path(path).stat())
    except (SourceError, OSError) as error:
        return Check(name="program", ok=False, detail=clean(str(error), 300))
    if found != f"sha256:{digest}":
        return Check(name="program", ok=False, detail=f"{clean(path, 200)} has {found}, the plan has sha256:{digest}")
    if others:
        return Check(name="program", ok=False, detail=clean(f"{path} {others[0].what}: {others[0].hint}", 300))
    return Check(name="program", ok=True, detail=f"{clean(path, 200)} {found[:19]}")


def _run(options: Options, argv: Sequence[str], more: Mapping[str, str], context: StepContext) -> Output:
    """Run a program, if it and all it depends on are what they were. Raises TargetError, never ambiguous."""
    for path, digest in options.sha256.items():
        if not (program := _program(path, digest, context)).ok:
            todo = "Have somebody look at it; then correct sha256 and plan again"
            raise TargetError(f"nothing was started: {program.detail}", ambiguous=False, todo=todo)
    environment = {**_ENVIRONMENT, **{name: context.secret(value) for name, value in options.env.items()}, **more}
    try:
        return context.processes.ask(
            argv, folder=context.base, environment=environment, timeout_s=context.timeout_s, cap=OUTPUT_CAP
        )
    except SourceError as error:
        raise TargetError(error.what, ambiguous=False, todo=error.todo) from None


def _line(options: Options, argv: Sequence[str], context: StepContext) -> str:
    """The one line that a program prints. Raises TargetError, never ambiguous."""
    answer = _run(options, argv, {}, context)
    if (answer.how, answer.code) != (Ended.EXITED, 0):
        raise TargetError(_ending(argv[0], answer, context), ambiguous=False)
    try:
        text = answer.data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise TargetError(f"{argv[0]} printed what is no text", ambiguous=False) from None
    if "\n" in text:
        todo = "It prints one line on standard output; remarks go to standard error"
        raise TargetError(f"{argv[0]} printed more than one line", ambiguous=False, todo=todo)
    return text


def _ending(program: str, answer: Output, context: StepContext) -> str:
    """How a program ended that did not succeed, with its last words."""
    if answer.how is Ended.TIMED_OUT:
        how = f"did not end within {context.timeout_s:g} s and was ended"
    elif answer.how is Ended.FLOODED:
        how = f"printed more than {OUTPUT_CAP >> 10} KB and was ended"
    else:
        how = f"ended with {answer.code}"
    said = next((line for line in reversed(answer.errors.splitlines()) if line.strip()), "")
    return f"{clean(program, 200)} {how}" + (f": {clean(said, 200)}" if said else "")


def _safe(value: str) -> str:
    if VALUE.fullmatch(value) and ".." not in value:
        return value
    todo = "A value begins with a letter or digit and has no white space and no '..'"
    raise TargetError(f"{clean(value, 80)!r} is no value that a program gets", ambiguous=False, todo=todo)
