"""Go through every form of a baseline with detect-secrets alone and with ours: works, or says so.

Each cell is a process of its own, forked where detect-secrets is imported already.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.cli.hooks import PLUGIN_FILE
from bedrock_key_guard.plugin.detector import SECRET_TYPE
from tests.doors import git
from tests.keysmith import fingerprint_of, long_term

if TYPE_CHECKING:
    from collections.abc import Sequence

KNOWN, NEW = long_term("alice"), long_term("bob")
STOCK_SECRET = "AKIA" + "Q3EGFRBA5VJ2XK7P"
NAME = "BedrockApiKeyDetector"
# What detect-secrets finds in them by itself, and what it does not.
FILES = {
    "sub/app.env": f"AWS_BEARER_TOKEN_BEDROCK={KNOWN}\n".encode(),
    "u16.txt": f"KEY={KNOWN}\n".encode("utf-16"),
    "new.env": f"AWS_BEARER_TOKEN_BEDROCK={NEW}\naws = {STOCK_SECRET}\n".encode(),
}
DRIVER = """
import io, json, os, sys, tempfile
from detect_secrets import main as stock, pre_commit_hook
from bedrock_key_guard import plugin
import bedrock_key_guard.plugin.wrapper

def run(door, words):
    if door == "ours":
        return plugin.main(words)
    return pre_commit_hook.main(words[1:]) if words[0] == "hook" else stock.main(words)

def cell(door, words):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1), os.dup2(said.fileno(), 2)
            code = 1
            try:
                code = run(door, words) or 0
            except SystemExit as exit:
                code = exit.code
            except BaseException:
                import traceback
                traceback.print_exc()
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = [stream.seek(0) or stream.read().decode() for stream in (out, said)]
    return [code, *texts]

cells = json.load(sys.stdin)
done = []
for door, words, baseline in cells:
    before = open(baseline).read() if baseline else ""
    done.append([*cell(door, words), open(baseline).read() if baseline else ""])
    if baseline and open(baseline).read() != before:
        open(baseline, "w").write(before)
