from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard import __version__
from bedrock_key_guard.cli import main as command_table
from bedrock_key_guard.cli.main import main
from bedrock_key_guard.console.standard_streams import report_error
from bedrock_key_guard.errors import (
    CredentialsError,
    GuardError,
    IncompleteError,
    UsageError,
)
from bedrock_key_guard.model.actions import Outcome, OutcomeState
from bedrock_key_guard.model.findings import NotScanned, Scan
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import (
    Investigating,
    Responding,
    Surroundings,
    Verifying,
    default_ledger,
)
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.respond import undo
from bedrock_key_guard.respond.ledger.entries import LedgerEntry
from bedrock_key_guard.respond.plan import Policy
from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.sources.event_text import EventFile
from tests import keysmith
from tests.unit.respond.doubles import RECORD

UTC = timezone.utc
ACCOUNT = "111122223333"
KEY = keysmith.long_term()
COMMANDS = ("scan", "verify", "respond", "restore", "lift", "explain", "timeline", "doctor")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def leak(tmp_path: Path) -> Path:
    path = tmp_path / "leak.env"
    path.write_text(f"KEY={KEY}\n", encoding="utf-8")
    return path


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    path = tmp_path / "clean.env"
    path.write_text("KEY=\n", encoding="utf-8")
    return path


def explained(code: int, captured: Captured, expected: int) -> str:
    """Check that a failure is one sentence and a remedy on standard error, and return them."""
    out, err = captured.readouterr()
    assert (code, out) == (expected, "")
    sentence, remedy = err.rstrip("\n").split("\n")
    assert sentence.startswith("bedrock-key-guard: ")
    assert sentence.endswith(".")
    assert remedy.startswith("  ")
    assert "Traceback" not in err
    return err


