"""Numbers that lost their decimal comma (205 for 20,5) or have it one place too far left (2,10 for 21,0). Pure."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from ..messages import N_, Message, counted, n_
from .findings import CONVERT, KEEP, LEAVE_OUT
from .mixed import bounds, settle_rows
from .model import Column
from .table import Table
from .values import tidy

_LEAST_MOVED = 3  # values with a comma too far left: one alone is a spike
_NEAR = 3  # times a value of a quantity without limits for spikes may differ from the others


def lost_commas(table: Table, column: Column) -> None:
    """One finding for each column: impossible values that fit once their comma is back."""
    if column.type == "integer" or (column.precision or 0.1) >= 1 or column.role == "place":
        return  # written without decimals anyway
    values = table.values[column.name]
    numbers = {value for value in values if value is not None}
    if not numbers:
        return
    low, high = bounds(column)
    if min(numbers) >= low and max(numbers) <= high:
        return  # most files
    raw = table.raw[column.name]
    usual = median(inside) if (inside := [v for v in values if v is not None and low <= v <= high]) else None
    found: dict[float, list[int]] = {}
    for i, value in enumerate(values):
        if value is None or low <= value <= high:
            continue
        factor = _factor(value, raw[i], column, usual)
        if factor:
            found.setdefault(factor, []).append(i)
    for factor, rows in found.items():
        if factor < 1 or len(rows) >= _LEAST_MOVED:
            _tell(table, column, rows, factor)


def _factor(value: float, cell: str, column: Column, usual: float | None) -> float | None:
    """What the value must be multiplied with to be a usual one; None when no comma explains it."""
    if set(cell) == {"9"}:
        return None  # 99, 999: how sensors write that they have no value
    whole = "," not in cell and "." not in cell
    impossible = (column.minimum is not None and value < column.minimum) or (
        column.maximum is not None and value > column.maximum
    )
    for factor in (0.1, 0.01) if whole and impossible else () if whole else (10.0,):
        if _fits(value * factor, column, usual) and not (factor > 1 and usual is None):
            return factor
    return None


def _fits(value: float, column: Column, usual: float | None) -> bool:
    low, high = bounds(column)
    if not low <= value <= high:
        return False
    if usual is None:
        return True
    if column.spike is not None:
        return abs(value - usual) <= column.spike
    return usual != 0 and 1 / _NEAR <= value / usual <= _NEAR


def _tell(table: Table, column: Column, rows: list[int], factor: float) -> None:
    first, header = rows[0], table.headers[column.name]
    change: Callable[[float], Any] = lambda value: tidy(value * factor)  # noqa: E731
    params = {
        "column": header,
        "count": len(rows),
        "row": table.lines[first],
        "value": table.raw[column.name][first][:60],
    }
    params["reading"] = f"{change(table.values[column.name][first]):g}"
    forms = n_(
        "Line {row}: {value} in “{column}” seems to have lost its decimal comma. {reading} would fit.",
        "From line {row} on, {count} values in “{column}” seem to have lost their decimal comma: "
        "{value}, where {reading} would fit.",
    )
    if factor > 1:
        forms = n_(
            "Line {row}: the decimal comma of {value} in “{column}” seems to stand in the wrong place. "
            "{reading} would fit.",
            "From line {row} on, the decimal comma of {count} values in “{column}” seems to stand in the wrong place: "
            "{value}, where {reading} would fit.",
        )
    choice = table.log.add(
        "lost_decimal",
        "error",
        counted(forms, params),
        row=table.lines[first],
        column=header,
        value=table.raw[column.name][first],
        count=len(rows),
        choices=[CONVERT, LEAVE_OUT, KEEP],
        suggestion=Message(N_("Put the comma back, leave these values out, or keep them if they are right.")),
    )
    settle_rows(table, column, rows, "lost_decimal", choice, change)
