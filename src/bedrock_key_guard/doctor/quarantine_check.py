"""Check that the policy which a quarantine attaches is there, and denies what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.permissions import DENIALS
from bedrock_key_guard.aws.session import error_code, refusal
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.iam.commands import to_make_policy, to_mend_policy
from bedrock_key_guard.iam.policy_documents import shortfall
from bedrock_key_guard.keys.families import BEDROCK_SHORT_TERM
from bedrock_key_guard.respond.identities import Identities

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.doctor.checks import State


def check_quarantine(session: Session, policy: str) -> Check:
    """Return whether the managed policy with this ARN is a quarantine."""
    name, family = policy.rpartition("/")[2], BEDROCK_SHORT_TERM
    try:
        document = Identities(session).managed_document(policy)
    except Exception as error:  # noqa: BLE001  # whatever failed, nobody has read it
        state: State = "lacks" if error_code(error) in DENIALS else "unknown"
        return Check("quarantine", name, state, f"{policy} could not be read ({refusal(error)})")
    if document is None:
        said = f"there is no policy {policy}, so no signer can be quarantined"
        return Check("quarantine", name, "wrong", said, to_make_policy(policy, family))
    short = shortfall(document, family.deny_actions)
    if short is not None:
        said = f"{policy} is no quarantine: {short}"
        return Check("quarantine", name, "wrong", said, to_mend_policy(policy, family))
    return Check(
        "quarantine", name, "works", f"{policy} denies {' and '.join(family.deny_actions)}"
    )
