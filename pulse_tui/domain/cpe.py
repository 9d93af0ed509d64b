"""What NVD and CSAF name products by: CPE 2.3 names, and the configurations that are vulnerable."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Operator(StrEnum):
    """How the parts of a configuration are joined."""

    AND = "AND"
    OR = "OR"


class CpeMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Versions of one product: those of ``criteria`` (a CPE 2.3 name) within the four bounds.

    ``vulnerable`` False: it is only what the vulnerable product must run on or with.
    """

    criteria: str
    vulnerable: bool = True
    start_including: str | None = None
    start_excluding: str | None = None
    end_including: str | None = None
    end_excluding: str | None = None


class CpeNode(msgspec.Struct, frozen=True, omit_defaults=True):
    """Matches joined by ``operator``; ``negate`` turns the answer around."""

    matches: tuple[CpeMatch, ...] = ()
    operator: Operator = Operator.OR
    negate: bool = False


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nodes joined by ``operator``; an advisory is of a system that meets one of its configurations."""

    nodes: tuple[CpeNode, ...] = ()
    operator: Operator = Operator.OR
    negate: bool = False
