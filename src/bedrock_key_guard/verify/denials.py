"""Judge what a denial by Bedrock says of a key: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import BedrockAnswer

# IAM user guide, "Troubleshoot access denied error messages".
OWN_POLICY = "identity-based policy"


def denies_key(answer: BedrockAnswer) -> bool:
    """Return whether a policy of the principal's own may have denied it the use of any key.

    Others (of the organisation, the session, a boundary, a VPC endpoint) say something of where or
    how it was asked. A denial of everything may be told as one of the operation, then explicitly.
    """
    is_own = answer.state == "denied" and answer.denied_by in (None, OWN_POLICY)
    return is_own and (denies_bearer(answer) or answer.explicit)


def denies_bearer(answer: BedrockAnswer) -> bool:
    """Return whether a plane knew the key, and denied its principal the use of any key."""
    return answer.denied_action == f"{answer.plane}:CallWithBearerToken"


def in_words(answer: BedrockAnswer) -> str:
    """Say whom a plane knew, what it denied, and by which kind of policy."""
    said = f"{answer.plane} knew it as {answer.principal} and denied {answer.denied_action}"
    if answer.denied_by is None:
        return said
    if answer.explicit:
        return f"{said} by an explicit deny in its {answer.denied_by}"
    return f"{said}, for no {answer.denied_by} allows it"
