"""Run the sandbox's AWS: IAM, STS, Organizations, CloudTrail, the stores and Bedrock on loopback.

    with Sandbox() as sandbox:  # with the accounts 111122223333 and 210987654321
        leaked = sandbox.make_long_term_key("111122223333", "BedrockAPIKey-ex4m")
        token = sandbox.make_short_term_key("111122223333", role="ml-pipeline")
        subprocess.run(guard, env=os.environ | sandbox.environment("111122223333"))
        assert sandbox.credential_status("111122223333", leaked.credential_id) == "Inactive"
        assert [call.action for call in sandbox.writes()] == [
            "iam:UpdateServiceSpecificCredential"
        ]

What a sandbox offers:

* `environment(account)`: the variables that point a guard at it, as that account's guard user, or
  with `role="name"` as a session of a role;
* `client("iam", account)`: a boto3 client of the account's administrator, whose calls are left out
  of `calls()` and `writes()`, the record of what the guard did; `user=` and `role=` make clients of
  others, and so does `client_with(access_key, "iam")`;
* `make_user`, `make_role`, `make_long_term_key`, `make_short_term_key`, `expire`,
  `credential_status`, `accepts`, `credentials`: what a test or the demo starts from and looks at;
  signers of every other kind (sessions of users, federated, reserved, root) are made by
  signers.py;
* `organize(...)`: an organisation of the accounts, with service and resource control policies;
* `trail`: what CloudTrail has recorded, how late it shows it, and events written from rows, see
  sandbox/cloudtrail;
* `aws_faults`: a `FaultPlan` for all AWS calls, `on="iam:UpdateServiceSpecificCredential"`;
* `bedrock.faults` (`on="bedrock:*"`, `on="bedrock-mantle:*"`), `bedrock.lag`, `bedrock.log`,
  `bedrock.region`, `bedrock.url`: the same for Bedrock, see sandbox/bedrock,
  and sandbox/base/faults.py for what can go wrong;
* `bedrock.delay(lag, on=, region=, node=)`, `bedrock.nodes`: the same for some of its hosts alone;
* `set_clock(ahead=...)`: the time of all servers, apart from this machine's;
* `bedrock.endpoint_policy`: what a VPC endpoint lets through to Bedrock, None where there is none;
* `enforced()`: within it the policies of the caller are checked at every AWS call, so that a policy
  put on the guard's user (`GUARD_USER`, policy `GUARD_POLICY`) can be shown to be enough;
* `reset()`: back to the seeded accounts, with new access keys, on the same ports; or to others.

While it runs, the `AWS_*` variables of the process itself are put aside, for children inherit them.

moto keeps its state in the process, so one sandbox lives in a process at a time; entering a second
one is an error. It starts in well under a second once moto is imported: a fixture of module scope
and `reset()` for each test is the cheapest way to use it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, final

import botocore.session
import requests
from moto.core.base_backend import BackendDict

from sandbox.base import accounts, clock, organization
from sandbox.base.accounts import home_region, partition_of, partition_of_region
from sandbox.base.organization import Organization
from sandbox.cloudtrail.trail import TRAIL
from sandbox.front import seeding, signers
from sandbox.front.clients import AwsClients
from sandbox.front.environment import variables
from sandbox.front.seeding import ADMIN_USER, BEDROCK, GUARD_POLICY, GUARD_USER
from sandbox.front.servers import running
from sandbox.iam.credentials_addon import store_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from botocore.credentials import Credentials

    from sandbox.front.seeding import AccessKey, LongTermKey, ShortTermKey

__all__ = ["ACCOUNTS", "ADMIN_USER", "GUARD_POLICY", "GUARD_USER", "Sandbox"]

ACCOUNTS = ("111122223333", "210987654321")
TWELVE_HOURS = 43_200


@final
class Sandbox(AwsClients):
    """Start AWS and Bedrock on free ports and seed the accounts; see the module for the use."""

    def __init__(
        self,
        accounts: Sequence[str] = ACCOUNTS,
        region: str = "us-east-1",
        partitions: Mapping[str, str] | None = None,
    ) -> None:
        """Take the accounts to seed, the region that Bedrock plays, and who is not in `aws`."""
        self._accounts = tuple(accounts)
        self._region = region
        self._partitions = dict(partitions or {})
        self._keys: dict[str, dict[str, AccessKey]] = {}
        self._clients: dict[tuple[AccessKey, str, str], tuple[Any, Credentials]] = {}
        self._idle: dict[tuple[str, str], list[tuple[Any, Credentials]]] = {}
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Sandbox:
        with contextlib.ExitStack() as exits:
            servers = exits.enter_context(running(self._region))
            self.state, self._aws, self.bedrock = servers.state, servers.aws, servers.bedrock
            self._session = botocore.session.get_session()
            self.reset()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.close()

    def reset(
        self,
        account_ids: Sequence[str] | None = None,
        partitions: Mapping[str, str] | None = None,
    ) -> None:
        """Forget everything but the ports: users, keys, events, faults, calls.

        The accounts are those that the sandbox began with, or others from now to the next reset.
        """
        placed = self._partitions if partitions is None else partitions
        with self.state:
            BackendDict.reset()
            accounts.place(placed)
            organization.found(None)
            TRAIL.clear()
            clock.set_ahead(timedelta())
            self._forget_clients()
            self._keys = {
                account: seeding.seed_account(account) for account in account_ids or self._accounts
            }
        self._aws.faults.clear()
        self._aws.log.clear()
        self.bedrock.clear()
        self.bedrock.region = self._region

    def environment(self, account_id: str, *, role: str | None = None) -> dict[str, str]:
        """Give what the guard needs in its environment, as the guard's user or as a role."""
        key = self.credentials(account_id, user=GUARD_USER, role=role)
        at_home = partition_of(account_id) == partition_of_region(self._region)
        region = self._region if at_home else home_region(account_id)
        return variables(key, region, self._aws, self.bedrock)

    def set_clock(self, *, ahead: timedelta) -> None:
        """Set the servers' time; beyond five minutes nobody of this machine can sign a call."""
        clock.set_ahead(ahead)

    def make_user(self, account_id: str, user_name: str, *, permissions: bool = True) -> None:
        """Make a user, by default with what the console gives to the owner of a Bedrock key."""
        seeding.ensure_user(self.client("iam", account_id), user_name, permissions=permissions)

    def organize(
        self,
        management: str,
        *,
        members: Mapping[str, str] | None = None,
        policies: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        resource_policies: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        delegated: Iterable[str] = (),
    ) -> None:
        """Make an organisation: all accounts, or `members` with their status (`ACTIVE`)."""
        others = {account: "ACTIVE" for account in self._keys if account != management}
        limits = [
            {account: tuple(documents) for account, documents in (given or {}).items()}
            for given in (policies, resource_policies)
        ]
        members = others if members is None else members
        with self.state:
            organization.found(
                Organization(management, members, limits[0], frozenset(delegated), limits[1])
            )

    def make_long_term_key(
        self,
        account_id: str,
        user_name: str,
        *,
        service: str = BEDROCK,
        age_days: int | None = None,
        days_old: int = 30,
    ) -> LongTermKey:
        """Make a key of a user, who is made if need be; a leaked key is seldom a new one."""
        iam = self.client("iam", account_id)
        seeding.ensure_user(iam, user_name, permissions=True)
        key = seeding.make_long_term_key(iam, account_id, user_name, service, age_days)
        with self.state:
            store_of(account_id).backdate(key.credential_id, days_old)
        return key

    def adopt_long_term_key(self, account_id: str, user_name: str, key: str) -> LongTermKey:
        """Make a credential of which `key`, written before, is the live key."""
        made = self.make_long_term_key(account_id, user_name)
        with self.state:
            store_of(account_id).adopt(made.credential_id, key)
        return replace(made, key=key)

    def make_short_term_key(
        self,
        account_id: str,
        *,
        user: str | None = None,
        role: str | None = None,
        region: str = "us-east-1",
        expires: int = TWELVE_HOURS,
        issued_at: datetime | None = None,
    ) -> ShortTermKey:
        """Make a key signed by a user's access key, or by a new session of a role."""
        if role is not None:
            signer = self.credentials(account_id, role=role)
        elif user is not None:
            signer = signers.user(self, account_id, user)
        else:
            message = "a short-term key is signed by a user or by a role"
            raise ValueError(message)
        return signers.short_term_key(
            self, signer, region=region, expires=expires, issued_at=issued_at
        )

    def accepts(self, key: str) -> bool:
        """Ask Bedrock itself for its models with a key, whatever this shell has set."""
        with requests.Session() as session:
            session.trust_env = False  # or a .netrc would replace the key
            answer = session.get(
                f"{self.bedrock.url}/foundation-models",
                headers={"Authorization": f"Bearer {key}"},
                verify=str(self.bedrock.ca_bundle),
                timeout=10,
            )
        return answer.ok

    def credential_status(self, account_id: str, credential_id: str) -> str | None:
        """Say `Active`, `Inactive` or `Expired`; None when there is no such credential."""
        with self.state:
            credential = store_of(account_id).find(credential_id)
        return None if credential is None else credential.status

    def expire(self, account_id: str, credential_id: str) -> None:
        """Let a credential's expiry be past."""
        with self.state:
            store_of(account_id).expire(credential_id)
