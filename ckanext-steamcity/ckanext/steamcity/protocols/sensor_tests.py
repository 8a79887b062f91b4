"""What one sensor did over time: stuck, at the end of its scale, a single wild value. Pure.

What counts as one is asked of ``quality``, as for feeds; how long it must last and how far is the template's.
"""

from __future__ import annotations

from array import array

from ckanext.steamcity import quality

from ..messages import N_, Message
from .model import FAIL, SUSPECT, Column
from .table import Table
from .values import plain

_SATURATED_MS = 2 * 3_600_000  # shorter, it may be rain or a breath


def frozen(table: Table, column: Column, rows: list[int]) -> None:
    """The same value for more rows than a living sensor gives; at the end of the scale it is another test's."""
    least = column.frozen_rows
    if least is None:
        return
    values = [table.values[column.name][i] for i in rows]
    limits = quality.limits_for(column.property or "")
    for start, end in quality.flat_runs(values):
        if end - start >= least and values[start] is not None and not quality.is_saturated(values[start], limits):
            text = N_(
                "“{column}” stays at {value} from line {first} to line {last} ({count} rows). "
                "The sensor may have been stuck."
            )
            _tell_run(table, column, "frozen", text, rows[start:end])


def saturated(table: Table, column: Column, rows: list[int], times: list[int]) -> None:
    """At the end of the instrument's scale for hours: the value is in range and says nothing."""
    limits = quality.limits_for(column.property or "")
    if limits.saturation is None:
        return
    marks = [quality.is_saturated(table.values[column.name][i], limits) for i in rows]
    if True not in marks:
        return
    for start, end in quality.flat_runs(marks):
        if marks[start] and times[rows[end - 1]] - times[rows[start]] >= _SATURATED_MS:
            text = N_(
                "“{column}” stays at the end of its scale, {value}, from line {first} to line {last} ({count} rows). "
                "The sensor may be wet, or what it measured was too strong for it."
            )
            _tell_run(table, column, "saturated", text, rows[start:end])


def _tell_run(table: Table, column: Column, code: str, text: str, run: list[int]) -> None:
    value = plain(table.values[column.name][run[0]])
    params = {
        "column": table.headers[column.name],
        "value": value,
        "count": len(run),
        "first": table.lines[run[0]],
        "last": table.lines[run[-1]],
    }
    table.log.add(
        code,
        "warning",
        Message(text, params),
        row=table.lines[run[0]],
        column=table.headers[column.name],
        value=value,
        count=len(run),
    )
    for i in run:
        table.flag(i, SUSPECT)
    table.told.setdefault(column.name, set()).update(run)


def spikes(table: Table, column: Column, rows: list[int]) -> None:
    """Single values far from both neighbours."""
    limit = column.spike
    if limit is None:
        return
    values = table.values[column.name]
    present = array("L", (i for i in rows if values[i] is not None and table.flags[i] != FAIL))
    series = [values[i] for i in present]
    for k in range(1, len(series) - 1):
        value = series[k]
        if abs(value - series[k - 1]) > limit and quality.is_spike(series[k - 1], value, series[k + 1], limit):
            i = present[k]
            params = {
                "row": table.lines[i],
                "column": table.headers[column.name],
                "value": plain(value),
                "before": plain(series[k - 1]),
                "after": plain(series[k + 1]),
            }
            table.log.add(
                "spike",
                "note",
                Message(N_("Line {row}: “{column}” jumps to {value} between {before} and {after}."), params),
                row=table.lines[i],
                column=table.headers[column.name],
                value=plain(value),
            )
            table.flag(i, SUSPECT)
            table.told.setdefault(column.name, set()).add(i)
