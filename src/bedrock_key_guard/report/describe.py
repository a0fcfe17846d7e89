"""Say in words what a key is, and show hostile text without letting it drive a terminal."""

from __future__ import annotations

from datetime import datetime, timezone

from bedrock_key_guard.keys.fingerprint import short
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.report.redact import redact


def printable(text: str) -> str:
    r"""Return `text` without keys, and with what is no visible character as `\x1b`, `\u202e`.

    That covers control characters, escapes, line breaks, bidirectional overrides, invisible
    characters, and the bytes of a file name that are no text.
    """
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in redact(text))


def describe(key: Key) -> tuple[str, ...]:
    """Return the lines that say what a key is, its fingerprint last; never the key."""
    return (*map(printable, _what(key)), f"fingerprint {short(key.fingerprint)}")


def moment(when: datetime) -> str:
    """Write a time as people read it: UTC, to the minute."""
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte that os.fsdecode could not read
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode-escape", "surrogatepass").decode("ascii")


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
