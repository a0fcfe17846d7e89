from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bedrock_key_guard.action.scope import (
    DELETED,
    HISTORY,
    LOST,
    TEXT,
    TREE,
    Choice,
    ScanWord,
    scope_of,
)
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan.scanning import Scanning

BASE, HEAD, GONE, ZERO = "a" * 40, "b" * 40, "c" * 40, "0" * 40
MAIN = "refs/remotes/origin/main"
ALL_HERE = frozenset({BASE, HEAD, MAIN, "refs/remotes/origin/release", "v1", "HEAD"})
SHALLOW = frozenset({HEAD, "HEAD"})


def push(before: str = BASE, after: str = HEAD, ref: str = "refs/heads/topic") -> dict[str, Any]:
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "repository": {"default_branch": "main"},
    }


def pull_request(base: Any = BASE, head: Any = HEAD, ref: Any = "main") -> dict[str, Any]:
    return {"pull_request": {"base": {"sha": base, "ref": ref}, "head": {"sha": head}}}


def merge_group(base: str = BASE, head: str = HEAD) -> dict[str, Any]:
    return {"merge_group": {"base_sha": base, "head_sha": head, "base_ref": "refs/heads/release"}}


def ranged(revisions: str, *, with_tree: bool = False) -> Scanning:
    return Scanning(source="range", revisions=(revisions,), with_tree=with_tree)


PUSHED = ranged(f"{BASE}..{HEAD}", with_tree=True)
NEW = ranged(f"{MAIN}..{HEAD}", with_tree=True)
PROPOSED = ranged(f"{BASE}..{HEAD}", with_tree=True)
# The commit that is named as the start is not here, and people hear of it.
FORCED = replace(NEW, note=LOST["range"])
ALL_THAT_IS_HERE = replace(HISTORY, note=LOST["history"])
TO_RELEASE = replace(
    ranged(f"refs/remotes/origin/release..{HEAD}", with_tree=True), note=LOST["range"]
)


