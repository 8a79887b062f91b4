"""What a file is read as: lines of cells, whatever it was written in; and the limits of all of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..messages import N_, Message

BOOKS = ("xlsx", "ods")  # kinds that have sheets
MAX_BYTES = 50 * 1024 * 1024
MAX_COLUMNS = 200
MAX_ROWS = 2_000_000
MAX_BLANK = 100_000  # lines, beside two for each that is not
SAMPLE_LINES = 60
SAVE_AS_CSV = N_("Open it in the program it comes from and save it as CSV, then upload the CSV file.")
ONE_PER_LINE = N_("Check that the file has one measurement per line.")


class Refused(Exception):  # noqa: N818  it is the answer, not a fault of ours
    """The file cannot be read as a table; carries the one finding that says why."""

    def __init__(
        self, code: str, text: str, suggestion: str | None = None, line: int | None = None, /, **params: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.row = line
        self.message = Message(text, params)
        self.suggestion = Message(suggestion) if suggestion else None


@dataclass
class Source:
    """A readable file: where its table begins and what its rows are. ``kind``: csv, xlsx, ods, html, microbit, json.

    ``sheets`` are the names of a workbook's sheets, ``sheet`` the number of the one that is read, from 1.
    ``header_rows``: the lines of a header that has more than its names, as they are written.
    ``calculated`` counts by column the cells whose value a formula gave.
    """

    kind: str = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    header_line: int = 0
    headers: list[str] = field(default_factory=list)
    header_rows: list[list[str]] = field(default_factory=list)
    separator_line: bool = False
    sheets: list[str] = field(default_factory=list)
    sheet: int = 1
    calculated: Counter[int] = field(default_factory=Counter)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of every line, from the first; may be asked for again."""
        raise NotImplementedError

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of every row after the header that is not blank."""
        self.calculated.clear()
        for line, cells in _filled_lines(self.cells()):
            if line > self.header_line:
                yield line, cells


@dataclass
class Grid(Source):
    """Lines that are in memory already: of files that cannot be long."""

    lines: list[list[str]] = field(default_factory=list)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        return iter(enumerate(self.lines, 1))


def too_many_columns(columns: int, line: int | None = None) -> Refused:
    return Refused(
        "too_many_columns",
        N_("The file has {columns} columns; more than {maximum} cannot be a table of measurements."),
        ONE_PER_LINE,
        line,
        columns=columns,
        maximum=MAX_COLUMNS,
    )


def _filled_lines(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Without blank lines. A file of millions of them would keep a check busy, at every look at it."""
    most = MAX_BLANK
    blank = 0
    for line, cells in lines:
        if any(cells) and (cells[0].strip() or any(cell.strip() for cell in cells)):
            most += 2  # a file may be written with a blank line after each
            yield line, cells
        elif (blank := blank + 1) > most:
            raise Refused(
                "no_rows",
                N_("Before line {row} there are more than {maximum} blank lines."),
                N_("Delete the blank lines, and upload the file again."),
                line,
                row=line,
                maximum=MAX_BLANK,
            )


def _narrow(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for line, cells in lines:
        if len(cells) > MAX_COLUMNS:
            raise too_many_columns(len(cells), line)
        yield line, cells


def sample(source: Source) -> list[tuple[int, list[str]]]:
    """The first lines that are not blank."""
    found: list[tuple[int, list[str]]] = []
    for line, cells in _filled_lines(_narrow(source.cells())):
        found.append((line, cells))
        if len(found) >= SAMPLE_LINES:
            break
    return found


def filled(source: Source) -> set[int]:
    """Columns that hold something in the first rows after the header."""
    return {
        index
        for line, cells in sample(source)
        if line > source.header_line
        for index, cell in enumerate(cells)
        if cell.strip()
    }
