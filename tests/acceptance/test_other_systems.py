"""Scan without what only some systems have: no door may need it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bedrock_key_guard
from tests import keysmith
from tests.unit.scan.repositories import Repo, new_repo

FILES = 60
NAMES = (
    *("fork", "forkpty", "register_at_fork", "readv", "preadv", "writev", "pwritev", "killpg"),
    *("setsid", "setpgid", "setpgrp", "getpgid", "symlink", "link", "mkfifo", "sched_setscheduler"),
    *("O_NOFOLLOW", "O_NONBLOCK", "posix_spawn", "SCHED_BATCH", "openpty", "nice", "getuid"),
)
# Workers lose the names too, and have work although there is little.
CODE = f"""
import os, subprocess, sys
lose = '''
import os, sys
for name in {NAMES!r}:
    hasattr(os, name) and delattr(os, name)
sys.modules.update(dict.fromkeys(("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty")))
'''
exec(lose)
start = subprocess.Popen.__init__
def starts(self, *arguments, **options):
    with open(sys.argv[1], "a") as noted:
        noted.write("child\\n" if "bedrock_key_guard" in str(arguments) else "")
    only_posix = {{"preexec_fn", "pass_fds", "start_new_session", "process_group", "umask", "user"}}
    assert not only_posix & set(options), options
    start(self, *arguments, **options)
subprocess.Popen.__init__ = starts
from bedrock_key_guard.scan.prefilter import file_workers, pool
file_workers._ALONE, file_workers._MANY, file_workers._SHARE = 1, 1, 5
pool._CODE = lose.replace("{{", "{{{{").replace("}}", "}}}}") + pool._CODE
from bedrock_key_guard.cli.main import main
raise SystemExit(main(sys.argv[2:]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repo = new_repo(tmp_path / "tree")
    texts = {f"f{number}": f"nothing {number}\n" for number in range(FILES)}
    repo.commit("first", **texts, one__txt=keysmith.long_term("user-one"))
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
    assert scanned(tree, sys.executable, "-I", "-c", CODE, str(noted), *scan) == expected
    shares_out = not arguments or "--history" in arguments
    assert ("child" in noted.read_text()) is shares_out


def test_no_source_names_what_only_some_systems_have() -> None:
    names = [f"os.{name}" for name in ("readv", "preadv", "fork", "symlink", "killpg", "setsid")]
    words = (*names, "pass_fds", "symlink_to", "start_new_session", "import selectors")
    sources = Path(bedrock_key_guard.__file__).parent.rglob("*.py")
    texts = {str(each): each.read_text("utf-8") for each in sources}
    assert len(texts) > 100
    assert [(path, word) for path, text in texts.items() for word in words if word in text] == []
