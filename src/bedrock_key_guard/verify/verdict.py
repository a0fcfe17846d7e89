"""Decide from evidence whether a key is live.

`verdict_from` is total: the first rule that applies decides. A check that
failed is never a verdict, and what a key says of itself is never proof.
"""

from __future__ import annotations

from collections.abc import Callable

from bedrock_key_guard.aws.regions import PARTITION_OF_REGION
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.keys.families import probed
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.evidence import (
    BedrockAnswer,
    Evidence,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.verify.answers import (
    accepting,
    denies_key,
    in_words,
    is_closed,
    is_of_place,
    is_refused_everywhere,
    not_reached,
    planes_of,
    said,
    says,
    second_plane,
)

_WHY_REFUSED = "it was forged, altered, or reset since"

Ruling = tuple[VerdictState, str]
Rule = Callable[[Evidence], "Ruling | None"]


def verdict_from(evidence: Evidence) -> Verdict:
    """Return the verdict of the first rule that applies, or `unverified` with what was tried."""
    rulings = filter(None, (rule(evidence) for rule in RULES))
    state, reason = next(rulings, None) or ("unverified", _tried(evidence))
    return Verdict(state, reason, evidence, principal_of(evidence), second_plane(evidence))


def principal_of(evidence: Evidence) -> str | None:
    """Return the ARN that Bedrock itself named, if it named one that the key can be of."""
    named = (answer for answer in evidence.bedrock if answer.principal)
    return next((answer.principal for answer in named if _is_of_key(answer, evidence)), None)


def _expired(evidence: Evidence) -> Ruling | None:
    clock = evidence.clock
    if clock.expired and clock.expires_at is not None:
        return "dead", f"expired at {clock.expires_at:%Y-%m-%d %H:%M} UTC"
    return None


def _accounts_unknown(evidence: Evidence) -> Ruling | None:
    if evidence.allowed.accounts is None:
        return "unverified", f"{evidence.allowed.detail}, so no key may be tried"
    return None


def _other_account(evidence: Evidence) -> Ruling | None:
    allowed = evidence.allowed
    if allowed.lookup == "failed":
        return "unverified", f"the key's account is unknown: {allowed.detail}"
    if allowed.account_id is None:
        return "foreign", "AWS knows no account for its access key"
    if not allowed.permits(allowed.account_id):
        return "foreign", f"account {allowed.account_id} is not on the allow-list"
    return None


def _no_probe(evidence: Evidence) -> Ruling | None:
    family = evidence.key.family
    if probed(family):
        return None
    if not family.service:
        return "unverified", f"no service is known whose keys begin with {family.prefix}"
    return "unverified", f"the guard cannot ask {family.service_name} yet"


def _accepted(evidence: Evidence) -> Ruling | None:
    planes = accepting(evidence)
    if not planes:
        return None
    reason, doubt = f"{' and '.join(planes)} accepted it", disagreement(evidence)
    if doubt:
        return "live", "; ".join((f"{reason}, although {doubt}", *evidence.notes))
    return "live", "; ".join(filter(None, (reason, _silence_of_iam(evidence))))


def _silence_of_iam(evidence: Evidence) -> str | None:
    """Return why IAM could not say whose the key is; it never knows the keys of sessions.

    It settles nothing, but people who lack a permission have to read of it.
    """
    key, iam = evidence.key, evidence.iam
    of_session = isinstance(key, ShortTermKey) and key.has_session_token
    return iam.detail if iam is not None and iam.state == "unknown" and not of_session else None


def disagreement(evidence: Evidence) -> str | None:
    """Return what IAM says against a key that Bedrock accepts."""
    iam = evidence.iam
    if iam is None or not accepting(evidence):
        return None
    if iam.state in ("absent", "inactive"):
        return f"IAM calls its credential {iam.state}"
    if iam.credential is not None and iam.credential.status != "Active":
        return f"IAM calls its credential {iam.credential.status}"
    return None


def _principals_disagree(evidence: Evidence) -> Ruling | None:
    for answer in evidence.bedrock:
        if answer.state == "denied" and not _is_of_key(answer, evidence):
            return "unverified", f"principals disagree: Bedrock named {answer.principal}"
    return None


def _is_of_key(answer: BedrockAnswer, evidence: Evidence) -> bool:
    """Return whether the named principal is of the key's account and, by IAM, the alias's owner."""
    principal, iam = read_principal(answer.principal), evidence.iam
    if principal is None or principal.account_id != evidence.allowed.account_id:
        return False
    if principal.partition != PARTITION_OF_REGION.get(answer.region):
        return False
    if not isinstance(evidence.key, LongTermKey) or iam is None or iam.state == "unknown":
        return True
    return (principal.kind, principal.name) == ("user", iam.user_name)


def _contained(evidence: Evidence) -> Ruling | None:
    first, policies = planes_of(evidence)[0], evidence.policies
    if first is None or policies is None or policies.state != "found" or not is_closed(evidence):
        return None
    by = f"{policies.holder} is denied them by {' and '.join(policies.policies)}"
    return "contained", f"{first.principal} may not use API keys on either plane: {by}"


def _denied_otherwise(evidence: Evidence) -> Ruling | None:
    """Call every other denied key live: who asks from elsewhere, or otherwise, may be served."""
    denied = [answer for answer in evidence.bedrock if answer.state == "denied"]
    if not denied:
        return None
    telling = next((answer for answer in denied if not denies_key(answer)), denied[0])
    others = (said(answer) for answer in evidence.bedrock if answer.state != "denied")
    reasons = (in_words(telling), _silence_of_policies(evidence), *others)
    return "live", f"denied from here: {'; '.join(filter(None, reasons))}"


def _silence_of_policies(evidence: Evidence) -> str | None:
    """Return why a denial by the key's own principal is no containment, None for another one."""
    policies = evidence.policies
    if policies is None or policies.state == "found":
        return None
    if policies.state == "absent":
        return f"IAM shows no policy of {policies.holder} itself that denies it everywhere"
    return f"what denies {policies.holder} could not be read: {policies.detail}"


def _refused_long_term(evidence: Evidence) -> Ruling | None:
    iam = evidence.iam
    if not isinstance(evidence.key, LongTermKey) or iam is None:
        return None
    if not is_of_place(iam, evidence) or not says("refused", evidence):
        return None
    if iam.state == "absent":
        return _dead("IAM lists no credential with its alias", evidence)
    status = iam.credential.status if iam.credential else None
    if status in ("Inactive", "Expired"):
        return _dead(f"IAM calls its credential {status}", evidence)
    if status == "Active" and is_refused_everywhere(evidence):
        why = f"although its credential is Active: {_WHY_REFUSED}"
        return "rejected", "; ".join((f"Bedrock refused it, {why}", *not_reached(evidence)))
    return None


def _expired_session(evidence: Evidence) -> Ruling | None:
    """Call a short-term key dead when Bedrock calls it expired: its session ends before its date.

    No key is made valid again by time, so it matters little whether the signature was checked.
    """
    if not _is_short_term_at_home(evidence) or not says("expired", evidence):
        return None
    return _dead("Bedrock says that it has expired: the session behind it has ended", evidence)


def _refused_short_term(evidence: Evidence) -> Ruling | None:
    key, iam = evidence.key, evidence.iam
    if not _is_short_term_at_home(evidence) or not says("refused", evidence):
        return None
    known = iam is not None and is_of_place(iam, evidence)
    if known and iam is not None and iam.state in _WORDS:
        return _dead(f"the access key that signed it is {_WORDS[iam.state]}", evidence)
    of_session = isinstance(key, ShortTermKey) and key.has_session_token
    may_sign = known and iam is not None and iam.state == "found"
    if (of_session or may_sign) and second_plane(evidence) != "unasked":
        return "rejected", "Bedrock refused it in its own region: it was forged or altered"
    return None


_WORDS = {"inactive": "Inactive", "absent": "gone"}


def _is_short_term_at_home(evidence: Evidence) -> bool:
    key = evidence.key
    regions = {answer.region for answer in evidence.bedrock}
    return isinstance(key, ShortTermKey) and regions == {key.region}


def _dead(reason: str, evidence: Evidence) -> Ruling:
    """Return that a key is dead, and what kept the second plane from saying so too."""
    second = planes_of(evidence)[1]
    if second is None or second_plane(evidence) != "unasked":
        return "dead", reason
    return "dead", f"{reason}; {second.plane} has not confirmed it: {said(second)}"


def _tried(evidence: Evidence) -> str:
    """Say what was asked and what came of it."""
    answers = [said(answer) for answer in evidence.bedrock]
    if evidence.iam is not None:
        answers.append(f"IAM: {evidence.iam.detail or evidence.iam.state}")
    return "; ".join((*answers, *evidence.notes)) or "nothing could be asked"


RULES: tuple[Rule, ...] = (
    _expired,
    _accounts_unknown,
    _other_account,
    _no_probe,
    _accepted,
    _principals_disagree,
    _contained,
    _denied_otherwise,
    _refused_long_term,
    _expired_session,
    _refused_short_term,
)
