"""School years. Pure; only this plugin's modules import it."""

from __future__ import annotations

import datetime

_BEGINS = 9


def school_year(day: datetime.date) -> str:
    """The school year a day belongs to; in all our countries a new one begins in September."""
    first = day.year if day.month >= _BEGINS else day.year - 1
    return f"{first}-{first + 1}"


def of_period(start: str, end: str) -> list[str]:
    """Every school year in which a period (days as ISO texts) lies, the first one first; none of half a period."""
    try:
        first, last = (school_year(datetime.date.fromisoformat(day[:10])) for day in (start, end))
    except ValueError:
        return []
    return [f"{year}-{year + 1}" for year in range(int(first[:4]), int(last[:4]) + 1)]
