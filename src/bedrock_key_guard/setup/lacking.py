"""Decide what a repository lacks: pure, and the only place that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.setup import hook_configuration
from bedrock_key_guard.setup.repository_facts import Facts, is_branch
from bedrock_key_guard.setup.steps import ByHand, FileChange, Step
from bedrock_key_guard.setup.workflow_files import FOLDER, workflow_steps

if TYPE_CHECKING:
    from collections.abc import Iterator


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
