"""Run the command line with `python -I -m bedrock_key_guard`."""

from __future__ import annotations

from bedrock_key_guard.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
