"""Define what the readers of containers read and yield, and keep account of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import Member
from bedrock_key_guard.scan.limits import Unreadable

if TYPE_CHECKING:
    from typing import IO

    from bedrock_key_guard.model.findings import GapKind
    from bedrock_key_guard.model.origins import Origin
    from bedrock_key_guard.scan.containers.cursor import Cursor
    from bedrock_key_guard.scan.limits import Budget
    from bedrock_key_guard.scan.matching.windows import Readable

Blocks = Iterator[bytes]
TOO_FAR_IN = "a zip at its end begins too far in to be opened"
# What only the end of a file tells, where the beginning cannot be read any more.
UNREAD_END = {
    "zip": TOO_FAR_IN,
    "leveldb": "only its end, which is too far from its beginning, tells that it is of LevelDB",
}


@dataclass(frozen=True, slots=True)
class OpenedMember:
    """Give one part of a container: its name, untrusted, and its bytes.

    The blocks are to be read before the next part is asked for. `text` takes the same bytes and
    yields what people read there, where that is written in pieces. Raises Spent beyond the budget.
    """

    name: str
    blocks: Blocks
    text: Callable[[Cursor, Budget], Blocks] | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Name a part that cannot be read, and why."""

    name: str
    reason: str
    kind: GapKind = "unopened"


Members = Iterator[OpenedMember | Gap]
Reader = Callable[["Cursor", "Budget"], Members]


def name_of(raw: bytes, encoding: str = "utf-8") -> str:
    """Return a member's name as text: untrusted, and not so long that it floods a report."""
    return raw[:1024].decode(encoding, errors="backslashreplace")


class Gaps:
    """Keep what was not scanned, one line for each reason in each container."""

    def __init__(self) -> None:
        self._stopped = False
        self._counts: dict[tuple[Origin | None, GapKind, str, str], tuple[str, int]] = {}

    def add(self, origin: Origin, kind: GapKind, reason: str, wants: str = "") -> None:
        """Note that `origin` was left out, why, and what it would take."""
        key = origin.outer if isinstance(origin, Member) else None, kind, reason, wants
        first, count = self._counts.get(key, (origin.name, 0))
        self._counts[key] = first, count + 1

    def stop(self, origin: Origin, reason: str) -> None:
        """Note where and why no more was unpacked or decoded; only the first time counts."""
        if not self._stopped:
            self._stopped = True
            self.add(origin, "missing", reason)

    def limits(self) -> list[str]:
        """Return the limits that left something out."""
        return [reason for _, kind, reason, _ in self._counts if kind == "missing"]

    def listed(self) -> tuple[NotScanned, ...]:
        """Return a line for each reason; of many parts alike, the first is named."""
        return tuple(
            NotScanned(
                first,
                kind,
                reason if count == 1 else f"{reason} (and {count - 1:,} more like it)",
                wants=wants,
            )
            for (_, kind, reason, wants), (first, count) in self._counts.items()
        )


class Stream:
    """Make a file of blocks: `read` gives as many bytes as it is asked for, until the end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        """Take `blocks`, which may raise Unreadable; what came before is given out first."""
        self._blocks = blocks
        self._rest = b""
        self._broken: Unreadable | None = None

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, fewer than `size` only at the end. Raises Unreadable once."""
        if len(self._rest) >= size:
            data, self._rest = self._rest[:size], self._rest[size:]
            return data
        pieces, length = [self._rest], len(self._rest)
        try:
            while length < size and (block := next(self._blocks, None)) is not None:
                pieces.append(block)
                length += len(block)
        except Unreadable as broken:
            self._broken, self._blocks = broken, iter(())
        data = b"".join(pieces)
        self._rest = data[size:]
        if not data and self._broken:
            reason, self._broken = self._broken, None
            raise reason
        return data[:size]


class After:
    """Give back what was read to know what it is, and then go on."""

    def __init__(self, start: bytes, source: Readable) -> None:
        """Give out `start`, and then `source`."""
        self._start = start
        self._at = 0
        self._source = source

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        # The start comes alone, for the source may end in an error.
        piece = self._start[self._at : self._at + size]
        self._at += len(piece)
        return piece or self._source.read(size)


class Ending:
    """Let bytes through, and keep the last of them."""

    def __init__(self, source: Readable, keep: int) -> None:
        """Keep the last `keep` bytes of `source`, and count them all."""
        self.last = b""
        self.size = 0
        self._source = source
        self._keep = keep

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        block = self._source.read(size) or b""
        if block:
            self.size += len(block)
            self.last = (self.last + block)[-self._keep :]
        return block


class Section:
    """Read a file from one place on; whoever else reads it does not see that."""

    def __init__(self, file: IO[bytes], begin: int, budget: Budget | None = None) -> None:
        """Begin at an offset of `file`; what is read again at will is spent of a budget."""
        self._file = file
        self._at = begin
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        here = self._file.tell()
        self._file.seek(self._at)
        data = self._file.read(size)
        self._file.seek(here)
        self._at += len(data)
        if self._budget:
            self._budget.spend(len(data))
        return data
