"""An archive with a folder for each day: which days and files of it are wanted (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from .base import LARGEST_INDEX, Source
from .listing import names

#: How far back the listings are looked through for files that came late.
LOOK_BACK = timedelta(days=7)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})/")
_YEAR = re.compile(r"(\d{4})/")


def day_folders(index: bytes) -> list[tuple[date, str]]:
    """The day folders that a listing names, oldest first."""
    found = [(as_date(match[1]), name) for name in names(index) if (match := _DAY.fullmatch(name))]
    return sorted((day, name) for day, name in found if day)


def days(source: Source, since: date) -> Iterator[tuple[date, str]]:
    """The days of the archive among those the feed asks for: folders at the top, and in folders of past years."""
    index = source.get("", LARGEST_INDEX)
    first = max(since, source.first_day)
    for name in sorted(names(index)):
        year = _YEAR.fullmatch(name)
        if year and first.year <= int(year[1]) <= source.last_day.year:
            for day, folder in day_folders(source.get(name, LARGEST_INDEX)):
                if first <= day <= source.last_day:
                    yield day, name + folder
    for day, folder in day_folders(index):
        if first <= day <= source.last_day:
            yield day, folder


def as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
