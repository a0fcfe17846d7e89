"""Hold the command line to its manners: help, examples, misspelt words, and what comes next."""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from bedrock_key_guard.cli.examples import EXAMPLES
from bedrock_key_guard.cli.main import COMMANDS, _parser, main
from tests import keysmith

Captured = pytest.CaptureFixture[str]
KEY = keysmith.long_term()


@pytest.fixture
def leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "leak.env"
    path.write_text(f"KEY={KEY}\n", encoding="utf-8")
    return path


# ── help ────────────────────────────────────────────────────────────────────────────────────────


def test_a_bare_command_shows_help_and_is_no_clean_scan(capsys: Captured) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: bedrock-key-guard COMMAND")
    assert set(err.split()) >= set(COMMANDS)


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_has_a_short_option(option: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main([option])
    assert re.fullmatch(r"bedrock-key-guard \S+\n", capsys.readouterr().out)


def test_every_command_has_examples_and_help_shows_them(capsys: Captured) -> None:
    assert set(EXAMPLES) == {"", *COMMANDS}
    for command, examples in EXAMPLES.items():
        with pytest.raises(SystemExit):
            main([*command.split(), "--help"])
        shown = capsys.readouterr().out
        assert all(f"  bedrock-key-guard {line}\n" in shown for line, _ in examples)


@pytest.mark.parametrize("line", [line for each in EXAMPLES.values() for line, _ in each])
def test_an_example_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(" < ")[0])
    arguments = _parser(words).parse_args(words, Namespace())
    assert callable(arguments.command)


def test_help_has_no_colours_whatever_python_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    assert "\x1b" not in capsys.readouterr().out


# ── misspelt words ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("scna", "scan"),
        ("respnd --yes", "respond"),
        ("hook install", "hooks"),
        ("hooks instal", "install"),
        ("--vers", "--version"),
        ("scan --excude x", "--exclude"),
        ("scan --hist", "--history"),
        ("scan --format jsn", "json"),
        ("scan --range a --nott b", "--not"),
        ("verify --allowed-account-id 111122223333", "--allowed-account-ids"),
        ("respond --yes --short-term quarantin", "quarantine"),
        ("respond --dryrun", "--dry-run"),
        ("allow 3f5a9c0d1e2b --reson x", "--reason"),
        ("lift --serach", "--search"),
    ],
)
def test_a_misspelt_word_has_its_nearest_named(words: str, meant: str, capsys: Captured) -> None:
    assert main(words.split()) == 2
    assert f"Did you mean `{meant}`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["frobnicate", "scan --frobnicate", "scan --format", "scan -- --excude", "allow"]
)
def test_what_is_near_to_nothing_has_nothing_named(
    words: str, leak: Path, capsys: Captured
) -> None:
    assert main(words.split()) == 2
    assert "Did you mean" not in capsys.readouterr().err


# ── standard input ──────────────────────────────────────────────────────────────────────────────


def test_a_dash_is_standard_input(
    leak: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    with leak.open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["scan", "-"]) == 1
    assert "standard input" in capsys.readouterr().out


def test_a_file_of_that_name_can_be_read(leak: Path, capsys: Captured) -> None:
    leak.rename(leak.with_name("-"))
    assert main(["scan", "./-"]) == 1
    assert "where       -:1:5" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["- leak.env", "leak.env -", "--staged -", "--stdin -", "- -"])
def test_a_dash_stands_alone(words: str, leak: Path, capsys: Captured) -> None:
    assert main(["scan", *words.split()]) == 2
    assert "stands alone" in capsys.readouterr().err


# ── the report in a file ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("form", "start"), [("text", "NOT CHECKED"), ("json", "{"), ("sarif", "{")]
)
def test_a_report_can_be_written_to_a_file(
    form: str, start: str, leak: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["scan", "--format", form, "--output", "report"]) == 1
    out, err = capsys.readouterr()
    written = leak.with_name("report").read_text(encoding="utf-8")
    assert written.startswith(start)
    assert "\x1b" not in written
    assert out == ""
    assert err.endswith("complete.\nThe report is in report.\n")
    if os.name == "posix":
        assert stat.S_IMODE(leak.with_name("report").stat().st_mode) == 0o600
    assert [each.name for each in sorted(leak.parent.iterdir())] == ["leak.env", "report"]


def test_a_quiet_run_says_nothing_but_its_report(leak: Path, capsys: Captured) -> None:
    assert main(["scan", "-q", "--output", "report"]) == 1
    assert capsys.readouterr() == ("", "")


def test_a_report_takes_the_place_of_the_one_before_and_follows_no_link(leak: Path) -> None:
    elsewhere = leak.with_name("elsewhere")
    elsewhere.write_text("kept")
    leak.with_name("report").symlink_to(elsewhere)
    assert main(["scan", "--output", "report", "leak.env"]) == 1
    assert main(["scan", "--output", "report", "leak.env"]) == 1
    assert not leak.with_name("report").is_symlink()
    assert elsewhere.read_text() == "kept"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--output leak.env leak.env", "which this run reads"),
        ("--output ./leak.env --allow-list leak.env", "which this run reads"),
        ("--output .", "which this run reads"),
        ("--output nowhere/report", "There is no folder"),
        ("--output=", "the name is empty"),
    ],
)
def test_a_report_that_can_have_no_place_is_refused_first(
    words: str, said: str, leak: Path, capsys: Captured
) -> None:
    before = leak.read_bytes()
    assert main(["scan", *words.split()]) == 2
    assert said in capsys.readouterr().err
    assert leak.read_bytes() == before


def test_a_report_whose_file_fails_is_shown_all_the_same(
    leak: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bedrock_key_guard.cli.output.write_whole", fail)
    assert main(["scan", "--output", "report"]) == 4
    out, err = capsys.readouterr()
    assert out.startswith("NOT CHECKED")
    assert "'report' cannot be written (No space left on device)" in err


# ── what comes next ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "following"),
    [
        ([], "verify"),
        (["leak.env"], "verify leak.env"),
        (["--exclude", "a b/*"], "verify --exclude 'a b/*'"),
        (["--output", "report", "leak.env"], "verify leak.env"),
        (["--output=report", "--", "leak.env"], "verify -- leak.env"),
        (["-q", "leak.env", "--include-malformed"], "verify -q leak.env --include-malformed"),
    ],
)
def test_a_scan_names_the_command_that_goes_on_from_it(
    words: list[str], following: str, leak: Path, capsys: Captured
) -> None:
    assert main(["scan", *words]) == 1
    out = capsys.readouterr().out
    report = leak.with_name("report")
    text = report.read_text(encoding="utf-8") if report.exists() else out
    assert f"\n      bedrock-key-guard {following}\n" in text


def test_on_windows_the_line_is_one_for_its_shell(
    leak: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("bedrock_key_guard.text.harmless.own_shell", lambda: "powershell")
    assert main(["scan", "--exclude", "a b/*"]) == 1
    assert "\n      bedrock-key-guard verify --exclude 'a b/*'\n" in capsys.readouterr().out


def test_words_that_cannot_be_shown_are_left_out(leak: Path, capsys: Captured) -> None:
    assert main(["scan", "--exclude", "\x1b[2J", "."]) == 1
    assert "\n      bedrock-key-guard verify\n" in capsys.readouterr().out
