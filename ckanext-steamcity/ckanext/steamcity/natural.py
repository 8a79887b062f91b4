"""The order people expect: 2 comes before 10. Pure."""

from __future__ import annotations

import re

_FIGURES = re.compile(r"(\d+)")


def key(text: str) -> list[tuple[int, int, str]]:
    """What to sort by: figures by their value, the rest without regard to capital letters."""
    parts = _FIGURES.split(text[:200].casefold())
    # A very long number is a code, not a count.
    return [(0, int(part), "") if part.isdecimal() and len(part) < 19 else (1, 0, part) for part in parts if part]  # noqa: PLR2004
