"""What commas and points mean in the numbers of a column: where the file does not say it, a person is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..messages import N_, Message
from .findings import Question
from .headers import Mapped
from .table import Table
from .values import BAD, Numbers, plain, read_number, tidy

_OTHER = {",": ".", ".": ","}
_MEANINGS = {
    ",": (N_("{reading} (the comma separates decimals)"), N_("{reading} (the comma separates thousands)")),
    ".": (N_("{reading} (the point separates decimals)"), N_("{reading} (the point separates thousands)")),
}


def mark_of(columns: Iterable[Numbers]) -> str | None:
    """The decimal separator of the file, where it says so; the more frequent one when it uses both."""
    columns = list(columns)
    comma, point = sum(len(c.with_comma) for c in columns), sum(len(c.with_point) for c in columns)
    if not comma and not point:
        return None
    return "," if comma > point else "."


def settle(table: Table, entry: Mapped, seen: Numbers, file_mark: str | None) -> tuple[str | None, bool]:
    """The decimal separator of one column, and whether it had to be asked.

    1,234 and 1.234 say nothing by themselves: what other numbers say, and which of the two readings can be meant,
    decides; where these disagree, a person is asked.
    """
    own, answer = mark_of([seen]), table.log.hints.decimal
    both = bool(seen.with_comma and seen.with_point)
    asked = None
    if own and not (both and answer):
        mark = own
    elif answer:
        mark = answer
    else:
        asked = _unclear(table, entry, seen, file_mark)
        mark = "." if entry.column.type == "integer" and file_mark is None else file_mark
    if asked:
        return asked, True
    for cell in seen.ambiguous:
        written = "," if "," in cell else "."
        if mark and written != mark:
            seen.grouped.append(cell)
        elif written == ",":
            seen.with_comma.append(cell)
    return mark, False


def _unclear(table: Table, entry: Mapped, seen: Numbers, file_mark: str | None) -> str | None:
    """Ask about such numbers where it is not plain what they mean; the comma or point that was asked about."""
    if entry.column.type == "integer" and file_mark is None:
        return None  # only thousands make a whole number of 1,234
    for written in (",", "."):
        cells = [cell for cell in seen.ambiguous if written in cell]
        if not cells:
            continue
        evidence = file_mark or ("." if table.separator == "," and written == "." else None)
        small, large = _readings(entry, cells, written), _readings(entry, cells, _OTHER[written])
        only_large = _usual(entry, large) and not _usual(entry, small)
        if evidence is None:
            unclear = written == "," or _possible(entry, large)
        else:
            unclear = only_large if evidence == written else not only_large
        if unclear:
            _ask(table, entry, cells[0], written, large=only_large)
            return written
    return None


def _readings(entry: Mapped, cells: list[str], mark: str) -> list[float]:
    read = (read_number(cell, entry.column, mark) for cell in cells)
    return [tidy(value * entry.factor + entry.offset) for value in read if value is not BAD]


def _usual(entry: Mapped, values: list[float]) -> bool:
    """Whether most values are where this quantity usually is."""
    column = entry.column
    low = column.typical_minimum if column.typical_minimum is not None else column.minimum
    high = column.typical_maximum if column.typical_maximum is not None else column.maximum
    return 2 * sum(_between(value, low, high) for value in values) > len(values)


def _possible(entry: Mapped, values: list[float]) -> bool:
    return all(_between(value, entry.column.minimum, entry.column.maximum) for value in values)


def _between(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _ask(table: Table, entry: Mapped, example: str, written: str, *, large: bool) -> None:
    header, other = table.headers[entry.column.name], _OTHER[written]
    decimals, thousands = _MEANINGS[written]
    choices = [
        (written, Message(decimals, {"reading": example.replace(",", ".")})),
        (other, Message(thousands, {"reading": example.replace(written, "")})),
    ]
    text = Message(N_("What does {value} in “{column}” mean?"), {"value": example, "column": header})
    table.log.ask(Question("decimal", header, text, sorted(choices), other if large else None))


def note_mixed(table: Table, entry: Mapped, seen: Numbers) -> None:
    if not (seen.with_comma and seen.with_point):
        return
    header = table.headers[entry.column.name]
    text = N_("“{column}” uses both decimal commas and decimal points, for example {comma} and {point}.")
    table.log.add(
        "mixed_decimals",
        "warning",
        Message(text, {"column": header, "comma": seen.with_comma[0], "point": seen.with_point[0]}),
        column=header,
        suggestion=Message(N_("Check that each value was read as you meant it.")),
    )


def note_commas(table: Table, seen: dict[str, Numbers]) -> None:
    """How the numbers were read that are written in another way than they are published."""
    for name, numbers in seen.items():
        if numbers.with_comma and not numbers.with_point:  # else told as mixed
            commas = set(numbers.with_comma)
            count = sum(1 for cell in table.raw[name] if cell in commas)
            text = N_("Values in “{column}” with a decimal comma: {count}. For example {value} was read as {reading}.")
            _note(table, name, "decimal_comma", text, numbers.with_comma[0], count)
    for name, numbers in seen.items():
        if numbers.grouped:
            text = N_("Numbers in “{column}” with separated thousands: {value} was read as {reading}.")
            _note(table, name, "thousands", text, numbers.grouped[0], len(set(numbers.grouped)))


def _note(table: Table, name: str, code: str, text: str, example: str, count: int) -> None:
    column = next(entry.column for entry in table.mapped if entry.column.name == name)
    # In the unit of the file: 68,9 °F was read as 68.9, and that it became 20.5 °C is told elsewhere.
    mark = "," if code == "decimal_comma" or "," not in example else "."
    value = read_number(example, column, mark)
    params: dict[str, Any] = {
        "column": table.headers[name],
        "count": count,
        "value": example,
        "reading": "" if value is BAD else plain(value),
    }
    table.log.add(code, "note", Message(text, params), column=table.headers[name], count=count)
