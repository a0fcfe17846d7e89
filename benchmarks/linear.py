"""Measure what a byte of the worst inputs costs, as a ratio to decoding it from base64.

python -m benchmarks.linear [--sizes 1,2,4,8] [NAME …]

A ratio that stays the same from one size to the next is a linear cost. What a file may cost at all
is bounded too, as a constant and a multiple of its size: where the budget ended the work the ratio
falls, and the last column says so.
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.limits import LIMITS
from benchmarks.worst import WORST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_AT = WorkTree("worst")
_ROUNDS = 5
# As many bytes buy as much work as any file has free.
FREE = LIMITS.work // LIMITS.effort
# No file may cost more than this many times as long as decoding it, and those bytes, from base64.
BOUND = 1600


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold what was read, and how many times as long that took as decoding it from base64.

    `share` is that ratio with the bytes that every file has free.
    """

    ratio: float
    share: float
    reading: Reading


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each input: its ratio at each size, and what was left out of the largest."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linear", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="inputs, all by default")
    parser.add_argument("--sizes", default="1,2,4,8", help="in MB (1,2,4,8)")
    options = parser.parse_args(argv)
    sizes = [float(size) for size in options.sizes.split(",")]
    if unknown := set(options.names) - set(WORST):
        parser.error(f"no such input: {', '.join(sorted(unknown))}")
    console = Console(width=140, highlight=False, markup=False)
    console.print(f"{'':34}" + "".join(f"{f'{size:g} MB':>10}" for size in sizes))
    for name in options.names or WORST:
        rows = [measured(WORST[name](int(size * 1e6))) for size in sizes]
        ratios = "".join(f"{row.ratio:10.0f}" for row in rows)
        console.print(f"{name:34}{ratios}  {_left_out(rows[-1].reading)}")
    return 0


def measured(data: bytes) -> Measured:
    """Scan `data` beside decoding as much from base64."""
    encoded = base64.b64encode(data + bytes(FREE))
    floor = min(_seconds(lambda: base64.b64decode(encoded)) for _ in range(_ROUNDS))
    readings: list[Reading] = []
    taken = _seconds(lambda: readings.append(read_file(io.BytesIO(data), _AT)))
    share = taken / floor
    return Measured(share * (len(data) + FREE) / len(data), share, readings[0])


def _seconds(work: Callable[[], object]) -> float:
    """Return what of the processor this process used, which other work changes least."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _left_out(reading: Reading) -> str:
    return reading.missed[0].reason if reading.missed else ""


if __name__ == "__main__":
    sys.exit(main())
