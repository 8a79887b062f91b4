"""Tests that look at rows together: the order of times, gaps, clocks that were reset, stuck sensors, spikes, rules
between columns. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice, pairwise
from statistics import median
from typing import Any

from ..messages import N_, Message, counted, n_
from .findings import KEEP, KEEP_FIRST, KEEP_LAST, LEAVE_OUT, SORT
from .model import FAIL, Column
from .sensor_tests import frozen, saturated, spikes
from .table import Table
from .times import DAY_MS, iso
from .values import plain

_EARLIEST = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp() * 1000)  # before: a logger whose clock was never set
_STEPS = 50_000
_GAP = 1.5  # a step this many intervals long means that a row is missing


def clocks(table: Table, now: datetime) -> None:
    """Rows from before 2010 (the clock was reset) or from the future."""
    column = table.protocol.time_column
    if column is None or table.protocol.shape == "reuse" or column.name not in table.values:
        return
    latest = int(now.timestamp() * 1000) + DAY_MS
    _runs(
        table,
        column.name,
        lambda t: t < _EARLIEST,
        "clock_reset",
        n_(
            "Line {row} is dated {value}: the clock of the logger was not set.",
            "From line {row} on, {count} rows are dated {value}: the clock of the logger was not set.",
        ),
    )
    _runs(
        table,
        column.name,
        lambda t: t > latest,
        "future_time",
        n_(
            "Line {row} is dated {value}, in the future.",
            "From line {row} on, {count} rows are dated {value}, in the future.",
        ),
    )


def _runs(table: Table, name: str, wrong: Callable[[int], bool], code: str, forms: tuple[str, str]) -> None:
    values = table.values[name]
    known = [value for value in values if value is not None]
    if not known or not (wrong(_ms(min(known))) or wrong(_ms(max(known)))):
        return  # most files: what is wrong stands at one end of time
    run: list[int] = []
    for i in [*table.kept(), -1]:
        value = _milliseconds(values[i]) if i >= 0 else None
        if value is not None and wrong(value):
            run.append(i)
            continue
        if run:
            first = run[0]
            params = {"row": table.lines[first], "count": len(run), "value": table.raw[name][first][:60]}
            suggestion = Message(N_("Correct the times in your file, or leave these rows out."))
            table.set_apart(run, name, code, counted(forms, params), suggestion)
            run = []


def _ms(value: Any) -> int:
    return (value.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS if isinstance(value, date) else value


def _milliseconds(value: Any) -> int | None:
    return None if value is None else _ms(value)


def series(table: Table) -> list[int]:
    """All tests of a time series, apart for each group; the order in which rows are published."""
    column = table.protocol.time_column
    kept = [i for i in table.kept() if i not in table.apart]
    if (
        table.protocol.shape != "time_series"
        or column is None
        or column.type != "datetime"
        or column.name not in table.values
    ):
        return kept
    times = table.values[column.name]
    kept = [i for i in kept if times[i] is not None]
    groups = _groups(table, kept)
    backwards = False
    for rows in groups:
        backwards = _order(table, column, rows) or backwards
    for rows in groups:
        rows.sort(key=times.__getitem__)
        rows[:] = _duplicates(table, column, rows)
    out = [i for i in range(len(table)) if table.dropped[i] or i in table.apart or times[i] is None]
    unsure = _without_group(table, groups)
    for rows in groups:
        if len(groups) == 1 or rows[0] not in unsure:
            _gaps(table, column, rows, sorted({*out, *unsure}) if unsure else out)
        for other in table.columns:
            if other.numeric and other.name in table.values:
                frozen(table, other, rows)
                saturated(table, other, rows, times)
                spikes(table, other, rows)
    kept = [i for i in kept if not table.dropped[i]]
    if backwards and table.log.decision("time_backwards", [SORT, KEEP]) == SORT:
        before = kept[:]
        kept.sort(key=times.__getitem__)
        first = next((place for place, i in enumerate(kept) if i != before[place]), None)
        if first is not None:
            measured, published = _lines(table, before, first), _lines(table, kept, first)
            table.log.repair(None, column.name, measured, published, "time_backwards")
    return kept


def _lines(table: Table, rows: list[int], first: int) -> str:
    """The order of the lines from where sorting begins to change it: 12, 13, 14, …"""
    shown = [str(table.lines[i]) for i in rows[first : first + 5]]
    return ", ".join([*shown, "…"] if len(rows) > first + len(shown) else shown)


def _groups(table: Table, kept: list[int]) -> list[list[int]]:
    names = [column.name for column in table.columns if column.role == "group" and column.name in table.values]
    if not names:
        return [kept[:]]
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i in kept:
        groups[tuple(table.values[name][i] for name in names)].append(i)
    return list(groups.values())


def _without_group(table: Table, groups: list[list[int]]) -> set[int]:
    """Rows that do not say which group they belong to, where others do: they may fill a gap of any."""
    names = [column.name for column in table.columns if column.role == "group" and column.name in table.values]
    return {i for rows in groups if any(table.values[name][rows[0]] is None for name in names) for i in rows}


def _order(table: Table, column: Column, rows: list[int]) -> bool:
    times = table.values[column.name]
    steps = [(a, b) for a, b in pairwise(rows) if times[b] < times[a]]
    if not steps:
        return False
    header, choices = table.headers[column.name], [SORT, KEEP]
    suggestion = Message(N_("Sort the rows by time, or keep the order of the file."))
    if len(steps) * 2 > len(rows):
        text = N_("The file runs from the newest row to the oldest.")
        table.log.add(
            "time_backwards",
            "error",
            Message(text),
            row=table.lines[rows[0]],
            column=header,
            count=len(steps),
            choices=choices,
            suggestion=suggestion,
        )
        return True
    for before, i in steps:
        params = {
            "row": table.lines[i],
            "value": table.raw[column.name][i][:60],
            "before": table.raw[column.name][before][:60],
        }
        table.log.add(
            "time_backwards",
            "error",
            Message(N_("Line {row}: {value} is earlier than the line before it, {before}."), params),
            row=table.lines[i],
            column=header,
            value=table.raw[column.name][i],
            choices=choices,
            suggestion=suggestion,
        )
    return True


def _duplicates(table: Table, column: Column, rows: list[int]) -> list[int]:
    times = table.values[column.name]
    first: int | None = None
    for i in rows:
        if first is None or times[i] != times[first]:
            first = i
            continue
        params = {"row": table.lines[i], "value": table.raw[column.name][i][:60], "first": table.lines[first]}
        choice = table.log.add(
            "duplicate_time",
            "error",
            Message(N_("Line {row} has the same time as line {first}: {value}."), params),
            row=table.lines[i],
            column=table.headers[column.name],
            value=table.raw[column.name][i],
            choices=[KEEP_FIRST, KEEP_LAST, KEEP],
            suggestion=Message(N_("Keep one of the two rows, or both if they are two measurements.")),
        )
        if choice == KEEP_FIRST:
            table.drop(i, column.name, "duplicate_time")
        elif choice == KEEP_LAST:
            table.drop(first, column.name, "duplicate_time")
            first = i
    return [i for i in rows if not table.dropped[i]]


def _gaps(table: Table, column: Column, rows: list[int], out: list[int]) -> None:
    """Where nothing was measured, of the rows of one group in order of time; ``out``: rows of the file that have no
    time, or none that counts."""
    stated = table.protocol.interval_minutes
    times = table.values[column.name]
    if stated is None:
        return
    thin = max(1, len(rows) // _STEPS)  # of a million steps some tell the usual one
    pairs = zip(islice(rows, 0, None, thin), islice(rows, 1, None, thin), strict=False)
    steps = [times[b] - times[a] for a, b in pairs if times[b] > times[a]]
    if len(steps) < 3:  # noqa: PLR2004
        return
    usual = median(steps)
    if not 0.5 < usual / (stated * 60_000) < _GAP:
        table.rhythms.append(usual / 60_000)
        table.log.add(
            "other_interval",
            "note",
            Message(
                N_("Time from row to row: {minutes} min. The protocol says {stated} min."),
                {"minutes": plain(round(usual / 60_000, 2)), "stated": plain(stated)},
            ),
            column=table.headers[column.name],
        )
    ahead, behind = rows, []
    if any(b < a for a, b in pairwise(rows)):  # rarely: the file is not in order of time
        ahead = _forward(times, rows)
        behind = sorted(set(rows).difference(ahead))
    late = sorted(times[i] for i in behind)
    if any(finding.code == "time_backwards" and finding.open for finding in table.log.findings):
        rows = ahead
    for a, b in pairwise(rows):
        step = times[b] - times[a]
        if step > usual * _GAP:
            missing = max(1, round(step / usual) - 1)
            # by line, or by time: two rows that changed places
            moved = max(_within(behind, a, b), _within(late, times[a], times[b]))
            if missing <= moved + _in_doubt(times, out, a, b):
                continue  # these rows are there, and what is wrong with them is told
            _tell_gap(table, column, a, b, missing)


def _tell_gap(table: Table, column: Column, a: int, b: int, missing: int) -> None:
    said = [table.raw[column.name][i] for i in (a, b)]
    if not all(":" in text for text in said):  # seconds since the start say little
        said = [iso(table.values[column.name][i]) for i in (a, b)]
    params = {"from": said[0][:60], "to": said[1][:60], "count": missing, "row": table.lines[b]}
    text = N_("Nothing was measured between {from} and {to}, line {row}. Rows missing: about {count}.")
    header, line = table.headers[column.name], table.lines[b]
    table.log.add("gap", "note", Message(text, params), row=line, column=header, count=missing)


def _forward(times: list[int], rows: list[int]) -> list[int]:
    """Rows without those whose time is earlier than one before them in the file."""
    latest = None
    found = set()
    for i in sorted(rows):
        if latest is None or times[i] >= latest:
            latest = times[i]
            found.add(i)
    return [i for i in rows if i in found] if 2 * len(found) > len(rows) else rows


def _in_doubt(times: list[Any], out: list[int], a: int, b: int) -> int:
    """How many rows of the file between two others have no time that counts, or one that another row has too."""
    count = _within(out, a, b)
    for i, beside in ((a, a - 1), (b, b + 1)):
        count += 0 <= beside < len(times) and times[beside] == times[i]
    return count


def _within(rows: list[int], a: int, b: int) -> int:
    """How many of these (sorted) stand between two others: rows in the file, or times."""
    return max(0, bisect_left(rows, b) - bisect_right(rows, a))


def rules(table: Table) -> None:
    """The template's checks between columns."""
    for check in table.protocol.checks:
        names = [*check["columns"], *([check["equals"]] if isinstance(check.get("equals"), str) else [])]
        if all(name in table.values for name in names):
            {"order": _rule_order, "sum": _rule_sum, "unique": _rule_unique, "together": _rule_together}[check["kind"]](
                table, check
            )


