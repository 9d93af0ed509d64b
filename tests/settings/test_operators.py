"""Operators, their keys, and policies that nobody could satisfy."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.sshsig import open_key, string
from pulse_tui.domain.words import Environment
from pulse_tui.kinds import options_of
from pulse_tui.settings.load import load
from pulse_tui.settings.shapes import Settings
from tests.fakes.sshkeys import mpint, pair

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ANA, BEN, CYD = (pair("ssh-ed25519", name).public for name in ("ana", "ben", "cyd"))
TWIN = open_key(string(b"sk-ssh-ed25519@openssh.com") + string(ANA.point) + string(b"ssh:"))
"""Says that it is a security key, and has the numbers of ana's."""
SK = [pair("sk-ssh-ed25519@openssh.com", name).public for name in ("ana", "ben")]
TWO = f'operators:\n  - {{name: ana, key: "{ANA.line} ana@laptop"}}\n  - {{name: ben, keys: ["{BEN.line}"]}}\n'
BOOK = "playbooks: [{id: a, steps: [{kind: webhook, read_url: 'http://t/s', write_url: 'http://t/s'}]}]\n"
EVERYWHERE = tuple(Environment)


def read(folder: Path, text: str, **files: str) -> Settings:
    (folder / "pulse.yaml").write_text(text)
    for name, content in files.items():
        (folder / name).write_text(content)
    return load(folder, options_of, now=NOW)


def wrong(folder: Path, text: str, **files: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, **files)
    return "\n".join(map(str, caught.value.problems))


def warned(made: Settings) -> str:
    return "\n".join(map(str, made.warnings))


def test_a_key_that_is_a_public_key_signs_and_one_that_is_a_label_does_not(tmp_path: Path) -> None:
    made = read(tmp_path, TWO + "  - {name: cyd, key: cyd-laptop}\n")
    ana, ben, cyd = made.operators
    assert (ana.signers[0].key, ben.signers[0].key) == (ANA, BEN)
    assert (cyd.label, cyd.signers) == ("cyd-laptop", ())
    assert made.identity.able({o.name: o for o in made.operators}, Environment.PRODUCTION) == ["ana", "ben"]
    assert made.identity.able({o.name: o for o in made.operators}, Environment.CANARY) == ["ana", "ben", "cyd"]


def test_production_must_be_signed_unless_nobody_has_a_public_key(tmp_path: Path) -> None:
    assert read(tmp_path, TWO).identity.must_sign(Environment.PRODUCTION)
    assert not read(tmp_path, TWO).identity.must_sign(Environment.CANARY)
    labels = read(tmp_path, "operators: [{name: ana, key: k1}, {name: ben, key: k2}]\n" + BOOK)
    assert labels.identity.by_name
    assert labels.identity.unsigned == EVERYWHERE
    assert "no operator has a public key: approvals go by name, in production too" in warned(labels)
    assert "pulse.yaml:1" in warned(labels)


@pytest.mark.parametrize("unsigned", ["[]", "[replica, shadow, canary]"])
def test_what_is_stated_ends_the_exception_for_labels(tmp_path: Path, unsigned: str) -> None:
    text = f"operators: [{{name: ana, key: k1}}, {{name: ben, key: k2}}]\napprovals: {{unsigned: {unsigned}}}\n"
    assert (
        "pulse.yaml:1: production needs 2 signed approvals, and nobody may act there with a usable public key"
        in wrong(tmp_path, text)
    )


