"""Spreadsheet files: what they may unpack to, and which of their sheets is read. Pure."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from ..messages import N_
from . import ods, xlsx
from .source import SAMPLE_LINES, SAVE_AS_CSV, Refused, Source, sample
from .xmlrows import broken

_DIRECTORY = 1024 * 1024  # bytes of the list of a zip file's parts: a workbook has tens of them
_UNPACKED = 256 * 1024 * 1024
_RATIO = 100  # how much smaller the zip makes a sheet: 10 is usual
_SMALL = 4 * 1024 * 1024  # below this the ratio says nothing
_SHEETS = 30


@dataclass
class Sheet(Source):
    """One sheet of a workbook."""

    read: Callable[[], Iterator[tuple[int, list[str]]]] = field(default=lambda: iter(()), repr=False)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        try:
            yield from self.read()
        except (ExpatError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OverflowError) as error:
            raise broken() from error


def open_workbook(stream: BinaryIO) -> list[Sheet]:
    """The sheets of a workbook that hold something. Raises Refused."""
    try:
        archive = _archive(stream)
        names = set(archive.namelist())
        found = _ods(archive) if "content.xml" in names else _xlsx(archive)
    except (ExpatError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError) as error:
        raise broken() from error
    sheets = [sheet for sheet in found if sample(sheet)]
    if not sheets:
        raise Refused("empty_file", N_("The sheets of this file are empty."), SAVE_AS_CSV)
    return sheets


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    """The zip file, when what it says about itself is within bounds. What it holds cannot be more than it says:
    zipfile reads no further."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or b"PK\x06\x07" in tail or int.from_bytes(tail[end + 12 : end + 16], "little") > _DIRECTORY:
        raise broken()
    archive = zipfile.ZipFile(stream)
    total = packed = 0
    for part in archive.infolist():
        if part.filename.endswith((".xml", ".rels")):
            total, packed = total + part.file_size, packed + part.compress_size
            if part.flag_bits & 1:
                raise Refused("spreadsheet", N_("This spreadsheet file is locked with a password."), SAVE_AS_CSV)
    if total > _UNPACKED or (total > _SMALL and total > packed * _RATIO):
        raise Refused(
            "too_large",
            N_("Unpacked, this spreadsheet has {megabytes} MB: too much for a table of measurements."),
            SAVE_AS_CSV,
            megabytes=total // (1024 * 1024),
        )
    return archive


def _xlsx(archive: zipfile.ZipFile) -> list[Sheet]:
    book = xlsx.open_workbook(archive)
    names = [name for name, _part in book.sheets]
    found = []
    for place in range(min(len(names), _SHEETS)):
        sheet = Sheet("xlsx", sheets=names, sheet=place + 1)
        sheet.read = lambda place=place, sheet=sheet: xlsx.rows(book, place, sheet.calculated)
        found.append(sheet)
    return found


def _ods(archive: zipfile.ZipFile) -> list[Sheet]:
    if ods.sheets(archive) == 1:
        return [_ods_sheet(archive, 0, [""])]
    names: dict[int, str] = {}
    for place, name, _row, _cells in ods.rows(archive, Sheet().calculated):
        names.setdefault(place, name)
    width = max(names, default=-1) + 1
    every = [names.get(place, "") for place in range(width)]
    return [_ods_sheet(archive, place, every) for place in islice(names, _SHEETS)]


def _ods_sheet(archive: zipfile.ZipFile, place: int, names: list[str]) -> Sheet:
    sheet = Sheet("ods", sheets=names, sheet=place + 1)

    def read() -> Iterator[tuple[int, list[str]]]:
        for number, _name, row, cells in ods.rows(archive, sheet.calculated):
            if number > place:
                return
            if number == place:
                yield row, cells

    sheet.read = read
    return sheet


def best(sheets: Sequence[Source], known: Callable[[str], bool]) -> tuple[Source, bool]:
    """The sheet with most known headers, and whether no other has as many."""

    def score(sheet: Source) -> int:
        lines = islice(sample(sheet), SAMPLE_LINES)
        return max((sum(1 for cell in cells if cell.strip() and known(cell)) for _line, cells in lines), default=0)

    scores = [score(sheet) for sheet in sheets]
    top = max(scores)
    return sheets[scores.index(top)], top == 0 or scores.count(top) == 1
