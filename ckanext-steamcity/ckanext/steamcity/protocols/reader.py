"""Bytes of a stranger → lines of cells.

Finds out encoding, separator and header row; refuses what is not a table. Pure.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ..messages import N_, Message

MAX_BYTES = 50 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_ROW = 128 * 1024  # characters of a row that goes on over several lines
MAX_COLUMNS = 200
MAX_ROWS = 2_000_000
_HEAD = 256 * 1024
_SAMPLE_LINES = 60
_SEPARATORS = (";", "\t", ",", "|")

_SAVE_AS_CSV = N_("Open it in the program it comes from and save it as CSV, then upload the CSV file.")


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
    """A readable file: where its bytes are, how to read them, where its table begins."""

    stream: BinaryIO
    encoding: str
    separator: str
    header_line: int = 0
    headers: list[str] = field(default_factory=list)
    separator_line: bool = False

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of every row after the header that is not blank."""
        for line, cells in _cells(self):
            if line > self.header_line and any(cells):
                yield line, cells


def open_source(data: bytes | BinaryIO, max_bytes: int = MAX_BYTES) -> Source:
    """Find out how to read the file. Raises Refused. The header row is chosen later (``place_header``)."""
    stream = _bounded(data, max_bytes)
    head = stream.read(_HEAD)
    if not head.strip(b" \t\r\n\0"):
        raise Refused(
            "empty_file",
            N_("The file is empty."),
            N_("Check that the logger has saved its values, and upload the file again."),
        )
    encoding = _bom(head) or _utf16_without_bom(head)
    if encoding is None:
        _refuse_foreign(head)
        encoding = _eight_bit(stream, head)
    elif not encoding.startswith("utf-16"):
        _refuse_foreign(head)
    source = Source(stream, encoding, ",")
    source.separator, source.separator_line = _separator(source)
    return source


def place_header(source: Source, known: Callable[[str], bool]) -> None:
    """Choose the header row: the one with most known headers among the first lines; else the first that looks like
    one."""
    best, found = 0, 0
    first: tuple[int, list[str]] | None = None
    sample: list[tuple[int, list[str]]] = []
    for line, cells in _cells(source):
        if len(cells) > MAX_COLUMNS:
            raise Refused(
                "too_many_columns",
                N_("The file has {columns} columns; more than {maximum} cannot be a table of measurements."),
                N_("Check that the file has one measurement per line."),
                line,
                columns=len(cells),
                maximum=MAX_COLUMNS,
            )
        if any(cell.strip() for cell in cells):
            sample.append((line, cells))
        if len(sample) >= _SAMPLE_LINES:
            break
    for line, cells in sample:
        score = sum(1 for cell in cells if cell.strip() and known(cell))
        if score > found:
            best, found, first = line, score, (line, cells)
    if first is None:
        first = _likely_header(sample)
        best = first[0]
    source.header_line, source.headers = best, [cell.strip() for cell in first[1]]
    while source.headers and not source.headers[-1]:
        source.headers.pop()
    if len(source.headers) < 2:  # noqa: PLR2004
        raise Refused(
            "one_column",
            N_("The file has only one column, so values and times cannot be told apart."),
            N_("Use commas, semicolons or tabs between the columns, as in the template."),
            best,
        )


