"""Find out what setting up needs to know: from the files, from Git, from AWS and from GitHub.

Whatever cannot be asked is unknown, and stops nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import REPOSITORY, __version__
from bedrock_key_guard.aws.ambient import credentials_in
from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.clean_git import temporary_folder
from bedrock_key_guard.git.repository import find_git
from bedrock_key_guard.githooks.hook_files import Settings
from bedrock_key_guard.github import PUBLIC_API
from bedrock_key_guard.setup import hook_configuration
from bedrock_key_guard.setup.repository_facts import (
    Facts,
    FoundValue,
    account_in,
    github_repository,
    region_in,
)
from bedrock_key_guard.setup.workflow_files import FOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.git.repository import Repository

_SECONDS = 20
_LARGEST = 1_000_000
_REMOTE_HEAD = re.compile(r"ref: refs/remotes/origin/(\S+)\s*")
_HEAD = re.compile(r"ref: refs/heads/(\S+)\s*")
_GIVEN = "as you say"


@dataclass(frozen=True, slots=True)
class Given:
    """Hold what a person has said, which nobody need find out."""

    repository: str | None = None
    branch: str | None = None
    account: str | None = None
    region: str | None = None


def facts_of(repository: Repository, given: Given, environment: Mapping[str, str]) -> Facts:
    """Return what is known of a repository."""
    facts = _of_git(repository, Facts(files=_files(repository.work_tree)))
    if given.repository:
        facts = replace(facts, repository=FoundValue(given.repository, _GIVEN))
    if given.branch:
        facts = replace(facts, branch=FoundValue(given.branch, _GIVEN))
    named = facts.repository
    if named is None:
        return facts
    facts = _of_aws(facts, given, environment)
    numbers = _numbers(named.value, environment) if facts.role else None
    return replace(facts, numbers=numbers, commit=_release_commit())


def _files(top: Path) -> dict[str, str | None]:
    folder = top / FOLDER
    if folder.resolve() != top.resolve() / FOLDER:  # nobody knows what a link there leads to
        return {FOLDER: None, **_configuration(top)}
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    paths = [f"{FOLDER}{each.name}" for each in there if each.suffix in (".yml", ".yaml")]
    return {path: _text(top / path, top) for path in paths} | _configuration(top)


def _configuration(top: Path) -> dict[str, str | None]:
    path = hook_configuration.PATH
    return {path: _text(top / path, top)} if os.path.lexists(top / path) else {}


def _text(path: Path, top: Path) -> str | None:
    """Return a file's text, byte for byte; None where it has none, or a link leads elsewhere."""
    try:
        inside = path.resolve() == top.resolve() / path.relative_to(top)
        if not inside or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _of_git(repository: Repository, facts: Facts) -> Facts:
    url = Settings(repository.work_tree, None).effective("remote.origin.url")
    name = github_repository(url or "")
    if name is not None:
        facts = replace(facts, repository=FoundValue(name, "as its origin says"))
    common = repository.common_dir
    if match := _REMOTE_HEAD.fullmatch(_content(common / "refs/remotes/origin/HEAD")):
        return replace(facts, branch=FoundValue(match[1], "as its origin says"))
    if match := _HEAD.fullmatch(_content(repository.git_dir / "HEAD")):
        usual = [each for each in ("main", "master") if _has_branch(common, each)]
        branch = usual[0] if usual else match[1]
        return replace(facts, branch=FoundValue(branch, "as Git has it here"))
    return facts


def _has_branch(common: Path, name: str) -> bool:
    packed = _content(common / "packed-refs")
    return (common / "refs/heads" / name).is_file() or f" refs/heads/{name}\n" in packed


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


# ── AWS ─────────────────────────────────────────────────────────────────────────────────────────


def _of_aws(facts: Facts, given: Given, environment: Mapping[str, str]) -> Facts:
    """Add the account and the region: as a person says, the credentials, or other workflows."""
    session = None if given.account else _session(environment)
    if given.account:
        facts = replace(facts, account=FoundValue(given.account, _GIVEN))
    elif session is not None:
        account = FoundValue(session.account.account_id, "as the AWS credentials say")
        partition, provider = session.account.partition, _provider(session)
        facts = replace(facts, account=account, partition=partition, provider=provider)
    elif found := account_in(facts.files):
        facts = replace(facts, account=found[0], partition=found[1])
    return replace(facts, region=_region(facts, given, environment))


def _region(facts: Facts, given: Given, environment: Mapping[str, str]) -> FoundValue:
    if given.region:
        return FoundValue(given.region, _GIVEN)
    if found := region_in(facts.files):
        return found
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := environment.get(name):
            return FoundValue(value, f"as {name} says")
    from bedrock_key_guard.aws.regions import HOME_REGION

    return FoundValue(HOME_REGION.get(facts.partition, facts.region.value), facts.region.source)


def _session(environment: Mapping[str, str]) -> Session | None:
    if not credentials_in(environment):
        return None
    from bedrock_key_guard.aws.session import NoSession, open_session

    try:
        session = open_session(environment)
    except GuardError:  # boto3 is not installed
        return None
    return None if isinstance(session, NoSession) else session


def _provider(session: Session) -> str | None:
    """Return GitHub's OIDC provider in the account, of which there is one at most."""
    try:
        answer = session.global_client("iam").list_open_id_connect_providers()
        arns = [str(each["Arn"]) for each in answer["OpenIDConnectProviderList"]]
    except Exception:  # noqa: BLE001  # whatever failed, nobody said
        return None
    ours = "/token.actions.githubusercontent.com"
    return next((arn for arn in arns if arn.endswith(ours)), "")


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────


def _numbers(repository: str, environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return GitHub's ids of the owner and of the repository; it is asked with a token alone."""
    token = environment.get("GH_TOKEN") or environment.get("GITHUB_TOKEN")
    if not token:
        return None
    try:
        from bedrock_key_guard.github.client import GitHub

        with GitHub(token, api_url=environment.get("GITHUB_API_URL", PUBLIC_API)) as client:
            found: Any = client.get(f"/repos/{repository}")
        return int(found["owner"]["id"]), int(found["id"])
    except (ImportError, GuardError, KeyError, TypeError, ValueError):
        return None


def _release_commit() -> str | None:
    """Return the commit of this release, as its repository has it; None where it cannot be asked.

    Of an annotated tag Git names the commit last, behind `^{}`. Git runs outside of every
    repository: what the one that is set up configures could have it run anything.
    """
    git, tag = find_git(), f"refs/tags/v{__version__}"
    if git is None:
        return None
    words = ("ls-remote", f"https://github.com/{REPOSITORY}", tag, f"{tag}^{{}}")
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        with temporary_folder() as folder:
            outside = {"GIT_TERMINAL_PROMPT": "0", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
            done = subprocess.run(
                (git, "-C", str(folder), *words),
                env={**own, **outside},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
    except (OSError, GuardError, subprocess.SubprocessError):
        return None
    commits = re.findall(rb"(?m)^([0-9a-f]{40})\t", done.stdout)
    return commits[-1].decode() if commits else None
