"""Encodings, separators, and everything that is not a table."""

from __future__ import annotations

import csv
import io
import sys
import time
import zipfile

import pytest
from ckanext.steamcity import protocols
from protocol_files import HEADER, NOW, co2_rows, csv_text

CO2 = protocols.load("co2-indoor")
BG = ["Време", "CO2", "Температура на въздуха", "Относителна влажност"]
FR = ["Horodatage", "CO2", "Température", "Humidité"]


def check(data, **more) -> protocols.Report:
    return protocols.check_file(data, CO2, now=NOW, **more)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (FR, "utf-8"),
        (FR, "utf-8-sig"),
        (FR, "utf-16"),
        (FR, "utf-16-le"),
        (FR, "utf-16-be"),
        (FR, "cp1252"),
        (["Hora", "CO2", "Temperatura", "Humedad (%)", "Días"][:4], "cp1252"),
        (BG, "utf-8"),
        (BG, "cp1251"),
        (BG, "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_encoding_and_separator_reads_the_same(header, encoding, separator):
    plain = check(csv_text(co2_rows()).encode()).clean.to_csv()
    report = check(csv_text(co2_rows(), header, separator, "\r\n").encode(encoding))
    assert report.ok, report.to_dict()
    assert report.clean.to_csv() == plain


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends(newline):
    assert len(check(csv_text(co2_rows(), newline=newline).encode()).clean.rows) == 100


def test_separator_line_of_excel_and_quotes():
    rows = [[f'"{cell}"' for cell in row] for row in co2_rows()]
    report = check(("sep=;\n" + csv_text(rows, separator=";")).encode())
    assert report.ok
    assert {f.code for f in report.findings} == {"separator"}


def test_a_stream_is_read_like_bytes():
    data = csv_text(co2_rows()).encode()
    assert check(io.BytesIO(data)).clean.to_csv() == check(data).clean.to_csv()


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "empty_file"),
    "only spaces": (b" \r\n\t\n", "empty_file"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "pdf"),
    "xlsx": (_zip("xl/workbook.xml", b"<x/>"), "spreadsheet"),
    "zip bomb": (_zip("xl/sheet.xml", b"0" * 20_000_000), "too_large"),
    "zip": (_zip("a.csv", b"a,b\n1,2\n"), "archive"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "spreadsheet"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "image"),
    "gzip": (b"\x1f\x8b\x08\0\0\0", "archive"),
    "html": (b"<!DOCTYPE html><html><body>404</body></html>", "web_page"),
    "json": (b'{"co2": [1, 2]}', "json"),
    "nul bytes": (b"time,co2\n2026-03-02T07:00:00Z,\0\0\0600\n", "not_text"),
    "nul bytes late": (csv_text(co2_rows(9000)).encode() + b"x,\0\n", "not_text"),
    "one column": (b"co2\n600\n610\n", "one_column"),
    "only a header": (b"time,co2\n", "no_rows"),
    "no header": (b"2026-03-02 07:00,600\n2026-03-02 07:05,601\n", "no_header"),
    "10,000 columns": (
        ",".join(f"c{i}" for i in range(10_000)).encode() + b"\n" + b"1," * 10_000 + b"\n",
        "too_many_columns",
    ),
    "100,000 columns": (b"time,co2\n" + b"1," * 100_000 + b"\n", "too_many_columns"),
    "one endless line": (b"time,co2" + b"x" * 30_000_000, "line_too_long"),
    "a late endless line": (csv_text(co2_rows()).encode() + b"x" * 3_000_000, "line_too_long"),
    "endless quote": (b'time,co2\n"2026-03-02T07:00:00Z,600\n' + csv_text(co2_rows(9000)).encode(), "broken_quotes"),
    "too large": (b"time,co2\n" + b"1,2\n" * 14_000_000, "too_large"),
    "shifted by decimal commas": (
        b"time,co2,temperature,humidity\n" + b"".join(b"2026-03-02T07:%02d:00Z,600,21,5,41,5\n" % i for i in range(60)),
        "shifted_columns",
    ),
    "random bytes": (bytes((i * 7919 + i // 3) % 255 + 1 for i in range(50_000)), None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_one_clear_error_quickly(name):
    data, code = HOSTILE[name]
    begun = time.monotonic()
    report = check(data, filename="../../etc/passwd.csv")
    assert time.monotonic() - begun < 2
    errors = [f.code for f in report.findings if f.severity == "error"]
    assert not report.ok
    assert report.clean is None
    if code:
        assert errors == [code]
    else:
        assert len(errors) == 1


def test_hostile_cells_do_not_hang_the_check():
    rows = co2_rows(60)
    for i, cell in enumerate(
        ["1" * 100_000, "1," * 30_000 + "1", "9 " * 40_000, "e" * 100_000, "-" * 100_000, "1e999"]
    ):
        rows[i][1] = f'"{cell}"'
        rows[i + 10][0] = f'"{cell}"'
    begun = time.monotonic()
    report = check(csv_text(rows).encode())
    assert time.monotonic() - begun < 2
    assert report.counts["wrong_type"] + report.counts.get("formula", 0) == 6
    assert report.counts["bad_time"] == 6


def test_an_open_quotation_mark_is_found_whatever_other_libraries_did_to_csv():
    before = csv.field_size_limit(sys.maxsize)
    try:
        report = check(HOSTILE["endless quote"][0])
    finally:
        csv.field_size_limit(before)
    assert [f.code for f in report.findings if f.severity == "error"] == ["broken_quotes"]


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr("ckanext.steamcity.protocols.table.MAX_ROWS", 50)
    assert [f.code for f in check(csv_text(co2_rows()).encode()).findings] == ["too_many_rows"]


def test_script_in_headers_and_hints_of_wrong_types_are_only_text():
    data = csv_text([[*row, "x"] for row in co2_rows()], [*HEADER, "<script>alert(1)</script>"]).encode()
    report = check(data, hints={"mapping": [1], "timezone": {"a": 1}, "decisions": "x", "date_order": [], "decimal": 7})
    assert report.ok
    assert b"script" not in report.clean.to_csv()


def test_12000_rows_are_checked_fast():
    data = csv_text(co2_rows(12_000, form="%Y-%m-%d %H:%M:%S"), separator=";").encode()
    begun = time.monotonic()
    report = check(data, hints={"timezone": "UTC"})
    assert time.monotonic() - begun < 1.5
    assert len(report.clean.rows) == 12_000
