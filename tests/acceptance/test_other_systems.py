"""Scan without what only some systems have: no door may need it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import keysmith
from tests.pretend import launcher
from tests.unit.scan.repositories import Repo, new_repo

FILES = 60
# Workers have work although there is little, and lose what this process loses.
CODE = """
import subprocess, sys
start = subprocess.Popen.__init__
def starts(self, *arguments, **options):
    with open(sys.argv[1], "a") as noted:
        noted.write("child\\n" if "bedrock_key_guard" in str(arguments) else "")
    start(self, *arguments, **options)
subprocess.Popen.__init__ = starts
from bedrock_key_guard.scan.prefilter import file_workers
file_workers._ALONE, file_workers._MANY, file_workers._SHARE = 1, 1, 5
from bedrock_key_guard.cli.main import main
raise SystemExit(main(sys.argv[2:]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repo = new_repo(tmp_path / "tree")
    texts = {f"f{number}": f"nothing {number}\n" for number in range(FILES)}
    repo.commit("first", **texts, one__txt=keysmith.long_term("user-one"))
    # So much that a history is shared out, too.
    repo.commit("large", large__txt="nothing\n" * 300_000)
    repo.commit("second", one__txt="gone", two__txt=keysmith.long_term("user-two"))
    repo.git("tag", "--annotate", "--message", "t", "annotated")
    return repo.path


def scanned(tree: Path, *command: str) -> dict[str, Any]:
    done = subprocess.run([*command, "."], cwd=tree, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (1, "")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize(
    "arguments",
    [(), ("--history",), ("--history", "--deep"), ("--range", "HEAD"), ("--staged",)],
    ids=" ".join,
)
def test_a_scan_is_the_same_without_what_only_some_systems_have(
    tree: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    Repo(tree).git("rm", "--cached", "--quiet", "f1")
    (tree / "staged").write_text(keysmith.long_term("user-three"))
    Repo(tree).git("add", "staged")
    scan = ("scan", *arguments, "--format", "json")
    expected = scanned(tree, sys.executable, "-I", "-m", "bedrock_key_guard", *scan)

    noted = tmp_path / "noted"
    python = str(launcher(tmp_path, "no-posix", str(tmp_path)))
    assert scanned(tree, python, "-I", "-c", CODE, str(noted), *scan) == expected
    shares_out = not arguments or "--history" in arguments
    assert ("child" in noted.read_text()) is shares_out
