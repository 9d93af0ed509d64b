"""``pulse-tui policy``: check, test, replay; what changed, and what waits for a second person."""

from __future__ import annotations

import argparse
import importlib

from pulse_tui.domain.errors import WrongUse

EPILOG = """\
check            does what is written load, which rules has it
test             run the rules' own tests, and name the conditions that they never make true, or never false
replay           what another policy would have made of the stored signals: it only reads
list             every policy that was in force or proposed: who, when, what changed, what that would have done
approve DIGEST --why REASON   the policy that waits is in force from now on; another person than the one who proposed it
reject DIGEST --why REASON    it does not come into force

replay compares the policy of --policy FILE (or folder), else the one that is written and waits, with the one in force. test
--strict fails when a condition was not tried both ways. Exits with 1 when a rule's test fails or an approval is refused, with 2
when the policy does not load."""
_ACTIONS = {
    "check": "policy_check", "test": "policy_check", "replay": "policy_replay",
    "list": "policy_changes", "approve": "policy_changes", "reject": "policy_changes",
}  # fmt: skip
"""Action -> the file that does it."""
_DECIDES = ("approve", "reject")


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """An action and what it takes."""
    parser.epilog = EPILOG
    parser.add_argument("action", choices=list(_ACTIONS))
    parser.add_argument("digest", nargs="?", default="", help="approve, reject: the beginning of its digest")
    parser.add_argument("--why", default="", help="approve, reject: the reason, kept in the audit log")
    parser.add_argument("--strict", action="store_true", help="test: fail when a condition was not tried both ways")
    parser.add_argument("--policy", metavar="PATH", help="replay: the proposed policy, a file or a folder")
    parser.add_argument("--since", default="30d", help="replay: how far back (30d, 12h)")


def run(options: argparse.Namespace, _name: str) -> int:
    """0 yes, 1 no."""
    if bool(options.digest) != (options.action in _DECIDES):
        needed = "the digest of a policy" if options.action in _DECIDES else "no digest"
        raise WrongUse(f"policy {options.action} takes {needed}", todo="See pulse-tui policy --help")
    if options.policy is not None and options.action != "replay":
        raise WrongUse(f"policy {options.action} takes no --policy", todo="pulse-tui policy replay --policy FILE")
    done: int = importlib.import_module(f"pulse_tui.cli.{_ACTIONS[options.action]}").run(options)
    return done
