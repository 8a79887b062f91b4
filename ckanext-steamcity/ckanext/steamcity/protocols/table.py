"""The file in memory while it is checked: columns of cells and values, a flag per row, what was left out. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from ..messages import N_, Message, counted, n_
from .findings import LEAVE_OUT, Log
from .headers import Mapped, key
from .model import FAIL, GOOD, MISSING, WORSE, Column, Protocol
from .source import BOOKS, MAX_ROWS, Refused, Source
from .unreadable import Watch
from .values import is_missing

_SHARED = 50_000
_CHUNK = 2_000
_MOST_REMARKS = 1_000
_MOST_BESIDE = 5_000


class Table:
    """Rows by column.

    Values are typed once their column is converted; ``None`` is missing. Times are ms since 1970 UTC.
    """

    def __init__(self, protocol: Protocol, mapped: list[Mapped], log: Log) -> None:
        self.protocol = protocol
        self.mapped = mapped
        self.log = log
        self.lines = array("L")
        self.raw: dict[str, list[str]] = {entry.column.name: [] for entry in mapped}
        self.values: dict[str, list[Any]] = {}
        self.flags = bytearray()
        self.dropped = bytearray()
        self.apart: set[int] = set()  # rows with a wrong clock or in the wrong columns, undecided: no test looks twice
        self.told: dict[str, set[int]] = {}  # rows of a column whose value a finding speaks of already
        self.remarks: list[tuple[int, str]] = []  # lines that are no rows, and what they say
        self.rhythms: list[float] = []  # minutes from row to row, of each group with another plan than the protocol's
        self.beside: list[list[str]] = []  # cells to the right of the columns that have names
        self.headers: dict[str, str] = {}
        self.header_line = 0
        self.separator = ""  # between the columns, of a text file
        self._labels = {column.name for column in self.columns if not column.required and not column.numeric}

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def columns(self) -> list[Column]:
        return [entry.column for entry in self.mapped]

    def kept(self) -> Iterator[int]:
        """Indexes of the rows that are still in."""
        return (i for i, out in enumerate(self.dropped) if not out)

    def flag(self, i: int, code: int) -> None:
        if WORSE[code] > WORSE[self.flags[i]]:
            self.flags[i] = code

    def leave_out(self, i: int, name: str, code: str) -> None:
        """Take one cell out of the published table; the measured one stays among the repairs."""
        self.log.repair(self.lines[i], name, self.raw[name][i], None, code)
        self.empty(i, name)

    def empty(self, i: int, name: str) -> None:
        """Publish a row without one of its values. A label that need not be there says nothing of the measurement."""
        self.values[name][i] = None
        if name not in self._labels:
            self.flag(i, FAIL)

    def drop(self, i: int, name: str, code: str) -> None:
        """Take a whole row out of the published table; each of its cells stays among the repairs."""
        if self.dropped[i]:
            return
        self.dropped[i] = 1
        for column, cells in self.raw.items():
            if cells[i]:
                self.log.repair(self.lines[i], column, cells[i], None, code)

    def set_apart(self, rows: list[int], name: str, code: str, message: Message, suggestion: Message) -> None:
        """Rows with a wrong time, told once at the first of them: out of the table when a person says so, and no other
        test looks at them."""
        choice = self.log.add(
            code,
            "error",
            message,
            row=self.lines[rows[0]],
            column=self.headers[name],
            value=self.raw[name][rows[0]],
            count=len(rows),
            choices=[LEAVE_OUT],
            suggestion=suggestion,
        )
        if choice == LEAVE_OUT:
            for i in rows:
                self.drop(i, name, code)
        self.apart.update(rows)


def fill(
    table: Table,
    source: Source,
    flag_index: int | None,
    most: int | None = None,
    summaries: Callable[[Table], set[int]] | None = None,
) -> None:
    """Read all rows, or no more than `most`. Rows with too many cells, repeated headers and short rows are told;
    `summaries` says in which lines totals stand, of which nothing is told."""
    takes = [(table.raw[entry.column.name], entry.index, entry.extra) for entry in table.mapped]
    same: dict[str, str] = {}  # equal cells share one string: a million rows fit; times are all different
    told = _Lines(table, source, takes)
    watch = Watch(table.mapped)
    read = islice(source.rows(), most)
    while part := list(islice(read, _CHUNK)):  # column by column is faster than row by row
        lines: list[int] = []
        rows: list[list[str]] = []
        for line, cells in part:
            row = told.row(line, cells)
            if row is not None:
                lines.append(line)
                rows.append(row)
        if len(table.lines) + len(lines) + len(told.nothing) > MAX_ROWS:
            text = N_("The file has more than {maximum} rows.")
            raise Refused("too_many_rows", text, N_("Split it by month, or measure less often."), maximum=MAX_ROWS)
        table.lines.extend(lines)
        table.flags.extend([_flag_of(cells, flag_index) for cells in rows])
        _take(rows, takes, same)
        if len(told.long) * 2 <= len(table.lines):  # else values stand under wrong names, and that is what is told
            watch.look(table.raw, table.lines)
    _describe(table, source)
    left_out = (summaries(table) if summaries else set()).union(told.nothing)
    short = [line for line in told.short if line not in left_out]
    _tell(table, told.long, short, told.headers, len(source.headers))
    _note_left_out(table, told.nothing)


class _Lines:
    """Lines of a file, one after the other: which are rows, and which have something that is told."""

    def __init__(self, table: Table, source: Source, takes: list[tuple[list[str], int, int | None]]) -> None:
        headers = source.header_rows or [source.headers]
        self._repeated = [[key(header) for header in one] for one in headers]
        self._firsts = {one[0] for one in headers if one}
        self._needed = max((max(index, extra or 0) for _cells, index, extra in takes), default=0) + 1
        self._first = takes[0][1] if takes else None
        self._book = source.kind in BOOKS  # a spreadsheet does not write empty cells at the end
        self._names, self._width, self._takes, self._remarks = source.headers, len(source.headers), takes, table.remarks
        self._beside = table.beside
        self.long: list[int] = []
        self.short: list[int] = []
        self.headers: list[int] = []
        self.nothing = array("L")

    def row(self, line: int, cells: list[str]) -> list[str] | None:
        """The cells of a row; None where the line is none."""
        if cells[0][:1] == "#" and len(self._remarks) < _MOST_REMARKS and _is_remark(cells, self._names):
            self._remarks.append((line, " ".join(cells)))
            return None
        if len(cells) != self._width:
            if len(cells) > self._width and any(cells[self._width :]):
                self.long.append(line)
                if len(self._beside) < _MOST_BESIDE:
                    self._beside.append(cells[self._width :])
            elif len(cells) < self._needed:
                if not self._book:
                    self.short.append(line)
                cells = cells + [""] * (self._needed - len(cells))
        if self._first is not None and not cells[self._first].strip() and not _holds_something(cells, self._takes):
            self.nothing.append(line)
            return None
        if cells[0] in self._firsts and [key(cell) for cell in cells[: self._width]] in self._repeated:
            self.headers.append(line)
            return None
        return cells


def _is_remark(cells: list[str], headers: list[str]) -> bool:
    """A line of words that begins with #, as programs write: no row that somebody took out with one."""
    if is_missing(cells[0].strip()) or headers[0][:1] == "#":
        return False
    return not any(cell.strip() for cell in cells[1:]) or len(cells) < len(headers)


