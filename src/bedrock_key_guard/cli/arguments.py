"""Read what a command line says: the parser, and the values that options of many commands take."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bedrock_key_guard.console.standard_streams import write
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from bedrock_key_guard.aws.roles import RoleToAssume


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
    from bedrock_key_guard.aws.roles import role_to_assume

    template, external_id = arguments.role_to_assume_template, arguments.external_id
    return role_to_assume(template, external_id, arguments.session_tag)


def name(text: str) -> str:
    """Read a name. Where it is empty a variable was not set, and nothing would say so."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def file_name(text: str) -> Path:
    """Read the name of a file or a folder."""
    return Path(name(text))


def account_id(text: str) -> str:
    """Read the id of an AWS account: twelve digits."""
    if not re.fullmatch("[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id of an AWS account (12 digits)")
    return text


def principal_arn(text: str) -> str:
    """Read the ARN of a user, a role or a session of one."""
    from bedrock_key_guard.iam.principal import read_principal

    if read_principal(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no ARN of a user or a role")
    return text


def whole_number(text: str) -> int:
    """Read a number that is not negative."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
