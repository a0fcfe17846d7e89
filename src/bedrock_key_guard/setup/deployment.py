"""Say with which command the guard's role is made, for this repository and this account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard import REPOSITORY, __version__
from bedrock_key_guard.setup.workflow_files import CALLED, called_file
from bedrock_key_guard.text.harmless import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.setup.repository_facts import Facts
    from bedrock_key_guard.text.harmless import Shell

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
