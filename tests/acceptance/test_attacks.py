"""Attack the guard with the text of keys: what one says of itself is anybody's word.

Each attack is judged by what reached the wire, not by what the guard says of itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedrock_key_guard.verify.schedule import STEPS_AT_A_TIME
from sandbox.front.leaks import forged
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import keysmith
from tests.jobs import ACCOUNT, STRANGER, guard, report_of, said, verdicts
from tests.leaks import leak, probed, status
from tests.needles import leaks_in
from tests.sweeps import sweep
from tests.traps import Ear, Gatekeeper

OWN_PLANES = {"bedrock.us-east-1.amazonaws.com:443", "bedrock-mantle.us-east-1.api.aws:443"}


# ── what a key says of itself chooses no destination ────────────────────────────────────────────


def hostile_regions(port: int) -> list[str]:
    return [
        f"x@127.0.0.1:{port}/#",
        f"x@127.0.0.1:{port}#",
        f"127.0.0.1:{port}/",
        f"x:y@127.0.0.1:{port}?",
        "us-east-1.evil.test",
        "us-east-1.evil.test/#",
        "us-east-1\n",
        "us-east-1%0a.evil.test",
        "us-east-1\r\nHost: evil.test",
        "us‑east‑1",
        "us-eаst-1",
        "us-east-１",
        "US-EAST-1",
        "us-east-1 ",
        "us-east-99",
        "evil-test-1",
        "..",
        "",
    ]


def test_the_region_in_a_key_leads_nowhere(
    tree: Path, ear: Ear, home: Path, sandbox: Sandbox
) -> None:
    keys = [keysmith.short_term(region=region) for region in hostile_regions(ear.port)]
    leak(tree, keysmith.short_term(), *keys)
    with Gatekeeper() as gatekeeper:
        environment = {**os.environ, **gatekeeper.environment}
        arguments = ("--allowed-account-ids", ACCOUNT, "--include-malformed", "--format", "json")
        done = guard("respond", *arguments, ".", cwd=tree, env=environment, hurried=True)
        # The key with an honest region shows that the others could have been sent.
        assert set(gatekeeper.asked_for) == OWN_PLANES
    assert not ear.heard
    assert done.returncode == 1, said(done)
    assert len(report_of(done)["incidents"]) > 1
    assert set(verdicts(report_of(done))) <= {"unverified", None}


def test_no_key_with_a_hostile_region_reaches_even_a_trusted_endpoint(
    tree: Path, ear: Ear, sandbox: Sandbox, credentials: dict[str, str]
) -> None:
    honest = sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline")
    keys = [keysmith.short_term(region=region) for region in hostile_regions(ear.port)]
    leak(tree, honest.key, *keys)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert done.returncode == 1, said(done)
    assert probed(sandbox) == {keysmith.fingerprint_of(honest.key)}
    assert sandbox.writes() == ()
    assert not ear.heard


def test_endpoints_of_the_environment_are_ignored_unless_trusted(
    tree: Path, ear: Ear, credentials: dict[str, str], leaked: LongTermKey, sandbox: Sandbox
) -> None:
    leak(tree, leaked.key)
    services = ("", "_BEDROCK", "_BEDROCK_MANTLE", "_IAM", "_STS", "_CLOUDTRAIL")
    trap = {f"AWS_ENDPOINT_URL{name}": f"http://127.0.0.1:{ear.port}" for name in services}
    for trust in ("", "1", "true", "Trust", "trust "):
        with Gatekeeper() as gatekeeper:
            environment = {**credentials, **trap, **gatekeeper.environment}
            environment["BEDROCK_KEY_GUARD_ENDPOINTS"] = trust
            arguments = ("--allowed-account-ids", ACCOUNT, "--format", "json", ".")
            done = guard("respond", *arguments, cwd=tree, env=environment, hurried=True)
            assert {*gatekeeper.asked_for} == {*OWN_PLANES, "sts.us-east-1.amazonaws.com:443"}
            assert leaks_in(leaked.key, "".join(gatekeeper.headers).encode()) == []
        assert not ear.heard
        assert verdicts(report_of(done)) == ["unverified"]
    assert sandbox.calls() == ()


def test_a_proxy_of_the_environment_is_the_only_way_out(
    tree: Path, leaked: LongTermKey, home: Path
) -> None:
    leak(tree, leaked.key)
    with Gatekeeper() as gatekeeper:
        environment = {**os.environ, **gatekeeper.environment}
        arguments = ("--allowed-account-ids", ACCOUNT, "--format", "json", ".")
        done = guard("verify", *arguments, cwd=tree, env=environment, hurried=True)
        assert set(gatekeeper.asked_for) == OWN_PLANES
    assert verdicts(report_of(done)) == ["unverified"]


# ── forged keys ─────────────────────────────────────────────────────────────────────────────────


def altered(key: str) -> Iterator[str]:
    """Change one character after the other; with other padding it would be the same key."""
    for position in range(len("ABSK"), len(key.rstrip("="))):
        letter = "A" if key[position] != "A" else "B"
        yield key[:position] + letter + key[position + 1 :]


@pytest.mark.parametrize("count", sweep((1_000, 10_000), quick=lambda count: count == 1_000))
def test_thousands_of_forged_and_altered_keys_harm_no_healthy_user(
    count: int, tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    fakes = list(altered(leaked.key))
    fakes += [forged(leaked.key) for _ in range(count // 2 - len(fakes))]
    fakes += [keysmith.long_term(f"user-{number}") for number in range(count // 2)]
    leak(tree, *fakes)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    report, shown = report_of(done), probed(sandbox)
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"
    assert sandbox.accepts(leaked.key)
    assert done.returncode == 1
    assert report["complete"] is False
    assert len(report["incidents"]) > count - 200
    assert set(verdicts(report)) <= {"rejected", "foreign", "unverified", "dead"}
    assert len(shown) == 200
    assert keysmith.fingerprint_of(leaked.key) not in shown
    listings = [c for c in sandbox.calls() if c.operation == "ListServiceSpecificCredentials"]
    # Those that ask at the same moment look up the user that their key names, and `dev+1` in two
    # ways; then there is the one listing of the whole account.
    assert len(listings) <= 2 * STEPS_AT_A_TIME + 1


def test_a_forged_key_beside_the_real_one_changes_nothing_about_it(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    healthy = sandbox.make_long_term_key(ACCOUNT, "production")
    leak(tree, forged(healthy.key), leaked.key)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert verdicts(report_of(done)) == ["rejected", "live"]
    assert [c.parameter("ServiceSpecificCredentialId") for c in sandbox.writes()] == [
        leaked.credential_id
    ]
    assert status(sandbox, healthy) == "Active"
    assert sandbox.accepts(healthy.key)


def test_an_alias_that_names_another_user_first_is_matched_whole(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str]
) -> None:
    victim = sandbox.make_long_term_key(ACCOUNT, "app")
    leaked = sandbox.make_long_term_key(ACCOUNT, f"app-at-{STRANGER}")
    numbered = sandbox.make_long_term_key(ACCOUNT, "app")
    assert numbered.alias == f"app+1-at-{ACCOUNT}"
    leak(tree, leaked.key, numbered.key)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert verdicts(report_of(done)) == ["live", "live"]
    assert status(sandbox, victim) == "Active"
    assert [status(sandbox, key) for key in (leaked, numbered)] == ["Inactive", "Inactive"]


def test_a_key_made_for_a_terminal_drives_none(tree: Path, home: Path) -> None:
    name = "\x1b[2J\x1b]0;owned\x07\u202egnp.key\n::error::x"
    (tree / name).write_text(f"TOKEN={keysmith.long_term()}\n", encoding="utf-8")
    done = guard("scan", ".", cwd=tree, env=os.environ)
    assert done.returncode == 1
    text = (done.stdout + done.stderr).decode()
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("::") for line in text.splitlines())
