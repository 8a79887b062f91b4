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

from ..messages import N_
from . import wrapped
from .source import MAX_BLANK, MAX_BYTES, ONE_PER_LINE, SAMPLE_LINES, Refused, Source, sample
from .source import SAVE_AS_CSV as _SAVE_AS_CSV
from .workbook import open_workbook

MAX_LINE = 1024 * 1024
MAX_ROW = 128 * 1024  # characters of a row that goes on over several lines
_HEAD = 256 * 1024
_SEPARATORS = (";", "\t", "|", ",")  # the comma last: it stands inside numbers too
_WORKBOOK = (b"xl/", b"opendocument", b"content.xml", b"[Content_Types]")
_SAVE_AS_XLSX = N_("Open it in Excel or LibreOffice and save it as .xlsx, .ods or CSV, then upload that file.")


@dataclass
class TextFile(Source):
    """A CSV file: where its bytes are."""

    stream: BinaryIO = field(default_factory=io.BytesIO, repr=False)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        return _cells(self)


def open_source(data: bytes | BinaryIO, max_bytes: int = MAX_BYTES) -> list[Source]:
    """Find out how to read the file: its sheets, one where it is no workbook. Raises Refused.

    The header row is chosen later (``place_header``).
    """
    stream = _bounded(data, max_bytes)
    head = stream.read(_HEAD)
    if not head.strip(b" \t\r\n\0"):
        raise Refused(
            "empty_file",
            N_("The file is empty."),
            N_("Check that the logger has saved its values, and upload the file again."),
        )
    if wrapped.is_log(head):
        return [wrapped.microbit(_whole(stream))]
    if head.startswith(b"PK\x03\x04") and any(mark in head for mark in _WORKBOOK):
        return list(open_workbook(stream))
    encoding = _bom(head) or _utf16_without_bom(head)
    if not (encoding or "").startswith("utf-16"):
        _refuse_foreign(head)
        if (found := _wrapped(stream, head)) is not None:
            return [found]
    source = TextFile(encoding=encoding or _eight_bit(stream, head), stream=stream)
    source.separator, source.separator_line = _separator(source)
    return [source]


def _whole(stream: BinaryIO) -> bytes:
    """A small file as bytes."""
    stream.seek(0)
    data = stream.read(wrapped.MAX_WRAPPED + 1)
    if len(data) > wrapped.MAX_WRAPPED:
        raise wrapped.too_large()
    return data


def _wrapped(stream: BinaryIO, head: bytes) -> Source | None:
    """The table inside a web page or a JSON file; None when it is neither."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg", b"<head", b"<body", b"<script", b"<table")):
        data = _whole(stream)
        if b"<table" in data.lower() and (found := wrapped.page(data, _eight_bit(stream, head))) is not None:
            return found
        raise Refused(
            "web_page",
            N_("This is a web page, not a CSV file."),
            N_("Use the download button of that page to get the table as CSV."),
        )
    if start.startswith((b"{", b"[{", b"[[", b"[\n", b"[\r", b"[ ")):
        return wrapped.from_json(_whole(stream), "utf-8-sig" if _eight_bit(stream, head) == "utf-8" else "cp1252")
    return None


def place_header(source: Source, known: Callable[[str], bool]) -> None:
    """Choose the header row: the one with most known headers among the first lines; else the first that looks like
    one."""
    best, found = 0, 0
    first: tuple[int, list[str]] | None = None
    lines = sample(source)
    for line, cells in lines:
        score = sum(1 for cell in cells if cell.strip() and known(cell))
        if score > found:
            best, found, first = line, score, (line, cells)
    if first is None:
        first = _likely_header(lines)
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


def _cells(source: TextFile) -> Iterator[tuple[int, list[str]]]:
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
                ONE_PER_LINE,
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
    half = len(sample) // 2
    for name, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        latin, cyrillic = high.count(0), high.count(4)  # where a letter stands in Unicode
        if half >= 4 and latin and latin + cyrillic > half * 0.7 and low.count(0) == 0:  # noqa: PLR2004
            return name
    return None


def _refuse_foreign(head: bytes) -> None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise Refused(
            "archive", N_("This is a zip archive, not a CSV file."), N_("Unpack it and upload the CSV file inside.")
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("spreadsheet", N_("This is an old Excel file (.xls), or one with a password."), _SAVE_AS_XLSX)
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


def _separator(source: TextFile) -> tuple[str, bool]:
    """The separator most lines agree on, and whether the first line names it (Excel's ``sep=;``)."""
    source.stream.seek(0)
    text = io.TextIOWrapper(source.stream, source.encoding, errors="replace", newline="")
    lines: list[str] = []
    try:
        for number, line in enumerate(_lines(text)):
            if line.strip():
                lines.append(line)
            if len(lines) >= SAMPLE_LINES or number >= MAX_BLANK:
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
    for strict in (True, False):
        try:
            widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=mark, strict=strict) if cells)
        except csv.Error:
            continue  # a quotation mark closes where this mark does not follow: it hardly separates the columns
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        share = times / sum(widths.values()) if width > 1 else 0.0
        return share if strict else share / 2
    return 0.0
