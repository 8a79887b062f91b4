"""Times as loggers and devices write them → moments in UTC (pure).

A clock on a wall shows one hour twice in autumn and leaves one out in spring. The doubled one is told apart by the
order of the rows: where the clock steps back, its second time begins. What never was on a clock is refused, not moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ckanext.steamcity.protocols import times

from . import moments

#: Why a time cannot be taken: nobody can read it, or the clocks went forward over it.
UNREADABLE, MISSING_HOUR = "time", "missing_hour"


def written(text: str) -> times.Written | int | None:
    """What stands there: a time as it was written, or ms of UTC; None for what is no time."""
    found = times.parse(text)
    if found is None and (moment := moments.moment(text)):
        return int(moment.timestamp() * 1000)
    return found


def orders(cells: Iterable[str]) -> set[str]:
    """The orders of day and month that fit all of these, `dmy` and `mdy`; both when they don't say it."""
    return times.orders({item for cell in cells if isinstance(item := times.parse(cell), times.Written)})


def zone(name: str) -> times.Local:
    """A time zone; UTC where none is named. ValueError for a name that is none."""
    found = times.zone(name or "UTC")
    if found is None:
        raise ValueError(name)
    return found


class Clock:
    """The wall clock of a body: knows where each device's times were last."""

    def __init__(self, name: str = "", order: str = "") -> None:
        self.local = zone(name)
        self.order = order or "dmy"
        self._last: dict[object, tuple[int, bool]] = {}

    def read(self, text: str, who: object = "") -> tuple[datetime | None, str]:
        """The moment of a time, or why there is none. ``who``: whose rows follow each other."""
        found = written(text)
        if isinstance(found, times.Written):
            return self._wall(found, who)
        return self._moment(found) if found is not None else (None, UNREADABLE)

    def _wall(self, found: times.Written, who: object) -> tuple[datetime | None, str]:
        day = times.day_number(found, self.order)
        if day is None:
            return None, UNREADABLE
        wall = day * times.DAY_MS + (found.milliseconds or 0)
        if found.offset is not None:
            return self._moment(wall - found.offset * 60_000)
        first, second = self.local.offsets(wall)
        if first < second:
            return None, MISSING_HOUR
        before, again = self._last.get(who, (None, False))
        again = first > second and (again or (before is not None and wall <= before))
        self._last[who] = wall, again
        return self._moment(wall - (second if again else first))

    def _moment(self, milliseconds: int) -> tuple[datetime | None, str]:
        try:
            return times.to_datetime(milliseconds), ""
        except OverflowError:
            return None, UNREADABLE
