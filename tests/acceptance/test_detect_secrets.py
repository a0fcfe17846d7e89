from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bedrock_key_guard
from bedrock_key_guard.plugin.detector import SECRET_TYPE
from tests.contexts import ISSUED_AT
from tests.doors import PLUGIN, detect_secrets, git, plain_detect_secrets
from tests.hostile import lay_traps
from tests.keysmith import ACCOUNT, fingerprint_of, long_term, short_term

if TYPE_CHECKING:
    from tests.doors import Done

KEY = long_term("alice")
OTHER = long_term("bob")
LINE = f"AWS_BEARER_TOKEN_BEDROCK={KEY}\n"
STOCK_SECRET = "AKIA" + "Q3EGFRBA5VJ2XK7P"
SOURCE = str(Path(bedrock_key_guard.__file__).parents[1])
BASELINE = ".secrets.baseline"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git("init", cwd=folder)
    return folder


def write(repository: Path, name: str, text: str = LINE, encoding: str = "utf-8") -> None:
    file = repository / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding=encoding)
    git("add", "--all", cwd=repository)


def write_baseline(repository: Path, **changes: object) -> dict[str, Any]:
    """Scan as it is, write the baseline, and return it."""
    done = detect_secrets("scan", cwd=repository)
    assert done.returncode == 0, done.stderr
    baseline: dict[str, Any] = {**json.loads(done.stdout), **changes}
    write(repository, BASELINE, json.dumps(baseline))
    return baseline


def types(done: Done) -> dict[str, list[str]]:
    results = json.loads(done.stdout)["results"]
    return {name: [each["type"] for each in found] for name, found in results.items()}


# ── the hook ────────────────────────────────────────────────────────────────────────────────────


def test_a_new_key_is_reported_and_explained(repository: Path) -> None:
    write(repository, "app.env")
    done = detect_secrets("hook", "app.env", cwd=repository)
    assert done.returncode == 1
    assert f"Secret Type: {SECRET_TYPE}\nLocation:    app.env:1\n" in done.stdout
    assert "app.env:1:26\n" in done.stderr
    assert f"of account {ACCOUNT}" in done.stderr
    assert "What to do now:" in done.stderr


def test_the_hook_is_the_default_command(repository: Path) -> None:
    write(repository, "app.env")
    assert detect_secrets("app.env", cwd=repository).returncode == 1


