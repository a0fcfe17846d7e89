"""Run the sandbox's AWS: IAM, STS, CloudTrail, Secrets Manager, SSM and Bedrock on loopback.

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
  `credential_status`, `credentials`: what a test or the demo starts from and looks at;
* `aws_faults`: a `FaultPlan` for all AWS calls, `on="iam:UpdateServiceSpecificCredential"`;
* `bedrock.faults` (`on="bedrock:*"`, `on="bedrock-mantle:*"`), `bedrock.lag`, `bedrock.log`,
  `bedrock.region`, `bedrock.url`: the same for Bedrock, see sandbox/bedrock.py and faults.py;
* `enforced()`: within it moto checks signatures and policies of every AWS call, so that a policy
  put on the guard's user (`GUARD_USER`, policy `GUARD_POLICY`) can be shown to be enough;
* `reset()`: back to the seeded accounts, with new access keys, on the same ports.

While it runs, the `AWS_*` variables of the process itself are put aside, for children inherit them.
What moto itself gets wrong: `GetAccessKeyInfo` answers the caller's account for an access key that
no account here holds, and outside `enforced()` a role is assumed that does not exist.

moto keeps its state in the process, so one sandbox lives in a process at a time; entering a second
one is an error. It starts in well under a second once moto is imported: a fixture of module scope
and `reset()` for each test is the cheapest way to use it.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

import botocore.session
from botocore.config import Config
from moto.core.authorization import enable_iam_authentication
from moto.core.base_backend import BackendDict

from sandbox import seeding
from sandbox.aws_server import AwsServer
from sandbox.bedrock import BedrockServer
from sandbox.credentials_addon import store_of
from sandbox.environment import variables, without_aws_settings
from sandbox.seeding import ADMIN_USER, BEDROCK, GUARD_POLICY, GUARD_USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from types import TracebackType

    from sandbox.faults import FaultPlan
    from sandbox.seeding import AccessKey, LongTermKey, ShortTermKey
    from sandbox.wire import AwsCall

__all__ = ["ACCOUNTS", "ADMIN_USER", "GUARD_POLICY", "GUARD_USER", "Sandbox"]

ACCOUNTS = ("111122223333", "210987654321")
TWELVE_HOURS = 43_200


@final
class Sandbox:
    """Start AWS and Bedrock on free ports and seed the accounts; see the module for the use."""

    _running: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, accounts: Sequence[str] = ACCOUNTS, region: str = "us-east-1") -> None:
        """Take the accounts to seed, and the region that the Bedrock endpoint plays."""
        self._accounts = tuple(accounts)
        self._region = region
        self._keys: dict[str, dict[str, AccessKey]] = {}
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Sandbox:
        if not self._running.acquire(blocking=False):
            message = "a sandbox is running in this process already, and moto has one state only"
            raise RuntimeError(message)
        with contextlib.ExitStack() as exits:
            exits.callback(self._running.release)
            exits.enter_context(without_aws_settings())
            exits.callback(BackendDict.reset)
            directory = Path(exits.enter_context(tempfile.TemporaryDirectory()))
            state = threading.RLock()
            self._state = state
            self._session = botocore.session.get_session()
            self._aws = AwsServer(state)
            self.bedrock = BedrockServer(state, self._region, directory)
            for server in (self._aws, self.bedrock):
                server.start()
                exits.callback(server.stop)
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

    def reset(self) -> None:
        """Forget everything but the ports: users, keys, events, faults, calls."""
        with self._state:
            BackendDict.reset()
            self._keys = {account: seeding.seed_account(account) for account in self._accounts}
        self._aws.faults.clear()
        self._aws.log.clear()
        self.bedrock.clear()
        self.bedrock.region = self._region

    def environment(self, account_id: str, *, role: str | None = None) -> dict[str, str]:
        """Give what the guard needs in its environment, as the guard's user or as a role."""
        key = self.credentials(account_id, user=GUARD_USER, role=role)
        return variables(key, self._region, self._aws, self.bedrock)

    def client(
        self,
        service: str,
        account_id: str,
        *,
        user: str = ADMIN_USER,
        role: str | None = None,
        region: str = "us-east-1",
    ) -> Any:
        """Make a client of the account's administrator, of its guard user or of a role."""
        return self.client_with(
            self.credentials(account_id, user=user, role=role), service, region=region
        )

    def client_with(self, key: AccessKey, service: str, *, region: str = "us-east-1") -> Any:
        """Make a client with any access key, which never tries a call twice."""
        return self._session.create_client(
            service,
            region_name=region,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            aws_session_token=key.session_token,
            endpoint_url=self._aws.url,
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def credentials(
        self, account_id: str, *, user: str = ADMIN_USER, role: str | None = None
    ) -> AccessKey:
        """Give the access key of a seeded user, or of a new session of a role made if need be."""
        if role is None:
            return self._keys[account_id][user]
        arn = self.make_role(account_id, role)
        return seeding.session_of(self.client("sts", account_id), arn)

    @property
    def aws_faults(self) -> FaultPlan:
        return self._aws.faults

    @property
    def aws_url(self) -> str:
        return self._aws.url

    def calls(self) -> tuple[AwsCall, ...]:
        """Give every AWS call in order but those of the sandbox's own administrators."""
        own = {keys[ADMIN_USER].access_key_id for keys in self._keys.values()}
        return tuple(call for call in self._aws.log.calls() if call.access_key_id not in own)

    def writes(self) -> tuple[AwsCall, ...]:
        """Give the calls that change something, tried or done."""
        return tuple(call for call in self.calls() if call.writes)

    @contextlib.contextmanager
    def enforced(self) -> Iterator[None]:
        """Check signatures and policies of AWS calls; conditions on them count as met."""
        with enable_iam_authentication():
            yield

    def make_user(self, account_id: str, user_name: str, *, permissions: bool = True) -> None:
        """Make a user, by default with what the console gives to the owner of a Bedrock key."""
        seeding.ensure_user(self.client("iam", account_id), user_name, permissions=permissions)

    def make_role(self, account_id: str, role_name: str, *, permissions: bool = True) -> str:
        """Make a role that may call Bedrock, and give its ARN."""
        iam = self.client("iam", account_id)
        return seeding.ensure_role(iam, account_id, role_name, permissions=permissions)

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
        with self._state:
            store_of(account_id).backdate(key.credential_id, days_old)
        return key

    def adopt_long_term_key(self, account_id: str, user_name: str, key: str) -> LongTermKey:
        """Make a credential of which `key`, written before, is the live key."""
        made = self.make_long_term_key(account_id, user_name)
        with self._state:
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
            signer = self.credentials(account_id, role=role).access_key_id
        elif user is not None:
            iam = self.client("iam", account_id)
            seeding.ensure_user(iam, user, permissions=True)
            signer = seeding.access_key_of(iam, user)
        else:
            message = "a short-term key is signed by a user or by a role"
            raise ValueError(message)
        with self._state:
            return seeding.make_short_term_key(signer, region, expires, issued_at)

    def credential_status(self, account_id: str, credential_id: str) -> str | None:
        """Say `Active`, `Inactive` or `Expired`; None when there is no such credential."""
        with self._state:
            credential = store_of(account_id).find(credential_id)
        return None if credential is None else credential.status

    def expire(self, account_id: str, credential_id: str) -> None:
        """Let a credential's expiry be past."""
        with self._state:
            store_of(account_id).expire(credential_id)
