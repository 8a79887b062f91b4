"""People in parts of a file that no protocol asks for: told, and taken out of what is kept of the file. Pure.

What is read is searched where it is read; here it is the columns that are not, and the lines above the table.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from ckanext.steamcity import privacy

from ..messages import N_, Message
from .findings import ColumnMap, Log, Surplus
from .model import Protocol
from .reader import open_source
from .source import BOOKS, Source

_CELLS = 20_000  # cells that show what the columns hold which are not read
_LEAST_ROWS = 100
_LINES = 60
_MAX_HEADER = 120
_ROWS_AT_ONCE = 5_000
_HIDDEN = "…"
_UNNAMED = "x"  # stands for the name of a column that has none


def find(
    opened: Source, source: Source, names_line: int, columns: list[ColumnMap], protocol: Protocol, log: Log
) -> Surplus:
    """Search what the check will not read. ``opened`` is the file, ``source`` the table in it, ``names_line`` where the
    names of its columns stand."""
    unread = [entry.index for entry in columns if entry.how == "ignored"]
    surplus = Surplus(known=opened is source, names_line=names_line, header_line=source.header_line)
    surplus.width = len(source.headers)
    if unread:
        some = islice(source.rows(), max(_LEAST_ROWS, _CELLS // len(unread)))
        cells = ([row[i] if i < len(row) else "" for i in unread] for _line, row in some)
        headers = [source.headers[index] for index in unread]
        # A text that the protocol has and the file seems not to: perhaps it is this column, under another name.
        taken = {entry.column for entry in columns}
        missed = any(column.type == "text" and column.name not in taken for column in protocol.columns)
        people = {one.column for one in privacy.scan_table(headers, cells) if one.certain or not one.rows or not missed}
        surplus.columns = [
            index for header, index in zip(headers, unread, strict=True) if header in people or _names_somebody(header)
        ]
    for line, row in islice(opened.cells(), _LINES):
        if line >= names_line:
            break
        if privacy.scan_text(" ".join(row), ""):
            surplus.lines.append(line)
    _tell(surplus, source, columns, log)
    return surplus


def find_beside(rows: list[list[str]], remarks: list[tuple[int, str]], surplus: Surplus, log: Log) -> None:
    """Search what stands to the right of the columns that have names, and lines that hold no measurement."""
    widest = max(map(len, rows), default=0)
    names = [f"{_UNNAMED}{place}" for place in range(widest)]
    people = privacy.scan_table(names, [[*row, *[""] * (widest - len(row))] for row in rows]) if rows else []
    for place in sorted({names.index(one.column) for one in people if one.column in names}):
        surplus.columns.append(surplus.width + place)
        _tell_column(_HIDDEN, surplus, log)
    for line, text in remarks:
        if privacy.scan_text(text, "") or privacy.scan_file_name(text):  # there may be nothing but a first name
            surplus.lines.append(line)
            said = N_("The remark in line {row} could point to a person. It was taken out and is not kept.")
            log.add("personal_line", "warning", Message(said, {"row": line}), row=line)


def _names_somebody(header: str) -> bool:
    """A column that nobody needs may be called after whom it belongs to: Emma Martin, @emma, Emma."""
    return bool(privacy.scan_text(header, "") or privacy.scan_table([_UNNAMED], [[header]]))


def _tell(surplus: Surplus, source: Source, columns: list[ColumnMap], log: Log) -> None:
    for index in surplus.columns:
        header = source.headers[index][:_MAX_HEADER]
        log.withdraw("unknown_column", header)
        if _names_somebody(header):
            header = _HIDDEN
            columns[:] = [replace(one, header=_HIDDEN) if one.index == index else one for one in columns]
        _tell_column(header, surplus, log)
    for line in surplus.lines:
        text = N_("Line {row}, above the table, could point to a person. It was taken out and is not kept.")
        log.add("personal_line", "warning", Message(text, {"row": line}), row=line)


def _tell_column(header: str, surplus: Surplus, log: Log) -> None:
    text = N_("The column “{header}” could point to persons. It was taken out: it is not read and not kept.")
    log.add(
        "personal_column",
        "warning",
        Message(text, {"header": header}),
        row=surplus.names_line,
        column=header,
        suggestion=Message(N_("Take it out of your own file too before you give it to anybody.")),
    )


def taken_out(content: bytes | BinaryIO, surplus: Surplus, sheet: str | int | None) -> Iterator[bytes] | None:
    """The file without what was found, in pieces: the same lines and columns, with nothing in them. None where it
    cannot be written again; of a workbook its sheet is written as text."""
    if not surplus.known:
        return None
    sheets = open_source(content)
    source = next((one for one in sheets if str(one.sheet) == str(sheet)), sheets[0])
    return _written(source, surplus) if source.kind in ("csv", *BOOKS) else None


def _written(source: Source, surplus: Surplus) -> Iterator[bytes]:
    text = source.kind == "csv"
    encoding = source.encoding if text else "utf-8"
    # A mark of the byte order stands once, at the beginning, so the encoder is one for the whole file.
    encoder = codecs.getincrementalencoder(encoding)(errors="replace")
    out = io.StringIO()
    if source.separator_line:
        out.write(f"sep={source.separator}\r\n")
    writer = csv.writer(out, delimiter=source.separator if text else ",")
    rows = _emptied(source, surplus)
    while several := list(islice(rows, _ROWS_AT_ONCE)):
        writer.writerows(several)
        yield encoder.encode(out.getvalue())
        out.seek(0)
        out.truncate()


def _emptied(source: Source, surplus: Surplus) -> Iterator[list[str]]:
    gone, lines = set(surplus.columns), set(surplus.lines)
    written = 1 if source.separator_line else 0
    for line, row in source.cells():
        # Lines keep their numbers: those that a workbook leaves out are written empty.
        for _missing in range(line - written - 1):
            yield []
        if source.kind != "csv" and line >= surplus.names_line:  # a workbook does not write empty cells at the end
            row += [""] * (surplus.width - len(row))  # noqa: PLW2901
        cells = [
            "" if line in lines else _kept(cell, line, surplus) if i in gone else cell for i, cell in enumerate(row)
        ]
        yield cells
        written = line + sum(cell.count("\n") for cell in cells)


def _kept(cell: str, line: int, surplus: Surplus) -> str:
    """What stays of a cell in a column that was taken out: its name, where that names nobody."""
    if line > surplus.header_line:
        return ""
    return _HIDDEN if line == surplus.names_line and _names_somebody(cell) else cell
