"""Decide what a repository lacks, and with which command its role is made: pure, and only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard import REPOSITORY, __version__
from bedrock_key_guard.setup import hook_configuration
from bedrock_key_guard.setup.repository_facts import Facts, is_branch
from bedrock_key_guard.setup.steps import ByHand, FileChange, Step
from bedrock_key_guard.setup.workflow_files import CALLED, FOLDER, called_file, workflow_steps
from bedrock_key_guard.text.harmless import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.text.harmless import Shell


def plan(facts: Facts, *, with_pre_commit: bool) -> tuple[Step, ...]:
    """Return the steps for the hooks, if pre-commit is to run them, and for the workflows."""
    hooks = _hooks(facts) if with_pre_commit else ()
    return tuple(_readable(step, facts) for step in (*hooks, *workflow_steps(facts)))


def uses_pre_commit(facts: Facts) -> bool:
    """Return whether the repository has a configuration of pre-commit, or of prek."""
    return hook_configuration.PATH in facts.files


def unknown(facts: Facts) -> Iterator[str]:
    """Say what could not be found out, what follows from it, and how a person says it."""
    if facts.repository is None:
        yield (
            "No remote `origin` at github.com was found, so no workflow is written. "
            "`--repository OWNER/NAME` names it."
        )
    elif facts.account is None:
        yield (
            "No AWS account was found, so the workflow finds keys and asks nobody whether they are "
            "live. `--account ID` writes one that makes live keys dead."
        )
    elif not is_branch(facts.branch.value):
        yield "The role's trust cannot say the default branch, so the workflow only finds keys."
    if facts.repository is not None and facts.commit is None:
        yield (
            "The commit of this release could not be asked, so the workflow names its tag. Name "
            "the commit instead: a tag can be moved."
        )
    if facts.role is not None and facts.provider is None:
        yield (
            "If the account has an OIDC provider for GitHub already, add "
            "`GitHubProviderArn=ARN` to the parameters of the stack."
        )


def found(facts: Facts) -> Iterator[str]:
    """Say each value that is written, and where it was found."""
    if facts.repository is not None:
        yield f"repository {facts.repository.value}, {facts.repository.source}"
        yield f"default branch {facts.branch.value}, {facts.branch.source}"
    if facts.account is not None:
        yield f"account {facts.account.value}, {facts.account.source}"
        yield f"region {facts.region.value}, {facts.region.source}"


def _hooks(facts: Facts) -> tuple[Step, ...]:
    path = hook_configuration.PATH
    if path not in facts.files:
        return (FileChange(path, None, hook_configuration.new_configuration()),)
    text = facts.files[path]
    return (hook_configuration.with_hooks(text),) if text is not None else (_unread(path),)


def _unread(path: str) -> ByHand:
    text = hook_configuration.new_configuration()
    return ByHand(path, "it is a link, or no text in UTF-8", text)


def _readable(step: Step, facts: Facts) -> Step:
    """Leave to a person what would be written beyond a link."""
    linked = facts.files.get(FOLDER) is None and FOLDER in facts.files
    if linked and isinstance(step, FileChange) and step.path.startswith(FOLDER):
        return ByHand(step.path, "its folder is a link", step.after)
    return step


_IDS = '"GitHubOwnerId=\\(.owner.id)", "GitHubRepositoryId=\\(.id)"'


def deployment(facts: Facts, shell: Shell) -> str:
    """Return what a person does to make the role, "" where there is none to make."""
    if facts.account is None or facts.repository is None:
        return ""
    who = f"Make the role, as somebody who may make IAM roles in account {facts.account.value}"
    first = "" if facts.numbers else "; `gh` prints the two numbers that the last line wants"
    lines = "".join(f"  {line}\n" for line in deploy_commands(facts, shell))
    return f"{who}{first}:\n\n{lines}"


def deploy_commands(facts: Facts, shell: Shell) -> tuple[str, ...]:
    """Return the commands that make the role, as the page on deploying has them; none without one.

    What could not be found out, GitHub's numbers, is found out by a command before.
    """
    if facts.role is None or facts.repository is None:
        return ()
    url = f"https://github.com/{REPOSITORY}"
    clone = ("git", "clone", "--branch", f"v{__version__}", url)
    ask = ("gh", "api", f"repos/{facts.repository.value}", "--jq", _IDS)
    deploy = (
        *("aws", "cloudformation", "deploy", "--region", facts.region.value),
        *("--stack-name", "bedrock-key-guard"),
        *("--template-file", "bedrock-key-guard/deploy/guard.yaml"),
        *("--capabilities", "CAPABILITY_NAMED_IAM", "--parameter-overrides"),
        *_parameters(facts),
    )
    asked = () if facts.numbers else (ask,)
    return tuple(command_line(each, shell) for each in (clone, *asked, deploy))


def _parameters(facts: Facts) -> Iterator[str]:
    owner, _, name = (facts.repository.value if facts.repository else "").partition("/")
    owner_id, repository_id = map(str, facts.numbers or ("OWNER-ID", "REPOSITORY-ID"))
    yield f"GitHubOwner={owner}"
    yield f"GitHubOwnerId={owner_id}"
    yield f"GitHubRepository={name}"
    yield f"GitHubRepositoryId={repository_id}"
    if facts.branch.value != "main":
        yield f"GitHubRef=refs/heads/{facts.branch.value}"
    if called_file(facts) != CALLED:
        yield f"GitHubWorkflow={called_file(facts)}"
    if facts.provider:
        yield f"GitHubProviderArn={facts.provider}"
