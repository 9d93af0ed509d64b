"""How artifacts were made: in-toto Statements (v1, v0.1), bare, in a DSSE envelope or in a Sigstore bundle.

SLSA provenance (v1, v0.2) is read for builder, source and run; of other predicates only the type is kept.
**Signatures are not verified**: the file's content is taken as it is, and the release keeps the digests of
the statement and of the bundle, so that a verifier can check exactly these.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, Record, collect_files, records
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import dense, reason
from pulse_tui.domain.release import Attestation
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path``: a folder, a file or a glob. A subject names its release by digest.

    ``asset`` and ``version`` name the release as well, for files that are all about one. ``max_bytes``: cap of one file.
    """

    path: str = ""
    asset: str | None = None
    version: str | None = None
    max_bytes: int = FILE_CAP


class _Subject(msgspec.Struct):
    digest: dict[str, str] = {}
    name: str = ""


class _Statement(msgspec.Struct):
    type: str = msgspec.field(name="_type")
    predicateType: str = msgspec.field()  # noqa: N815  as the format spells it
    subject: list[_Subject] = []
    predicate: Any = None


class _Envelope(msgspec.Struct):
    payload: str
    payloadType: str  # noqa: N815  as the format spells it


class _Unread(ValueError):
    """An invalid record; the text gives the reason."""


_TYPE = "https://in-toto.io/Statement/"
_PAYLOAD = "application/vnd.in-toto+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_NAMES = ("*.json*", "*.sigstore", "*.intoto", "*.att", "*.slsa", "*.sig")
_DIGESTS = {
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "sha512": re.compile(r"[0-9a-f]{128}"),
    "sha384": re.compile(r"[0-9a-f]{96}"),
}
"""What may name a release, the usual one first; npm's provenance has SHA-512 alone."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_UNREADABLE = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError)


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return collect_files(
        options.path, _NAMES, options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: Peek) -> bool:
    """JSON that names a statement, an envelope around one or a Sigstore bundle by its own fields, whatever its name:
    ``*.intoto.jsonl``, ``*.sigstore``, ``*.build.slsa``, ``model.sig``.
    """
    del name
    return (
        head.says("_type").startswith(_TYPE)
        or head.says("payloadType") == _PAYLOAD
        or head.says("mediaType").startswith(_BUNDLE)
    )


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """An attestation for each subject. A subject without a digest is Rejected, as is a bad record among good ones.

    Raises SourceError for broken JSON, a payload that is not base64, another format, or when nothing could be read.
    """
    found: list[Attestation] = []
    rejected = Bad(context.source, name)
    whole = list(records(name, data))
    for record in whole:
        # The digest of the only record is the file's own, so that a verifier finds it.
        raw = data if len(whole) == 1 else record.raw
        try:
            found += _attestations(record, raw, options, context, rejected)
        except _Unread as error:
            rejected.refuse(record.where, str(error), record.raw)
        except Exception as error:  # whatever one record does, the others are stored
            rejected.refuse(record.where, f"it cannot be read: {reason(error)}", record.raw)
    if not found:
        why = str(rejected[0].problem) if rejected else f"{name} is empty"
        raise SourceError(f"no statement can be read: {why}", todo="Give an in-toto statement, envelope or bundle")
    return Collected(observations=tuple(found), rejected=rejected.all(), cursor=context.cursor)


def _attestations(
    record: Record, raw: bytes, options: Options, context: CollectContext, rejected: Bad
) -> list[Attestation]:
    payload, bundle = _payload(record.raw, raw)
    statement = _statement(payload)
    facts = {
        "statement": f"sha256:{hashlib.sha256(payload).hexdigest()}",
        "statement_type": clean(statement.predicateType, 300),
        "bundle": f"sha256:{hashlib.sha256(raw).hexdigest()}" if bundle else "",
        **_provenance(statement.predicate),
    }
    known = {key: value for key, value in facts.items() if value}
    at = _made(statement.predicate, context.now)
    out: list[Attestation] = []
    for index, subject in enumerate(statement.subject):
        digest = _digest(subject.digest)
        if digest is None:
            what = f"{clean(subject.name, 120)!r} has no digest by SHA-256, SHA-384 or SHA-512"
            rejected.refuse(f"{record.where}: subject[{index}]", what)
            continue
        out.append(
            Attestation(
                source=context.source,
                at=at,
                facts=known,
                asset_id=options.asset,
                version=options.version if options.asset else None,
                digest=digest,
            )
        )
    if not statement.subject:
        raise _Unread("the statement has no subject")
    return out


def _digest(said: dict[str, str]) -> str | None:
    found = ((way, said.get(way, "").lower()) for way in _DIGESTS)
    return next((f"{way}:{value}" for way, value in found if _DIGESTS[way].fullmatch(value)), None)


def _payload(record: bytes, raw: bytes) -> tuple[bytes, bool]:
    """The statement's bytes, and whether they came in a Sigstore bundle."""
    try:
        stated = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
        media = msgspec.json.decode(stated["mediaType"], type=str) if "mediaType" in stated else ""
        bundle = media.startswith(_BUNDLE)
        if "_type" in stated:
            return raw, False
        if bundle and "dsseEnvelope" not in stated:
            raise _Unread("the bundle signs a blob and holds no statement")
        if not bundle and "payload" not in stated:
            raise _Unread("neither a statement, an envelope nor a bundle")
        envelope = msgspec.json.decode(stated["dsseEnvelope"] if bundle else record, type=_Envelope)
    except _UNREADABLE as error:
        raise _Unread(clean(str(error), 160) or "nested too deeply to be read") from None
    if envelope.payloadType != _PAYLOAD:
        raise _Unread(f"the envelope contains {clean(envelope.payloadType, 80)!r}, not an in-toto statement")
    text = envelope.payload.replace("-", "+").replace("_", "/")  # both alphabets are allowed
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True), bundle
    except (binascii.Error, ValueError):
        raise _Unread("the envelope's payload is not base64") from None


