"""Hold what shells run to the oldest of them: bash 3.2 of macOS, and any POSIX sh."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.keysmith import long_term
from tests.unit.scan.repositories import new_repo

ROOT = Path(__file__).parents[2]
GUARD = ROOT / "src" / "bedrock_key_guard" / "githooks" / "guard.sh"
SHELLS = [
    [found, *options]
    for name, *options in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["mksh"], ["sh"])
    if (found := shutil.which(name))
]

# What came with bash 4.0 to 5.3 (https://git.savannah.gnu.org/cgit/bash.git/tree/NEWS, "New
# Features in Bash"), and an example of each.
NEWER_THAN_3_2 = {
    r"\$\{[\w@*\[\]]+(?:\^|,)": "${name,,}",
    r"\$\{[\w@*\[\]]+@[A-Za-z]\}": "${name@Q}",
    r"\$\{\w+\[-\d": "${array[-1]}",
    r"\$\{\w+:[^}:]*:\s*-\d": "${name:0:-1}",
    r"\$\{[ |]": "${ command; }",
    r"\b(?:mapfile|readarray|coproc)\b": "mapfile -t lines",
    r"\b(?:declare|local|typeset|readonly)\s+-[a-zA-Z]*[Anglu]": "declare -A names",
    r"\bread\s+(?:-\w+\s+)*-[a-zA-Z]*[Ni]\b": "read -r -N 4 word",
    r"\bwait\s+-[fnp]": "wait -n",
    r"(?:\[\[?|\btest)\s+(?:!\s+)?-[vR]\s": "[[ -v name ]]",
    r"\|&": "make |& cat",
    r"&>>": "make &>> log",
    r";&|;;&": "a) one ;;&",
    r"%\([^)]*\)T": "printf '%(%F)T' -1",
    r"\{\w+\}[<>]": "exec {log}> file",
    r"\{-?\d+\.\.-?\d+\.\.-?\d+\}|\{0\d+\.\.": "echo {1..9..2}",
    r"\bshopt\s+-s\s+(?:globstar|lastpipe|inherit_errexit|localvar_\w+)": "shopt -s globstar",
    r"\$\{?(?:BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM|BASH_ARGV0)\b": "$EPOCHSECONDS",
    r"\$'[^']*\\[uU]": r"$'\u20ac'",
}


def newer_than_3_2(script: str) -> list[str]:
    return [found[0] for each in NEWER_THAN_3_2 for found in re.finditer(each, script)]


@pytest.mark.parametrize("script", NEWER_THAN_3_2.values())
def test_what_bash_3_2_lacks_is_known_when_it_is_seen(script: str) -> None:
    assert newer_than_3_2(script)


@pytest.mark.parametrize(
    "script",
    [
        'IFS=: read -r -a folders <<< "$PATH"',
        '"${folders[@]}" "${folder:0:1}" "${a: -1}" "${b%/*}" "${c:-/}" "${#d}" "${!e}"',
        "trusted+=x; [[ $a =~ b ]]; printf -v a '%s' b; local above=1; for i in {1..9}; do :; done",
        "a &> log; b 2>&1 | c; d >&2; case $x in a | b) ;; esac",
    ],
)
def test_what_bash_3_2_has_is_no_complaint(script: str) -> None:
    assert newer_than_3_2(script) == []


def test_the_steps_of_the_action_run_under_bash_3_2() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    scripts = [each["run"] for each in action["runs"]["steps"] if each.get("shell") == "bash"]
    assert len(scripts) == len(action["runs"]["steps"]) > 0
    assert [newer_than_3_2(each) for each in scripts] == [[]] * len(scripts)


def test_the_hooks_are_for_any_shell_and_end_their_lines_as_it_wants() -> None:
    hooks = [*(ROOT / "hooks").iterdir(), GUARD]
    assert len(hooks) == 5
    for each in hooks:
        text = each.read_bytes()
        assert text.startswith(b"#!/bin/sh\n") or each == GUARD
        assert b"\r" not in text


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: f"{Path(each[0]).name} {each[1:]}")
def test_each_shell_stops_a_commit_and_lets_another_pass(
    shell: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = new_repo(tmp_path / "repo")
    monkeypatch.setenv("BEDROCK_KEY_GUARD_PYTHON", sys.executable)
    codes = []
    for text in ("nothing", long_term("bob")):
        repo.write("file", text)
        repo.git("add", "file")
        command = [*shell, str(ROOT / "hooks" / "pre-commit")]
        done = subprocess.run(command, cwd=repo.path, capture_output=True, check=False, timeout=60)
        codes.append(done.returncode)
    assert codes == [0, 1]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: f"{Path(each[0]).name} {each[1:]}")
@pytest.mark.parametrize(
    ("path", "is_outside"),
    [
        ("C:/Python312/python.exe", True),
        ("D:", True),
        ("{tree}/.venv/bin/python", False),
        ("{tree}", False),
        ("{tree}-2/python", True),
        ("/", True),
        ("", True),
        ("/no/such/folder", True),
    ],
)
def test_a_path_is_outside_the_tree_or_in_it_and_the_question_ends(
    shell: list[str], path: str, is_outside: bool, tmp_path: Path
) -> None:
    found = re.search(r"^is_outside\(\) \{\n.*?^\}\n", GUARD.read_text(), re.DOTALL | re.MULTILINE)
    assert found
    tree = tmp_path / "tree"
    tree.mkdir()
    script = f'tree=$1\n{found[0]}is_outside "$2"'
    done = subprocess.run(
        [*shell, "-c", script, "sh", str(tree), path.format(tree=tree)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        timeout=10,
        check=False,
    )
    assert done.returncode == (0 if is_outside else 1)
