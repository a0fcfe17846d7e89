"""Say offline what a key is, where it is, what was done about it, and how to undo that.

The values in rows are untrusted text: each output makes them harmless in its own way. Whose a key
is can be masked in a text that others may read.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.iam.commands import to_activate
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey, short
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.document import Item, Items
from bedrock_key_guard.report.report import places_not_named, plural
from bedrock_key_guard.text.harmless import printable
from bedrock_key_guard.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.actions import ActionName, Outcome
    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.origins import Location, Source
    from bedrock_key_guard.report.document import Row
    from bedrock_key_guard.report.report import Report

_SHORT_ID = 12
_DONE: dict[ActionName, str] = {
    "disable": "disabled",
    "reset": "reset",
    "delete": "deleted",
    "strip-policies": "stripped of its policies",
    "quarantine": "quarantined",
    "revoke-sessions": "sessions revoked",
}
_SOURCES: dict[Source, str] = {
    "working-tree": "",
    "index": "staged",
    "blob": "",
    "commit-message": "commit message",
    "tag-message": "tag message",
    "note": "note",
    "unreachable": "no branch or tag reaches it",
    "name": "the name itself",
    "stdin": "standard input",
    "event": "text of the event",
}


def describe(key: Key) -> tuple[str, ...]:
    """Return the lines that say offline what a key is, its fingerprint last; never the key."""
    return (*map(printable, _described(key)), f"fingerprint {short(key.fingerprint)}")


def response(case: Case) -> tuple[Row, ...]:
    """Return the rows that say what the run did, and how long it took."""
    outcome = case.outcome
    if outcome is None:
        return ()
    rows = [("response", _what_was_done(case, outcome))]
    if outcome.seconds_to_dead is not None and outcome.confirmed_at is not None:
        seconds = f"{outcome.seconds_to_dead:.1f} s after the first probe"
        rows.append(("dead", f"{seconds}, confirmed at {moment(outcome.confirmed_at)}"))
    return tuple(rows)


def undoing(case: Case) -> Iterator[Items]:
    """Yield how to take the change back: with the guard, and by what IAM said in this run."""
    credential, outcome = credential_of(case), case.outcome
    if outcome is None or not outcome.undo:
        return
    ways = [Item("On any machine, after a look at what has changed since:", code=(outcome.undo,))]
    if credential is not None and outcome.action == "disable":
        plain = to_activate(credential.user_name, credential.credential_id)
        ways.append(Item("Or by hand, which checks nothing first:", code=(plain,)))
    yield Items("How to undo it", tuple(ways))


def place(location: Location) -> str:
    """Return where a key is as people and editors write it: path, line and column."""
    name = location.path
    if not name or name.endswith("/"):
        name += f"object {(location.object or '')[:_SHORT_ID]}"
    where = f"{name}:{location.line}:{location.column}"
    return f"{location.repository}: {where}" if location.repository else where


def path_in_tree(location: Location, top: str = "") -> str:
    """Return the path of a file in the repository, as in a URI; "" where there may be none.

    The work tree is at `top`, if that is known. No link leads to what must not be named.
    """
    path = PurePath(_from_top(location, top))
    unfit = path.anchor or ".." in path.parts or redact(location.path) != location.path
    if not location.path or location.source in ("stdin", "event") or unfit:
        return ""
    return quote(path.as_posix().encode("utf-8", "surrogateescape"))


def _from_top(location: Location, top: str) -> str | PurePath:
    """Return the path of a file in its repository, one outside of it as it is on this machine."""
    if not top or location.source != "working-tree":
        return location.path
    absolute = PurePath(os.path.abspath(location.path))  # noqa: PTH100  # reads nothing
    return absolute.relative_to(top) if absolute.is_relative_to(top) else absolute


def circumstances(location: Location) -> str:
    """Return what is around a key: where the bytes came from, and what had to be undone."""
    since = known_since(location.commit or "", gone=location.at_tip is False)
    return ", ".join(filter(None, (since, surroundings(location))))


def known_since(commit: str, *, gone: bool) -> str:
    """Return which commit brought a key, and whether it is gone from the tips of branches."""
    since = f"since commit {commit[:_SHORT_ID]}" if commit else ""
    return ", ".join(filter(None, (since, "no longer at the tip of a branch" if gone else "")))


def surroundings(location: Location) -> str:
    """Return what a key was read from, if it is no file, and what had to be opened and undone."""
    words = (_SOURCES[location.source], *location.containers, *location.encodings)
    return ", ".join(filter(None, words))


def withheld(case: Case) -> str:
    """Return why the places of a key are not named, and how its owners find them."""
    return places_not_named(case, plural(len(case.incident.locations), "place"))


def unscanned(report: Report) -> str:
    """Return how many things of which kinds were not scanned, for strangers."""
    kinds = Counter(missed.label for missed in report.scan.not_scanned)
    counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return places_not_named(report, f"{plural(kinds.total(), 'thing')} ({counted})")


def credential_of(case: Case) -> CredentialRecord | None:
    """Return the credential that IAM named, if it was asked."""
    return case.verdict.evidence.credential if case.verdict else None


def user_of(case: Case) -> str | None:
    """Return the name of the key's user, from IAM or else from the alias."""
    key, credential = case.incident.key, credential_of(case)
    if credential is not None:
        return credential.user_name
    return key.user_name_candidates[0] if isinstance(key, LongTermKey) else None


