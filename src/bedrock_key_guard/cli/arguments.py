"""Define the options of the commands, and how their values are read."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bedrock_key_guard.aws.roles import ORGANIZATION, RoleToAssume, role_to_assume
from bedrock_key_guard.console.standard_streams import write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.references import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Parser(argparse.ArgumentParser):
    """Parse arguments, and report what is wrong with them as every other error is reported."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(
            f"The command line cannot be understood: {message}.",
            remedy=f"Run `{self.prog} --help` to see what is accepted.",
        )

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002  # stdout
        """Write help and version as data are written, whoever has gone and whatever is full."""
        write(message)


class _Revisions(argparse.Action):
    """Keep the words of `--range` in their order, those that Git knows as options among them."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  # argparse's own signature
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Add one option's words."""
        namespace.range |= self.dest == "range"
        words = () if self.dest == "range" else (option_string,)
        namespace.revisions = [*namespace.revisions, *words, *(values or ())]


def scan_options(formats: tuple[str, ...] = ("text", "json")) -> Parser:
    """Return the options of `scan`, for a command that writes these formats."""
    options = Parser(add_help=False)
    options.add_argument(
        "path",
        nargs="*",
        type=file_name,
        metavar="PATH",
        help="files and folders to read (default: the current folder)",
    )
    source = options.add_mutually_exclusive_group()
    source.add_argument("--staged", action="store_true", help="read the index, not the files")
    source.add_argument("--stdin", action="store_true", help="read standard input")
    source.add_argument(
        "--history", action="store_true", help="read every object of the repository at PATH"
    )
    source.add_argument(
        "--range",
        action=_Revisions,
        nargs="*",
        default=False,
        metavar="REV",
        help="read what these commits added: A..B, or --all --not OLD for what is new since then "
        "(PATH comes before it)",
    )
    options.add_argument(
        *FORMS,
        action=_Revisions,
        nargs="*",
        dest="revisions",
        default=[],
        metavar="REV",
        help="further revisions of --range, as `git rev-list` takes them",
    )
    options.add_argument(
        "--deep", action="store_true", help="search a history for every encoding, at half the speed"
    )
    _add_reporting(options, formats)
    _add_hiding(options)
    return options


def _add_reporting(options: Parser, formats: tuple[str, ...]) -> None:
    report = options.add_argument_group("what is reported")
    report.add_argument(
        "--format",
        choices=formats,
        default="text",
        help="how the report is written (default: text)",
    )
    report.add_argument(
        "--fail-on",
        choices=("any", "live", "none"),
        default="any",
        help="exit 1 for any key, for live keys alone, or for none (default: any)",
    )
    report.add_argument(
        "--include-malformed", action="store_true", help="show keys that decode only in part"
    )
    report.add_argument("--quiet", action="store_true", help="show no progress")


def _add_hiding(options: Parser) -> None:
    hidden = options.add_argument_group(
        "what is hidden", "None of these hides a key that is proven live."
    )
    hidden.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="paths, such as 'tests/*'; may be repeated",
    )
    hidden.add_argument(
        "--baseline", type=file_name, metavar="FILE", help="what a detect-secrets baseline holds"
    )
    hidden.add_argument(
        "--allow-list",
        type=file_name,
        metavar="FILE",
        help="keys, by lines `fingerprint HEX`; a line `missing ID` accepts that an object is lost",
    )


def verify_options() -> Parser:
    """Return the options of `verify`."""
    options = Parser(add_help=False)
    trial = options.add_argument_group("whose keys are tried")
    trial.add_argument(
        "--allowed-account-ids",
        type=account_ids,
        default=(),
        metavar="ID,ID",
        help="accounts, or `organization` for all of ours (default: that of the credentials in "
        "use)",
    )
    add_role_options(trial)
    trial.add_argument(
        "--max-probes",
        type=whole_number,
        default=200,
        metavar="N",
        help="try at most N keys; the others stay unverified (default: 200)",
    )
    return options


def add_role_options(options: argparse._ActionsContainer) -> None:
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
        help="a tag of the sessions of that role; may be repeated",
    )


def chosen_role(arguments: argparse.Namespace) -> RoleToAssume | None:
    """Return the role that these options name. Raises UsageError for what AWS would not take."""
    template, external_id = arguments.role_to_assume_template, arguments.external_id
    return role_to_assume(template, external_id, arguments.session_tag)


def respond_options() -> Parser:
    """Return the options of `respond`."""
    options = Parser(add_help=False)
    change = options.add_argument_group("what is changed")
    change.add_argument(
        "--dry-run", action="store_true", help="change nothing, and say what would be done"
    )
    change.add_argument(
        "--action",
        choices=("disable", "reset", "delete", "strip-policies"),
        default="disable",
        help="how a live long-term key is stopped (default: disable)",
    )
    change.add_argument(
        "--reset-store",
        metavar="STORE",
        help="where a reset keeps the new key: secretsmanager:NAME or ssm:NAME; "
        "NAME may hold {credential_id}",
    )
    change.add_argument(
        "--reactivate", action="store_true", help="set a credential that was reset Active again"
    )
    change.add_argument(
        "--short-term",
        choices=("off", "quarantine", "revoke-sessions"),
        default="off",
        help="how a live short-term key is stopped: not at all, by denying its signer the use of "
        "keys, or by denying it to the sessions of that signer (default: off)",
    )
    change.add_argument(
        "--quarantine-policy",
        default="BedrockKeyGuardQuarantine",
        metavar="NAME|ARN",
        help="the managed policy that denies, made before (default: BedrockKeyGuardQuarantine)",
    )
    change.add_argument(
        "--revoke-everything",
        action="store_true",
        help="deny revoked sessions all of AWS, not the use of keys alone",
    )
    change.add_argument(
        "--force", action="store_true", help="revoke sessions of the guard's own role too"
    )
    change.add_argument(
        "--protect",
        action="append",
        type=name,
        default=[],
        metavar="NAME",
        help="never change this IAM user or role, nor its keys; a name or an ARN, may be repeated",
    )
    change.add_argument(
        "--max-responses",
        type=whole_number,
        default=20,
        metavar="N",
        help="change at most N credentials (default: 20)",
    )
    change.add_argument(
        "--ledger",
        type=file_name,
        metavar="FILE",
        help="where changes are remembered (default: "
        "~/.local/state/bedrock-key-guard/ledger.jsonl)",
    )
    return options


def name(text: str) -> str:
    """Read a name. Where it is empty a variable was not set, and nothing would say so."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def file_name(text: str) -> Path:
    """Read the name of a file or a folder."""
    return Path(name(text))


def account_ids(text: str) -> tuple[str, ...]:
    """Read account ids of 12 digits, separated by commas or white space, or `organization`."""
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
