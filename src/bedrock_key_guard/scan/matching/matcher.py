"""Find keys in bytes: find a place, take what is around it, decode, accept only structure.

What surrounds a key never matters. Its body is base64 without `+` or `/`, so any punctuation ends
it; its padding follows from its length, so it may be kept, stripped or escaped; and where letters
follow directly, the parser knows where the key ends.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.keys import short_term
from bedrock_key_guard.keys.families import UNKNOWN_LONG_TERM
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey
from bedrock_key_guard.scan.decoding.layer import File, Layer
from bedrock_key_guard.scan.decoding.layers import layers_in, outermost, spots
from bedrock_key_guard.scan.limits import ATTEMPT, DECODED, TOO_LARGE
from bedrock_key_guard.scan.matching.gutters import GUTTER, joined
from bedrock_key_guard.scan.matching.key_parser import keys_in
from bedrock_key_guard.scan.prefilter.signatures import HEAD, container_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bedrock_key_guard.keys.key import Secret
    from bedrock_key_guard.model.findings import Confidence, Finding
    from bedrock_key_guard.scan.limits import Budget

    # Find keys in the bytes of a file of some kind, or of the kind that they tell themselves.
    Opener = Callable[[bytes, str, Budget], list[Finding]]

UTF_16_LE = "utf-16-le"
UTF_16_BE = "utf-16-be"
_WIDE = {UTF_16_LE, UTF_16_BE, "utf-32-le", "utf-32-be"}
# The longest stretch of bytes that one key can take: a short-term key in UTF-16.
LONGEST = 2 * (short_term.MAX_BODY + 64)
# So many letters of base64 are three bytes.
_QUAD = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Hold a key, the offset of its first byte and the end of its last.

    `encodings` says what had to be undone to read it, the outermost first; nothing for plain text.
    """

    offset: int
    end: int
    key: Key
    encodings: tuple[str, ...] = ()

    @property
    def confidence(self) -> Confidence:
        """Grade the match: `exact` where the whole key decoded."""
        return "malformed" if isinstance(self.key, MalformedKey) else "exact"


def matches_in(
    data: bytes, base: int, budget: Budget, open_file: Opener, cut: int = 0
) -> list[Match]:
    """Return the keys in `data`, by offset; `base` is the offset of `data` in its file.

    The budget is told of a file in text that begins before the `cut`, where the next window begins,
    and goes on behind the end of this one: no window has all of it.

    What stands there as it is, is found whatever it costs; what is encoded, as far as the `budget`
    of the file reaches. What is decoded may be a file, which `open_file` reads. A key that reaches
    beyond the end of `data` may come out malformed: overlap windows by `LONGEST`.
    """
    accepted = _Accepted()
    found = _candidates(data, base, budget, open_file, cut)
    for match in sorted(found, key=_preference):
        accepted.add(match)
    return sorted(accepted.matches, key=lambda match: match.offset)


def _candidates(data: bytes, base: int, budget: Budget, open_file: Opener, cut: int) -> list[Match]:
    found: list[Match] = []
    places = spots(data)
    for layer in outermost(data, places, base):
        budget.charge(DECODED * len(layer.data))
        for match in _read(layer, base):
            budget.charge(ATTEMPT)
            found.append(match)
    whole = [match for match in found if _is_all_of_it(match.key)]
    if whole:
        places = spots(_besides(whole, data))
    with budget.bound():
        for layer in outermost(data, places, base):
            for inner in _inner(layer, budget):
                if isinstance(inner, File) and _is_cut(inner.layer, base, cut, base + len(data)):
                    budget.left_out[TOO_LARGE] = None
                read = (
                    _opened(inner, base, open_file(inner.layer.data, inner.kind, budget))
                    if isinstance(inner, File)
                    else _read(inner, base)
                )
                for match in read:
                    found.append(match)
                    budget.spend(ATTEMPT)
    return found


def _is_all_of_it(key: Key) -> bool:
    """Return whether nothing of the key's own text can hold another one, nor more of this one.

    The body of a short-term key has room for another, and what begins with a prefix that nobody
    knows may be the end of a key whose first letters are escaped.
    """
    return isinstance(key, LongTermKey) and key.family.name != UNKNOWN_LONG_TERM.name


def _besides(found: Iterable[Match], data: bytes) -> bytes:
    """Return `data` with blanks for what was found."""
    rest = bytearray(data)
    for match in found:
        rest[match.offset : match.end] = b" " * (match.end - match.offset)
    return bytes(rest)


