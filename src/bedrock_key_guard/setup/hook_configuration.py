"""Add the hooks to a configuration of pre-commit, or make one: https://pre-commit.com/#plugins."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import REPOSITORY, __version__
from bedrock_key_guard.setup.steps import ByHand, FileChange, Step, Unneeded
from bedrock_key_guard.setup.yaml_text import (
    UnreadableError,
    appended,
    gap_of,
    is_block,
    read,
    value_of,
    with_lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.setup.yaml_text import Node

PATH = ".pre-commit-config.yaml"
HOOKS = ("bedrock-key-guard", "bedrock-key-guard-commit-msg", "bedrock-key-guard-push")
STAGES = ("pre-commit", "commit-msg", "pre-push")
_TYPES = "default_install_hook_types"
_ENTRY: dict[str, Any] = {
    "repo": f"https://github.com/{REPOSITORY}",
    "rev": f"v{__version__}",
    "hooks": [{"id": each} for each in HOOKS],
}


def new_configuration() -> str:
    """Return a configuration with the guard's hooks alone."""
    lines = ("repos:", *(f"  {line}" for line in _block(2, 2)), _types_line())
    return "".join(f"{line}\n" for line in lines)


def with_hooks(text: str) -> Step:
    """Return how the guard's hooks come into a configuration that is there."""
    try:
        said, _ = read(text)
    except UnreadableError as error:
        return _by_hand(str(error))
    repos = said.get("repos")
    if not isinstance(repos, list | None) or "repos" not in said:
        return _by_hand("it has no list `repos`")
    if any(map(_is_ours, repos or ())):
        return Unneeded(PATH, "it has the guard's hooks")
    after = _added(text, said)
    if after is None:
        return _by_hand("it is written in a way that cannot be added to without changing more")
    return FileChange(PATH, text, after)


def _added(text: str, said: dict[str, Any]) -> str | None:
    """Return the text with the hooks; None where it then says anything else than that."""
    try:
        after = _with_types(_with_entry(text))
        return after if read(after)[0] == _expected(said) else None
    except UnreadableError:
        return None


def _is_ours(repo: Any) -> bool:
    if not isinstance(repo, dict):
        return False
    name = str(repo.get("repo", "")).rstrip("/").removesuffix(".git").rpartition("/")[2]
    hooks = repo.get("hooks")
    ids = [each.get("id") for each in hooks or () if isinstance(each, dict)]
    return name == "bedrock-key-guard" or any(str(each).startswith(HOOKS[0]) for each in ids)


def _with_entry(text: str) -> str:
    _, root = read(text)
    repos = value_of(root, "repos")
    if repos is None or not isinstance(repos.value, list):  # `repos:` and nothing behind it
        at = text.find("\n", repos.end_mark.index if repos else 0) + 1 or len(text)
        return with_lines(text, at, [f"  {line}" for line in _block(2, 2)])
    if not is_block(repos):
        return appended(text, repos, (), _flow())
    gap = gap_of(repos)
    return appended(text, repos, _block(gap, _offset(repos, gap)), _flow())


def _with_types(text: str) -> str:
    """Let `pre-commit install` install all the hooks: unasked it installs the first alone."""
    said, root = read(text)
    types = value_of(root, _TYPES)
    if types is None:
        return with_lines(text, len(text), [_types_line()])
    missing = [each for each in STAGES if each not in said[_TYPES]]
    if not missing:
        return text
    return appended(text, types, [f"- {each}" for each in missing], ", ".join(missing))


def _expected(said: dict[str, Any]) -> dict[str, Any]:
    there = copy.deepcopy(said)
    types = there.get(_TYPES, [])
    types = types if isinstance(types, list) else []
    more = [each for each in STAGES if each not in types]
    return there | {"repos": [*(there["repos"] or ()), _ENTRY], _TYPES: [*types, *more]}


def _block(gap: int, offset: int) -> list[str]:
    """Return the lines of the entry, indented as the file has it."""
    dash, pad = "-".ljust(gap), " " * gap
    head = [f"{dash}repo: {_ENTRY['repo']}", f"{pad}rev: {_ENTRY['rev']}", f"{pad}hooks:"]
    return head + [f"{pad}{' ' * offset}{dash}id: {each}" for each in HOOKS]


def _flow() -> str:
    hooks = ", ".join(f"{{id: {each}}}" for each in HOOKS)
    return f"{{repo: {_ENTRY['repo']}, rev: {_ENTRY['rev']}, hooks: [{hooks}]}}"


def _types_line() -> str:
    return f"{_TYPES}: [{', '.join(STAGES)}]"


def _offset(repos: Node, gap: int) -> int:
    """Return how far a list of hooks is indented under its key, as the last one there is."""
    found = [*_offsets(repos)]
    return found[-1] if found else (2 if gap == 2 else 0)


def _offsets(repos: Node) -> Iterator[int]:
    for repo in repos.value:
        for key, value in repo.value if isinstance(repo.value, list) else ():
            if key.value == "hooks" and is_block(value):
                yield value.start_mark.column - key.start_mark.column


def _by_hand(why: str) -> ByHand:
    return ByHand(PATH, why, new_configuration())
