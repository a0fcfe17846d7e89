"""Check that each hook of Git runs the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import find_repository
from bedrock_key_guard.githooks.inspection import inspect
from bedrock_key_guard.githooks.place import place_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bedrock_key_guard.doctor.checks import State


def check_hooks(folder: Path) -> Iterator[Check]:
    """Yield what each hook does: of a developer's repository, or in a bare one of a server's."""
    repository = find_repository(folder)
    if repository is None:
        yield Check("hooks", "hooks", "unknown", f"{folder} is in no Git repository")
        return
    try:
        place = place_in(folder, server=repository.work_tree == repository.git_dir)
        hooks = inspect(place)
    except UsageError as error:
        yield Check("hooks", "hooks", "unknown", str(error), error.remedy)
        return
    for hook in hooks:
        state: State = "works" if hook.state == "runs" else "wrong"
        yield Check("hooks", hook.name, state, hook.said, hook.mend)
