"""Say what works, what does not, and the line that mends it; and try the loop once, as a drill."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, add_role_options, chosen_role, principal_arn
from bedrock_key_guard.cli.scan import require_folder
from bedrock_key_guard.console.standard_streams import page, say, write
from bedrock_key_guard.doctor.checks import OFFLINE, SUBJECTS, exit_code
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.iam.features import FEATURES, USUAL

if TYPE_CHECKING:
    import argparse

    from bedrock_key_guard.doctor.checks import Check
    from bedrock_key_guard.doctor.examination import Examination


def doctor_options() -> Parser:
    """Return the options of `doctor`."""
    options = Parser(add_help=False)
    options.add_argument(
        "subject",
        nargs="*",
        metavar="SUBJECT",
        help=f"what to look at: {', '.join(SUBJECTS)} (default: all)",
    )
    add = options.add_argument
    offline = f"look at what needs no network: {', '.join(OFFLINE)}"
    add("--offline", action="store_true", help=offline)
    form = "how it is written (default: text)"
    add("--format", choices=("text", "json"), default="text", help=form)
    drill = "make a key that nobody uses, let the guard stop it, and delete all of it again"
    add("--drill", action="store_true", help=drill)
    add("--yes", action="store_true", help="begin the drill without asking")
    add("--repository", default="", metavar="OWNER/NAME", help="where issues are opened on GitHub")
    _add_aws(options)
    return options


def _add_aws(options: Parser) -> None:
    group = options.add_argument_group("what the guard is to do in AWS")
    add = group.add_argument
    usual = (
        f"whose permissions to look for, of {', '.join(FEATURES)}; may be repeated (default: "
        f"{', '.join(USUAL)})"
    )
    add("--feature", action="append", choices=tuple(FEATURES), metavar="NAME", help=usual)
    guard = "whom the guard acts as, where that is not who asks"
    add("--guard", type=principal_arn, metavar="ARN", help=guard)
    policy = "the managed policy that denies (default: BedrockKeyGuardQuarantine)"
    add("--quarantine-policy", default="BedrockKeyGuardQuarantine", metavar="NAME|ARN", help=policy)
    add("--reset-store", default="", metavar="STORE", help="as `respond` takes it")
    accounts = "as `verify` takes them: each other account is looked at by the role"
    add("--allowed-account-ids", default="", metavar="ID,ID", help=accounts)
    add_role_options(group)


def doctor(arguments: argparse.Namespace) -> int:
    """Look at what is asked for, write what was found, and return the exit code."""
    require_folder()
    if arguments.drill:
        return _drill(arguments)
    from bedrock_key_guard.doctor.examination import examine

    checks = list(examine(_asked(arguments), os.environ))
    write(_written(checks, arguments.format))
    return exit_code(checks)


def _drill(arguments: argparse.Namespace) -> int:
    """Lead a drill, if a person says so. Raises UsageError where nobody is there to."""
    if arguments.subject or arguments.offline or arguments.format != "text":
        raise UsageError("--drill takes no subject, and neither --offline nor --format.")
    from bedrock_key_guard.console.agreement import agrees, require_somebody
    from bedrock_key_guard.doctor.drill.rehearsal import prepare
    from bedrock_key_guard.pipeline.options import Surroundings, default_ledger

    if not arguments.yes:
        require_somebody("doctor --drill")
    around = Surroundings()
    state = default_ledger().parent / "drills"
    ready = prepare(_asked(arguments), around, state)
    if arguments.yes:
        say(ready.plan)
    elif not agrees(ready.plan.splitlines(), "Begin?"):
        say("Nothing was made.")
        return 0
    ended = ready.run(replace(around, session=ready.guard), say)
    write(f"{'The drill worked' if ended.proved else 'The drill failed'}: {ended.said}.\n")
    return 0 if ended.proved else 4


def _asked(arguments: argparse.Namespace) -> Examination:
    from bedrock_key_guard.doctor.examination import Examination, subjects_of
    from bedrock_key_guard.pipeline.options import account_ids
    from bedrock_key_guard.respond.policy import Policy
    from bedrock_key_guard.respond.secret_stores import parse_store

    if arguments.reset_store:
        parse_store(arguments.reset_store)
    return Examination(
        subjects=subjects_of(arguments.subject, offline=arguments.offline),
        features=tuple(dict.fromkeys(arguments.feature or USUAL)),
        folder=Path.cwd(),
        guard=arguments.guard or "",
        accounts=account_ids(arguments.allowed_account_ids),
        role=chosen_role(arguments),
        quarantine=Policy(quarantine=arguments.quarantine_policy).quarantine,
        store=arguments.reset_store,
        repository=arguments.repository,
    )


def _written(checks: list[Check], form: str) -> str:
    if form == "json":
        from bedrock_key_guard.doctor.checks import as_checks_json

        return as_checks_json(checks)
    from bedrock_key_guard.doctor.checks import as_table

    canvas, colour = page(sys.stdout)
    return as_table(checks, colour=colour, canvas=canvas)