def _statement(payload: bytes) -> _Statement:
    if what := dense(payload):
        raise _Unread(f"the statement cannot be read: {what}")
    try:
        statement = msgspec.json.decode(payload, type=_Statement)
    except _UNREADABLE as error:
        raise _Unread(f"the statement cannot be read: {clean(str(error), 160)}") from None
    if not statement.type.startswith(_TYPE):
        raise _Unread(f"{clean(statement.type, 80)!r} is not an in-toto statement")
    return statement


def _provenance(predicate: Any) -> dict[str, str]:
    """Builder, source and run of SLSA provenance, v1 or v0.2; absent parts stay absent."""
    definition, run = _at(predicate, "buildDefinition"), _at(predicate, "runDetails")
    builder = _text(_at(run, "builder", "id")) or _text(_at(predicate, "builder", "id"))
    before, now = _at(predicate, "metadata"), _at(run, "metadata")
    invocation = _text(_at(now, "invocationId"))
    for key in ("buildInvocationId", "buildInvocationID"):
        invocation = invocation or _text(_at(before, key))
    asked = _at(definition, "externalParameters", "workflow")
    source = _at(predicate, "invocation", "configSource")
    uri, commit = _source(predicate, _text(_at(asked, "repository")) or _text(_at(source, "uri")))
    ref = _text(_at(asked, "ref")) or uri.rpartition("@")[2]
    return {
        "builder": builder,
        "run": invocation,
        "commit": commit,
        "repository": _repository(uri),
        "branch": next((ref.removeprefix(p) for p in ("refs/heads/", "refs/tags/") if ref.startswith(p)), ""),
    }


def _source(predicate: Any, asked: str) -> tuple[str, str]:
    """(uri, commit) of what was built: the material that was asked for, else the first that names a commit."""
    listed = _at(predicate, "buildDefinition", "resolvedDependencies") or _at(predicate, "materials")
    first = ("", "")
    for item in listed if isinstance(listed, list) else []:
        uri = _text(_at(item, "uri"))
        named = _text(_at(item, "digest", "gitCommit"))
        # Only of a repository is a SHA-1 a commit.
        commit = named or (_text(_at(item, "digest", "sha1")) if uri.startswith("git") or ".git" in uri else "")
        if not _COMMIT.fullmatch(commit):
            continue
        if asked and _repository(uri) == _repository(asked):
            return uri, commit
        first = first if first[1] else (uri, commit)
    return first


def _repository(uri: str) -> str:
    """``git+https://host/o/r@refs/heads/main`` without transport, ref and suffix, as other sources write it."""
    text = uri.removeprefix("git+")
    scheme, sep, rest = text.partition("://")
    if not sep:
        return text.partition("@")[0]
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('@')[0].removesuffix('.git')}"


def _made(predicate: Any, now: datetime) -> datetime:
    """When the build ended, else when it began, else now."""
    run, before = _at(predicate, "runDetails", "metadata"), _at(predicate, "metadata")
    for holder, key in (
        (run, "finishedOn"),
        (before, "buildFinishedOn"),
        (run, "startedOn"),
        (before, "buildStartedOn"),
    ):
        try:
            moment = datetime.fromisoformat(_text(_at(holder, key)))
        except ValueError:
            continue
        if moment.tzinfo is not None and 1970 <= moment.year < 2200 and moment <= now:
            return moment
    return now


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return clean(value, 500) if isinstance(value, str) else ""
