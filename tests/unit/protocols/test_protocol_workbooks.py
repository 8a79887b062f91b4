"""Spreadsheets, web pages, JSON and loggers' own files read like the CSV with the same values."""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock

import openpyxl
import pytest
from ckanext.steamcity import protocols
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from protocol_files import HEADER, NOW, START, co2_file, co2_rows, csv_text
from python_calamine import CalamineWorkbook
from workbook_files import ods, xlsx

CO2 = protocols.load("co2-indoor")
AIR = protocols.load("outdoor-air")
UTC_HINT = {"timezone": "UTC"}


def check(data: bytes, protocol: protocols.Protocol = CO2, **hints) -> protocols.Report:
    report = protocols.check_file(data, protocol, hints={**UTC_HINT, **hints}, now=NOW)
    json.dumps(report.to_dict())
    return report


def codes(report: protocols.Report) -> dict[str, int]:
    return {code: count for code, count in report.counts.items() if code != "local_time"}


def typed(rows: list[list[str]]) -> list[list]:
    """The rows of the CSV as a spreadsheet holds them: days and numbers."""
    return [[datetime.fromisoformat(row[0]).replace(tzinfo=None), *map(float, row[1:])] for row in rows]


PLAIN = check(co2_file()).clean.to_csv()


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_spreadsheet_reads_like_the_csv(write):
    report = check(write([HEADER, *typed(co2_rows())]))
    assert report.ok, report.to_dict()
    assert report.clean.to_csv() == PLAIN
    assert codes(report) == {}
    assert report.understood["kind"] == write.__name__


