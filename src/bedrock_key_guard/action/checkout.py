"""Find out whose code a job has checked out: whether it may be answered, and where to link it.

The default of `actions/checkout` is the commit of the event; a workflow may take any other, as the
head of a fork's pull request. `refs/remotes/origin` holds the branches of the repository that
`origin` names, and no pull request (https://github.com/actions/checkout, src/ref-helper.ts).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import find_repository
from bedrock_key_guard.github.visibility import is_repository
from bedrock_key_guard.report.github.case_markdown import Source

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.action.event import Event

_NOT_GIT = "what was read is in no Git repository, so nobody knows whose it is"
_OTHER = (
    "what was checked out is not the commit of the event, nor known to be on a branch of this "
    "repository (check it out with `fetch-depth: 0`)"
)
_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!/)(.+)")


@dataclass(frozen=True, slots=True)
class Checkout:
    """Say where what was read can be seen, and why the code is not the repository's own, if so."""

    source: Source
    foreign: str | None

    @property
    def is_of_ours(self) -> bool:
        """Return whether it is a checkout of the repository, of whatever commit."""
        return _is_ours(self.source)


def checkout_of(folder: Path, event: Event) -> Checkout:
    """Return whose code is at `folder`; of what Git cannot tell nobody knows."""
    repository = find_repository(folder.absolute()) if folder.exists() else None
    if repository is None:
        return _unknown(event, _NOT_GIT)
    try:
        with clean_git(repository) as git:
            return _checkout(git, event)
    except GuardError as error:
        return _unknown(event, f"Git cannot tell whose code it is: {error}")


def vouched(checkout: Checkout, commits: Path | None) -> Checkout:
    """Return whose code it is by the branches that were fetched from GitHub to `commits`."""
    fetched = find_repository(commits) if commits else None
    if fetched is None or checkout.foreign is None or not checkout.is_of_ours:
        return checkout
    with clean_git(fetched) as git:
        is_own = _is_on_a_branch(git, checkout.source.commit)
    return replace(checkout, foreign=None) if is_own else checkout


def _unknown(event: Event, why: str) -> Checkout:
    return Checkout(Source(event.server_url, event.repository, "", code=""), why)


def repository_at(address: str, server_url: str) -> str:
    """Return the `owner/name` that an address of a Git repository has on a server, "" for none."""
    scp = _SCP.fullmatch(address)
    try:
        parts = urlsplit(f"ssh://{scp[1]}/{scp[2]}" if scp and "://" not in address else address)
        is_there = parts.hostname == urlsplit(server_url).hostname
    except ValueError:
        return ""
    name = parts.path.strip("/").removesuffix(".git")
    return name if is_there and is_repository(name) else ""


def _checkout(git: Git, event: Event) -> Checkout:
    head = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
    code = event.repository if head == event.sha else _origin(git, event.server_url)
    top = str(git.repository.work_tree)
    source = Source(event.server_url, event.repository, head, code, top)
    is_own = head == event.sha or (_is_ours(source) and _is_on_a_branch(git, head))
    return Checkout(source, None if is_own else _OTHER)


def _origin(git: Git, server_url: str) -> str:
    """Return which repository `origin` is, by the file alone: what it includes has no say."""
    file = str(git.repository.common_dir / "config")
    named = git.run("config", "--file", file, "--default", "", "--get", "remote.origin.url")
    return repository_at(named.decode(errors="replace").strip(), server_url)


def _is_on_a_branch(git: Git, head: str) -> bool:
    listed = ("for-each-ref", "--count=1", "--format=%(refname)", "--contains", head)
    return bool(git.run(*listed, "refs/remotes/origin").strip())


def _is_ours(source: Source) -> bool:
    code = source.code or ""
    return bool(code) and code.casefold() == source.repository.casefold()
