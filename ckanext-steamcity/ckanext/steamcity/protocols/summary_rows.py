"""Rows of totals and means that a spreadsheet has below its measurements. Pure."""

from __future__ import annotations

from ..messages import counted, n_
from .headers import key
from .table import Table
from .unreadable import reader
from .values import is_missing

_NAMES = (
    "total totals sum mean average avg median minimum maximum min max count std stdev",
    "totaux somme moyenne moy médiane écart-type nombre",
    "totale totali somma media mediana minimo massimo conteggio deviazione",
    "totales suma promedio mínimo máximo recuento desviación",
    "общо сума средно средна медиана минимум максимум мин макс брой стандартно",
)
_WORDS = frozenset(key(word).split()[0] for names in _NAMES for word in names.split())
_MOST = 10  # rows at the end of a file


def leave_out_summaries(table: Table) -> set[int]:
    """Leave out the last rows that are none; the lines they stood in."""
    return _remarks(table) | _summaries(table)


def _remarks(table: Table) -> set[int]:
    """The last rows that hold one word where a value belongs, like “End” or “Measured by”: told as remarks."""
    entries = sorted(table.mapped, key=lambda entry: entry.index)
    found: list[tuple[int, str]] = []
    for i in range(len(table) - 1, max(0, len(table) - 1 - _MOST), -1):
        filled = [entry.column for entry in entries if table.raw[entry.column.name][i]]
        cell = table.raw[filled[0].name][i] if filled else ""
        if len(filled) != 1 or filled[0] is not entries[0].column or cell[0].isdigit() or is_missing(cell):
            break
        reads = reader(filled[0])
        if reads is None or reads(cell):
            break
        found.append((i, cell))
    if not found or len(entries) < 2:  # noqa: PLR2004
        return set()
    table.remarks += [(table.lines[i], cell) for i, cell in reversed(found)]
    first = found[-1][0]
    del table.lines[first:], table.flags[first:], table.dropped[first:]
    for cells in table.raw.values():
        del cells[first:]
    return {line for line, _cell in table.remarks}


def _summaries(table: Table) -> set[int]:
    """Leave out the last rows where the time is a word like “Mean”, in one note; the lines they stood in."""
    time = table.protocol.time_column
    if time is None or time.name not in table.raw:
        return set()
    cells, found = table.raw[time.name], []
    for i in range(len(cells) - 1, max(-1, len(cells) - 1 - _MOST), -1):
        words = key(cells[i]).split()
        if not words or words[0] not in _WORDS:
            break
        found.append(i)
    if not found or len(found) == len(cells):
        return set()
    first = table.lines[found[-1]]
    forms = n_(
        "Line {row} at the end holds totals or means, no measurement. It is left out.",
        "From line {row} on, {count} rows at the end hold totals or means, no measurements. They are left out.",
    )
    header, params = table.headers[time.name], {"row": first, "count": len(found)}
    table.log.add("summary_row", "note", counted(forms, params), row=first, column=header, count=len(found))
    for i in found:
        table.drop(i, time.name, "summary_row")
        table.apart.add(i)
    return {table.lines[i] for i in found}
