"""Tables inside other forms: the micro:bit's MY_DATA.HTM, a table in a saved web page, JSON. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import json
from html.parser import HTMLParser
from typing import Any

from ..messages import N_
from .source import MAX_COLUMNS, MAX_ROWS, SAMPLE_LINES, Grid, Refused, too_many_columns
from .xmlrows import number

MAX_WRAPPED = 8 * 1024 * 1024  # bytes; a micro:bit holds 128 kB, and all of these are held in memory
_MAX_PAGE = 4 * 1024 * 1024  # bytes of a web page
_MAX_TAGS = 150_000  # of a page: 12,000 rows of five columns have fewer
_LOG_START, _LOG_MARK = b"FS_START", b"UBIT_LOG_FS_V_"
_LOG_HEADER = 2048  # bytes of the page before the log; places in the log count from the beginning of the file
_DEPTH = 4
# Erased flash reads as 0xFF; a program that saved the file as text made a replacement character of it.
_LOG_END = (b"\xff", b"\0", b"\xef\xbf\xbd", b"-->")


def too_large(most: int = MAX_WRAPPED) -> Refused:
    return Refused(
        "too_large",
        N_("The file is larger than {megabytes} MB."),
        N_("Split it by month, or measure less often."),
        megabytes=most // (1024 * 1024),
    )


def is_log(head: bytes) -> bool:
    """Whether this is the file of a micro:bit."""
    return _LOG_START in head and _LOG_MARK in head


def microbit(data: bytes) -> Grid:
    """The log in a MY_DATA.HTM: after the page comes a header with the place where the rows begin, then the rows."""
    start = data.index(_LOG_MARK)
    log = data[start:]
    try:
        begin = int(log[29:39], 16) - _LOG_HEADER
    except ValueError:
        begin = -1
    if not 39 <= begin < len(log):
        raise _empty_log()
    rows = log[begin:]
    ends = [place for mark in _LOG_END if (place := rows.find(mark)) >= 0]
    text = rows[: min(ends)] if ends else rows
    lines = [line for line in csv.reader(io.StringIO(text.decode("utf-8", errors="replace"))) if any(line)]
    if not lines:
        raise _empty_log()
    return Grid("microbit", lines=_one_header(lines))


def _one_header(lines: list[list[str]]) -> list[list[str]]:
    """A column that the program logged later is named in a new header; the last one names all columns."""
    header = lines[0]
    rows = []
    for line in lines[1:]:
        if line[0] == header[0] and len(line) > len(header) and line[: len(header)] == header:
            header = line
            rows.append([])
        else:
            rows.append(line)
    return [header, *rows]


def _empty_log() -> Refused:
    return Refused(
        "no_rows",
        N_("The log of this micro:bit is empty."),
        N_("Copy MY_DATA.HTM from the micro:bit again, after it has logged something."),
    )


def page(data: bytes, encoding: str) -> Grid | None:
    """The longest table of a saved web page; None when there is none with two columns and two rows."""
    if len(data) > _MAX_PAGE:
        raise too_large(_MAX_PAGE)
    if data.count(b"<") > _MAX_TAGS:
        text = N_("This web page is too long to look for a table in it.")
        raise Refused("web_page", text, N_("Use the download button of that page to get the table as CSV."))
    parser = _Tables()
    parser.feed(data.decode(encoding, errors="replace"))
    tables = [table for table in parser.tables if len(table) > 1 and len(table[0]) > 1]
    return Grid("html", lines=max(tables, key=len)) if tables else None


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
            self._cell = None
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._cell = []
        elif tag in ("script", "style"):
            self._cell = None

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            row = self.tables[-1][-1]
            row.append("".join(self._cell).strip())
            self._cell = None
            if len(row) > MAX_COLUMNS:
                raise too_many_columns(len(row))

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def from_json(data: bytes, encoding: str) -> Grid:
    """Rows of JSON: a list of objects (maybe within an object), a list of lists, or one list for each column."""
    try:
        content = json.loads(codecs.decode(data, encoding), parse_constant=lambda _word: None)
    except (ValueError, RecursionError):
        raise _no_rows() from None
    lines = _lines(content)
    if not lines or len(lines) < 2:  # noqa: PLR2004
        raise _no_rows()
    if len(lines) > MAX_ROWS:
        raise too_large()
    return Grid("json", lines=lines)


def _no_rows() -> Refused:
    return Refused(
        "json",
        N_("This JSON file holds no list of measurements that we can read."),
        N_("Export the measurements as CSV."),
    )


def _lines(content: Any) -> list[list[str]] | None:
    if isinstance(content, dict):
        columns = [key for key, value in content.items() if isinstance(value, list)]
        lengths = {len(content[key]) for key in columns}
        if len(columns) > 1 and len(lengths) == 1 and not any(isinstance(v, dict) for k in columns for v in content[k]):
            return [columns, *([_cell(content[key][i]) for key in columns] for i in range(lengths.pop()))]
        if "sensor_type_id" in content and any(map(_is_readings, content.values())):
            return _lines([content])
        inner = [value for value in content.values() if isinstance(value, list) and value]
        return _lines(max(inner, key=len)) if inner else None
    if not isinstance(content, list) or not content:
        return None
    if all(isinstance(row, list) for row in content):
        return [[_cell(value) for value in row] for row in content]
    if not all(isinstance(row, dict) for row in content):
        return None
    content = _spread(content)
    flat = [_flat(row) for row in content]
    header = list(dict.fromkeys(key for row in flat for key in row))
    if len(header) > MAX_COLUMNS:
        raise too_many_columns(len(header))
    return [header, *([row.get(key, "") for key in header] for row in flat)]


def _spread(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """SteamCity's history: a record of a sensor with the list of its readings becomes one record for each reading."""
    rows: list[dict[str, Any]] = []
    for record in content:
        inner = [key for key, value in record.items() if _is_readings(value)]
        if len(inner) != 1:
            return content
        about = {key: value for key, value in record.items() if not isinstance(value, (list, dict))}
        rows += [{**about, **reading} for reading in record[inner[0]]]
        if len(rows) > MAX_ROWS:
            raise too_large()
    return rows


def _is_readings(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and "timestamp" in item and "value" in item for item in value)
    )


def _flat(row: dict[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in list(row.items())[: MAX_COLUMNS + 1]:
        name = before + str(key)
        if isinstance(value, dict):
            if depth < _DEPTH:
                found |= _flat(value, name + ".", depth + 1)
        elif isinstance(value, list):
            found |= _readings(value)
        else:
            found[name] = _cell(value)
    return found


def _readings(values: list[Any]) -> dict[str, str]:
    """airRohr's ``sensordatavalues``: a list of names with values becomes columns."""
    pairs = (item for item in values[:SAMPLE_LINES] if isinstance(item, dict) and "value_type" in item)
    return {str(item["value_type"]): _cell(item.get("value")) for item in pairs}


def _cell(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(float(value)) if isinstance(value, float) else str(value)