@pytest.mark.parametrize(
    ("name", "payload", "here", "expected"),
    [
        # A push: to a branch, of a new one, by force, of a tag, of the default branch.
        ("push", push(), ALL_HERE, PUSHED),
        ("push", push(ZERO), ALL_HERE, NEW),
        ("push", push(GONE), ALL_HERE, FORCED),
        ("push", push(GONE), ALL_HERE - {MAIN}, ALL_THAT_IS_HERE),
        ("push", push(ZERO, ref="refs/tags/v1"), ALL_HERE, NEW),
        ("push", push(GONE, ref="refs/heads/main"), ALL_HERE, ALL_THAT_IS_HERE),
        ("push", push(ZERO, ref="refs/heads/main"), ALL_HERE, HISTORY),
        ("push", push(ref="refs/heads/main"), ALL_HERE, PUSHED),
        ("push", push(ZERO), ALL_HERE - {MAIN}, HISTORY),
        # What was deleted brings nothing, and the job stands on the default branch.
        ("push", push(after=ZERO), ALL_HERE, DELETED),
        ("push", push(after=ZERO), SHALLOW, DELETED),
        ("push", {**push(), "deleted": True}, ALL_HERE, DELETED),
        ("push", {**push(), "deleted": False}, ALL_HERE, PUSHED),
        ("delete", {"ref": "topic", "ref_type": "branch"}, ALL_HERE, DELETED),
        # A shallow checkout: what is here is read, and the rest is missing.
        ("push", push(), SHALLOW, ALL_THAT_IS_HERE),
        ("push", push(ZERO), SHALLOW, HISTORY),
        ("pull_request", pull_request(), SHALLOW, ALL_THAT_IS_HERE),
        # What was pushed or proposed is not here: the range is missing, and nothing stands for it.
        ("push", push(GONE, "d" * 40), ALL_HERE, ranged(f"{GONE}..{'d' * 40}", with_tree=True)),
        ("push", push(ZERO, GONE), ALL_HERE, ranged(GONE, with_tree=True)),
        (
            "pull_request_target",
            pull_request(GONE, "d" * 40),
            ALL_HERE,
            ranged(f"{GONE}..{'d' * 40}", with_tree=True),
        ),
        # GitHub keeps the base of a pull request that a forced push has taken away.
        ("pull_request", pull_request(GONE), ALL_HERE, FORCED),
        ("pull_request_target", pull_request(GONE, ref="release"), ALL_HERE, TO_RELEASE),
        ("pull_request", pull_request(GONE, ref="gone"), ALL_HERE, ALL_THAT_IS_HERE),
        ("pull_request", pull_request(GONE, ref="a..b"), ALL_HERE, ALL_THAT_IS_HERE),
        ("pull_request", pull_request(GONE, ref=None), ALL_HERE, ALL_THAT_IS_HERE),
        ("merge_group", merge_group(GONE), ALL_HERE, TO_RELEASE),
        # A pull request, and others like it.
        ("pull_request", pull_request(), ALL_HERE, PROPOSED),
        ("pull_request_target", pull_request(), ALL_HERE, PROPOSED),
        (
            "pull_request",
            pull_request(head=GONE),
            ALL_HERE,
            ranged(f"{BASE}..{GONE}", with_tree=True),
        ),
        ("merge_group", merge_group(), ALL_HERE, PROPOSED),
        # Whatever else.
        ("schedule", {}, ALL_HERE, HISTORY),
        ("workflow_dispatch", push(), ALL_HERE, HISTORY),
        # A text costs no history, whatever it is about.
        ("issues", {}, ALL_HERE, TEXT),
        ("pull_request_review", pull_request(), ALL_HERE, TEXT),
        ("pull_request_review_comment", pull_request(), ALL_HERE, TEXT),
        ("", {}, ALL_HERE, HISTORY),
        # An event that says too little, or what no event says.
        ("push", {}, ALL_HERE, HISTORY),
        ("push", {**push(ZERO), "repository": None}, ALL_HERE, HISTORY),
        ("push", push("--output=x", "--all"), ALL_HERE, HISTORY),
        ("push", {**push(ZERO), "repository": {"default_branch": "a..b"}}, ALL_HERE, HISTORY),
        ("push", {**push(ZERO), "repository": {"default_branch": 7}}, ALL_HERE, HISTORY),
        ("pull_request", {}, ALL_HERE, HISTORY),
        ("pull_request", {"pull_request": "x"}, ALL_HERE, HISTORY),
        ("pull_request", pull_request(head="main"), ALL_HERE, HISTORY),
        ("pull_request", pull_request(base=None), ALL_HERE, HISTORY),
    ],
)
def test_the_event_says_what_is_read(
    name: str, payload: dict[str, Any], here: frozenset[str], expected: Scanning
) -> None:
    assert scope_of(Choice(), name, payload, here.__contains__) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Choice("tree"), TREE),
        (Choice("history"), HISTORY),
        (Choice("tree", "v1"), TREE),
        (Choice("range"), ranged(f"{BASE}..{HEAD}")),
        (Choice("range", "v1"), ranged("v1..HEAD")),
        (Choice("range", "v1", BASE), ranged(f"v1..{BASE}")),
        (Choice("range", head_ref="v1"), ranged("v1")),
        (Choice("auto", "v1"), ranged("v1..HEAD", with_tree=True)),
        (Choice("range", "main"), ranged(f"{MAIN}..HEAD")),
        (Choice("range", "main", "release"), ranged(f"{MAIN}..{MAIN[:-4]}release")),
        (Choice("range", "nowhere"), ranged("nowhere..HEAD")),
    ],
)
def test_what_a_workflow_asks_for_is_read(wanted: Choice, expected: Scanning) -> None:
    assert scope_of(wanted, "push", push(), ALL_HERE.__contains__) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Choice("auto"), DELETED),
        (Choice("range"), DELETED),
        (Choice("tree"), TREE),
        (Choice("history"), HISTORY),
        (Choice("range", "v1"), ranged("v1..HEAD")),
    ],
)
def test_a_deletion_brings_nothing_to_read_unless_the_workflow_names_it(
    wanted: Choice, expected: Scanning
) -> None:
    assert scope_of(wanted, "push", push(after=ZERO), ALL_HERE.__contains__) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Choice("range"), ranged(f"{BASE}..{HEAD}")),
        (Choice("auto", "v1"), ranged("v1..HEAD", with_tree=True)),
    ],
)
def test_the_files_are_added_where_nobody_said_what_to_read(
    wanted: Choice, expected: Scanning
) -> None:
    assert scope_of(wanted, "pull_request", pull_request(), ALL_HERE.__contains__) == expected


@pytest.mark.parametrize(
    ("scan", "expected"),
    [
        ("auto", TREE),
        ("tree", TREE),
        ("history", HISTORY),
        ("range", ranged("HEAD")),
    ],
)
def test_outside_a_repository_there_are_files_alone(scan: ScanWord, expected: Scanning) -> None:
    assert scope_of(Choice(scan), "push", push(), None) == expected


@pytest.mark.parametrize("name", ["schedule", "push"])
def test_a_range_that_nobody_names_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="no range") as refused:
        scope_of(Choice("range"), name, {}, ALL_HERE.__contains__)
    assert "base-ref" in refused.value.remedy


@pytest.mark.parametrize("end", ["--output=x", "a..b", "a b", "a\nb", "a\0b", "main:file", "^main"])
@pytest.mark.parametrize("name", ["base-ref", "head-ref"])
def test_an_end_that_names_no_commit_is_refused(name: str, end: str) -> None:
    wanted = Choice("range", end, "v1") if name == "base-ref" else Choice("range", "v1", end)
    with pytest.raises(UsageError, match=name):
        scope_of(wanted, "push", push(), ALL_HERE.__contains__)
