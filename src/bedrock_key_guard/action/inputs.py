"""Read the inputs of the GitHub Action: `INPUT_FAIL_ON` is `fail-on`, and so on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from bedrock_key_guard.action.scope import Choice, ScanWord, scope_of, unread
from bedrock_key_guard.aws.roles import RoleToAssume, role_to_assume
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.pipeline.options import Investigating, Responding, Verifying, account_ids
from bedrock_key_guard.report.github.issue import IssuePolicy
from bedrock_key_guard.report.report import FailOn
from bedrock_key_guard.respond.policy import QUARANTINE, Policy, ShortTerm
from bedrock_key_guard.scan.allowlist import allow_list
from bedrock_key_guard.scan.sources.commit_range import commits_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.action.event import Event
    from bedrock_key_guard.scan.scanning import Scanning

Respond = Literal["off", "dry-run", "disable", "reset", "delete", "strip-policies"]
T = TypeVar("T", bound=str)
# What starts at a time or at somebody's word reads what has long been there.
_BRINGS_NOTHING = frozenset(("schedule", "workflow_dispatch", "repository_dispatch"))


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hold the inputs, each one checked."""

    path: Path
    scan: Choice
    exclude: tuple[str, ...]
    baseline: Path | None
    allow_list: Path | None
    verify: bool
    respond: Respond
    short_term: ShortTerm
    protect: frozenset[str]
    allowed_account_ids: frozenset[str]
    role_to_assume: RoleToAssume | None
    reset_store: str | None
    fail_on: FailOn
    report_issue: IssuePolicy
    issue_repository: str
    issue_labels: tuple[str, ...]
    issue_assignees: tuple[str, ...]
    github_token: str = field(repr=False)
    summary: bool
    timeline: bool = False
    sarif: bool = False
    fail_on_incomplete: bool = True
    mask_identities: bool = False
    issue_authors: tuple[str, ...] = ("github-actions[bot]",)
    redact: bool = False
    lift: bool = False
    deep: bool = False
    include_malformed: bool = False
    reactivate: bool = False
    quarantine_policy: str = QUARANTINE
    revoke_everything: bool = False
    max_probes: int = 200
    max_responses: int = 20
    max_issues: int = 10

    def __post_init__(self) -> None:
        """Raise UsageError where only a live key would fail, and nobody asks whether one is."""
        if self.fail_on == "live" and not self.verify:
            raise UsageError(
                "The input `fail-on` is 'live' and `verify` is 'false', so no key would ever fail.",
                remedy="Leave one of them out.",
            )
        if self.reactivate and self.respond != "reset":
            raise _idle("reactivate", "respond: reset")
        if self.revoke_everything and self.short_term != "revoke-sessions":
            raise _idle("revoke-everything", "short-term: revoke-sessions")

    def scanning(self, event: Event | None = None, commits: Path | None = None) -> Scanning:
        """Return what to read at an event. Raises UsageError for what cannot be read.

        The repository at `commits` has what a shallow checkout has not.
        """
        allow = allow_list(self.allow_list, self.baseline, self.exclude)
        name, payload = (event.name, event.payload) if event else ("", {})
        knows = commits_known(commits or self.path)
        scope = scope_of(self.scan, name, payload, knows)
        if knows is None and scope.source != "nothing":
            _require_checkout(self.path)
        return replace(
            scope,
            paths=(self.path,),
            commits=commits,
            deep=self.deep,
            include_malformed=self.include_malformed,
            allow=allow,
            event=event.text if event else None,
            missing=(*scope.missing, *unread(name, payload)),
        )

    def verifying(self, event: Event | None = None) -> Verifying:
        """Return whose keys may be probed; those that an event has brought may be new."""
        brought = event is not None and event.name not in _BRINGS_NOTHING
        return Verifying(
            self.allowed_account_ids, self.max_probes, self.role_to_assume, of_event=brought
        )

    def investigating(self) -> Investigating | None:
        """Return that the use of each key is looked up, if it is."""
        return Investigating() if self.verify and self.timeline else None

    def responding(
        self, ledger: Path, untrusted: str | None, foreign_code: str | None = None
    ) -> Responding:
        """Return what the run may change, nothing if it is `untrusted`, by `foreign_code` less."""
        policy = Policy(
            response="disable" if self.respond == "dry-run" else self.respond,
            dry_run=self.respond == "dry-run",
            untrusted=untrusted,
            foreign_code=foreign_code,
            protect=self.protect,
            max_responses=self.max_responses,
            short_term=self.short_term,
            reactivate=self.reactivate,
            quarantine=self.quarantine_policy,
            revoke_everything=self.revoke_everything,
        )
        return Responding(policy, ledger, self.reset_store)