def piped(text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# ── help and version ────────────────────────────────────────────────────────────────────────────


def test_the_version_is_data(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr() == (f"bedrock-key-guard {__version__}\n", "")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: bedrock-key-guard {command}".rstrip())
    assert err == ""
    if not command:
        assert all(f"  {name} " in out for name in COMMANDS)


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["find"], "'find'"),
        (["scan", "--form", "json"], "--form"),
        (["scan", "--format", "yaml"], "'yaml'"),
        (["scan", "--fail-on", "never"], "'never'"),
        (["scan", "--staged", "--stdin"], "--stdin"),
        (["scan", "--stdin", "."], "--stdin"),
        (["scan", "--staged", "a", "b"], "--staged"),
        (["scan", "--all"], "--all"),
        (["scan", "--history", "--not", "a"], "--not"),
        (["scan", "--range"], "no revision"),
        (["scan", "--range", "a", "--staged"], "--staged"),
        (["scan", "--range", "a", "--exec=b"], "--exec=b"),
        (["scan", "--range=--output=b"], "--output=b"),
        (["scan", "--range", "a", "--all=b*", "--glob", "b"], "--glob"),
        (["scan", "no/such/path"], "no/such/path"),
        (["scan", "--baseline", "no/such/file"], "no/such/file"),
        (["scan", "--allow-list", "no/such/file"], "no/such/file"),
        (["verify", "--allowed-account-ids", "12"], "'12'"),
        (["verify", "--max-probes", "-5"], "-5"),
        (["verify", "--format", "html"], "'html'"),
        (["timeline", "--since", "soon"], "'soon'"),
        (["timeline", "--since", "0001-01-01T00:00+23:00"], "is not a time"),
        (["timeline", "--max-events", "-1"], "-1"),
        (["respond", "--action", "grant"], "'grant'"),
        (["respond", "--action", "reset"], "no store"),
        (["respond", "--action", "reset", "--reset-store", "vault:x"], "'vault:x'"),
        (["restore", "--yes", "--ledger", "no/such/ledger"], "no/such/ledger"),
        (["restore", "--account", "12", "--dry-run"], "'12' is no id of an AWS account"),
        (["restore", "--account", "111122223333"], "Without --change every key"),
        (["restore", "--account", "111122223333", "--ledger", "x"], "only one of them goes"),
        (["restore", "--guard", "me"], "'me' is no ARN"),
        (["lift", "--account", "organization"], "'organization' is no id"),
        (["explain", "extra"], "extra"),
        (["scan", "--fail-on", "live"], "verify --fail-on live"),
        (["scan", ""], "the name is empty"),
        (["scan", "--baseline="], "the name is empty"),
        (["scan", "--allow-list", ""], "the name is empty"),
        (["respond", "--ledger", ""], "the name is empty"),
        (["respond", "--protect", " "], "the name is empty"),
        (["respond", "--reactivate"], "--reactivate goes with --action reset alone"),
        (["respond", "--force"], "--force goes with --short-term revoke-sessions alone"),
        (
            ["respond", "--short-term", "quarantine", "--revoke-everything"],
            "--revoke-everything goes with --short-term revoke-sessions alone",
        ),
        (["scan", "--frobnicate"], "--frobnicate"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_a_remedy(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in explained(main(arguments), capsys, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", KEY],
        ["explain", KEY],
        ["scan", f"--allow-list={KEY}"],
        ["restore", "--change", KEY, "--ledger", KEY],
        ["restore", "--account", KEY, "--change", KEY],
        ["lift", "--guard", KEY],
        [KEY],
        ["scan", f"--{KEY}"],
        ["verify", "--allowed-account-ids", KEY],
        ["scan", keysmith.short_term()],
    ],
)
def test_a_key_on_the_command_line_is_not_written_back(
    arguments: list[str], capsys: Captured
) -> None:
    written = explained(main(arguments), capsys, 2)
    assert KEY[30:42] not in written
    assert KEY[-12:] not in written
    assert keysmith.short_term()[80:92] not in written


def test_control_characters_in_an_argument_drive_no_terminal(capsys: Captured) -> None:
    written = explained(main(["scan", "\x1b[2J\u202e\n::error::x"]), capsys, 2)
    assert written.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("It is wrong."), 2),
        (CredentialsError("It is missing."), 3),
        (IncompleteError("It is unreadable."), 4),
        (GuardError("It is broken."), 70),
    ],
)
def test_each_error_has_its_code_and_its_remedy(
    error: GuardError, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def fail(*_: object) -> Report:
        raise error

    monkeypatch.setattr(pipeline, "run", fail)
    written = explained(main(["scan"]), capsys, code)
    assert str(error) in written
    assert error.remedy in written


@pytest.mark.parametrize(
    "error", [ValueError(KEY), RecursionError(KEY), MemoryError(), OSError(KEY)]
)
def test_an_error_of_ours_shows_its_place_and_not_its_text(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def break_down(*_: object) -> Report:
        raise error

    monkeypatch.setattr(pipeline, "run", break_down)
    written = explained(main(["scan"]), capsys, 70)
    assert f"({type(error).__name__} in break_down, line " in written
    assert KEY[8:20] not in written


def test_an_error_that_was_never_raised_has_no_place(capsys: Captured) -> None:
    assert "(KeyError)" in explained(report_error(KeyError(KEY)), capsys, 70)


def test_a_person_may_stop_a_run(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def stop(*_: object) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", stop)
    assert "interrupted" in explained(main(["scan"]), capsys, 130)


# ── what is asked for ───────────────────────────────────────────────────────────────────────────


@dataclass
class Asked:
    """Stand in for the guard, and keep what it was asked."""

    report: Report = field(default_factory=lambda: Report(Scan()))
    scanning: Scanning = field(default_factory=Scanning)
    verifying: Verifying | None = None
    responding: Responding | None = None
    investigating: Investigating | None = None

    def run(
        self,
        scanning: Scanning,
        verifying: Verifying | None,
        responding: Responding | None,
        _around: Surroundings,
        investigating: Investigating | None,
    ) -> Report:
        self.scanning, self.verifying, self.responding = scanning, verifying, responding
        self.investigating = investigating
        return self.report


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(pipeline, "run", asked.run)
    return asked


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Scanning()),
        (["a", "b/c"], Scanning((Path("a"), Path("b/c")))),
        (["--", "-a"], Scanning((Path("-a"),))),
        (["--staged"], Scanning(source="index")),
        (["--staged", "a"], Scanning((Path("a"),), "index")),
        (["--stdin"], Scanning(source="stdin")),
        (["--include-malformed"], Scanning(include_malformed=True)),
        (["--event", "a"], Scanning(source="nothing", event=EventFile(Path("a")))),
        (["--history"], Scanning(source="history")),
        (["--history", "--deep"], Scanning(source="history", deep=True)),
        (["c", "--range", "a..b"], Scanning((Path("c"),), "range", ("a..b",))),
        (["--range", "a..b", "--", "c"], Scanning((Path("c"),), "range", ("a..b",))),
        (["--range=a..b", "c"], Scanning((Path("c"),), "range", ("a..b",))),
        (
            ["c", "--range", "--all", "a", "--not", "b", "c"],
            Scanning((Path("c"),), "range", ("--all", "a", "--not", "b", "c")),
        ),
        (
            ["--range", "--branches", "--tags", "--not", "--remotes", "--format", "json", "c"],
            Scanning((Path("c"),), "range", ("--branches", "--tags", "--not", "--remotes")),
        ),
    ],
)
def test_a_scan_reads_what_was_named(
    arguments: list[str], expected: Scanning, asked: Asked
) -> None:
    assert main(["scan", *arguments]) == 0
    assert (asked.scanning, asked.verifying, asked.responding) == (expected, None, None)


