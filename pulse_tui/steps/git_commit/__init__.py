"""A field of a file in a branch of a git repository, as GitOps has it. Moving it is one commit.

The branch is fetched into a private folder that is gone afterwards, nothing of it is checked out, and only the one value
changes, to the byte. The push is a compare-and-swap (``--force-with-lease`` on the commit that was read): of several
writers one wins, and the others are refused, which is never ambiguous. The commit carries the step's key and
epoch as trailers (``Pulse-Step``, ``Pulse-Epoch``): after a push without an answer they say whether it took effect, and a key
that stands in the last 500 commits of the branch is never pushed again.

Of the user's git nothing is used: no configuration, no hook, no prompt, no stored password. SSH goes through the agent.
What git holds is not yet what serves: whatever applies the repository (Argo CD, Flux) does so later.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import msgspec

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.repository import Remote, bad_address, is_url, remote
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import address, clean, is_clean
from pulse_tui.ports import StepContext
from pulse_tui.steps._shared.ask import VALUE_LIMIT, filled, held, place, template_problem, to_write
from pulse_tui.steps.git_commit.branch import EPOCH, HISTORY, KEY, Author, Branch, File, Lost
from pulse_tui.steps.git_commit.document import Format, Where

_BRANCH = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)))[A-Za-z0-9_{][A-Za-z0-9_.+/{}-]*(?<![./])")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,200}")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The repository, the file in it, and the field."""

    repository: str
    """A URL (https, ssh, git, file), with ``${NAME}`` for its password, or the folder of a bare repository."""
    path: str
    """The file, from the top of the repository. ``{asset}`` and ``{environment}`` are filled in everywhere."""
    branch: str = "main"
    """The branch; it must be there already."""
    field: str | None = None
    """The dotted path of the value (``spec.values.0.tag``; a dot in a name is ``\\.``). Without it the file is a text with
    nothing else in it."""
    format: Format | None = None
    """``yaml``, ``json`` or ``text``, when the file's name does not say it."""
    value: str = "{version}"
    """The value of a release, such as ``ghcr.io/acme/bot:{version}``: ``{version}``, ``{registry_version}`` and ``{digest}``."""
    author: str = "pulse-tui"
    """The name on the commits."""
    email: str = "pulse-tui@localhost"
    """The address on the commits."""

    def __post_init__(self) -> None:
        if problem := bad_address(self.repository):
            raise ValueError(problem)
        if not _BRANCH.fullmatch(self.branch):
            raise ValueError(f"{clean(self.branch, 80)!r} is no name of a branch")
        parts = PurePosixPath(self.path).parts
        if (
            not parts
            or self.path.startswith("/")
            or ".." in parts
            or self.path != "/".join(parts)
            or not is_clean(self.path)
        ):
            raise ValueError(f"{clean(self.path, 80)!r} is no path of a file in a repository")
        if any(not text or not is_clean(text) or set("<>\n\t") & set(text) for text in (self.author, self.email)):
            raise ValueError("author and email are a name and an address without < and >")
        if problem := template_problem(self.value):
            raise ValueError(problem)
        Where.of(self.path, self.field, self.format)

    @property
    def where(self) -> Where:
        """What of the file holds the value."""
        return Where.of(self.path, self.field, self.format)


def target(options: Options) -> str:
    """``git https://host/repository#<branch>:<path>:<field>``."""
    field = f":{options.field}" if options.field else ""
    return f"git {place(options.repository)}#{options.branch}:{clean(options.path + field, 300)}"


def sends_to(options: Options) -> str:
    """The repository without scheme, user and ``.git``, the branch, the file and the field: one place under many addresses."""
    whole = options.repository
    if "://" in whole:
        parts = urlsplit(whole)
        whole = f"{parts.netloc.rpartition('@')[2].lower()}{parts.path}"
    elif is_url(whole):  # user@host:path
        whole = whole.rpartition("@")[2].replace(":", "/", 1)
    whole = posixpath.normpath(whole).removesuffix(".git")
    return msgspec.json.encode([whole, options.branch, options.path, options.where.path]).decode()


def value_of(options: Options, release: Release) -> str:
    """As ``value`` says. Raises TargetError (nothing was pushed) when the release has no such thing."""
    return filled(options.value, release)


def read(options: Options, context: StepContext) -> str:
    """The value on the branch's head; "" when it is null or the text is empty. Raises TargetError."""
    with _branch(options, context) as branch:
        return held(_value(options, _text(options, branch.file(branch.fetch(), options.path))))