def _likely_header(sample: list[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    width = Counter(len(cells) for _line, cells in sample).most_common(1)[0][0] if sample else 0
    for line, cells in sample:
        if len(cells) == width and all(
            cell.strip() and not re.match(r"[-+]?\d", cell.strip()) for cell in cells if cell
        ):
            return line, cells
    return sample[0] if sample else (0, [])


def _cells(source: Source) -> Iterator[tuple[int, list[str]]]:
    source.stream.seek(0)
    text = io.TextIOWrapper(source.stream, source.encoding, errors="replace", newline="")
    line = 0
    try:
        pending = _Pending(_lines(text))
        reader = csv.reader(pending, delimiter=source.separator)
        for cells in reader:
            pending.size = 0
            if not (source.separator_line and reader.line_num == 1):
                yield line + 1, cells
            line = reader.line_num
    except (csv.Error, _EndlessError):
        raise Refused(
            "broken_quotes",
            N_("Line {row} opens a quotation mark that is never closed."),
            N_("Remove the quotation mark or close it, and upload the file again."),
            line + 1,
            row=line + 1,
        ) from None
    finally:
        text.detach()


class _EndlessError(Exception):
    """A row goes on over too many lines."""


class _Pending:
    """Lines on their way into the csv reader: it must not collect half the file for one open quotation mark.

    The reader's own limit belongs to the whole process, and other libraries change it.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if self.size > MAX_ROW:
                raise _EndlessError
            self.size += len(line)
            yield line


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise Refused(
                "line_too_long",
                N_("Line {row} is longer than a table of measurements can be."),
                N_("Check that the file has one measurement per line."),
                number,
                row=number,
            )
        if "\0" in line:
            raise Refused("not_text", N_("This is not a text file."), _SAVE_AS_CSV)
        yield line


def _bounded(data: bytes | BinaryIO, max_bytes: int) -> BinaryIO:
    stream: BinaryIO
    if isinstance(data, (bytes, bytearray, memoryview)):
        size, stream = len(data), io.BytesIO(data)
    elif data.seekable():
        size, stream = data.seek(0, io.SEEK_END), data
    else:  # never a temporary file: answers of people must not touch the disk
        held = data.read(max_bytes + 1)
        size, stream = len(held), io.BytesIO(held)
    if size > max_bytes:
        raise Refused(
            "too_large",
            N_("The file is larger than {megabytes} MB."),
            N_("Split it by month, or measure less often."),
            megabytes=max_bytes // (1024 * 1024),
        )
    stream.seek(0)
    return stream


def _bom(head: bytes) -> str | None:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    return None


def _utf16_without_bom(head: bytes) -> str | None:
    sample = head[:2048]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    half = len(sample) // 2
    if half >= 4 and odd > half * 0.7 and even == 0:  # noqa: PLR2004
        return "utf-16-le"
    if half >= 4 and even > half * 0.7 and odd == 0:  # noqa: PLR2004
        return "utf-16-be"
    return None


def _refuse_foreign(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        if b"xl/" in head or b"opendocument" in head or b"[Content_Types]" in head:
            raise Refused(
                "spreadsheet", N_("This is a spreadsheet file (Excel or LibreOffice), not a CSV file."), _SAVE_AS_CSV
            )
        raise Refused(
            "archive", N_("This is a zip archive, not a CSV file."), N_("Unpack it and upload the CSV file inside.")
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "spreadsheet", N_("This is a spreadsheet file (Excel or LibreOffice), not a CSV file."), _SAVE_AS_CSV
        )
    if head.startswith(b"%PDF"):
        raise Refused("pdf", N_("This is a PDF document, not a CSV file."), _SAVE_AS_CSV)
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM\x00", b"II*\x00", b"MM\x00*")):
        raise Refused(
            "image",
            N_("This is a picture or a recording, not a CSV file."),
            N_("Upload the table of measurements as a CSV file."),
        )
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"Rar!")):
        raise Refused(
            "archive", N_("This is a packed archive, not a CSV file."), N_("Unpack it and upload the CSV file inside.")
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"<head", b"<body", b"<script")):
        raise Refused(
            "web_page",
            N_("This is a web page, not a CSV file."),
            N_("Use the download button of that page to get the table as CSV."),
        )
    if start.startswith((b"{", b"[{", b"[[", b"[\n", b"[\r", b"[ ")):
        raise Refused("json", N_("This is a JSON file, not a CSV file."), N_("Export the measurements as CSV."))
    if b"\0" in head:
        raise Refused("not_text", N_("This is not a text file."), _SAVE_AS_CSV)


def _eight_bit(stream: BinaryIO, head: bytes) -> str:
    """UTF-8 when every byte of the file agrees; else the Windows code page whose words look like words."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    odd = b""
    try:
        while chunk := stream.read(_HEAD):
            odd = chunk
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _code_page(head + odd)
    return "utf-8"


def _code_page(sample: bytes) -> str:
    # Detection libraries need prose; a table has three accented letters. Read as Cyrillic, a French word mixes two
    # alphabets ("Tempйrature"), a Bulgarian one does not.
    words = re.findall(r"[^\W\d_]{2,}", sample.decode("cp1251", errors="replace"))
    marked = [word for word in words if not word.isascii()]
    whole = sum(1 for word in marked if all("\u0400" <= letter <= "\u04ff" for letter in word))
    return "cp1251" if marked and whole * 2 > len(marked) else "cp1252"


def _separator(source: Source) -> tuple[str, bool]:
    """The separator most lines agree on, and whether the first line names it (Excel's ``sep=;``)."""
    source.stream.seek(0)
    text = io.TextIOWrapper(source.stream, source.encoding, errors="replace", newline="")
    lines: list[str] = []
    try:
        for line in _lines(text):
            if line.strip():
                lines.append(line)
            if len(lines) >= _SAMPLE_LINES:
                break
    finally:
        text.detach()
    named = re.match(r"sep=(.)\s*$", lines[0], re.IGNORECASE) if lines else None
    if named and named[1] in _SEPARATORS:
        return named[1], True
    best, best_score = ",", 0.0
    for mark in _SEPARATORS:
        score = _agreement(lines, mark)
        if score > best_score + 0.05:  # a clear advantage; else the earlier, which is rarer inside numbers and words
            best, best_score = mark, score
    return best, False


def _agreement(lines: list[str], mark: str) -> float:
    try:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=mark) if cells)
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
    return times / sum(widths.values()) if width > 1 else 0.0
