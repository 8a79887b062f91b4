"""Cells of a table → typed values, column by column, by the kind of the column; what cannot be read becomes a
finding. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..messages import N_, Message, counted, n_
from .findings import KEEP, LEAVE_OUT, Question
from .headers import Mapped, key
from .mixed import mixed_languages, mixed_units
from .model import FAIL, SUSPECT, Column
from .shifted import shifted_rows
from .table import Table
from .units import symbol
from .values import (
    BAD,
    Numbers,
    choice_table,
    is_formula,
    is_missing,
    nearest_choice,
    read_boolean,
    read_number,
    read_text,
    sort_numbers,
    tidy,
    whole,
)

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
    mark = table.log.hints.decimal or _mark(sorted_ones.values())
    read = {
        entry.column.name: _numbers(table, entry, numeric[entry.column.name], sorted_ones[entry.column.name], mark)
        for entry in table.mapped
        if entry.column.numeric
    }
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
    _note_commas(table, sorted_ones)
    mixed_languages(table)
    for entry in table.mapped:
        if entry.column.numeric:
            mixed_units(table, entry.column)
            _ranges(table, entry.column)


def _cells(table: Table, name: str) -> list[str]:
    """The different cells of a column that hold something."""
    return [cell for cell in dict.fromkeys(table.raw[name]) if not is_missing(cell) and not is_formula(cell)]


def _mark(columns: Iterable[Numbers]) -> str | None:
    """The decimal separator of the file, where it says so; the more frequent one when it uses both."""
    columns = list(columns)
    comma, point = sum(len(c.with_comma) for c in columns), sum(len(c.with_point) for c in columns)
    if not comma and not point:
        return None
    return "," if comma > point else "."


def _numbers(table: Table, entry: Mapped, cells: list[str], seen: Numbers, file_mark: str | None) -> dict[str, Any]:
    """What each different cell of a column is read as."""
    column = entry.column
    own = _mark([seen])
    mark = table.log.hints.decimal or own or file_mark
    if mark is None and column.type == "integer":
        mark = "."  # only thousands make a whole number of 1,234
    unclear = [cell for cell in seen.ambiguous if "," in cell]
    if unclear and mark is None:
        example = unclear[0]
        table.log.ask(
            Question(
                "decimal",
                table.headers[column.name],
                Message(
                    N_("What does {value} in “{column}” mean?"),
                    {"value": example, "column": table.headers[column.name]},
                ),
                [
                    (
                        ",",
                        Message(N_("{reading} (the comma separates decimals)"), {"reading": example.replace(",", ".")}),
                    ),
                    (
                        ".",
                        Message(N_("{reading} (the comma separates thousands)"), {"reading": example.replace(",", "")}),
                    ),
                ],
            )
        )
        mark = ","
    if seen.with_comma and seen.with_point:
        table.log.add(
            "mixed_decimals",
            "warning",
            Message(
                N_("“{column}” uses both decimal commas and decimal points, for example {comma} and {point}."),
                {"column": table.headers[column.name], "comma": seen.with_comma[0], "point": seen.with_point[0]},
            ),
            column=table.headers[column.name],
            suggestion=Message(N_("Check that each value was read as you meant it.")),
        )
    found = {cell: read_number(cell, column, mark) for cell in cells}
    if (entry.factor, entry.offset) != (1.0, 0.0):
        for cell, value in found.items():
            if value is not BAD:
                value = tidy(value * entry.factor + entry.offset)
                found[cell] = whole(value) if column.type == "integer" else value
    return found


def _choices(table: Table, column: Column) -> None:
    words = choice_table(column)
    _apply(
        table,
        column,
        {cell: words.get(key(cell), BAD) for cell in _cells(table, column.name)},
        lambda cell: nearest_choice(cell, words),
    )


def _apply(
    table: Table, column: Column, found: dict[str, Any], nearest: Callable[[str], str | None] | None = None
) -> None:
    """Put the values in place and tell about cells that are formulas or cannot be read."""
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
            _unreadable(table, i, column, nearest)


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


def _unreadable(table: Table, i: int, column: Column, nearest: Callable[[str], str | None] | None) -> None:
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
    near = nearest(cell) if nearest else None
    suggestion = (
        Message(N_("Did you mean “{value}”?"), {"value": near})
        if near
        else Message(N_("Correct the cell in your file, or leave it out."))
    )
    if table.log.add(
        code,
        "error",
        Message(text, params),
        row=line,
        column=header,
        value=cell,
        choices=[LEAVE_OUT],
        suggestion=suggestion,
    ):
        table.leave_out(i, name, code)


def _note_commas(table: Table, seen: dict[str, Numbers]) -> None:
    for name, numbers in seen.items():
        if not numbers.with_comma:
            continue
        commas = set(numbers.with_comma)
        count = sum(1 for cell in table.raw[name] if cell in commas)
        example = numbers.with_comma[0]
        value = next((v for c, v in zip(table.raw[name], table.values[name], strict=True) if c == example), None)
        table.log.add(
            "decimal_comma",
            "note",
            Message(
                N_("Values in “{column}” with a decimal comma: {count}. For example {value} was read as {reading}."),
                {"column": table.headers[name], "count": count, "value": example, "reading": plain(value)},
            ),
            column=table.headers[name],
            count=count,
        )
    for name, numbers in seen.items():
        if numbers.grouped:
            example = numbers.grouped[0]
            value = next((v for c, v in zip(table.raw[name], table.values[name], strict=True) if c == example), None)
            table.log.add(
                "thousands",
                "note",
                Message(
                    N_("Numbers in “{column}” with separated thousands: {value} was read as {reading}."),
                    {"column": table.headers[name], "value": example, "reading": plain(value)},
                ),
                column=table.headers[name],
                count=len(numbers.grouped),
            )


def plain(value: Any) -> str:
    """A number as in the published CSV."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    return "" if value is None else str(value)


def _ranges(table: Table, column: Column) -> None:
    """Impossible values ask for a decision, unusual ones are noted once per column."""
    values = table.values[column.name]
    numbers = {value for value in values if value is not None}
    low, high = column.minimum, column.maximum
    wrong = {v for v in numbers if (low is not None and v < low) or (high is not None and v > high)}
    usual_low, usual_high = column.typical_minimum, column.typical_maximum
    odd = {
        v
        for v in numbers - wrong
        if (usual_low is not None and v < usual_low) or (usual_high is not None and v > usual_high)
    }
    if wrong:
        for i, value in enumerate(values):
            if value in wrong:
                _impossible(table, i, column)
    if odd:
        _unusual(table, column, [i for i, value in enumerate(values) if value in odd])


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
    for i in rows:
        table.flag(i, SUSPECT)
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
