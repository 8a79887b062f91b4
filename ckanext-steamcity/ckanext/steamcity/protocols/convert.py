"""Cells of a table → typed values, column by column, by the kind of the column; what cannot be read becomes a
finding. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ..messages import N_, Message, counted, n_
from . import veil
from .decimals import mark_of, note_commas, note_mixed, settle
from .findings import KEEP, LEAVE_OUT, TAKE
from .headers import Mapped, key
from .languages import mixed_languages
from .lost_commas import lost_commas
from .mixed import mixed_units
from .model import FAIL, SUSPECT, Column
from .shifted import shifted_rows
from .swapped import swapped_columns
from .table import Table
from .units import symbol
from .values import (
    BAD,
    Numbers,
    choice_table,
    converted,
    is_formula,
    is_missing,
    nearest_choice,
    plain,
    read_boolean,
    read_number,
    read_text,
    sort_numbers,
    whole,
)

_MOST_SUGGESTED = 1_000  # different answers of a column for which the nearest one of the protocol is looked for
NOT_A = {
    "number": N_("Line {row}: “{value}” in “{column}” is not a number."),
    "integer": N_("Line {row}: “{value}” in “{column}” is not a whole number."),
    "boolean": N_("Line {row}: “{value}” in “{column}” is neither yes nor no."),
    "text": N_("Line {row}: the text in “{column}” is too long."),
    "media": N_("Line {row}: the text in “{column}” is too long."),
}


def convert(table: Table) -> None:
    """All columns but dates and times, which ``moments`` reads."""
    numeric = {entry.column.name: _cells(table, entry.column.name) for entry in table.mapped if entry.column.numeric}
    sorted_ones = {name: sort_numbers(cells) for name, cells in numeric.items()}
    mark = mark_of(sorted_ones.values())
    read = {
        entry.column.name: _numbers(table, entry, numeric[entry.column.name], sorted_ones[entry.column.name], mark)
        for entry in table.mapped
        if entry.column.numeric
    }
    if not swapped_columns(table, read):
        shifted_rows(table, read)
    for entry in table.mapped:
        column = entry.column
        if column.numeric:
            _apply(table, column, read[column.name])
        elif column.type == "category":
            _choices(table, column)
        elif column.type == "boolean":
            _apply(table, column, {cell: read_boolean(cell) for cell in _cells(table, column.name)})
        elif column.type in ("text", "media"):
            _apply(table, column, {cell: read_text(cell) for cell in _cells(table, column.name)})
    note_commas(table, sorted_ones)
    mixed_languages(table)
    for entry in table.mapped:
        if entry.column.numeric:
            _header_unit(table, entry, sorted_ones[entry.column.name])
            _own_units(table, entry.column, sorted_ones[entry.column.name])
            mixed_units(table, entry.column)
            lost_commas(table, entry.column)
            _ranges(table, entry.column)


def _cells(table: Table, name: str) -> list[str]:
    """The different cells of a column that hold something."""
    return [cell for cell in dict.fromkeys(table.raw[name]) if not is_missing(cell) and not is_formula(cell)]


def _numbers(table: Table, entry: Mapped, cells: list[str], seen: Numbers, file_mark: str | None) -> dict[str, Any]:
    """What each different cell of a column is read as. A header's unit is not that of cells with their own."""
    column = entry.column
    note_mixed(table, entry, seen)
    mark, asked = settle(table, entry, seen, file_mark)
    if asked:
        return dict.fromkeys(cells)  # nothing is said of values nobody knows yet
    found = {cell: read_number(cell, column, mark) for cell in cells}
    if (entry.factor, entry.offset) != (1.0, 0.0):
        for cell, value in found.items():
            if value is not BAD and cell not in seen.with_unit:
                value = converted(cell, value, entry.factor, entry.offset)
                found[cell] = whole(value) if column.type == "integer" else value
    return found


