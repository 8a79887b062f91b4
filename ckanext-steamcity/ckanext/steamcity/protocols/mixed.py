"""Two units in one column: read apart, told, never silently set right. Pure."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from ..messages import N_, Message
from . import units
from .findings import CONVERT, KEEP, LEAVE_OUT
from .model import FAIL, SUSPECT, Column
from .table import Table
from .values import plain, tidy

Rule = tuple[float, float]  # factor and offset

_PART = 0.2  # of all values: so many are no spikes, wherever they stand
_NEARLY_ALL = 0.9
_ENDS = 50  # lowest and highest different values
_RUN = 3  # values in a row that must all look like the other unit: one alone is a spike
_PERCENT = 100
_APART = 8  # times two readings of one quantity must differ before another unit explains it better
_NEAR = 3  # times the converted value may differ from the others


def mixed_units(table: Table, column: Column) -> None:
    """Values that only make sense in another unit: °F among °C, Pa among hPa, shares among percent, all in mg."""
    if column.unit is None:
        return
    values = table.values[column.name]
    present = [i for i, value in enumerate(values) if value is not None]
    if len(present) < 2 * _RUN:
        return
    distinct = sorted({values[i] for i in present})
    for code, rule in units.others(column.unit).items():
        if _all_too_small(distinct, rule, column):
            _tell(table, column, code, [i for i in present if values[i]], len(present), rule)
            return
    if column.spike is None:
        return  # a quantity that may change by decades from row to row says nothing else about its unit
    usual = _usual([values[i] for i in present], column)
    for code, rule in units.others(column.unit).items():
        rows = _better(values, present, distinct, usual, rule, column)
        rows = sorted({*rows, *_leaps(values, present, distinct, rule, column)})
        if rows:
            _tell(table, column, code, rows, len(present), rule)
            return


def _better(
    values: list[Any], present: list[int], distinct: list[float], usual: float | None, rule: Rule, column: Column
) -> list[int]:
    """Rows far from the others that are among them once converted: several together, or a good part of all."""
    # Most files have no such value at all: look near the ends, of which one may be wrong, before looking at every row.
    ends = (*distinct[:_ENDS], *distinct[-_ENDS:])
    if not any(_fits_better(value, *rule, usual, column) for value in ends):
        return []
    better = {value for value in distinct if _fits_better(value, *rule, usual, column)}
    marks = [values[i] in better for i in present]
    if sum(marks) >= max(_RUN, _PART * len(present)):
        return [i for i, mark in zip(present, marks, strict=True) if mark]
    return _runs(present, marks)


def _leaps(values: list[Any], present: list[int], distinct: list[float], rule: Rule, column: Column) -> list[int]:
    """Rows between a leap away and a leap back that are no leaps in the other unit: 3 °C, 37 °F, 3 °C."""
    (factor, offset), spike = rule, column.spike or 0.0
    if not offset or distinct[-1] - distinct[0] <= 2 * spike:
        return []
    found: list[int] = []
    begin: int | None = None
    inside = False
    for place in range(1, len(present)):
        a, b = values[present[place - 1]], values[present[place]]
        if abs(b - a) <= spike:
            continue
        if abs(b * factor + offset - a) <= spike / 2:
            if inside:
                return []
            begin, inside = place, True
        elif abs(a * factor + offset - b) <= spike / 2:
            if not inside and begin is not None:
                return []
            found += present[begin or 0 : place]
            begin, inside = place, False
    if inside:
        found += present[begin:]
    return found if len(found) >= _RUN else []


def _all_too_small(distinct: list[float], rule: Rule, column: Column) -> bool:
    """Whether nearly all values are less than the instrument can tell from nothing, or shares where a percentage is
    never as small; and usual ones once converted."""
    factor, offset = rule
    if offset or factor <= 1:
        return False
    low, high = bounds(column)
    least = column.precision or 0.0
    if factor == _PERCENT and low > 1 and distinct[-1] <= 1:
        least = low
    numbers = [value for value in distinct if value]
    if len(numbers) < _RUN or numbers[len(numbers) // 2] >= least:  # most files
        return False
    small = sum(0 < value < least and low <= value * factor <= high for value in numbers)
    return small >= _NEARLY_ALL * len(numbers)


def _usual(values: list[float], column: Column) -> float | None:
    """The middle of the values that can be in the template's unit; None when none of them can."""
    low, high = bounds(column)
    inside = [value for value in values if low <= value <= high]
    return median(inside) if len(inside) * 2 > len(values) else None


def bounds(column: Column) -> tuple[float, float]:
    low = column.typical_minimum if column.typical_minimum is not None else column.minimum
    high = column.typical_maximum if column.typical_maximum is not None else column.maximum
    return (float("-inf") if low is None else low), (float("inf") if high is None else high)


def _fits_better(value: float, factor: float, offset: float, usual: float | None, column: Column) -> bool:
    low, high = bounds(column)
    other = value * factor + offset
    if not low <= other <= high or value == 0:
        return False
    if usual is None:
        return not low <= value <= high
    spike = column.spike or 0.0
    if offset:
        return abs(value - usual) > 2 * spike and abs(other - usual) <= spike
    near = usual != 0 and 1 / _NEAR <= other / usual <= _NEAR
    if not 1 / _APART <= value / usual <= _APART:
        return near
    # mmHg among hPa are not far away, yet they cannot be
    impossible = not (column.minimum or value) <= value <= (column.maximum or value)
    return impossible and abs(other - usual) <= spike


def _runs(rows: list[int], marks: list[bool]) -> list[int]:
    found: list[int] = []
    run: list[int] = []
    for row, mark in zip([*rows, -1], [*marks, False], strict=True):
        if mark:
            run.append(row)
            continue
        if len(run) >= _RUN:
            found += run
        run = []
    return found


def _tell(table: Table, column: Column, code: str, rows: list[int], of: int, rule: Rule) -> None:
    name, header = column.name, table.headers[column.name]
    unit = units.symbol(code) or Message(N_("a share from 0 to 1")).to_dict()
    params: dict[str, Any] = {
        "column": header,
        "count": len(rows),
        "row": table.lines[rows[0]],
        "unit": unit,
        "expected": units.symbol(column.unit),
    }
    text = N_("From line {row} on, {count} values in “{column}” look like {unit} instead of {expected}.")
    if len(rows) == of:
        text = N_("All values in “{column}” look like {unit} instead of {expected}.")
    choice = table.log.add(
        "mixed_units",
        "error",
        Message(text, params),
        row=table.lines[rows[0]],
        column=header,
        value=table.raw[name][rows[0]],
        count=len(rows),
        choices=[CONVERT, LEAVE_OUT, KEEP],
        suggestion=Message(N_("Convert these values, leave them out, or keep them if they are right.")),
    )
    settle_rows(table, column, rows, "mixed_units", choice, lambda value: tidy(value * rule[0] + rule[1]))


def settle_rows(
    table: Table, column: Column, rows: list[int], code: str, choice: str | None, change: Callable[[float], Any]
) -> None:
    """Do with these cells what was decided."""
    name = column.name
    for i in rows:
        if choice == CONVERT:
            made = change(table.values[name][i])
            table.log.repair(table.lines[i], name, table.raw[name][i], plain(made), code)
            table.values[name][i] = made
            table.flag(i, SUSPECT)
        elif choice == LEAVE_OUT:
            table.leave_out(i, name, code)
        elif choice == KEEP:
            table.flag(i, FAIL)
        else:
            table.values[name][i] = None  # undecided: no other test stumbles over it
