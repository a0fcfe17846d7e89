"""Open one session with AWS and make its clients.

boto3 is imported only when a session is opened: it takes fifteen times as long as a scan's start.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import __version__
from bedrock_key_guard.aws.endpoints import overrides_trusted
from bedrock_key_guard.aws.regions import HOME_REGION
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

USER_AGENT = f"bedrock-key-guard/{__version__}"
_CONNECT_SECONDS = 5
_READ_SECONDS = 20
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class NoSession:
    """Say why there is no session with AWS."""

    reason: str


class Session:
    """Hold the credentials of one account, who they are, and one client for each service."""

    def __init__(self, boto: boto3.Session, account: Account, arn: str, *, trust: bool) -> None:
        """Use `boto` as `arn` of `account`; with `trust`, configured endpoints count."""
        self.account = account
        self.arn = arn
        self._boto = boto
        self._trust = trust
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def home_region(self) -> str:
        """Name the region of IAM and of its trail in this partition."""
        return HOME_REGION.get(self.account.partition, "us-east-1")

    def global_client(self, service: str) -> Any:
        """Return the client of a service that lives in the home region (IAM, its trail)."""
        return self._client(service, self.home_region)

    def client(self, service: str) -> Any:
        """Return the client of a service in the region of the environment."""
        return self._client(service, self._boto.region_name or self.home_region)

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = _make_client(
                    self._boto, service, region, trust=self._trust
                )
            return self._clients[service]


def open_session(environment: Mapping[str, str]) -> Session | NoSession:
    """Open a session with the credentials that the SDK finds, or say why there is none.

    Raises UsageError where boto3 is not installed.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise UsageError(
            "boto3 is not installed, so AWS cannot be asked.",
            remedy="Install it with `pip install 'bedrock-key-guard[cli]'`.",
        ) from None
    trust = overrides_trusted(environment)
    try:
        boto = boto3.Session()
        if boto.get_credentials() is None:
            return NoSession("there are no AWS credentials")
        sts = _make_client(boto, "sts", boto.region_name or "us-east-1", trust=trust)
        arn = str(sts.get_caller_identity()["Arn"])
    except ClientError as error:
        return NoSession(f"AWS refused the credentials ({error_code(error)})")
    except (BotoCoreError, OSError, ValueError) as error:
        return NoSession(f"AWS could not be asked who we are ({type(error).__name__})")
    _, partition, _, _, account_id, _ = arn.split(":", 5)
    return Session(boto, Account(account_id, partition), arn, trust=trust)


def error_code(error: Exception) -> str:
    """Return AWS's code for an error, or its class where AWS gave none."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _make_client(boto: boto3.Session, service: str, region: str, *, trust: bool) -> Any:
    from botocore.config import Config

    config = Config(  # type: ignore[call-arg]  # the stubs lack one option
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        user_agent_extra=USER_AGENT,
        ignore_configured_endpoint_urls=not trust,
        max_pool_connections=20,
    )
    return boto.client(service, region_name=region, config=config)  # type: ignore[call-overload]
