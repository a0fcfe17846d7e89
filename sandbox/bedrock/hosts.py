"""Read which plane and region a host name of Bedrock's is of, as botocore's partitions name them.

The second plane's hosts are those of the user guide ("bedrock-mantle"); it is not in botocore. A
FIPS host of it is not known, so there is none.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.loaders

from sandbox.base.accounts import partition_of_region
from sandbox.bedrock.operations import CONTROL, MANTLE

if TYPE_CHECKING:
    from sandbox.bedrock.operations import Plane

_HOST = re.compile(r"(?P<name>bedrock|bedrock-fips|bedrock-mantle)\.(?P<region>[a-z0-9-]+)\.(.+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Say what is asked; `plane` is None where one port plays both, and the path tells them."""

    region: str | None
    plane: Plane | None = None


def place_of(host: str) -> Place | None:
    """Return what a host name stands for, None where Bedrock has no such host."""
    found = _HOST.fullmatch(host.partition(":")[0])
    if found is None or found["region"] not in _regions():
        return None
    plane = MANTLE if found["name"] == "bedrock-mantle" else CONTROL
    outputs = _regions()[found["region"]]
    names = ("dualStackDnsSuffix",) if plane is MANTLE else ("dnsSuffix", "dualStackDnsSuffix")
    known = found[3] in [outputs[name] for name in names]
    return Place(found["region"], plane) if known else None


@functools.cache
def _regions() -> dict[str, dict[str, Any]]:
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    return {
        region: partition["outputs"]
        for partition in partitions
        for region in partition["regions"]
        if partition["id"] == partition_of_region(region)
    }
