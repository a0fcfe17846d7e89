"""Seal a key's text, so that it leaves only by one named door."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Hold a key's text and show only its length.

    `repr`, `str` and `format` are redacted; pickling and copying are refused. The text comes out
    by `unseal()` alone, and a test lists the modules that call it.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        """Seal `text`."""
        self.__text = text

    def unseal(self) -> str:
        """Return the text. Whoever calls this answers for where it goes."""
        return self.__text

    @property
    def unpadded(self) -> int:
        """Return how long the text is without the padding at its end."""
        return len(self.__text.rstrip("="))

    def stem(self) -> Secret:
        """Return the start of the longer key that this one was cut from.

        The last digit of cut base64 may differ, and its padding is none of the key's.
        """
        return Secret(self.__text.rstrip("=")[:-1])

    def starts_with(self, stem: Secret) -> bool:
        """Return whether this text starts with that of `stem`."""
        return self.__text.startswith(stem.__text)

    def __lt__(self, other: Secret) -> bool:
        return self.__text < other.__text

    def __len__(self) -> int:
        return len(self.__text)

    def __repr__(self) -> str:
        return f"<secret, {len(self.__text)} characters>"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, format_spec: str) -> str:
        return format(repr(self), format_spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce__(self) -> NoReturn:
        message = "a secret is never pickled or copied"
        raise TypeError(message)
