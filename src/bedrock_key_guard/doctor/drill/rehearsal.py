"""Lead a drill: who makes the key, who finds and stops it, and what is taken away before and after.

Nothing is made or removed before `run`.
"""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bedrock_key_guard.aws.permissions import DENIALS
from bedrock_key_guard.aws.session import NoSession, Session, error_code, open_session, refusal
from bedrock_key_guard.doctor.aws_checks import SIGN_IN
from bedrock_key_guard.doctor.drill.disk import Disk
from bedrock_key_guard.doctor.drill.leftovers import clean
from bedrock_key_guard.doctor.drill.operator import Operator
from bedrock_key_guard.doctor.drill.play import DrillEnd, play
from bedrock_key_guard.doctor.drill.traces import NAME, Traces
from bedrock_key_guard.errors import CredentialsError, GuardError, IncompleteError, UsageError
from bedrock_key_guard.iam.principal import is_same, read_principal
from bedrock_key_guard.verify.accounts import Accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from bedrock_key_guard.doctor.examination import Examination
    from bedrock_key_guard.pipeline.options import Surroundings

    Say = Callable[[str], object]

_ROLE = "BedrockKeyGuard"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold who makes the key, and the session by which the guard stops it."""

    own: Session
    guard: Session
    disk: Disk

    @property
    def plan(self) -> str:
        """Say what a drill does, for whoever decides whether it may."""
        return (
            f"A drill makes an IAM user without policies and a Bedrock key that lives a day, in "
            f"account {self.own.account.account_id} as {self.own.arn}. The key lies in a private "
            f"folder of this machine. The guard, as {self.guard.arn}, finds it, proves it, sets it "
            "Inactive and confirms that Bedrock refuses it. Then all of it is deleted, and what "
            "an earlier drill may have left. It takes some minutes."
        )

    def run(self, around: Surroundings, say: Say) -> DrillEnd:
        """Take away what is left of earlier drills, play, and take away what this one made.

        Raises CredentialsError and IncompleteError.
        """
        operator = Operator(self.own)
        left = self.clear(operator, say)
        traces = _new_traces(self.own)
        steps = play(traces, self.disk, operator, around)
        try:
            ended = _led(steps, say)
        finally:
            stays = clean(self._written(traces), self.disk, operator)
            say(stays or "The user, its key and the folder are deleted.")
        if left or stays:
            raise IncompleteError(
                "A drill has left something.", remedy="Remove what stays, or run the drill again."
            )
        return ended

    def clear(self, operator: Operator, say: Say) -> bool:
        """Take away what is left of earlier drills; return whether something stays."""
        drills, unreadable = self.disk.drills()
        ours = [each for each in drills if each.account_id == self.own.account.account_id]
        stays = [f"{file} was written by no drill, and stays." for file in unreadable]
        stays += [
            f"{each.user_name} is of account {each.account_id}: run the drill there."
            for each in drills
            if each not in ours
        ]
        for each in ours:
            why = clean(each, self.disk, operator)
            if why is None:
                say(f"What {each.user_name} had left is deleted.")
            else:
                stays.append(why)
        for sentence in stays:
            say(sentence)
        return bool(stays)

    def _written(self, traces: Traces) -> Traces:
        """Return what is known of a drill: the play has written down what IAM told it."""
        drills, _ = self.disk.drills()
        return next((each for each in drills if each.id == traces.id), traces)


def prepare(asked: Examination, around: Surroundings, state: Path) -> Rehearsal:
    """Return a drill that is ready, `state` being where it is written down.

    Raises CredentialsError where nobody can act, UsageError for an account not on the allow-list,
    and for a guard of another account.
    """
    own = open_session(around.environment)
    if isinstance(own, NoSession):
        raise CredentialsError(f"A drill needs your credentials: {own.reason}.", remedy=SIGN_IN)
    account_id = own.account.account_id
    if not Accounts(asked.accounts, own).permits(account_id):
        raise UsageError(
            f"Your credentials are of account {account_id}, which is not on the allow-list.",
            remedy="Use credentials of an account of --allowed-account-ids.",
        )
    return Rehearsal(own, _guard_session(own, asked), Disk(state))


def _guard_session(own: Session, asked: Examination) -> Session:
    """Return the guard's session: the role is assumed, unless it is who acts already."""
    account = own.account
    usual = f"arn:{account.partition}:iam::{account.account_id}:role/{_ROLE}"
    request = asked.role.request(account.account_id, NAME) if asked.role else {}
    arn = asked.guard or str(request.get("RoleArn") or usual)
    if is_same(arn, own.arn):
        return own
    principal = read_principal(arn)
    if principal is None or principal.account_id != account.account_id:
        raise UsageError(
            f"{arn} is not of account {account.account_id}, in which the key would be made.",
            remedy="Name the guard's role of that account.",
        )
    try:
        return own.assume({**request, "RoleArn": arn, "RoleSessionName": NAME})
    except Exception as error:  # noqa: BLE001  # whatever failed, nobody can play the guard
        raise CredentialsError(
            f"The guard's role {arn} cannot be assumed ({refusal(error)}), so nothing was made.",
            remedy=f"Let it trust {own.arn} (deploy/guard.yaml with HubRoleArn), name another with "
            "--guard, or name yourself to run the loop with your own permissions.",
        ) from None


def _new_traces(own: Session) -> Traces:
    identity = secrets.token_hex(8)
    folder = Path(tempfile.gettempdir()).resolve() / f"{NAME}-{identity}"
    return Traces(identity, own.account.account_id, folder, own.dates.now())


def _led(steps: Generator[str, None, DrillEnd], say: Say) -> DrillEnd:
    """Tell of each step, and return how the play ended."""
    try:
        while True:
            say(next(steps))
    except StopIteration as end:
        return cast("DrillEnd", end.value)
    except GuardError:
        raise
    except OSError as error:
        raise UsageError(
            f"The drill cannot write what it needs ({(error.strerror or '?').lower()}).",
            remedy="Set TMPDIR and XDG_STATE_HOME to folders that can be written to.",
        ) from None
    except Exception as error:  # noqa: BLE001  # IAM refused, or did not answer
        kind = CredentialsError if error_code(error) in DENIALS else IncompleteError
        raise kind(
            f"AWS did not let you make the drill's user or key ({refusal(error)})."
        ) from None