def _is_cut(layer: Layer, base: int, cut: int, end: int) -> bool:
    """Return whether a container was decoded from text that no window has all of."""
    first, last = layer.span(0, len(layer.data))
    # Of base64, the last letters may be no whole byte.
    return first < base + cut and last > end - _QUAD and bool(container_kind(layer.data[:HEAD]))


def _inner(layer: Layer, budget: Budget) -> Iterator[Layer | File]:
    """Yield all that can be decoded from a layer, and what lines say together."""
    for inner in layers_in(layer, budget):
        yield inner
        if isinstance(inner, Layer):
            yield from joined(inner, budget)
    yield from joined(layer, budget)


def _read(layer: Layer, base: int) -> Iterator[Match]:
    """Yield the keys in a layer."""
    for begin, end, key, undone in keys_in(layer):
        encodings = layer.names(begin, end) + undone
        # What is malformed in decoded bytes is noise, or a key that is whole in another layer.
        if not isinstance(key, MalformedKey) or set(encodings) <= _WIDE:
            first, last = layer.span(begin, end)
            yield Match(first - base, last - base, key, encodings)


def _opened(file: File, base: int, findings: Iterable[Finding]) -> Iterator[Match]:
    """Yield what was found in a file that was decoded: each stands where all of the file does."""
    layer, whole = file.layer, (0, len(file.layer.data))
    first, last = layer.span(*whole)
    for finding in findings:
        if finding.confidence == "exact":
            kinds = (step.partition(":")[0] for step in finding.location.containers)
            undone = (*layer.names(*whole), *kinds, *finding.location.encodings)
            yield Match(first - base, last - base, finding.key, undone)


def _preference(match: Match) -> tuple[bool, int, int, bool]:
    """Order matches: whole keys before malformed ones, long before short, plain before encoded.

    What lines say together comes last: a dump's text is shown in a gutter of its own.
    """
    depth = len(match.encodings)
    return match.confidence != "exact", -len(match.key.secret), depth, GUTTER in match.encodings


class _Accepted:
    """Keep of all matches that overlap the first one of each key.

    Matches are looked up by their keys: where thousands share a place, as all do that were
    compressed together, each is compared with its own likes only.
    """

    def __init__(self) -> None:
        self.matches: list[Match] = []
        self._places = Stretches()
        self._places_of: dict[Secret, Stretches] = {}
        self._secrets: list[Secret] = []

    def add(self, match: Match) -> None:
        """Keep `match`, unless it reads the same key again, or less of one.

        Matches come in the order of `_preference`.
        """
        covered = self._covering(match)
        if covered.overlap(match.offset, match.end):
            return
        self.matches.append(match)
        self._places.add(match.offset, match.end)
        if covered is not self._places:
            covered.add(match.offset, match.end)

    def _covering(self, match: Match) -> Stretches:
        """Return the places in which `match` would say nothing new."""
        secret = match.key.secret
        # The end of another family's prefix looks like a prefix that nobody knows.
        if match.confidence != "exact" or match.key.family.name == UNKNOWN_LONG_TERM.name:
            return self._places
        if secret not in self._places_of:
            # Every longer key that begins with this one has come before.
            self._places_of[secret] = Stretches(
                place for each in self._longer(secret) for place in self._places_of[each]
            )
            insort(self._secrets, secret)
        return self._places_of[secret]

    def _longer(self, secret: Secret) -> Iterator[Secret]:
        """Yield the keys that begin with this one: in order they stand behind its beginning."""
        stem = secret.stem()
        for at in range(bisect_left(self._secrets, stem), len(self._secrets)):
            if not self._secrets[at].starts_with(stem):
                return
            if len(self._secrets[at]) > len(secret):
                yield self._secrets[at]


class Stretches:
    """Keep stretches in order, from a first byte to behind a last one; those that touch are one.

    Whether another shares a byte with one of them is soon seen, however many these are.
    """

    def __init__(self, places: Iterable[tuple[int, int]] = ()) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        for begin, end in places:
            self.add(begin, end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._begins, self._ends, strict=True)))

    def add(self, begin: int, end: int) -> None:
        """Add a stretch."""
        first, last = bisect_left(self._ends, begin), bisect_right(self._begins, end)
        if first < last:
            begin, end = min(begin, self._begins[first]), max(end, self._ends[last - 1])
        self._begins[first:last] = [begin]
        self._ends[first:last] = [end]

    def overlap(self, begin: int, end: int) -> bool:
        """Return whether any stretch shares a byte with the one from `begin` to `end`."""
        before = bisect_left(self._begins, end) - 1
        return before >= 0 and self._ends[before] > begin
