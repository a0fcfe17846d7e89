"""Run the Action with `python -I -m bedrock_key_guard.action`, as `action.yml` does."""

from __future__ import annotations

from bedrock_key_guard.action.step import main

if __name__ == "__main__":
    raise SystemExit(main())
