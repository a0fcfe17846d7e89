"""Arrange each evidence of the table of verdicts in a sandbox: what was leaked, and what it is.

A `Row` makes one key. Those of one `World` are judged in one run, and what the world is like, such
as a second plane that keeps silent, begins when all its keys are made.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from botocore.credentials import Credentials

from sandbox.front import seeding, signers
from sandbox.front.internet import Internet
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import AccessKey, LongTermKey
from tests import keysmith
from tests.jobs import ACCOUNT, STRANGER

BEARER = ("bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken")


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold where keys are made: an account of a sandbox, and the way to it."""

    sandbox: Sandbox
    internet: Internet
    account: str = ACCOUNT
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def iam(self) -> Any:
        return self.sandbox.client("iam", self.account)

    def name(self) -> str:
        """Return a name that nobody has yet."""
        return f"BedrockAPIKey-w{next(self._numbers)}"


Make = Callable[[Stage], str]
Change = Callable[[Stage, LongTermKey], None]


@dataclass(frozen=True, slots=True)
class Row:
    """Say what a key is, and what the verdict on it has to be, with words of its reason."""

    rule: str
    what: str
    make: Make
    state: str
    words: str
    second: str = "asked"


@dataclass(frozen=True, slots=True)
class World:
    """Hold the rows that are judged in one run, and what is the matter then."""

    what: str
    rows: tuple[Row, ...]
    begin: Callable[[Stage], object] = lambda _: None
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    partition: str = "aws"
    hosts: frozenset[str] = frozenset()
    note: str = ""

    def __str__(self) -> str:
        return self.what


# ── long-term keys ──────────────────────────────────────────────────────────────────────────────


def long_term(*changes: Change, days_old: int = 2) -> Make:
    """Make a key of a user of its own, then change something about it."""

    def make(stage: Stage) -> str:
        key = stage.sandbox.make_long_term_key(stage.account, stage.name(), days_old=days_old)
        for change in changes:
            change(stage, key)
        return key.key

    return make


def inactive(stage: Stage, key: LongTermKey) -> None:
    stage.iam.update_service_specific_credential(
        UserName=key.user_name, ServiceSpecificCredentialId=key.credential_id, Status="Inactive"
    )


def expired(stage: Stage, key: LongTermKey) -> None:
    stage.sandbox.expire(stage.account, key.credential_id)


def deleted(stage: Stage, key: LongTermKey) -> None:
    stage.iam.delete_service_specific_credential(
        UserName=key.user_name, ServiceSpecificCredentialId=key.credential_id
    )


def reset(stage: Stage, key: LongTermKey) -> None:
    stage.iam.reset_service_specific_credential(
        UserName=key.user_name, ServiceSpecificCredentialId=key.credential_id
    )


def used(stage: Stage, key: LongTermKey) -> None:
    assert stage.sandbox.accepts(key.key)


def forged(*, days_old: int = 2) -> Make:
    """Make a key that has an Active credential's alias, and a secret that is not its own."""

    def make(stage: Stage) -> str:
        key = stage.sandbox.make_long_term_key(stage.account, stage.name(), days_old=days_old)
        return keysmith.long_term(key.user_name, stage.account)

    return make


def denied(*actions: str, condition: dict[str, Any] | None = None, by: str = "user") -> Change:
    """Deny its user something, by a policy of its own or of a group."""
    document = json.dumps(policy("Deny", *actions, condition=condition))

    def change(stage: Stage, key: LongTermKey) -> None:
        if by == "group":
            stage.iam.create_group(GroupName=f"{key.user_name}s")
            stage.iam.add_user_to_group(GroupName=f"{key.user_name}s", UserName=key.user_name)
            stage.iam.put_group_policy(
                GroupName=f"{key.user_name}s", PolicyName="no", PolicyDocument=document
            )
        else:
            stage.iam.put_user_policy(
                UserName=key.user_name, PolicyName="no", PolicyDocument=document
            )

    return change


