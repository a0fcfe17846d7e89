"""Say in which environment Git runs, so that no configuration takes part.

Imports nothing heavy: the hook of a push asks at every push.
"""

from __future__ import annotations

import os

from bedrock_key_guard import system

_KEPT = (*system.FOR_CHILDREN, system.NOT_HERE)
FORMAT_0 = "[core]\nrepositoryformatversion = 0\n"
"""What the configuration of a clean Git directory says."""


def variables(clean_dir: str, work_tree: str, objects: str, index: str) -> dict[str, str]:
    """Return the environment of a Git that uses `clean_dir`, and the `objects` of another.

    It takes no lock, asks no network and nobody.
    """
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DIR": clean_dir,
        "GIT_INDEX_FILE": index,
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OBJECT_DIRECTORY": objects,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_WORK_TREE": work_tree,
        "HOME": clean_dir,
        "LC_ALL": "C",
    }
