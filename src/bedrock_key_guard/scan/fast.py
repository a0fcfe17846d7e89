"""Ask what `any_anchor` asks, several times as fast, where Hyperscan is installed.

Hyperscan (https://intel.github.io/hyperscan/) searches for many expressions at once with the vector
instructions of the processor. What it says is only where `any_anchor` is worth asking: it has to
say yes to whatever the scanner can undo, and may say yes to more.

Each expression begins with what text seldom has, because up to there it costs next to nothing. Of
all that is encoded twice, each step with all others, nothing is missed; of what is encoded three
times over, one combination in ten thousand.
"""

from __future__ import annotations

from bisect import bisect_right

from bedrock_key_guard.scan.anchors import LITERALS
from bedrock_key_guard.scan.shapes import ASCII_QUAD

# A process of its own starts sooner without `typing`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from bedrock_key_guard.scan.sieve import Gate

# Places in one buffer beyond which it is not text, and each file is asked.
_MOST = 4096
# As many escapes as `dense` asks for, anywhere in a file.
_DENSE = 20
_GAP = rb"[^0-9A-Za-z-]*"
_SELDOM = b"QXYZJKHWFB"
_SHORTEST_TAIL = 3
# What `texts` looks for has one of these in every few letters, whatever it is that was encoded: a
# row of it without any comes once in ten million keys. Escapes in base64 are digits and little
# else: those show as two more letters at the beginning of a quad.
_SELDOM_IN_TEXT = b"QXYZJ"
_DIGITS_IN_TEXT = b"MN"
_QUADS = 6
_LETTER = rb"[0-9A-Za-z-]"
_HEX = rb"[0-9A-Fa-f]"
# The bytes of text in hex begin with one of six digits; what is wide has zeros between them, and
# between lines are those that end them.
_TEXT_IN_HEX = rb"[2-7]" + _HEX
_BETWEEN_HEX = rb"[^0-9A-Za-z]*(?:0[xX][^0-9A-Za-z]*)?"
_ZEROS = rb"(?:%b0[^0-9A-Za-z]*[09aAdD])*" % _BETWEEN_HEX
_FEWEST_IN_HEX = 12
_ROW_IN_HEX = 8
# What gzip and zlib begin with; a dump in words has it the other way round, but at its beginning.
_PACKED = rb"(?:1g[fF]g8g[bB]|7g8g(?:0g1|5g[eE]|9g[cC]|[dD]g[aA]))".replace(b"g", _GAP)
_FEWEST_PACKED = 12
_DUMP = rb"0000%b{0,12}[:hH]?[ \t|]{1,8}%b{2}(?:[ \t-]{0,3}%b{2}){3}" % (_HEX, _HEX, _HEX)
_NUMBER = rb"(?:10|13|3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])"
_FEWEST_NUMBERS = 8
_ESCAPES = (rb"%(?:[2-7]|00)", rb"&#", rb"\\(?:x|u0|u[{]|U0|1|0)")


def expressions() -> Iterator[list[bytes]]:
    """Yield the expressions, those together that are searched for together at the least cost."""
    tails = [_tail(literal) for literal in LITERALS]
    yield [_gapped(tail) for tail in tails if tail[0] in _SELDOM]
    yield [
        *(_gapped(tail) for tail in tails if tail[0] not in _SELDOM + b"-"),
        _PACKED + rb"(?:%b%b){%d}" % (_GAP, _HEX, _FEWEST_PACKED),
    ]
    decoded = _gapped(b"-at-") + rb"(?:%b[0-9]){12}" % _GAP
    yield [*(_gapped(tail) for tail in tails if tail[0] == ord("-")), decoded]
    yield [rb"(?:^|[^0-9A-Za-z_+/-])e[AFJN][0-9A-Za-z_+/-]{58}"]
    yield [b"|".join(_quads())]
    yield [_hex_text()]
    yield [_decimal_text()]
    yield [_DUMP]


def _tail(literal: bytes) -> bytes:
    """Return a literal from its first seldom letter on, or else from a hyphen, or all of it."""
    for wanted in (_SELDOM, b"-"):
        for at, letter in enumerate(literal[: 1 - _SHORTEST_TAIL]):
            if letter in wanted:
                return literal[at:]
    return literal


