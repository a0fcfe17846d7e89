"""Scan the repositories of a shard, and keep a row of each that is through."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.org.cloning import cloned, read
from bedrock_key_guard.org.json_files import as_json, from_json
from bedrock_key_guard.org.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bedrock_key_guard.org.cloning import Clone, Hosting
    from bedrock_key_guard.org.sweep_plan import Planned

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
    repositories: Sequence[Planned],
    hosting: Hosting,
    rows: Path,
    tell: Callable[[Row], object],
    *,
    deep: bool = False,
) -> None:
    """Append a row of each repository to a file; those that have one already are through.

    One that failed is tried once more when all the others are through. Raises UsageError for a file
    of something else.
    """
    done = {row.name for row in read_rows(rows)}
    failed = []
    for row in _rows([each for each in repositories if each.name not in done], hosting, deep=deep):
        if row.state == "failed":
            failed.append(row)
        else:
            _keep(rows, row, tell)
    again = {row.name for row in failed}
    for row in _rows([each for each in repositories if each.name in again], hosting, deep=deep):
        _keep(rows, row, tell)


def _keep(rows: Path, row: Row, tell: Callable[[Row], object]) -> None:
    with rows.open("a", encoding="utf-8") as file:
        file.write(as_json(row) + "\n")
    tell(row)


def read_rows(file: Path) -> list[Row]:
    """Return the rows of a file; the last may have been cut when a run was killed.

    Raises UsageError for a file of something else.
    """
    if not file.exists():
        return []
    text = file.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, "utf-8")
    return [from_json(line, Row, file) for line in whole.splitlines()]


def _rows(repositories: Sequence[Planned], hosting: Hosting, *, deep: bool) -> Iterator[Row]:
    """Read each repository while the next is cloned: no more than two clones are on the disk."""
    with _work_folder() as work, ThreadPoolExecutor(1) as side:
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


@contextmanager
def _work_folder() -> Iterator[Path]:
    try:
        with TemporaryDirectory(prefix="bedrock-key-guard-", ignore_cleanup_errors=True) as name:
            yield Path(name)
    except OSError as error:
        raise UsageError(
            f"There is no room to clone into: {(error.strerror or '?').lower()}.",
            remedy="Set TMPDIR to a folder that can be written to.",
        ) from None
