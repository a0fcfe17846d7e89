"""Set up what calls the guard: Git's own hooks, and detect-secrets by the path of its plugin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import bedrock_key_guard
from bedrock_key_guard.cli.arguments import Parser, file_name, whole_number
from bedrock_key_guard.console.standard_streams import write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.githooks.hook_files import DEVELOPER, Settings
from bedrock_key_guard.githooks.installing import install, uninstall
from bedrock_key_guard.githooks.place import HooksPlace, place_in
from bedrock_key_guard.scan.allowlist import allow_list
from bedrock_key_guard.system import own_folder

if TYPE_CHECKING:
    import argparse

_TEMPLATE = "init.templateDir"


def hooks_options() -> Parser:
    """Return the options of `hooks`."""
    options = Parser(add_help=False)
    options.add_argument("what", choices=("install", "uninstall"), metavar="install|uninstall")
    add = options.add_mutually_exclusive_group().add_argument
    server = "install pre-receive in the repository at PATH, which others push to"
    add("--server", type=file_name, metavar="PATH", help=server)
    template = "install what `git init` and `git clone` copy into each new repository"
    add("--template", action="store_true", help=template)
    add = options.add_argument_group("what the hooks take").add_argument
    add("--allow-list", metavar="FILE", help="as `scan` does; so do the next two")
    add("--baseline", metavar="FILE", help="from the top of the repository")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="may be repeated")
    add(
        "--seconds",
        type=whole_number,
        metavar="N",
        help="how long pre-receive may read (default: 60)",
    )
    return options


def hooks(arguments: argparse.Namespace) -> int:
    """Install the hooks, or take them out, and say what was done."""
    place = _template() if arguments.template else _place(arguments.server)
    if arguments.what == "install":
        said = install(place, _for_hooks(arguments, place))
        said += _use_template(place, in_use=True) if arguments.template else []
    else:
        said = uninstall(place)
        said += _use_template(place, in_use=False) if arguments.template else []
    if not arguments.quiet:
        write("".join(f"{sentence}\n" for sentence in said))
    return 0


def _place(server: Path | None) -> HooksPlace:
    return place_in(server or Path.cwd(), server=server is not None)


def _template() -> HooksPlace:
    """Return the folder that Git copies, which Git is told of once it is there."""
    settings = Settings(Path.cwd(), None)
    if elsewhere := settings.effective("core.hooksPath"):
        raise UsageError(
            f"core.hooksPath is {elsewhere!r} for every repository, so hooks of a template would "
            "never run.",
            remedy="Run `hooks install` in each repository instead.",
        )
    folder = Path(settings.effective(_TEMPLATE) or _own_template())
    return HooksPlace(folder, folder, DEVELOPER, None)


def _use_template(place: HooksPlace, *, in_use: bool) -> list[str]:
    """Tell Git of our own template, or no more of it; one that a person has named stays named."""
    settings, own = Settings(Path.cwd(), None), _own_template()
    named = settings.effective(_TEMPLATE)
    if in_use and named is None:
        settings.change(_TEMPLATE, own.as_posix())
    elif not in_use and named == own.as_posix():
        settings.change(_TEMPLATE, None)
        own.rmdir()
        return [f"{_TEMPLATE} is not set, as it was before."]
    return [f"{_TEMPLATE} is {place.git_dir}: new repositories have the hooks."] if in_use else []


def _own_template() -> Path:
    return own_folder("data", os.environ) / "bedrock-key-guard-template"


def _for_hooks(arguments: argparse.Namespace, place: HooksPlace) -> list[str]:
    """Return the options as the hooks take them. Raises UsageError for files that say nothing.

    A hook starts at the top of its repository, so a relative path counts from there.
    """
    files = {"--allow-list": arguments.allow_list, "--baseline": arguments.baseline}
    if place.settings is not None:
        listed, baseline = (each and place.top / each for each in files.values())
        allow_list(listed, baseline, ())
    words = [f"{option}={file}" for option, file in files.items() if file]
    words += [f"--exclude={pattern}" for pattern in arguments.exclude]
    return [*words, *([f"--seconds={arguments.seconds}"] if arguments.seconds else [])]


PLUGIN_FILE = Path(bedrock_key_guard.__file__).with_name("plugin") / "detector.py"


def print_plugin_file(_: argparse.Namespace) -> int:
    """Print its path, as `detect-secrets scan -p` takes it."""
    write(f"{PLUGIN_FILE}\n")
    return 0