def _titles(table: Table, names: list[str]) -> dict[str, Any]:
    keys = ("first", "second", "third")
    return {key: table.protocol.by_name[name].titles for key, name in zip(keys, names, strict=False)}


def _break(table: Table, i: int, code: str, message: Message, names: list[str]) -> None:
    choice = table.log.add(
        code,
        "error",
        message,
        row=table.lines[i],
        column=table.headers[names[0]],
        value=table.raw[names[0]][i],
        choices=[LEAVE_OUT, KEEP],
        suggestion=Message(
            N_("Correct the line in your file, leave these cells out, or keep them marked as doubtful.")
        ),
    )
    if choice == LEAVE_OUT:
        for name in names:
            table.leave_out(i, name, code)
    elif choice == KEEP:
        table.flag(i, FAIL)


def _rule_order(table: Table, check: dict[str, Any]) -> None:
    low, high = check["columns"]
    a, b = table.values[low], table.values[high]
    for i in table.kept():
        if a[i] is not None and b[i] is not None and a[i] > b[i]:
            params = {"row": table.lines[i], **_titles(table, [low, high])}
            _break(
                table,
                i,
                "wrong_order",
                Message(N_("Line {row}: “{first}” cannot be more than “{second}”."), params),
                [low, high],
            )


def _rule_sum(table: Table, check: dict[str, Any]) -> None:
    names, equals = check["columns"], check["equals"]
    for i in table.kept():
        parts = [table.values[name][i] for name in names]
        total = table.values[equals][i] if isinstance(equals, str) else equals
        if total is None or None in parts:
            continue
        if abs(sum(parts) - total) > check.get("tolerance", 0) + 1e-9:
            params = {"row": table.lines[i], "sum": plain(round(sum(parts), 6)), "total": plain(total)}
            _break(
                table,
                i,
                "wrong_sum",
                Message(N_("Line {row}: the parts add up to {sum}, not to {total}."), params),
                names,
            )


