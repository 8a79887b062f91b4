"""Spreadsheets made for the tests: .xlsx by openpyxl, .ods written by hand in the form LibreOffice saves."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def xlsx(*sheets: list[list[Any]], names: list[str] | None = None, percent: tuple[int, ...] = ()) -> bytes:
    """A cell ``("=A1", 7)`` is a formula with the result a program stored with it (None: it stored none)."""
    book = openpyxl.Workbook(write_only=False)
    book.remove(book.active)
    results: list[tuple[int, str, Any]] = []
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(names[number - 1] if names else None)
        for row in rows:
            sheet.append([cell[0] if isinstance(cell, tuple) else cell for cell in row])
        for i, row in enumerate(rows, 1):
            for j, cell in enumerate(row, 1):
                if isinstance(cell, tuple) and cell[1] is not None:
                    results.append((number, sheet.cell(i, j).coordinate, cell[1]))
                elif j - 1 in percent and isinstance(cell, float):
                    sheet.cell(i, j).number_format = "0.00%"
    out = io.BytesIO()
    book.save(out)
    return _with_results(out.getvalue(), results) if results else out.getvalue()


def _with_results(data: bytes, results: list[tuple[int, str, Any]]) -> bytes:
    """openpyxl stores formulas without results; Excel stores both."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode() if name.startswith("xl/worksheets/") else None
            if content is None:
                new.writestr(name, old.read(name))
                continue
            for number, place, value in results:
                if name.endswith(f"sheet{number}.xml"):
                    content, count = re.subn(
                        rf'(<c r="{place}"[^>]*><f>[^<]*</f>)<v ?/?>(</v>)?', rf"\1<v>{value}</v>", content
                    )
                    assert count == 1
            new.writestr(name, content)
    return out.getvalue()


def ods(*sheets: list[list[Any]], names: list[str] | None = None, percent: tuple[int, ...] = ()) -> bytes:
    tables = []
    for number, rows in enumerate(sheets, 1):
        name = quoteattr(names[number - 1] if names else f"Sheet{number}")
        lines = "".join(
            "<table:table-row>"
            + "".join(_cell(cell, j in percent) for j, cell in enumerate(row))
            + "</table:table-row>"
            for row in rows
        )
        end = (
            '<table:table-row table:number-rows-repeated="1048000">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        )
        tables.append(f"<table:table table:name={name}>{lines}{end}</table:table>")
    spaces = " ".join(f'xmlns:{short}="{_OFFICE}{short}:1.0"' for short in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
        f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def _cell(value: Any, percent: bool) -> str:
    formula = ""
    if isinstance(value, tuple):
        formula, value = f" table:formula={quoteattr('of:' + value[0])}", value[1]
    if value is None:
        return f"<table:table-cell{formula}/>"
    if isinstance(value, (int, float)):
        about, text = f'"{"percentage" if percent else "float"}" office:value="{value}"', str(value)
    elif isinstance(value, (datetime, date)):
        about, text = f'"date" office:date-value="{value.isoformat()}"', "as shown"
    elif isinstance(value, time):
        about, text = f'"time" office:time-value="PT{value:%HH%MM%SS}"', "as shown"
    else:
        about, text = '"string"', str(value)
    return f"<table:table-cell{formula} office:value-type={about}><text:p>{escape(text)}</text:p></table:table-cell>"