def _holds_something(cells: list[str], takes: list[tuple[list[str], int, int | None]]) -> bool:
    return any(cells[index].strip() or (extra is not None and cells[extra].strip()) for _cells, index, extra in takes)


def _note_left_out(table: Table, nothing: Sequence[int]) -> None:
    """Lines that are no rows: remarks, and rows that were only numbered."""
    if table.remarks:
        forms = n_(
            "Line {row} holds a remark, no measurement. It was left out.",
            "Lines with a remark and no measurement: {count}, the first is line {row}. They were left out.",
        )
        params = {"row": table.remarks[0][0], "count": len(table.remarks)}
        table.log.add("remark", "note", counted(forms, params), row=params["row"], count=params["count"])
    if nothing:
        forms = n_(
            "Line {row} has nothing in the columns of this protocol. It was left out.",
            "Lines with nothing in the columns of this protocol: {count}, the first is line {row}. They were left out.",
        )
        params = {"row": nothing[0], "count": len(nothing)}
        table.log.add("empty_row", "note", counted(forms, params), row=nothing[0], count=len(nothing))


def _take(rows: list[list[str]], takes: list[tuple[list[str], int, int | None]], same: dict[str, str]) -> None:
    """Put cells of rows into their columns."""
    for column, index, extra in takes:
        cells = [row[index].strip() for row in rows]
        if extra is not None:
            cells = [f"{cell} {row[extra].strip()}".strip() for cell, row in zip(cells, rows, strict=True)]
        if len(same) < _SHARED:
            same.update((cell, cell) for cell in set(cells).difference(same))
        column.extend([same.get(cell, cell) for cell in cells])


