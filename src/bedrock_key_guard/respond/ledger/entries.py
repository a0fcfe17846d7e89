"""Remember every change, before and after it is made: one JSON object a line, never a secret.

Where it is told no account, `restore` starts from the ledger. It proves nothing by itself: whoever
can write a file can write a ledger, so `restore` asks IAM and CloudTrail as well.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.respond.ledger.records import Record, StatusChange, as_document, read_record
from bedrock_key_guard.respond.purpose import name_change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bedrock_key_guard.model.actions import Outcome


SCHEMA_VERSION = 2
Phase = Literal["intent", "done", "failed", "restored", "lifted"]
_BEGINNING = '{"account_id": "'  # of every line: the names are sorted


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Record one phase of one change; `change` names it, `record` says what it was."""

    change: str
    phase: Phase
    time: str
    action: str
    actor: str
    account_id: str
    partition: str
    fingerprint: str
    record: Record
    schema_version: int = SCHEMA_VERSION

    @property
    def account(self) -> Account:
        """Name the account in which it was."""
        return Account(self.account_id, self.partition)

    @property
    def over(self) -> bool:
        """Return whether the change was taken back."""
        return self.phase in ("restored", "lifted")


class Ledger:
    """Append entries to a file that only its owner may read, each one on disk before we go on."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """Use the file at `path`, made when first written."""
        self.path = path
        self._now = now

    def open_change(
        self, *, action: str, actor: str, account: Account, fingerprint: str, record: Record
    ) -> LedgerEntry:
        """Write that a change is about to be made.

        Raises OSError where the disk refuses, and for a file that is no ledger: what is written to
        it could not be read again.
        """
        if self.path.is_file():
            _entries(self.path)
        now = self._now()
        entry = LedgerEntry(
            change=name_change(now),
            phase="intent",
            time=_timestamp(now),
            action=action,
            actor=actor,
            account_id=account.account_id,
            partition=account.partition,
            fingerprint=fingerprint,
            record=record,
        )
        self._append(entry)
        return entry

    def close_change(self, entry: LedgerEntry, phase: Phase) -> None:
        """Write what became of a change. Raises OSError where the disk refuses."""
        self._append(replace(entry, phase=phase, time=_timestamp(self._now())))

    def _append(self, entry: LedgerEntry) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(_document(entry), sort_keys=True).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.write(line if _ends_a_line(file) else b"\n" + line)
            file.flush()
            os.fsync(descriptor)


def settle(outcome: Outcome, ledger: Ledger, entry: LedgerEntry, phase: Phase) -> Outcome:
    """Write what became of a change; a ledger that fails now makes no difference to that."""
    try:
        ledger.close_change(entry, phase)
    except OSError as error:
        return replace(outcome, reason=f"{outcome.reason} (the ledger: {error.strerror})")
    return outcome


def read_ledger(path: Path) -> list[LedgerEntry]:
    """Read the latest entry of each change, in the order in which the changes were made.

    A line that a kill cut short is left out. Raises UsageError for a file that cannot be read or is
    no ledger.
    """
    try:
        entries = _entries(path)
    except OSError as error:
        raise UsageError(
            f"The ledger {str(path)!r} cannot be used: {error.strerror}.",
            remedy="Name the ledger that the run wrote with --ledger FILE.",
        ) from None
    return list({entry.change: entry for entry in entries}.values())


def _entries(path: Path) -> list[LedgerEntry]:
    """Read every entry. Raises OSError for a file that cannot be read or is no ledger."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [_entry(line) for line in lines if line and not _is_cut_short(line)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise OSError(errno.EINVAL, "it holds a line that is no entry of a ledger") from None


def _ends_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _is_cut_short(line: str) -> bool:
    """Return whether a line begins like an entry and breaks off; one that goes on is no entry."""
    if not (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)):
        return False
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return not error.msg.startswith("Extra data")
    return False


def _document(entry: LedgerEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _NAMES} | {"record": as_document(entry.record)}


def _entry(line: str) -> LedgerEntry:
    document = json.loads(line)
    version = document["schema_version"]
    if type(version) is not int:
        raise ValueError(line)
    if version > SCHEMA_VERSION:
        raise OSError(errno.EINVAL, "a later version of the guard wrote it")
    if version == 1:
        document = _second_version(document)
    if set(document) != set(_NAMES) or document.pop("schema_version") != SCHEMA_VERSION:
        raise ValueError(line)
    record = read_record(document["action"], document.pop("record"))
    if not all(isinstance(value, str) for value in document.values()):
        raise ValueError(line)
    if document["phase"] not in get_args(Phase):
        raise ValueError(line)
    read_time(document["time"])
    return LedgerEntry(record=record, **document)


def _second_version(document: dict[str, object]) -> dict[str, object]:
    """Read a line of the first version, which knew the changes of credentials alone."""
    names = {field.name for field in fields(StatusChange)}
    record = {name: document.pop(name) for name in names}
    return {**document, "record": record, "schema_version": SCHEMA_VERSION}


def _timestamp(now: datetime) -> str:
    return now.astimezone(timezone.utc).isoformat(timespec="seconds")


_NAMES = tuple(field.name for field in fields(LedgerEntry))
