"""`steamcity_file_check` holds what the engine promises: quick for a class file, one clear error for a hostile one."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import datetime, timedelta

import pytest
from ckan.tests.helpers import call_action
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db")
HINTS = {"timezone": "UTC"}
_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def series(rows: int) -> bytes:
    begin = datetime(2026, 1, 5)  # noqa: DTZ001  a wall clock
    lines = (
        f"{begin + timedelta(minutes=5 * i):%Y-%m-%d %H:%M:%S};{620 + i * 37 % 240};{20 + i % 17 / 10:.1f}\n"
        for i in range(rows)
    )
    return ("Horodatage;CO2 (ppm);Température (°C)\n" + "".join(lines)).encode()


def bomb() -> bytes:
    """A small .xlsx that unpacks to more than a machine has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook><sheets/></workbook>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(300):
                sheet.write(b"<row/>" * 170_000)
    return out.getvalue()


def repeated_cells() -> bytes:
    """A spreadsheet of 700 bytes that says it has 380 million cells."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    row = (
        '<table:table-row table:number-rows-repeated="9999"><table:table-cell table:number-columns-repeated="190" '
        'office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table>{row * 200}</table:table>"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def judge(content: bytes, name: str = "data.csv") -> tuple[dict, float]:
    """The report, and the CPU seconds it took: a busy machine does not count."""
    upload = FileStorage(io.BytesIO(content), filename=name)
    begun = time.process_time()
    report = call_action("steamcity_file_check", protocol="co2-indoor", upload=upload, hints=HINTS)
    return report, time.process_time() - begun


def test_a_class_file_is_judged_in_a_second_and_a_half():
    report, seconds = judge(series(12_000))
    assert report["ok"]
    assert report["rows"] == 12_000
    assert seconds < 1.5


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: (",".join(f"c{i}" for i in range(100_000)) + "\n").encode() * 3, "too_many_columns"),
        (bomb, None),
        (repeated_cells, "too_many_rows"),
        (lambda: b"<html><table>" + b"<tr><td>" * 400_000, "web_page"),
        (lambda: b'time,co2\n"' + b"1,2\n" * 200_000, "broken_quotes"),
        (lambda: b"time,co2\n" + b"1" * 3_000_000, "line_too_long"),
        (lambda: b"PK\x03\x04" + b"\0" * 100, None),
        (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 4000, "spreadsheet"),
    ],
    ids=[
        "100,000 columns",
        "zip bomb",
        "repeated cells",
        "a page of tags",
        "open quotation mark",
        "one endless line",
        "broken zip",
        "old .xls",
    ],
)
def test_a_hostile_file_gets_one_clear_error_within_two_seconds(content, code):
    report, seconds = judge(content(), "data.xlsx")
    errors = [finding for finding in report["findings"] if finding["severity"] == "error"]
    assert not report["ok"]
    assert len(errors) == 1
    assert errors[0]["message"]["text"]
    assert code in (None, errors[0]["code"])
    assert seconds < 2


def test_catastrophic_cells_do_not_hold_the_check():
    rows = series(60).decode().splitlines()
    for i, cell in enumerate(("1" * 90_000, "1," * 30_000, "9 " * 40_000, "e" * 90_000, "-" * 90_000)):
        rows[10 + i] = rows[10 + i].replace(";6", f';"{cell}";', 1).rsplit(";", 1)[0]
    report, seconds = judge("\n".join(rows).encode())
    assert not report["ok"]
    assert seconds < 2


def test_of_one_kind_two_hundred_findings_are_listed_and_all_counted():
    content = series(1_000).replace(b";6", b";x")
    report, _seconds = judge(content)
    wrong = [finding for finding in report["findings"] if finding["code"] == "wrong_type"]
    assert len(wrong) <= 200
    assert sum(finding["count"] for finding in wrong) == content.count(b";x")
