"""Ask both planes of the sandbox's Bedrock about a key, as the guard would."""

from __future__ import annotations

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.verify.bedrock import PLANES, HttpsProber
from sandbox.front.sandbox import Sandbox
from tests.jobs import ACCOUNT


def asked(sandbox: Sandbox, text: str) -> tuple[str, ...]:
    """Return what each plane says of a key, in the order of the planes."""
    key = matches(text.encode())[0].key
    assert isinstance(key, LongTermKey | ShortTermKey)
    region = key.region if isinstance(key, ShortTermKey) else "us-east-1"
    prober = HttpsProber(sandbox.environment(ACCOUNT))
    return tuple(prober.ask(plane, key, region).state for plane in PLANES)