def _idle(name: str, beside: str) -> UsageError:
    return UsageError(
        f"The input `{name}` goes with `{beside}` alone.", remedy="Leave it out, or set the other."
    )


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """Read every input. Raises UsageError for one that is not what it should be."""

    def text(name: str) -> str:
        return environment.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()

    def choice(name: str, allowed: tuple[T, ...], default: T) -> T:
        value = text(name) or default
        if value not in allowed:
            remedy = f"Use one of: {', '.join(allowed)}."
            raise UsageError(f"The input `{name}` is {value!r}.", remedy=remedy)
        return value

    def number(name: str, default: int) -> int:
        value = text(name) or str(default)
        if not (value.isascii() and value.isdigit()):
            remedy = "Give a whole number, such as 20."
            raise UsageError(f"The input `{name}` is {value!r}.", remedy=remedy)
        return int(value)

    def file(name: str) -> Path | None:
        return Path(text(name)) if text(name) else None

    def switch(name: str, default: Literal["true", "false"]) -> bool:
        return choice(name, ("true", "false"), default) == "true"

    return Inputs(
        path=Path(text("path") or "."),
        scan=Choice(choice("scan", get_args(ScanWord), "auto"), text("base-ref"), text("head-ref")),
        exclude=_lines(text("exclude")),
        baseline=file("baseline"),
        allow_list=file("allow-list"),
        verify=switch("verify", "true"),
        respond=choice("respond", get_args(Respond), "disable"),
        short_term=choice("short-term", get_args(ShortTerm), "off"),
        protect=frozenset(_words(text("protect"))),
        allowed_account_ids=account_ids(text("allowed-account-ids")),
        role_to_assume=role_to_assume(
            text("role-to-assume-template"), text("external-id"), _lines(text("session-tags"))
        ),
        reset_store=text("reset-store") or None,
        fail_on=choice("fail-on", get_args(FailOn), "any"),
        report_issue=choice("report-issue", get_args(IssuePolicy), "auto"),
        issue_repository=text("issue-repository") or environment.get("GITHUB_REPOSITORY", ""),
        issue_labels=_words(text("issue-labels")),
        issue_assignees=_words(text("issue-assignees")),
        github_token=text("github-token"),
        summary=switch("summary", "true"),
        timeline=switch("timeline", "false"),
        sarif=switch("sarif-file", "false"),
        fail_on_incomplete=switch("fail-on-incomplete", "true"),
        issue_authors=_words(text("issue-authors")) or ("github-actions[bot]",),
        mask_identities=switch("mask-identities", "false"),
        redact=switch("redact", "false"),
        lift=switch("lift", "false"),
        deep=switch("deep", "false"),
        include_malformed=switch("include-malformed", "false"),
        reactivate=switch("reactivate", "false"),
        quarantine_policy=text("quarantine-policy") or QUARANTINE,
        revoke_everything=switch("revoke-everything", "false"),
        max_probes=number("max-probes", 200),
        max_responses=number("max-responses", 20),
        max_issues=number("max-issues", 10),
    )


def _require_checkout(path: Path) -> None:
    """Raise UsageError for an empty folder: nobody may call it clean."""
    if path.is_dir() and not any(path.iterdir()):
        raise UsageError(
            f"There is nothing to scan: the folder {str(path)!r} is empty.",
            remedy="Add actions/checkout before this step, or correct the input `path`.",
        )


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def _words(value: str) -> tuple[str, ...]:
    """Split at commas and at line ends: a label may hold a space."""
    return tuple(word for line in _lines(value.replace(",", "\n")) if (word := line.strip()))