def _header_unit(table: Table, entry: Mapped, seen: Numbers) -> None:
    """Tell that the unit of the header is not the one of the template, where cells are converted because of it."""
    column, header = entry.column, table.headers[entry.column.name]
    pairs = zip(table.raw[column.name], table.values[column.name], strict=True)
    if (entry.factor, entry.offset) == (1.0, 0.0) or all(v is None or cell in seen.with_unit for cell, v in pairs):
        return
    params = {"header": header, "unit": entry.unit, "expected": symbol(column.unit)}
    text = N_("The values of “{header}” are converted from {unit} to {expected}.")
    table.log.add("unit_converted", "note", Message(text, params), row=table.header_line, column=header)
    table.log.repair(None, column.name, entry.unit or "", symbol(column.unit), "unit_converted")


def _own_units(table: Table, column: Column, seen: Numbers) -> None:
    """Tell and list the cells that were converted because of a unit in the cell."""
    codes = {cell: code for cell, code in seen.with_unit.items() if code and code != column.unit}
    if not codes:
        return  # most columns
    raw, values, header = table.raw[column.name], table.values[column.name], table.headers[column.name]
    rows: dict[str, list[int]] = {}
    for i, cell in enumerate(raw):
        if cell in codes and values[i] is not None:
            rows.setdefault(codes[cell], []).append(i)
    for code, found in rows.items():
        first = found[0]
        params: dict[str, Any] = {"column": header, "unit": symbol(code), "expected": symbol(column.unit)}
        params |= {"count": len(found), "value": raw[first][:60], "reading": plain(values[first])}
        text = N_(
            "Cells in “{column}” that say {unit} were converted to {expected}: {count}. "
            "For example {value} was read as {reading}."
        )
        table.log.add(
            "unit_converted", "note", Message(text, params), row=table.lines[first], column=header, count=len(found)
        )
        for i in found:
            table.log.repair(table.lines[i], column.name, raw[i], plain(values[i]), "unit_converted")


def _choices(table: Table, column: Column) -> None:
    words = choice_table(column)
    found = {cell: words.get(key(cell), BAD) for cell in _cells(table, column.name)}
    wrong = islice((cell for cell, value in found.items() if value is BAD), _MOST_SUGGESTED)
    near = {cell: choice for cell in wrong if (choice := nearest_choice(cell, words))}
    _apply(table, column, found, near)


def _apply(table: Table, column: Column, found: dict[str, Any], near: Mapping[str, str] | None = None) -> None:
    """Put the values in place and tell about cells that are formulas or cannot be read. ``near``: what some of these
    may mean."""
    name, raw = column.name, table.raw[column.name]
    table.values[name] = values = [found.get(cell) for cell in raw]
    for i in table.apart:
        values[i] = None  # nothing is told twice of a row that is apart
    formulas = {cell for cell in set(raw) if is_formula(cell)}
    bad = {cell for cell, value in found.items() if value is BAD}
    if not formulas and not bad:
        return
    for i, cell in enumerate(raw):
        if i in table.apart:
            continue
        if cell in formulas:
            _formula(table, i, name)
        elif cell in bad:
            _unreadable(table, i, column, near or {})


def _formula(table: Table, i: int, name: str) -> None:
    header, line = table.headers[name], table.lines[i]
    table.values[name][i] = None
    choice = table.log.add(
        "formula",
        "error",
        Message(
            N_("Line {row}: the cell in “{column}” begins like a formula. A spreadsheet could run it."),
            {"row": line, "column": header},
        ),
        row=line,
        column=header,
        value=table.raw[name][i],
        choices=[LEAVE_OUT],
        suggestion=Message(N_("Write the result instead of the formula, or leave the cell out.")),
    )
    if choice:
        table.leave_out(i, name, "formula")


def _unreadable(table: Table, i: int, column: Column, near: Mapping[str, str]) -> None:
    name, header, line, cell = column.name, table.headers[column.name], table.lines[i], table.raw[column.name][i]
    params = {"row": line, "value": cell[:60], "column": header}
    table.values[name][i] = None
    if column.type == "category":
        code, text = (
            "unknown_choice",
            N_("Line {row}: “{value}” in “{column}” is not one of the answers of this protocol."),
        )
    else:
        code, text = "wrong_type", NOT_A[column.type]
    meant = near.get(cell)
    suggestion = (
        Message(N_("Did you mean “{value}”?"), {"value": meant})
        if meant
        else Message(N_("Correct the cell in your file, or leave it out."))
    )
    choice = table.log.add(
        code,
        "error",
        Message(text, params),
        row=line,
        column=header,
        value=cell,
        # Where suggestions are not shown, nobody could say yes to them.
        choices=[LEAVE_OUT, TAKE] if meant and table.log.reveals_rows else [LEAVE_OUT],
        suggestion=suggestion,
    )
    if choice == TAKE:
        table.values[name][i] = meant
        table.log.repair(line, name, veil.words(cell), meant, code)  # repairs are published
    elif choice:
        table.leave_out(i, name, code)


