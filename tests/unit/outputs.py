"""Read what a step has told its runner."""

from __future__ import annotations

from pathlib import Path


def read_outputs(path: Path) -> dict[str, str]:
    """Read an output file as actions/runner does (FileCommandManager.cs)."""
    outputs, lines = {}, iter(path.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if not line:
            continue
        name, _, delimiter = line.partition("<<")
        value = []
        for following in lines:
            if following == delimiter:
                break
            value.append(following)
        outputs[name] = "\n".join(value)
    return outputs
