"""Open one session with AWS and make its clients.

boto3 is imported only when a session is opened: it takes fifteen times as long as a scan's start.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import __version__
from bedrock_key_guard.aws.rate_limit import RateLimiter
from bedrock_key_guard.aws.regions import HOME_REGION, overrides_trusted
from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.errors import UsageError, install_with
from bedrock_key_guard.model.principals import Account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import boto3
    import botocore.session

USER_AGENT = f"bedrock-key-guard/{__version__}"
_CONNECT_SECONDS = 5
_READ_SECONDS = 20
_ATTEMPTS = 5
_PACED = frozenset(("cloudtrail",))  # whoever keeps the pace asks again, too
_DENIED = re.compile(r"\bnot authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,64})\b")


@dataclass(frozen=True, slots=True)
class NoSession:
    """Say why there is no session with AWS; `lacking` credentials, or any that AWS takes."""

    reason: str
    lacking: bool = False


class Session:
    """Hold the credentials of one account, who they are, and one client for each service.

    `limiter` is the pace at which CloudTrail is asked, by whomever: a run has one. So it has one
    `dates`, which hears the date of every answer.
    """

    def __init__(
        self,
        boto: boto3.Session,
        arn: str,
        *,
        trust_overrides: bool = False,
        ends_at: datetime | None = None,
        limiter: RateLimiter | None = None,
        dates: ServerDates | None = None,
    ) -> None:
        """Use `boto`, which acts as `arn`; an assumed role's session ends."""
        _, partition, _, _, account_id, _ = arn.split(":", 5)
        self.account = Account(account_id, partition)
        self.arn = arn
        self.ends_at = ends_at
        self.limiter = limiter or RateLimiter(time.monotonic, time.sleep)
        self.dates = dates or ServerDates()
        self._trust_overrides = trust_overrides
        self._boto = boto
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @property
    def home_region(self) -> str:
        """Name the region of IAM and of its trail in this partition."""
        return HOME_REGION[self.account.partition]

    @property
    def region(self) -> str:
        """Name the region of the environment, or without one the home region."""
        return self._boto.region_name or self.home_region

    def global_client(self, service: str) -> Any:
        """Return the client of a service that lives in the home region (IAM, its trail)."""
        return self.client_in(self.home_region, service)

    def client(self, service: str) -> Any:
        """Return the client of a service in the region of the environment."""
        return self.client_in(self.region, service)

    def client_in(self, region: str, service: str) -> Any:
        """Return the client of a service in this region."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = _make_client(self._boto, service, region)
            return self._clients[service, region]

    def assume(self, request: Mapping[str, object]) -> Session:
        """Open the session of a role, as `AssumeRole` is asked. Raises what AWS's refusal raises.

        What holds for our own endpoints holds for the role's.
        """
        import boto3

        answer = self.client("sts").assume_role(**request)
        given, trust = answer["Credentials"], self._trust_overrides
        boto = boto3.Session(
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
            region_name=self._boto.region_name,
            botocore_session=_core(self.dates, trust_overrides=trust),
        )
        arn, ends_at = str(answer["AssumedRoleUser"]["Arn"]), given["Expiration"]
        more: dict[str, Any] = {"limiter": self.limiter, "dates": self.dates}
        return Session(boto, arn, trust_overrides=trust, ends_at=ends_at, **more)


def open_session(
    environment: Mapping[str, str],
    limiter: RateLimiter | None = None,
    dates: ServerDates | None = None,
) -> Session | NoSession:
    """Open a session with the credentials that the SDK finds, or say why there is none.

    Raises UsageError where boto3 is not installed.
    """
    try:
        import boto3
        from botocore.exceptions import ClientError, SSOError, TokenRetrievalError
    except ImportError:
        raise UsageError(
            "boto3 is not installed, so AWS cannot be asked.",
            remedy=f"Install it with `{install_with('cli')}`.",
        ) from None
    trust, dates = overrides_trusted(environment), dates or ServerDates()
    try:
        boto = boto3.Session(botocore_session=_core(dates, trust_overrides=trust))
        if boto.get_credentials() is None:
            return NoSession("there are no AWS credentials", lacking=True)
        sts = _make_client(boto, "sts", boto.region_name or "us-east-1")
        arn = str(sts.get_caller_identity()["Arn"])
        session = Session(boto, arn, trust_overrides=trust, limiter=limiter, dates=dates)
    except ClientError as error:
        reason = f"AWS would not say whose the credentials are ({refusal(error)})"
        return NoSession(reason, lacking=True)
    except (SSOError, TokenRetrievalError):
        return NoSession("nobody is signed in to AWS (run `aws sso login`)", lacking=True)
    except Exception as error:  # noqa: BLE001  # no answer, or the page of a proxy
        return NoSession(f"AWS could not be asked who we are ({type(error).__name__})")
    if session.account.partition not in HOME_REGION:
        return NoSession(f"no Bedrock is known in partition {session.account.partition}")
    return session


def error_code(error: Exception) -> str:
    """Return AWS's code for an error, or its class where AWS gave none."""
    response = getattr(error, "response", None)
    details = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(details.get("Code") or type(error).__name__)


def refusal(error: Exception) -> str:
    """Return what `error_code` does, and which action was not permitted where AWS names it.

    The words are those of the IAM user guide, "Troubleshoot access denied error messages".
    """
    denied = _DENIED.search(str(error))
    return f"{error_code(error)} for {denied[1]}" if denied else error_code(error)


def _core(dates: ServerDates, *, trust_overrides: bool) -> botocore.session.Session:
    """Make what clients are made of; those too that fetch the credentials.

    They would show a token to an endpoint of somebody's choosing.
    """
    import botocore.loaders
    import botocore.session

    def hear(**answered: Any) -> None:
        dates.hear(answered["http_response"].headers.get("Date"))

    core = botocore.session.get_session()
    core.register("after-call", hear)
    if not trust_overrides:
        core.set_config_variable("ignore_configured_endpoint_urls", True)  # noqa: FBT003
        # Models of AWS_DATA_PATH come before the SDK's own, and name endpoints too.
        core.register_component("data_loader", botocore.loaders.create_loader())
    return core


def _make_client(boto: boto3.Session, service: str, region: str) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1 if service in _PACED else _ATTEMPTS},
        user_agent_extra=USER_AGENT,
        max_pool_connections=20,
    )
    return boto.client(service, region_name=region, config=config)  # type: ignore[call-overload]
