"""Define the values that flow from bytes to issue.

bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
          ─plan→ Action ─respond→ Outcome ─report→ people
"""

from __future__ import annotations