def _describe(table: Table, source: Source) -> None:
    """What is known of the file beside its cells."""
    table.dropped = bytearray(len(table.lines))
    table.header_line = source.header_line
    table.separator = source.separator if source.kind == "csv" else ""
    table.headers = {entry.column.name: source.headers[entry.index] for entry in table.mapped}


def _flag_of(cells: list[str], index: int | None) -> int:
    """The flag a published table of ours already carries, so that reading it back loses nothing."""
    if index is None or index >= len(cells):
        return GOOD
    cell = cells[index].strip()
    return int(cell) if cell in ("1", "2", "3", "4", "9") else GOOD


def _tell(table: Table, long_rows: list[int], short_rows: list[int], headers_again: list[int], width: int) -> None:
    log = table.log
    if len(long_rows) * 2 > len(table):
        log.add(
            "shifted_columns",
            "error",
            counted(
                n_(
                    "{count} row has more cells than the header has names, so values stand under the wrong name.",
                    "{count} rows have more cells than the header has names, so values stand under the wrong name.",
                ),
                {"count": len(long_rows)},
            ),
            row=long_rows[0],
            count=len(long_rows),
            suggestion=Message(
                N_("Often the decimal comma is also the separator. Save the file with semicolons between the columns.")
            ),
        )
    else:
        index = {line: i for i, line in enumerate(table.lines)} if long_rows else {}
        for line in long_rows:
            choice = log.add(
                "extra_cells",
                "error",
                Message(N_("Line {row} has more cells than the header has names."), {"row": line, "columns": width}),
                row=line,
                choices=[LEAVE_OUT],
                suggestion=Message(N_("Correct the line in your file, or leave it out.")),
            )
            if choice == LEAVE_OUT and line in index:
                table.drop(index[line], "", "extra_cells")
    for line in short_rows:
        log.add(
            "short_row",
            "warning",
            Message(N_("Line {row} is cut off: cells are missing at its end."), {"row": line}),
            row=line,
        )
    if headers_again:
        log.add(
            "repeated_header",
            "note",
            Message(N_("The header stands again in line {row}. It was skipped."), {"row": headers_again[0]}),
            row=headers_again[0],
            count=len(headers_again),
        )


def note_missing(table: Table) -> None:
    """One note per required column whose cells are partly empty, an error when all are; the rows are flagged."""
    for column in table.columns:
        values = table.values.get(column.name)
        if values is None or column.role == "time":
            continue
        raw = table.raw[column.name]
        empty = [i for i in table.kept() if values[i] is None and is_missing(raw[i]) and i not in table.apart]
        if not empty:
            continue
        if not column.required:
            continue
        for i in empty:
            table.flag(i, MISSING)
        if len(empty) == len(table) - sum(table.dropped):
            table.log.add(
                "empty_column",
                "error",
                Message(N_("“{title}” is empty in all rows."), {"title": column.titles}),
                column=table.headers[column.name],
                count=len(empty),
                suggestion=Message(N_("Fill it in, or say which of your columns it is.")),
            )
        else:
            table.log.add(
                "missing_value",
                "note",
                counted(
                    n_("“{title}” is empty in {count} row.", "“{title}” is empty in {count} rows."),
                    {"title": column.titles, "count": len(empty)},
                ),
                row=table.lines[empty[0]],
                column=table.headers[column.name],
                count=len(empty),
            )
