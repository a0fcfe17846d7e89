"""Explain to a developer why a commit or a push was blocked, and what to do now.

A key that is none is let through in every way that applies, the narrowest first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.commands import to_disable
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey, short
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.details import circumstances, describe, place
from bedrock_key_guard.report.report import parts_of_keys
from bedrock_key_guard.text.harmless import command_line, own_shell, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bedrock_key_guard.model.findings import Incident, NotScanned
    from bedrock_key_guard.model.origins import Location


@dataclass(frozen=True, slots=True)
class Occasion:
    """Say in which words people hear that a key stopped them, and how they take it out."""

    title: str
    remedy: tuple[str, ...]
    on_server: bool = False


_IS = re.compile(r"^is ")
_READ_IT = "Let the code read it from the environment, for"
_FROM = "example AWS_BEARER_TOKEN_BEDROCK, or from a secret store."
COMMIT = Occasion("would be committed", (f"Take the key out of the commit. {_READ_IT}", _FROM))
MESSAGE = Occasion(
    "would be in the message of a commit",
    (
        "Write the message without the key. Git has kept it in the file that is named above:",
        "`git commit --edit --file=FILE` begins with it.",
    ),
)
PUSH = Occasion(
    "would be pushed",
    (
        "Take the key out of every commit that has it: with `git commit --amend` out of the last",
        "one, with `git rebase --interactive COMMIT^` out of an older one. To take it out in one",
        f"more commit is not enough: who has the repository has both. {_READ_IT}",
        _FROM,
    ),
)
RECEIPT = Occasion("came with this push, which is rejected", PUSH.remedy, on_server=True)
COMMITTED = Occasion(
    "is in the repository already",
    (
        "It was committed before, so whoever has the repository has the key: make it dead first,",
        f"and then take it out of the files. {_READ_IT}",
        _FROM,
    ),
)
OCCASIONS = {
    "--files": COMMIT,
    "--staged": COMMIT,
    "--message": MESSAGE,
    "--push": PUSH,
    "--receive": RECEIPT,
}
"""In which words each mode of the hook speaks."""


def blocked(
    incidents: Sequence[Incident],
    now: datetime,
    occasion: Occasion = COMMIT,
    allow_list: str = "",
) -> str:
    """Return the text for the terminal: each key, where it is, and the three things to do.

    `now` tells which short-term keys have expired, `allow_list` is the file that the hook goes by,
    "" for none. The text holds no key and no control character but line breaks, and no line of it
    is a command to a runner: hooks are run in CI as well.
    """
    many = len(incidents) > 1
    title = f"Bedrock Key Guard: {len(incidents)} API keys" if many else "Bedrock Key Guard: a key"
    announced = _IS.sub("are ", occasion.title) if many else occasion.title
    keys = "\n\n".join(_incident(incident) for incident in incidents)
    steps = "\n".join(_steps(incidents, now, occasion, allow_list))
    return f"{title} {announced}.\n\n{keys}\n\nWhat to do now:\n{steps}\n"


def unread(missed: Sequence[NotScanned]) -> str:
    """Return a sentence for each thing that was not read, so that nobody takes it for clean."""
    said = (shown(f"{each.what} was not scanned: {each.reason}.") for each in missed)
    return "".join(f"Bedrock Key Guard: {sentence}\n" for sentence in said)


def partial(count: int) -> str:
    """Return a sentence about what starts as a key does, which blocks nothing."""
    where = "`bedrock-key-guard scan --include-malformed` shows where"
    return f"Bedrock Key Guard: {parts_of_keys(count)}; {where}.\n"


def _incident(incident: Incident) -> str:
    places = "\n".join(shown(_place(location)) for location in incident.locations)
    return f"{places}\n{indent(chr(10).join(describe(incident.key)), '    ')}"


def _place(location: Location) -> str:
    """Return where a key is, and in which commit, if it is in one."""
    where = place(location)
    return f"{where} ({circumstances(location)})" if location.commit else where


def _steps(
    incidents: Sequence[Incident], now: datetime, occasion: Occasion, allow_list: str
) -> Iterator[str]:
    first, *more = occasion.remedy
    yield f"  1. {first}"
    yield from (f"     {line}" for line in more)
    yield "  2. If it was ever pushed or shared, it is leaked: make it dead first."
    for incident in incidents:
        yield from _death(incident, now)
    yield from _ways_out(incidents, allow_list, on_server=occasion.on_server)


def _ways_out(incidents: Sequence[Incident], allow_list: str, *, on_server: bool) -> Iterator[str]:
    start = "  3. If this is no real key, "
    for first, *more in ways_out(incidents, allow_list, on_server=on_server):
        yield start + shown(first)
        yield from (f"       {shown(line)}" for line in more)
        start = "     or "


def _death(incident: Incident, now: datetime) -> Iterator[str]:
    key, name = incident.key, f"     {incident.fingerprint[:12]}:"
    if isinstance(key, LongTermKey):
        yield f"{name} find the credential with alias {shown(key.alias)}, and switch it off:"
        yield from (f"       {command}" for command in to_disable(key, None))
    elif isinstance(key, ShortTermKey) and key.expires_at <= now and not key.is_ambiguous:
        yield f"{name} it expired at {moment(key.expires_at)}."
    elif isinstance(key, ShortTermKey):
        known = (
            " at a time that only Bedrock knows"
            if key.is_ambiguous
            else f" at {moment(key.expires_at)}"
        )
        yield f"{name} it expires{known}. Until then, deny"
        yield f"       {' and '.join(key.family.deny_actions)}"
        yield f"       to the identity that access key {key.access_key_id} belongs to."


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
