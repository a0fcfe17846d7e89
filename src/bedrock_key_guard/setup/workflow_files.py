"""Write the workflows of a repository: the samples of deploy/workflows, with its values."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from bedrock_key_guard import REPOSITORY, __version__
from bedrock_key_guard.setup.repository_facts import is_branch
from bedrock_key_guard.setup.steps import ByHand, FileChange, Step, Unneeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bedrock_key_guard.setup.repository_facts import Facts

FOLDER = ".github/workflows/"
CALLER, CALLED, OTHERWISE_CALLED = "bedrock-key-guard.yml", "guard.yml", "bedrock-key-guard-job.yml"
_USES = re.compile(r"(?m)^[^#\n]*\buses:\s*['\"]?[\w.-]+/bedrock-key-guard@")
_RELEASE = re.compile(rf"{re.escape(REPOSITORY)}@[0-9a-f]{{40}} # v[0-9.]+")


def called_file(facts: Facts) -> str:
    """Return the name of the workflow that the role trusts: another one may have the usual name."""
    return OTHERWISE_CALLED if FOLDER + CALLED in facts.files else CALLED


def workflow_steps(facts: Facts) -> tuple[Step, ...]:
    """Return how the guard comes into the workflows of a repository at GitHub."""
    if facts.repository is None:
        return ()
    runs = next((path for path, text in facts.files.items() if _USES.search(text or "")), None)
    if runs is not None:
        return (Unneeded(runs, "it runs the guard"),)
    return tuple(_step(path, text, facts.files) for path, text in _workflows(facts))


def _workflows(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each file: one that only finds keys, where there is no role."""
    if facts.role is None or not is_branch(facts.branch.value):
        yield FOLDER + CALLER, _with_release(_sample("minimal.yml"), facts)
        return
    name = called_file(facts)
    yield FOLDER + name, _called(facts, name)
    yield FOLDER + CALLER, _caller(facts, name)


def _called(facts: Facts, name: str) -> str:
    text = _sample("guard.yml").replace(FOLDER + CALLED, FOLDER + name)
    text = text.replace("arn:aws:iam::111122223333:role/BedrockKeyGuard", facts.role or "")
    text = text.replace("aws-region: us-east-1", f"aws-region: {facts.region.value}")
    # Nobody has named whom the guard must leave alone.
    return _with_release(re.sub(r"(?m)^ +protect: .*\n", "", text), facts)


def _caller(facts: Facts, name: str) -> str:
    repository = facts.repository.value if facts.repository else ""
    ours = f"{repository}/{FOLDER}{name}@{facts.branch.value} "
    return _sample("respond.yml").replace(f"acme/app/{FOLDER}{CALLED}@main ", ours)


def _with_release(text: str, facts: Facts) -> str:
    """Name this release by its commit, which no one can move, or else by its tag."""
    release = f"{facts.commit} # v{__version__}" if facts.commit else f"v{__version__}"
    return _RELEASE.sub(f"{REPOSITORY}@{release}", text)


def _step(path: str, text: str, files: Mapping[str, str | None]) -> Step:
    if path in files:
        return ByHand(path, "a file of that name does something else", text)
    return FileChange(path, None, text)


def _sample(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
