"""Decide what of a repository a run of the Action reads: a range of commits, the tree, or all.

A name of the event's is not in what people are shown, for that may hold a key.

Sources: https://docs.github.com/en/webhooks/webhook-events-and-payloads (push, pull_request,
merge_group) and https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.action.event import BOTH, IN_GIT, TEXTS
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.scanning import Scanning, SourceName
from bedrock_key_guard.scan.sources.event_text import member

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bedrock_key_guard.model.findings import GapKind

    Knows = Callable[[str], bool]

ScanWord = Literal["auto", "tree", "range", "history"]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What no name of a reference holds (git-check-ref-format(1)), and what names more than one commit.
_NO_REVISION = re.compile(r"^[-^]|\.\.|[\s:?*\[\\\x00-\x1f\x7f]")


HISTORY, TREE = Scanning(source="history"), Scanning(source="tree")
DELETED = Scanning(
    source="nothing",
    note="Nothing was read: a branch or a tag was deleted, which brings nothing new. "
    "`scan: history` reads what is left.",
)
TEXT = Scanning(source="nothing")
"""Nothing but what the event says itself: a comment costs no history."""

NO_TAG = NotScanned(
    "the tag of the release",
    "missing",
    "it is not here: a draft has none, and a shallow checkout mostly not (`fetch-depth: 0`)",
)
_ELSEWHERE: dict[str, tuple[str, GapKind, str]] = {
    "image_version": ("the image", "elsewhere", "a package is not downloaded"),
    "registry_package": ("the package", "elsewhere", "a package is not downloaded"),
}
LOST: dict[SourceName, str] = {
    "range": "The commit before those of the event is not here, as after a forced push: what the "
    "default or the base branch has not got was read instead.",
    "history": "The commit before those of the event is not here, as after a forced push or in a "
    "shallow checkout: all that is here was read instead.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what the workflow asks for: the inputs `scan`, `base-ref` and `head-ref`."""

    scan: ScanWord = "auto"
    base_ref: str = ""
    head_ref: str = ""


def scope_of(
    wanted: Choice, name: str, payload: Mapping[str, Any], knows: Knows | None
) -> Scanning:
    """Return what to read at the event `name`.

    `knows` returns whether the checkout has a commit; it is None where there is no repository.
    Raises UsageError for an event that has no range where one is asked for.
    """
    if wanted.scan in ("tree", "history"):
        return HISTORY if wanted.scan == "history" else TREE
    if wanted.scan == "auto" and not (wanted.base_ref or wanted.head_ref) and is_text(name):
        return TEXT
    if knows is None:
        return TREE if wanted.scan == "auto" else _range("HEAD")
    found = _of_event(name, payload, knows)
    if wanted.base_ref or wanted.head_ref:
        found = _range(_named(wanted, knows), with_tree=found.with_tree)
    if wanted.scan == "auto" or found == DELETED:
        return found
    if found.source != "range":
        raise UsageError(
            f"There is no range of commits at the event {name!r}.",
            remedy="Name one with the inputs `base-ref` and `head-ref`, or use `scan: history`.",
        )
    return replace(found, with_tree=False)


def is_text(name: str) -> bool:
    """Return whether an event is about no commits; of one that is not known nobody knows."""
    return name in TEXTS or is_unknown(name)


def is_unknown(name: str) -> bool:
    """Return whether the guard does not know what an event is about."""
    return bool(name) and name not in IN_GIT | BOTH | TEXTS


def unread(name: str, payload: Mapping[str, Any]) -> tuple[NotScanned, ...]:
    """Return what an event is about and nobody reads: it is listed, and the run incomplete."""
    if is_unknown(name):
        why = "the guard does not know it, nor all that it is about; only its own text was read"
        return (NotScanned(f"the event {name!r}", "missing", why),)
    if name in _ELSEWHERE:
        return (NotScanned(*_ELSEWHERE[name]),)
    assets = member(payload, "release", "assets")
    named = (_text(each, "name") for each in (assets if isinstance(assets, list) else ()))
    return tuple(
        NotScanned(f"releases/{each}", "elsewhere", "a file of the release is not downloaded")
        for each in named
    )


