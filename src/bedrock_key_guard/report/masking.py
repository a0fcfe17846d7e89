"""Mask whose a key is, in a text that others may read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, MalformedKey
from bedrock_key_guard.report.details import credential_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.findings import Case

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
