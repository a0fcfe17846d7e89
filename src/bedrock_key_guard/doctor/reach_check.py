"""Check that both planes of Bedrock can be reached, without any key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.regions import HOME_REGION, PARTITION_OF_REGION, further_regions
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.verify.bedrock import PLANES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.evidence import BedrockAnswer
    from bedrock_key_guard.verify.bedrock import HttpsProber

_MEND = "allow HTTPS to this host, also in HTTPS_PROXY and NO_PROXY"


def regions_to_reach(partition: str, configured: str | None) -> tuple[str, ...]:
    """Return where keys are probed: at home, where a change is confirmed, and where we are."""
    home = HOME_REGION[partition]
    ours = [configured] if configured and PARTITION_OF_REGION.get(configured) == partition else []
    return tuple(dict.fromkeys((home, *further_regions(home), *ours)))


def check_reach(prober: HttpsProber, regions: tuple[str, ...]) -> Iterator[Check]:
    """Yield whether each plane answers in each region; all are asked side by side."""
    asked = [(plane, region) for region in regions for plane in PLANES]
    with ThreadPoolExecutor(len(asked)) as executor:
        yield from executor.map(lambda each: of_answer(prober.reach(*each)), asked)


def of_answer(answer: BedrockAnswer) -> Check:
    """Return what the answer to a request without a key means."""
    name = f"{answer.plane} in {answer.region}"
    match answer.state:
        case "refused":
            return Check("bedrock", name, "works", "it answers, and asks for a key")
        case "not-offered":
            return Check("bedrock", name, "works", "it is not offered there, so nothing is asked")
        case "accepted":
            said = "what answers lists its models to nobody, so it is not Bedrock"
            return Check("bedrock", name, "wrong", said, _MEND)
        case _:
            return Check("bedrock", name, "unknown", answer.detail, _MEND)
