"""Switch off the credential of a long-term key: for now, for a new secret, or for good.

All three begin with `Inactive`, which alone can be undone. The order is what keeps them safe: a
reset has its store tried before anything is touched, and nothing is deleted that Bedrock has not
been seen to refuse.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam import commands
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Order, Ready
from bedrock_key_guard.respond.ledger.records import StatusChange
from bedrock_key_guard.respond.stores import StoreError

if TYPE_CHECKING:
    from bedrock_key_guard.model import CredentialRecord, LongTermKey
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.ledger.records import Record
    from bedrock_key_guard.respond.stores import Store


class Disable(Change):
    """Set the credential Inactive."""

    deed = "set it Inactive"

    def __init__(self, order: Order) -> None:
        """Carry out `order`, whose verdict names the credential."""
        super().__init__(order)
        iam = order.verdict.evidence.iam
        if iam is None or iam.credential is None:
            raise AssertionError("plan() lets nothing through without a credential")
        self.credential: CredentialRecord = iam.credential
        self.key: LongTermKey = order.incident.key  # type: ignore[assignment]  # by plan()

    @property
    def subject(self) -> str:
        """Name the credential."""
        return f"credential {self.credential.credential_id} of user {self.credential.user_name}"

    def promise(self) -> str:
        """Say what would be done."""
        return f"would set {self.subject} Inactive"

    def by_hand(self) -> tuple[str, ...]:
        """Return the command that sets it Inactive."""
        return commands.to_disable(self.key, self.credential)

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:  # noqa: ARG002  # nothing to find out
        """Be ready: IAM was asked beside the first probe."""
        return Ready(self.record("Inactive"))

    def write(self, access: AccountAccess, record: Record) -> None:  # noqa: ARG002  # the verdict says it
        """Set it Inactive."""
        access.credentials.set_status(self.credential, "Inactive")

    def done(self, record: Record) -> str:  # noqa: ARG002  # the same for all
        """Say that it is Inactive."""
        return f"{self.subject} is Inactive"

    def record(self, status_after: str) -> StatusChange:
        """Return what the ledger is told."""
        return StatusChange(
            user_name=self.credential.user_name,
            credential_id=self.credential.credential_id,
            alias=self.credential.alias,
            status_before=self.credential.status,
            status_after=status_after,
        )


class Reset(Disable):
    """Set the credential Inactive, and give its owner a new key."""

    @property
    def _end(self) -> str:
        return "Active" if self.order.policy.reactivate else "Inactive"

    def promise(self) -> str:
        """Say what would be done."""
        active = self.order.policy.reactivate
        end = "and set it Active again" if active else "and leave it Inactive"
        return f"would reset {self.subject} {end}; a reset cannot be undone"

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the store accepts a write."""
        try:
            self._store(access).check()
        except StoreError as error:
            return Obstacle(f"the store for the new key does not accept a write ({error})")
        return Ready(self.record(self._end))

    def follow(self, access: AccountAccess) -> str | None:
        """Make a new key and store it.

        Nothing is lost on the way: the credential stays Inactive, and it can be reset again.
        """
        store = self._store(access)
        if not store.claim():
            return "it is Inactive, but not reset: the store holds another new key of this run"
        try:
            secret = access.credentials.reset(self.credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"it is Inactive, but IAM did not reset it ({refusal(error)})"
        with suppress(Exception):  # where nothing can be printed, nothing is shown
            access.mask(secret)
        try:
            store.write(secret)
        except StoreError as error:
            return f"it is Inactive and reset, but the store took no key ({error})"
        return self._reactivated(access) if self.order.policy.reactivate else None

    def done(self, record: Record) -> str:  # noqa: ARG002  # the policy says it
        """Say what it is now."""
        return f"{self.subject} was reset, its new key stored, and it is {self._end}"

    def can_be_undone(self, *, finished: bool) -> bool:  # noqa: ARG002  # never
        """Say that there is no way back to the old secret."""
        return False

    def _reactivated(self, access: AccountAccess) -> str | None:
        try:
            access.credentials.set_status(self.credential, "Active")
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"the new key is stored, but Inactive ({refusal(error)})"
        return None

    def _store(self, access: AccountAccess) -> Store:
        if access.store_of is None:
            raise AssertionError("a reset without a store is refused as the run begins")
        return access.store_of(self.credential.credential_id)


class Delete(Disable):
    """Set the credential Inactive, and delete it once Bedrock is confirmed to refuse the key."""

    unfinished = "it is Inactive, but not deleted: that waits for the confirmation"

    def promise(self) -> str:
        """Say what would be done."""
        return f"would delete {self.subject}; that cannot be undone"

    def finish(self, access: AccountAccess) -> str | None:
        """Delete it."""
        try:
            access.credentials.delete(self.credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"it is Inactive, but IAM did not delete it ({refusal(error)})"
        return None

    def done(self, record: Record) -> str:  # noqa: ARG002  # the same for all
        """Say that it is gone."""
        return f"{self.subject} was deleted"

    def can_be_undone(self, *, finished: bool) -> bool:
        """Say that there is a way back while it is Inactive alone."""
        return not finished
