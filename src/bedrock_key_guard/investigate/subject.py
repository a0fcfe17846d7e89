"""Decide whom CloudTrail is asked about, and which of that one's calls are the key's.

CloudTrail knows a long-term key by its user only, and a short-term key by the access key that
signed it only where an event holds that (CloudTrail user guide, "userIdentity element").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.principal import read_principal

if TYPE_CHECKING:
    from bedrock_key_guard.investigate.calls import Call
    from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
    from bedrock_key_guard.model.evidence import Evidence, Principal


@dataclass(frozen=True, slots=True)
class UserKey:
    """Stand for a long-term key: `names` are all that its user may be called."""

    names: tuple[str, ...]
    credential_id: str | None = None
    renamed: bool = False

    def made(self, call: Call) -> bool:
        """Tell whether a call of the user may be the key's; a short-term key's is not."""
        return call.kind != "short-term"


@dataclass(frozen=True, slots=True)
class SignedKey:
    """Stand for a short-term key; `arn` is its signer's, None where events hold the access key."""

    access_key_id: str
    arn: str | None = None

    def made(self, call: Call) -> bool:
        """Tell whether a call may be the key's: no other access key's, no other principal's."""
        if call.kind == "long-term":
            return False
        if call.access_key_id:
            return call.access_key_id == self.access_key_id
        return self.arn is not None and call.principal == self.arn


def user_key(key: LongTermKey, evidence: Evidence) -> UserKey:
    """Return whom to ask about for a long-term key: by IAM's word, else by the key's own."""
    credential = evidence.iam.credential if evidence.iam else None
    if credential is None:
        return UserKey(key.user_name_candidates)
    renamed = credential.user_name not in key.user_name_candidates
    return UserKey((credential.user_name,), credential.credential_id, renamed)


def trail_name(principal: Principal) -> str:
    """Return the user name by which CloudTrail lists a principal: a session's is the session's."""
    return principal.session or principal.name


def signed_by(key: ShortTermKey, arn: str) -> tuple[SignedKey, str] | None:
    """Return the key as its signer's, and the name to ask about; None for an ARN of nobody."""
    principal = read_principal(arn)
    if principal is None:
        return None
    return SignedKey(key.access_key_id, arn), trail_name(principal)