def test_what_people_agreed_not_to_see_is_read(asked: Asked, tmp_path: Path) -> None:
    allowed, baseline = tmp_path / "allowed", tmp_path / "baseline"
    allowed.write_text(f"fingerprint {'ab' * 6}  # an example\n")
    baseline.write_text(json.dumps({"results": {"a.py": [{"hashed_secret": "00"}]}}))
    main(
        [
            *("scan", "--allow-list", str(allowed), "--baseline", str(baseline)),
            *("--exclude", "a/*", "--exclude", "b"),
        ]
    )
    allow = asked.scanning.allow
    assert allow.keys == (AllowedKey("ab" * 6),)
    assert allow.baseline == frozenset({("a.py", "00")})
    assert allow.exclude == ("a/*", "b")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], Verifying()),
        (["--allowed-account-ids", ACCOUNT], Verifying(frozenset((ACCOUNT,)))),
        (["--max-probes", "7"], Verifying(max_probes=7)),
    ],
)
def test_a_verification_is_bounded_as_asked(
    arguments: list[str], expected: Verifying, asked: Asked
) -> None:
    assert main(["verify", *arguments]) == 0
    assert (asked.verifying, asked.responding) == (expected, None)


@pytest.mark.parametrize(
    ("arguments", "policy", "store"),
    [
        ([], Policy(), None),
        (["--dry-run"], Policy(dry_run=True), None),
        (["--protect", "a", "--protect", "b"], Policy(protect=frozenset("ab")), None),
        (["--max-responses", "3"], Policy(max_responses=3), None),
        (
            ["--action", "reset", "--reset-store", "ssm:x", "--reactivate"],
            Policy("reset", reactivate=True),
            "ssm:x",
        ),
        (["--action", "delete"], Policy("delete"), None),
        (["--action", "strip-policies"], Policy("strip-policies"), None),
        (["--short-term", "quarantine"], Policy(short_term="quarantine"), None),
        (["--quarantine-policy", "Deny"], Policy(quarantine="Deny"), None),
        (
            ["--short-term", "revoke-sessions", "--revoke-everything", "--force"],
            Policy(short_term="revoke-sessions", revoke_everything=True, force=True),
            None,
        ),
    ],
)
def test_a_response_is_bounded_as_asked(
    arguments: list[str], policy: Policy, store: str | None, asked: Asked
) -> None:
    assert main(["respond", "--yes", *arguments]) == 0
    assert asked.verifying == Verifying()
    assert asked.responding == Responding(policy, default_ledger(), store)
    assert policy.untrusted is None  # whoever types a command is trusted


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["timeline"], Investigating()),
        (["timeline", "--max-events", "500"], Investigating(max_events=500)),
        (["timeline", "--since", "2026-11-20"], Investigating(datetime(2026, 11, 20, tzinfo=UTC))),
        (
            ["timeline", "--since", "2026-11-20T15:30Z"],
            Investigating(datetime(2026, 11, 20, 15, 30, tzinfo=UTC)),
        ),
        (
            ["timeline", "--since", "2026-11-20T15:30:00+01:00"],
            Investigating(datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ),
        (["verify", "--timeline"], Investigating()),
        (["respond", "--yes", "--timeline"], Investigating()),
        (["verify"], None),
        (["respond", "--yes"], None),
        (["scan"], None),
    ],
)
def test_the_trail_is_looked_at_where_that_is_asked_for(
    arguments: list[str], expected: Investigating | None, asked: Asked
) -> None:
    assert main(arguments) == 0
    assert asked.investigating == expected
    assert (asked.verifying is None) == (arguments == ["scan"])


