"""Fetch what a checkout has not got, where the event needs it and the token may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.mirror import mirror
from bedrock_key_guard.git.repository import find_repository, first_line
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.sources.objects import first_commits

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.scan.scanning import Scanning

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
