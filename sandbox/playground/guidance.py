"""Tell a person what there is to try in the playground, and what a shell has to export for it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.playground.playground import Playground

WELCOME = """\
The playground of Bedrock Key Guard: AWS, Bedrock and GitHub on loopback, and a scratch repository
with leaked keys. Nothing leaves this machine. CloudTrail has no delay here; the real one is up to
15 minutes late.

  .env                a live long-term key
  chat.py             a live short-term key, in a file that Git ignores
  the history         an inactive key and a forged one, removed by a later commit

Try, for example:

  bedrock-key-guard verify              which keys of the files are live
  bedrock-key-guard verify --history    and which of the history
  bedrock-key-guard respond             make the live one dead
  bedrock-key-guard restore             take that back
  bedrock-key-guard timeline            who used it
  bedrock-key-guard respond --short-term quarantine chat.py
  bedrock-key-guard-action              what the GitHub Action does at a push; its issues:
  curl -H "Authorization: Bearer $GITHUB_TOKEN" $GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues

Every example of docs/start/command.md can be typed here.
"""
IN_A_SHELL = "Type exit to leave; the servers stop, and the repository is removed.\n"
IN_ANOTHER_SHELL = "Paste these lines into a shell. Interrupt (Ctrl-C) to end.\n"


def exports(playground: Playground) -> str:
    """Write the lines that bring a POSIX shell into the playground."""
    lines = [f"cd {shlex.quote(str(playground.repository))}"]
    lines += [f"export {name}={value}" for name, value in _quoted(playground.settings)]
    return "\n".join(lines) + "\n"


def _quoted(settings: Mapping[str, str]) -> list[tuple[str, str]]:
    """Quote the values; of `PATH` only what is new, for the shell has its own."""
    quoted = {name: shlex.quote(value) for name, value in settings.items()}
    ours = settings["PATH"].split(os.pathsep)[0]
    return sorted({**quoted, "PATH": f'{shlex.quote(ours)}:"$PATH"'}.items())