@pytest.mark.parametrize(("form", "start"), [("html", "<!doctype html>"), ("json", "{")])
def test_a_timeline_comes_as_a_page_or_as_data(
    form: str, start: str, asked: Asked, capsys: Captured
) -> None:
    assert main(["timeline", "--format", form]) == 0
    assert capsys.readouterr().out.startswith(start)


def test_the_ledger_can_be_put_elsewhere(asked: Asked, tmp_path: Path) -> None:
    main(["respond", "--yes", "--ledger", str(tmp_path / "x")])
    assert asked.responding is not None
    assert asked.responding.ledger == tmp_path / "x"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--action", "reset", "--reset-store", "ssm:x"], True),
        (["--action", "reset", "--reset-store", "ssm:x", "--dry-run"], False),
        (["--action", "delete"], True),
        (["--action", "delete", "--dry-run"], False),
        (["--action", "strip-policies", "--short-term", "revoke-sessions"], False),
        ([], False),
    ],
)
def test_people_are_told_before_what_cannot_be_undone(
    arguments: list[str],
    told: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    said: list[str] = []

    def run(*_: object) -> Report:
        said.append(capsys.readouterr().err)
        return Report(Scan())

    monkeypatch.setattr(pipeline, "run", run)
    main(["respond", "--yes", *arguments])
    assert ("cannot be undone" in said[0]) is told


# ── what comes out ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("fail_on", "expected"), [("any", 1), ("none", 0), (None, 1)])
def test_findings_fail_as_asked(
    fail_on: str | None, expected: int, leak: Path, capsys: Captured
) -> None:
    options = ["--fail-on", fail_on] if fail_on else []
    assert main(["scan", *options, str(leak)]) == expected


def test_a_clean_scan_is_zero(clean: Path, capsys: Captured) -> None:
    assert main(["scan", str(clean)]) == 0


def test_an_incomplete_scan_is_not_clean(asked: Asked, capsys: Captured) -> None:
    asked.report = Report(Scan(not_scanned=(NotScanned("a", "missing", "permission denied"),)))
    assert main(["scan"]) == 4


@pytest.mark.parametrize("command", ["scan", "verify", "respond"])
def test_a_run_is_written_as_sarif(
    command: str, leak: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(leak.parent)
    more = ["--dry-run"] if command == "respond" else []
    assert main([command, "--format", "sarif", *more, leak.name]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = run["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == leak.name
    assert result["ruleId"] == "bedrock-long-term"


def test_data_go_to_standard_output_and_nothing_else_does(leak: Path, capsys: Captured) -> None:
    assert main(["scan", "--format", "json", str(leak)]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    document = json.loads(out)
    assert [one["fingerprint"] for one in document["incidents"]] == [keysmith.fingerprint_of(KEY)]
    assert out.endswith("}\n")


def test_text_for_people_goes_there_too_and_holds_no_key(leak: Path, capsys: Captured) -> None:
    assert main(["scan", str(leak)]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert keysmith.fingerprint_of(KEY)[:12] in out
    assert KEY[40:52] not in out
    assert "\x1b" not in out  # it is no terminal


def test_a_folder_that_is_gone_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for options in ([], ["."], ["--staged"], ["--history"]):
        assert "does not exist any more" in explained(main(["scan", *options]), capsys, 2)


def guarded(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bedrock_key_guard", *arguments]
    return subprocess.run(command, check=False, capture_output=True, **more)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("scan leak.env", 1), ("--version", 0), ("--help", 0), ("verify --help", 0)],
)
def test_a_reader_who_has_gone_changes_nothing(
    arguments: str, code: int, leak: Path, home: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = ending(arguments, writing, leak.parent)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (code, b"")


@pytest.mark.parametrize("arguments", ["scan leak.env", "--version", "verify --help"])
def test_a_full_disk_is_told(arguments: str, leak: Path, home: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = ending(arguments, full.fileno(), leak.parent)
    assert ended.returncode == 4
    assert b"Standard output cannot be written to (No space left on device)." in ended.stderr
    assert b"Exception ignored" not in ended.stderr


def ending(arguments: str, stdout: int, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    # Isolated, it buffers as it does for people, whatever the environment says.
    command = [sys.executable, "-Im", "bedrock_key_guard", *arguments.split()]
    return subprocess.run(command, check=False, cwd=cwd, stdout=stdout, stderr=subprocess.PIPE)


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "utf-8"])
def test_an_output_without_the_letters_gets_them_spelled(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "клю\u0447.env"
    path.write_text(f"KEY={KEY}\n", encoding="utf-8")
    ended = guarded(
        "scan", path.name, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert (ended.returncode, ended.stderr) == (1, b"")
    name = path.name.encode(encoding, "backslashreplace")
    assert name in ended.stdout


def test_a_page_says_in_which_encoding_it_is_and_is_in_it() -> None:
    page = "import sys; from bedrock_key_guard.console.standard_streams import write; "
    page += "write('<meta charset=utf-8>caf\\u00e9 \\u2588\\n', 'utf-8')"
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-c", page]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout == "<meta charset=utf-8>caf\u00e9 \u2588\n".encode()


def test_help_is_for_every_console(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], *([name] for name in command_table.COMMANDS)):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
    said = capsys.readouterr().out
    assert said.count("usage:") == len(command_table.COMMANDS) + 1
    assert said.isascii()


# ── explain ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (KEY, ("Amazon Bedrock long-term API key", ACCOUNT, "BedrockAPIKey-ex4m")),
        (f"export X='{KEY}'\n", ("Amazon Bedrock long-term API key",)),
        (keysmith.short_term(region="eu-west-1"), ("short-term API key", "eu-west-1", "expires")),
        (keysmith.long_term(prefix=keysmith.CLOUDWATCH_LOGS), ("CloudWatch Logs API key",)),
        (f"{KEY}\n{keysmith.long_term('bob')}", ("BedrockAPIKey-ex4m", "bob")),
        ("ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4", ("BedrockAPIKey-ex4m",)),
    ],
)
def test_a_key_is_explained_offline(
    text: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    piped(text, monkeypatch)
    assert main(["explain"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(word in out for word in (*words, "fingerprint "))
    assert KEY[40:52] not in out


@pytest.mark.parametrize("text", ["", "\n", "ABSK", "hello", b"\xff\xfe\x00"])
def test_what_is_no_key_is_explained_as_such(
    text: str | bytes, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    piped(text, monkeypatch)
    assert "no key of a known family" in explained(main(["explain"]), capsys, 2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [(KEY, 0), ("", 2), (EOFError, 2)])
def test_a_key_that_is_typed_is_not_shown(
    typed: str | type[EOFError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    def ask(prompt: str, stream: object) -> str:
        assert (prompt, stream) == ("Key: ", sys.stderr)
        if isinstance(typed, str):
            return typed
        raise typed

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", ask)
    assert main(["explain"]) == code


# ── restore ─────────────────────────────────────────────────────────────────────────────────────


def entry(alias: str) -> LedgerEntry:
    return LedgerEntry(
        change="5f1c0ffee000",
        phase="done",
        time="2026-11-23T06:00:00+00:00",
        action="disable",
        actor="",
        account_id=ACCOUNT,
        partition="aws",
        fingerprint="0" * 64,
        record=replace(RECORD, alias=alias),
    )


@pytest.fixture
def undoing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[Any, ...]]]:
    """Let `undo` end as told, and keep what it was asked."""
    asked: list[tuple[Any, ...]] = []

    def ends(*outcomes: Outcome, alias: str = "alice-at-1") -> list[tuple[Any, ...]]:
        def stand_in(path: Path, change: str | None, *_: object, dry_run: bool) -> Any:
            asked.append((path, change, dry_run))
            return [(entry(alias=alias), outcome) for outcome in outcomes]

        monkeypatch.setattr(undo, "undo", stand_in)
        return asked

    return ends


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["done"], 0),
        (["dry-run"], 0),
        (["not-needed"], 0),
        (["refused"], 4),
        (["failed"], 4),
        (["done", "refused"], 4),
        ([], 0),
    ],
)
def test_a_restore_tells_each_change_and_whether_all_is_well(
    states: list[OutcomeState],
    code: int,
    undoing: Callable[..., list[tuple[Any, ...]]],
    capsys: Captured,
) -> None:
    undoing(*(Outcome("restore", state, "because") for state in states))
    assert main(["restore", "--yes"]) == code
    out, err = capsys.readouterr()
    expected = [f"5f1c0ffee000  alice-at-1  {state}: because" for state in states]
    assert out.splitlines() == expected
    assert err == ("" if states else "The ledger records no change.\n")


def test_a_restore_is_of_the_ledger_and_the_change_that_were_named(
    undoing: Callable[..., list[tuple[Any, ...]]],
) -> None:
    asked = undoing()
    main(["restore", "--yes"])
    main(["restore", "--ledger", "x", "--change", "5f1c", "--dry-run"])
    assert asked == [(default_ledger(), None, False), (Path("x"), "5f1c", True)]


def test_a_ledgers_text_drives_no_terminal(
    undoing: Callable[..., list[tuple[Any, ...]]], capsys: Captured
) -> None:
    undoing(Outcome("restore", "refused", "\x1b[2J"), alias="\u202ealice\n::error::")
    main(["restore", "--yes"])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()


# ── lift ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("states", "code"),
    [(["done"], 0), (["not-needed", "dry-run"], 0), (["refused"], 4), (["failed"], 4), ([], 0)],
)
def test_a_lift_tells_whom_it_freed_and_whether_all_is_well(
    states: list[OutcomeState], code: int, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    asked: list[object] = []

    def stand_in(path: Path, *_: object, search: bool, dry_run: bool) -> Any:
        asked.append((path, search, dry_run))
        return [("role ml\x1b[2J", Outcome("lift", state, "because")) for state in states]

    monkeypatch.setattr(undo, "lift_all", stand_in)
    assert main(["lift", "--yes"]) == code
    assert main(["lift", "--ledger", "x", "--search", "--dry-run"]) == code
    assert asked == [(default_ledger(), False, False), (Path("x"), True, True)]
    out, err = capsys.readouterr()
    assert [line.rpartition("  ")[2] for line in out.splitlines()] == [
        f"{state}: because" for state in states * 2
    ]
    assert all(line.isprintable() for line in out.splitlines())
    assert bool(err) is (not states)


@pytest.mark.parametrize(("arguments", "is_loaded"), [("", True), ("--quiet", False)])
def test_a_quiet_scan_does_not_even_load_what_shows_progress(
    tmp_path: Path, arguments: str, is_loaded: bool
) -> None:
    script = (
        "import sys; from bedrock_key_guard.cli.main import main;"
        f" main({['scan', *arguments.split()]!r});"
        " sys.exit('bedrock_key_guard.console.progress_display' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], check=False, cwd=tmp_path)
    assert done.returncode == is_loaded
