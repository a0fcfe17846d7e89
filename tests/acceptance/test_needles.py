"""Show that the search for pieces of keys finds what is there, and only that."""

from __future__ import annotations

import base64
import subprocess

import pytest

from tests import keysmith
from tests.needles import ENCODED_PIECE, PIECE, forms, leaks_in, secret_parts
from tests.scenes import Scene

FORMS = [form for _, form in forms("0123456789ab")]


@pytest.mark.parametrize("number", range(len(FORMS)), ids=FORMS)
@pytest.mark.parametrize(
    "key", [keysmith.long_term(), keysmith.short_term()], ids=["long-term", "short-term"]
)
def test_a_planted_piece_is_found_in_every_form(key: str, number: int) -> None:
    for secret in secret_parts(key):
        for start in (0, 7, len(secret) - PIECE):
            planted, form = list(forms(secret[start : start + PIECE]))[number]
            assert form in leaks_in(key, b"before " + planted + b" after")


@pytest.mark.parametrize("offset", range(3))
@pytest.mark.parametrize("key", [keysmith.long_term(), keysmith.short_term(kind="AKIA")])
def test_a_whole_key_is_found_wherever_it_stands(offset: int, key: str) -> None:
    data = ("." * offset + key).encode()
    assert leaks_in(key, data)
    assert leaks_in(key, base64.b64encode(data))
    assert leaks_in(key, data.hex().encode())
    assert leaks_in(key, data.decode().encode("utf-16"))
    assert leaks_in(key, data.decode().encode("utf-32"))


def test_what_is_public_of_a_key_is_no_piece() -> None:
    long_term, short_term = keysmith.long_term(), keysmith.short_term()
    alias = f"ABSK{base64.b64encode(keysmith.alias_of('BedrockAPIKey-ex4m').encode()).decode()}"
    told = f"{alias} {keysmith.alias_of('BedrockAPIKey-ex4m')} {keysmith.fingerprint_of(long_term)}"
    assert leaks_in(long_term, told.encode()) == []
    url = base64.b64decode(short_term.removeprefix("bedrock-api-key-")).decode()
    assert leaks_in(short_term, url.partition("X-Amz-Security-Token")[0].encode()) == []


def test_fewer_characters_are_no_piece() -> None:
    (secret,) = secret_parts(keysmith.long_term())
    written = " ".join(secret[n : n + PIECE - 1] for n in range(len(secret)))
    assert leaks_in(keysmith.long_term(), written.encode()) == []
    assert ENCODED_PIECE == PIECE * 4 // 3


def test_the_scene_notices_a_leak_wherever_it_goes(scene: Scene) -> None:
    secret = secret_parts(scene.keys["the live key"])[0][:PIECE]
    planted = scene.folder / "home" / "cache"
    planted.write_text(f"token: {secret}\n", encoding="utf-8")
    assert any("the live key, as plain" in leak for leak in scene.leaks())
    planted.unlink()
    child = ["git", "log", f"--grep={secret}"]
    subprocess.run(child, cwd=scene.tree, env=scene.environment, capture_output=True, check=False)
    found = scene.leaks()
    assert any("the live key, as plain" in leak and "children" in leak for leak in found)
    assert any("the developer's own key" in leak and "children" in leak for leak in found)
    (scene.folder / "children").unlink()
