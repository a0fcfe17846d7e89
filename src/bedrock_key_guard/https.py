"""Open HTTPS sessions that show what opens a service to that service alone."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class HttpsSession(requests.Session):
    """Follow no redirect, keep no cookie, and read no `.netrc`.

    `trust_env` is off, so proxies are given with a request or set by whoever opens the session.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        connections: int = 10,
        bundles: tuple[str, ...] = CA_BUNDLES,
    ) -> None:
        """Keep so many connections open; the first of `bundles` that is set names the CA bundle."""
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.mount("https://", HTTPAdapter(pool_maxsize=connections))
        self.verify = next((environment[name] for name in bundles if environment.get(name)), True)

    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Return that it leads nowhere.

        `allow_redirects=False` alone would still read the page of a redirect, which may be endless.
        """


class Bearer(AuthBase):
    """Sign a request with what `reveal` returns, and show it nowhere else."""

    def __init__(self, reveal: Callable[[], str]) -> None:
        self._reveal = reveal

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._reveal()}"
        return request
