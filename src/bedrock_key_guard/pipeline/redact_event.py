"""Take a key that was live out of the text of the event that told it, and change nothing else.

GitHub keeps what a text was before, and no API deletes that: people are told where they do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.errors import GitHubError
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.report.report import may_name_places
from bedrock_key_guard.scan.containers.decoded import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.event_texts import EditableText, Fields
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.report import Report, Visibility

_PADDING = re.compile(rb"\A={1,2}")
OFFER = (
    "A key that was live stands in the text of the event. With the input redact set to true it is "
    "taken out, where the token may change that text."
)
CHANGED = "The text of the event was not redacted: somebody has changed it since."
BY_HAND = "A key that was live stands in the event and no API takes it out: delete it by hand{}."
HISTORY = (
    "A key that was live was taken out of the text of the event{}. GitHub still shows what it was "
    "before: open it, click on edited at its top, choose the revision with the key, then Options, "
    "and there Delete revision from history."
)
"""The clicks are those of
https://docs.github.com/en/communities/moderating-comments-and-conversations/tracking-changes-in-a-comment.
"""


def offered(report: Report) -> Report:
    """Return the report with the offer to redact, where that would do something."""
    return report.noted(OFFER) if _live(report) else report


def redacted(
    report: Report, client: GitHub, text: EditableText | None, visibility: Visibility
) -> Report:
    """Take the keys of a report that were live out of a text, and return the report that says so.

    What keeps it from that is a warning, and stops no run.
    """
    live = _live(report)
    if not live:
        return report
    where = _where(live, visibility)
    fingerprints = {case.incident.fingerprint for case in live}
    if text is None or text.said == without(text.said, fingerprints):
        return report.warned(BY_HAND.format(where))
    try:
        change = what_to_write(text.said, text.read(client), fingerprints)
        if change == "changed":
            return report.warned(CHANGED)
        text.write(client, change)
    except GitHubError as error:
        return report.warned(f"The text of the event was not redacted: {error} {error.remedy}")
    return report.noted(HISTORY.format(where))


def what_to_write(
    said: Fields, now: Fields, fingerprints: Collection[str]
) -> Fields | Literal["changed"]:
    """Return the fields that hold a key, without it, or that the text is not what it was."""
    if now != said:
        return "changed"
    new = without(now, fingerprints)
    return {name: text for name, text in new.items() if text != now[name]}


def without(fields: Mapping[str, str], fingerprints: Collection[str]) -> Fields:
    """Return texts in which each of some keys, however it is written, stands by its fingerprint."""
    return {name: _without(text, fingerprints) for name, text in fields.items()}


def _without(text: str, fingerprints: Collection[str]) -> str:
    data = text.encode("utf-8", "surrogatepass")
    for match in reversed(matches(data)):
        if match.key.fingerprint in fingerprints:
            mark = f"[leaked key {short(match.key.fingerprint)}, removed by Bedrock Key Guard]"
            data = data[: match.offset] + mark.encode() + _PADDING.sub(b"", data[match.end :])
    return data.decode("utf-8", "surrogatepass")


def _live(report: Report) -> list[Case]:
    """Return the cases of keys that were live and stand in the event itself."""
    return [
        case
        for case in report.cases
        if case.incident.in_event and case.verdict is not None and case.verdict.state == "live"
    ]


def _where(live: list[Case], visibility: Visibility) -> str:
    """Name the pages, unless strangers may read this and a key may still work."""
    if not all(may_name_places(case, visibility) for case in live):
        return ""
    pages = dict.fromkeys(at.page for case in live for at in case.incident.locations if at.page)
    return f" ({', '.join(pages)})" if pages else ""
