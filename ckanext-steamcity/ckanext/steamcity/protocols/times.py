"""Dates and times as schools and loggers write them → milliseconds since 1970 UTC.

Ambiguous order is reported, never guessed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .spoken_times import in_figures

_CLOCK_PART = r"(?:(?:T|\s|,){1,3}(?P<clock>\d.{0,30}))?"
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<mark>[-/.])(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})" + _CLOCK_PART)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _CLOCK_PART)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<a>\d{2})(?P<b>\d{2})T?(?P<clock>\d{4,6}Z?)")
_CLOCK = re.compile(
    r"(\d{1,2})[:hH.](\d{2})(?:[:.m](\d{2})s?(?:[.,](\d{1,9}))?)?\s?([AaPp]\.?[Mm]\.?)?\s?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_CLOCK_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{2})?(Z)?")
# A moment as browsers write it: Mon Mar 02 2026 08:00:00 GMT+0100 (Central European Standard Time)
_BROWSER = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) (\d{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:GMT|UTC)([+-]\d{4})"
    r"(?: \([^()]{1,60}\))?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST = 110
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d{1,6})?")
_PLAIN_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,15})?")
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_BUCKET = 900  # seconds; every change of an offset happens on a quarter of an hour
DAY_MS = 86_400_000
OPEN_ORDER = "?"


class Written(NamedTuple):
    """A time as written: parts in file order (``ymd``, or a/b of unknown order) and the clock."""

    year: int
    first: int
    second: int
    order: str  # ymd, or dmy with points, or OPEN_ORDER
    milliseconds: int | None
    offset: int | None  # minutes east of UTC; None: local


@dataclass
class Times:
    """The different cells of a time column, parsed."""

    table: dict[str, Written | int | None] = field(
        default_factory=dict
    )  # int: milliseconds already in UTC; None: not a time

    @property
    def parsed(self) -> Iterable[Written]:
        return (value for value in self.table.values() if isinstance(value, Written))


def parse(cell: str) -> Written | int | None:
    """What stands in a cell; None when it is no time."""
    if len(cell) > _LONGEST:
        return None
    if cell[10:11] in (" ", "T"):  # by far the most: the same days and the same clock readings come again and again
        day, clock = _day(cell[:10]), _clock_again(cell[11:])
        if day and clock:
            return Written(*day, *clock)
    if _EPOCH.fullmatch(cell):
        number = float(cell)
        return int(number if number >= 1e12 else number * 1000)  # noqa: PLR2004
    if (browser := _BROWSER.fullmatch(cell)) and browser[1] in _MONTHS:
        clock = _clock(browser[4] + browser[5])
        day = (int(browser[3]), _MONTHS.index(browser[1]) + 1, int(browser[2]), "ymd")
        return Written(*day, *clock) if clock else None
    if (value := _written(cell)) is not None:
        return value
    figures = in_figures(cell)
    return _written(figures) if figures else None


def _written(text: str) -> Written | None:
    found, order = _matched(text)
    if found is None:
        return None
    clock = _clock(found["clock"]) if found["clock"] else (None, None)
    return Written(*_parts(found, order), *clock) if clock else None


def in_halves(cell: str) -> bool:
    """Whether the first ten letters are a day and the rest a time of day, each to be read for itself."""
    return cell[10:11] in (" ", "T") and _day(cell[:10]) is not None and _clock_again(cell[11:]) is not None


def _matched(cell: str) -> tuple[re.Match[str] | None, str]:
    found = _YEAR_FIRST.fullmatch(cell) or _COMPACT.fullmatch(cell)
    if found:
        return found, "ymd"
    found = _YEAR_LAST.fullmatch(cell)
    return found, "dmy" if found and found["mark"] == "." else OPEN_ORDER


def _parts(found: re.Match[str], order: str) -> tuple[int, int, int, str]:
    year = int(found["y"])
    if len(found["y"]) == 2:  # noqa: PLR2004
        year += 2000 if year < 70 else 1900  # noqa: PLR2004  the convention of POSIX
    return year, int(found["a"]), int(found["b"]), order


@lru_cache(4096)
def _day(text: str) -> tuple[int, int, int, str] | None:
    found, order = _matched(text)
    return _parts(found, order) if found and not found["clock"] else None


@lru_cache(16384)
def _clock_again(text: str) -> tuple[int, int | None] | None:
    return _clock(text)


def _clock(text: str) -> tuple[int, int | None] | None:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        compact = _CLOCK_COMPACT.fullmatch(text)
        if compact is None:
            return None
        hour, minute, second, fraction, half, zone = compact[1], compact[2], compact[3], None, None, compact[4]
    else:
        hour, minute, second, fraction, half, zone = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:  # noqa: PLR2004
            return None
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    if hours > 23 or int(minute) > 59 or int(second or 0) > 59:  # noqa: PLR2004
        return None
    milliseconds = ((hours * 60 + int(minute)) * 60 + int(second or 0)) * 1000
    if fraction:
        milliseconds += int(fraction[:3].ljust(3, "0"))
    return milliseconds, _zone(zone)


def _zone(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -minutes if zone[0] == "-" else minutes


def orders(parsed: Iterable[Written]) -> set[str]:
    """The orders that fit every date of open order: {"dmy"}, {"mdy"}, both (ambiguous) or none (they contradict)."""
    fits = {"dmy", "mdy"}
    same = True
    for item in parsed:
        if item.order != OPEN_ORDER:
            continue
        if item.first > 12:  # noqa: PLR2004
            fits.discard("mdy")
        if item.second > 12:  # noqa: PLR2004
            fits.discard("dmy")
        same = same and item.first == item.second
    # 03/03/2026 only: both readings agree, nothing to ask
    return {"dmy"} if same and len(fits) == 2 else fits  # noqa: PLR2004


def day_number(item: Written, order: str) -> int | None:
    """Days since 1970; None when there is no such day."""
    order = item.order if item.order != OPEN_ORDER else order
    month, day = (item.second, item.first) if order == "dmy" else (item.first, item.second)
    return _number(item.year, month, day)


@lru_cache(4096)
def _number(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


class Local:
    """Local time of one zone → UTC. Remembers each quarter of an hour it has seen."""

    def __init__(self, name: str, zone: tzinfo | None = None) -> None:
        self.name = name
        self.zone = zone or ZoneInfo(name)
        self._seen: dict[int, tuple[int, int]] = {}

    def offsets(self, local_ms: int) -> tuple[int, int]:
        """UTC offsets in ms of the first and the second time this clock reading comes; first < second: it never
        comes."""
        bucket = local_ms // 1000 // _BUCKET
        found = self._seen.get(bucket)
        if found is None:
            moment = datetime(1970, 1, 1) + timedelta(seconds=bucket * _BUCKET)  # noqa: DTZ001  a reading of a wall clock
            first = self.zone.utcoffset(moment)
            second = self.zone.utcoffset(moment.replace(fold=1))
            assert first is not None and second is not None  # noqa: S101, PT018  ZoneInfo always answers
            found = int(first.total_seconds() * 1000), int(second.total_seconds() * 1000)
            self._seen[bucket] = found
        return found


_FIXED = re.compile(r"UTC([+-])(\d{1,2})(?::?(\d{2}))?")


def zone(name: str | None) -> Local | None:
    """A time zone by its IANA name, or a clock that never changes (``UTC+01:00``); None when there is none of that
    name."""
    if not name:
        return None
    fixed = _FIXED.fullmatch(name)
    if fixed:
        minutes = int(fixed[2]) * 60 + int(fixed[3] or 0)
        shift = timedelta(minutes=-minutes if fixed[1] == "-" else minutes)
        return Local(name, timezone(shift)) if minutes < 24 * 60 else None
    try:
        return Local(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def relative(cells: Iterable[str]) -> dict[str, float] | None:
    """Seconds (or another unit) since a start, when every cell is a small plain number; else None."""
    table: dict[str, float] = {}
    for cell in cells:
        if not _PLAIN_NUMBER.fullmatch(cell):
            return None
        table[cell] = float(cell.replace(",", "."))
    return table or None


def to_datetime(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def day_of(milliseconds: int, local: Local | None = None) -> date:
    """The day on the calendar of a zone, UTC's when none is given."""
    return to_datetime(milliseconds).astimezone(local.zone if local else UTC).date()


def iso(milliseconds: int) -> str:
    """``2026-03-03T07:05:00Z``; thousandths only when there are any."""
    days, rest = divmod(milliseconds, DAY_MS)
    return _iso_day(days) + _iso_clock(rest)


@lru_cache(4096)
def _iso_day(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


@lru_cache(16384)
def _iso_clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}Z"
