"""Give Git's objects as inputs, those too that are not here."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from bedrock_key_guard.git import lfs
from bedrock_key_guard.model.origins import Blob, Message
from bedrock_key_guard.scan.limits import Unreadable
from bedrock_key_guard.scan.source import Input
from bedrock_key_guard.scan.sources.files import opened as open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from bedrock_key_guard.git.cat_file import GitObject, ObjectReader
    from bedrock_key_guard.git.lfs import Pointer
    from bedrock_key_guard.git.repository import Repository
    from bedrock_key_guard.model.origins import Origin, Root
    from bedrock_key_guard.scan.source import Open

ABSENT = (
    "the object is not here: the clone is partial, or the repository is damaged (fetch it, in "
    "Actions with `fetch-depth: 0` and no filter)"
)
SHALLOW = (
    "it is a shallow clone: what came before is not here (in Actions, check out with "
    "`fetch-depth: 0`; elsewhere, run `git fetch --unshallow`)"
)


def objects(reader: ObjectReader, ids: Iterable[str], *, counted: bool = True) -> Iterator[Input]:
    """Yield each object but trees; its content is to be read before the next is asked for."""
    for object_id in ids:
        opened = reader.open(object_id)
        if opened is None or opened.kind != "tree":
            content = content_of(reader, object_id, opened)
            yield Input(_origin(opened, object_id), content, counted, reopens=True)


def absent(object_id: str) -> Input:
    """Return an object that is known not to be here."""
    return Input(Blob(object_id), _refuse)


def content_of(reader: ObjectReader, object_id: str, opened: GitObject | None = None) -> Open:
    """Return what opens an object, first as it was `opened`, or says that it is not here."""
    first = [opened] if opened else []

    def content() -> AbstractContextManager[GitObject]:
        return nullcontext((first.pop() if first else reader.open(object_id)) or _refuse())

    return content


def first_commits(repository: Repository) -> frozenset[str]:
    """Return the commits at which a shallow clone begins: their parents are not here."""
    marker = repository.common_dir / "shallow"
    return (
        frozenset(marker.read_text("ascii", "replace").split()) if marker.is_file() else frozenset()
    )


def _origin(opened: GitObject | None, object_id: str) -> Root:
    if opened and opened.kind == "commit":
        return Message(object_id, "commit-message")
    if opened and opened.kind == "tag":
        return Message(object_id, "tag-message")
    return Blob(object_id)


def _refuse() -> NoReturn:
    raise Unreadable(ABSENT, "missing")


def stored_beside(repository: Repository, _: Origin, pointer: Pointer) -> Open | None:
    """Return what opens the object of a pointer among a repository's objects, if it is here."""
    path = lfs.stored(repository, pointer)
    return partial(open_file, str(path)) if path else None
