from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has it")
def test_a_reader_is_in_no_haste_and_neither_is_its_git() -> None:
    code = (
        "import os, subprocess, sys; "
        "from bedrock_key_guard.scan.prefilter.protocol import ask_for_no_haste; "
        "ask_for_no_haste(); "
        "child = 'import os; print(os.sched_getscheduler(0) == os.SCHED_BATCH)'; "
        "subprocess.run([sys.executable, '-I', '-c', child], check=True)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    assert done.stdout == b"True\n"
