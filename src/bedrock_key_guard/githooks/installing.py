"""Install the hooks of a repository, chained with those that are there, and take them out again.

What they need stands in `bedrock-key-guard` in the Git directory: a copy of this package, the path
of a Python, the options. In the usual folder a hook that is there is renamed and runs after ours.
Any other folder, which `core.hooksPath` names, may be a tool's own, tracked, or of many
repositories: it stays as it is, Git is told of a folder of ours, and each hook there runs the one
of the other folder under its own name.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import bedrock_key_guard
from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.githooks.hook_files import (
    BESIDE,
    INSIDE,
    SUFFIX,
    asks_its_name,
    forwarded,
    hook_file,
    is_ours,
    tool_of,
)
from bedrock_key_guard.githooks.place import HOOKS_PATH, RECORD, HooksPlace, Installed, installed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.githooks.hook_files import Settings


def install(place: HooksPlace, options: Sequence[str]) -> list[str]:
    """Install the hooks, with `options` for each of them, and return sentences about what was done.

    Done again, it brings them up to date. Raises UsageError where it would overwrite something.
    """
    former = place.settings.effective(HOOKS_PATH) if place.settings else None
    known = installed(place)
    if known is None:
        known = _plan(place, former)
    elif not known.in_place:
        former = None
    clashes = [] if not known.in_place else [*_clashes(place)]
    if clashes:
        raise UsageError(
            f"{str(clashes[0])!r} is there already, and what it was kept for is too.",
            remedy="Keep one of the two, move the other away, and run this again.",
        )
    _furnish(place, known, options)
    if place.settings is None or known.in_place:
        return [*_in_place(place)]
    return [*_before(place, place.settings, former)]


def uninstall(place: HooksPlace) -> list[str]:
    """Take the hooks out, leave all else as it was, and return sentences about what was done."""
    known = installed(place)
    if known is None:
        return ["No hooks of Bedrock Key Guard are installed here."]
    if place.settings is None or known.in_place:
        said = [*_out_of_place(place, known)]
    else:
        said = [*_restored(place, place.settings, known)]
    kept = [each for each in _files(place.home / "hooks") if not is_ours(_content(each))]
    if not kept:
        shutil.rmtree(place.home)
        return [*said, f"{place.home} is removed."]
    for each in (place.home / RECORD, place.home / "python", place.home / "former"):
        each.unlink(missing_ok=True)
    shutil.rmtree(place.home / "src")
    return [*said, *(f"{each} is not ours, and stays." for each in kept)]


def _plan(place: HooksPlace, former: str | None) -> Installed:
    """Decide where the hooks go. Raises UsageError where our folder is somebody else's."""
    if place.home.exists():
        raise UsageError(
            f"{str(place.home)!r} is there already, and no installation has made it.",
            remedy="Move it away, and run this again.",
        )
    usual = place.usual
    made = not os.path.lexists(usual)
    if place.settings is None:
        return Installed(in_place=True, hooks_path=None, made_folder=made)
    elsewhere = former is not None and not system.same(place.top / former, usual)
    there = [_content(usual / hook) for hook in place.hooks]
    in_place = not (elsewhere or usual.is_symlink() or any(map(asks_its_name, there)))
    return Installed(in_place, place.settings.own(HOOKS_PATH), made)


def _furnish(place: HooksPlace, known: Installed, options: Sequence[str]) -> None:
    """Put into our folder what the hooks need, first of all how to take them out again."""
    home = place.home
    home.mkdir(parents=True, exist_ok=True)
    _write(home / RECORD, json.dumps(asdict(known)) + "\n")
    _write(home / "python", f"{Path(os.path.abspath(sys.executable)).as_posix()}\n")  # noqa: PTH100
    _write(home / "options", "".join(f"{option}\n" for option in options))
    package = Path(bedrock_key_guard.__file__).parent
    new, source = home / "src.new", home / "src"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(package, new / package.name)  # what is compiled already is not once more
    shutil.rmtree(source, ignore_errors=True)
    new.rename(source)
    compileall.compile_dir(source, quiet=2)


def _clashes(place: HooksPlace) -> Iterator[Path]:
    for hook in place.hooks:
        file = place.usual / hook
        before = file.with_name(hook + SUFFIX)
        if os.path.lexists(before) and os.path.lexists(file) and not is_ours(_content(file)):
            yield before


def _in_place(place: HooksPlace) -> Iterator[str]:
    place.usual.mkdir(exist_ok=True)
    for hook in place.hooks:
        file = place.usual / hook
        before = file.with_name(hook + SUFFIX)
        if os.path.lexists(file) and not is_ours(_content(file)):
            file.rename(before)
        _write(file, hook_file(hook, INSIDE), mode=0o755)
        after = f", and then {before.name}{_by(before)}" if os.path.lexists(before) else ""
        yield f"{hook}: {file} runs the guard{after}."


def _before(place: HooksPlace, settings: Settings, former: str | None) -> Iterator[str]:
    """Put our folder before the one that is named, or where it stands so already, renew it."""
    home, ours = place.home, place.home / "hooks"
    if former is None and (home / "former").exists():
        former = (home / "former").read_text(encoding="utf-8").rstrip("\n")
    former = former or place.usual.as_posix()
    _write(home / "former", f"{former}\n")
    ours.mkdir(exist_ok=True)
    there = frozenset(each.name for each in _files(place.top / former))
    for hook in forwarded(place.hooks, there):
        if is_ours(_content(ours / hook)) or not os.path.lexists(ours / hook):
            _write(ours / hook, hook_file(hook, BESIDE), mode=0o755)
    settings.change(HOOKS_PATH, ours.as_posix())
    if not system.same(place.top / (settings.effective(HOOKS_PATH) or ""), ours):
        raise UsageError(
            f"Git does not look for hooks in {str(ours)!r}: other settings name another folder.",
            remedy=f"See `git config --show-origin {HOOKS_PATH}`, and run `hooks uninstall`.",
        )
    yield f"core.hooksPath is {ours}: {', '.join(place.hooks)} run the guard."
    yield f"Each hook of {former}{_by(place.top / former / place.hooks[0])} runs after ours."
    yield "Run this again when the repository was moved."


def _out_of_place(place: HooksPlace, known: Installed) -> Iterator[str]:
    for file in _files(place.usual):
        if is_ours(_content(file)):
            file.unlink()
            yield f"{file} is removed."
    for before in sorted(place.usual.glob(f"*{SUFFIX}")):
        file = before.with_name(before.name.removesuffix(SUFFIX))
        if os.path.lexists(file):
            yield f"{file}{_by(file)} has come since. {before} is what was there before, and stays."
        else:
            before.rename(file)
            yield f"{file} is what it was before."
    if known.made_folder and not any(place.usual.iterdir()):
        place.usual.rmdir()


def _restored(place: HooksPlace, settings: Settings, known: Installed) -> Iterator[str]:
    now = settings.own(HOOKS_PATH)
    if now != (place.home / "hooks").as_posix():
        yield f"core.hooksPath has been changed since, and stays {now}."
        return
    settings.change(HOOKS_PATH, known.hooks_path)
    yield f"core.hooksPath is {known.hooks_path or 'not set'}, as it was before."


def _by(file: Path) -> str:
    tool = tool_of(_content(file))
    return f" ({tool})" if tool else ""


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_file()) if folder.is_dir() else []


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _write(file: Path, text: str, *, mode: int = 0o644) -> None:
    system.write_whole(file, text.encode("utf-8", "surrogateescape"), mode)
