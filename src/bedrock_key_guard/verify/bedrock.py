"""Ask Bedrock itself whether it accepts a key.

The probe is `GET /foundation-models` (ListFoundationModels) on the first plane and `GET /v1/models`
on the second: read-only, free, and logged by CloudTrail under our own user agent.
"""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from bedrock_key_guard.aws.regions import MANTLE_REGIONS, plane_url
from bedrock_key_guard.aws.session import USER_AGENT
from bedrock_key_guard.model.evidence import BedrockAnswer, Plane
from bedrock_key_guard.verify.classify import Reading, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bedrock_key_guard.keys.key import WholeKey

PLANES: tuple[Plane, ...] = ("bedrock", "bedrock-mantle")
_PATHS: dict[Plane, str] = {"bedrock": "/foundation-models", "bedrock-mantle": "/v1/models"}
_TIMEOUT = (5.0, 10.0)
_DEADLINE_SECONDS = 25.0
_LARGEST_BODY = 4 << 20
_ATTEMPTS = 3
_CONNECTIONS = 20


class Prober(Protocol):
    """Ask one plane of Bedrock in one region whether it accepts a key."""

    def ask(
        self, plane: Plane, key: WholeKey, region: str, *, fresh: bool = False
    ) -> BedrockAnswer:
        """Return the answer; a failure to ask is an answer of state `unknown`.

        `fresh` asks on a connection of its own, which may lead to another of Bedrock's hosts.
        """
        ...


class _StraightSession(requests.Session):
    """Follow no redirect, and read no page of one, which may be endless."""

    def __init__(self, connections: int) -> None:
        """Keep so many connections open; take no `.netrc`, proxies or cookies."""
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.mount("https://", HTTPAdapter(pool_maxsize=connections))

    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Return that it leads nowhere: `allow_redirects=False` alone would still read the page."""


class HttpsProber:
    """Ask over HTTPS: no redirects, no `.netrc`, no cookies, no host but the fixed table's."""

    def __init__(
        self,
        environment: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
        deadline: float = _DEADLINE_SECONDS,
    ) -> None:
        """Take certificates and trusted endpoints from `environment`, proxies from the process.

        `deadline` is how many seconds one request may take, however slowly it is answered.
        """
        self._environment = environment
        self._sleep = sleep
        self._deadline = deadline
        self._kept = _StraightSession(_CONNECTIONS)

    def ask(
        self, plane: Plane, key: WholeKey, region: str, *, fresh: bool = False
    ) -> BedrockAnswer:
        """Return the answer of `plane` in `region`, asked again while it may still tell more."""
        nothing = BedrockAnswer(plane, region, "unknown", _now())
        try:
            url = plane_url(plane, region, self._environment) + _PATHS[plane]
        except KeyError:
            return replace(nothing, detail="the key names a region that Bedrock does not have")
        status, reading = self._ask_once(plane, url, key, fresh=fresh)
        for attempt in range(1, _ATTEMPTS):
            if not reading.retry:
                break
            self._sleep(random.uniform(0.5, 1.0) * 2**attempt)  # noqa: S311  # jitter
            status, reading = self._ask_once(plane, url, key, fresh=fresh)
        may_lack_it = plane == "bedrock-mantle" and region not in MANTLE_REGIONS
        if may_lack_it and reading.no_host:
            return replace(nothing, state="not-offered", detail="there is no such plane here")
        return BedrockAnswer(
            plane=plane,
            region=region,
            state=reading.state,
            asked_at=_now(),
            detail=reading.detail,
            status=status,
            principal=reading.principal,
            denied_action=reading.denied_action,
            denied_by=reading.denied_by,
            explicit=reading.explicit,
            refusals=int(reading.state == "refused"),
        )

    def _ask_once(
        self, plane: Plane, url: str, key: WholeKey, *, fresh: bool
    ) -> tuple[int | None, Reading]:
        """Return the status and the reading of one request, or neither before the deadline."""
        answers: list[tuple[int | None, Reading]] = []

        def work() -> None:
            answers.append(self._answer(plane, url, key, fresh=fresh))

        # A read time-out starts anew with every byte, so a host that drips would never meet it.
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(self._deadline)
        return answers[0] if answers else (None, Reading("unknown", "it did not answer in time"))

    def _answer(
        self, plane: Plane, url: str, key: WholeKey, *, fresh: bool
    ) -> tuple[int | None, Reading]:
        try:
            if not fresh:
                return self._request(self._kept, plane, url, key)
            with _StraightSession(connections=1) as session:
                return self._request(session, plane, url, key)
        except requests.exceptions.Timeout:
            return None, Reading("unknown", "it did not answer in time")
        except Exception as error:  # noqa: BLE001  # whatever failed, nothing is proven
            return None, _unreached(error)

    def _request(
        self, session: requests.Session, plane: Plane, url: str, key: WholeKey
    ) -> tuple[int, Reading]:
        with session.get(
            url,
            auth=_Bearer(key),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            proxies=requests.utils.get_environ_proxies(url),
            verify=_certificates(self._environment),
            allow_redirects=False,
            timeout=_TIMEOUT,
            stream=True,
        ) as response:
            body = response.raw.read(_LARGEST_BODY, decode_content=True)
            return response.status_code, read_answer(plane, response.status_code, body)


class _Bearer(AuthBase):
    """Sign a request with a key."""

    def __init__(self, key: WholeKey) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key.secret.unseal()}"
        return request


def _unreached(error: BaseException) -> Reading:
    """Return why there was no answer, by the error that the others followed from."""
    reason = f"it could not be reached ({type(error).__name__})"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Reading("unknown", "its certificate could not be trusted")
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return Reading("unknown", "there is no host of its name", retry=True, no_host=True)
    return Reading("unknown", reason, retry=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _certificates(environment: Mapping[str, str]) -> str | bool:
    return (
        environment.get("AWS_CA_BUNDLE")
        or environment.get("REQUESTS_CA_BUNDLE")
        or environment.get("SSL_CERT_FILE")
        or True
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
