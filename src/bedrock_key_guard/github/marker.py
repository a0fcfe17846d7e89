"""Write and read the hidden line by which the guard finds its own issues again.

    <!-- bedrock-key-guard:v1 fingerprint=<64 hex digits> closed=1 -->

It is the first line of the body and counts nowhere else: further down people quote what they like.
Fields that a later version may add are read and kept. What an issue remembers may be the second
line (memory.py), and where its key stands comes last, after a line that is hidden too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_BODY = 65_536
"""Characters; GitHub answers 422 for more ("body is too long (maximum is 65536 characters)")."""

LONGEST_TITLE = 256
UNTITLED = "Leaked credential"
CUT = "\n\n*The rest is left out: GitHub takes no longer text. The report of the run has it all.*"

WHERE = "<!-- bedrock-key-guard:where -->"

_LINE = r"<!-- bedrock-key-guard:{} ((?:(?!-->)[^\n])*) -->[ \t]*(?:\n|\Z)"
_MARKER = re.compile(f"{_LINE.format('v1')}(?:{_LINE.format('memory')})?")
_OPEN, _TICKED = "- [ ]", "- [x]"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def is_fingerprint(text: str) -> bool:
    """Return whether a text can stand in a marker as the name of an issue."""
    return bool(_FINGERPRINT.fullmatch(text))


def read_marker(body: str) -> dict[str, str]:
    """Return the fields of the marker that is a body's first line; none where that is none."""
    found = _MARKER.match(plain(body))
    if found is None:
        return {}
    fields = {name: value for name, _, value in (word.partition("=") for word in found[1].split())}
    return fields if is_fingerprint(fields.get("fingerprint", "")) else {}


def memory_in(body: str) -> str:
    """Return what an issue remembers, as it was written, "" for nothing; it is untrusted text."""
    found = _MARKER.match(plain(body))
    return found[2] or "" if found else ""


def write_body(marker: Mapping[str, str], text: str, memory: str = "") -> str:
    """Return a body that GitHub takes and gives back unchanged: marker first, then the text."""
    fields = " ".join(f"{name}={value}" for name, value in marker.items())
    hidden = f"\n<!-- bedrock-key-guard:memory {memory} -->" if memory else ""
    body = f"<!-- bedrock-key-guard:v1 {fields} -->{hidden}\n\n{plain(text)}".strip()
    if len(body) <= LONGEST_BODY:
        return body
    return body[: LONGEST_BODY - len(CUT)] + CUT


def text_of(body: str) -> str:
    """Return a body without its marker."""
    text = plain(body)
    found = _MARKER.match(text)
    return text[found.end() :].strip() if found else text


def before_where(text: str) -> str:
    """Return a text without its last part, which says where the key stands."""
    return f"\n{text}\n".partition(f"\n{WHERE}\n")[0].strip()


def with_banner(text: str, banner: str) -> str:
    """Return a text with another quote at its beginning, in place of the one that it has."""
    lines = plain(text).split("\n")
    rest = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return f"{banner}\n\n{plain(chr(10).join(lines[rest:]))}".strip()


def is_done(text: str) -> bool:
    """Return whether no box is left to be ticked."""
    return not any(line.startswith(_OPEN) for line in plain(text).split("\n"))


def with_ticks(text: str, body: str) -> str:
    """Return `text` with the boxes ticked that people have ticked in `body`."""
    ticked = {line[len(_TICKED) :] for line in plain(body).split("\n") if line.startswith(_TICKED)}
    lines = plain(text).split("\n")
    return "\n".join(
        _TICKED + line[len(_OPEN) :]
        if line.startswith(_OPEN) and line[len(_OPEN) :] in ticked
        else line
        for line in lines
    )


def write_title(text: str) -> str:
    """Return a title that GitHub takes and gives back unchanged."""
    return " ".join(plain(text).split())[:LONGEST_TITLE].rstrip() or UNTITLED


def plain(text: str) -> str:
    """Return text as it comes back from GitHub: one kind of line end, nothing around it.

    A file name that is not UTF-8 leaves lone surrogates in a Python string, which are not text.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return lines.encode("utf-8", "replace").decode("utf-8").strip()
