"""Where identifiers come from and who is told about them. Pure: no CKAN, no configuration.

A back end is whatever keeps the `Registrar` protocol. `reserve` never touches a network, so an identifier can be shown
before anything is published; `register`, `update` and `hide` may fail and are tried again by the outbox.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Protocol

# Crockford's base 32: no i, l, o, u, so nothing is misread on paper.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOCAL = re.compile(rf"steamcity:(\d{{4}})\.([{_ALPHABET}]{{8}})")


class RegistrarError(Exception):
    """The registrar could not do it. `permanent` means that trying again is useless."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Registrar(Protocol):
    """What the citation plugin asks of a registrar."""

    is_doi: bool

    def reserve(self, seed: str, year: int, attempt: int = 0) -> str: ...

    def register(self, identifier: str, record: dict[str, Any], url: str) -> None: ...

    def update(self, identifier: str, record: dict[str, Any], url: str) -> None: ...

    def hide(self, identifier: str) -> None: ...


class LocalRegistrar:
    """Identifiers that only this portal resolves: `steamcity:2026.7k2m9qx4`. Clearly no DOIs; needs nobody."""

    is_doi = False

    def reserve(self, seed: str, year: int, attempt: int = 0) -> str:
        """The identifier of a seed (the same each time); another one with each `attempt`, for the rare collision."""
        number = int.from_bytes(hashlib.sha256(f"{seed}#{attempt}".encode()).digest())
        body = ""
        for _ in range(7):
            number, digit = divmod(number, 32)
            body += _ALPHABET[digit]
        return f"steamcity:{year:04}.{body}{check_character(f'{year:04}{body}')}"

    def register(self, identifier: str, record: dict[str, Any], url: str) -> None:
        """Nothing to tell anybody; a wrong identifier is refused all the same."""
        if not valid(identifier):
            raise RegistrarError(f"{identifier!r} is not an identifier of this registrar", permanent=True)

    def update(self, identifier: str, record: dict[str, Any], url: str) -> None:
        self.register(identifier, record, url)

    def hide(self, identifier: str) -> None:
        """The tombstone at its address is all there is to do."""


_BACK_ENDS: dict[str, Callable[..., Registrar]] = {"local": LocalRegistrar}


def create(name: str, **options: Any) -> Registrar:
    """The back end with this name. KeyError when there is none."""
    return _BACK_ENDS[name](**options)


def back_ends() -> list[str]:
    """Names of the back ends."""
    return sorted(_BACK_ENDS)


def check_character(text: str) -> str:
    """Luhn's check, to base 32: finds every wrong character and nearly every swapped pair."""
    total = 0
    for position, character in enumerate(reversed(text)):
        value = _ALPHABET.index(character) * (2 if position % 2 == 0 else 1)
        total += value // 32 + value % 32
    return _ALPHABET[-total % 32]


def valid(identifier: str) -> bool:
    """Whether a local identifier is well formed and its check character right: typing errors need no look-up."""
    match = _LOCAL.fullmatch(identifier)
    return bool(match) and check_character(match[1] + match[2][:7]) == match[2][7]
