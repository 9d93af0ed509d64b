"""CSAF documents as vendors write them, small; and the indexes that list them."""

from __future__ import annotations

import json
from typing import Any

VECTOR = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"
AT = "2026-11-03T00:00:00Z"


def encoded(value: Any) -> bytes:
    """As JSON."""
    return json.dumps(value).encode()


def document(
    tree: Any, *vulnerabilities: Any, ident: str = "5614", publisher: str = "Acme PSIRT", **more: Any
) -> dict[str, Any]:
    """A whole document."""
    head = {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "publisher": {"category": "vendor", "name": publisher, "namespace": "https://acme.test"},
        "title": "Security Bulletin: Acme",
        "tracking": {"id": ident, "status": "final", "version": "1", "current_release_date": AT},
        **more,
    }
    return {"document": head, "product_tree": tree, "vulnerabilities": list(vulnerabilities)}


def vulnerability(cve: str = "CVE-2026-100", **status: list[str]) -> dict[str, Any]:
    """One, with its statuses."""
    return {
        "cve": cve,
        "notes": [{"category": "summary", "text": "Acme has a \x1b[31mflaw\x1b[0m.", "title": "Description"}],
        "product_status": status,
        "scores": [{"cvss_v3": {"vectorString": VECTOR, "baseScore": 7.8}, "products": []}],
    }


def version(ident: str, name: str, category: str = "product_version", **helper: str) -> dict[str, Any]:
    """A version's branch."""
    product: dict[str, Any] = {"product_id": ident, "name": f"X {name}"}
    if helper:
        product["product_identification_helper"] = helper
    return {"category": category, "name": name, "product": product}


def branch(category: str, name: str, *branches: Any) -> dict[str, Any]:
    """A branch above others."""
    return {"category": category, "name": name, "branches": list(branches)}


def tree(product: str, *versions: Any, vendor: str = "Acme") -> dict[str, Any]:
    """Vendor, product, versions."""
    return {"branches": [branch("vendor", vendor, branch("product_name", product, *versions))]}


def turned(ident: str, product: str, words: str) -> dict[str, Any]:
    """As NVIDIA writes it: the branch of a version is called like the product, the product like its versions."""
    slug = words.lower().replace(" ", "_").replace(".", "_")
    helper = {"cpe": f"cpe:2.3:a:nvidia:{product.lower()}:{slug}:*:*:*:*:*:*:*"}
    return {
        "category": "product_version",
        "name": product,
        "product": {"name": words, "product_id": ident, "product_identification_helper": helper},
    }


def driver() -> dict[str, Any]:
    """A driver's bulletin, of two release trains on two systems."""
    found = {
        "branches": [
            branch(
                "vendor",
                "NVIDIA",
                branch("architecture", "Linux(R550)", turned("l550", "Tesla", "All driver versions prior to 550.144.03"), turned("l550f", "Tesla", "550.144.03")),
                branch("architecture", "Linux(R535)", turned("l535", "Tesla", "All driver versions prior to 535.230.02"), turned("l535f", "Tesla", "535.230.02")),
                branch("architecture", "Windows(R550)", turned("w550", "Tesla", "All driver versions prior to 553.62"), turned("w550f", "Tesla", "553.62")),
            )
        ]
    }  # fmt: skip
    affected = vulnerability(known_affected=["l550", "l535", "w550"], fixed=["l550f", "l535f", "w550f"])
    return document(found, affected, publisher="NVIDIA Product Security")


def rolie(*documents: str, updated: str = AT) -> dict[str, Any]:
    """A feed that lists them, each a second later than the one before."""
    entries = [
        {"id": d, "updated": updated.replace("00Z", f"{n:02}Z"), "content": {"src": d, "type": "application/json"}}
        for n, d in enumerate(documents)
    ]
    return {"feed": {"id": "f", "title": "Acme", "entry": entries}}