def bounded(*actions: str) -> Change:
    """Let its user do no more than some actions, by a permissions boundary."""

    def change(stage: Stage, key: LongTermKey) -> None:
        name, document = f"{key.user_name}-bound", json.dumps(policy("Allow", *actions))
        made = stage.iam.create_policy(PolicyName=name, PolicyDocument=document)
        stage.iam.put_user_permissions_boundary(
            UserName=key.user_name, PermissionsBoundary=made["Policy"]["Arn"]
        )

    return change


def policy(effect: str, *actions: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": effect, "Action": [*actions], "Resource": "*"}
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


# ── short-term keys ─────────────────────────────────────────────────────────────────────────────


def by_role(
    *,
    hours_ago: float = 0.0,
    ended: bool = False,
    altered: bool = False,
    revoked: float | None = None,
    region: str | None = None,
) -> Make:
    """Make a key that a session of a role of its own signed.

    `revoked` is how many hours from now the console's revocation of the role's sessions names.
    """

    def make(stage: Stage) -> str:
        session = session_of(stage, role := stage.name())
        issued_at = now() - timedelta(hours=hours_ago) if hours_ago else None
        key = signers.short_term_key(stage.sandbox, session, region=region, issued_at=issued_at).key
        if ended:
            signers.age(stage.sandbox, session, hours=2)
        if revoked is not None:
            document = json.dumps(console_revocation(now() + timedelta(hours=revoked)))
            stage.iam.put_role_policy(
                RoleName=role, PolicyName="AWSRevokeOlderSessions", PolicyDocument=document
            )
        return with_another_signature(key) if altered else key

    return make


def by_user(status: str = "Active", *, altered: bool = False) -> Make:
    """Make a key that a user's own access key signed; a `status` of `gone` is a deleted one."""

    def make(stage: Stage) -> str:
        signer = signers.user(stage.sandbox, stage.account, user := stage.name())
        key = signers.short_term_key(stage.sandbox, signer).key
        named = {"UserName": user, "AccessKeyId": signer.access_key_id}
        if status == "gone":
            stage.iam.delete_access_key(**named)
        else:
            stage.iam.update_access_key(**named, Status=status)
        return with_another_signature(key) if altered else key

    return make


def within_a_session_policy(stage: Stage) -> str:
    """Make a key of a session that may do less than its role."""
    arn = stage.sandbox.make_role(stage.account, stage.name())
    made = stage.sandbox.client("sts", stage.account).assume_role(
        RoleArn=arn, RoleSessionName="run", Policy=json.dumps(policy("Allow", "s3:*"))
    )
    return signers.short_term_key(stage.sandbox, seeding.session_key(made)).key


def of_region(region: str) -> Make:
    """Make a key that names a region."""
    return lambda stage: (
        signers.short_term_key(stage.sandbox, session_of(stage, stage.name()), region=region).key
    )


def session_of(stage: Stage, role: str) -> AccessKey:
    return stage.sandbox.credentials(stage.account, role=role)


def console_revocation(before: datetime) -> dict[str, Any]:
    """Write the policy that the console's "Revoke sessions" puts on a role (IAM user guide)."""
    issued = {"DateLessThan": {"aws:TokenIssueTime": f"{before:%Y-%m-%dT%H:%M:%S.000Z}"}}
    return policy("Deny", "*", condition=issued)


def with_another_signature(key: str) -> str:
    """Alter the signature of a short-term key, and leave all else as it is."""
    start = keysmith.BEDROCK_SHORT_TERM
    url = base64.b64decode(key[len(start) :]).decode()
    head, found, tail = url.partition("X-Amz-Signature=")
    other = head + found + ("0" if tail[0] != "0" else "1") + tail[1:]
    return start + base64.b64encode(other.encode()).decode()


def of_a_stranger(_stage: Stage) -> str:
    return keysmith.long_term(account=STRANGER)


def of_an_id_that_holds_no_account(_stage: Stage) -> str:
    """Make a key of an access key id of the old generation, which AWS has not given to anyone."""
    return keysmith.short_term(credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40))


def of_nobody(stage: Stage) -> str:
    return keysmith.long_term(stage.name(), stage.account)


def now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)
