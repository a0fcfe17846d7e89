"""List what some commits of a wiki put into its pages, from a repository that has them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.introductions import additions
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.model.origins import EventText
from bedrock_key_guard.scan.source import Input, Source
from bedrock_key_guard.scan.sources.objects import content_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Introduction
    from bedrock_key_guard.scan.source import Inputs


def wiki(folder: Path, commits: Sequence[str]) -> Generator[Source, None, None]:
    """Yield what `commits` added to the wiki at `folder`; those that it has not got are missing.

    A wiki may be open to all, so its pages count as those of strangers.
    """
    with clean_git(repository_of(folder, "wiki")) as git:
        yield Source(Scanned(("wiki",)), _inputs(git, commits))


def _inputs(git: Git, commits: Sequence[str]) -> Inputs:
    with ObjectReader(git) as reader:
        for commit in commits:
            try:
                _, changed = additions(git, [f"{commit}^!"])
            except UsageError:
                yield NotScanned(f"wiki at {commit}", "missing", "the commit is not in the wiki")
                continue
            for each in changed:
                yield Input(_origin(each), content_of(reader, each.object))


def _origin(added: Introduction) -> EventText:
    """Return where a page stands: GitHub shows each file by its name without what tells its markup.

    Source: https://docs.github.com/en/communities/documenting-your-project-with-wikis.
    """
    page = f"wiki/{quote(PurePosixPath(added.path).stem)}"
    return EventText(f"{page} ({added.path})", page, by_stranger=True)
