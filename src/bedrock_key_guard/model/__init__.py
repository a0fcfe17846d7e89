"""Define the values that flow from bytes to issue.

bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
          ─plan→ Action ─respond→ Outcome ─report→ people
"""

from __future__ import annotations

from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey, WholeKey
from bedrock_key_guard.model.actions import CHANGES, KILLS, Action, ActionName
from bedrock_key_guard.model.case import Case
from bedrock_key_guard.model.evidence import (
    Account,
    AllowedAccounts,
    BedrockAnswer,
    BedrockState,
    Clock,
    CredentialRecord,
    Evidence,
    Holder,
    HolderKind,
    IamAnswer,
    IamState,
    Plane,
    PolicyAnswer,
    Principal,
    TrailAnswer,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.model.findings import (
    Confidence,
    Finding,
    Incident,
    NotScanned,
    Scan,
    Scanned,
    by_time,
    incidents_of,
    joined,
)
from bedrock_key_guard.model.origins import (
    Blob,
    Index,
    Location,
    Member,
    Message,
    Origin,
    Root,
    Source,
    Span,
    Stdin,
    WorkTree,
    with_root,
)
from bedrock_key_guard.model.response import Outcome, OutcomeState

__all__ = [
    "CHANGES",
    "KILLS",
    "Account",
    "Action",
    "ActionName",
    "AllowedAccounts",
    "BedrockAnswer",
    "BedrockState",
    "Blob",
    "Case",
    "Clock",
    "Confidence",
    "CredentialRecord",
    "Evidence",
    "Finding",
    "Holder",
    "HolderKind",
    "IamAnswer",
    "IamState",
    "Incident",
    "Index",
    "Key",
    "Location",
    "LongTermKey",
    "MalformedKey",
    "Member",
    "Message",
    "NotScanned",
    "Origin",
    "Outcome",
    "OutcomeState",
    "Plane",
    "PolicyAnswer",
    "Principal",
    "Root",
    "Scan",
    "Scanned",
    "ShortTermKey",
    "Source",
    "Span",
    "Stdin",
    "TrailAnswer",
    "Verdict",
    "VerdictState",
    "WholeKey",
    "WorkTree",
    "by_time",
    "incidents_of",
    "joined",
    "with_root",
]
