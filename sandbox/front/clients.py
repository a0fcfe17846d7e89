"""Reach the sandbox's AWS as anybody, and see what has reached it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from sandbox.base.accounts import account_of, home_region
from sandbox.cloudtrail.trail import TRAIL, Trail
from sandbox.front import seeding
from sandbox.front.seeding import ADMIN_USER, ANYBODY

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    import botocore.session
    from botocore.credentials import Credentials

    from sandbox.aws.aws_server import AwsServer
    from sandbox.base.fault_plan import FaultPlan
    from sandbox.base.wire import AwsCall
    from sandbox.front.seeding import AccessKey


class AwsClients:
    """Make clients of seeded users, of roles and of whoever has an access key."""

    state: threading.RLock
    _aws: AwsServer
    _keys: dict[str, dict[str, AccessKey]]
    _session: botocore.session.Session
    _clients: dict[tuple[AccessKey, str, str], tuple[Any, Credentials]]
    _idle: dict[tuple[str, str], list[tuple[Any, Credentials]]]

    def client(
        self,
        service: str,
        account_id: str,
        *,
        user: str = ADMIN_USER,
        role: str | None = None,
        region: str | None = None,
    ) -> Any:
        """Make a client of the account's administrator, of its guard user or of a role."""
        return self.client_with(
            self.credentials(account_id, user=user, role=role), service, region=region
        )

    def client_with(self, key: AccessKey, service: str, *, region: str | None = None) -> Any:
        """Make a client with any access key, which never tries a call twice."""
        region = region or home_region(account_of(key.access_key_id) or "")
        which = key, service, region
        if which not in self._clients:
            idle = self._idle.get((service, region))
            self._clients[which] = idle.pop() if idle else self._new_client(service, region)
            credentials = self._clients[which][1]
            credentials.access_key, credentials.secret_key, credentials.token = (
                key.access_key_id,
                key.secret_access_key,
                key.session_token,
            )
        return self._clients[which][0]

    def _new_client(self, service: str, region: str) -> tuple[Any, Credentials]:
        """Make a client of nobody yet, and give with it the credentials that it takes."""
        self._session.set_credentials("nobody", "nothing")
        credentials: Any = self._session.get_credentials()
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._aws.url,
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )
        return client, credentials

    def _forget_clients(self) -> None:
        """Let those who come next have the clients: one takes longer to make than a call."""
        for (_, service, region), client in self._clients.items():
            self._idle.setdefault((service, region), []).append(client)
        self._clients.clear()

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
    def trail(self) -> Trail:
        return TRAIL

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
        """Let policies decide on every AWS call of everybody."""
        self._aws.enforcing = True
        try:
            yield
        finally:
            self._aws.enforcing = False

    def make_role(
        self,
        account_id: str,
        role_name: str,
        *,
        permissions: bool = True,
        trust: Mapping[str, Any] = ANYBODY,
    ) -> str:
        """Make a role that may call Bedrock and that anybody may assume, and give its ARN."""
        iam = self.client("iam", account_id)
        return seeding.ensure_role(iam, role_name, permissions=permissions, trust=trust)
