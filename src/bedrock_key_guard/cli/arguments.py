"""Read what a command line says: the parser, and the values that options of many commands take."""

from __future__ import annotations

import argparse
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bedrock_key_guard.console.standard_streams import write
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bedrock_key_guard.aws.roles import RoleToAssume


class Parser(argparse.ArgumentParser):
    """Parse arguments, and report what is wrong with them as every other error is reported.

    Where a word is misspelt the nearest that is right is named.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        """Keep help without colours, which newer Pythons add by rules of their own."""
        super().__init__(*args, **named)
        self.color = False
        self.more: Callable[[], str] | None = None
        self._words: Sequence[str] = ()
        self._meant = ""

    def format_help(self) -> str:
        """Return the help, and below it what there is `more` to say to whoever asks."""
        self.epilog = self.more() if self.more else None
        return super().format_help()

    def parse_known_args(  # type: ignore[override]  # argparse's overloads say no more
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse all of them: what one command does not know, no other one will."""
        self._words = [*(args or ())]
        found, unknown = super().parse_known_args(self._words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Name the choice that is nearest to one that is none."""
        if action.choices is not None and value not in action.choices:
            self._meant = _nearest(str(value), map(str, action.choices))
        super()._check_value(action, value)

    def _meant_option(self) -> str:
        """Return the option that is nearest to the first one which is none."""
        before_paths = itertools.takewhile(lambda word: word != "--", self._words)
        options = (word.partition("=")[0] for word in before_paths if word.startswith("--"))
        unknown = next((each for each in options if each not in self._option_string_actions), None)
        return _nearest(unknown, self._option_string_actions) if unknown else ""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        nearest = self._meant or self._meant_option()
        meant = f"Did you mean `{nearest}`? " if nearest else ""
        raise UsageError(
            f"The command line cannot be understood: {message}.",
            remedy=f"{meant}Run `{self.prog} --help` to see what is accepted.",
        )

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002  # stdout
        """Write help and version as data are written, whoever has gone and whatever is full."""
        write(message)


def _nearest(word: str, known: Iterable[str]) -> str:
    """Return the word that is nearest to another, "" where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.7)), "")


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
