"""Scan small files that would cost hours or all memory, beside a plain key: it is answered."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import costly
from tests.jobs import guard, report_of, verdicts
from tests.keysmith import long_term
from tests.leaks import leak, status

# Of the processor, and in KiB of address space, as the shell counts them.
SECONDS, MEMORY = 60, 2 << 20
SPENT = (
    "to read what is packed or encoded in it would take more work than a file of its size may cost"
)
NESTED = "what is in it is nested more deeply than can be followed"
COSTLY: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "box.zip": (costly.zip_of_zips, " > zip:0.zip > zip:0.txt", SPENT),
    "fixture.txt": (lambda: costly.escapes(16, 4), "", SPENT),
    "paper.pdf": (costly.filters_upon_filters, "", NESTED),
}
HOOK = "from bedrock_key_guard.hook import run; run()"


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_file_is_one_line_and_the_live_key_beside_it_is_made_dead(
    name: str, tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    make, where, reason = COSTLY[name]
    (tree / name).write_bytes(make())
    leak(tree, leaked.key)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    report = report_of(done)
    assert report["not_scanned"] == [
        {"what": name + where, "kind": "missing", "reason": reason, "accepted": False}
    ]
    assert report["complete"] is False
    assert verdicts(report) == ["live"]
    assert status(sandbox, leaked) == "Inactive"


@pytest.mark.parametrize("name", COSTLY)
def test_the_hook_ends_under_bounds_and_names_the_key_and_the_file(name: str, tree: Path) -> None:
    (tree / name).write_bytes(COSTLY[name][0]())
    leak(tree, long_term("eve"))
    bounds = f'ulimit -t {SECONDS} && ulimit -v {MEMORY} && exec "$@"'
    hook = (sys.executable, "-Ic", HOOK, "--", name, "settings.env")
    done = subprocess.run(
        ["sh", "-c", bounds, "sh", *hook], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "settings.env" in done.stderr
    assert name in done.stderr
