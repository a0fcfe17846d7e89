"""Hold what the embedded GitHub knows: tokens, repositories, labels, issues and comments."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

Visibility = Literal["public", "private", "internal"]
Access = Literal["write", "read", "none"]


def now() -> str:
    """Tell the time as GitHub writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Token:
    """Say whom a token speaks for and what it may do to issues.

    An application's token (the `GITHUB_TOKEN` of Actions is one) counts as having push access
    wherever it is installed and may write issues; a person's has it where the person has.
    """

    login: str
    kind: Literal["user", "application"] = "user"
    issues: Access = "write"
    installed_on: frozenset[str] = frozenset()


@dataclass(slots=True)
class Label:
    """Name a label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(slots=True)
class Comment:
    """Keep what somebody said on an issue."""

    id: int
    author: str
    body: str
    created_at: str = field(default_factory=now)


@dataclass(slots=True)
class Issue:
    """Keep one issue; `revision` orders issues by their last change."""

    id: int
    number: int
    author: str
    title: str
    body: str | None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_by: str | None = None
    closed_at: str | None = None
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    revision: int = 0
    comments: list[Comment] = field(default_factory=list)
    pull_request: bool = False


@dataclass(slots=True)
class Repository:
    """Keep one repository with its labels and issues, numbered from 1."""

    id: int
    full_name: str
    visibility: Visibility = "private"
    default_branch: str = "main"
    has_issues: bool = True
    archived: bool = False
    pushers: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    git: Path | None = None
    wiki: Path | None = None
    fork: bool = False
    has_wiki: bool = False
    topics: list[str] = field(default_factory=list)
    size: int = 0
    pushed_at: str = "2026-01-01T00:00:00Z"
    forbidden: bool = False

    @property
    def owner(self) -> str:
        """Name the account that the repository belongs to."""
        return self.full_name.partition("/")[0]

    def readable_by(self, token: Token) -> bool:
        """Tell whether the repository exists as far as this token can see."""
        if token.kind == "application":
            return self.visibility == "public" or self.full_name in token.installed_on
        return self.visibility == "public" or self.has_member(token.login)

    def writable_by(self, token: Token) -> bool:
        """Tell whether the token may open issues and comment at all."""
        if token.issues != "write":
            return False
        return token.kind == "user" or self.full_name in token.installed_on

    def pushable_by(self, token: Token) -> bool:
        """Tell whether labels and assignees set by this token are kept."""
        if not self.writable_by(token):
            return False
        return token.kind == "application" or token.login in self.pushers | {self.owner}

    def has_member(self, login: str) -> bool:
        """Tell whether a person has any access of their own, and so may be an assignee."""
        return login in self.pushers | self.readers | {self.owner}


class State:
    """Keep everything; the server hands it to one request at a time."""

    def __init__(self) -> None:
        """Start with no repository and no token."""
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.organizations: dict[str, frozenset[str]] = {}
        self.renamed: dict[str, str] = {}
        self._ids = itertools.count(1001)
        self._revisions = itertools.count(1)

    def new_id(self) -> int:
        """Return an id that nothing else has."""
        return next(self._ids)

    def touch(self, issue: Issue) -> None:
        """Record that an issue changed now."""
        issue.updated_at = now()
        issue.revision = next(self._revisions)

    def add_label(self, repository: Repository, name: str) -> Label:
        """Return the label of that name, created if there is none; case does not count."""
        key = name.casefold()
        return repository.labels.setdefault(key, Label(self.new_id(), name))

    def add_issue(self, repository: Repository, author: str, title: str, body: str | None) -> Issue:
        """Open an issue with the next number."""
        number = len(repository.issues) + 1
        issue = Issue(self.new_id(), number, author, title, body)
        repository.issues[number] = issue
        self.touch(issue)
        return issue
