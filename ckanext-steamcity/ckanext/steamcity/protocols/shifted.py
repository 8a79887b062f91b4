"""Rows of a series that are as wide as the others and whose values stand one column beside their own. Pure."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from ..messages import N_, Message
from .findings import KEEP, LEAVE_OUT
from .headers import Mapped
from .mixed import bounds
from .model import Column
from .table import Table
from .values import BAD

_FEWEST = 20  # rows that tell what is usual in a column
_SAMPLE = 5_000
_FAR, _NEAR = 1.5, 0.5  # how many widths of the usual range a value is away that does not belong, and one that does
_LEAST = 2  # cells that must all fit beside their own column: one alone is a wrong value
_MOST = 0.2  # of the rows; more is no slip of single rows

Read = dict[str, dict[str, Any]]


def shifted_rows(table: Table, read: Read) -> None:
    """Tell each such row once, and set it apart until it is decided. ``read``: what each cell of a column is."""
    if table.protocol.shape != "time_series" or len(table) < _FEWEST:
        return
    columns = sorted((entry for entry in table.mapped if entry.column.name in read), key=lambda entry: entry.index)
    runs = [(a, b) for a, b in pairwise(columns) if b.index == a.index + 1]
    if len(runs) < _LEAST:
        return
    usual = {entry.column.name: _usual(table, entry.column, read) for entry in columns}
    odd = {name: _odd(read[name], limits) for name, limits in usual.items() if limits}
    counts = Counter(
        i for name, cells in odd.items() if cells for i, cell in enumerate(table.raw[name]) if cell in cells
    )
    found = [i for i, count in sorted(counts.items()) if count >= _LEAST and _is_shifted(table, i, runs, usual, odd)]
    if len(found) > _MOST * len(table):
        return
    for i in found:
        _tell(table, i)


def _usual(table: Table, column: Column, read: Read) -> tuple[float, float] | None:
    """From where to where most values of a column are. Where most are as the protocol expects them, only these count:
    a stretch in another unit does not make everything usual."""
    name, raw = column.name, table.raw[column.name]
    values = sorted(
        value
        for cell in raw[:: max(1, len(raw) // _SAMPLE)]
        if (value := read[name].get(cell)) is not None and value is not BAD
    )
    low, high = bounds(column)
    expected = [value for value in values if low <= value <= high]
    values = expected if 2 * len(expected) > len(values) else values
    if len(values) < _FEWEST:
        return None
    return values[len(values) // 20], values[-1 - len(values) // 20]


def _inside(value: float, limits: tuple[float, float], widths: float) -> bool:
    low, high = limits
    width = max(high - low, abs(high) / 20, 0.5)
    return low - widths * width <= value <= high + widths * width


def _odd(read: dict[str, Any], limits: tuple[float, float]) -> set[str]:
    """Cells that do not belong in this column: far from all others, or no such number at all."""
    return {cell for cell, value in read.items() if value is BAD or not _inside(value, limits, _FAR)}


def _is_shifted(
    table: Table,
    i: int,
    runs: list[tuple[Mapped, Mapped]],
    usual: dict[str, tuple[float, float] | None],
    odd: dict[str, set[str]],
) -> bool:
    """Whether every cell that does not belong where it stands belongs in the column beside it, always on one side."""
    wrong = {name for name, cells in odd.items() if table.raw[name][i] in cells}
    for pairs in (runs, [(b, a) for a, b in runs]):
        fits = {
            stands.column.name
            for belongs, stands in pairs
            if stands.column.name in wrong and _fits(table.raw[stands.column.name][i], usual[belongs.column.name])
        }
        if len(fits) >= _LEAST and fits >= wrong - _ends(pairs):
            return True
    return False


def _ends(pairs: list[tuple[Mapped, Mapped]]) -> set[str]:
    """Columns that get their value from outside the compared ones."""
    return {belongs.column.name for belongs, _stands in pairs} - {stands.column.name for _belongs, stands in pairs}


def _fits(cell: str, limits: tuple[float, float] | None) -> bool:
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return False
    return limits is not None and _inside(value, limits, _NEAR)


def _tell(table: Table, i: int) -> None:
    line = table.lines[i]
    text = N_("Line {row}: the values seem to stand one column beside their own.")
    choice = table.log.add(
        "shifted_row",
        "error",
        Message(text, {"row": line}),
        row=line,
        choices=[LEAVE_OUT, KEEP],
        suggestion=Message(N_("Move them back in your file, leave the row out, or keep it if it is right.")),
    )
    if choice == LEAVE_OUT:
        table.drop(i, "", "shifted_row")
    if choice != KEEP:
        table.apart.add(i)
