"""What pulse_tui itself stands on: the bill of materials of a release, made from ``requirements.lock``.

``uv pip compile pyproject.toml --extra postgres --universal --generate-hashes --no-header -o requirements.lock`` writes
the lock, ``python -m tests.house.own_bill`` the bill. Both are kept, so that a release has them without a network.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
BILL = ROOT / "pulse_tui.cdx.json"
_PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; (?P<marker>.+?))? \\")
_VIA = re.compile(r"    #(?: via)? +(?P<parent>[a-z0-9-]+)")


def bill() -> bytes:
    """CycloneDX 1.6: one component a pin, and which asks for which; the same bytes for the same lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name = project["name"].replace("_", "-")
    pins: dict[str, dict[str, Any]] = {}
    asked: dict[str, set[str]] = {}
    current = ""
    for line in LOCK.read_text().splitlines():
        if found := _PIN.fullmatch(line):
            current = f"pkg:pypi/{found['name']}@{found['version']}"
            pins[current] = {
                "type": "library",
                "name": found["name"],
                "version": found["version"],
                "purl": current,
                "bom-ref": current,
                **({"properties": [{"name": "marker", "value": found["marker"]}]} if found["marker"] else {}),
            }
        elif (found := _VIA.match(line)) and current:
            asked.setdefault(found["parent"], set()).add(current)
    root = f"pkg:pypi/{name}@{project['version']}"
    known = {root: name, **{ref: pin["name"] for ref, pin in pins.items()}}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": name,
                "version": project["version"],
                "purl": root,
                "bom-ref": root,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": list(pins.values()),
        "dependencies": [{"ref": ref, "dependsOn": sorted(asked.get(part, ()))} for ref, part in known.items()],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


if __name__ == "__main__":
    BILL.write_bytes(bill())
