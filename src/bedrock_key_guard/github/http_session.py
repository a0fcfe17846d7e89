"""Open HTTP sessions that show their token to GitHub alone."""

from __future__ import annotations

import os

import requests
from requests.auth import AuthBase
from requests.utils import get_environ_proxies

from bedrock_key_guard import __version__
from bedrock_key_guard.errors import CredentialsError

CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
HEADERS = {
    "Accept": "application/vnd.github+json",
    "User-Agent": f"bedrock-key-guard/{__version__}",
    "X-GitHub-Api-Version": "2022-11-28",
}


def open_session(token: str, api_url: str) -> requests.Session:
    """Return a session for one GitHub; raises CredentialsError for a token that cannot be one.

    `trust_env` is off so that `.netrc` is never read; the proxies for this URL and the CA bundle
    are taken from the environment by name.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies = dict(get_environ_proxies(api_url, no_proxy=None))
    session.verify = next((os.environ[name] for name in CA_BUNDLES if os.environ.get(name)), True)
    session.auth = _Bearer(_checked(token.strip()))
    session.headers.update(HEADERS)
    return session


class _Bearer(AuthBase):
    """Send the token, and show it nowhere else."""

    __slots__ = ("__token",)

    def __init__(self, token: str) -> None:
        self.__token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.__token}"
        return request

    def __repr__(self) -> str:
        return "<GitHub token>"


def _checked(token: str) -> str:
    # Here, because the error that requests raises for such a header quotes it.
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    raise CredentialsError(
        "The GitHub token is empty, or holds characters that no token has.",
        remedy="Pass the token as it was issued, for example `${{ github.token }}`.",
    )
