"""Let every kind of principal leak a key, beside keys and sessions that must work on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.front import seeding, signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import AccessKey
from tests.jobs import ACCOUNT

CONSOLE = "BedrockAPIKey-ex4m"
QUARANTINE = "BedrockKeyGuardQuarantine"


@dataclass(frozen=True, slots=True)
class Leak:
    """Hold a leaked key, and by name the keys and sessions of others that must work on."""

    key: str
    others: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[str, AccessKey] = field(default_factory=dict)


Making = Callable[[Sandbox], Leak]


def iam_of(sandbox: Sandbox) -> Any:
    return sandbox.client("iam", ACCOUNT)


def role_session(sandbox: Sandbox, role: str, session: str) -> AccessKey:
    arn = sandbox.make_role(ACCOUNT, role)
    sts = sandbox.client("sts", ACCOUNT)
    return seeding.session_key(sts.assume_role(RoleArn=arn, RoleSessionName=session))


def signed(sandbox: Sandbox, session: AccessKey) -> str:
    return signers.short_term_key(sandbox, session).key


def long_term(user: str, *, beside: bool = True, denied: bool = False) -> Making:
    def make(sandbox: Sandbox) -> Leak:
        leaked = sandbox.make_long_term_key(ACCOUNT, user)
        other_user = sandbox.make_long_term_key(ACCOUNT, "BedrockAPIKey-0th3").key
        others = {"another user": other_user}
        if beside:
            others["the user's other key"] = sandbox.make_long_term_key(ACCOUNT, user).key
            others["signed by the user"] = signed(sandbox, signers.user(sandbox, ACCOUNT, user))
        if denied:
            document = json.dumps(seeding.DENY_BOTH_PLANES)
            iam_of(sandbox).put_user_policy(
                UserName=user, PolicyName="contained", PolicyDocument=document
            )
            others = {"another user": other_user}
        return Leak(leaked.key, others)

    return make


def by_role(sandbox: Sandbox) -> Leak:
    leaked, other = (role_session(sandbox, "ml-pipeline", name) for name in ("run-7", "run-8"))
    elsewhere = signed(sandbox, role_session(sandbox, "web", "run-7"))
    return Leak(
        signed(sandbox, leaked),
        {"another session": signed(sandbox, other), "another role": elsewhere},
        {"the session itself": leaked},
    )


def by_role_with_a_path(sandbox: Sandbox) -> Leak:
    made = by_role(sandbox)
    trust = iam_of(sandbox).get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"]
    iam_of(sandbox).create_role(
        RoleName="deep", Path="/teams/ml/", AssumeRolePolicyDocument=json.dumps(trust)
    )
    iam_of(sandbox).attach_role_policy(
        RoleName="deep", PolicyArn=f"arn:aws:iam::aws:policy/{seeding.LIMITED_ACCESS}"
    )
    arn = iam_of(sandbox).get_role(RoleName="deep")["Role"]["Arn"]
    sts = sandbox.client("sts", ACCOUNT)
    session = seeding.session_key(sts.assume_role(RoleArn=arn, RoleSessionName="run-7"))
    return replace(made, key=signed(sandbox, session), sessions={})


def by_user(sandbox: Sandbox) -> Leak:
    key = signers.user(sandbox, ACCOUNT, "dev+bot-at-home")
    sandbox.make_user(ACCOUNT, "dev")
    others = {"the user of a part of the name": signers.user(sandbox, ACCOUNT, "dev")}
    return Leak(
        signed(sandbox, key),
        {name: signed(sandbox, other) for name, other in others.items()},
        {"the access key itself": key},
    )


def by_user_session(sandbox: Sandbox) -> Leak:
    session = signers.user_session(sandbox, ACCOUNT, "sam")
    own = signers.user(sandbox, ACCOUNT, "sam")
    return Leak(
        signed(sandbox, session),
        {
            "signed by the user's access key": signed(sandbox, own),
            "the user's long-term key": sandbox.make_long_term_key(ACCOUNT, "sam").key,
        },
        {"the access key": own},
    )


def by_federated_user(sandbox: Sandbox) -> Leak:
    session = signers.federated_user(sandbox, ACCOUNT, "sam", "bob")
    own = signers.user(sandbox, ACCOUNT, "sam")
    return Leak(
        signed(sandbox, session),
        {"signed by the user's access key": signed(sandbox, own)},
        {"the access key": own},
    )


def who_may_not_list(making: Making, role: str) -> Making:
    """Take the right to list models away, so that Bedrock itself names the principal."""

    def make(sandbox: Sandbox) -> Leak:
        made = making(sandbox)
        denial = {"Effect": "Deny", "Action": ["bedrock:List*", "bedrock-mantle:List*"]}
        document = {"Version": "2012-10-17", "Statement": {**denial, "Resource": "*"}}
        iam_of(sandbox).put_role_policy(
            RoleName=role, PolicyName="no-lists", PolicyDocument=json.dumps(document)
        )
        others = {name: key for name, key in made.others.items() if name == "another role"}
        return replace(made, others=others)

    return make


def by_sso(sandbox: Sandbox) -> Leak:
    session = signers.sso_session(sandbox, ACCOUNT, "PowerUser", "sam@example.com")
    return Leak(signed(sandbox, session))


def by_service(sandbox: Sandbox) -> Leak:
    session = signers.service_linked_session(sandbox, ACCOUNT, "AWSServiceRoleForExample")
    return Leak(signed(sandbox, session))


def by_root(sandbox: Sandbox) -> Leak:
    return Leak(signed(sandbox, signers.root_session(sandbox, ACCOUNT)))


def make_quarantine(sandbox: Sandbox) -> str:
    """Make the policy that an administrator is to make beforehand, and give its ARN."""
    document = json.dumps(seeding.DENY_BOTH_PLANES)
    made = iam_of(sandbox).create_policy(PolicyName=QUARANTINE, PolicyDocument=document)
    return str(made["Policy"]["Arn"])
