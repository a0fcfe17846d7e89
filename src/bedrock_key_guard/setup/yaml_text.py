"""Add to YAML as people wrote it: text is put in where a parser says, and nothing else is touched.

No comment, quote or order changes, which a library that writes the whole file anew cannot promise.
Whoever calls this compares what the text says before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedrock_key_guard.errors import install_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml

    Node = yaml.Node


class UnreadableError(Exception):
    """Say why a text cannot be added to."""


def read(text: str) -> tuple[Any, Node]:
    """Return what a text says, and the tree of its nodes. Raises UnreadableError."""
    try:
        import yaml
    except ImportError:
        need = f"to read it takes PyYAML, which `{install_with('cli')}` brings"
        raise UnreadableError(need) from None
    try:
        said, root = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise UnreadableError(f"it is no YAML that can be read{line}") from None
    if not isinstance(root, yaml.MappingNode) or not isinstance(said, dict):
        raise UnreadableError("it is no mapping")
    return said, root


def value_of(root: Node, name: str) -> Node | None:
    """Return the node of a key of a mapping, None where it has no such key."""
    return next((value for key, value in root.value if key.value == name), None)


def appended(text: str, sequence: Node, block: Sequence[str], flow: str) -> str:
    """Return the text with one more member, or more, at the end of a sequence.

    `block` are the lines of it where the sequence has a line for each member, `flow` stands in
    brackets.
    """
    if not is_block(sequence):
        return _in_brackets(text, sequence, flow)
    at = _line_after(text, _end(sequence))
    indent = " " * sequence.start_mark.column
    apart = [""] if _are_apart(text, sequence) else []
    return with_lines(text, at, [*apart, *(f"{indent}{line}" for line in block)])


def with_lines(text: str, at: int, lines: Sequence[str]) -> str:
    """Return the text with these lines at a position, which end as its own do."""
    ending = "\r\n" if "\r\n" in text else "\n"
    first = ending if at and text[at - 1] != "\n" else ""
    return text[:at] + first + "".join(f"{line}{ending}" for line in lines) + text[at:]


def is_block(node: Node) -> bool:
    """Return whether a node has a line for each member, rather than brackets around all.

    The parser says nothing of the style of a sequence that is indented no further than its key.
    """
    return isinstance(node.value, list) and not getattr(node, "flow_style", False)


def gap_of(sequence: Node) -> int:
    """Return how many columns after its dash the last member of a block sequence begins."""
    return int(sequence.value[-1].start_mark.column - sequence.start_mark.column)


def _in_brackets(text: str, sequence: Node, flow: str) -> str:
    close = sequence.end_mark.index - 1
    before = text[:close].rstrip()
    comma = ", " if sequence.value and not before.endswith(",") else " " * bool(sequence.value)
    return before + comma + flow + text[len(before) : close] + text[close:]


def _end(node: Node) -> int:
    """Return where that which a node says ends, before any comment behind it."""
    if not is_block(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _line_after(text: str, at: int) -> int:
    """Return where the line after a position begins; at the start of one, that is where it is."""
    if at and text[at - 1] == "\n":
        return at
    return text.find("\n", at) + 1 or len(text)


def _are_apart(text: str, sequence: Node) -> bool:
    """Return whether an empty line stands before the last member."""
    if len(sequence.value) < 2:
        return False
    line = text.rfind("\n", 0, sequence.value[-1].start_mark.index)
    return line > 0 and not text[text.rfind("\n", 0, line) + 1 : line].strip()
