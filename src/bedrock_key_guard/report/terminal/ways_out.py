"""Say how a key that is none is let through: every way that applies, the narrowest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import short
from bedrock_key_guard.text.harmless import command_line, own_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.origins import Location

PRAGMA = "pragma: allowlist secret"
# JSON (RFC 8259) and CSV (RFC 4180) have no comments, nor has what is written in them.
_WITHOUT_COMMENTS = frozenset(
    "avsc csv geojson har ipynb json jsonl jsonld map ndjson sarif tfstate topojson tsv "
    "webmanifest".split()
)
_FILES = ("working-tree", "index", "blob")
_IN_PATTERNS = frozenset("*?[]#")


def ways_out(
    incidents: Sequence[Incident], allow_list: str, *, on_server: bool
) -> Iterator[tuple[str, ...]]:
    """Yield the lines of each way.

    `allow_list` is the file that the hook goes by, "" for none. On a server, who pushes can change
    no list.
    """
    places = [each for incident in incidents for each in incident.locations]
    if any(map(takes_comment, places)):
        others = dict.fromkeys(each.path for each in places if not takes_comment(each))
        named = ", ".join(filter(None, others))
        yield (
            f"write `{PRAGMA}` in a comment on its line",
            *((f"(there are no comments in {named})",) if named else ()),
        )
    if on_server:
        keys = ", ".join(short(each.fingerprint) for each in incidents)
        yield (f"ask whoever runs this server to allow the fingerprint: {keys}",)
        return
    yield (
        f"allow it in the list of the hook's `--allow-list {allow_list or 'FILE'}`:",
        *(f"  {_allow(each, allow_list or 'FILE')}" for each in incidents),
    )
    paths = [*dict.fromkeys(pattern(each.path) for each in places if each.source in _FILES)]
    if paths:
        yield ("put it into the detect-secrets baseline of the hook's `--baseline FILE`",)
        exclude = " ".join(f"--exclude={_quoted(each)}" for each in paths)
        yield (f"leave out all that is in the file: `{exclude}` of the hook",)


def takes_comment(location: Location) -> bool:
    """Return whether people can write a comment on the line of a key."""
    suffix = location.path.rpartition(".")[2].lower()
    return (
        location.source in _FILES
        and not location.containers
        and bool(location.path)
        and suffix not in _WITHOUT_COMMENTS
    )


def pattern(path: str) -> str:
    """Return the pattern that fits a path, and hardly another: one word of plain characters."""
    plain = (each.isprintable() and not each.isspace() for each in path)
    letters = zip(path, plain, strict=True)
    return "".join(each if ok and each not in _IN_PATTERNS else "?" for each, ok in letters)


def _allow(incident: Incident, file: str) -> str:
    paths = {pattern(each.path) for each in incident.locations if each.source in _FILES}
    where = f" --path={_quoted(paths.pop())}" if len(paths) == 1 else ""
    digits = short(incident.fingerprint)
    listed = f"--allow-list={_quoted(file)}"
    return f"bedrock-key-guard allow {digits}{where} --reason=WHY {listed}"


def _quoted(word: str) -> str:
    return command_line((word,), own_shell())
