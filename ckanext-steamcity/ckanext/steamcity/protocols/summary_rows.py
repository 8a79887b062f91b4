"""Rows of totals and means that a spreadsheet has below its measurements. Pure."""

from __future__ import annotations

from ..messages import counted, n_
from .headers import key
from .table import Table

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
