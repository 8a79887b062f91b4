"""Excel workbooks (.xlsx, .xlsm) → lines of cells as a person sees them: dates as dates, percent as percent. Pure."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from posixpath import join, normpath

from .source import MAX_COLUMNS, too_many_columns
from .xmlrows import broken, number, stream

MAX_SHARED = 48 * 1024 * 1024  # unpacked bytes of the table of texts, which is held in memory
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
# What every workbook knows without saying it: ECMA-376 part 1, 18.8.30.
_DATE, _CLOCK, _BOTH, _PERCENT = "date", "clock", "both", "percent"
_BUILTIN = {
    9: _PERCENT, 10: _PERCENT, **dict.fromkeys(range(14, 18), _DATE), **dict.fromkeys(range(18, 22), _CLOCK), 22: _BOTH,
    **dict.fromkeys(range(27, 32), _DATE), 32: _CLOCK, 33: _CLOCK, 34: _CLOCK, 35: _CLOCK, 36: _DATE,
    45: _CLOCK, 46: _CLOCK, 47: _CLOCK, **dict.fromkeys(range(50, 59), _DATE),
}  # fmt: skip
_NO_SIGNS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]')


@dataclass
class Workbook:
    """What all sheets share."""

    archive: zipfile.ZipFile
    sheets: list[tuple[str, str]] = field(default_factory=list)  # name, part
    texts: list[str] = field(default_factory=list)
    styles: list[str | None] = field(default_factory=list)
    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001  a wall clock


def open_workbook(archive: zipfile.ZipFile) -> Workbook:
    book = Workbook(archive)
    names = set(archive.namelist())
    parts = {key: normpath(join("xl", target)).lstrip("/") for key, target in _relations(archive, names).items()}
    for item in stream(archive, "xl/workbook.xml", _Attributes({"sheet", "workbookPr"})):
        name, attributes = item
        if name == "workbookPr":
            if attributes.get("date1904") in ("1", "true"):
                book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001
        elif attributes.get("state", "visible") == "visible" and parts.get(attributes.get("id", "")) in names:
            book.sheets.append((attributes.get("name", ""), parts[attributes["id"]]))
    if "xl/sharedStrings.xml" in names:
        if archive.getinfo("xl/sharedStrings.xml").file_size > MAX_SHARED:
            raise broken()
        book.texts = list(stream(archive, "xl/sharedStrings.xml", _Texts()))
    if "xl/styles.xml" in names:
        book.styles = _styles(archive)
    return book


def rows(book: Workbook, sheet: int, calculated: Counter[int]) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of a sheet; ``calculated`` counts cells that a formula filled."""
    return stream(book.archive, book.sheets[sheet][1], _Rows(book, calculated))