def write(options: Options, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
    """One commit on the head that was read, unless the branch has one with this key already.

    Raises TargetError; not ambiguous when another value was found or the remote refused, ambiguous when the push had
    no answer.
    """
    if not value or not is_clean(value) or "\n" in value or value != value.strip() or len(value) > VALUE_LIMIT:
        raise TargetError(f"{clean(value, 80)!r} cannot be committed as a value", ambiguous=False)
    if not _KEY.fullmatch(key):
        raise TargetError(f"{clean(key, 80)!r} cannot be the key of a commit", ambiguous=False)
    with _branch(options, context) as branch:
        base = branch.fetch(HISTORY)
        if branch.has_key(base, key):
            return
        file = branch.file(base, options.path)
        text = _text(options, file)
        now = held(_value(options, text))
        if not to_write(target(options), now, value, expected):
            return
        changed = _certain(options, lambda: options.where.with_value(text, value))
        subject = f"{clean(options.path, 100)}: {clean(now, 60) or 'nothing'} -> {clean(value, 60)}"
        message = f"{subject}\n\n{KEY}: {key}\n{EPOCH}: {epoch}\n"
        author, at = Author(options.author, options.email), int(context.clock().timestamp())
        commit = branch.commit(base, options.path, File(file.mode, changed.encode()), message, author, at)
        try:
            branch.push(base, commit)
        except Lost:
            # An earlier push of this key may have been under way while the branch was read.
            if not branch.has_key(branch.fetch(HISTORY), key):
                raise


def landed(options: Options, key: str, context: StepContext) -> bool | None:
    """True when a commit on the branch has the key; else None, for a push may still be under way."""
    with _branch(options, context) as branch:
        return branch.has_key(branch.fetch(HISTORY), key) or None


def check(options: Options, release: Release, context: StepContext) -> Sequence[Check]:
    """The field is there and can take the value; what applies the repository, as far as the repository itself says it."""
    value = value_of(options, release)
    with _branch(options, context) as branch:
        head = branch.fetch()
        text = _text(options, branch.file(head, options.path))
        _certain(options, lambda: options.where.with_value(text, value))
        appliers = branch.controllers(head)
    return (
        Check(name="field", ok=True, detail=f"{clean(options.path, 200)} at {head[:12]} can hold {clean(value, 100)}"),
        Check(name="controller", ok=bool(appliers), detail=_applied_by(appliers), blocking=False),
        Check(name="artifact", ok=False, detail="not checked: git holds a version, not the artifact", blocking=False),
    )


def _applied_by(manifests: list[str] | None) -> str:
    if manifests is None:
        return "not found out: the repository is too large to search"
    if not manifests:
        return "the branch has no manifest of Argo CD or Flux: what applies it, and when, is not known"
    more = f" and {len(manifests) - 1} more" if len(manifests) > 1 else ""
    return f"Argo CD or Flux applies what is committed, some time later ({manifests[0]}{more})"


@contextmanager
def _branch(options: Options, context: StepContext) -> Iterator[Branch]:
    """The branch, in a folder of its own until the block ends."""
    whole, shown = context.secret(options.repository), address(options.repository)
    if problem := bad_address(whole):
        raise TargetError(problem, ambiguous=False, todo="Correct 'repository'")
    try:
        source = (
            remote(whole)
            if is_url(whole)
            else Remote(str((context.base / Path(whole).expanduser()).resolve()), "", None)
        )
    except ValueError:
        raise TargetError(f"{shown} is not an address", ambiguous=False, todo="Correct 'repository'") from None
    with context.files.scratch("git-step") as folder:
        hide = {whole: shown, source.url: shown}
        yield Branch(context.processes, folder, source, options.branch, shown, hide, context.timeout_s)


def _text(options: Options, file: File) -> str:
    return _certain(options, file.data.decode)


def _value(options: Options, text: str) -> str:
    return _certain(options, lambda: options.where.value(text))


def _certain(options: Options, work: Callable[[], str]) -> str:
    """Raises TargetError for a file that cannot be read or changed with certainty."""
    shown = clean(options.path, 200)
    try:
        return work()
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except KeyError:
        why = f"it has no value at {clean(options.field or '', 200)!r}"
    except ValueError as error:
        why = clean(str(error), 200)
    raise TargetError(
        f"{shown} of {address(options.repository)} is not used: {why}", ambiguous=False, todo="Correct it"
    )
