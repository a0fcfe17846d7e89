"""Say in rows of label and value what is known of a key and what was done about it.

The values are untrusted text: each renderer makes them harmless in its own way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.actions import ActionName
    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.evidence import CredentialRecord, Evidence, IamAnswer
    from bedrock_key_guard.model.origins import Location, Source
    from bedrock_key_guard.model.response import Outcome

Row = tuple[str, str]

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
}


def identity(case: Case) -> tuple[Row, ...]:
    """Return the rows that say whose key it is and until when it lives."""
    match case.incident.key:
        case LongTermKey() as key:
            return tuple(_long_term(key, _credential(case)))
        case ShortTermKey() as key:
            return tuple(_short_term(key, _evidence(case)))
        case MalformedKey() as key:
            return (("names", key.clue),)


def judgement(case: Case) -> tuple[Row, ...]:
    """Return the rows that say what the verdict was, and whom Bedrock named."""
    verdict, rows = case.verdict, []
    if verdict is not None:
        rows.append(("verdict", f"{verdict.state}: {verdict.reason}"))
        rows += [("principal", verdict.principal)] if verdict.principal else []
    if case.incident.allowed:
        rows.append(("allowed by", f"{case.incident.allowed}, and shown all the same"))
    return tuple(rows)


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


def undo(case: Case) -> tuple[str, ...]:
    """Return the commands that take the change back: one, or none where nothing can."""
    return (case.outcome.undo,) if case.outcome and case.outcome.undo else ()


def place(location: Location) -> str:
    """Return where a key stands as people and editors write it: path, line and column."""
    name = location.path
    if not name or name.endswith("/"):
        name += f"object {(location.object or '')[:_SHORT_ID]}"
    return f"{name}:{location.line}:{location.column}"


def circumstances(location: Location) -> str:
    """Return what stood around a key: where the bytes came from, and what had to be undone."""
    source = _SOURCES[location.source]
    since = f"since commit {location.commit[:_SHORT_ID]}" if location.commit else ""
    gone = "at no branch's tip" if location.at_tip is False else ""
    words = (source, since, gone, *location.containers, *location.encodings)
    return ", ".join(word for word in words if word)


def user_of(case: Case) -> str | None:
    """Return the name of the key's user as IAM or else the alias tells it."""
    key, credential = case.incident.key, _credential(case)
    if credential is not None:
        return credential.user_name
    return key.user_name_candidates[0] if isinstance(key, LongTermKey) else None


def _long_term(key: LongTermKey, credential: CredentialRecord | None) -> Iterator[Row]:
    yield "account", key.account_id
    if credential is None:
        yield "user", f"{' or '.join(key.user_name_candidates)}, as the key says"
        yield "alias", key.alias
        yield "expires", "unknown: the key does not say"
        return
    yield "user", credential.user_name
    yield "alias", key.alias
    yield "credential", f"{credential.credential_id}, {credential.status} when asked"
    yield "expires", moment(credential.expires_at) if credential.expires_at else "never by itself"


def _short_term(key: ShortTermKey, evidence: Evidence | None) -> Iterator[Row]:
    account = evidence.allowed.account_id if evidence else key.account_id
    yield "account", account or "unknown: the key does not say"
    if evidence and evidence.iam and evidence.iam.user_name:
        yield "user", evidence.iam.user_name
    yield "access key", key.access_key_id
    yield "region", key.region
    yield "issued", moment(key.issued_at)
    yield "expires", moment(key.expires_at)


def _what_was_done(case: Case, outcome: Outcome) -> str:
    if case.verdict is not None and outcome.reason == case.verdict.reason:
        return "nothing was changed"
    match outcome.state:
        case "done":
            return f"{_DONE.get(outcome.action, outcome.action)}: {outcome.reason}"
        case "dry-run":
            return f"nothing was changed, this is a dry run: {outcome.reason}"
        case "not-needed":
            return f"nothing was changed: {outcome.reason}"
        case "refused":
            return f"nothing was changed: {outcome.reason}"
        case "failed":
            return f"failed to {outcome.action}: {outcome.reason}"


def _evidence(case: Case) -> Evidence | None:
    return case.verdict.evidence if case.verdict else None


def _credential(case: Case) -> CredentialRecord | None:
    evidence = _evidence(case)
    answer: IamAnswer | None = evidence.iam if evidence else None
    return answer.credential if answer else None
