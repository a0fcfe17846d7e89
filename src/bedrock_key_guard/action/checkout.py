"""Find out whose code a job has checked out, and fetch what it has not got and the event needs.

That tells whether it may be answered, and where to link it. The default of `actions/checkout` is
the commit of the event; a workflow may take any other, as the head of a fork's pull request.
`refs/remotes/origin` holds the branches of the repository that `origin` names, and no pull request
(https://github.com/actions/checkout, src/ref-helper.ts).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.mirror import mirror
from bedrock_key_guard.git.repository import find_repository, first_line
from bedrock_key_guard.github.visibility import is_repository
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from bedrock_key_guard.scan.sources.objects import first_commits

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.scan.scanning import Scanning

_NOT_GIT = "what was read is in no Git repository, so nobody knows whose it is"
_OTHER = (
    "what was checked out is not the commit of the event, nor known to be on a branch of this "
    "repository (check it out with `fetch-depth: 0`)"
)
_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!/)(.+)")


@dataclass(frozen=True, slots=True)
class Checkout:
    """Say where what was read can be seen, and why the code is not the repository's own, if so."""

    source: ScannedCode
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
    return Checkout(ScannedCode(event.server_url, event.repository, "", code=""), why)


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
    source = ScannedCode(event.server_url, event.repository, head, code, top)
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


def _is_ours(source: ScannedCode) -> bool:
    code = source.code or ""
    return bool(code) and code.casefold() == source.repository.casefold()


_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
DEEPENED = "The checkout is shallow: what it has not got was fetched for this run."
NOT_DEEPENED = "The checkout is shallow, and what it has not got could not be fetched: "


@dataclass(frozen=True, slots=True)
class Prepared:
    """Say what is read, and what was tried so that it could be, as a sentence."""

    scanning: Scanning
    told: str = ""


def with_wiki(read: Prepared, inputs: Inputs, event: Event | None, folder: Path) -> Prepared:
    """Return what to read with the pages of the wiki that an event names, if the token may."""
    scanning = read.scanning
    if event is None or scanning.event is None or event.name != "gollum":
        return read
    why = "the input `github-token` is empty"
    if inputs.github_token:
        address = f"{event.server_url}/{event.repository}.wiki.git"
        try:
            found = mirror(folder / "wiki.git", address, inputs.github_token, (_BRANCHES,))
        except GuardError as error:
            why = f"its repository cannot be fetched: {error}"
        else:
            own = replace(scanning.event, wiki=found)
            return replace(read, scanning=replace(scanning, event=own))
    gap = NotScanned("the pages of the wiki", "missing", why)
    return replace(read, scanning=replace(scanning, missing=(*scanning.missing, gap)))


def reading(inputs: Inputs, event: Event | None, folder: Path, *, ours: bool) -> Prepared:
    """Return what to read at an event; what a shallow clone of `ours` lacks comes to `folder`."""
    scanning = inputs.scanning(event)
    repository = find_repository(inputs.path.absolute()) if inputs.path.exists() else None
    if scanning.source not in ("range", "history") or not repository or event is None:
        return Prepared(scanning)
    if not (ours and inputs.github_token and first_commits(repository)):
        return Prepared(scanning)
    head = first_line(repository.git_dir / "HEAD")
    wanted = (*((head,) if not head.startswith("ref:") else ()), _BRANCHES)
    address = f"{event.server_url}/{event.repository}"
    try:
        found = mirror(folder / "commits.git", address, inputs.github_token, wanted, repository)
    except GuardError as error:
        return Prepared(scanning, f"{NOT_DEEPENED}{error}")
    return Prepared(inputs.scanning(event, found), DEEPENED)
