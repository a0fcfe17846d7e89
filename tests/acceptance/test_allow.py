from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import doors
from tests.keysmith import fingerprint_of, long_term

KEY = long_term("alice", n=1)
DIGITS = fingerprint_of(KEY)[:12]
OTHER = fingerprint_of(long_term("bob"))[:12]


@pytest.fixture
def folder(tree: Path) -> Path:
    for name in ("docs", "src"):
        (tree / name).mkdir()
        (tree / name / "data.json").write_text(json.dumps({"key": KEY}))
    return tree


def allow(folder: Path, *words: str) -> doors.Done:
    return doors.command("allow", *words, "--allow-list", "known", cwd=folder)


def test_the_command_of_a_blocked_commit_lets_that_file_through_and_no_other(folder: Path) -> None:
    told = doors.hook("--files", "--allow-list=/dev/null", "docs/data.json", cwd=folder).stderr
    assert f"bedrock-key-guard allow {DIGITS} --path=docs/data.json" in told
    done = allow(folder, DIGITS, "--path=docs/data.json", "--reason", "an example")
    assert (done.returncode, done.stdout) == (0, "")
    assert (folder / "known").read_text() == (
        f"fingerprint {DIGITS} path=docs/data.json  # an example\n"
    )
    for name, code in (("docs/data.json", 0), ("src/data.json", 1)):
        assert doors.hook("--files", "--allow-list=known", name, cwd=folder).returncode == code
    allow(folder, OTHER, "--reason", "another", "--until", "2999-12-31")
    with (folder / "known").open("a") as known:
        known.write(f"fingerprint {DIGITS} path=src/* until=2020-01-01\n")
    done = doors.command("scan", "--allow-list", "known", cwd=folder)
    assert done.returncode == 1
    assert f"Entries of the allow-list that have expired: {DIGITS} at src/*." in done.stdout
    assert f"Entries of the allow-list that match nothing that was read: {OTHER}." in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([KEY, "--reason", "x"], "12 to 64 hexadecimal digits"),
        ([DIGITS, "--reason", "x", "--until", "2020-01-01"], "the date has passed"),
        ([DIGITS, "--reason", "x", "--until", "soon"], "it is no date such as"),
        ([DIGITS, "--reason", " "], "cannot stand in an allow-list"),
        ([DIGITS, "--reason", "one\ntwo"], "cannot stand in an allow-list"),
        ([DIGITS, "--reason", f"see {KEY}"], "cannot stand in an allow-list"),
        ([DIGITS, "--reason", "x", "--path", "**"], "cannot stand in an allow-list"),
        ([DIGITS, "--reason", "x", "--path", "a b"], "cannot stand in an allow-list"),
        ([DIGITS], "--reason"),
    ],
)
def test_what_allows_nothing_or_too_much_is_refused(
    folder: Path, words: list[str], said: str
) -> None:
    done = allow(folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert KEY[20:40] not in done.stderr
    assert not (folder / "known").exists()


def test_a_file_that_is_no_list_is_left_as_it_is(folder: Path) -> None:
    (folder / "known").write_text("something else\n")
    assert allow(folder, DIGITS, "--reason", "x").returncode == 2
    assert (folder / "known").read_text() == "something else\n"