json.dump(done, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Cell:
    code: int
    out: str
    said: str
    baseline: str


def go(folder: Path, cells: Sequence[tuple[str, Sequence[str], str]]) -> list[Cell]:
    done = subprocess.run(
        [sys.executable, "-Ic", DRIVER],
        cwd=folder,
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=True,
    )
    return [Cell(*each) for each in json.loads(done.stdout)]


def from_windows(baseline: dict[str, Any]) -> dict[str, Any]:
    results = {
        name.replace("/", "\\"): [
            {**each, "filename": each["filename"].replace("/", "\\")} for each in found
        ]
        for name, found in baseline["results"].items()
    }
    return {**baseline, "results": results}


def from_another_machine(baseline: dict[str, Any]) -> dict[str, Any]:
    plugins = [
        {**each, "path": "file:///C:/gone/detector.py"} if "path" in each else each
        for each in baseline["plugins_used"]
    ]
    return {**baseline, "plugins_used": plugins}


@pytest.fixture(scope="module")
def folder(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository with a baseline in each form, none of which knows what `new.env` holds."""
    folder = tmp_path_factory.mktemp("matrix")
    git("init", cwd=folder)
    for name, data in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    known = ["sub/app.env", "u16.txt"]
    ways = {
        "path": ("stock", ["scan", "--all-files", "-p", str(PLUGIN_FILE), *known], ""),
        "name": ("ours", ["scan", "--all-files", *known], ""),
        "portable": ("ours", ["scan", "--all-files", "--portable", *known], ""),
        "stock": ("stock", ["scan", "--all-files", *known], ""),
    }
    for form, cell in zip(ways, go(folder, [*ways.values()]), strict=True):
        assert cell.code == 0, cell.said
        (folder / form).write_text(cell.out)
    for form, source, change in (
        ("windows", "name", from_windows),
        ("another machine", "path", from_another_machine),
    ):
        (folder / form).write_text(json.dumps(change(json.loads((folder / source).read_text()))))
    git("add", "--all", cwd=folder)
    return folder


FORMS = ("path", "another machine", "name", "windows", "portable", "stock")
CRASH = "TypeError"
UNKNOWN = f"No such `{NAME}` plugin"
# What the commands return, and what they say where they fail. `known` is a hook on a file that the
# baseline knows, `new` on one with a new key and a secret of another kind.
WORKS = {"scan": (0, ""), "known": (0, ""), "new": (1, "would be committed"), "audit": (0, "")}
OURS: dict[str, dict[str, tuple[int, str]]] = dict.fromkeys(FORMS, WORKS)
STOCK: dict[str, dict[str, tuple[int, str]]] = {
    # Its audit cannot be taught a plugin of a path: Yelp/detect-secrets#611.
    "path": {"scan": (0, ""), "known": (0, ""), "new": (1, ""), "audit": (1, CRASH)},
    # Here it loads no plugin at all and calls everything clean: Yelp/detect-secrets#718. So the
    # README shows `-p` for a look alone, and our door goes by the name.
    "another machine": {"new": (0, "Unable to load plugins!"), "audit": (1, CRASH)},
    "name": {"scan": (1, UNKNOWN), "known": (1, UNKNOWN), "new": (1, UNKNOWN), "audit": (1, CRASH)},
    "windows": {"known": (1, UNKNOWN), "new": (1, UNKNOWN), "audit": (1, CRASH)},
    "portable": {"scan": (0, ""), "known": (0, ""), "new": (1, ""), "audit": (1, CRASH)},
    "stock": {"scan": (0, ""), "known": (0, ""), "new": (1, ""), "audit": (0, "")},
}
COMMANDS = {
    "scan": ["scan", "--all-files", "sub/app.env", "--baseline", "{}"],
    "known": ["hook", "--baseline", "{}", "sub/app.env"],
    "new": ["hook", "--baseline", "{}", "new.env"],
    "audit": ["audit", "--report", "{}"],
}


def test_every_cell_works_or_says_why_it_does_not(folder: Path) -> None:
    table = [
        (door, form, command, expected)
        for door, rows in (("ours", OURS), ("stock", STOCK))
        for form, row in rows.items()
        for command, expected in row.items()
    ]
    cells = go(
        folder,
        [
            (door, [word.format(form) for word in COMMANDS[command]], form)
            for door, form, command, _ in table
        ],
    )
    wrong = [
        (door, form, command, cell.code, cell.said[-300:])
        for (door, form, command, (code, words)), cell in zip(table, cells, strict=True)
        if cell.code != code or words not in cell.said
    ]
    assert not wrong
    said = "".join(cell.out + cell.said + cell.baseline for cell in cells)
    assert NEW[20:40] not in said.replace(fingerprint_of(NEW), "")


def test_who_has_detect_secrets_alone_goes_by_a_portable_baseline(folder: Path) -> None:
    baseline = json.loads((folder / "portable").read_text())
    assert NAME not in [each["name"] for each in baseline["plugins_used"]]
    found = {name: [each["type"] for each in some] for name, some in baseline["results"].items()}
    assert found == {"sub/app.env": ["Base64 High Entropy String"], "u16.txt": [SECRET_TYPE]}
    known = ["hook", "--baseline", "portable", "sub/app.env", "u16.txt"]
    ours, theirs, back = go(
        folder,
        [
            ("ours", known, "portable"),
            # The format has no place for what only we find: its hook takes that out.
            ("stock", known, "portable"),
            ("ours", ["scan", "--all-files", "--baseline", "portable", "u16.txt"], "portable"),
        ],
    )
    assert (ours.code, ours.baseline) == (0, (folder / "portable").read_text())
    assert (theirs.code, SECRET_TYPE in theirs.baseline) == (3, False)
    assert SECRET_TYPE in back.baseline
    assert "Entries of this baseline that only Bedrock Key Guard knows" in back.said
    assert "brings them back" in back.said


def test_a_baseline_keeps_its_form_and_no_path_of_ours(folder: Path) -> None:
    words = ["scan", "--all-files", "sub", "--baseline"]
    cells = go(folder, [("ours", [*words, f"{folder}/{form}"], form) for form in FORMS])
    for form, cell in zip(FORMS, cells, strict=True):
        assert cell.code == 0
        assert (NAME in cell.baseline) == (form not in ("portable", "stock"))
        assert str(folder) not in cell.baseline
        assert str(PLUGIN_FILE) not in cell.baseline
        assert '"sub/app.env"' in cell.baseline
        assert ("names BedrockApiKeyDetector" in cell.said) == (NAME in cell.baseline)


def test_a_hook_that_only_moves_a_line_keeps_the_form(folder: Path) -> None:
    text = (folder / "sub" / "app.env").read_text()
    (folder / "sub" / "app.env").write_text(f"# a line more\n{text}")
    try:
        hook = ["hook", "--baseline", "{}", "sub/app.env"]
        cells = go(
            folder,
            [("ours", [w.format(form) for w in hook], form) for form in ("name", "portable")],
        )
    finally:
        (folder / "sub" / "app.env").write_text(text)
    assert [cell.code for cell in cells] == [3, 3]
    assert [NAME in cell.baseline for cell in cells] == [True, False]
    assert all('"line_number": 2' in cell.baseline for cell in cells)


def test_a_key_stays_known_whichever_detector_put_it_into_the_baseline(folder: Path) -> None:
    by_others, by_ours = (json.loads((folder / form).read_text()) for form in ("stock", "portable"))
    by_others["plugins_used"].append({"name": NAME})
    by_ours["results"]["sub/app.env"][0]["type"] = SECRET_TYPE
    for name, baseline in (("by others", by_others), ("by ours", by_ours)):
        (folder / name).write_text(json.dumps(baseline))
    git("add", "--all", cwd=folder)
    hook = ["hook", "sub/app.env", "--baseline"]
    for cell in go(folder, [("ours", [*hook, name], name) for name in ("by others", "by ours")]):
        assert cell.code == 0, cell.out


def test_a_baseline_knows_its_files_from_a_folder_below(folder: Path) -> None:
    names = ("app.env", "./app.env", "../sub/app.env", f"{folder}/sub/app.env")
    hook = ["hook", "--baseline", "../name"]
    for cell in go(folder / "sub", [("ours", [*hook, name], "../name") for name in names]):
        assert cell.code == 0, cell.out + cell.said
        assert cell.baseline == (folder / "name").read_text()


def test_the_lists_of_the_other_doors_count_here_too(folder: Path) -> None:
    digits = fingerprint_of(NEW)[:12]
    allowed = folder.with_name("allowed")
    allowed.write_text(f"fingerprint {digits} path=new.env  # an example\n")
    rows = [
        (["--allow-list", str(allowed)], 1, "AWS Access Key", ""),
        ([f"--allow-list={allowed}", "--disable-plugin", "AWSKeyDetector"], 0, "", ""),
        (["--exclude", "new.*", "--disable-plugin", "AWSKeyDetector"], 0, "", ""),
        ([], 1, SECRET_TYPE, f"bedrock-key-guard allow {digits} --path=new.env"),
        (["--allow-list"], 2, "", "--allow-list needs a value"),
        (["--allow-list", "gone"], 2, "", "'gone' cannot be used"),
    ]
    cells = go(folder, [("ours", ["hook", "new.env", *words], "") for words, *_ in rows])
    for (words, code, printed, told), cell in zip(rows, cells, strict=True):
        assert cell.code == code, (words, cell)
        assert printed in cell.out
        assert told in cell.said
    assert SECRET_TYPE not in cells[0].out


def test_the_end_of_input_ends_an_audit(folder: Path) -> None:
    audits = (["audit", "name"], ["audit", "--diff", "name", "portable"])
    for cell in go(folder, [("ours", words, "") for words in audits]):
        assert (cell.code, cell.said) == (0, "")
        assert "\x1b" not in cell.out


def test_what_a_person_has_judged_before_the_end_of_input_is_kept(folder: Path) -> None:
    before = (folder / "name").read_text()
    script = "from bedrock_key_guard.plugin import main; raise SystemExit(main())"
    words = [sys.executable, "-Ic", script, "audit", "name"]
    try:
        done = subprocess.run(words, cwd=folder, input=b"y\n", capture_output=True, check=False)
        results = json.loads((folder / "name").read_text())["results"]
    finally:
        (folder / "name").write_text(before)
    assert done.returncode == 0, done.stderr
    assert fingerprint_of(KNOWN).encode() in done.stdout
    judged = [each.get("is_secret") for some in results.values() for each in some]
    assert judged == [False, None]


def test_the_file_of_the_plugin_says_what_to_install_where_it_stands_alone(folder: Path) -> None:
    script = (
        "import sys; sys.modules['bedrock_key_guard'] = None;"
        f" sys.argv = ['detect-secrets-hook', '-p', {str(PLUGIN_FILE)!r}, 'new.env'];"
        " from detect_secrets.pre_commit_hook import main; raise SystemExit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-Ic", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs the package bedrock-key-guard" in done.stderr
    assert "pip install 'bedrock-key-guard[detect-secrets]" in done.stderr
