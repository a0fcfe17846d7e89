"""Scan the repositories of a shard, and keep a row of each that is through."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.git.clean_git import temporary_folder
from bedrock_key_guard.org.cloning import cloned, read
from bedrock_key_guard.org.rows import Row
from bedrock_key_guard.org.state import as_json, from_json, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bedrock_key_guard.org.cloning import Clone, Hosting
    from bedrock_key_guard.org.sweep_plan import Plan, Planned

_HARMLESS = frozenset(
    (
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_DEFAULT_OUTPUT", "AWS_PAGER"),
        *("AWS_EC2_METADATA_DISABLED", "AWS_CA_BUNDLE", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"),
    )
)


def is_credential(name: str) -> bool:
    """Return whether a variable of the environment leads to credentials of AWS.

    Sources: the SDKs' reference (docs.aws.amazon.com/sdkref) for AWS_*, and GitHub's documentation
    of OpenID Connect for the token that a job asks for with ACTIONS_ID_TOKEN_REQUEST_TOKEN.
    """
    if name.startswith("ACTIONS_ID_TOKEN_REQUEST_"):
        return True
    return name.startswith("AWS_") and name not in _HARMLESS


def refuse_credentials(environment: Mapping[str, str]) -> None:
    """Raise CredentialsError where the environment leads to credentials of AWS.

    A scan reads what strangers wrote, so what it runs as is to be worth nothing.
    """
    held = sorted(name for name, value in environment.items() if value and is_credential(name))
    if held:
        raise CredentialsError(
            f"A scan of many repositories needs no AWS, and {', '.join(held)} lead there.",
            remedy="Unset them for `org scan`; `org reduce` alone asks AWS.",
        )


def scan_shard(
    plan: Plan,
    number: int,
    hosting: Hosting,
    rows: Path,
    *,
    deep: bool = False,
) -> Iterator[Row]:
    """Append a row of each repository of a shard to a file, and yield it.

    Those that have one are through. One that failed is tried once more when all the others are.
    Raises UsageError for a file of something else, such as another plan.
    """
    digest, done = digest_of(plan), {row.name for row in read_rows(rows, plan)}
    left = [each for each in plan.shards[number - 1] if each.name not in done]
    for row in _tried_twice(left, hosting, deep=deep):
        with rows.open("a", encoding="utf-8") as file:
            file.write(as_json(replace(row, plan=digest)) + "\n")
        yield row


def _tried_twice(each: Sequence[Planned], hosting: Hosting, *, deep: bool) -> Iterator[Row]:
    failed = set()
    for row in _rows(each, hosting, deep=deep):
        if row.state == "failed":
            failed.add(row.name)
        else:
            yield row
    yield from _rows([one for one in each if one.name in failed], hosting, deep=deep)


def read_rows(file: Path, plan: Plan) -> list[Row]:
    """Return the rows of a file; the last may have been cut when a run was killed.

    Raises UsageError for a file of something else, such as another plan.
    """
    if not file.exists():
        return []
    text = text_of(file)
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, "utf-8")
    rows = [from_json(line, Row, file) for line in whole.splitlines()]
    if any(row.plan != digest_of(plan) for row in rows):
        raise UsageError(
            f"{str(file)!r} was written for another plan.",
            remedy="Give the files of this plan alone, and each plan a folder of its own.",
        )
    return rows


def digest_of(plan: Plan) -> str:
    """Return what tells a plan from any other."""
    return sha256(as_json(plan).encode()).hexdigest()


def _rows(repositories: Sequence[Planned], hosting: Hosting, *, deep: bool) -> Iterator[Row]:
    """Read each repository while the next is cloned: no more than two clones are on the disk."""
    with temporary_folder() as work, ThreadPoolExecutor(1) as side:
        slots = (work / str(number % 3) for number in range(len(repositories)))
        begun = None
        for planned, slot in zip(repositories, slots, strict=True):
            ahead = side.submit(cloned, planned, hosting, slot)
            if begun is not None:
                yield _read(begun.result(), hosting, work, deep=deep)
            begun = ahead
        if begun is not None:
            yield _read(begun.result(), hosting, work, deep=deep)


def _read(clone: Clone, hosting: Hosting, work: Path, *, deep: bool) -> Row:
    try:
        return read(clone, hosting, deep=deep)
    finally:
        top = clone.folder.relative_to(work).parts[0]
        shutil.rmtree(work / top, ignore_errors=True)
        shutil.rmtree(work / f"{top}-renamed", ignore_errors=True)