def test_production_without_signatures_is_read_when_it_is_stated_and_warned_about(tmp_path: Path) -> None:
    made = read(tmp_path, TWO + "approvals: {unsigned: [production]}\n")
    assert not made.identity.by_name
    assert made.identity.must_sign(Environment.CANARY)
    assert "approvals in production count without a signature" in warned(made)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'operators: [{{name: ana, key: "{ANA.line}"}}]\n', "only ana may act there with a usable public key"),
        (TWO.replace("keys:", "environments: [canary], keys:"), "production needs 2 signed approvals, and only ana"),
        (TWO + "approvals: {touch: [production]}\n", "nobody may act there with a security key"),
        (TWO + f'revoked_keys: ["{BEN.line}"]\n', "only ana may act there"),
        (TWO + f"revoked_keys: [{BEN.fingerprint}]\n", "only ana may act there"),
        (TWO + "approvals: {production: 3}\n", "production needs 3 signed approvals"),
        (
            TWO.replace("keys:", "environments: [production], keys:") + "approvals: {canary: 2, unsigned: []}\n",
            "canary needs 2",
        ),
    ],
)
def test_a_policy_that_nobody_can_satisfy_is_refused(tmp_path: Path, text: str, why: str) -> None:
    problem = wrong(tmp_path, text)
    assert why in problem
    assert problem.startswith("pulse.yaml:")


def test_enough_operators_with_what_is_asked_for_are_not_refused(tmp_path: Path) -> None:
    one = read(tmp_path, f'operators: [{{name: ana, key: "{ANA.line}"}}]\napprovals: {{production: 1}}\n')
    assert one.identity.must_sign(Environment.PRODUCTION)
    keys = "".join(f'  - {{name: {n}, key: "{k.line}"}}\n' for n, k in zip(("ana", "ben"), SK, strict=True))
    assert read(tmp_path, f"operators:\n{keys}approvals: {{touch: [production]}}\n").identity.touch == (
        Environment.PRODUCTION,
    )


def test_the_file_of_allowed_signers_gives_operators_their_keys(tmp_path: Path) -> None:
    text = f'# keys\r\nana {ANA.line} laptop\r\nana {CYD.line} desk\r\nben namespaces="pulse-*" {BEN.line}\r\n'
    made = read(
        tmp_path,
        "operators: [{name: ana, environments: [canary, production]}]\noperators_file: signers\n",
        signers=text,
    )
    ana, ben = made.operators
    assert [s.key for s in ana.signers] == [ANA, CYD]
    assert (ben.name, ben.environments) == ("ben", EVERYWHERE)
    assert ben.signers[0].where == "signers:4"
    assert str(tmp_path / "signers") in made.beside


def test_keys_for_other_purposes_are_nobodys(tmp_path: Path) -> None:
    text = f'*@example.com namespaces="git" {CYD.line}\nana {ANA.line}\nben {BEN.line}\n'
    assert [o.name for o in read(tmp_path, "operators_file: signers\n", signers=text).operators] == ["ana", "ben"]


@pytest.mark.parametrize(
    ("text", "signers", "why"),
    [
        ("operators_file: nowhere\n", "", "nowhere: cannot be read"),
        ("operators_file: [a]\n", "", "pulse.yaml:1: operators_file: expected the name of a file"),
        (
            "operators_file: signers\n",
            f"ana,ben {ANA.line}\n",
            "signers:1: the principals 'ana,ben' are not the name of one",
        ),
        ("operators_file: signers\n", f"* {ANA.line}\n", "signers:1: the principals '*' are not the name of one"),
        (
            "operators_file: signers\n",
            f"ana {ANA.line}\nben {ANA.line}\n",
            "signers:2: operators 'ana' and 'ben' share one key",
        ),
        (
            "operators_file: signers\n",
            f"ana {ANA.line}\nben {TWIN.line}\n",
            "signers:2: operators 'ana' and 'ben' share one key",
        ),
        (
            "operators_file: signers\n",
            f"ana cert-authority {ANA.line}\n",
            "signers:1: cert-authority: certificates are not",
        ),
        (
            "operators_file: signers\n",
            f"ana {ANA.line}\n\nana {ANA.line}\n",
            "signers:3: operator 'ana': the key SHA256:",
        ),
        ("operators_file: signers\n", "ana ssh-ed25519 AAAA\n", "signers:1: the public key ends too early"),
        (f"operators_file: signers\n{TWO}", f"eve {BEN.line}\n", "share one key"),
        ('operators: [{name: ana, key: "ssh-rsa AAAA"}]\n', "", "pulse.yaml:1: operator 'ana': the public key"),
        ("operators:\n  - {name: ana}\n", "", "pulse.yaml:2: operator 'ana': the key 'key' is missing"),
        (
            "operators:\n  - name: ana\n    keys:\n      - ana-laptop\n",
            "",
            "pulse.yaml:4: operator 'ana': a public key is",
        ),
        ('operators: [{name: "a\\n", key: k}]\n', "", "operators[0].name: expected text"),
        ("operators: [{name: a, key: k}, {name: b, key: k}]\n", "", "operators 'a' and 'b' share one key"),
        ("revoked_keys: [nonsense]\n", "", "pulse.yaml:1: revoked_keys: a public key is"),
        ("revoked_keys: signers\n", "# gone\nssh-ed25519 AAAA\n", "signers:2: revoked_keys: the public key ends"),
        ("revoked_keys: signers\n", "SSHKRL\n\0", "binary list (KRL)"),
    ],
)
def test_what_is_wrong_with_keys_is_named_with_its_place(tmp_path: Path, text: str, signers: str, why: str) -> None:
    assert why in wrong(tmp_path, text, signers=signers)


