"""Take away what a drill has made: what IAM shows to be its own, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.doctor.drill.traces import PATH
from bedrock_key_guard.keys.families import BEDROCK_LONG_TERM
from bedrock_key_guard.verify.answers import PROPAGATION

if TYPE_CHECKING:
    from bedrock_key_guard.doctor.drill.disk import Disk
    from bedrock_key_guard.doctor.drill.operator import Credential, DrillUser, Operator
    from bedrock_key_guard.doctor.drill.traces import Traces

_CLOCKS_DIFFER = timedelta(minutes=5)
_TO_MAKE_IT = timedelta(minutes=15)


def clean(traces: Traces, disk: Disk, operator: Operator) -> str | None:
    """Take away what a drill has left; return why something stays, None where nothing does.

    The key goes first, and what was written down last: stopped anywhere, this is done again. IAM is
    eventually consistent: that it shows no user counts some minutes after it was asked for one.
    """
    try:
        disk.remove_key(traces)
        user = operator.find_user(traces)
        if user is None and traces.asked and operator.now() - traces.begun < PROPAGATION:
            return f"IAM does not show user {traces.user_name} yet: the next drill looks again."
        if user is not None:
            foreign = why_foreign(traces, user)
            if foreign:
                return f"User {traces.user_name} stays: {foreign}."
            for credential in user.credentials:
                operator.delete_key(traces, credential.id)
            operator.delete_user(traces)
        disk.remove_folder(traces)
        disk.forget(traces)
    except OSError as error:
        return f"{traces.folder} stays ({error.strerror})."
    except Exception as error:  # noqa: BLE001  # whatever failed, the next drill does it again
        return f"User {traces.user_name} may be there still ({refusal(error)})."
    return None


def why_foreign(traces: Traces, user: DrillUser) -> str:
    """Return why a user cannot be shown to be of this drill alone, "" where it is."""
    if user.path != PATH or user.tag != traces.id:
        return "it has not the path and the tag of this drill"
    if traces.user_id and user.id != traces.user_id:
        return "it is another user, who has got the name since"
    if user.created < traces.begun - _CLOCKS_DIFFER:
        return "it is older than the drill"
    if user.others:
        return f"{', '.join(user.others)} came to it since"
    others = [each.id for each in user.credentials if not _is_of(traces, each)]
    return f"the credential {', '.join(others)} came to it since" if others else ""


def _is_of(traces: Traces, credential: Credential) -> bool:
    """Return whether a drill made a credential; where it was killed IAM alone has the id."""
    if credential.id == traces.credential_id:
        return True
    took = credential.created - traces.begun
    is_of_bedrock = credential.service == BEDROCK_LONG_TERM.service_name
    return is_of_bedrock and -_CLOCKS_DIFFER <= took <= _TO_MAKE_IT
