"""Make cases and reports by hand: small ones, and a rich one that holds everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

from bedrock_key_guard.keys.families import (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_LONG_TERM,
)
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, Secret, ShortTermKey
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    BedrockState,
    Clock,
    CredentialRecord,
    Evidence,
    IamAnswer,
    Plane,
    SecondPlane,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.model.findings import Case, Incident, NotScanned, Scan, Scanned
from bedrock_key_guard.model.origins import (
    Blob,
    Index,
    Location,
    Member,
    Message,
    Origin,
    Root,
    Source,
    Span,
    Stdin,
    WorkTree,
)
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.report.report import Report

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=timezone.utc)
ACCOUNT = "111122223333"
ALIAS = f"BedrockAPIKey-ex4m-at-{ACCOUNT}"
ARN = f"arn:aws:iam::{ACCOUNT}:user/BedrockAPIKey-ex4m"
ACCESS_KEY_ID = "ASIAQNZGKIQYEXAMPLE2"
CREDENTIAL = CredentialRecord(
    credential_id="ACCAQNZGKIQYEXAMPLE22",
    user_name="BedrockAPIKey-ex4m",
    alias=ALIAS,
    service_name="bedrock.amazonaws.com",
    status="Active",
    created_at=NOW - timedelta(days=90),
)
HOSTILE = (
    "src/\x1b[31mred\x1b[0m\x07.py",
    "a\n::error::pwned\r\n::add-mask::x",
    "::stop-commands::pause",
    "##[stop-commands]pause",
    "docs/a|b|c.md",
    "`rm -rf`/``x``.md",
    "@everyone/#1/<img src=x onerror=alert(1)>.html",
    "[click](https://example.com) https://example.com www.example.com",
    "\u202egpj.exe\u2066",
    "a,line=9::b%0A.py",
    "odd\udcff\udc80name",
    "<!-- bedrock-key-guard:v1 fingerprint=" + "0" * 64 + " -->",
    "*a* _b_ ~~c~~ $d$ \\| \\",
    "",
    " ",
)


def fingerprint(number: int) -> str:
    return f"{number:064x}"


def long_term(**changes: object) -> LongTermKey:
    key = LongTermKey(
        family=BEDROCK_LONG_TERM,
        secret=Secret("ABSK" + "c2VjcmV0" * 16),
        fingerprint="1a2b3c4d5e6f" + "0" * 52,
        alias=ALIAS,
        user_name_candidates=("BedrockAPIKey-ex4m",),
        account_id=ACCOUNT,
    )
    return replace(key, **changes)  # type: ignore[arg-type]


def short_term(**changes: object) -> ShortTermKey:
    key = ShortTermKey(
        family=BEDROCK_SHORT_TERM,
        secret=Secret("bedrock-api-key-" + "c2VjcmV0" * 60),
        fingerprint="77777777777a" + "0" * 52,
        access_key_id=ACCESS_KEY_ID,
        account_id="029608264753",
        region="us-east-1",
        issued_at=NOW - timedelta(hours=1),
        expires_at=NOW + timedelta(hours=11),
        has_session_token=True,
    )
    return replace(key, **changes)  # type: ignore[arg-type]


def malformed(**changes: object) -> MalformedKey:
    key = MalformedKey(
        family=BEDROCK_LONG_TERM,
        secret=Secret("ABSK" + "c2VjcmV0" * 4),
        fingerprint="999999999999" + "0" * 52,
        clue="BedrockAPIKey…",
    )
    return replace(key, **changes)  # type: ignore[arg-type]


def at(
    path: str,
    line: int = 12,
    column: int = 18,
    source: Source = "working-tree",
    *,
    containers: tuple[str, ...] = (),
    encodings: tuple[str, ...] = (),
    **git: Any,
) -> Location:
    """Return a place; what Git says of it is that of a blob."""
    origin: Origin = _root("blob" if git and source == "working-tree" else source, path, **git)
    for step in containers:
        origin = Member(origin, step)
    return Location(origin, Span(line, column, encodings))


def _root(source: Source, path: str, **git: Any) -> Root:
    match source:
        case "working-tree":
            return WorkTree(path)
        case "stdin":
            return Stdin()
        case "index":
            return Index(path, "0" * 40)
        case "commit-message" | "tag-message":
            return Message("0" * 40, source)
        case _:
            return Blob(**{"object": "0" * 40, "path": path, "source": source, **git})


def evidence(
    key: LongTermKey | ShortTermKey,
    *bedrock: BedrockState,
    iam: IamAnswer | None = None,
    account: str | None = ACCOUNT,
    accounts: Iterable[str] | None = (ACCOUNT,),
) -> Evidence:
    planes: tuple[Plane, ...] = get_args(Plane)
    answers = [
        BedrockAnswer(plane, "us-east-1", state, NOW, detail=f"answered {state}", status=200)
        for plane, state in zip(planes, bedrock, strict=False)
    ]
    return Evidence(
        key=key,
        clock=Clock(NOW, key.expires_at if isinstance(key, ShortTermKey) else None),
        allowed=AllowedAccounts(account, None if accounts is None else frozenset(accounts)),
        bedrock=tuple(answers),
        iam=iam,
    )


def iam_found(**changes: object) -> IamAnswer:
    record = replace(CREDENTIAL, **changes)  # type: ignore[arg-type]
    return IamAnswer("found", NOW, Account(ACCOUNT), record, record.user_name)


def verdict(
    state: VerdictState,
    reason: str = "because of the evidence",
    *,
    key: LongTermKey | ShortTermKey | None = None,
    iam: IamAnswer | None = None,
    principal: str | None = None,
    evidence: Evidence | None = None,
    second_plane: SecondPlane = "asked",
) -> Verdict:
    key = key or long_term()
    grounds = evidence or _evidence(key, iam=iam, account=key.account_id)
    return Verdict(state, reason, grounds, principal, second_plane)


_evidence = evidence


def case(
    key: Key | None = None,
    verdict: Verdict | None = None,
    outcome: Outcome | None = None,
    *,
    locations: tuple[Location, ...] = (at("src/app.py"),),
    issue_url: str | None = None,
    allowed: str | None = None,
) -> Case:
    key = key or long_term()
    confidence = "malformed" if isinstance(key, MalformedKey) else "exact"
    incident = Incident(key.fingerprint, key, confidence, locations, allowed)  # type: ignore[arg-type]
    return Case(incident, verdict, outcome, issue_url)


def done(**changes: object) -> Outcome:
    outcome = Outcome(
        action="disable",
        state="done",
        reason="credential ACCAQNZGKIQYEXAMPLE22 of user BedrockAPIKey-ex4m is Inactive",
        refused_since=NOW,
        confirmed_at=NOW,
        seconds_to_dead=3.2,
        undo="bedrock-key-guard restore --account 111122223333 --change 5f1c",
    )
    return replace(outcome, **changes)  # type: ignore[arg-type]


def report(*cases: Case, missed: tuple[NotScanned, ...] = (), **more: object) -> Report:
    scan = Scan((), Scanned(("working-tree",), 412, 3_104_882), missed)
    return Report(scan, cases, **more)  # type: ignore[arg-type]


def rich() -> Report:
    """Return a report with a case of every status, and hostile names."""
    return report(
        _disabled(),
        _live_short_term(),
        _protected(),
        _unverified(),
        _contained(),
        _rejected(),
        _inactive(),
        _expired(),
        _foreign(),
        case(
            long_term(fingerprint=fingerprint(0xABCDEF << 200), family=CLAUDE_PLATFORM_LONG_TERM),
            locations=tuple(at(path, number + 1) for number, path in enumerate(HOSTILE)),
        ),
        case(malformed(), locations=(at("docs/example.md", 3, 1),)),
        missed=(
            NotScanned("secrets/prod.env", "missing", "permission denied"),
            NotScanned("pipe\x1b[2J", "skipped", "it is not a regular file"),
        ),
        notes=("a scheduled run of @everyone",),
        incomplete=("1 key was not asked about: the run may probe 200 keys (max-probes)",),
    )


def _disabled() -> Case:
    places = [at("notebooks/chat.ipynb", 12, 18, encodings=("json",)), at("src/app.py", 3, 11)]
    places += [at(f"copies/{number:02}.env", number, 1) for number in range(1, 31)]
    found = verdict(
        "live", "bedrock and bedrock-mantle accepted it", iam=iam_found(), principal=ARN
    )
    return case(
        long_term(),
        found,
        done(),
        locations=tuple(places),
        issue_url="https://github.com/o/r/issues/7",
    )


def _live_short_term() -> Case:
    key = short_term()
    command = "aws iam put-role-policy --role-name build --policy-name DenyLeakedBedrockApiKey"
    outcome = Outcome(
        "manual",
        "refused",
        "a short-term key cannot be switched off alone: the identity that signed it has to be",
        commands=(command,),
        urgent=True,
    )
    arn = "arn:aws:sts::029608264753:assumed-role/build/session"
    found = verdict("live", "bedrock accepted it", key=key, principal=arn)
    return case(key, found, outcome, locations=(at(".env", 4, 26),))


def _protected() -> Case:
    key = long_term(fingerprint="2222222222ff" + "0" * 52, user_name_candidates=("prod", "prod+1"))
    command = (
        "aws iam update-service-specific-credential --user-name prod "
        "--service-specific-credential-id ACCAQNZGKIQYEXAMPLE22 --status Inactive"
    )
    outcome = Outcome(
        "manual", "refused", "user prod is protected (--protect)", commands=(command,), urgent=True
    )
    found = verdict("live", "bedrock accepted it", iam=iam_found(user_name="prod"), principal=ARN)
    return case(key, found, outcome)


def _unverified() -> Case:
    key = long_term(fingerprint="33333333333d" + "0" * 52)
    reason = "no account may be asked about: there are no AWS credentials"
    outcome = Outcome("manual", "refused", reason, urgent=True)
    return case(key, verdict("unverified", reason), outcome)


def _contained() -> Case:
    key = long_term(fingerprint="44444444444e" + "0" * 52)
    found = verdict("contained", f"{ARN} may not use API keys on either plane", principal=ARN)
    outcome = Outcome("disable", "failed", "IAM did not set it Inactive (AccessDenied)")
    return case(key, found, outcome)


def _rejected() -> Case:
    key = long_term(fingerprint="555555555555" + "0" * 52, user_name_candidates=("healthy",))
    reason = "the credential it names is Active, but Bedrock refused this key: it was forged, "
    found = verdict("rejected", f"{reason}altered, or reset since", iam=iam_found())
    return case(key, found, Outcome("nothing", "not-needed", found.reason))


def _inactive() -> Case:
    key = long_term(fingerprint="66666666666f" + "0" * 52)
    found = verdict("dead", "IAM calls its credential Inactive", iam=iam_found(status="Inactive"))
    return case(key, found, Outcome("nothing", "not-needed", found.reason))


def _expired() -> Case:
    key = short_term(
        fingerprint="888888888881" + "0" * 52,
        issued_at=NOW - timedelta(days=30),
        expires_at=NOW - timedelta(days=29),
    )
    found = verdict("dead", "expired at 2026-10-25 06:00 UTC", key=key)
    return case(key, found, Outcome("nothing", "not-needed", found.reason))


def _foreign() -> Case:
    account = "210987654321"
    key = long_term(
        fingerprint="aaaaaaaaaaa1" + "0" * 52, account_id=account, alias=f"u-at-{account}"
    )
    found = verdict("foreign", f"account {account} is not on the allow-list", key=key)
    return case(key, found, Outcome("nothing", "not-needed", found.reason))
