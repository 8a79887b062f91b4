"""Times of loggers without a clock, counted from their start: in which unit, and whether they began again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from statistics import median

from ..messages import N_, Message, counted, n_
from .table import Table
from .times import relative
from .values import is_missing

_ALIKE = 2  # times the step between rows may differ from the interval of the protocol
_FEWEST = 3


def counted_steps(table: Table, name: str) -> dict[str, float] | None:
    """The numbers in a column of times that says no unit; None where there is anything else."""
    first = next((cell for cell in table.raw[name] if not is_missing(cell)), "")
    if relative([first]) is None or len(table.apart) == len(table):  # most files are told apart by one cell
        return None
    steps = relative({cell for cell in table.raw[name] if not is_missing(cell)})
    return steps if steps and len(steps) >= _FEWEST else None


def likely_unit(table: Table, name: str, steps: Mapping[str, float], units: Mapping[str, int]) -> str | None:
    """The unit in which rows come as often as the protocol says; None after telling that nobody knows it."""
    stated = table.protocol.interval_minutes
    usual = median([b - a for a, b in pairwise(sorted(steps.values()))])
    for unit, milliseconds in units.items():
        if stated and 1 / _ALIKE <= usual * milliseconds / (stated * 60_000) <= _ALIKE:
            return unit
    header = table.headers[name]
    text = N_("The times in “{column}” count from the start of the logger, but do not say in which unit.")
    suggestion = Message(
        N_("Write the unit behind the name, for example “{header} (s)” or “{header} (min)”."), {"header": header}
    )
    table.log.add(
        "time_unit", "error", Message(text, {"column": header}), column=header, count=len(table), suggestion=suggestion
    )
    table.values[name] = [None] * len(table)
    return None


def restarted(table: Table, name: str) -> None:
    """A logger without a clock that was switched off counts from zero again: nobody knows when that was."""
    values = table.values[name]
    known = (i for i in table.kept() if values[i] is not None)
    again = next((b for a, b in pairwise(known) if values[b] < values[a]), None)
    if again is None:
        return
    rows = [i for i in table.kept() if i >= again]
    forms = n_(
        "From line {row} on, {count} row counts from the start again: the logger was switched off in between.",
        "From line {row} on, {count} rows count from the start again: the logger was switched off in between.",
    )
    message = counted(forms, {"row": table.lines[again], "count": len(rows)})
    suggestion = Message(N_("Save these rows as a file of their own with their own start, or leave them out."))
    table.set_apart(rows, name, "restarted", message, suggestion)
