"""The date and time columns of a table: order of day and month, time zone, doubled and missing hours, seconds since
a start. Pure."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ..messages import N_, Message, counted, n_
from . import units
from .counted import counted_steps, likely_unit, restarted
from .findings import LEAVE_OUT, Question
from .headers import Mapped
from .model import SUSPECT
from .table import Table
from .times import DAY_MS, OPEN_ORDER, Local, Written, day_number, in_halves, iso, orders, parse, relative, zone
from .values import is_missing

ZONES = (
    "Europe/Paris",
    "Europe/Brussels",
    "Europe/Rome",
    "Europe/Madrid",
    "Europe/Sofia",
    "UTC",
    "UTC+01:00",
    "UTC+02:00",
)
CORRECT_TIME = N_("Correct the time in your file, or leave the row out.")
WINTER_CLOCK = N_(
    "If the clock of the logger stays on winter time all year, choose that clock; else leave the row out."
)
_SERIAL = re.compile(r"[3-7]\d{4}(?:[.,]\d{1,15})?")
_SERIAL_FROM, _SERIAL_TO = 36526, 73051  # 2000-01-01 to 2099-12-31
_SERIAL_BEGIN = datetime(1899, 12, 30)  # noqa: DTZ001  a wall clock
_CLOCKS = 100_000  # times of day that are remembered: those of a logger that writes whole seconds
_MS_PER = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": DAY_MS}


def convert_moments(table: Table) -> bool:
    """Fill in every date and time column; False when a question has to be answered first."""
    ready = True
    for entry in table.mapped:
        if entry.column.type in ("datetime", "date"):
            ready = _column(table, entry) and ready
    return ready


def _column(table: Table, entry: Mapped) -> bool:
    name = entry.column.name
    unit = units.resolve(entry.unit) if entry.unit else None
    if unit in _MS_PER and (steps := relative({cell for cell in table.raw[name] if not is_missing(cell)})):
        return _since_start(table, entry, steps, unit)
    serial = _serial_days(table, name)
    if serial is None and entry.column.type == "datetime" and (steps := counted_steps(table, name)):
        unit = likely_unit(table, name, steps, _MS_PER)
        return unit is not None and _since_start(table, entry, steps, unit)
    if entry.column.type == "date":
        days = serial or {cell: parse(cell) for cell in set(table.raw[name]) if not is_missing(cell)}
        order = _order(table, name, [value for value in days.values() if isinstance(value, Written)])
        if order is not None:
            _dates(table, name, days, order)
    else:
        seen = _look(table.raw[name], serial.get if serial else parse)
        order = _order(table, name, list(seen.open.values()))
        local = _zone(table, name, seen)
        if order is not None and local is not None:
            _times(table, name, seen, order, local)
            return True
        order = None
    if order is None:
        table.values[name] = [None] * len(table)
    return order is not None


@dataclass
class Seen:
    """A column of times at first sight: what is clear already, as numbers, for there may be a million.

    ``walls`` are ms on the clock that ``kinds`` names: UTC, local, local without a time of day; or the order of day and
    month is still open, and ``open`` keeps one time for each such day.
    """

    read: Callable[[str], Written | int | None]
    walls: array[int] = field(default_factory=lambda: array("q"))
    kinds: bytearray = field(default_factory=bytearray)
    open: dict[tuple[int, int], Written] = field(default_factory=dict)


_NONE, _UTC, _LOCAL, _LOCAL_DAY, _OPEN = range(5)


def _look(cells: list[str], read: Callable[[str], Written | int | None]) -> Seen:
    seen = Seen(read)
    days: dict[str, int] = {}
    clocks: dict[str, tuple[int, int]] = {}
    for cell in cells:
        day, clock = days.get(cell[:10]), clocks.get(cell[10:])
        if day is not None and clock is not None:  # most rows: a day and a time of day that were read before
            seen.walls.append(day + clock[0])
            seen.kinds.append(clock[1])
            continue
        value = None if is_missing(cell) else read(cell)
        wall, kind = 0, _NONE
        if isinstance(value, Written):
            if value.order == OPEN_ORDER:
                kind = _OPEN
                seen.open.setdefault((value.first, value.second), value)
            elif (at := _wall(value, value.order)) is not None:
                wall, kind = at, _kind(value)
                if read is parse and len(clocks) < _CLOCKS and in_halves(cell):
                    begin = (day_number(value, value.order) or 0) * DAY_MS
                    days[cell[:10]] = begin
                    clocks[cell[10:]] = at - begin, kind
        elif value is not None:
            wall, kind = value, _UTC
        seen.walls.append(wall)
        seen.kinds.append(kind)
    return seen


def _kind(value: Written) -> int:
    if value.offset is not None:
        return _UTC
    return _LOCAL_DAY if value.milliseconds is None else _LOCAL


def _settle(seen: Seen, cells: list[str], order: str) -> None:
    """Read the times again whose order of day and month is known only now."""
    if not seen.open:
        return
    for i, kind in enumerate(seen.kinds):
        if kind == _OPEN:
            value = seen.read(cells[i])
            wall = _wall(value, order)
            seen.kinds[i] = _kind(value) if isinstance(value, Written) and wall is not None else _NONE
            seen.walls[i] = wall or 0


def _serial_days(table: Table, name: str) -> dict[str, Written | int | None] | None:
    """Days as spreadsheets count them, 46083.29 for 2026-03-02 07:00, when all times of the file are such numbers."""
    first = next((cell for cell in table.raw[name] if not is_missing(cell)), "")
    if not _SERIAL.fullmatch(first):  # most files are told apart by one cell
        return None
    days = relative({cell for cell in table.raw[name] if not is_missing(cell)})
    if days is None or not all(_SERIAL_FROM <= day < _SERIAL_TO for day in days.values()):
        return None
    found: dict[str, Written | int | None] = {}
    for cell, day in days.items():
        at = _SERIAL_BEGIN + timedelta(milliseconds=round(day * 86_400) * 1000)
        clock = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000
        found[cell] = Written(at.year, at.month, at.day, "ymd", clock, None)
    text = N_("Times are days counted by a spreadsheet: {value} was read as {reading}.")
    reading = f"{_SERIAL_BEGIN + timedelta(milliseconds=round(days[first] * 86_400) * 1000):%Y-%m-%d %H:%M:%S}"
    params = {"value": first, "reading": reading}
    table.log.add("serial_date", "note", Message(text, params), column=table.headers[name], count=len(table))
    return found


def _order(table: Table, name: str, written: list[Written]) -> str | None:
    """``dmy`` or ``mdy``; None after asking."""
    if not any(item.order == OPEN_ORDER for item in written):
        return "dmy"
    fits = orders(written)
    hint = table.log.hints.date_order
    if len(fits) == 1:
        return fits.pop()
    if hint in ("dmy", "mdy"):
        return hint
    example = next((item for item in written if item.order == OPEN_ORDER and item.first != item.second), written[0])
    cell = f"{example.first:02d}/{example.second:02d}/{example.year}"
    choices = [
        ("dmy", Message(N_("Day first: {date}"), {"date": f"{example.year}-{example.second:02d}-{example.first:02d}"})),
        (
            "mdy",
            Message(N_("Month first: {date}"), {"date": f"{example.year}-{example.first:02d}-{example.second:02d}"}),
        ),
    ]
    table.log.ask(
        Question(
            "date_order", table.headers[name], Message(N_("Which day is {value}?"), {"value": cell}), choices, "dmy"
        )
    )
    return None


def _zone(table: Table, name: str, seen: Seen) -> Local | None:
    """The zone of times that carry none; None after asking. Times that carry one need no zone."""
    kinds = set(seen.kinds)
    local = _LOCAL in kinds or _LOCAL_DAY in kinds or any(item.offset is None for item in seen.open.values())
    hint = zone(table.log.hints.timezone)
    if not local:
        return hint or zone("UTC")
    if hint is None:
        choices = [(code, Message(N_("Local time of {zone}"), {"zone": code})) for code in ZONES]
        text = N_("Which clock was used? The times do not say it.")
        table.log.ask(Question("timezone", table.headers[name], Message(text), choices))
    return hint


def _dates(table: Table, name: str, parsed: dict[str, Any], order: str) -> None:
    found: dict[str, date] = {}
    for cell, value in parsed.items():
        days = (
            day_number(value, order)
            if isinstance(value, Written)
            else value // DAY_MS
            if isinstance(value, int)
            else None
        )
        if days is not None:
            found[cell] = date(1970, 1, 1) + timedelta(days=days)
    values: list[Any] = [found.get(cell) for cell in table.raw[name]]
    table.values[name] = values
    required = table.protocol.by_name[name].required
    for i, cell in enumerate(table.raw[name]):
        if values[i] is None and (required or not is_missing(cell)):
            _no_time(table, i, name, "bad_time", N_("Line {row}: “{value}” is not a date."))


def _times(table: Table, name: str, seen: Seen, order: str, local: Local) -> None:
    raw = table.raw[name]
    _settle(seen, raw, order)
    values: list[Any] = [None] * len(table)
    table.values[name] = values
    required = table.protocol.by_name[name].required
    doubled: list[int] = []
    groups = [table.values[c.name] for c in table.columns if c.role == "group" and c.name in table.values]
    example = -1
    clocks: dict[tuple[Any, ...], tuple[int, bool]] = {}  # of each group: the last reading, and whether it came twice
    for i, kind in enumerate(seen.kinds):
        wall = seen.walls[i]
        if kind == _UTC:
            values[i] = wall
            continue
        if kind == _NONE:
            if required or not is_missing(raw[i]):
                _no_time(table, i, name, "bad_time", N_("Line {row}: “{value}” is not a date and time."))
            continue
        group = tuple(column[i] for column in groups) if groups else ()
        first, second = local.offsets(wall)
        second_run = False
        if first < second:
            text = N_("Line {row}: {value} does not exist. The clocks went forward over this hour.")
            _no_time(table, i, name, "missing_hour", text)
            continue
        if first > second:
            # the clock shows this hour twice: the second time begins where the file steps back
            before, second_run = clocks.get(group, (wall - 1, False))
            second_run = second_run or wall <= before
            doubled.append(i)
            table.flag(i, SUSPECT)
        clocks[group] = wall, second_run
        values[i] = wall - (second if second_run else first)
        example = i if example < 0 else example
    if doubled:
        _note_doubled(table, name, len(doubled), table.lines[doubled[0]])
    if example >= 0:
        converted = sum(
            1 for i, kind in enumerate(seen.kinds) if kind in (_LOCAL, _LOCAL_DAY) and values[i] is not None
        )
        _note_local(table, name, converted, seen.kinds.count(_LOCAL_DAY), (raw[example], values[example]), local)


def _note_doubled(table: Table, name: str, doubled: int, line: int) -> None:
    forms = n_(
        "Around line {row} the clocks went back: this hour comes twice. {count} row is doubtful.",
        "Around line {row} the clocks went back: this hour comes twice. {count} rows are doubtful.",
    )
    message = counted(forms, {"row": line, "count": doubled})
    table.log.add("doubled_hour", "warning", message, row=line, column=table.headers[name], count=doubled)


def _note_local(
    table: Table, name: str, converted: int, date_only: int, example: tuple[str, int], local: Local
) -> None:
    params = {"value": example[0], "reading": iso(example[1]), "zone": local.name, "count": converted}
    text = N_("Times are read as local time of {zone}: {value} is published as {reading}.")
    table.log.add("local_time", "note", Message(text, params), column=table.headers[name], count=converted)
    table.log.repair(None, name, local.name, "UTC", "local_time")
    if date_only:
        text = N_("Rows with a date but no time of day: {count}. They are placed at midnight.")
        table.log.add(
            "date_only", "warning", Message(text, {"count": date_only}), column=table.headers[name], count=date_only
        )


def _wall(value: Written | int | None, order: str) -> int | None:
    """Milliseconds on the wall clock; in UTC when the zone is written."""
    if isinstance(value, int) or value is None:
        return value
    days = day_number(value, order)
    if days is None:
        return None
    return days * DAY_MS + (value.milliseconds or 0) - (value.offset or 0) * 60_000


def _no_time(table: Table, i: int, name: str, code: str, text: str) -> None:
    line, cell = table.lines[i], table.raw[name][i]
    if table.dropped[i] or i in table.apart:
        return
    if is_missing(cell):
        code, text = "no_time", N_("Line {row} has no time.")
    choice = table.log.add(
        code,
        "error",
        Message(text, {"row": line, "value": cell[:60]}),
        row=line,
        column=table.headers[name],
        value=cell,
        choices=[LEAVE_OUT],
        suggestion=Message(WINTER_CLOCK if code == "missing_hour" else CORRECT_TIME),
    )
    if choice == LEAVE_OUT:
        table.drop(i, name, code)


def _since_start(table: Table, entry: Mapped, steps: dict[str, float], unit: str) -> bool:
    """Times counted from the start of the logger: the start has to be told."""
    name, hints = entry.column.name, table.log.hints
    start = parse(hints.start_time.strip()) if hints.start_time else None
    order = _order(table, name, [start]) if isinstance(start, Written) else "dmy"
    if order is None:  # asked: is 03/04 in March or in April?
        table.values[name] = [None] * len(table)
        return False
    begun = _wall(start, order)
    if isinstance(start, Written) and start.offset is None and begun is not None:
        local = zone(hints.timezone)
        begun = begun - local.offsets(begun)[0] if local else None
    if begun is None:
        text = N_("The times count from the start of the logger. When was it started?")
        table.log.ask(Question("start_time", table.headers[name], Message(text), []))
        table.values[name] = [None] * len(table)
        return False
    values: list[Any] = [
        None if is_missing(cell) else begun + round(steps[cell] * _MS_PER[unit]) for cell in table.raw[name]
    ]
    table.values[name] = values
    for i, value in enumerate(values):
        if value is None:
            _no_time(table, i, name, "no_time", "")
    restarted(table, name)
    table.log.add(
        "since_start",
        "note",
        Message(
            N_("Times are counted in {unit} from the start of the logger, {start}."),
            {"unit": units.units()[unit].label, "start": iso(begun)},
        ),
        column=table.headers[name],
        count=len(values),
    )
    table.log.repair(None, name, hints.start_time or "", iso(begun), "since_start")
    return True