def _of_event(name: str, payload: Mapping[str, Any], knows: Knows) -> Scanning:
    if name == "delete" or (name == "push" and _is_deletion(payload)):
        return DELETED
    default = _text(payload, "repository", "default_branch")
    if name == "release":
        return _of_release(_text(payload, "release", "tag_name"), knows)
    if name == "push":
        is_default = _text(payload, "ref") == f"refs/heads/{default}"
        ends = _commit(payload, "before"), _commit(payload, "after")
        return _between(*ends, "" if is_default else default, knows)
    if name in ("pull_request", "pull_request_target"):
        base, head = (_commit(payload, "pull_request", end, "sha") for end in ("base", "head"))
        branch = _text(payload, "pull_request", "base", "ref")
    elif name == "merge_group":
        base, head = (_commit(payload, "merge_group", end) for end in ("base_sha", "head_sha"))
        branch = _text(payload, "merge_group", "base_ref").removeprefix("refs/heads/")
    else:
        return HISTORY
    return _between(base, head, branch, knows) if base else HISTORY


def _of_release(tag: str, knows: Knows) -> Scanning:
    """Return the commits and the message of a release's tag, which a draft has not got yet."""
    named = f"refs/tags/{tag}"
    if tag and not _NO_REVISION.search(named) and knows(named):
        return _range(named, with_tree=False)
    return replace(TEXT, missing=(NO_TAG,))


def _between(base: str, head: str, branch: str, knows: Knows) -> Scanning:
    """Return the commits from `base` to `head`, and the files: a key may be older than the guard.

    A branch or tag that is new has no commit before, and after a forced push that one may be gone,
    of what was pushed as of what it is to be merged into. Then they are those that `branch` has not
    got, and all where that is not here either. Nothing stands for a `head` that is not here: then
    the range is missing.
    """
    if not head:
        return HISTORY
    if not knows(head) or (base and knows(base)):
        return _range(f"{base}..{head}" if base else head, with_tree=True)
    known = f"refs/remotes/origin/{branch}"
    found = HISTORY
    if branch and not _NO_REVISION.search(branch) and knows(known):
        found = _range(f"{known}..{head}", with_tree=True)
    if not base:
        return found
    return replace(found, note=LOST[found.source])


def _range(revisions: str, *, with_tree: bool = False) -> Scanning:
    return Scanning(source="range", revisions=(revisions,), with_tree=with_tree)


def _is_deletion(payload: Mapping[str, Any]) -> bool:
    """Return whether a push deleted its branch or tag: `after` is zeros then, and `deleted` true.

    The job runs on the default branch all the same, which the push did not touch.
    """
    after = _text(payload, "after")
    return payload.get("deleted") is True or (bool(after) and not after.strip("0"))


def _named(wanted: Choice, knows: Knows) -> str:
    """Return the range that the inputs name: from the start of history, and to what is checked out.

    A checkout has most branches only as those of `origin`.
    """
    ends = {"base-ref": wanted.base_ref, "head-ref": wanted.head_ref or "HEAD"}
    for name, end in ends.items():
        if _NO_REVISION.search(end):
            raise UsageError(
                f"The input `{name}` is {end!r}, which names no commit.",
                remedy="Give a branch, a tag or a commit.",
            )
        if end and not knows(end) and knows(f"refs/remotes/origin/{end}"):
            ends[name] = f"refs/remotes/origin/{end}"
    return "..".join(filter(None, ends.values()))


def _commit(payload: Mapping[str, Any], *path: str) -> str:
    """Return a commit that an event names, nothing for none: GitHub writes that as zeros."""
    commit = _text(payload, *path)
    return commit if _COMMIT.fullmatch(commit) and commit.strip("0") else ""


def _text(payload: Mapping[str, Any], *path: str) -> str:
    found = member(payload, *path)
    return found if isinstance(found, str) else ""
