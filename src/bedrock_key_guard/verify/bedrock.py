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
from typing import TYPE_CHECKING, Protocol

import requests

from bedrock_key_guard.aws.regions import MANTLE_REGIONS, NoEndpointError, plane_url
from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.aws.session import USER_AGENT
from bedrock_key_guard.https import CA_BUNDLES, Bearer, HttpsSession
from bedrock_key_guard.model.evidence import BedrockAnswer, Plane
from bedrock_key_guard.verify.classify import is_transient, read_answer, read_presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bedrock_key_guard.keys.key import WholeKey

    _Answer = tuple[BedrockAnswer, bool]
    """An answer, and whether asking again may tell more."""

PLANES: tuple[Plane, ...] = ("bedrock", "bedrock-mantle")
_PATHS: dict[Plane, str] = {"bedrock": "/foundation-models", "bedrock-mantle": "/v1/models"}
_TIMEOUT = (5.0, 10.0)
_DEADLINE_SECONDS = 25.0
_LARGEST_BODY = 4 << 20
_ATTEMPTS = 3
_CONNECTIONS = 20
_LATE = "it did not answer in time"


class Prober(Protocol):
    """Ask one plane of Bedrock in one region whether it accepts a key."""

    def ask(
        self, plane: Plane, key: WholeKey, region: str, *, fresh: bool = False
    ) -> BedrockAnswer:
        """Return the answer; a failure to ask is an answer of state `unknown`.

        `fresh` asks on a connection of its own, which may lead to another of Bedrock's hosts.
        """
        ...


class HttpsProber:
    """Ask over HTTPS: no redirects, no `.netrc`, no cookies, no host but the fixed table's."""

    def __init__(
        self,
        environment: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
        deadline: float = _DEADLINE_SECONDS,
        dates: ServerDates | None = None,
    ) -> None:
        """Take certificates and trusted endpoints from `environment`, proxies from the process.

        `deadline` is how many seconds one request may take, however slowly it is answered; `dates`
        hears the date of each answer.
        """
        self._dates = dates or ServerDates()
        self._environment = environment
        self._sleep = sleep
        self._deadline = deadline
        self._kept = self._session(_CONNECTIONS)

    def ask(
        self, plane: Plane, key: WholeKey | None, region: str, *, fresh: bool = False
    ) -> BedrockAnswer:
        """Return the answer of `plane` in `region`, asked again while it may still tell more.

        Without a key, `refused` means that the plane itself has answered.
        """
        asked = BedrockAnswer(plane, region, "unknown", self._dates.now())
        try:
            url = plane_url(plane, region, self._environment) + _PATHS[plane]
        except NoEndpointError as nowhere:
            return replace(asked, detail=str(nowhere))
        answer, retry = self._ask_once(asked, url, key, fresh=fresh)
        for attempt in range(1, _ATTEMPTS):
            if not retry:
                break
            self._sleep(random.uniform(0.5, 1.0) * 2**attempt)  # noqa: S311  # jitter
            answer, retry = self._ask_once(asked, url, key, fresh=fresh)
        return replace(answer, asked_at=self._dates.now())

    def _ask_once(
        self, asked: BedrockAnswer, url: str, key: WholeKey | None, *, fresh: bool
    ) -> _Answer:
        """Return the answer to one request; none that comes after the deadline counts."""
        answers: list[_Answer] = []

        def work() -> None:
            answers.append(self._answer(asked, url, key, fresh=fresh))

        # A read time-out starts anew with every byte, so a host that drips would never meet it.
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(self._deadline)
        return answers[0] if answers else (replace(asked, detail=_LATE), False)

    def _answer(
        self, asked: BedrockAnswer, url: str, key: WholeKey | None, *, fresh: bool
    ) -> _Answer:
        try:
            if not fresh:
                return self._request(self._kept, asked, url, key)
            with self._session(connections=1) as session:
                return self._request(session, asked, url, key)
        except requests.exceptions.Timeout:
            return replace(asked, detail=_LATE), False
        except Exception as error:  # noqa: BLE001  # whatever failed, nothing is proven
            return _unreached(asked, error)

    def _session(self, connections: int) -> HttpsSession:
        bundles = ("AWS_CA_BUNDLE", *CA_BUNDLES)
        return HttpsSession(self._environment, connections=connections, bundles=bundles)

    def _request(
        self, session: HttpsSession, asked: BedrockAnswer, url: str, key: WholeKey | None
    ) -> _Answer:
        read = read_answer if key else read_presence
        with session.get(
            url,
            auth=Bearer(key.secret.unseal) if key else None,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            proxies=requests.utils.get_environ_proxies(url),
            allow_redirects=False,
            timeout=_TIMEOUT,
            stream=True,
        ) as response:
            status = response.status_code
            self._dates.hear(response.headers.get("Date"))
            body = response.raw.read(_LARGEST_BODY, decode_content=True)
            return read(asked, status, body), is_transient(status)


def _unreached(asked: BedrockAnswer, error: BaseException) -> _Answer:
    """Return why there was no answer, by the error that the others followed from."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return replace(asked, detail="its certificate could not be trusted"), False
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return _nobody_there(asked), True
    return replace(asked, detail=f"it could not be reached ({type(error).__name__})"), True


def _nobody_there(asked: BedrockAnswer) -> BedrockAnswer:
    """Return what it means that there is no host: a region may do without the second plane."""
    if asked.plane == "bedrock-mantle" and asked.region not in MANTLE_REGIONS:
        return replace(asked, state="not-offered", detail="there is no such plane here")
    return replace(asked, detail="there is no host of its name")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
