"""Do one step of docs/releasing.md: `owner`, `check` or `notes`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from release import project

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
USAGE = """\
python -m release owner acme                  put an owner's name wherever the present one stands
python -m release check v0.1.0 acme/project   end with 1 unless everything agrees with this tag
python -m release notes v0.1.0                print what the changelog says of it"""


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    match argv:
        case ["owner", name]:
            for path in project.rename(ROOT, tracked(), name):
                print(path)
        case ["check", tag, repository]:
            wrong = project.disagreements(ROOT, tracked(), tag, repository)
            print(*wrong, sep="\n", file=sys.stderr)
            return min(1, len(wrong))
        case ["notes", tag]:
            print(project.notes(ROOT, tag))
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def tracked() -> list[str]:
    """Return the paths that Git tracks, with `/`."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [name.decode() for name in listed.stdout.split(b"\0") if name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
