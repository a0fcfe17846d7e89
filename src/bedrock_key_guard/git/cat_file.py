"""Read objects one after the other through one `git cat-file`, however large they are."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType

    from typing_extensions import Self

    from bedrock_key_guard.git.clean_git import Git

_DRAIN = 1 << 20


class GitObject:
    """Read one object to its end. Raises OSError where Git breaks off: the object is corrupt."""

    def __init__(self, kind: str, size: int, stream: IO[bytes]) -> None:
        """Take the next `size` bytes of `stream`."""
        self.kind = kind
        self.size = size
        self._left = size
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""
        block = self._stream.read(min(size, self._left)) if self._left else b""
        if self._left and not block:
            raise OSError(0, "the object is corrupt")
        self._left -= len(block)
        return block

    def drain(self) -> None:
        """Read what is left, and the newline after it."""
        while self.read(_DRAIN):
            pass
        self._stream.read(1)


class ObjectReader:
    """Ask one Git for objects, and another where the first broke at a corrupt one."""

    def __init__(self, git: Git) -> None:
        """Ask `git`."""
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._open: GitObject | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def open(self, object_id: str) -> GitObject | None:
        """Return an object, to be read before the next is asked for; None for one not there."""
        if self._open is not None:
            try:
                self._open.drain()
            except OSError:
                self._stop()
        process = self._process = self._process or self._git.start("cat-file", "--batch")
        questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        try:
            questions.write(object_id.encode() + b"\n")
            questions.flush()
        except OSError:
            self._stop()
            return None
        header = answers.readline().split()
        if len(header) != 3:
            self._open = None
            if not header:
                self._stop()
            return None
        self._open = GitObject(header[1].decode(), int(header[2]), answers)
        return self._open

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
        self._process = self._open = None
