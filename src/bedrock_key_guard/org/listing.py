"""List repositories: those of a list of addresses, on whatever server, or those of an owner.

One that was renamed or is gone is found again. Sources: https://docs.github.com/en/rest/repos/repos
(a token sees what it may read and no more),
https://docs.github.com/en/rest/orgs/orgs#get-an-organization (`total_private_repos`, which members
alone are told), and for ids that outlive names
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from bedrock_key_guard.errors import GitHubError, RefusedError, UsageError
from bedrock_key_guard.github.visibility import Visibility, visibility_in
from bedrock_key_guard.org.rows import Row
from bedrock_key_guard.org.state import text_of
from bedrock_key_guard.org.sweep_plan import Planned, Skipped
from bedrock_key_guard.org.texts import texts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.scan.source import Source

# Git runs a program for `ext::` and its like, and a host or path may begin with a dash.
_SCHEMES = ("https", "http", "ssh", "file")
_SCP_LIKE = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!/)[^-:\s][^:\s]*")


def in_file(file: Path) -> tuple[tuple[Planned, ...], tuple[Skipped, ...]]:
    """Return the repositories that a file names, an address a line; `#` begins a comment.

    Raises UsageError for what is no address, and for a file that names none.
    """
    repositories: dict[str, Planned] = {}
    skipped: list[Skipped] = []
    for number, address in _lines(file):
        if not _is_address(address):
            raise UsageError(
                f"Line {number} of {str(file)!r} is no address of a repository.",
                remedy="Write https://…, http://…, ssh://…, file://…, user@host:path, or an "
                "absolute path; a token goes into GIT_TOKEN, never into an address.",
            )
        name = _name(address)
        if name in repositories:
            skipped.append(Skipped(name, "it is listed twice"))
        else:
            repositories[name] = Planned(name, address, _size(address))
    if not repositories:
        raise UsageError(f"{str(file)!r} names no repository.", remedy="Write an address a line.")
    return tuple(repositories.values()), tuple(skipped)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text_of(file).splitlines(), 1):
        address = line.partition(" #")[0].strip()
        if address and not address.startswith("#"):
            yield number, address


def _is_address(text: str) -> bool:
    if any(not letter.isprintable() for letter in text) or text.startswith("-"):
        return False
    if Path(text).is_absolute() or _SCP_LIKE.fullmatch(text):
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    host = parts.hostname or ""
    is_named = parts.scheme == "file" or (host and not host.startswith("-"))
    shows_token = parts.scheme != "ssh" and "@" in parts.netloc
    return parts.scheme in _SCHEMES and bool(is_named and parts.path) and not shows_token


def _name(address: str) -> str:
    """Return what people know a repository by: its address without scheme, user and `.git`."""
    named = address.partition("://")[2] or address
    host, slash, path = named.rpartition("@")[2].partition("/")
    return f"{host}{slash}{path}".strip("/").removesuffix(".git").rstrip("/") or address


def _size(address: str) -> int:
    """Return how large a repository on this machine is, in KB, 0 for any other."""
    path = Path(address.removeprefix("file://"))
    if not path.is_absolute() or not path.is_dir():
        return 0
    return sum(_lengths(path.rglob("*.pack"))) // 1000


def _lengths(files: Iterable[Path]) -> Iterator[int]:
    return (each.stat().st_size for each in files)


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