def test_a_weak_key_is_refused(tmp_path: Path) -> None:

    blob = string(b"ssh-rsa") + mpint(65537) + mpint(2**1023 + 1)
    line = f"ssh-rsa {base64.b64encode(blob).decode()}"
    assert "an RSA key of 1024 bits is too weak" in wrong(tmp_path, f'operators: [{{name: ana, key: "{line}"}}]\n')


def test_a_file_that_somebody_else_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(f"ana {ANA.line}\nben {BEN.line}\n")
    (tmp_path / "signers").chmod(0o666)
    assert "signers: can be written by everybody" in wrong(tmp_path, "operators_file: signers\n")


def test_a_folder_that_somebody_else_can_write_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "signers").write_text(f"ana {ANA.line}\nben {BEN.line}\n")
    (tmp_path / "open").chmod(0o777)
    assert "can be written by everybody" in wrong(tmp_path, "operators_file: open/signers\n")


def test_a_key_whose_time_has_passed_or_that_is_revoked_is_warned_about_at_its_line(tmp_path: Path) -> None:
    text = f'ana valid-before="20261101Z" {ANA.line}\nben {BEN.line}\ncyd {CYD.line}\n'
    made = read(tmp_path, f"operators_file: signers\nrevoked_keys: [{CYD.fingerprint}]\n", signers=text)
    assert f"signers:1: the key {ANA.fingerprint} was valid until 2026-11-01 00:00 UTC only" in warned(made)
    assert f"signers:3: the key {CYD.fingerprint} of cyd is revoked (pulse.yaml:2)" in warned(made)


def test_every_change_of_who_may_sign_is_in_the_digest_and_a_comment_is_not(tmp_path: Path) -> None:
    text, lines = TWO + "operators_file: signers\n", f"cyd {CYD.line}\n"
    base = read(tmp_path, text, signers=lines).operators_digest
    assert read(tmp_path, text, signers=f"# comment\n{lines}").operators_digest == base
    other = pair("ssh-ed25519", "dan").public
    changed = [
        read(tmp_path, text, signers=f"{lines}dan {other.line}\n"),
        read(tmp_path, text, signers=f'cyd valid-before="20301101Z" {CYD.line}\n'),
        read(tmp_path, text, signers=""),
        read(tmp_path, f"{text}revoked_keys: [{other.fingerprint}]\n", signers=lines),
        read(tmp_path, f"{text}approvals: {{unsigned: [canary]}}\n", signers=lines),
        read(tmp_path, f"{text}approvals: {{break_glass: []}}\n", signers=lines),
    ]
    assert len({base, *(s.operators_digest for s in changed)}) == 7


def test_the_digest_of_a_configuration_from_before_is_the_one_it_had(tmp_path: Path) -> None:
    made = read(tmp_path, "operators: [{name: ana, key: k1}]\n")
    assert made.operators_digest == "09c0b5a2c4ded3422d705e6b403c429a5b0642fad8a98addc5fa6b1ea61fef66"
