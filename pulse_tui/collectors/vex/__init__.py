"""VEX documents: what is stated of a vulnerability in a product, in OpenVEX, CycloneDX or CSAF, as JSON.

A statement becomes a waiver that ends by itself. One without a package, a reason or a time is refused, the others are kept.
"""

from __future__ import annotations

import msgspec

from pulse_tui.collectors._shared.files import Bad, broken_json, collect_files
from pulse_tui.collectors._shared.web import read_url
from pulse_tui.collectors.vex import csaf, cyclonedx, openvex
from pulse_tui.collectors.vex.made import Options, check
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext, Peek, members

__all__ = ["Options", "accepts", "collect", "parse"]

_EMPTY = (b"", b"[]", b"null")


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the files that changed, or the document when it changed."""
    check(options)
    if not options.url:
        return collect_files(
            options.path, "*.json", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )
    return read_url(context, options.url, options.token, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """OpenVEX by its statements; CycloneDX that judges vulnerabilities and lists no component; the VEX profile of CSAF."""
    del name
    return _openvex(head) or _judges(head) or _csaf(head, profile=True)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """All statements of one document. Raises SourceError when it is of none of these forms, or nobody's."""
    check(options)
    bad = Bad(context.source, name)
    head = Peek(data)
    try:
        if _openvex(head):
            found = openvex.read(name, data, context.source, options, bad)
        elif head.says("bomFormat") == "CycloneDX":
            found = cyclonedx.read(name, data, context.source, options, bad)
        elif _csaf(head):
            found = csaf.read(name, data, context.source, options, bad)
        else:
            raise SourceError(
                f"{name} is no VEX document", todo="Give OpenVEX, CycloneDX with vulnerabilities, or CSAF, as JSON"
            )
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(broken_json(name, data, error), todo="Give the document as it was published") from None
    return Collected(observations=tuple(found), rejected=bad.all(), cursor=context.cursor)


def _openvex(head: Peek) -> bool:
    return "statements" in head.top and "@context" in head.top


def _judges(head: Peek) -> bool:
    top = head.top
    listed = any(bytes(top[key]).strip() not in _EMPTY for key in ("components", "services") if key in top)
    return head.says("bomFormat") == "CycloneDX" and "vulnerabilities" in top and not listed


def _csaf(head: Peek, *, profile: bool = False) -> bool:
    inner = members(head.top["document"]) if "document" in head.top else {}
    return "csaf_version" in inner and (not profile or bytes(inner.get("category", b"")) == b'"csaf_vex"')
