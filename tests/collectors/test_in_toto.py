"""What the in_toto format reads of statements, envelopes and bundles, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import in_toto
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import PROVENANCE, Attestation
from pulse_tui.domain.source import Collected
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from tests.collectors.contexts import NOW, context

DIGEST = "ab" * 32
COMMIT = "5f" * 20
V1 = "https://slsa.dev/provenance/v1"
PROVENANCE_V1: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {"ref": "refs/tags/v3.8.1", "repository": "https://github.com/acme/bot", "path": "build.yml"}
        },
        "resolvedDependencies": [
            {"uri": "git+https://github.com/acme/actions", "digest": {"gitCommit": "00" * 20}},
            {"uri": "git+https://github.com/acme/bot@refs/tags/v3.8.1", "digest": {"gitCommit": COMMIT}},
        ],
    },
    "runDetails": {
        "builder": {"id": "https://github.com/acme/bot/.github/workflows/build.yml@refs/tags/v3.8.1"},
        "metadata": {
            "invocationId": "https://github.com/acme/bot/actions/runs/1/attempts/1",
            "finishedOn": "2026-11-22T10:00:00Z",
        },
    },
}
PROVENANCE_V02: dict[str, Any] = {
    "builder": {"id": "https://ci.example/runner"},
    "invocation": {"configSource": {"uri": "git+https://git.example/acme/bot.git", "digest": {"sha1": COMMIT}}},
    "metadata": {"buildInvocationId": "job-7", "buildFinishedOn": "2026-11-22T10:00:00Z"},
    "materials": [
        {"uri": "pkg:docker/debian@12", "digest": {"sha256": "cd" * 32}},
        {"uri": "git+https://git.example/acme/bot.git@refs/heads/main", "digest": {"sha1": COMMIT}},
    ],
}


def statement(predicate: Any = None, kind: str = V1, version: str = "v1", **more: Any) -> dict[str, Any]:
    return {
        "_type": f"https://in-toto.io/Statement/{version}",
        "subject": [{"name": "bot.whl", "digest": {"sha256": DIGEST}}],
        "predicateType": kind,
        "predicate": PROVENANCE_V1 if predicate is None else predicate,
        **more,
    }


def envelope(payload: bytes, kind: str = "application/vnd.in-toto+json") -> dict[str, Any]:
    text = base64.b64encode(payload).decode()
    return {"payloadType": kind, "payload": text, "signatures": [{"keyid": "", "sig": "bm8="}]}


def bundle(payload: bytes) -> dict[str, Any]:
    media = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return {"mediaType": media, "verificationMaterial": {}, "dsseEnvelope": envelope(payload)}


def parse(data: bytes, **options: Any) -> Collected:
    return in_toto.parse("p.json", data, in_toto.Options(**options), context())


def attested(collected: Collected) -> list[Attestation]:
    return [o for o in collected.observations if isinstance(o, Attestation)]


def test_slsa_provenance_says_builder_source_and_run() -> None:
    data = json.dumps(statement(), indent=1).encode() + b"\n"
    (got,) = attested(parse(data))
    assert (got.digest, got.asset_id, got.version) == (f"sha256:{DIGEST}", None, None)
    assert got.facts == {
        "statement": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "statement_type": V1,
        "builder": "https://github.com/acme/bot/.github/workflows/build.yml@refs/tags/v3.8.1",
        "run": "https://github.com/acme/bot/actions/runs/1/attempts/1",
        "commit": COMMIT,
        "repository": "https://github.com/acme/bot",
        "branch": "v3.8.1",
    }
    assert set(got.facts) <= set(PROVENANCE)
    assert got.at.day == 22


def test_the_older_provenance_is_read_as_well() -> None:
    old = statement(PROVENANCE_V02, "https://slsa.dev/provenance/v0.2", "v0.1")
    (got,) = attested(parse(json.dumps(old).encode()))
    assert got.facts["builder"] == "https://ci.example/runner"
    assert (got.facts["commit"], got.facts["repository"]) == (COMMIT, "https://git.example/acme/bot")
    assert (got.facts["run"], got.facts["branch"]) == ("job-7", "main")


def test_an_envelope_and_a_bundle_give_the_digest_of_what_was_signed() -> None:
    payload = json.dumps(statement()).encode()
    digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    (bare,) = attested(parse(json.dumps(envelope(payload)).encode()))
    assert bare.facts["statement"] == digest
    assert "bundle" not in bare.facts
    file = json.dumps(bundle(payload), indent=2).encode() + b"\n"
    (wrapped,) = attested(parse(file))
    assert wrapped.facts["statement"] == digest
    assert wrapped.facts["bundle"] == f"sha256:{hashlib.sha256(file).hexdigest()}"


def test_each_subject_is_attested_and_one_without_sha256_is_refused() -> None:
    other = "cd" * 32
    subjects = [
        {"name": "a", "digest": {"sha256": DIGEST}},
        {"name": "b\x1b[2J", "digest": {"sha512": "00"}},
        {"name": "c", "digest": {"sha256": other.upper()}},
    ]
    got = parse(json.dumps(statement(subject=subjects)).encode())
    assert [a.digest for a in attested(got)] == [f"sha256:{DIGEST}", f"sha256:{other}"]
    assert [r.problem.where for r in got.rejected] == ["p.json: subject[1]"]
    assert "\x1b" not in got.rejected[0].problem.what


def test_lines_are_read_one_by_one() -> None:
    payload = json.dumps(statement()).encode()
    good = json.dumps(envelope(payload)).encode()
    got = parse(good + b"\n" + b'{"payloadType": 1}' + b"\n" + good + b"\n")
    assert len(attested(got)) == 2
    assert [r.problem.where for r in got.rejected] == ["p.json:2"]


def test_options_name_the_release_as_well() -> None:
    (got,) = attested(parse(json.dumps(statement()).encode(), asset="support-bot", version="3.8.1"))
    assert (got.asset_id, got.version, got.digest) == ("support-bot", "3.8.1", f"sha256:{DIGEST}")


def test_another_predicate_keeps_its_type_only() -> None:
    (got,) = attested(parse(json.dumps(statement(["no", "object"], "https://spdx.dev/Document")).encode()))
    assert set(got.facts) == {"statement", "statement_type"}
    assert got.at == NOW


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "ends too early"),
        (b"<html>", "p.json"),
        (json.dumps({"a": 1}).encode(), "neither a statement"),
        (json.dumps(statement(subject=[])).encode(), "no subject"),
        (json.dumps(statement(subject=[{"name": "a"}])).encode(), "no digest by SHA-256"),
        (json.dumps(statement(version="", _type="https://example.com")).encode(), "not an in-toto statement"),
        (json.dumps({**envelope(b"x"), "payload": "?!"}).encode(), "not base64"),
        (json.dumps(envelope(b"{}", "text/plain")).encode(), "not an in-toto statement"),
        (json.dumps(envelope(b"not json")).encode(), "cannot be read"),
        (json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1"}).encode(), "signs a blob"),
        (b'{"_type":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "p.json"),
    ],
)
def test_what_is_no_statement_is_an_error_that_names_the_file(data: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why) as caught:
        parse(data)
    assert "p.json" in str(caught.value)


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_predicate_breaks_the_reader(value: Any) -> None:
    for predicate in (value, {"buildDefinition": value, "runDetails": value, "materials": value, "metadata": value}):
        (got,) = attested(parse(json.dumps(statement(predicate if predicate is not None else {})).encode()))
        assert got.digest == f"sha256:{DIGEST}"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        parse(data)


def test_the_kind_is_told_from_the_file_and_takes_no_other_kinds_files() -> None:
    payload = json.dumps(statement()).encode()
    late = json.dumps(
        {"payload": base64.b64encode(payload * 9).decode(), "payloadType": "application/vnd.in-toto+json"}
    ).encode()
    for data in (payload, json.dumps(envelope(payload)).encode(), json.dumps(bundle(payload)).encode(), late):
        kinds = {k: v for k, v in Kinds("collectors").items() if hasattr(v, "accepts")}
        assert [k for k, v in kinds.items() if v.accepts("x.json", Peek(data))] == ["in_toto"]
    mention = json.dumps({"signal_type": "cve", "summary": '"_type": "https://in-toto.io/Statement/v1"'}).encode()
    assert not in_toto.accepts("x.json", Peek(mention))
    assert not in_toto.accepts("x.json", Peek(b'{"bomFormat": "CycloneDX", "payload": "' + b"A" * 99 + b'"}'))


def test_a_folder_is_read_once_until_a_file_changes(tmp_path: Path) -> None:
    (tmp_path / "a.intoto.jsonl").write_text(json.dumps(envelope(json.dumps(statement()).encode())))
    (tmp_path / "b.json").write_text("{}")
    options = in_toto.Options(path=".")
    first = in_toto.collect(options, context(tmp_path))
    assert len(attested(first)) == 1
    assert [r.problem.where for r in first.rejected] == ["b.json"]
    assert in_toto.collect(options, context(tmp_path, cursor=first.cursor)).unchanged


@pytest.mark.parametrize(("way", "length"), [("sha256", 64), ("sha384", 96), ("sha512", 128)])
def test_a_subject_is_named_by_whichever_long_digest_it_has(way: str, length: int) -> None:
    subject = [{"name": "a.tgz", "digest": {"sha1": "0" * 40, way: "AB" * (length // 2)}}]
    (got,) = attested(parse(json.dumps(statement(subject=subject)).encode()))
    assert got.digest == f"{way}:{'ab' * (length // 2)}"
    short = [{"name": "a.tgz", "digest": {way: "ab"}}]
    with pytest.raises(SourceError, match="no digest by SHA-256"):
        parse(json.dumps(statement(subject=short)).encode())


def test_a_folder_is_searched_for_every_name_that_signers_use(tmp_path: Path) -> None:
    for name in ("model.sig", "a.sigstore", "app.build.slsa", "b.intoto.jsonl", "c.sigstore.json"):
        (tmp_path / name).write_text(json.dumps(statement()))
    (tmp_path / "weights.bin").write_text("x")
    found = in_toto.collect(in_toto.Options(path="."), context(tmp_path))
    assert (len(found.observations), found.rejected) == (5, ())
