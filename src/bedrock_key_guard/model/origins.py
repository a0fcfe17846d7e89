"""Define where the bytes of a finding come from, and where in them it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Self

Source = Literal[
    "working-tree",
    "index",
    "blob",
    "commit-message",
    "tag-message",
    "note",
    "unreachable",
    "name",
    "stdin",
    "event",
]


class _Root:
    """Answer for every kind of origin what a report asks of it.

    A field that each must have is a `field()`, or it would take its default from here. `repository`
    is set where one run reads many.
    """

    __slots__ = ()
    source: Source
    path: str = ""
    object: str | None = None
    commit: str | None = None
    author_time: datetime | None = None
    author: str | None = None
    committer: str | None = None
    at_tip: bool | None = None
    containers: tuple[str, ...] = ()
    page: str = ""
    by_stranger: bool = False
    repository: str = ""

    @property
    def name(self) -> str:
        """Return what people know it by: its path, or the id of an object that has none."""
        return self.path or self.object or ""

    @property
    def root(self) -> Self:
        """Return the origin that is in no other."""
        return self


@dataclass(frozen=True, slots=True)
class WorkTree(_Root):
    """Name a file on disk, and the commit that first had there what was found, if it is known."""

    path: str = field()
    commit: str | None = None
    author_time: datetime | None = None
    author: str | None = None
    committer: str | None = None
    source = "working-tree"


@dataclass(frozen=True, slots=True)
class Index(_Root):
    """Name what Git's index has at a path."""

    path: str = field()
    object: str = field()
    source = "index"


@dataclass(frozen=True, slots=True)
class Blob(_Root):
    """Name a blob, and what Git says of it: the commit that first put it at a path, and by whom.

    `at_tip` tells whether a branch still has it there; all of it is unset where Git was not asked.
    """

    object: str = field()
    path: str = ""
    commit: str | None = None
    author_time: datetime | None = None
    at_tip: bool | None = None
    source: Literal["blob", "note", "unreachable"] = "blob"
    author: str | None = None
    committer: str | None = None
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Message(_Root):
    """Name a commit or an annotated tag, and when and by whom its author says that it was made.

    `path` is that of the submodule whose message it is, if it is one's.
    """

    object: str = field()
    source: Literal["commit-message", "tag-message", "unreachable"] = field()
    path: str = ""
    commit: str | None = None
    author_time: datetime | None = None
    author: str | None = None
    committer: str | None = None
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Name(_Root):
    """Name a file, folder, link, branch, tag or remote whose own name is what was read."""

    path: str = field()
    source = "name"
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Stdin(_Root):
    """Name what came through a pipe."""

    path = "<stdin>"
    source = "stdin"


@dataclass(frozen=True, slots=True)
class EventText(_Root):
    """Name a text of the event that started a run, which is in no file and no commit.

    `path` says which it is, and `page` where people read it: the rest of an address below that of
    the repository. `by_stranger` tells that its author may not write to the repository.
    """

    path: str = field()
    page: str = ""
    by_stranger: bool = False
    source = "event"
    repository: str = ""


Root = WorkTree | Index | Blob | Message | Name | Stdin | EventText


@dataclass(frozen=True, slots=True)
class Member:
    """Name a part of a container: `kind:member`, or `kind` where members have no names.

    `text` is what people see of the part around it, line by line.
    """

    outer: Origin
    step: str

    @property
    def name(self) -> str:
        """Return the names of the container and of the part."""
        return f"{self.outer.name} > {self.step}"

    @property
    def root(self) -> Root:
        """Return the origin of the outermost container."""
        return self.outer.root

    @property
    def containers(self) -> tuple[str, ...]:
        """Return the way from the outermost container to the part."""
        return (*self.outer.containers, self.step)


Origin = Root | Member


def with_root(origin: Origin, root: Root) -> Origin:
    """Return the same part of another outermost origin."""
    if isinstance(origin, Member):
        return replace(origin, outer=with_root(origin.outer, root))
    return root


@dataclass(frozen=True, slots=True)
class Span:
    """Say where a key begins, from 1, columns in characters, and what was undone to read it.

    Of `encodings` the outermost comes first; plain text has none.
    """

    line: int
    column: int
    encodings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """Say where a key is: in what, and where in it. Reports read it as one flat record."""

    origin: Origin
    span: Span

    @property
    def source(self) -> Source:
        """Return the kind of the outermost origin."""
        return self.origin.root.source

    @property
    def path(self) -> str:
        """Return the outermost origin's path, empty where it has none."""
        return self.origin.root.path

    @property
    def repository(self) -> str:
        """Return the repository that it is in, where a run reads many."""
        return self.origin.root.repository

    @property
    def page(self) -> str:
        """Return the rest of the address of the page that a text of an event is on, or ""."""
        return self.origin.root.page

    @property
    def line(self) -> int:
        """Return the line in the innermost member."""
        return self.span.line

    @property
    def column(self) -> int:
        """Return the column in the innermost member."""
        return self.span.column

    @property
    def object(self) -> str | None:
        """Return the id of the Git object that was read, where there is one."""
        return self.origin.root.object

    @property
    def commit(self) -> str | None:
        """Return the commit that introduced the object, where it is known."""
        return self.origin.root.commit

    @property
    def author_time(self) -> datetime | None:
        """Return when the commit's author says that it was made."""
        return self.origin.root.author_time

    @property
    def author(self) -> str | None:
        """Return who the commit says has written it, as `Name <address>`: a claim."""
        return self.origin.root.author

    @property
    def committer(self) -> str | None:
        """Return who the commit says has committed it, as `Name <address>`: a claim."""
        return self.origin.root.committer

    @property
    def at_tip(self) -> bool | None:
        """Return whether a branch still has the object at its tip, None where it is unknown."""
        return self.origin.root.at_tip

    @property
    def containers(self) -> tuple[str, ...]:
        """Return the containers around the key, the outermost first."""
        return self.origin.containers

    @property
    def encodings(self) -> tuple[str, ...]:
        """Return what was undone to read the key, the outermost first."""
        return self.span.encodings
