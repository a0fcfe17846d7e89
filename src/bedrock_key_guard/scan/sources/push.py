"""List what a push brings: a range of commits, and the names of what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.object_lists import existing
from bedrock_key_guard.git.repository import object_folders, repository_of_hook
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.scan.source import Source, names
from bedrock_key_guard.scan.sources.commit_range import range_in

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from bedrock_key_guard.git.clean_git import Git

_NAME = "what is pushed"


@dataclass(frozen=True, slots=True)
class Update:
    """Say that a push moves a reference of the other side, from an object to another one.

    None stands for no object: a reference that is new, or is deleted.
    """

    reference: str
    old: str | None
    new: str | None


def before_push(
    lines: Iterable[bytes], remote: str, environment: Mapping[str, str]
) -> Generator[Source, None, None]:
    """Yield what is about to leave for a remote, by the lines that Git gives to `pre-push`.

    Raises UsageError for lines that Git does not write.
    """
    updates = [_to_push(line) for line in lines]
    with clean_git(repository_of_hook(environment), objects=object_folders(environment)) as git:
        known = [*existing(git, (each.old for each in updates if each.old))]
        yield from _brought(git, updates, [f"--remotes={remote}", *known])


def before_receipt(
    lines: Iterable[bytes], environment: Mapping[str, str]
) -> Generator[Source, None, None]:
    """Yield what has come in a push, by the lines that Git gives to `pre-receive`.

    The objects are in a quarantine yet, which the `environment` names. Raises UsageError for lines
    that Git does not write.
    """
    updates = [_received(line) for line in lines]
    with clean_git(repository_of_hook(environment), objects=object_folders(environment)) as git:
        yield from _brought(git, updates, ["--all"])


def unpushed(environment: Mapping[str, str]) -> Generator[Source, None, None]:
    """Yield what no branch of the remote has yet of all branches, tags, and what is checked out.

    pre-commit tells its hooks the remote, and of what is pushed no more than the first reference.
    So the names of all branches and tags are read, too.
    """
    remote = environment.get("PRE_COMMIT_REMOTE_NAME")
    with clean_git(repository_of_hook(environment)) as git:
        ends = [environment.get(f"PRE_COMMIT_{end}_REF", "") for end in ("TO", "FROM")]
        objects = existing(git, filter(None, (*git.heads(), *ends)))
        new = [each for each in (*git.heads(), ends[0]) if each in objects]
        old = [each for each in ends[1:] if each in objects]
        known = [f"--remotes={remote}" if remote else "--remotes", *old]
        named = git.run("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")
        here = [*system.decoded(named).split("\n"), environment.get("PRE_COMMIT_REMOTE_BRANCH", "")]
        yield Source(Scanned(("range",)), (each for each in names(here)))
        yield from range_in(git, ["--branches", "--tags", *new, "--not", *known], _NAME)


def _brought(
    git: Git, updates: Iterable[Update], known: Iterable[str]
) -> Generator[Source, None, None]:
    """Yield what updates bring; what is deleted brings nothing."""
    new = {each.reference: each.new for each in updates if each.new}
    if new:
        yield Source(Scanned(("range",)), (each for each in names(new)))
        yield from range_in(git, [*dict.fromkeys(new.values()), "--not", *known], _NAME)


def _to_push(line: bytes) -> Update:
    """Read `<local ref> <local object> <remote ref> <remote object>` (githooks(5), "pre-push")."""
    words = line.split()
    if len(words) != 4:
        raise _no_update()
    return Update(system.decoded(words[2]), _object(words[3]), _object(words[1]))


def _received(line: bytes) -> Update:
    """Read `<old object> <new object> <ref>` (githooks(5), "pre-receive")."""
    words = line.split()
    if len(words) != 3:
        raise _no_update()
    return Update(system.decoded(words[2]), _object(words[0]), _object(words[1]))


def _object(word: bytes) -> str | None:
    """Return the id of an object; Git writes zeros for none."""
    return word.decode("ascii", "replace") if word.strip(b"0") else None


def _no_update() -> UsageError:
    return UsageError(
        "Standard input is not what Git writes to this hook.", remedy="Let Git itself run the hook."
    )
