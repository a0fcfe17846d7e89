"""Define the options of the commands, and how their values are read."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

from bedrock_key_guard.aws.roles import ORGANIZATION, RoleToAssume, role_to_assume
from bedrock_key_guard.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Parse arguments, and report what is wrong with them as every other error is reported."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(
            f"The command line cannot be understood: {message}.",
            remedy=f"Run `{self.prog} --help` to see what is accepted.",
        )


def scan_options(formats: tuple[str, ...] = ("text", "json")) -> Parser:
    """Return the options of `scan`, for a command that writes these formats."""
    options = Parser(add_help=False)
    options.add_argument("path", nargs="*", type=Path, metavar="PATH", help="files and folders")
    source = options.add_mutually_exclusive_group()
    source.add_argument("--staged", action="store_true", help="scan the index, not the disk")
    source.add_argument("--stdin", action="store_true", help="scan standard input")
    source.add_argument(
        "--history", action="store_true", help="scan every object of the repository at PATH"
    )
    source.add_argument("--range", metavar="A..B", help="scan what these commits added")
    options.add_argument(
        "--deep", action="store_true", help="search a history for every encoding, at half the speed"
    )
    options.add_argument(
        "--since-last",
        action="store_true",
        help="read of a history what is new since the last such scan, and known keys again",
    )
    options.add_argument("--format", choices=formats, default="text", help="for people, or data")
    options.add_argument("--quiet", action="store_true", help="do not tell how far a scan has come")
    options.add_argument(
        "--fail-on", choices=("any", "live", "none"), default="any", help="what exits 1"
    )
    options.add_argument(
        "--include-malformed", action="store_true", help="show keys that decode only in part"
    )
    options.add_argument(
        "--exclude", action="append", default=[], metavar="PATTERN", help="paths to hide"
    )
    options.add_argument("--baseline", type=Path, metavar="FILE", help="a detect-secrets baseline")
    options.add_argument(
        "--allow-list",
        type=Path,
        metavar="FILE",
        help="lines `fingerprint HEX` to hide, `missing ID` to accept",
    )
    return options


def verify_options() -> Parser:
    """Return the options of `verify`."""
    options = Parser(add_help=False)
    options.add_argument(
        "--allowed-account-ids",
        type=account_ids,
        default=(),
        metavar="ID,ID",
        help="accounts whose keys may be probed, or `organization` for all of ours (default: that "
        "of the credentials in use)",
    )
    add_role_options(options)
    options.add_argument(
        "--max-probes", type=whole_number, default=200, metavar="N", help="keys to try"
    )
    return options


def add_role_options(options: Parser) -> None:
    """Add the options that say by which role other accounts are reached."""
    options.add_argument(
        "--role-to-assume-template",
        metavar="ARN",
        help="the guard's role in other accounts: arn:aws:iam::{account_id}:role/BedrockKeyGuard",
    )
    options.add_argument("--external-id", metavar="ID", help="what that role's trust asks for")
    options.add_argument(
        "--session-tag",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a tag of the sessions of that role",
    )


def chosen_role(arguments: argparse.Namespace) -> RoleToAssume | None:
    """Return the role that these options name. Raises UsageError for what AWS would not take."""
    template, external_id = arguments.role_to_assume_template, arguments.external_id
    return role_to_assume(template, external_id, arguments.session_tag)


def respond_options() -> Parser:
    """Return the options of `respond`."""
    options = Parser(add_help=False)
    options.add_argument(
        "--action",
        choices=("disable", "reset", "delete", "strip-policies"),
        default="disable",
        help="what to do about a live long-term key",
    )
    options.add_argument(
        "--short-term",
        choices=("off", "quarantine", "revoke-sessions"),
        default="off",
        help="what to do about a live short-term key: deny its signer the use of keys, or sessions",
    )
    options.add_argument(
        "--quarantine-policy",
        default="BedrockKeyGuardQuarantine",
        metavar="NAME|ARN",
        help="the managed policy that denies, made before (default: BedrockKeyGuardQuarantine)",
    )
    options.add_argument(
        "--revoke-everything",
        action="store_true",
        help="deny revoked sessions all of AWS, not the use of keys alone",
    )
    options.add_argument(
        "--force", action="store_true", help="revoke sessions of the guard's own role too"
    )
    options.add_argument("--dry-run", action="store_true", help="say what would be done")
    options.add_argument(
        "--reset-store",
        metavar="STORE",
        help="where a reset keeps the new key: secretsmanager:NAME or ssm:NAME; "
        "NAME may hold {credential_id}",
    )
    options.add_argument("--reactivate", action="store_true", help="set a reset key Active again")
    options.add_argument(
        "--protect",
        action="append",
        default=[],
        metavar="NAME",
        help="an IAM user or role, by name or ARN, that is never changed, nor are its keys",
    )
    options.add_argument(
        "--max-responses", type=whole_number, default=20, metavar="N", help="credentials to change"
    )
    options.add_argument("--ledger", type=Path, metavar="FILE", help="where changes are remembered")
    return options


def account_ids(text: str) -> tuple[str, ...]:
    """Read account ids of 12 digits, apart by commas or white space, or `organization`."""
    ids = tuple(text.replace(",", " ").split())
    for account_id in ids:
        is_number = len(account_id) == 12 and account_id.isascii() and account_id.isdigit()
        if not is_number and account_id != ORGANIZATION:
            raise argparse.ArgumentTypeError(f"{account_id!r} is not an account id of 12 digits")
    return ids


def whole_number(text: str) -> int:
    """Read a number that is not negative."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def default_ledger() -> Path:
    """Return where the ledger is kept unless somebody says otherwise: never in the scanned tree.

    Raises UsageError for a user who has no home, as in some containers.
    """
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        return Path(state).expanduser() / "bedrock-key-guard" / "ledger.jsonl"
    except RuntimeError:
        raise UsageError(
            "There is no home directory to remember changes in.",
            remedy="Name a file with --ledger FILE, or set XDG_STATE_HOME.",
        ) from None
