"""Speak with GitHub: the REST client, the event that started a run, and one issue for each key.

This room knows nothing of keys: titles and bodies come from whoever calls it.
"""

from __future__ import annotations

PUBLIC_API = "https://api.github.com"
PUBLIC_SERVER = "https://github.com"
