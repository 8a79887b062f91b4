"""OpenDocument spreadsheets (.ods) → lines of cells as a person sees them. Pure."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator

from ..messages import N_
from .source import MAX_COLUMNS, ONE_PER_LINE, Refused, too_many_columns
from .xmlrows import number, stream

_TABLE = re.compile(rb"<(?:\w+:)?table[\s>]")
_DURATION = re.compile(r"PT(\d{1,4})H(\d{1,2})M(\d{1,2})(?:[.,]\d{1,9})?S")
_CHUNK = 1024 * 1024
# A spreadsheet writes equal neighbours once, with a number. No class repeats so many in all; a file that says so was
# made to hurt, and is refused before it is unpacked.
_REPEATED_ROWS = 10_000
_REPEATED_CELLS = 2_000_000


def sheets(archive: zipfile.ZipFile) -> int:
    """How many sheets there are, without reading them."""
    count, tail = 0, b""
    with archive.open("content.xml") as file:
        while chunk := file.read(_CHUNK):
            both = tail + chunk
            cut = len(both) - 64
            count += sum(1 for found in _TABLE.finditer(both) if found.start() < cut or len(chunk) < _CHUNK)
            tail = both[cut:] if cut > 0 else both
    return count


def rows(archive: zipfile.ZipFile, calculated: Counter[int]) -> Iterator[tuple[int, str, int, list[str]]]:
    """(sheet number from 0, its name, row number, cells) of all sheets, in order."""
    return stream(archive, "content.xml", _Rows(calculated))


class _Rows:
    def __init__(self, calculated: Counter[int]) -> None:
        self.ready: list[tuple[int, str, int, list[str]]] = []
        self._calculated = calculated
        self._sheet, self._name, self._depth = -1, "", 0
        self._row = 0
        self._cells: list[str] = []
        self._column = 0
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._times = 1
        self._rows_again = self._cells_again = 0
        self._in_cell = self._in_note = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self._attributes, self._text, self._in_cell = attributes, [], True
        elif name == "p":
            if self._text:
                self._text.append(" ")
        elif name == "s" and self._in_cell:
            self._text.append(" ")
        elif name == "annotation":
            self._in_note = True
        elif name == "table-row":
            self._cells, self._column = [], 0
            self._times = _count(attributes.get("number-rows-repeated"))
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self._sheet, self._name, self._row = self._sheet + 1, attributes.get("name", ""), 0

    def end(self, name: str) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self._put()
            self._in_cell = False
        elif name == "annotation":
            self._in_note = False
        elif name == "table-row":
            self._finish()
        elif name == "table":
            self._depth -= 1

    def text(self, data: str) -> None:
        if self._in_cell and not self._in_note:
            self._text.append(data)

    def _finish(self) -> None:
        if self._cells:
            self._rows_again += self._times - 1
            self._cells_again += (self._times - 1) * len(self._cells)
            if self._rows_again > _REPEATED_ROWS:
                raise self._repeated(self._rows_again, N_("Up to line {row}, lines are repeated {count} times."))
            self._within_bounds()
            for ahead in range(self._times):
                self.ready.append((self._sheet, self._name, self._row + 1 + ahead, list(self._cells)))
        self._row += self._times

    def _within_bounds(self) -> None:
        if self._cells_again > _REPEATED_CELLS:
            text = N_("Up to line {row}, cells are repeated {count} times.")
            raise self._repeated(self._cells_again, text)

    def _repeated(self, count: int, text: str) -> Refused:
        row = self._row + 1
        return Refused("too_many_rows", text, ONE_PER_LINE, row, row=row, count=count)

    def _put(self) -> None:
        shown, times = self._shown(), _count(self._attributes.get("number-columns-repeated"))
        if shown != "":
            if self._column + times > MAX_COLUMNS:
                raise too_many_columns(self._column + times, self._row + 1)
            self._cells_again += times - 1
            self._within_bounds()
            self._cells.extend([""] * (self._column - len(self._cells)))
            self._cells.extend([shown] * times)
        self._column += times

    def _shown(self) -> str:
        attributes = self._attributes
        kind = attributes.get("value-type")
        if attributes.get("formula"):
            if kind is None:
                return "=" + attributes["formula"].partition("=")[2]
            self._calculated[self._column] += 1
        if kind in ("float", "currency", "percentage"):
            return _number(attributes.get("value", ""), kind)
        if kind == "date":
            return attributes.get("date-value", "")
        if kind == "time":
            found = _DURATION.fullmatch(attributes.get("time-value", ""))
            return f"{int(found[1]):02d}:{int(found[2]):02d}:{int(found[3]):02d}" if found else "".join(self._text)
        if kind == "boolean":
            return attributes.get("boolean-value", "")
        return "".join(self._text)


def _number(raw: str, kind: str) -> str:
    try:
        value = float(raw)
    except ValueError:
        return raw
    return number(round(value * 100, 9)) + "%" if kind == "percentage" else number(value)


def _count(written: str | None) -> int:
    """How often something is repeated; a sheet has no more than 2²⁰ rows."""
    return min(int(written), 2**20) if written and written.isdecimal() and len(written) < 9 else 1  # noqa: PLR2004
