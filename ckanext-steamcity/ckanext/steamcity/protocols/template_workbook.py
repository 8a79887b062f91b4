"""The empty table of a protocol as a spreadsheet file: header, examples, explanations, lists to choose from. Pure.

XlsxWriter writes the same bytes for the same template.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from ..messages import N_
from . import units
from .model import Column, Protocol, words
from .tableschema import YES_NO, example_rows, header, spoken_value

Say = Callable[[str], str]
_ROWS = 2000  # rows below the header that offer lists and check limits
# Excel takes no longer title and no longer text.
_TITLE, _TEXT = 32, 255
_NO_DATE = datetime(2026, 1, 1)  # noqa: DTZ001  the file says no hour of its making, so that it is the same every time


def workbook(protocol: Protocol, language: str = "en", say: Say = N_) -> bytes:
    """``say`` translates the words around the template."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": protocol.title(language), "company": "SteamCity Open Data", "created": _NO_DATE})
    styles = {
        "header": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8F1F6", "bottom": 1}
        ),
        "needed": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#CFE3EF", "bottom": 1}
        ),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    table = book.add_worksheet(say(N_("Data"))[:31])
    explained = book.add_worksheet(say(N_("Explanations"))[:31])
    lists = book.add_worksheet(say(N_("Lists"))[:31])
    _explain(explained, protocol, language, say, styles)
    for index, column in enumerate(protocol.columns):
        _column(table, index, column, language, styles)
        _limit(table, lists, index, column, language, say)
    table.freeze_panes(1, 0)
    lists.hide()
    book.close()
    return out.getvalue()


def _column(sheet: Worksheet, index: int, column: Column, language: str, styles: dict[str, Format]) -> None:
    title = header(column, language)
    cells = styles.get(column.type)
    sheet.set_column(index, index, max(12, min(28, len(title) + 2)), cells)
    sheet.write_string(0, index, title, styles["needed" if column.required else "header"])
    for i, value in enumerate(column.examples):
        _write(sheet, i + 1, index, column, spoken_value(column, value, language), cells)


def _write(sheet: Worksheet, row: int, index: int, column: Column, value: Any, cells: Format | None) -> None:
    if value is None:
        return
    if column.type == "datetime":
        # A spreadsheet knows no time zone: the clock is asked when the file is handed in.
        moment = datetime.fromisoformat(str(value)).astimezone(UTC).replace(tzinfo=None)
        sheet.write_datetime(row, index, moment, cells)
    elif column.type == "date":
        sheet.write_datetime(row, index, datetime.fromisoformat(str(value)[:10]), cells)
    elif isinstance(value, int | float):
        sheet.write_number(row, index, value)
    else:
        sheet.write_string(row, index, str(value))


def _limit(sheet: Worksheet, lists: Worksheet, index: int, column: Column, language: str, say: Say) -> None:
    """What a cell may hold: a list to choose from, or a number within what is possible (a warning, not a wall)."""
    options = [words(choice.titles, language) for choice in column.choices]
    if column.type == "boolean":
        options = list(YES_NO[language])
    rule: dict[str, Any]
    if options:
        lists.write_column(0, index, options)
        letter = xl_col_to_name(index)
        name = str(lists.get_name()).replace("'", "''")
        rule = {"validate": "list", "source": f"='{name}'!${letter}$1:${letter}${len(options)}"}
    elif column.numeric and column.minimum is not None and column.maximum is not None:
        kind = "integer" if column.type == "integer" else "decimal"
        rule = {"validate": kind, "criteria": "between", "minimum": column.minimum, "maximum": column.maximum}
    else:
        rule = {"validate": "any"}
    description = words(column.descriptions, language)
    rule |= {
        "input_title": words(column.titles, language)[:_TITLE],
        "input_message": description if len(description) <= _TEXT else description[: _TEXT - 1] + "…",
        "error_type": "warning",
        "error_title": say(N_("Please look again"))[:_TITLE],
        "error_message": say(N_("This value is not one the table expects. See the sheet with the explanations."))[
            :_TEXT
        ],
    }
    sheet.data_validation(1, index, _ROWS, index, rule)


def _explain(sheet: Worksheet, protocol: Protocol, language: str, say: Say, styles: dict[str, Format]) -> None:
    sheet.write_string(0, 0, protocol.title(language), styles["title"])
    sheet.write_string(1, 0, words(protocol.summary, language))
    hint = N_("Write into the first sheet, below its header. The rows there are examples: delete them.")
    sheet.write_string(2, 0, say(hint))
    titles = (
        N_("Column"),
        N_("Unit"),
        N_("Needed"),
        N_("What it says"),
        N_("You can choose"),
        N_("Lowest"),
        N_("Highest"),
    )
    for index, title in enumerate(titles):
        sheet.write_string(4, index, say(title), styles["header"])
    for row, column in enumerate(protocol.columns, 5):
        options = [words(choice.titles, language) for choice in column.choices]
        yes, no = YES_NO[language]
        if column.type == "boolean":
            options = [yes, no]
        cells = (
            words(column.titles, language), units.symbol(column.unit), yes if column.required else no,
            words(column.descriptions, language), ", ".join(options),
            column.minimum, column.maximum,
        )  # fmt: skip
        for index, value in enumerate(cells):
            if isinstance(value, int | float):
                sheet.write_number(row, index, value, styles["text"])
            elif value is not None:
                sheet.write_string(row, index, value, styles["text"])
    last = 6 + len(protocol.columns)
    if example_rows(protocol):
        sheet.write_string(last, 0, say(N_("No names of people, no addresses, no telephone numbers in any cell.")))
    for index, width in enumerate((26, 10, 10, 60, 50, 10, 10)):
        sheet.set_column(index, index, width)
