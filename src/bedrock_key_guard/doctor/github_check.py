"""Check that the token reaches the repository in which issues are opened, and its label.

Whether a token may write an issue shows only where it writes one: GitHub tells of the permissions
of a job's token nowhere (https://docs.github.com/en/rest/issues/issues).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.errors import (
    CredentialsError,
    DeniedError,
    GitHubError,
    RefusedError,
    UsageError,
)
from bedrock_key_guard.githooks.hook_files import Settings
from bedrock_key_guard.github import PUBLIC_API
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.github.issues import MANAGEMENT_LABEL
from bedrock_key_guard.github.visibility import repository_path, visibility_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bedrock_key_guard.aws.server_dates import ServerDates

_NAME = re.compile(r"[:/]([^/:]+/[^/:]+?)(?:\.git)?/?$")
_TOKEN = "export GITHUB_TOKEN=$(gh auth token); in a job, pass `${{ github.token }}`"  # noqa: S105
_NOT_FOUND = 404


def check_github(
    folder: Path, repository: str, environment: Mapping[str, str], dates: ServerDates
) -> Iterator[Check]:
    """Yield what there is to say about the token, the repository and the label."""
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    if not token:
        said = "there is no token in GITHUB_TOKEN, so GitHub was not asked and gets no issue"
        yield Check("github", "token", "lacks", said, _TOKEN)
        return
    named = repository or environment.get("GITHUB_REPOSITORY") or origin(folder)
    if not named:
        said = "nothing names a repository, so GitHub was not asked"
        yield Check("github", "repository", "unknown", said, "--repository OWNER/NAME")
        return
    api = environment.get("GITHUB_API_URL") or PUBLIC_API
    try:
        path = repository_path(named)
        with GitHub(token, api_url=api, hear=dates.hear) as client:
            yield from _of_repository(client, named, path)
    except CredentialsError as error:
        yield Check("github", "token", "lacks", str(error), error.remedy)
    except (GitHubError, UsageError) as error:
        yield Check("github", "repository", "unknown", str(error), error.remedy)


def origin(folder: Path) -> str:
    """Return `owner/name` by the address of the remote `origin`, "" where there is none."""
    try:
        address = Settings(folder, None).effective("remote.origin.url")
    except UsageError:
        return ""
    found = _NAME.search(address or "")
    return found[1] if found else ""


def _of_repository(client: GitHub, named: str, path: str) -> Iterator[Check]:
    about = client.get(path)
    if not isinstance(about, dict):
        yield Check("github", "repository", "unknown", "what answered is not GitHub")
        return
    yield Check("github", "repository", "works", f"the token sees {named}, {visibility_in(about)}")
    if about.get("archived") is True:
        said, mend = f"{named} is archived and takes no issue", f"gh repo unarchive {named}"
        yield Check("github", "issues", "wrong", said, mend)
        return
    if about.get("has_issues") is False:
        mend = f"gh repo edit {named} --enable-issues"
        yield Check("github", "issues", "wrong", f"issues are switched off in {named}", mend)
        return
    yield _of_label(client, path)


def _of_label(client: GitHub, path: str) -> Check:
    try:
        client.get(f"{path}/labels/{quote(MANAGEMENT_LABEL, safe='')}")
    except DeniedError as error:
        if error.status != _NOT_FOUND:
            raise
        said = f"there is no label {MANAGEMENT_LABEL} yet: the first issue makes it"
    except RefusedError as error:
        return Check("github", "label", "unknown", str(error), error.remedy)
    else:
        said = f"the label {MANAGEMENT_LABEL} is there"
    limit = "whether the token may write an issue, only an issue shows"
    return Check("github", "label", "works", f"{said}; {limit}")