@pytest.mark.parametrize("write", [xlsx, ods])
def test_dates_and_times_apart_preamble_and_percent(write):
    rows = [
        [START.date() + timedelta(days=i // 288), clock(i % 288 // 12, i % 12 * 5), 600 + i % 90, 0.4125 + i % 2 / 100]
        for i in range(400)
    ]
    lines = [["Logger of room 12"], [], ["Date", "Heure", "CO2 (ppm)", "Humidité"], *rows]
    report = check(write(lines, percent=(3,)))
    assert report.ok, report.to_dict()
    assert codes(report) == {"preamble": 2}
    assert report.clean.rows[13]["time"] == datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
    assert report.clean.rows[13]["humidity"] == 42.25


def test_three_decimals_are_never_thousands():
    rows = [[*row[:2], 21.125, "41,5"] for row in typed(co2_rows())]
    report = check(xlsx([HEADER, *rows]))
    assert report.ok, report.to_dict()
    assert {row["temperature"] for row in report.clean.rows} == {21.125}


def test_days_counted_from_1904_and_serial_numbers_without_a_date_format():
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    for row in [HEADER, *typed(co2_rows())]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    assert check(out.getvalue()).clean.to_csv() == PLAIN
    first = datetime(1899, 12, 30)  # noqa: DTZ001  a wall clock
    rows = [[(row[0] - first) / timedelta(days=1), *row[1:]] for row in typed(co2_rows())]
    report = check(xlsx([HEADER, *rows]))
    assert report.clean.to_csv() == PLAIN
    assert codes(report) == {"serial_date": 100}


def test_several_sheets_the_one_with_most_known_headers_is_read_and_said():
    other = [["Name of the room", "Size"], ["12", "60"]]
    report = check(xlsx(other, [HEADER, *typed(co2_rows())]))
    assert report.ok, report.to_dict()
    assert codes(report) == {"sheet": 2}
    assert report.clean.to_csv() == PLAIN
    assert report.understood["sheet"] == 2


@pytest.mark.parametrize("write", [xlsx, ods])
def test_two_sheets_alike_are_asked_about(write):
    one, two = typed(co2_rows()), typed(co2_rows(120))
    data = write([HEADER, *one], [HEADER, *two])
    report = check(data)
    assert [question.code for question in report.questions] == ["sheet"]
    assert [value for value, _message in report.questions[0].choices] == ["1", "2"]
    assert check(data, sheet="1").rows == 100
    assert check(data, sheet="2").rows == 120
    assert check(data, sheet="7").questions


def test_names_of_sheets_are_not_told_of_answers():
    protocol = protocols.load("decibel-detectives")
    header = [column.name for column in protocol.columns]
    row = [str(column.examples[0]) for column in protocol.columns]
    data = xlsx([header, *[row] * 6], [header, *[row] * 7], names=["Marie Curie", "Other child"])
    report = protocols.check_file(data, protocol, hints=UTC_HINT, now=NOW + timedelta(days=400))
    assert [question.code for question in report.questions] == ["sheet"]
    assert "Marie" not in json.dumps(report.to_dict())


@pytest.mark.parametrize("write", [xlsx, ods])
def test_calculated_cells_are_read_and_said_and_a_formula_without_result_is_an_error(write):
    rows = typed(co2_rows())
    rows[10][1] = ("=600+7", 607)
    rows[11][1] = ("=600+8", 608)
    report = check(write([HEADER, *rows]))
    assert report.ok, report.to_dict()
    assert codes(report) == {"calculated": 2}
    assert report.clean.rows[10]["co2"] == 607
    rows[12][2] = ("=A1+1", None)
    report = check(write([HEADER, *rows]))
    assert codes(report) == {"calculated": 2, "formula": 1}
    assert not report.ok


@pytest.mark.parametrize("write", [xlsx, ods])
def test_another_library_reads_the_same_cells(write):
    rows = typed(co2_rows(40))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(write([HEADER, *rows]))).get_sheet_by_index(0)
    theirs = [row for row in sheet.to_python() if row[0] != HEADER[0]]
    ours = check(write([HEADER, *rows])).clean.rows
    assert [(row[0].replace(tzinfo=UTC), *row[1:4]) for row in theirs] == [
        (row["time"], row["co2"], row["temperature"], row["humidity"]) for row in ours
    ]


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _replaced(data: bytes, part: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, content if item == part else old.read(item))
    return out.getvalue()


def _sheet(rows: bytes) -> bytes:
    main = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return _replaced(xlsx([HEADER]), "xl/worksheets/sheet1.xml", main + rows + b"</sheetData></worksheet>")


def _noise(size: int) -> bytes:
    return random.Random(4).randbytes(size // 2).hex().encode()


def _content(rows: bytes) -> bytes:
    data = ods([HEADER])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read("content.xml")
    return _replaced(data, "content.xml", content.replace(b"</table:table>", rows + b"</table:table>"))


_TOO = b'<table:table-cell office:value-type="string" %s><text:p>x</text:p></table:table-cell>'
_BILLION = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
HOSTILE = {
    "bomb": (lambda: _sheet(b"<row/>" * 30_000_000), "too_large"),
    "large": (
        lambda: _sheet(b"<row><c t='inlineStr'><is><t>" + _noise(280_000_000) + b"</t></is></c></row>"),
        "too_large",
    ),
    "bomb of columns": (lambda: _sheet(b'<row r="1"><c r="XFD1"><v>1</v></c></row>'), "too_many_columns"),
    "far corner": (
        lambda: _sheet(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="B1048576"><v>2</v></c></row>'),
        "wrong",
    ),
    "bomb of rows": (
        lambda: _content(
            b'<table:table-row table:number-rows-repeated="1048576">' + _TOO % b"" + b"</table:table-row>"
        ),
        "too_many_rows",
    ),
    "repeated columns": (
        lambda: _content(
            b"<table:table-row>" + _TOO % b'table:number-columns-repeated="16384"' + b"</table:table-row>"
        ),
        "too_many_columns",
    ),
    "entities": (lambda: _replaced(xlsx([HEADER]), "xl/workbook.xml", _BILLION + b"<x>&b;</x>"), "spreadsheet"),
    "no xml": (lambda: _replaced(xlsx([HEADER]), "xl/workbook.xml", b"\x00\x01"), "spreadsheet"),
    "cut off": (lambda: xlsx([HEADER, *typed(co2_rows())])[:3000], "spreadsheet"),
    "many parts": (lambda: _zip(**{f"xl/{i}.xml": b"<x/>" for i in range(20_000)}), "spreadsheet"),
    "nothing inside": (lambda: _zip(**{"xl/workbook.xml": b"<x/>"}), "spreadsheet"),
    "empty sheets": (lambda: xlsx([[]]), "empty_file"),
    "only a header": (lambda: xlsx([HEADER]), "no_rows"),
    "deep json": (lambda: b"[" * 200_000 + b"]" * 200_000, "json"),
    "long json": (lambda: b'[{"a": 1},' + b'{"b": 2},' * 2_000_000 + b"{}]", "too_large"),
    "wide json": (lambda: json.dumps([{str(i): i for i in range(5000)}] * 3).encode(), "too_many_columns"),
    "long page": (lambda: b"<html><table>" + b"<tr><td>1<td>2" * 900_000, "too_large"),
    "page without a table": (lambda: b"<!doctype html><html><body>404</body></html>", "web_page"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_get_one_clear_error_within_two_seconds(name):
    make, code = HOSTILE[name]
    data = make()
    begun = time.process_time()
    report = check(data)
    assert time.process_time() - begun < 2
    errors = [finding.code for finding in report.findings if finding.severity == "error"]
    assert not report.ok
    assert report.clean is None
    assert len(errors) == 1
    if code != "wrong":
        assert errors == [code]


def test_a_part_that_unpacks_to_more_than_it_says_is_refused():
    data = bytearray(_sheet(b"<row/>" * 2_000_000))
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(b"sheet1.xml"))
    data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    report = check(bytes(data))
    assert [finding.code for finding in report.findings] == ["spreadsheet"]


MICROBIT = [["Time (seconds)", "co2", "temperature"], *[[str(300 * i), str(620 + i % 90), "21.5"] for i in range(100)]]


def microbit_page(lines: list[list[str]], old: bytes = b"") -> bytes:
    """MY_DATA.HTM as the micro:bit keeps it: 2,048 bytes of page, a header with places, the rows, erased flash."""
    page = b'<html><head><script>x.split("FS_START")[2]</script></head><!--FS_START'
    header = b"UBIT_LOG_FS_V_002\n" + b"0x0001ffed\0" + b"0x00000c00\0"
    body = "".join(",".join(line) + "\n" for line in lines).encode()
    return page.rjust(2048) + header.ljust(0xC00 - 2048, b"\xff") + body + b"\xff" * 400 + old


def test_the_microbits_own_file_asks_when_it_was_started():
    data = microbit_page(MICROBIT, old=b"1,2,3\nold rows\n")
    report = check(data)
    assert [question.code for question in report.questions] == ["start_time"]
    report = check(data, start_time="2026-03-02T07:00:00")
    assert report.ok, report.to_dict()
    assert codes(report) == {"since_start": 100}
    assert report.clean.rows[1]["time"] == START + timedelta(minutes=5)
    assert report.clean.rows[99]["co2"] == 629
    plain = check(csv_text(MICROBIT[1:], MICROBIT[0]).encode(), start_time="2026-03-02T07:00:00")
    assert plain.clean.to_csv() == report.clean.to_csv()


def test_a_column_the_microbit_logged_later_and_a_log_without_rows():
    lines = [["Time (seconds)", "co2"], *[row[:2] for row in MICROBIT[1:51]], MICROBIT[0], *MICROBIT[51:]]
    report = check(microbit_page(lines), start_time="2026-03-02T07:00:00")
    assert report.ok, report.to_dict()
    assert len(report.clean.rows) == 100
    assert (report.clean.rows[10]["temperature"], report.clean.rows[90]["temperature"]) == (None, 21.5)
    assert [finding.code for finding in check(microbit_page([])).findings] == ["no_rows"]


def test_a_logger_that_was_started_again():
    lines = [MICROBIT[0], *MICROBIT[1:61], *MICROBIT[1:41]]
    report = check(microbit_page(lines), start_time="2026-03-02T07:00:00")
    assert codes(report) == {"since_start": 100, "restarted": 40}
    report = check(microbit_page(lines), start_time="2026-03-02T07:00:00", decisions={"restarted": "leave_out"})
    assert report.ok, report.to_dict()
    assert len(report.clean.rows) == 60


def test_a_table_in_a_saved_page():
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in [HEADER, *co2_rows()])
    data = f"<!doctype html><html><body><table><tr><td>x</td></tr></table><table>{cells}</table></body></html>".encode()
    report = check(data)
    assert report.clean.to_csv() == PLAIN
    assert codes(report) == {}


@pytest.mark.parametrize(
    "shape",
    [
        lambda rows: [dict(zip(HEADER, row, strict=True)) for row in rows],
        lambda rows: {"device": "x", "data": [dict(zip(HEADER, row, strict=True)) for row in rows]},
        lambda rows: [HEADER, *rows],
        lambda rows: {name: [row[i] for row in rows] for i, name in enumerate(HEADER)},
    ],
)
def test_json_in_every_shape(shape):
    report = check(json.dumps(shape(co2_rows())).encode())
    assert report.ok, report.to_dict()
    assert report.clean.to_csv() == PLAIN


def test_sensor_community_files_are_utc_and_pressure_is_pascal():
    lines = ["sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2"]
    lines += [
        f"93;SDS011;41;43.5;5.4;{START + timedelta(minutes=5 * i):%Y-%m-%dT%H:%M:%S};{12 + i % 7}.5;;;{6 + i % 5}.25;;"
        for i in range(60)
    ]
    report = check("\n".join(lines).encode(), AIR, timezone="Europe/Paris")
    assert report.ok, report.to_dict()
    assert report.clean.rows[0]["time"] == START
    assert (report.clean.rows[0]["pm10"], report.clean.rows[0]["pm25"]) == (12.5, 6.25)
    assert report.counts["logger"] == 1
    lines = ["sensor_id;sensor_type;location;lat;lon;timestamp;pressure;altitude;temperature;humidity"]
    for i in range(60):
        at = f"{START + timedelta(minutes=5 * i):%Y-%m-%dT%H:%M:%S}"
        lines.append(f"94;BME280;41;43.5;5.4;{at};{101300 + i % 30}.5;;12.{i % 9};71.{i % 8}")
    report = check("\n".join(lines).encode(), AIR)
    assert report.counts["unit_converted"] == 1
    report = check("\n".join(lines).encode(), AIR, decisions={"empty_column": "leave_out"})
    assert any(column.column == "pressure" and column.unit == "Pa" for column in report.columns)


def test_airrohr_live_json():
    rows = [
        {
            "id": i, "timestamp": f"{START + timedelta(minutes=5 * i):%Y-%m-%d %H:%M:%S}",
            "sensor": {"id": 93, "pin": "1", "sensor_type": {"id": 14, "name": "SDS011"}},
            "location": {"latitude": "43.5", "longitude": "5.4"},
            "sensordatavalues": [
                {"value_type": "P1", "value": f"{12 + i % 7}.5"}, {"value_type": "P2", "value": f"{6 + i % 5}.2"}
            ],
        }
        for i in range(60)
    ]  # fmt: skip
    report = check(json.dumps(rows).encode(), AIR)
    assert report.ok, report.to_dict()
    assert (report.clean.rows[0]["pm10"], report.clean.rows[0]["pm25"]) == (12.5, 6.2)


def test_sensebox_readings_one_on_each_line_become_one_line_per_time():
    lines = ["createdAt,value,lat,lon,boxId,phenomenon,unit"]
    for i in range(60):
        at = f"{START + timedelta(minutes=5 * i):%Y-%m-%dT%H:%M:%S}.000Z"
        lines += [f"{at},{12 + i % 7}.5,43.5,5.4,b1,PM10,µg/m³", f"{at},{6 + i % 5}.2,43.5,5.4,b1,PM2.5,µg/m³"]
        lines += [
            f"{at},{14 + i % 4}.1,43.5,5.4,b1,Temperatur,°C",
            f"{at},{61 + i % 4}.1,43.5,5.4,b1,rel. Luftfeuchte,%",
        ]
    report = check("\n".join(lines).encode(), AIR)
    assert report.ok, report.to_dict()
    assert report.rows == 60
    first = report.clean.rows[0]
    assert (first["pm10"], first["pm25"], first["temperature"], first["humidity"]) == (12.5, 6.2, 14.1, 61.1)


def test_steamcity_json_never_lets_the_pupils_name_out():
    rows = [
        {
            "experimentId": 4, "studentName": "Marie Durand", "sensorType": kind, "value": value, "unit": unit,
            "timestamp": f"{START + timedelta(minutes=5 * i):%Y-%m-%dT%H:%M:%SZ}", "notes": "Marie",
        }
        for i in range(60)
        for kind, value, unit in (("CO2", 600 + i, "ppm"), ("Température", 20 + i % 3, "°C"))
    ]  # fmt: skip
    report = check(json.dumps(rows).encode())
    assert report.ok, report.to_dict()
    assert report.rows == 60
    assert report.clean.rows[5]["co2"] == 605
    assert "Marie" not in json.dumps(report.to_dict())
    assert b"Marie" not in report.clean.to_csv()


def test_12000_rows_of_a_spreadsheet_are_checked_fast():
    rows = typed(co2_rows(12_000))
    for data in (xlsx([HEADER, *rows]), ods([HEADER, *rows])):
        begun = time.process_time()
        assert len(check(data).clean.rows) == 12_000
        assert time.process_time() - begun < 1.5
    assert isinstance(rows[0][0].date(), date)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-02 08:{:02d}:00",
        "Mon Mar 02 2026 08:{:02d}:00 GMT+0100 (heure normale d’Europe centrale)",
        "2026-03-02T07:{:02d}:00.000Z",
    ],
)
def test_vittascience_curves(moment):
    """The first column has the name that Vittascience's published source gives it; the others are the class's own."""
    rows = "".join(f"{moment.format(i)};{620 + i * 7 % 40};{20 + i % 7 / 10:.1f}\n" for i in range(60))
    report = protocols.check_file(
        f"Temps (Graphique);CO2;Température\n{rows}".encode(),
        protocols.load("co2-indoor"),
        hints={"timezone": "Europe/Paris"},
        now=NOW,
    )
    assert report.ok
    assert [column.column for column in report.columns] == ["time", "co2", "temperature"]
    assert next(f for f in report.findings if f.code == "logger").message.params["logger"] == "Vittascience"
    assert report.clean.to_csv().splitlines()[1].startswith(b"2026-03-02T07:00:00Z,620,20,")
