"""Reports of pip-audit in JSON: every dependency with what it found, and those that it skipped.

"No known vulnerabilities found" is said of skipped packages too: they are kept as packages that nobody judged.
The same reports in CycloneDX are read as bills. https://github.com/pypa/pip-audit#usage
"""

from __future__ import annotations

import msgspec

from pulse_tui.collectors._shared.bills import decode, each
from pulse_tui.collectors._shared.reports import BadPurl, Gathering, ReportOptions, ident, placed, read_reports
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.report import Claim
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek, members


class Options(ReportOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``), ``asset``, ``version``, ``environments``. ``subject`` and ``digest``: such
    a report names neither, so that setting one refuses every file. ``max_bytes``: cap of one file.
    """


class _Found(msgspec.Struct):
    id: str
    fixed: list[str] = msgspec.field(name="fix_versions", default=[])
    aliases: list[str] = []
    description: str | None = None


class _Dependency(msgspec.Struct):
    name: str
    version: str | None = None
    skipped: str | None = msgspec.field(name="skip_reason", default=None)
    found: list[msgspec.Raw] = msgspec.field(name="vulns", default=[])


class _Document(msgspec.Struct):
    dependencies: list[msgspec.Raw]


_DOCUMENT = msgspec.json.Decoder(_Document)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_DEPENDENCY = msgspec.json.Decoder(_Dependency)
_FOUND = msgspec.json.Decoder(_Found)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the reports that are new or changed since the last round."""
    return read_reports(options, context, accepts, lambda name, data: parse(name, data, options, context))


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``dependencies`` that have ``vulns`` or a ``skip_reason``."""
    if "dependencies" not in head.top or not {"bomFormat", "lockfileVersion", "spdxVersion"}.isdisjoint(head.top):
        return False
    try:
        first = next(iter(_LIST.decode(head.top["dependencies"])), None)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        return False
    if first is None:
        return "fixes" in head.top
    keys = members(first).keys()
    return "name" in keys and not {"vulns", "skip_reason"}.isdisjoint(keys)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One report. A dependency or vulnerability of another shape is Rejected by its place; the others land. Raises SourceError
    when it is no such report.
    """
    report = Gathering("pip-audit", name, options, context)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":  # as pip-audit before 2.0 wrote it
        dependencies = decode(name, data, _LIST, "pip-audit report")
    else:
        dependencies = decode(name, data, _DOCUMENT, "pip-audit report").dependencies
    for at, item in each(dependencies, _DEPENDENCY, "dependencies", report.refusals, lost=True):
        if item.skipped is not None:
            report.skipped(item.name, item.skipped)
            continue
        try:
            found = placed("", item.name, item.version, "pypi")
        except BadPurl as error:
            report.refusals.add(at, str(error), lost=True)
            continue
        report.listed(at, found)
        for where, one in each(item.found, _FOUND, f"{at}.vulns", report.refusals, lost=True):
            if not ident(one.id) or found.version is None:
                report.nameless(where, f"{clean(item.name, 100)}: a vulnerability without an id, or of no version")
                continue
            title = next((line for line in (one.description or "").splitlines() if line.strip()), "")
            report.claim(
                Claim(
                    id=ident(one.id),
                    component=found,
                    title=clean(title, 300),
                    aliases=tuple(a for a in map(ident, one.aliases) if a),
                    fixed=tuple(v for v in map(ident, one.fixed) if v),
                )
            )
    if not dependencies:
        raise SourceError(f"{name} lists no dependency", todo="Make it where the packages are installed")
    return report.done(whole=True)
