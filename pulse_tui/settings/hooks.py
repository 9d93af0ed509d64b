"""The ``hooks`` section: where webhooks and signals are taken in, and who may send which."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.push import SILENT_S, Form
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.settings.check import LISTEN, RATE, SECRET, Seconds, convert
from pulse_tui.settings.document import Node

SHORTEST = 16
"""Characters of a token: a shorter one can be tried."""
Token = Annotated[str, Meta(pattern=SECRET)]
SenderId = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/@+-]*$(?!\n)")]
_PER_S = {"s": 1.0, "m": 60.0, "h": 3_600.0}


class LabelsShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which labels of an alert say what it is about: of several names the first that an alert has counts."""

    asset: tuple[str, ...] = ("asset", "service")
    environment: tuple[str, ...] = ("environment", "env")
    severity: tuple[str, ...] = ("severity",)
    assets: dict[str, str] = {}
    """What a label calls an asset -> its id, where they differ."""
    environments: dict[str, Environment] = {}
    """The same of environments; ``prod`` and ``prd`` are known."""
    severities: dict[str, Severity] = {}
    """The same of severities; ``page``, ``error``, ``warning`` and ``info`` are known."""
    types: dict[str, SignalType] = {}
    """The name of an alert (``alertname``) -> latency_breach or error_rate_breach, where its annotations have ``value`` and ``objective`` as
    numbers, and ``metric``; any other alert is an incident."""

    def __post_init__(self) -> None:
        for name, kind in self.types.items():
            if kind not in (SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH):
                raise ValueError(f"types: {name} can be latency_breach or error_rate_breach, not {kind.value}")


class SenderShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who sends signals to ``POST /signals``: ``{id: ci, token: "${CI_TOKEN}"}``. It is a source, and its id the source of what
    it sends.
    """

    id: SenderId
    token: Token | tuple[Token, ...]
    """``${NAME}`` of what it sends as ``Authorization: Bearer``, at least 16 characters; two of them while one is replaced."""
    form: Form = Form.SIGNAL
    """signal (``pulse.signal/1`` or CloudEvents), cloudevents, alertmanager or grafana."""
    signal_types: tuple[SignalType, ...] = ()
    """What it may report; none: everything but source_health."""
    assets: tuple[str, ...] = ()
    """The assets that it may report on, also as ``embed-*``; none: all, and what names no asset."""
    environments: tuple[Environment, ...] = ()
    """The environments that it may report on; none: all, and what names none."""
    rate: Annotated[str, Meta(pattern=RATE)] = "200/s"
    """Records that it may send over time; as many as in ten seconds may come at once."""
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """The most that its signals are believed, whatever they state."""
    owner_team: str | None = None
    """Whose its signals are where they name nobody."""
    every: Seconds | None = None
    """How often something of it is to come: after three times that without it is late. Left out: it is never late."""
    labels: LabelsShape = LabelsShape()
    """Of alertmanager and grafana: which labels say what an alert is about."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """As they are written."""
        return (self.token,) if isinstance(self.token, str) else self.token

    @property
    def rate_s(self) -> float:
        """Records a second."""
        number, _, unit = self.rate.partition("/")
        return float(number) / _PER_S[unit]

    @property
    def every_s(self) -> float:
        """Seconds between what it sends."""
        return float(self.every) if self.every is not None else SILENT_S


class HooksShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where signed webhooks and the signals of senders are taken in: ``listen: 127.0.0.1:8765``."""

    listen: Annotated[str, Meta(pattern=LISTEN)]
    senders: tuple[SenderShape, ...] = ()
    """Who may send signals to ``POST /signals``."""
    ahead: Seconds = Seconds(300)
    """How far the time of a record may lie ahead of this host's clock."""
    oldest: Seconds = Seconds(90 * 86_400)
    """How old a record may be."""

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


def read_hooks(node: Node | None, taken: Mapping[str, str], problems: list[Problem]) -> HooksShape | None:
    """The section, checked. ``taken``: what has which id already, in words."""
    if node is None or node.value is None:
        return None
    found = convert(node, HooksShape, problems, path="hooks")
    senders = node.get("senders")
    if found is None or senders is None:
        return found
    ids: dict[str, str] = dict(taken)
    tokens: dict[str, str] = {}
    for sender, entry in zip(found.senders, senders.elements(), strict=True):
        mark = str(entry.mark)
        if (other := ids.get(sender.id)) is not None:
            what = f"hooks.senders: the id {sender.id!r} is taken by {other}"
            problems.append(Problem(mark, what, "a signal's source is its sender's id: give it another one"))
        ids[sender.id] = "another sender"
        _own_tokens(sender, mark, tokens, problems)
    return found


def _own_tokens(sender: SenderShape, mark: str, tokens: dict[str, str], problems: list[Problem]) -> None:
    if not 1 <= len(sender.tokens) <= 2:
        what = f"hooks.senders: {sender.id} has {len(sender.tokens)} tokens"
        problems.append(Problem(mark, what, "one, or two while one is replaced"))
    for token in sender.tokens:
        if (other := tokens.get(token)) is not None:
            whose = "twice" if other == sender.id else f"as {other} has"
            what = f"hooks.senders: {sender.id} has the token {token} {whose}"
            problems.append(Problem(mark, what, "who sends is known by the token alone: give each its own"))
        tokens[token] = sender.id


def in_scope(name: str, scope: Collection[str]) -> bool:
    """Whether a list of ids, which may end in ``*``, has this one."""
    return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in scope)