def test_a_clean_file_passes_without_a_word(repository: Path) -> None:
    write(repository, "app.env", "REGION=us-east-1\n")
    done = detect_secrets("hook", "app.env", cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_secrets_of_other_kinds_are_found_as_ever_and_not_explained(repository: Path) -> None:
    write(repository, "app.env", f"aws = {STOCK_SECRET}\n")
    done = detect_secrets("hook", "app.env", cwd=repository)
    assert done.returncode == 1
    assert "Secret Type: AWS Access Key" in done.stdout
    assert done.stderr == ""


def test_a_key_that_other_detectors_see_too_is_reported_once(repository: Path) -> None:
    write(repository, "app.py", f'api_key = "{KEY}"\nsecret = "{KEY.rstrip("=")}"\n')
    done = detect_secrets("hook", "--json", "app.py", cwd=repository)
    assert types(done) == {"app.py": [SECRET_TYPE]}


def test_a_short_password_that_is_part_of_a_key_by_chance_is_kept(repository: Path) -> None:
    write(repository, "app.py", f'password = "{KEY[20:26]}"\nk = "{KEY}"\n')
    found = types(detect_secrets("hook", "--json", "app.py", cwd=repository))
    assert sorted(found["app.py"]) == [SECRET_TYPE, "Secret Keyword"]


def test_a_file_with_a_backslash_in_its_name_is_read(repository: Path) -> None:
    write(repository, "a\\b.env")
    assert detect_secrets("hook", "a\\b.env", cwd=repository).returncode == 1
    # As on Windows, a baseline has `/` in its place.
    write_baseline(repository)
    done = detect_secrets("hook", "--baseline", BASELINE, "a\\b.env", cwd=repository)
    assert done.returncode == 0, done.stdout


def test_a_hostile_file_name_does_not_drive_the_terminal(repository: Path) -> None:
    names = ("\x1b[31mred", os.fsdecode(b"\xff.env"))
    for name in names:
        write(repository, name)
    done = detect_secrets("hook", *names, cwd=repository)
    assert done.returncode == 1
    assert all(line.isprintable() for line in (done.stdout + done.stderr).split("\n"))


def test_nothing_that_is_written_holds_a_piece_of_the_key(repository: Path) -> None:
    key = short_term(issued_at=ISSUED_AT)
    write(repository, "app.py", f'x = "{KEY}"\ntoken = "{key}"\nClient(api_key="{OTHER}")\n')
    baseline = json.dumps(write_baseline(repository))
    answers = [
        detect_secrets("hook", "-v", "-v", "app.py", cwd=repository),
        detect_secrets("audit", "--report", BASELINE, cwd=repository),
        detect_secrets("scan", "--string", KEY, cwd=repository),
    ]
    said = baseline + "".join(each.stdout + each.stderr for each in answers)
    pieces = [k[at : at + 12] for k in (KEY, OTHER, key) for at in range(4, len(k) - 12)]
    assert not [piece for piece in pieces if piece in said.replace(fingerprint_of(key), "")]


def test_a_file_that_cannot_be_read_is_not_clean(repository: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs a file whose reading fails, also for root")
    done = detect_secrets("hook", "/proc/self/mem", cwd=repository)
    assert done.returncode == 4
    assert "was not scanned: input/output error." in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--exclude-files", r"\.env$"), ("--exclude-lines", "TOKEN"), ("--exclude-secrets", "^ABSK")],
)
def test_what_the_user_excludes_is_left_out(repository: Path, arguments: tuple[str, ...]) -> None:
    write(repository, "app.env")
    assert detect_secrets("hook", *arguments, "app.env", cwd=repository).returncode == 0
    assert detect_secrets("hook", arguments[0], "other", "app.env", cwd=repository).returncode == 1


def test_the_detector_can_be_switched_off_by_name(repository: Path) -> None:
    write(repository, "app.lock")
    off = ("--disable-plugin", "BedrockApiKeyDetector")
    assert detect_secrets("hook", *off, "app.lock", cwd=repository).returncode == 0


# ── baselines ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("spelling", ["{}", "./{}", "{folder}/{}"])
def test_a_baseline_knows_a_file_however_its_name_is_spelled(
    repository: Path, spelling: str
) -> None:
    write(repository, "docs/settings.py")
    write_baseline(repository)
    name = spelling.format("docs/settings.py", folder=repository)
    done = detect_secrets("hook", "--baseline", BASELINE, name, cwd=repository)
    assert done.returncode == 0, done.stderr


def test_a_baseline_names_the_detector_and_holds_no_path(repository: Path) -> None:
    write(repository, "app.env")
    baseline = write_baseline(repository)
    assert {"name": "BedrockApiKeyDetector"} in baseline["plugins_used"]
    assert not [plugin for plugin in baseline["plugins_used"] if "path" in plugin]
    assert str(repository) not in json.dumps(baseline)


@pytest.mark.parametrize("paths", [("named.env",), ("named.env", "sub"), ("sub", "named.env")])
def test_a_file_that_is_named_is_read_whether_or_not_git_tracks_it(
    repository: Path, paths: tuple[str, ...]
) -> None:
    (repository / ".gitignore").write_text("*.env\n")
    (repository / "sub").mkdir()
    write(repository, "named.env")
    assert types(detect_secrets("scan", *paths, cwd=repository)) == {"named.env": [SECRET_TYPE]}


def test_a_baseline_holds_what_detect_secrets_never_opens(repository: Path) -> None:
    write(repository, "u16.txt", LINE, "utf-16")
    write(repository, "logo.svg")
    write(repository, "poetry.lock")
    write(repository, "lone.py", f'client = Client(api_key="{KEY}")\n')
    write(repository, "clé.txt")
    found = write_baseline(repository)["results"]
    assert sorted(found) == ["clé.txt", "logo.svg", "lone.py", "poetry.lock", "u16.txt"]


def test_a_baseline_hides_what_it_knows_and_nothing_else(repository: Path) -> None:
    write(repository, "u16.txt", LINE, "utf-16")
    write(repository, "app.env")
    write_baseline(repository)
    known = ("hook", "--baseline", BASELINE, "app.env", "u16.txt")
    assert detect_secrets(*known, cwd=repository).returncode == 0
    write(repository, "app.env", f"{LINE}# {OTHER}\n")
    done = detect_secrets(*known, cwd=repository)
    assert done.returncode == 1
    assert fingerprint_of(OTHER)[:12] in done.stderr
    assert fingerprint_of(KEY)[:12] not in done.stderr


def test_a_key_that_moved_rewrites_the_baseline(repository: Path) -> None:
    write(repository, "logo.svg")
    write_baseline(repository)
    write(repository, "logo.svg", f"<!-- -->\n{LINE}")
    hook = ("hook", "--baseline", BASELINE, "logo.svg")
    assert detect_secrets(*hook, cwd=repository).returncode == 3
    written = json.loads((repository / BASELINE).read_text())
    assert written["results"]["logo.svg"][0]["line_number"] == 2
    git("add", "--all", cwd=repository)
    assert detect_secrets(*hook, cwd=repository).returncode == 0


def test_a_baseline_that_is_not_staged_stops_the_hook(repository: Path) -> None:
    write(repository, "app.env")
    write_baseline(repository)
    (repository / BASELINE).write_text((repository / BASELINE).read_text() + "\n")
    done = detect_secrets("hook", "--baseline", BASELINE, cwd=repository)
    assert done.returncode == 1
    assert "is unstaged" in done.stdout


def test_a_baseline_of_plain_detect_secrets_does_not_switch_the_detector_off(
    repository: Path,
) -> None:
    done = plain_detect_secrets("scan", cwd=repository)
    write(repository, BASELINE, done.stdout)
    write(repository, "app.lock")
    assert "BedrockApiKeyDetector" not in done.stdout
    hook = ("hook", "--baseline", BASELINE, "app.lock")
    assert detect_secrets(*hook, cwd=repository).returncode == 1


def test_the_command_accepts_the_same_baseline(repository: Path) -> None:
    from bedrock_key_guard.scan.allowlist import AllowList, read_baseline
    from bedrock_key_guard.scan.scan import read
    from bedrock_key_guard.scan.sources.worktree import files

    write(repository, "app.env", f"KEY={KEY.rstrip('=')}\n")
    write_baseline(repository)
    allow = AllowList(baseline=read_baseline(repository / BASELINE))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        (finding,) = read(files([Path("app.env")]), allow).findings
    assert finding.allowed == "baseline"


def test_an_audit_shows_fingerprints_in_place_of_keys(repository: Path) -> None:
    write(repository, "list.yaml", f"a:\n  - {KEY}\n")
    write(repository, "u16.txt", LINE, "utf-16")
    write_baseline(repository)
    done = detect_secrets("audit", "--report", BASELINE, cwd=repository)
    assert done.returncode == 0, done.stderr
    results = {each["filename"]: each for each in json.loads(done.stdout)["results"]}
    assert results["list.yaml"]["secrets"] == fingerprint_of(KEY)
    assert results["list.yaml"]["lines"] == {"2": f"  - {fingerprint_of(KEY)}"}
    assert list(results) == ["list.yaml", "u16.txt"]


def test_a_person_can_audit_a_file_that_is_no_text(repository: Path) -> None:
    write(repository, "u16.txt", f"\n\n{LINE}", "utf-16")
    write_baseline(repository)
    done = subprocess.run(
        [sys.executable, "-Ic", PLUGIN, "audit", BASELINE],
        cwd=repository,
        input=b"n\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert fingerprint_of(KEY).encode() in done.stdout
    labelled = json.loads((repository / BASELINE).read_text())["results"]["u16.txt"]
    assert labelled[0]["is_secret"] is True


# ── other commands of detect-secrets ────────────────────────────────────────────────────────────


def test_a_single_string_is_judged(repository: Path) -> None:
    said = detect_secrets("scan", "--string", f"token={KEY}", cwd=repository).stdout
    assert any(
        line.split() == ["BedrockApiKeyDetector", ":", "True", "(unverified)"]
        for line in said.splitlines()
    )


def test_outside_a_repository_nothing_is_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text(LINE)
    done = detect_secrets("scan", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "This is no Git repository" in done.stderr
    found = types(detect_secrets("scan", "--all-files", cwd=tmp_path))
    assert found == {"app.env": [SECRET_TYPE]}


def test_allowed_lines_alone_are_listed_on_request(repository: Path) -> None:
    write(repository, "app.py", f'a = "{KEY}"  # pragma: allowlist secret\nb = "{OTHER}"\n')
    done = detect_secrets("scan", "--only-allowlisted", cwd=repository)
    (found,) = [s for s in json.loads(done.stdout)["results"]["app.py"] if s["type"] == SECRET_TYPE]
    assert found["line_number"] == 1


def test_only_verified_secrets_does_not_drop_a_key(repository: Path) -> None:
    write(repository, "app.env")
    assert detect_secrets("hook", "--only-verified", "app.env", cwd=repository).returncode == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_way_to_start_a_pool_knows_the_detector(repository: Path, method: str) -> None:
    for name in ("a.py", "b.py", "c.yaml"):
        write(repository, name, f"x:\n- {KEY}\n")
    script = f"import multiprocessing as m; m.set_start_method({method!r}); {PLUGIN}"
    done = subprocess.run(
        [sys.executable, "-Ic", script, "scan"], cwd=repository, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)["results"]) == ["a.py", "b.py", "c.yaml"]


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def trap(repository: Path) -> Path:
    write(repository, "trap.py", "open('mark', 'w')\ndef excluded(line): return True\n")
    return repository / "mark"


@pytest.mark.parametrize(
    "arguments",
    [
        ("hook", "-p", "trap.py"),
        ("hook", "--plugin=trap.py"),
        ("hook", "--plug", "trap.py"),
        ("scan", "-p", "trap.py"),
        ("hook", "-f", "./trap.py::excluded"),
        ("hook", "--filter", "file://./trap.py::excluded"),
        ("hook", "-f", "json.loads"),
        ("scan", "-f", "json.loads"),
    ],
    ids=" ".join,
)
def test_code_that_an_argument_names_is_not_run(
    repository: Path, arguments: tuple[str, ...]
) -> None:
    mark = trap(repository)
    write(repository, "app.env")
    done = detect_secrets(*arguments, cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert "names a plugin or filter of its own: code that would be run." in done.stderr
    assert not mark.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"plugins_used": [{"name": "Trap", "path": "file://trap.py"}]},
        {"filters_used": [{"path": "file://trap.py::excluded"}]},
        {"filters_used": [{"path": "trap.excluded"}]},
        {"version": "0.14.3", "plugins_used": [], "custom_plugin_paths": ["trap.py"]},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("command", ["hook", "scan", "audit"])
def test_code_that_a_baseline_names_is_not_run(
    repository: Path, changes: dict[str, object], command: str
) -> None:
    mark = trap(repository)
    write_baseline(repository, **changes)
    arguments = ("audit", BASELINE) if command == "audit" else (command, "--baseline", BASELINE)
    done = detect_secrets(*arguments, cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert "names a plugin or filter of its own: code that would be run." in done.stderr
    assert not mark.exists()


def test_a_file_named_like_an_option_is_a_trap(repository: Path) -> None:
    mark = trap(repository)
    write(repository, "--plugin=trap.py", "x\n")
    done = detect_secrets("hook", "--plugin=trap.py", cwd=repository)
    assert done.returncode == 2
    assert "is named like an option, and may be a trap." in done.stderr
    assert not mark.exists()


def test_a_file_named_like_a_command_is_a_file(repository: Path) -> None:
    write(repository, "scan")
    assert detect_secrets("hook", "scan", cwd=repository).returncode == 1


def test_without_detect_secrets_it_says_so(tmp_path: Path) -> None:
    script = f"import sys; sys.path.insert(0, {SOURCE!r}); {PLUGIN}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "detect-secrets is not installed here" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "redirection", "code", "words"),
    [
        ("scan", "> /dev/full", 4, "Standard output cannot be written to"),
        ("hook app.env", "> /dev/full", 4, "Standard output cannot be written to"),
        ("scan", ">&-", 0, "names BedrockApiKeyDetector"),
        ("hook app.env", ">&-", 1, "a key would be committed"),
        ("hook app.env", "2>&- >&-", 1, ""),
        ("hook --help", "> /dev/full", 4, "Standard output cannot be written to"),
        ("scan", "> >(:)", 0, "names BedrockApiKeyDetector"),
        ("hook app.env", "> >(:)", 1, "a key would be committed"),
    ],
)
def test_nobody_need_listen_to_what_it_says(
    repository: Path, command: str, redirection: str, code: int, words: str
) -> None:
    write(repository, "app.env")
    script = shlex.join([sys.executable, "-Ic", PLUGIN, *command.split()])
    done = subprocess.run(
        ["bash", "-c", f"{script} {redirection}"],
        cwd=repository,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Exception ignored" not in done.stderr
    assert bool(done.stderr) is bool(words)


@pytest.mark.parametrize("name", ["nowhere", ".", "app.env"])
@pytest.mark.parametrize("option", [(), ("--report",), ("--stats",)])
def test_only_a_baseline_can_be_audited(
    repository: Path, name: str, option: tuple[str, ...]
) -> None:
    write(repository, "app.env")
    done = detect_secrets("audit", *option, name, cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no baseline of that name" in done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"plugins_used": [{"name": "NoSuchDetector"}]},
        {"plugins_used": [{"name": "HexHighEntropyString", "limit": "high"}]},
        {"plugins_used": [{"called": "AWSKeyDetector"}]},
        {"filters_used": ["detect_secrets.filters.regex.should_exclude_line"]},
        {
            "filters_used": [
                {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["("]}
            ]
        },
    ],
)
def test_a_baseline_that_detect_secrets_cannot_use_is_refused(
    repository: Path, changes: dict[str, Any]
) -> None:
    write(repository, "app.env", "PORT=80\n")
    write_baseline(repository, **changes)
    done = detect_secrets("hook", "--baseline", BASELINE, "app.env", cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a plugin or a filter that detect-secrets cannot use.\n  Take it out" in done.stderr


def test_a_baseline_that_is_none_gives_no_traceback(repository: Path) -> None:
    for text in ("", "{}", "[]", '{"version": []}', '{"version": "1.5.0", "plugins_used": 3}'):
        write(repository, BASELINE, text)
        done = detect_secrets("hook", "--baseline", BASELINE, cwd=repository)
        assert done.returncode not in (0, 3)
        assert "Traceback" not in done.stderr
        assert done.stderr


@pytest.mark.parametrize("command", ["hook", "scan"])
def test_a_hostile_tree_runs_nothing(repository: Path, tmp_path: Path, command: str) -> None:
    mark = tmp_path / "mark"
    write(repository, "app.env")
    write_baseline(repository)
    lay_traps(repository, mark)
    mark.unlink(missing_ok=True)
    files = ("app.env", "base64.py") if command == "hook" else ()
    env = {**os.environ, "PYTHONPATH": str(repository)}
    done = detect_secrets(command, "--baseline", BASELINE, *files, cwd=repository, env=env)
    assert done.returncode in (0, 1), done.stderr
    assert not mark.exists(), mark.read_text()