AMBIGUOUS = "unknown: a parameter is there twice"


def _described(key: Key) -> tuple[str, ...]:
    match key:
        case LongTermKey():
            users = " or ".join(key.user_name_candidates)
            return (
                f"{key.family.title} of account {key.account_id}",
                f"user {users}, alias {key.alias}",
            )
        case ShortTermKey():
            account = f" of account {key.account_id}" if key.account_id else ""
            return (
                f"{key.family.title}{account}",
                f"signed by access key {key.access_key_id} for {key.region}",
                f"issued {moment(key.issued_at)}, expires {moment(key.expires_at)}"
                if not key.is_ambiguous
                else f"its expiry is {AMBIGUOUS}",
            )
        case MalformedKey():
            return (
                f"{key.family.title}, truncated or altered, or an example of one",
                f"it names {key.clue}",
            )


def _what_was_done(case: Case, outcome: Outcome) -> str:
    if case.verdict is not None and outcome.reason == case.verdict.reason:
        return "nothing was changed"
    match outcome.state:
        case "done":
            return f"{_DONE.get(outcome.action, outcome.action)}: {outcome.reason}"
        case "dry-run":
            return f"nothing was changed, this is a dry run: {outcome.reason}"
        case "not-needed" | "refused":
            return f"nothing was changed: {outcome.reason}"
        case "failed":
            return f"failed to {outcome.action}: {outcome.reason}"


MASK = "***"
# Ids of access keys and credentials hold the account, as base32 (docs/keys.md).
_IDS = r"\b(?:ASIA|AKIA|ACCA|AIDA|AROA)[A-Z2-7]{16,17}\b|(?<=:)[0-9]{12}(?=:)"


def masked(text: str, case: Case) -> str:
    """Return a text about a case without account ids, users and aliases.

    A name within a longer word is another one: user `app` is none of `application`.
    """
    names = sorted(set(filter(None, _identities(case))), key=len, reverse=True)
    whole = (rf"(?<![\w+,.@-]){re.escape(name)}(?![\w+=@-]|[,.]\w)" for name in names)
    return re.sub("|".join((*whole, _IDS)), MASK, text)


def _identities(case: Case) -> Iterator[str | None]:
    key, credential = case.incident.key, credential_of(case)
    if isinstance(key, MalformedKey):
        yield key.clue
    else:
        yield key.account_id
    if isinstance(key, LongTermKey):
        yield from (key.alias, *key.user_name_candidates)
    if credential is not None:
        yield from (credential.user_name, credential.alias)
    if case.verdict is not None:
        evidence = case.verdict.evidence
        yield from (evidence.allowed.account_id, evidence.iam.user_name if evidence.iam else None)
        signer = evidence.trail.principal if evidence.trail else None
        for arn in (case.verdict.principal, signer):
            yield from (arn or "").split("/")[1:]
