"""The profile for tables: files of loggers, CSV that is pushed (pure).

Files are opened, and their times and numbers read, as the check of results reads them (`protocols/`). What a table
leaves open (which part of a date is the day, when a logger was started) is asked, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ckanext.steamcity.messages import N_, Message
from ckanext.steamcity.protocols import reader, times, units, values
from ckanext.steamcity.protocols.decimals import mark_of
from ckanext.steamcity.protocols.headers import key, split_unit
from ckanext.steamcity.protocols.model import Column
from ckanext.steamcity.protocols.source import Source

from . import quantities
from .base import FeedError
from .clocks import UNREADABLE, Clock, orders, written
from .entries import Body, Entry

#: What a column may count since the start, in seconds.
STEPS = {"milliseconds": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86_400.0}
#: Meanings of columns that hold the time or a part of it.
CLOCKS = ("time", "date", *STEPS)
_CODES = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours"}
_DAYS = frozenset(("d", "day", "days", "jour", "jours", "giorno", "giorni", "dia", "dias", "ден", "дни"))
_COUNT = re.compile(r"\d{1,15}(?:[.,]\d{0,15})?")
_MOST_ROWS = 1_000_000
#: Why a row is left out: its logger was switched off and counts from the start again.
RESTARTED = "restarted"


class Asked(FeedError):  # noqa: N818  says what happened
    """The table can be read as soon as somebody says something; ``field``: what."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(message)
        self.field = field


def step(header: str) -> str:
    """What a header says that it counts, one of STEPS; empty when it says nothing."""
    bare, unit = split_unit(header)
    if unit:
        said = "days" if key(unit) in _DAYS else _CODES.get(units.resolve(unit) or "", "")
        return said if quantities.named(bare) is None else ""
    # A column that is called "day" or "hours" holds days and hours, not a count of them.
    said = _CODES.get(units.resolve(bare) or "", "")
    return said if said in ("milliseconds", "seconds", "minutes") else ""


def started(text: str, zone: str = "") -> datetime | None:
    """The moment a logger was started: local time of the zone unless it carries its own; None for what is none or could
    be two days."""
    order = _order([text.strip()])
    moment, _bad = Clock(zone, order).read(text.strip()) if order else (None, "")
    return moment


def table(body: Body) -> Iterator[Entry]:
    """A table of any dialect; the mapping says which column is the time and what the others measure. A data log that
    counts needs the moment it was started. A header that stands again, longer, names what follows it."""
    try:
        source, *_others = reader.open_source(body.data)
        seen = _look(source, body.mapping or {})
        yield from _entries(source, body, seen)
    except reader.Refused as error:
        raise FeedError(error.message) from error


@dataclass(frozen=True)
class _Header:
    """Which cells of the lines below matter. ``clock``: one cell, or day and time of day; ``step``: seconds of what is
    counted, 0 for times."""

    clock: tuple[int, ...]
    name: str
    step: float
    wanted: tuple[tuple[int, str], ...]

    @cached_property
    def width(self) -> int:
        return max(*self.clock, *(place for place, _name in self.wanted)) + 1

    def time(self, cells: list[str]) -> str:
        """The cells of the clock; nothing where one of them is missing or empty: a day alone is no moment of it."""
        parts = [cells[place].strip() for place in self.clock if place < len(cells)]
        return " ".join(parts) if len(parts) == len(self.clock) and all(parts) else ""


@dataclass
class _Seen:
    """A table at first sight: the cells of its clock in order, the different cells of each column."""

    times: list[str] = field(default_factory=list)
    cells: dict[str, set[str]] = field(default_factory=dict)
    step: float = 0.0


def _header(cells: list[str], mapping: Mapping[str, Any]) -> _Header | None:
    names = [cell.strip() for cell in cells]
    found = {name: place for place, name in reversed(list(enumerate(names)))}
    clocks = [(place, name, mapping[name]) for name, place in found.items() if mapping.get(name) in CLOCKS]
    clocks = clocks or _counted_otherwise(found, mapping)
    days = [place for place, _name, means in clocks if means == "date"]
    hours = [place for place, _name, means in clocks if means == "time"]
    if days and hours:
        clocks = [one for one in clocks if one[0] == days[0]]
    if len(clocks) != 1:
        return None
    place, name, means = clocks[0]
    wanted = tuple(sorted((place, name) for name, place in found.items() if isinstance(mapping.get(name), Mapping)))
    # What stands in the header counts: a log in minutes is never read as one in seconds.
    seconds = STEPS[step(name) or means] if means in STEPS else 0.0
    return _Header((place, *hours[:1]) if days and hours else (place,), name, seconds, wanted) if wanted else None


