"""Say what no look at CloudTrail can see, and what it cannot distinguish."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.aws.listings import Regions
    from bedrock_key_guard.investigate.aggregation import Sums
    from bedrock_key_guard.investigate.subject import Window

KEPT = "CloudTrail shows the last 90 days: what was before is not known."
MANTLE = (
    "Inference on bedrock-mantle is a data event, which this look-up never shows: "
    "only a trail or an event data store that records such events has it."
)
LATE = "Events may come a quarter of an hour late: the latest calls may be missing."
ONE_USER = "CloudTrail does not tell the Bedrock keys of one user apart: they are counted together."
RENAMED = "The user was renamed: what it did under an older name is not counted."
BEST_EFFORT = (
    "A short-term key is looked up by the access key that signed it, which Bedrock's events "
    "may leave out, and every key that this access key signed is counted."
)
BY_SESSION = (
    "No event held the access key: the calls made with keys of the session that signed it are "
    "counted, whichever access key of that session signed them."
)
NO_SESSION = "No event held the access key, and nobody named the session that signed the key."
BY_USER_AGENT = "The guard's own probes are known by their user agent, which anyone can copy."
NO_LEAK = "When the key leaked is not known, so nothing is compared with what was before."
NOTHING_BEFORE = "The key was not used before it leaked, so no address or program counts as new."


def limits_of(
    window: Window, facts: Sums, regions: Regions, particular: Iterable[str]
) -> Iterator[str]:
    """Yield the limits that hold for one look, those of every look first."""
    yield KEPT
    yield MANTLE
    yield LATE
    yield from particular
    if regions.doubt:
        number = len(regions.names)
        yield f"Which regions are enabled is not known ({regions.doubt}): {number} were asked."
    if facts.probes:
        yield BY_USER_AGENT
    if window.leaked_at is None:
        yield NO_LEAK
    elif facts.total and facts.total.first.time >= window.leaked_at:
        yield NOTHING_BEFORE