def _rule_unique(table: Table, check: dict[str, Any]) -> None:
    names = check["columns"]
    seen: dict[tuple[Any, ...], int] = {}
    for i in table.kept():
        value = tuple(table.values[name][i] for name in names)
        if None in value or seen.setdefault(value, i) == i:
            continue
        choice = table.log.add(
            "repeated_row",
            "error",
            Message(N_("Line {row} repeats line {first}."), {"row": table.lines[i], "first": table.lines[seen[value]]}),
            row=table.lines[i],
            column=table.headers[names[0]],
            value=table.raw[names[0]][i],
            choices=[KEEP_FIRST, KEEP],
            suggestion=Message(N_("Keep one of the two rows, or both if they are two measurements.")),
        )
        if choice == KEEP_FIRST:
            table.drop(i, names[0], "repeated_row")


def _rule_together(table: Table, check: dict[str, Any]) -> None:
    names = check["columns"]
    for i in table.kept():
        filled = [table.values[name][i] is not None for name in names]
        if any(filled) and not all(filled):
            params = {"row": table.lines[i], "first": table.protocol.by_name[names[filled.index(False)]].titles}
            table.log.add(
                "incomplete",
                "warning",
                Message(N_("Line {row}: “{first}” is missing beside the other values."), params),
                row=table.lines[i],
            )
