"""Open the server that the repositories of a plan are on, and show it no token of another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.github import PUBLIC_API
from bedrock_key_guard.org.cloning import AddressesAlone, Hosting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.org.sweep_plan import Plan

GITHUB_TOKEN, GIT_TOKEN = "GITHUB_TOKEN", "GIT_TOKEN"  # names of variables
ISSUE_TOKEN = "ISSUE_TOKEN"  # noqa: S105  # the same
_PUBLIC = "https://github.com"
# A sweep may wait out an hour of GitHub's limit, more than once.
_LONGEST_WAIT = 3 * 3600.0


def api_of(environment: Mapping[str, str]) -> str:
    """Return the address of the API of the GitHub that the environment names."""
    return environment.get("GITHUB_API_URL") or PUBLIC_API


def server_of(environment: Mapping[str, str]) -> str:
    """Return the address of the GitHub that the environment names."""
    return (environment.get("GITHUB_SERVER_URL") or _PUBLIC).rstrip("/")


def client_of(environment: Mapping[str, str], *, for_issues: bool = False) -> GitHub:
    """Return a client of that GitHub; issues may have a token of their own.

    Raises CredentialsError without a token.
    """
    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.rate_limits import Pace

    token = environment.get(GITHUB_TOKEN, "")
    token = environment.get(ISSUE_TOKEN) or token if for_issues else token
    if not token:
        raise CredentialsError(
            "GitHub is not asked without a token: of an organisation it shows strangers little.",
            remedy=f"Set {GITHUB_TOKEN} to a token that may read its repositories.",
        )
    return GitHub(token, api_url=api_of(environment), pace=Pace(most=_LONGEST_WAIT))


def hosting_of(plan: Plan, environment: Mapping[str, str]) -> Hosting:
    """Return the server of a plan.

    A plan is a file: it chooses no server for a token. Raises UsageError for one of another GitHub,
    and for a token that several servers would see.
    """
    addresses = [each.address for each in plan.repositories]
    if not plan.api:
        token = environment.get(GIT_TOKEN, "")
        if token and len(_hosts(addresses)) > 1:
            raise UsageError(
                f"{GIT_TOKEN} would be shown to {', '.join(sorted(_hosts(addresses)))}.",
                remedy="Make a list for each server.",
            )
        return AddressesAlone(token)
    server = server_of(environment)
    if plan.api != api_of(environment) or not all(a.startswith(f"{server}/") for a in addresses):
        raise UsageError(
            "The plan is of another GitHub than GITHUB_API_URL and GITHUB_SERVER_URL name.",
            remedy="Set them as they were when the plan was made.",
        )
    from bedrock_key_guard.org.listing import OnGitHub

    return OnGitHub(client_of(environment), environment.get(GITHUB_TOKEN, ""), server)


def _hosts(addresses: Iterable[str]) -> set[str]:
    parts = (urlsplit(each) for each in addresses if "://" in each)
    return {each.netloc for each in parts if each.scheme in ("http", "https")}
