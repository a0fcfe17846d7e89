"""Read the inputs of the GitHub Action: `INPUT_FAIL_ON` is `fail-on`, and so on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from bedrock_key_guard import guard
from bedrock_key_guard.aws.roles import RoleToAssume, role_to_assume
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.github.scope import Asked, Wanted, scope_of
from bedrock_key_guard.options import account_ids
from bedrock_key_guard.report.counts import FailOn
from bedrock_key_guard.report.issue import Policy as IssuePolicy
from bedrock_key_guard.respond.policy import Policy, ShortTerm
from bedrock_key_guard.scan.allowlist import allow_list
from bedrock_key_guard.scan.range import commits_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.github.event import Event

Respond = Literal["off", "dry-run", "disable", "reset", "delete"]
T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hold the inputs, each one checked."""

    path: Path
    scan: Wanted
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

    def scanning(self, event: Event | None = None) -> guard.Scanning:
        """Return what to read at an event. Raises UsageError for what cannot be read."""
        allow = allow_list(self.allow_list, self.baseline, self.exclude)
        name, payload = (event.name, event.payload) if event else ("", {})
        scope = scope_of(self.scan, name, payload, commits_known(self.path))
        return guard.Scanning(
            paths=(self.path,),
            source=scope.source,
            revisions=scope.revisions,
            with_tree=scope.with_tree,
            allow=allow,
        )

    def verifying(self) -> guard.Verifying:
        """Return whose keys may be probed."""
        return guard.Verifying(self.allowed_account_ids, role=self.role_to_assume)

    def investigating(self) -> guard.Investigating | None:
        """Return that the use of each key is looked up, if it is."""
        return guard.Investigating() if self.verify and self.timeline else None

    def responding(self, ledger: Path, untrusted: str | None) -> guard.Responding:
        """Return what the run may change, nothing if it is `untrusted`."""
        policy = Policy(
            response="disable" if self.respond == "dry-run" else self.respond,
            dry_run=self.respond == "dry-run",
            untrusted=untrusted,
            protect=self.protect,
            short_term=self.short_term,
        )
        return guard.Responding(policy, ledger, self.reset_store)


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """Read every input. Raises UsageError for one that is not what it should be."""

    def text(name: str) -> str:
        return environment.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()

    return Inputs(
        path=Path(text("path") or "."),
        scan=Wanted(
            _one_of("scan", text("scan") or "auto", get_args(Asked)),
            text("base-ref"),
            text("head-ref"),
        ),
        exclude=_lines(text("exclude")),
        baseline=_file(text("baseline")),
        allow_list=_file(text("allow-list")),
        verify=_one_of("verify", text("verify") or "true", ("true", "false")) == "true",
        respond=_one_of("respond", text("respond") or "disable", get_args(Respond)),
        short_term=_one_of("short-term", text("short-term") or "off", get_args(ShortTerm)),
        protect=frozenset(_words(text("protect"))),
        allowed_account_ids=_accounts(text("allowed-account-ids")),
        role_to_assume=role_to_assume(text("role-to-assume-template"), text("external-id")),
        reset_store=text("reset-store") or None,
        fail_on=_one_of("fail-on", text("fail-on") or "any", get_args(FailOn)),
        report_issue=_one_of("report-issue", text("report-issue") or "auto", get_args(IssuePolicy)),
        issue_repository=text("issue-repository") or environment.get("GITHUB_REPOSITORY", ""),
        issue_labels=_words(text("issue-labels")),
        issue_assignees=_words(text("issue-assignees")),
        github_token=text("github-token"),
        summary=_one_of("summary", text("summary") or "true", ("true", "false")) == "true",
        timeline=_one_of("timeline", text("timeline") or "false", ("true", "false")) == "true",
    )


def _one_of(name: str, value: str, allowed: tuple[T, ...]) -> T:
    if value not in allowed:
        raise UsageError(
            f"The input `{name}` is {value!r}.", remedy=f"Use one of: {', '.join(allowed)}."
        )
    return value


def _accounts(value: str) -> frozenset[str]:
    try:
        return frozenset(account_ids(value))
    except argparse.ArgumentTypeError as error:
        raise UsageError(
            f"The input `allowed-account-ids` cannot be used: {error}.",
            remedy="Give account ids of 12 digits, apart by commas.",
        ) from None


def _file(value: str) -> Path | None:
    return Path(value) if value else None


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def _words(value: str) -> tuple[str, ...]:
    """Split at commas and at line ends: a label may hold a space."""
    return tuple(word for line in _lines(value.replace(",", "\n")) if (word := line.strip()))
