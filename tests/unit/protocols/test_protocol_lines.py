"""Clean files as schools and loggers leave them give no finding but notes about how they were read; each file here once
gave a false one, or was read as something else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.headers import split_unit
from protocol_files import HEADER, NOW, co2_rows, csv_text
from workbook_files import ods, xlsx

HINTS = {"timezone": "Europe/Paris", "date_order": "dmy"}


def check(text: str | bytes, slug: str = "co2-indoor", **more) -> protocols.Report:
    data = text if isinstance(text, bytes) else text.encode()
    return protocols.check_file(data, protocols.load(slug), hints={**HINTS, **more}, now=NOW + timedelta(days=400))


def codes(report: protocols.Report) -> list[str]:
    return [finding.code for finding in report.findings]


def waste(count: int = 40) -> list[list[str]]:
    return [[str(i), "paper", "glass", f"{50 + i}.5"] for i in range(1, count + 1)]


WASTE = ["image", "true_class", "predicted_class", "confidence"]


@pytest.mark.parametrize("blank", [" , , , ", "\t,,,", "", ",,,"])
def test_lines_of_blanks_are_no_rows(blank):
    rows = csv_text(co2_rows(60)).splitlines()
    report = check("\n".join([*rows[:30], blank, *rows[30:], blank, blank]))
    assert codes(report) == []
    assert report.rows == 60


def test_rows_that_are_only_numbered_are_no_rows():
    rows = [[str(i), *row] for i, row in enumerate(co2_rows(60), 1)]
    rows += [[str(i), "", "", "", ""] for i in range(61, 71)]
    report = check(csv_text(rows, ["No.", *HEADER]))
    assert codes(report) == ["unknown_column", "empty_row"]
    assert [(one.row, one.count) for one in report.findings if one.code == "empty_row"] == [(62, 10)]
    assert report.ok
    assert len(report.clean.rows) == 60


@pytest.mark.parametrize(
    "last", ["# end of file", "End", "Fin de la mesure", "[EOF]", "# battery changed, window open", "Край"]
)
@pytest.mark.parametrize("slug", ["co2-indoor", "waste-sorting"])
def test_a_remark_below_the_rows_is_a_note(slug, last):
    text = csv_text(co2_rows(60)) if slug == "co2-indoor" else csv_text(waste(), WASTE)
    report = check(text + f"\n{last}\n", slug)
    assert codes(report) == ["remark"]
    assert report.findings[0].row == text.count("\n") + 2
    assert report.ok


def test_a_remark_among_the_rows_is_a_note_and_a_row_taken_out_is_not():
    lines = csv_text(co2_rows(60)).splitlines()
    report = check("\n".join([*lines[:20], "# battery changed", *lines[20:]]))
    assert codes(report) == ["remark"]
    lines[20] = "#" + lines[20]
    assert codes(check("\n".join(lines))) == ["bad_time"]


def test_a_remark_that_names_a_person_is_told_and_not_kept():
    data = (csv_text(co2_rows(60)) + "# measured by Emma Martin\n").encode()
    report = check(data)
    assert codes(report) == ["remark", "personal_line"]
    assert "Emma" not in str(report.to_dict())
    kept = b"".join(protocols.taken_out(data, report.surplus, None) or ())
    assert b"Emma" not in kept
    assert codes(check(kept)) == []


def test_a_number_or_a_date_at_the_end_is_no_remark():
    assert "remark" not in codes(check(csv_text(co2_rows(60)) + "2026-03-02T12:00:00Z,,,\n"))
    assert "remark" not in codes(check(csv_text(co2_rows(60)) + "31/02/2026,,,\n"))


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Niveau sonore dB(A)", "Niveau sonore", "dB(A)"),
        ("Nivel dB (A)", "Nivel", "dB (A)"),
        ("Vent km/h", "Vent", "km/h"),
        ("Wind speed m/s", "Wind speed", "m/s"),
        ("Temp (°C)", "Temp", "°C"),
        ("dB(A)", "dB(A)", None),
    ],
)
def test_the_longest_unit_at_the_end_of_a_name_is_its_unit(header, name, unit):
    assert split_unit(header) == (name, unit)


def test_kilometres_an_hour_are_not_read_as_metres_a_second():
    rows = [[time, "8.4", "14.2", "36"] for time, *_rest in co2_rows(60)]
    report = check(csv_text(rows, ["time", "pm25", "pm10", "Wind speed km/h"]), "outdoor-air")
    assert "unit_converted" in codes(report)
    assert {row["wind_speed"] for row in report.clean.rows} == {10.0}


def test_decibels_with_their_letter_stand_in_the_line_of_units_too():
    lines = ["Time;Latitude;Longitude;Sound level;Place;Feeling of calm", ";°;°;dB(A);;"]
    lines += [f"03/03/2026 08:{i:02};43,5{i:03};5,4{i:03};52,4;park;3" for i in range(20)]
    report = check("\n".join(lines), "whisper-walls")
    assert "units_row" in codes(report)
    assert not [one for one in report.findings if one.severity == "error"]


def test_quoted_decimal_commas_do_not_make_the_comma_the_separator():
    rows = [[time, co2, temp.replace(".", ","), hum.replace(".", ",")] for time, co2, temp, hum in co2_rows(60)]
    lines = ["\t".join(f'"{cell}"' for cell in row) + '\t""' for row in rows]
    names = "\t".join(f'"{name}"' for name in HEADER)
    report = check("\n".join(['"Logger"', '"School"', names, *lines]))
    assert (report.understood["separator"], report.understood["header_line"]) == ("\t", 3)
    assert report.ok


def test_utf_16_without_a_mark_is_read_in_cyrillic_too():
    rows = [[time, co2, "затворени"] for time, co2, *_rest in co2_rows(60)]
    text = csv_text(rows, ["Време", "CO2", "Прозорци"], ";")
    for encoding in ("utf-16-le", "utf-16-be"):
        assert check(text.encode(encoding)).understood["encoding"] == encoding


def test_the_name_of_the_template_comes_before_a_name_of_loggers():
    rows = [[str(i), str(100 + i), *row[1:]] for i, row in enumerate(waste())]
    report = check(csv_text(rows, ["id", *WASTE]), "waste-sorting")
    assert codes(report) == ["second_column"]
    assert [row["image"] for row in report.clean.rows][:2] == [100, 101]


def test_a_measurement_that_is_not_required_may_be_missing():
    names = "time,latitude,longitude,device,operator,notice,personal"
    rows = [f"2026-03-03T08:{i:02}:00Z,43.52{i:02},5.44{i:02},camera,city,yes,no" for i in range(20)]
    report = check("\n".join([names, *rows]), "ai-odyssey")
    assert codes(report) == []
    assert report.ok


def walls(times: list[str], named: list[str]) -> str:
    rows = [
        [time, f"20.{i % 10}", f"3.{i % 7}", f"18.{i % 9}", wall]
        for i, (time, wall) in enumerate(zip(times, named, strict=True))
    ]
    names = ["time", "indoor_temperature", "outdoor_temperature", "inner_wall_temperature", "wall"]
    return csv_text(rows, names)


def test_a_row_that_does_not_name_its_wall_is_no_gap():
    times = [f"{datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=i):%Y-%m-%dT%H:%M:%SZ}" for i in range(60)]
    named = ["" if i in (7, 30, 31, 32, 50) else "insulated" for i in range(60)]
    assert codes(check(walls(times, named), "warm-walls")) == []


def test_the_hour_that_comes_twice_is_no_repeated_time_where_a_column_names_the_wall():
    begin = datetime(2026, 10, 24, 20, 30, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")
    hours = [(begin + timedelta(hours=i)).astimezone(paris) for i in range(30)]
    one = [f"{hour:%Y-%m-%d %H:%M}" for hour in hours]
    assert codes(check(walls(one, ["insulated"] * 30), "warm-walls")) == ["doubled_hour", "local_time"]
    two = [time for time in one for _wall in range(2)]
    report = check(walls(two, ["insulated", "roof"] * 30), "warm-walls")
    assert codes(report) == ["doubled_hour", "local_time"]


def test_two_rows_that_changed_places_are_one_finding():
    rows = co2_rows(60)
    rows[20], rows[21] = rows[21], rows[20]
    assert codes(check(csv_text(rows))) == ["time_backwards"]


@pytest.mark.parametrize("book", [xlsx, ods])
def test_empty_cells_at_the_end_of_a_row_of_a_workbook_are_not_cut_off(book):
    rows = [[datetime(2026, 3, 2, 7) + timedelta(minutes=5 * i), 620 + i, 20.5 + i % 7 / 10, None] for i in range(60)]  # noqa: DTZ001
    rows = [row if i % 9 else [*row[:3], 41 + i % 5] for i, row in enumerate(rows)]
    assert codes(check(book([HEADER, *rows]))) == ["local_time"]
    # kept as text, it is the same
    data = book([HEADER, *rows])
    text = b"".join(protocols.taken_out(data, check(data).surplus, None) or ())
    assert codes(check(text)) == ["local_time"]


@pytest.mark.parametrize("header", ["Emma Martin", "Emma", "@emma_m2010", "https://instagram.com/emma.martin"])
def test_a_column_called_after_a_person_is_told_without_its_name_and_not_kept(header):
    data = csv_text([[*row, "12"] for row in co2_rows(60)], [*HEADER, header]).encode()
    report = check(data)
    assert codes(report) == ["personal_column"]
    assert "mma" not in str(report.to_dict())
    assert b"mma" not in b"".join(protocols.taken_out(data, report.surplus, None) or ())


def test_people_beside_the_named_columns_are_not_kept():
    rows = [[*row, "", "Emma Martin" if i == 30 else ""] for i, row in enumerate(co2_rows(60))]
    data = csv_text(rows).encode()
    report = check(data, decisions={"extra_cells": "leave_out"})
    assert codes(report) == ["extra_cells", "personal_column"]
    assert "Emma" not in str(report.to_dict())
    kept = b"".join(protocols.taken_out(data, report.surplus, None) or ())
    assert b"Emma" not in kept
    assert kept.count(b",") == data.count(b",")


def test_millimetres_of_mercury_among_hectopascals_are_one_finding():
    rows = [[time, "8.4", f"{14 + i % 5}.2", f"{1010 + i % 6}.4"] for i, (time, *_rest) in enumerate(co2_rows(60))]
    for row in rows[20:40]:
        row[3] = f"{float(row[3]) / 1.33322387415:.1f}"
    report = check(
        csv_text(
            [[row[0], f"8.{i % 7}", *row[2:]] for i, row in enumerate(rows)], ["time", "pm25", "pm10", "pressure"]
        ),
        "outdoor-air",
    )
    assert [(one.code, one.row, one.count) for one in report.findings] == [("mixed_units", 22, 20)]


@pytest.mark.parametrize("line", ["\n", " , \n", ",,,\n"])
@pytest.mark.parametrize("head", ["", "time,co2\n", "time,co2\n2026-03-02T08:00:00Z,620\n"])
def test_millions_of_blank_lines_are_refused_at_once(head, line):
    if not (head or line.strip()):
        head = "\ufeffx"  # else it is an empty file
    begun = time.process_time()
    report = check(head + line * 2_000_000 + "2026-03-02T08:05:00Z,620\n")
    assert codes(report) == ["no_rows"]
    assert time.process_time() - begun < 2


def test_a_blank_line_after_each_row_is_no_fault():
    report = check(csv_text(co2_rows(60), newline="\r\r\n"))
    assert codes(report) == []