def _ranges(table: Table, column: Column) -> None:
    """Impossible values ask for a decision, unusual ones are marked; ``unusual`` tells of these."""
    values = table.values[column.name]
    numbers = {value for value in values if value is not None}
    low, high = column.minimum, column.maximum
    wrong = {v for v in numbers if (low is not None and v < low) or (high is not None and v > high)}
    if wrong:
        for i, value in enumerate(values):
            if value in wrong:
                _impossible(table, i, column)
    for i in _odd_rows(table, column, numbers - wrong):
        table.flag(i, SUSPECT)


def _odd_rows(table: Table, column: Column, numbers: set[Any]) -> list[int]:
    low, high = column.typical_minimum, column.typical_maximum
    odd = {v for v in numbers if (low is not None and v < low) or (high is not None and v > high)}
    return [i for i, value in enumerate(table.values[column.name]) if value in odd] if odd else []


def unusual(table: Table) -> None:
    """One note for each column with values that are possible and rare, where nothing else was said of these rows."""
    for column in table.columns:
        if not column.numeric or column.name not in table.values:
            continue
        low, high = column.minimum, column.maximum
        numbers = {v for v in table.values[column.name] if v is not None}
        possible = {v for v in numbers if (low is None or v >= low) and (high is None or v <= high)}
        told = table.told.get(column.name, set()) | table.apart
        rows = [i for i in _odd_rows(table, column, possible) if i not in told and not table.dropped[i]]
        if rows:
            _unusual(table, column, rows)


def _impossible(table: Table, i: int, column: Column) -> None:
    line, header, value = table.lines[i], table.headers[column.name], table.values[column.name][i]
    unit = symbol(column.unit)
    below = column.minimum is not None and value < column.minimum
    text = (
        N_("Line {row}: {value} {unit} in “{column}” cannot be: less than {limit} is not possible.")
        if below
        else N_("Line {row}: {value} {unit} in “{column}” cannot be: more than {limit} is not possible.")
    )
    limit = column.minimum if below else column.maximum
    choice = table.log.add(
        "out_of_range",
        "error",
        Message(text, {"row": line, "value": plain(value), "unit": unit, "column": header, "limit": plain(limit)}),
        row=line,
        column=header,
        value=table.raw[column.name][i],
        choices=[LEAVE_OUT, KEEP],
        suggestion=Message(N_("Leave the value out, or keep it if you know that it is right.")),
    )
    if choice == LEAVE_OUT:
        table.leave_out(i, column.name, "out_of_range")
    elif choice == KEEP:
        table.flag(i, FAIL)
    else:
        table.values[column.name][i] = None  # undecided: no other test stumbles over it


def _unusual(table: Table, column: Column, rows: list[int]) -> None:
    values = table.values[column.name]
    lowest, highest = min(values[i] for i in rows), max(values[i] for i in rows)
    table.log.add(
        "unusual",
        "note",
        counted(
            n_(
                "“{column}” is outside the usual range {low} to {high} {unit} in {count} row ({lowest}).",
                "“{column}” is outside the usual range {low} to {high} {unit} in {count} rows "
                "(lowest {lowest}, highest {highest}).",
            ),
            {
                "column": table.headers[column.name],
                "low": plain(column.typical_minimum),
                "high": plain(column.typical_maximum),
                "unit": symbol(column.unit),
                "count": len(rows),
                "lowest": plain(lowest),
                "highest": plain(highest),
            },
        ),
        row=table.lines[rows[0]],
        column=table.headers[column.name],
        value=table.raw[column.name][rows[0]],
        count=len(rows),
    )
