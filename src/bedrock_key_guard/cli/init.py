"""Set up a repository: its hooks, its workflow, and the command that makes the role."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, account_id, name
from bedrock_key_guard.console.agreement import agrees, require_somebody
from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.githooks.installing import install
from bedrock_key_guard.githooks.place import installed, place_in
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.setup.find_out import Given, facts_of
from bedrock_key_guard.setup.lacking import deployment, found, plan, unknown, uses_pre_commit
from bedrock_key_guard.setup.steps import ByHand, FileChange, carry_out, difference
from bedrock_key_guard.setup.workflow_files import FOLDER
from bedrock_key_guard.text.harmless import own_shell, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bedrock_key_guard.githooks.place import HooksPlace
    from bedrock_key_guard.setup.repository_facts import Facts
    from bedrock_key_guard.setup.steps import Step

_LEFT_OPEN = 4


def init_options() -> Parser:
    """Return the options of `init`."""
    options = Parser(add_help=False)
    add = options.add_argument
    add("--dry-run", action="store_true", help="show the difference, and write nothing")
    add("--yes", action="store_true", help="write it without asking first")
    hooks = "who runs the hooks (default: pre-commit where it is configured, else Git itself)"
    add("--hooks", choices=("pre-commit", "git", "none"), help=hooks)
    add = options.add_argument_group("what else would be found out").add_argument
    add("--repository", type=_repository, metavar="OWNER/NAME", help="its name at GitHub")
    add("--branch", type=name, metavar="NAME", help="its default branch")
    add("--account", type=account_id, metavar="ID", help="the AWS account that the guard acts in")
    add("--region", type=name, metavar="REGION", help="the region of its stack")
    return options


def init(arguments: argparse.Namespace) -> int:
    """Find out what is there, show what would be written, ask, and write it."""
    if not (arguments.yes or arguments.dry_run):
        require_somebody("init")
    top = repository_of(Path.cwd(), "hooks and no workflow")
    given = Given(arguments.repository, arguments.branch, arguments.account, arguments.region)
    facts = facts_of(top, given, os.environ)
    hooks = arguments.hooks or ("pre-commit" if uses_pre_commit(facts) else "git")
    steps = plan(facts, with_pre_commit=hooks == "pre-commit")
    natively = hooks == "git" and installed(_here()) is None
    _show(facts, steps, natively=natively, quiet=arguments.quiet)
    changes = [step for step in steps if isinstance(step, FileChange)]
    code = _LEFT_OPEN if any(isinstance(step, ByHand) for step in steps) else 0
    if arguments.dry_run or not (changes or natively):
        return code
    count = plural(len(changes) + natively, "change")
    if not arguments.yes and not agrees((), f"Make {count}?"):
        return _LEFT_OPEN
    for change in changes:
        carry_out(change, top.work_tree)
    for line in install(_here(), ()) if natively else ():
        say(printable(line))
    if not arguments.quiet:
        _say_what_follows(facts, changes, hooks)
    return code


def _here() -> HooksPlace:
    return place_in(Path.cwd(), server=False)


def _repository(text: str) -> str:
    from bedrock_key_guard.github.visibility import repository_path

    repository_path(text)
    return text


def _show(facts: Facts, steps: Sequence[Step], *, natively: bool, quiet: bool) -> None:
    """Show what was found out, the difference that would be made, and what is left to people."""
    writes = natively or any(isinstance(step, FileChange) for step in steps)
    if not quiet and writes:
        say("\n".join(map(printable, (*found(facts), *unknown(facts)))))
    for step in steps:
        if isinstance(step, FileChange):
            write(difference(step))
        elif isinstance(step, ByHand):
            lines = "".join(f"  {line}\n" for line in step.text.splitlines())
            why = f"{printable(step.path)} is left as it is: {step.why}. Add to it by hand:"
            say(f"{why}\n\n{lines}")
        elif not quiet:
            say(f"{printable(step.path)} stays as it is: {step.why}.")
    if natively:
        say("Git's own hooks would be installed, as `hooks install` does.")
    if not quiet and not writes:
        say("There is nothing to write.")


def _say_what_follows(facts: Facts, changes: Sequence[FileChange], hooks: str) -> None:
    if hooks == "pre-commit":
        say("Next, let Git run the hooks: pre-commit install")
    to_deploy = deployment(facts, own_shell())
    if to_deploy and any(each.path.startswith(FOLDER) for each in changes):
        say(f"{to_deploy}\n")
    if changes:
        say("Then commit what was written to the default branch, and push it.")
