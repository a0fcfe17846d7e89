"""List the repositories of an owner on GitHub, and find one again that was renamed or is gone.

Sources: https://docs.github.com/en/rest/repos/repos (a token sees what it may read and no more),
https://docs.github.com/en/rest/orgs/orgs#get-an-organization (`total_private_repos`, which members
alone are told), and for ids that outlive names
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bedrock_key_guard.errors import GitHubError, RefusedError
from bedrock_key_guard.github.visibility import Visibility, visibility_in
from bedrock_key_guard.org.rows import Row
from bedrock_key_guard.org.sweep_plan import Planned, Skipped
from bedrock_key_guard.org.texts import texts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.scan.source import Source

JSON = Any


@dataclass(frozen=True, slots=True)
class Filter:
    """Say which of an owner's repositories are read; without a word all are."""

    visibility: Visibility | None = None
    topic: str | None = None
    pushed_since: str | None = None
    archived: bool = True
    forks: bool = True

    def refusal(self, repository: JSON) -> str:
        """Return why a repository is not to be read, "" where it is."""
        if self.visibility and visibility_in(repository) != self.visibility:
            return f"it is not {self.visibility}"
        if self.topic and self.topic not in (repository.get("topics") or ()):
            return f"it has not the topic {self.topic}"
        if self.pushed_since and str(repository.get("pushed_at") or "") < self.pushed_since:
            return f"nothing was pushed since {self.pushed_since}"
        if repository.get("archived") and not self.archived:
            return "it is archived"
        return "it is a fork" if repository.get("fork") and not self.forks else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Hold what an owner has, what is left out, and what the token is not shown."""

    repositories: tuple[Planned, ...]
    skipped: tuple[Skipped, ...] = ()
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def listed(client: GitHub, owner: str, wanted: Filter, *, with_texts: bool = False) -> Listing:
    """Return the repositories of an owner that are wanted, with their texts and wikis if asked.

    Raises GitHubError where there is no such owner, or GitHub does not answer.
    """
    account, found = _account(client, owner)
    repositories, skipped = list[Planned](), list[Skipped]()
    for each in found:
        if reason := wanted.refusal(each):
            skipped.append(Skipped(str(each["full_name"]), reason))
        else:
            repositories.append(replace(_planned(each), texts=with_texts))
            repositories += _wiki(each) if with_texts else ()
    told = tuple(repositories), tuple(skipped)
    if wanted.visibility == "public":
        return Listing(*told)
    private = account.get("total_private_repos")
    if not isinstance(private, int):
        unknown = f"GitHub does not tell this token how many private repositories {owner} has."
        return Listing(*told, notes=(unknown,))
    missing = (
        int(account.get("public_repos") or 0)
        + private
        - sum(not each.wiki for each in repositories)
        - len(skipped)
    )
    unseen = f"of the repositories of {owner} {missing:,} are not shown to this token"
    return Listing(*told, (unseen,) if missing > 0 else ())


def _account(client: GitHub, owner: str) -> tuple[JSON, Iterator[JSON]]:
    name = quote(owner, safe="")
    try:
        account = client.get(f"/orgs/{name}")
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        account = client.get(f"/users/{name}")
        return account, client.pages(f"/users/{name}/repos", {"type": "owner"})
    return account, client.pages(f"/orgs/{name}/repos", {"type": "all"})


def _wiki(repository: JSON) -> Iterator[Planned]:
    """Yield the wiki of a repository that may have one: a repository of its own."""
    if repository.get("has_wiki"):
        of = _planned(repository)
        address = f"{of.address.removesuffix('.git')}.wiki.git"
        yield replace(of, name=f"{of.name}.wiki", address=address, size=0, wiki=True)


def _planned(repository: JSON) -> Planned:
    return Planned(
        str(repository["full_name"]),
        str(repository["clone_url"]),
        int(repository.get("size") or 0),
        int(repository["id"]),
        visibility_in(repository),
    )


@dataclass(frozen=True, slots=True)
class OnGitHub:
    """Know the repositories of GitHub by their ids, and what people wrote beside their code."""

    client: GitHub
    token: str
    server: str

    def found_again(self, planned: Planned) -> Planned | Row:
        """Return a repository as it is called now, or the row of one that nobody can clone."""
        try:
            found = self.client.get(f"/repositories/{planned.id}")
        except RefusedError as error:
            return _absent(planned, error)
        except GitHubError as error:
            return Row(planned.name, "failed", f"{error} {error.remedy}", id=planned.id)
        now = _planned(found)
        return replace(planned, name=now.name, address=now.address)

    def texts(self, name: str) -> Generator[Source, None, None]:
        """Yield the texts of a repository."""
        return texts(self.client, name, self.server)


def _absent(planned: Planned, error: RefusedError) -> Row:
    match error.status:
        case HTTPStatus.NOT_FOUND:
            reason = "it was deleted since it was planned, or is not shown to this token any more"
            return Row(planned.name, "gone", reason, id=planned.id)
        case HTTPStatus.FORBIDDEN | HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
            return Row(planned.name, "forbidden", f"GitHub says: {error.reason}", id=planned.id)
        case _:
            return Row(planned.name, "failed", str(error), id=planned.id)
