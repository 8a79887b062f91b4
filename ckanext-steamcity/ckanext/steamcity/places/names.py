"""Names of places: made comparable, so that «Évere», "evere" and "EVERE" are one. Pure; this plugin only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

SEPARATOR = "|"


def fold(text: str) -> str:
    """Lower case, without accents; anything that is no letter or digit becomes one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def searchable(names: Iterable[str]) -> str:
    """All `names` folded, each between separators, so that a search can tell the beginning of a name."""
    folded = dict.fromkeys(fold(name) for name in names)
    return SEPARATOR + SEPARATOR.join(name for name in folded if name) + SEPARATOR


def rank(search: str, query: str) -> int:
    """How well a `searchable` text answers a folded query: 0 the whole name … 3 inside a word, 4 not at all."""
    if f"{SEPARATOR}{query}{SEPARATOR}" in search:
        return 0
    if f"{SEPARATOR}{query}" in search:
        return 1
    if f" {query}" in search:
        return 2
    return 3 if query in search else 4
