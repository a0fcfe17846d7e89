"""Fuzz a part of the scanner, guided by what of its code each input reaches.

PYTHONPATH=src python -m tests.fuzz [--seconds N] matcher|containers|planted|words

What was learnt stays in build/fuzz, and so does an input that broke something: run it again with
--input, mend the scanner, and keep it as a test.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "fuzz"
# What each input is judged by: all else runs at full speed.
_PARTS = {
    "matcher": ("keys", "scan.decoding", "scan.matching", "scan.prefilter"),
    "containers": ("scan.containers", "scan.prefilter.signatures"),
    "planted": ("scan.decoding", "scan.containers", "scan.matching", "scan.prefilter"),
    "words": ("scan.allowlist", "scan.allow_entries", "scan.prefilter.protocol"),
}
# Longer inputs show nothing that shorter ones do not, and are slower.
_LONGEST = {"matcher": 16_384, "containers": 16_384, "planted": 4096, "words": 4096}
# One input may take this many seconds on a busy machine, and this many MiB.
_PATIENCE, _MEMORY = 30, 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Check one input, or fuzz until the time is over or something breaks."""
    options = _options(argv)
    atheris = importlib.import_module("atheris")
    parts = [f"bedrock_key_guard.{part}" for part in _PARTS[options.target]]
    with atheris.instrument_imports(include=parts):
        checks = importlib.import_module("tests.fuzz.checks")
    check: Callable[[bytes], None] = checks.TARGETS[options.target]
    if options.input:
        check(options.input.read_bytes())
        return 0
    folder = FOLDER / options.target
    _plant(options.target, folder / "corpus")
    arguments = [
        f"-max_total_time={options.seconds}",
        f"-max_len={_LONGEST[options.target]}",
        f"-timeout={_PATIENCE}",
        f"-rss_limit_mb={_MEMORY}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        str(folder / "corpus"),
    ]
    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(_LONGEST), help="what to fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for how long (60)")
    parser.add_argument("--input", type=Path, help="check this file only")
    return parser.parse_args(argv)


def _plant(target: str, corpus: Path) -> None:
    """Write the seeds, each under the name that the fuzzer gives to such an input."""
    from tests.fuzz.seeds import seeds

    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds(target):
        if len(data) <= _LONGEST[target]:
            name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
            (corpus / name).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