def _gapped(literal: bytes) -> bytes:
    return _GAP.join(b"\\x%02x" % letter for letter in literal)


def _class(letters: Iterable[int]) -> bytes:
    return b"[%b]" % b"".join(b"\\x%02x" % letter for letter in letters)


def _quads() -> Iterator[bytes]:
    """Yield base64 of ASCII from a seldom letter on, which may be any of four."""
    classes = [*(_class(each) for each in ASCII_QUAD), _LETTER]
    rest = (_GAP + _GAP.join(classes)) * _QUADS
    for at, allowed in enumerate((*ASCII_QUAD, _SELDOM_IN_TEXT)):
        seldom = _SELDOM_IN_TEXT if at else _SELDOM_IN_TEXT + _DIGITS_IN_TEXT
        first = _class(letter for letter in seldom if letter in allowed)
        yield _GAP.join([first, *classes[at + 1 :]]) + rest


def _hex_text() -> bytes:
    """Return text in hex, however it is written, or in the rows of a dump."""
    further = rb"(?:%b%b%b){%d}" % (_ZEROS, _BETWEEN_HEX, _TEXT_IN_HEX, _FEWEST_IN_HEX - 1)
    row = rb"(?:[ \t-]{0,3}%b){%d}[ \t]*\r?\n[ \t]{0,40}%b{4}" % (
        _TEXT_IN_HEX,
        _ROW_IN_HEX - 1,
        _HEX,
    )
    return _TEXT_IN_HEX + rb"(?:%b|%b)" % (further, row)


def _decimal_text() -> bytes:
    return _NUMBER + rb"(?:[^0-9A-Za-z]*,[^0-9A-Za-z]*%b){%d}" % (_NUMBER, _FEWEST_NUMBERS - 1)


class FastGate:
    """Search for the expressions in several passes, and say in which files they are."""

    def __init__(self, hyperscan: Any) -> None:
        """Compile them, which takes a tenth of a second."""
        self._stopped: type[Exception] = hyperscan.ScanTerminated
        self._scans = [_compile(hyperscan, each) for each in expressions()]
        self._escapes = _compile(hyperscan, _ESCAPES)

    def batch(self, data: memoryview, starts: Sequence[int]) -> Iterable[int]:
        """Return which of the files that start there may hold a key."""
        found: list[int] = []
        escapes: list[int] = []
        try:
            for scan in self._scans:
                scan(data, match_event_handler=_note, context=found)
            self._escapes(data, match_event_handler=_note, context=escapes)
        except self._stopped:
            return range(len(starts))
        some = {bisect_right(starts, place - 1) - 1 for place in found}
        return some.union(_crowded(escapes, starts))

    def single(self, data: bytes) -> bool:
        """Tell whether one file may hold a key: letters with NUL between them are read as one."""
        narrow = data.translate(None, b"\0") if 0 in data else data
        return bool(self.batch(memoryview(narrow), [0]))


def _note(_id: int, _begin: int, end: int, _flags: int, found: list[int]) -> bool:
    """Keep a place, and stop where there are too many."""
    found.append(end)
    return len(found) > _MOST


def _crowded(places: Sequence[int], starts: Sequence[int]) -> Iterator[int]:
    """Yield the files that hold many of these places, which are in order."""
    if len(places) < _DENSE:
        return
    bounds = [bisect_right(places, start) for start in (*starts, places[-1])]
    for index in range(len(starts)):
        if bounds[index + 1] - bounds[index] >= _DENSE:
            yield index


def _compile(hyperscan: Any, group: Sequence[bytes]) -> Callable[..., object]:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=list(group),
        ids=list(range(len(group))),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(group),
    )
    scan: Callable[..., object] = database.scan
    return scan


def fast_gate() -> Gate | None:
    """Return the gate, or None where Hyperscan is not installed or not for this processor."""
    try:
        import hyperscan

        return FastGate(hyperscan)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, the other gate is right
        return None
