from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from detect_secrets.constants import VerifiedResult
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.settings import get_settings, transient_settings

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.plugin import replacements
from bedrock_key_guard.plugin.detector import PRAGMA_FILTER, SECRET_TYPE, BedrockApiKeyDetector
from tests.keysmith import fingerprint_of, long_term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from detect_secrets.core.potential_secret import PotentialSecret

KEY = long_term("alice")
OTHER = long_term("bob")


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    with transient_settings({"plugins_used": []}):
        yield


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "app.py"
    path.write_text(f"first = 1\nkey = '{KEY}'\nagain = '{KEY}'\nother = '{OTHER}'\n")
    return str(path)


def seen(secrets: set[PotentialSecret]) -> dict[str, int]:
    return {str(secret.secret_value): secret.line_number for secret in secrets}


def test_the_first_line_shows_the_keys_of_the_whole_file(file: str) -> None:
    plugin = BedrockApiKeyDetector()
    found = plugin.analyze_line(filename=file, line="first = 1", line_number=1)
    assert seen(found) == {fingerprint_of(KEY): 2, fingerprint_of(OTHER): 4}
    assert {secret.type for secret in found} == {SECRET_TYPE}


def test_later_lines_show_nothing_again(file: str) -> None:
    plugin = BedrockApiKeyDetector()
    plugin.analyze_line(filename=file, line="", line_number=1)
    assert plugin.analyze_line(filename=file, line=f"key = '{KEY}'", line_number=2) == set()


def test_a_line_may_be_the_first_that_a_plugin_is_shown_without_being_line_1(file: str) -> None:
    assert BedrockApiKeyDetector().analyze_line(filename=file, line="", line_number=3)


def test_a_file_that_is_scanned_again_shows_its_keys_again(file: str, tmp_path: Path) -> None:
    plugin = BedrockApiKeyDetector()
    first = plugin.analyze_line(filename=file, line="", line_number=1)
    plugin.analyze_line(filename=file, line="", line_number=2)
    assert plugin.analyze_line(filename=file, line="", line_number=1) == first
    (tmp_path / "app.py").write_text("clean\n")
    assert plugin.analyze_line(filename=file, line="", line_number=1) == set()


def test_text_that_is_no_file_is_read_as_it_is() -> None:
    plugin = BedrockApiKeyDetector()
    found = plugin.analyze_line(filename="adhoc-string-scan", line=f"x={KEY}!", line_number=0)
    assert seen(found) == {fingerprint_of(KEY): 0}
    assert list(plugin.analyze_string(f"{KEY},{OTHER}")) == [KEY, OTHER]
    assert list(plugin.analyze_string(f"{KEY[:60]} \udcff")) == []


def test_a_secret_carries_its_hash_and_not_its_text(file: str) -> None:
    (secret,) = BedrockApiKeyDetector().analyze_line(filename="x", line=KEY)
    assert secret.secret_hash == secret.hash_secret(KEY)
    assert KEY[4:16] not in repr(vars(secret))


def test_pragmas_are_honoured_unless_they_are_what_is_looked_for(file: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"a = '{KEY}'  # pragma: allowlist secret\nb = '{OTHER}'\n")
    plugin = BedrockApiKeyDetector()
    found = plugin.analyze_line(filename=file, line="", line_number=1)
    assert seen(found) == {fingerprint_of(OTHER): 2}
    get_settings().disable_filters(PRAGMA_FILTER)
    assert seen(plugin.analyze_line(filename=file, line="", line_number=1)) == {
        fingerprint_of(KEY): 1
    }


def test_verifying_is_offline_and_drops_nothing() -> None:
    assert BedrockApiKeyDetector().verify(KEY) is VerifiedResult.UNVERIFIED


def test_the_detector_does_not_take_the_names_that_upstream_proposes() -> None:
    assert BedrockApiKeyDetector.__name__ != "AmazonBedrockApiKeyDetector"
    assert SECRET_TYPE != "Amazon Bedrock API key"


def test_it_stops_loudly_where_another_detector_has_its_name() -> None:
    class Impostor(BasePlugin):
        secret_type = "Impostor"

        def analyze_string(self, string: str) -> Iterator[str]:  # type: ignore[override]
            yield from ()

    Impostor.__name__ = BedrockApiKeyDetector.__name__
    known: dict[str, Any] = get_mapping_from_secret_type_to_class()
    before = dict(known)
    known.clear()
    known["Impostor"] = Impostor
    try:
        with pytest.raises(UsageError, match="another detector called BedrockApiKeyDetector"):
            replacements.register(BedrockApiKeyDetector)
    finally:
        known.clear()
        known.update(before)


def test_it_stops_loudly_where_detect_secrets_has_changed() -> None:
    with pytest.raises(UsageError, match=re.escape("This detect-secrets has no `gone`.")):
        replacements._replace(replacements, gone=None)
