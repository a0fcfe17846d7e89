"""Say in words what a key is."""

from __future__ import annotations

from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.text.terminal import printable


def describe(key: Key) -> tuple[str, ...]:
    """Return the lines that say what a key is, its fingerprint last; never the key."""
    return (*map(printable, _what(key)), f"fingerprint {short(key.fingerprint)}")


def _what(key: Key) -> tuple[str, ...]:
    match key:
        case LongTermKey():
            users = " or ".join(key.user_name_candidates)
            return (
                f"{key.family.title} of account {key.account_id}",
                f"user {users}, alias {key.alias}",
            )
        case ShortTermKey():
            account = f" of account {key.account_id}" if key.account_id else ""
            return (
                f"{key.family.title}{account}",
                f"signed by access key {key.access_key_id} for {key.region}",
                f"issued {moment(key.issued_at)}, expires {moment(key.expires_at)}",
            )
        case MalformedKey():
            return (
                f"{key.family.title}, truncated or altered, or an example of one",
                f"it names {key.clue}",
            )
