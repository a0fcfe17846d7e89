"""Take away what a user may do who was made for one key alone.

The console of Amazon Bedrock makes a user `BedrockAPIKey-…` for each key and attaches one managed
policy to it ("Generate an Amazon Bedrock API key" in its user guide). Without it the key is good
for nothing. Attached policies alone are taken: CloudTrail shows by ARN that the guard has detached
them, so that nothing else is ever given back. An inline policy could only be given back on the word
of a ledger, which anyone might have written, and a group's policies are not the user's own: a user
who has either is not as the console made it, and is left alone. So is one who can sign in with
anything else, for that would stop working too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.respond.changes.change import Obstacle, Ready
from bedrock_key_guard.respond.changes.long_term import Disabling
from bedrock_key_guard.respond.ledger.records import PoliciesDetached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.respond.account_access import AccountAccess


class Stripping(Disabling):
    """Detach every policy from the user that the console made for the key."""

    deed = "detach its policies"

    @property
    def subject(self) -> str:
        """Name the user."""
        return f"user {self.credential.user_name}"

    @property
    def denies_everything(self) -> bool:
        """Tell that what has no policy may do nothing."""
        return True

    def promise(self) -> str:
        """Say what would be done."""
        return f"would detach every policy of {self.subject}"

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the user is as the console made it, and nobody's but the key's."""
        name, made_as = self.credential.user_name, self.evidence.key.family.console_user
        if not made_as or not name.startswith(made_as):
            return Obstacle(f"user {name} was not made by the console for this key")
        user = access.identities.find("user", name)
        if user is None:
            return Obstacle(f"IAM has no user {name} any more")
        obstacle = self._of_others(access) or self._of_other_policies(access)
        if obstacle is not None:
            return Obstacle(obstacle)
        denies = self.policy.quarantine_in(access.account)
        attached = access.identities.attached("user", name)
        taken = tuple(policy for policy in attached if policy != denies)
        lost = ", ".join(policy.rpartition("/")[2] for policy in taken)
        return Ready(
            PoliciesDetached(name, user.unique_id, self.credential.alias, taken),
            f"{self.subject} has {f'lost {lost}' if taken else 'no policy left'}",
            partial(self._detach, taken, access),
            needed=bool(taken),
        )

    def _detach(self, policies: Sequence[str], access: AccountAccess) -> None:
        for policy in policies:
            access.identities.detach("user", self.credential.user_name, policy)

    def _of_others(self, access: AccountAccess) -> str | None:
        others = access.others(self.credential.user_name, self.credential.credential_id)
        if not others:
            return None
        return f"{self.subject} has more than this key, and it would stop too: {', '.join(others)}"

    def _of_other_policies(self, access: AccountAccess) -> str | None:
        name = self.credential.user_name
        for what, found in (
            ("inline policies", access.identities.inline("user", name)),
            ("groups", access.identities.groups(name)),
        ):
            if found:
                return f"{self.subject} has {what}, which could not be given back: {len(found)}"
        return None