def _relations(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    if "xl/_rels/workbook.xml.rels" not in names or "xl/workbook.xml" not in names:
        raise broken()
    found = stream(archive, "xl/_rels/workbook.xml.rels", _Attributes({"Relationship"}))
    return {attributes.get("Id", ""): attributes.get("Target", "") for _name, attributes in found}


def _styles(archive: zipfile.ZipFile) -> list[str | None]:
    """What each cell style shows a number as: a date, a time of day, both, percent or (None) a number."""
    formats: dict[int, str | None] = dict(_BUILTIN)
    styles: list[str | None] = []
    handler = _Attributes({"numFmt", "xf"}, inside="cellXfs", anywhere={"numFmt"})
    for name, attributes in stream(archive, "xl/styles.xml", handler):
        if name == "numFmt":
            formats[int(attributes.get("numFmtId", "0"))] = kind_of(attributes.get("formatCode", ""))
        else:
            styles.append(formats.get(int(attributes.get("numFmtId", "0"))))
    return styles


def kind_of(code: str) -> str | None:
    """What a number format shows."""
    if len(code) > 300:  # noqa: PLR2004
        return None
    bare = _NO_SIGNS.sub("", code.split(";")[0]).lower()
    if bare in ("general", "standard", "@") or not bare:
        return None
    day = "y" in bare or "d" in bare
    clock = "h" in bare or "s" in bare
    if not day and not clock:
        return _PERCENT if "%" in bare else _DATE if "m" in bare and "0" not in bare and "#" not in bare else None
    return _BOTH if day and clock else _DATE if day else _CLOCK


def moment(serial: float, kind: str, epoch: datetime) -> str | None:
    """A day count as text: what the cell shows, never more. None when it is no possible day."""
    if not 0 <= serial < 2_958_466:  # noqa: PLR2004  the last day Excel knows, 9999-12-31
        return None
    if epoch.year < 1900 and 1 <= serial < 60:  # noqa: PLR2004  Excel's calendar has a 29 February 1900
        serial += 1
    milliseconds = round(serial * 86_400_000)
    if milliseconds % 1000 in (1, 2, 3, 997, 998, 999):  # day fractions are no exact seconds
        milliseconds = round(milliseconds / 1000) * 1000
    if kind == _CLOCK and serial < 1:
        return f"{datetime(2000, 1, 1) + timedelta(milliseconds=milliseconds):%H:%M:%S}"  # noqa: DTZ001
    if kind == _CLOCK and serial < 366:  # noqa: PLR2004  hours that were counted, not a time of day
        return number(serial)
    at = epoch + timedelta(milliseconds=milliseconds)
    if kind == _DATE and milliseconds % 86_400_000 == 0:
        return f"{at:%Y-%m-%d}"
    rest = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{rest}"


class _Attributes:
    """Collects (name, attributes) of some elements, within one element where that is named."""

    def __init__(self, wanted: set[str], inside: str | None = None, anywhere: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.ready: list[tuple[str, dict[str, str]]] = []
        self._wanted, self._inside, self._anywhere = wanted, inside, anywhere
        self._open = inside is None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._inside:
            self._open = True
        elif name in self._wanted and (self._open or name in self._anywhere):
            self.ready.append((name, attributes))

    def end(self, name: str) -> None:
        if name == self._inside:
            self._open = False

    def text(self, data: str) -> None:
        pass


class _Texts:
    """The table of texts; how a word is to be pronounced (``rPh``) is no part of it."""

    def __init__(self) -> None:
        self.ready: list[str] = []
        self._parts: list[str] = []
        self._reading = self._spoken = False

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._spoken = True
        elif name == "t":
            self._reading = not self._spoken

    def end(self, name: str) -> None:
        if name == "si":
            self.ready.append("".join(self._parts))
        elif name == "rPh":
            self._spoken = False
        elif name == "t":
            self._reading = False

    def text(self, data: str) -> None:
        if self._reading:
            self._parts.append(data)


class _Rows:
    """The rows of a sheet."""

    def __init__(self, book: Workbook, calculated: Counter[int]) -> None:
        self.ready: list[tuple[int, list[str]]] = []
        self._book, self._calculated = book, calculated
        self._row = 0
        self._cells: list[str] = []
        self._column = -1
        self._kind, self._style = "n", 0
        self._part = ""
        self._value: list[str] = []
        self._formula: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._place(attributes.get("r"))
            self._kind = attributes.get("t", "n")
            style = attributes.get("s", "0")
            self._style = int(style) if style.isdecimal() else 0
            self._value, self._formula = [], None
        elif name == "row":
            given = attributes.get("r", "")
            self._row = int(given) if given.isdecimal() and int(given) > self._row else self._row + 1
            self._cells, self._column = [], -1
        elif name == "f":
            self._part, self._formula = name, []
        elif name in ("v", "t"):
            self._part = name

    def end(self, name: str) -> None:
        if name == "c":
            self._put(self._shown())
        elif name == "row":
            if self._cells:
                self.ready.append((self._row, self._cells))
        elif name in ("v", "t", "f"):
            self._part = ""

    def text(self, data: str) -> None:
        if self._part == "f" and self._formula is not None:
            self._formula.append(data)
        elif self._part:
            self._value.append(data)

    def _place(self, reference: str | None) -> None:
        found = _REFERENCE.fullmatch(reference) if reference else None
        if found is None:
            self._column += 1
            return
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - 64
        self._column = column - 1

    def _shown(self) -> str:
        raw = "".join(self._value)
        if self._formula is not None:
            if not raw:
                return "=" + "".join(self._formula)
            self._calculated[self._column] += 1
        if self._kind == "s":
            place = int(raw) if raw.isdecimal() else -1
            return self._book.texts[place] if 0 <= place < len(self._book.texts) else ""
        if self._kind == "b":
            return {"1": "true", "0": "false"}.get(raw, raw)
        return self._number(raw) if self._kind == "n" and raw else raw

    def _number(self, raw: str) -> str:
        try:
            value = float(raw)
        except ValueError:
            return raw
        styles = self._book.styles
        kind = styles[self._style] if self._style < len(styles) else None
        if kind == _PERCENT:
            return number(round(value * 100, 9)) + "%"
        return (moment(value, kind, self._book.epoch) if kind else None) or number(value)

    def _put(self, shown: str) -> None:
        if shown == "":
            return
        if self._column >= MAX_COLUMNS:
            raise too_many_columns(self._column + 1, self._row)
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = shown
