"""Have files sifted by one process for each core, where there are enough of them."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.scan.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A process finds the package where we did, and nothing in any working directory.
_SIEVE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from bedrock_key_guard.scan.sieve import main; raise SystemExit(main())"
)
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# So many bytes are sooner searched than others are started for.
_ALONE = 8 << 20
_SHARE = 256

Sifted = tuple[list[int], int, int]


def sift(paths: Sequence[bytes]) -> Iterator[Sifted]:
    """Yield, for some files after the other, what `Sieve.sift` says of them.

    That is: which of `paths` need the scanner, how many others were read, and how many bytes these
    have. The parts come in any order.
    """
    sieve = Sieve()
    begin = done = 0
    while begin < len(paths) and done < _ALONE:
        yield (found := _place(begin, sieve.sift(paths[begin : begin + _SHARE]), paths))
        begin += _SHARE
        done += found[2]
    if begin < len(paths):
        yield from _share_out(paths, begin, sieve)


def _place(begin: int, sifted: tuple[list[int], int], paths: Sequence[bytes]) -> Sifted:
    suspects, size = sifted
    count = min(_SHARE, len(paths) - begin) - len(suspects)
    return [begin + each for each in suspects], count, size


def _share_out(paths: Sequence[bytes], begin: int, sieve: Sieve) -> Iterator[Sifted]:
    """Give each process a share, and the next one when it has answered."""
    shares = iter(range(begin, len(paths), _SHARE))
    wanted = min(os.cpu_count() or 1, -(-(len(paths) - begin) // _SHARE))
    crew = [_start() for _ in range(wanted)]
    try:
        with selectors.DefaultSelector() as selector:
            for process in crew:
                _ask(selector, process, paths, next(shares, None))
            while selector.get_map():
                for key, _ in selector.select():
                    process, share = key.data
                    selector.unregister(key.fileobj)
                    answer = _answer(process)
                    if answer is None:
                        # It died. What it did not do is done here, and it gets no more.
                        answer = sieve.sift(paths[share : share + _SHARE])
                    else:
                        _ask(selector, process, paths, next(shares, None))
                    yield _place(share, answer, paths)
        for share in shares:
            yield _place(share, sieve.sift(paths[share : share + _SHARE]), paths)
    finally:
        _stop(crew)


def _start() -> subprocess.Popen[bytes]:
    """Start a process that only we interrupt."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _SIEVE, str(_PACKAGE_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ask(
    selector: selectors.BaseSelector,
    process: subprocess.Popen[bytes],
    paths: Sequence[bytes],
    share: int | None,
) -> None:
    if share is None:
        return
    names = b"\0".join(paths[share : share + _SHARE])
    questions, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    try:
        questions.write(b"%d\n%b" % (len(names), names))
        questions.flush()
    except OSError:
        # The end of its answers will say so.
        pass
    selector.register(answers, selectors.EVENT_READ, (process, share))


def _answer(process: subprocess.Popen[bytes]) -> tuple[list[int], int] | None:
    line = cast("IO[bytes]", process.stdout).readline()
    if not line.endswith(b"\n"):
        return None
    size, *suspects = map(int, line.split())
    return suspects, size


def _stop(crew: list[subprocess.Popen[bytes]]) -> None:
    for process in crew:
        process.kill()
    for process in crew:
        process.communicate()
