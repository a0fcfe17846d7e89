"""Write bytes as numbers: in the dumps that tools print, and in the arrays that programs hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.hiding.hidden import Hidden, Step, text


def dump(style: str, lead: str = "") -> Step:
    """Print a dump as `od`, `xxd`, `hexdump` or a debugger does."""
    name, row, of_column, first, per_row = _DUMPS[style]

    def step(hidden: Hidden) -> Hidden:
        data, (begun, column) = hidden.data, divmod(hidden.at, per_row)
        rows = [lead + row(at, data[at : at + per_row]) for at in range(0, len(data), per_row)]
        at = sum(len(each) + 1 for each in rows[:begun]) + len(lead) + first + of_column(column)
        return replace(
            hidden, data="\n".join(rows).encode(), at=at, encodings=(name, *hidden.encodings)
        )

    return step


def _readable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def _xxd(at: int, data: bytes) -> str:
    pairs = " ".join(data[begin : begin + 2].hex() for begin in range(0, len(data), 2))
    return f"{at:08x}: {pairs:<39}  {_readable(data)}"


def _hexdump(at: int, data: bytes) -> str:
    halves = f"{data[:8].hex(' '):<23}  {data[8:].hex(' '):<23}"
    return f"{at:08x}  {halves}  |{_readable(data)}|"


def _od(at: int, data: bytes) -> str:
    return f"{at:07o} {data.hex(' ')}"


def _od_words(at: int, data: bytes) -> str:
    return f"{at:07o} {_words(data)}"


def _hexdump_words(at: int, data: bytes) -> str:
    return f"{at:07x} {_words(data)}"


def _words(data: bytes) -> str:
    even = data + bytes(len(data) % 2)
    return " ".join(even[begin : begin + 2][::-1].hex() for begin in range(0, len(even), 2))


def _cells(form: str, data: bytes, size: int = 1) -> str:
    """Write words of this machine's byte order, the last one filled with zeros."""
    even = data + bytes(-len(data) % size)
    words = (even[begin : begin + size] for begin in range(0, len(even), size))
    return "".join(form.format(int.from_bytes(word, "little")) for word in words)


def _letters(data: bytes) -> str:
    return "".join(f"{chr(byte) if 32 <= byte < 127 else f'{byte:03o}':>4}" for byte in data)


def _xxd_cells(form: str, width: int, size: int = 1) -> Callable[[int, bytes], str]:
    return lambda at, data: f"{at:08x}:{_cells(form, data, size):<{width}}  {_readable(data)}"


def _od_cells(form: str, size: int = 1) -> Callable[[int, bytes], str]:
    return lambda at, data: f"{at:07o}{_cells(form, data, size)}"


# What cells are, how a row is written, where a byte stands in it, where the first one stands, how
# many there are.
_Row = tuple[str, Callable[[int, bytes], str], Callable[[int], int], int, int]
_DUMPS: dict[str, _Row] = {
    "xxd": ("hex", _xxd, lambda column: column // 2 * 5 + column % 2 * 2, 10, 16),
    "xxd -p": ("hex", lambda _, data: data.hex(), lambda column: 2 * column, 0, 30),
    "xxd -b": ("binary", _xxd_cells(" {:08b}", 54), lambda column: 9 * column, 10, 6),
    "xxd -e": (
        *("hex", _xxd_cells(" {:08x}", 36, 4)),
        *(lambda column: column // 4 * 9 + 6 - column % 4 * 2, 10, 16),
    ),
    "hexdump -C": ("hex", _hexdump, lambda column: 3 * column + (column > 7), 10, 16),
    "hexdump -c": (
        *("characters", lambda at, data: f"{at:07x}{_letters(data)}"),
        *(lambda column: 4 * column, 10, 16),
    ),
    "od -t x1": ("hex", _od, lambda column: 3 * column, 8, 16),
    "od -b": ("octal", _od_cells(" {:03o}"), lambda column: 4 * column, 8, 16),
    "od -c": (
        *("characters", lambda at, data: f"{at:07o}{_letters(data)}"),
        *(lambda column: 4 * column, 10, 16),
    ),
    # The first letter of each key has two digits.
    "od -t u1": ("decimal", _od_cells(" {:3d}"), lambda column: 4 * column, 9, 16),
    # Words of this machine's byte order: the first byte of each stands last.
    "od": ("octal", _od_cells(" {:06o}", 2), lambda column: column // 2 * 7, 8, 16),
    "od -An": (
        *("octal", lambda _, data: _cells(" {:06o}", data, 2)),
        *(lambda column: column // 2 * 7, 1, 16),
    ),
    "od -An -x": (
        *("hex", lambda _, data: _cells(" {:04x}", data, 2)),
        *(lambda column: column // 2 * 5 + 2 - column % 2 * 2, 1, 16),
    ),
    "od -d": ("decimal", _od_cells(" {:5d}", 2), lambda column: column // 2 * 6, 8, 16),
    "od -x": ("hex", _od_words, lambda column: column // 2 * 5 + (2 - column % 2 * 2), 8, 16),
    "od -t x4": (
        *("hex", _od_cells(" {:08x}", 4)),
        *(lambda column: column // 4 * 9 + 6 - column % 4 * 2, 8, 16),
    ),
    "hexdump": (
        *("hex", _hexdump_words),
        *(lambda column: column // 2 * 5 + (2 - column % 2 * 2), 8, 16),
    ),
    "gdb x/xb": (
        *("hex", lambda at, data: f"{0x555000 + at:#x}:{_cells(chr(9) + '0x{:02x}', data)}"),
        *(lambda column: 5 * column + 2, 10, 8),
    ),
}
DUMPS: dict[str, Step] = {style: dump(style) for style in _DUMPS}


def numbers(
    before: str,
    form: str,
    between: str,
    after: str,
    per_line: int = 0,
    newline: str = "\n  ",
) -> Step:
    """Write an array of bytes in the manner of some language."""
    name = "hex" if "x" in form.lower() else "decimal"

    def array(data: bytes) -> bytes:
        parts = [form.format(byte) for byte in data]
        if not per_line:
            return between.join(parts).encode()
        lines = (parts[begin : begin + per_line] for begin in range(0, len(parts), per_line))
        return f"{between.rstrip()}{newline}".join(between.join(line) for line in lines).encode()

    def step(hidden: Hidden) -> Hidden:
        whole, begun = array(hidden.data), hidden.data[: hidden.at + 1]
        at = len(array(begun)) - len(form.format(begun[-1]).lstrip())
        names = (name, *hidden.encodings)
        return text(before, after)(replace(hidden, data=whole, at=at, encodings=names))

    return step


# Arrays of bytes, as programs hold them.
ARRAYS: dict[str, Step] = {
    "hex array": numbers("b = {", "0x{:02x}", ", ", "};"),
    "hex array in lines": numbers("b = {\n  ", "0x{:02x}", ", ", "\n};", 12),
    "hex array in capitals": numbers("b = {", "0X{:02X}", ",", "};"),
    "Python list": numbers("k = bytes([", "{}", ", ", "])"),
    "JavaScript array": numbers("Buffer.from([", "{}", ",", "])"),
    "Go slice in lines": numbers("k := []byte{\n  ", "{}", ", ", ",\n}", 12),
    "C array in columns": numbers("char k[] = {\n  ", "{:3}", ", ", "\n};", 12),
    "JSON of a buffer": numbers('{"type":"Buffer","data":[', "{}", ",", "]}"),
    "PowerShell array": numbers("$k = @(", "{}", ",", ")"),
    "registry value": numbers("", "{:02x}", ",", "", 25, "\\\r\n  "),
}
