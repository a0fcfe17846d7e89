"""Have real programs write a key as they write anything, and find it whole in what they wrote.

A program that is not here is skipped by its name. Each has a key of its own.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.panel import Panel

from tests import boxes
from tests.hiding.hidden import hide, text
from tests.hiding.producers import bat
from tests.hiding.programs import FAMILIES, Write, Written, run, written
from tests.hiding.streams import IN_FILES, IN_TEXT

_WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def _env(folder: Path, key: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "app.env"
    file.write_text(f"REGION=us-east-1\nAWS_BEARER_TOKEN_BEDROCK={key}\nDEBUG=1\n")
    return file


def _of_file(*words: str) -> Write:
    """Have a program show the file with the key."""
    return lambda folder, key: run(*words, _env(folder, key).name, cwd=folder)


def _of_git(*words: str) -> Write:
    """Have Git show what a commit or the work tree changed in the file."""

    def write(folder: Path, key: str) -> bytes:
        file = _env(folder, "none")
        for arguments in (("init", "-q"), ("add", "."), (*_WHO, "commit", "-qm", "a")):
            run("git", *arguments, cwd=folder)
        _env(folder, key)
        if "blame" in words:
            run("git", *_WHO, "commit", "-qam", "b", cwd=folder)
        return run("git", *words, file.name, cwd=folder)

    return write


def _rich(_: Path, key: str) -> bytes:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=60)
    console.print(Panel(f"AWS_BEARER_TOKEN_BEDROCK={key}"))
    return out.getvalue().encode()


def _psql(_: Path, key: str) -> bytes:
    """Write a row as psql does with `\\x`, wrapped to a terminal's width."""
    cut = [key[at : at + 60] for at in range(0, len(key), 60)]
    rows = [f"value | {cut[0]}", *(f"      | {each}" for each in cut[1:])]
    return "\n".join(["-[ RECORD 1 ]----", "id    | 7", *rows, ""]).encode()


def _kubectl(_: Path, key: str) -> bytes:
    """Write a Secret as PowerShell redirects what `kubectl get -o yaml` prints."""
    data = base64.b64encode(f"TOKEN={key}\n".encode()).decode()
    return f"apiVersion: v1\r\ndata:\r\n  .env: {data}\r\nkind: Secret\r\n".encode("utf-16")


def _asciinema(_: Path, key: str) -> bytes:
    """Record a terminal of sixty columns, a line for each event (asciicast v2)."""
    shown = f"$ echo {key}"
    lines = [shown[at : at + 60] for at in range(0, len(shown), 60)]
    events = [[number / 10, "o", f"{line}\r\n"] for number, line in enumerate(lines)]
    head = {"version": 2, "width": 60, "height": 24}
    return "\n".join(json.dumps(each) for each in (head, *events)).encode()


def _docker(_: Path, key: str) -> bytes:
    """Write an image as `docker save` does: a tar of layers, which are compressed tars."""
    layer = boxes.tarred({"app/.env": f"TOKEN={key}\n".encode()}, "w:gz")
    manifest = json.dumps([{"Layers": ["blobs/sha256/0a"]}]).encode()
    return boxes.tarred({"manifest.json": manifest, "blobs/sha256/0a": layer})


def _deb(folder: Path, key: str) -> bytes:
    control = folder / "root" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: a\n"
    )
    _env(folder / "root", key)
    run("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "root", "a.deb", cwd=folder)
    return (folder / "a.deb").read_bytes()


_BUILD = "import setuptools.build_meta as b; b.build_wheel('.')"


def _wheel(folder: Path, key: str) -> bytes:
    (folder / "a").mkdir()
    (folder / "a" / "__init__.py").write_text(f"KEY = {key!r}\n")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "a"\nversion = "1"\n[tool.setuptools]\npackages = ["a"]\n'
    )
    run(sys.executable, "-c", _BUILD, cwd=folder)
    return next(folder.glob("*.whl")).read_bytes()


def _sdist_in_text(_: Path, key: str) -> bytes:
    """Write what `tar cz | base64` pastes into a ticket."""
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w:gz") as archive:
        data = f"TOKEN={key}\n".encode()
        info = tarfile.TarInfo("app/.env")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return base64.encodebytes(box.getvalue())


def _bench(*steps: Any) -> Write:
    return lambda _, key: hide(key, text("TOKEN="), *steps).data


# In every base and size that they have, with offsets in every base or none, and with text beside.
DUMPS = """\
od
od -a
od -b
od -c
od -d
od -i
od -o
od -x
od -t x1z
od -t x2
od -t x4
od -t x8
od -t d1
od -t d4
od -t d8
od -t u1
od -t u2
od -t o1
od -t o4
od -t o8
od -A d -t x1
od -A x -c
od -A n -v -t x1
od -A n -v
od -A n -v -b
od -A n -v -c
od -A n -v -x
od -A n -v -t d1
od -A n -v -t x8
od -w8 -t o2z
od -t x1 -c
od -t x4 --endian=big
xxd
xxd -b
xxd -b -c 8
xxd -c 8
xxd -d
xxd -e
xxd -e -g 8
xxd -g 1
xxd -i
xxd -o 4096
xxd -p
xxd -u
hexdump
hexdump -C
hexdump -b
hexdump -c
hexdump -d
hexdump -o
hexdump -x"""


def _gdb(form: str) -> Write:
    """Have a debugger show a variable of a program."""

    def write(folder: Path, key: str) -> bytes:
        source = f'char key[4096] = "TOKEN={key}";\nint main(void) {{ return 0; }}\n'
        (folder / "a.c").write_text(source)
        run("cc", "-g", "-o", "a", "a.c", cwd=folder)
        size = {"b": 1, "h": 2, "w": 4, "g": 8, "s": 99}[form[-1]]
        times = len(key) // size + 8
        return run("gdb", "-nx", "-batch", "-ex", f"x/{times}{form} key", "a", cwd=folder)

    return write


PROGRAMS: dict[str, Write] = {
    "grep --color": _of_file("grep", "--color=always", "-n", "ABSK\\|bedrock-api-key"),
    "cat -n": _of_file("cat", "-n"),
    "bat": bat,
    **{" ".join(words): _of_file(*words) for words in map(str.split, DUMPS.splitlines())},
    **{f"gdb {form}": _gdb(form) for form in ("xb", "xh", "xw", "xg", "ob", "s")},
    "git diff --color": _of_git("diff", "--color=always"),
    "git diff --color-words": _of_git("diff", "--color-words"),
    "git blame": _of_git("blame", "--date=iso"),
    "rich": _rich,
    "psql \\x": _psql,
    "kubectl in UTF-16": _kubectl,
    "asciinema": _asciinema,
    "pg_dump -Fc": _bench(IN_FILES["a dump of PostgreSQL"]),
    "docker save": _docker,
    "dpkg-deb": _deb,
    "wheel": _wheel,
    "mail with a zip": _bench(*IN_TEXT["zip in a mail"]),
    "git diff --binary": _bench(*IN_TEXT["patch of a binary file"]),
    "tar and base64": _sdist_in_text,
}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(PROGRAMS, tmp_path_factory)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_key_is_found_in_what_a_program_wrote(name: str, family: str, scanned: Written) -> None:
    assert scanned.has_whole(name, family)