def _counted_otherwise(found: Mapping[str, int], mapping: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """The column of a log that counts in another unit than the one the feed was made with."""
    titles = {key(split_unit(name)[0]) for name, means in mapping.items() if means in tuple(STEPS)}
    return [(place, name, said) for name, place in found.items()
            if (said := step(name)) and key(split_unit(name)[0]) in titles]  # fmt: skip


def _lines(source: Source, mapping: Mapping[str, Any]) -> Iterator[tuple[_Header, list[str]]]:
    """The rows, each with the header above it."""
    header: _Header | None = None
    for _line, cells in source.cells():
        if not any(cell.strip() for cell in cells):
            continue
        first = header.clock[0] if header else 0
        if header is None or (first < len(cells) and cells[first].strip() == header.name):
            header = _header(cells, mapping) or header
        elif header:
            yield header, cells


def _look(source: Source, mapping: Mapping[str, Any]) -> _Seen:
    seen = _Seen()
    header = None
    for header, cells in _lines(source, mapping):
        seen.step = header.step
        seen.times.append(header.time(cells))
        for place, name in header.wanted:
            if place < len(cells):
                seen.cells.setdefault(name, set()).add(cells[place].strip())
        if len(seen.times) > _MOST_ROWS:
            raise FeedError(Message(N_("The file has more than {maximum} rows."), {"maximum": _MOST_ROWS}))
    if header is None and not any(_header(cells, mapping) for _line, cells in reader.sample(source)):
        raise FeedError(Message(N_("The table needs one column with the time, named in the mapping of the feed.")))
    return seen


def _entries(source: Source, body: Body, seen: _Seen) -> Iterator[Entry]:
    moments = iter(_counted(seen, body) if seen.step else _read(seen, body))
    numbers = _numbers(seen, body.mapping or {})
    # The log of a micro:bit names a column above all rows when only the later ones have it.
    grows = source.kind == "microbit"
    for header, cells in _lines(source, body.mapping or {}):
        time, bad = next(moments)
        if len(cells) < (max(header.clock) + 1 if grows else header.width):
            yield Entry(bad="columns")
            continue
        for place, name in header.wanted:
            if place < len(cells):
                cell = cells[place].strip()
                value = numbers[name].get(cell, cell)
                yield Entry(body.device, name, (), "", value, time, bad=bad)


def _read(seen: _Seen, body: Body) -> list[tuple[datetime | None, str]]:
    """Times in the order of the rows; a file may begin with its newest."""
    order = _order(seen.times) or body.order
    if not order:
        example = next(cell for cell in seen.times if _ambiguous(cell))
        text = N_("Which day is {value}? Say whether the day or the month comes first.")
        raise Asked("date_order", Message(text, {"value": example[:40]}))
    clock = Clock(body.zone, order)
    backwards = _newest_first(seen.times, order)
    read = [
        clock.read(cell) if cell else (None, UNREADABLE) for cell in (reversed(seen.times) if backwards else seen.times)
    ]
    return read[::-1] if backwards else read


def _order(cells: list[str]) -> str:
    """The order of day and month that the cells themselves say, empty when they leave it open."""
    fits = orders(cells)
    return fits.pop() if len(fits) == 1 else ""


def _ambiguous(cell: str) -> bool:
    found = times.parse(cell)
    return isinstance(found, times.Written) and found.order == times.OPEN_ORDER and found.first != found.second


def _newest_first(cells: list[str], order: str) -> bool:
    known = [at for cell in (cells[0], cells[-1]) if (at := _wall(cell, order)) is not None] if cells else []
    return len(known) == 2 and known[1] < known[0]


def _wall(cell: str, order: str) -> int | None:
    found = written(cell)
    if isinstance(found, times.Written):
        day = times.day_number(found, order)
        return None if day is None else day * times.DAY_MS + (found.milliseconds or 0)
    return found


def _counted(seen: _Seen, body: Body) -> Iterator[tuple[datetime | None, str]]:
    """Times of a log that counts from its start. Once it has begun again, nobody knows when the rest was."""
    if body.start is None:
        raise Asked("start_time", Message(N_("This table counts from a start: say when the logger was started.")))
    before, again = -1.0, False
    for cell in seen.times:
        if not _COUNT.fullmatch(cell):
            yield None, UNREADABLE
            continue
        count = float(cell.replace(",", "."))
        again = again or count < before
        before = count
        try:
            time = body.start + timedelta(seconds=count * seen.step)
        except OverflowError:
            yield None, UNREADABLE
            continue
        yield time, RESTARTED if again else ""


def _numbers(seen: _Seen, mapping: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """What each different cell of a column is read as; a cell that is no number stands for itself."""
    sorted_ones = {name: values.sort_numbers(cells) for name, cells in seen.cells.items()}
    marks = {name: mark_of([one]) for name, one in sorted_ones.items()}
    of_file = mark_of(sorted_ones.values())
    found: dict[str, dict[str, float | None]] = {}
    for name, cells in seen.cells.items():
        unit = quantities.unit_code(mapping[name]["unit"])
        column = Column(name, "number", {}, {}, unit=unit)
        table = {cell: values.read_number(cell, column, marks[name] or of_file) for cell in cells}
        found[name] = {cell: value for cell, value in table.items() if value is not values.BAD}
        found[name] |= {cell: None for cell in cells if values.is_missing(cell)}
    return found
