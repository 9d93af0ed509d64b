"""The configuration as JSON Schema (2020-12), so that editors complete and check the YAML while it is written.

What a kind of source, action or step asks for comes from its own ``Options``: one branch of a ``oneOf`` for each
kind. Only the present names of keys stand in it: an editor marks an old name that the program still reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect as mi

from pulse_tui.domain.oncall import Right, Role
from pulse_tui.settings.admission import AdmissionShape
from pulse_tui.settings.changes import ChangesShape
from pulse_tui.settings.check import Seconds
from pulse_tui.settings.describe import Shape, prose, words_of
from pulse_tui.settings.hooks import HooksShape
from pulse_tui.settings.links import LinkShape
from pulse_tui.settings.load import PlaybookKeys, RouteKeys, SourceKeys, StepKeys
from pulse_tui.settings.maintenance import MaintenanceShape
from pulse_tui.settings.people_shapes import HoursShape, PersonShape, RoleRuleShape, RungShape, ScheduleShape, TeamShape
from pulse_tui.settings.recording import RecordingShape
from pulse_tui.settings.retention import RetentionShape
from pulse_tui.settings.service import ServiceShape
from pulse_tui.settings.shapes import (
    ApprovalsShape,
    EstateShape,
    GovernanceShape,
    HeartbeatShape,
    OperatorShape,
    SuiteShape,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CONFIG_ID = "pulse.config/1"
PLAYBOOK_ID = "pulse.playbook/1"
_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_TYPES: dict[type, dict[str, Any]] = {
    mi.StrType: {"type": ["string", "number"]},  # `version: 3.10` is read as text
    mi.IntType: {"type": "integer"},
    mi.FloatType: {"type": "number"},
    mi.BoolType: {"type": "boolean"},
    mi.NoneType: {"type": "null"},
    mi.DateTimeType: {"type": "string", "format": "date-time"},
    mi.DateType: {"type": "string", "format": "date"},
    mi.AnyType: {},
}
Kinds = Mapping[str, Mapping[str, Shape]]
"""Family (collectors, actions, steps) -> kind -> the shape of its options."""


def config_schema(kinds: Kinds, policy: Mapping[str, Any]) -> dict[str, Any]:
    """A whole configuration. ``policy`` is the schema of its policy section, with definitions of its own."""
    made = _Schemas()
    judging = dict(policy)
    made.defs |= judging.pop("$defs", {})
    properties = {
        "name": _text("How the estate is called on the screen."),
        "database": _text("sqlite:///file.db, or postgresql://...; default: a file in the user's state directory."),
        "estate": made.ref(EstateShape),
        "sources": _each(made.kinded(SourceKeys, kinds["collectors"])),
        "suites": _each(made.ref(SuiteShape)),
        "routes": _each(made.kinded(RouteKeys, kinds["actions"])),
        "playbooks": _each(made.playbook(kinds["steps"])),
        "operators": _each(made.ref(OperatorShape)),
        "operators_file": _text("Public keys of operators in OpenSSH's allowed_signers format: the name of a file."),
        "revoked_keys": {
            "anyOf": [{"type": "string"}, _each({"type": "string"})],
            "description": "Keys that no longer count: a file, or a list, of public keys or fingerprints.",
        },
        "approvals": made.ref(ApprovalsShape),
        "acknowledge_for": duration_schema(Seconds),
        "policy": {k: v for k, v in judging.items() if k not in ("$schema", "$id")},
        "precedence": {**_each({"type": "string"}), "description": "Source ids, the most believed first."},
        "hooks": made.ref(HooksShape),
        "heartbeat": made.ref(HeartbeatShape),
        "service": made.ref(ServiceShape),
        "recording": {"anyOf": [made.ref(RecordingShape), {"enum": ["off", False]}]},
        "retention": made.ref(RetentionShape),
        "governance": made.ref(GovernanceShape),
        "people": _each(made.ref(PersonShape)),
        "teams": _each(made.ref(TeamShape)),
        "schedules": _each(made.ref(ScheduleShape)),
        "ladder": {
            "type": "object",
            "propertyNames": {"enum": ["P1", "P2", "P3", "P4"]},
            "additionalProperties": {**_each(made.ref(RungShape)), "minItems": 1},
            "description": "Who is called next while nobody acknowledges an alert, by its priority.",
        },
        "roles": _each(made.ref(RoleRuleShape)),
        "rights": {
            "type": "object",
            "propertyNames": {"enum": [r.value for r in Right]},
            "additionalProperties": _each({"enum": [r.value for r in Role]}),
            "description": "The roles that have a right; one that is not listed is everybody's.",
        },
        "working_hours": made.ref(HoursShape),
        "changes": made.ref(ChangesShape),
        "admission": made.ref(AdmissionShape),
        "links": _each(made.ref(LinkShape)),
        "maintenance": _each(made.ref(MaintenanceShape)),
    }
    root = {"type": "object", "properties": properties, "additionalProperties": False}
    return _document(CONFIG_ID, root, made.defs)


def playbook_schema(steps: Mapping[str, Shape]) -> dict[str, Any]:
    """One entry of ``playbooks``."""
    made = _Schemas()
    return _document(PLAYBOOK_ID, made.playbook(steps), made.defs)


def duration_schema(kind: type) -> dict[str, Any]:
    """The schema hook for durations; raises NotImplementedError for any other type."""
    if kind is not Seconds:
        raise NotImplementedError
    return {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$"},
        ],
        "description": "a duration: 30s, 5m, 2h, 7d or seconds",
    }


class _Schemas:
    """Schemas of shapes as the loader reads them; the shapes that were met are in ``defs``.

    Not msgspec's own generator: it cannot write a duration's default, and it does not know the words under a field.
    """

    def __init__(self) -> None:
        self.defs: dict[str, Any] = {}
        self._names: dict[type, str] = {}

    def playbook(self, steps: Mapping[str, Shape]) -> dict[str, Any]:
        """A playbook whose steps are of these kinds."""
        made = self.shape(PlaybookKeys)
        made["properties"] |= {
            "steps": {**_each(self.kinded(StepKeys, steps)), "minItems": 1},
            "on_failure": {"enum": ["undo", "halt"], "default": "undo"},
        }
        made["required"] = sorted({*made["required"], "steps"})
        return made

    def kinded(self, common: Shape, kinds: Mapping[str, Shape]) -> dict[str, Any]:
        """One branch a kind: the keys that all have, and its own."""
        keys = self.shape(common)
        branches = []
        for kind, shape in kinds.items():
            own = self.shape(shape)
            # What all have in common is read first: a kind's own option of that name gets it from there.
            own["properties"] = {
                **keys["properties"],
                **own["properties"],
                **keys["properties"],
                "kind": {"const": kind},
            }
            own["required"] = sorted({*keys["required"], *own["required"]})
            own |= _preset(shape, own["properties"])
            branches.append({"title": kind, **own})
        return {"oneOf": branches}

    def ref(self, shape: type) -> dict[str, Any]:
        """A reference; the shape is described once."""
        if shape not in self._names:
            name = shape.__name__ if shape.__name__ not in self.defs else f"{shape.__module__}.{shape.__name__}"
            self._names[shape] = name
            self.defs[name] = {}  # a shape inside itself finds its name
            self.defs[name] = self.shape(shape)
        return {"$ref": f"#/$defs/{self._names[shape]}"}

    def shape(self, shape: Shape) -> dict[str, Any]:
        """A shape in place."""
        kind = mi.type_info(shape)
        assert isinstance(kind, mi.StructType)
        words = words_of(shape)
        properties = {}
        for field in kind.fields:
            schema = self.of(field.type)
            if field.encode_name in words:
                schema = {**schema, "description": words[field.encode_name]}
            if isinstance(field.default, (str, bool, int, float)) and not isinstance(field.default, Seconds):
                schema = {**schema, "default": msgspec.to_builtins(field.default)}
            properties[field.encode_name] = schema
        return {
            "description": prose(shape),
            "type": "object",
            "properties": properties,
            "required": sorted(f.encode_name for f in kind.fields if f.required),
            "additionalProperties": False,
        }

    def of(self, kind: mi.Type) -> dict[str, Any]:
        """A value of any type."""
        if isinstance(kind, mi.Metadata):
            return {**self.of(kind.type), **(kind.extra_json_schema or {})}
        if isinstance(kind, mi.UnionType):
            return {"anyOf": [self.of(t) for t in kind.types]}
        if isinstance(kind, (mi.ListType, mi.VarTupleType)):
            return _each(self.of(kind.item_type))
        if isinstance(kind, mi.DictType):
            keys = {"propertyNames": self.of(kind.key_type)} if isinstance(kind.key_type, mi.EnumType) else {}
            return {"type": "object", "additionalProperties": self.of(kind.value_type), **keys}
        if isinstance(kind, mi.StructType):
            return self.ref(kind.cls)
        if isinstance(kind, mi.EnumType):
            return {"enum": [member.value for member in kind.cls]}
        if isinstance(kind, mi.LiteralType):
            return {"enum": list(kind.values)}
        if isinstance(kind, mi.CustomType):
            return duration_schema(kind.cls)
        limits = {word: limit for name, word in _LIMITS.items() if (limit := getattr(kind, name, None)) is not None}
        return {**_TYPES[type(kind)], **limits}


def _document(ident: str, root: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": ident, "title": ident, **root, "$defs": dict(defs)}


def _preset(shape: Shape, properties: dict[str, Any]) -> dict[str, Any]:
    """The names of the presets of a kind, and that one of them or what they would give has to stand there."""
    names = sorted(getattr(shape, "PRESETS", {}))
    if not names or "preset" not in properties:
        return {}
    properties["preset"] = {**properties["preset"], "type": "string", "enum": names}
    given = [
        {"required": [key]}
        for key in ("preset", "vendor", "platform", "repository", "provider", "url", "path")
        if key in properties
    ]
    return {
        "anyOf": [
            g for g in given if not {"vendor", "platform"} & set(properties) or g["required"][0] not in ("url", "path")
        ]
    }


def _each(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(item)}


def _text(about: str) -> dict[str, Any]:
    return {"type": "string", "description": about}
