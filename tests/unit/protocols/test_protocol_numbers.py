"""Units in cells, commas and points: nothing is changed twice, and nothing silently."""

from __future__ import annotations

import pytest
from ckanext.steamcity import protocols
from protocol_files import NOW, co2_file, co2_rows, csv_text

CO2 = protocols.load("co2-indoor")
AIR = protocols.load("outdoor-air")


def check(cells: list[str], header: str, slug: str = "co2-indoor", other: str = "20.5", separator: str = ";", **hints):
    """One column of cells as `header`, beside a required one that says nothing, and a temperature."""
    rows = [[row[0], cell, other] for row, cell in zip(co2_rows(len(cells)), cells, strict=True)]
    names = ["time", header, "temperature"]
    return protocols.check_file(
        csv_text(rows, names, separator).encode(), protocols.load(slug), hints={"timezone": "UTC", **hints}, now=NOW
    )


def published(report: protocols.Report, name: str) -> list[float]:
    assert report.clean is not None, report.to_dict()
    return [row[name] for row in report.clean.rows]


def temperature(cells: list[str], header: str = "Temp", **hints) -> protocols.Report:
    rows = [[row[0], row[1], cell] for row, cell in zip(co2_rows(len(cells)), cells, strict=True)]
    return protocols.check_file(csv_text(rows, ["time", "co2", header]).encode(), CO2, hints=hints, now=NOW)


def test_a_unit_in_the_cell_is_not_converted_by_the_header_too():
    report = temperature(["68 °F", "50 °F"] * 30, "Temp (°F)")
    assert published(report, "temperature")[:2] == [20, 10]
    assert published(temperature(["68 °F", "68"] * 30, "Temp (°F)"), "temperature")[:2] == [20, 20]
    rows = [[row[0], "8.5", "14.5", f"{101300 + i} Pa"] for i, row in enumerate(co2_rows(60))]
    report = protocols.check_file(csv_text(rows, ["time", "pm25", "pm10", "pressure (Pa)"]).encode(), AIR, now=NOW)
    assert published(report, "pressure")[0] == 1013


def test_cells_converted_by_their_own_unit_are_told_and_listed():
    report = temperature(["69 °F", "20.5 °C"] * 30)
    told = [(f.code, f.row, f.count) for f in report.findings]
    assert told == [("unit_converted", 2, 30)]
    assert len(report.repairs) == 30
    first = report.repairs[0]
    assert (first.row, first.column, first.measured, first.published) == (2, "temperature", "69 °F", "20.56")
    assert len(temperature([f"{68 + i % 5} °F" for i in range(60)]).repairs) == 60
    assert temperature(["20.5 °C", "20.6 °C"] * 30).findings == []


@pytest.mark.parametrize(
    ("cells", "header", "slug", "other", "separator", "values"),
    [
        (["1.100", "1.250"], "CO2", "co2-indoor", "20,5", ";", [1100, 1250]),
        (["950", "1.250"], "CO2", "co2-indoor", "20,5", ";", [950, 1250]),
        (["12.143", "13.250"], "pm25", "outdoor-air", "20.5", ",", [12.143, 13.25]),
    ],
)
def test_what_the_file_and_the_quantity_agree_on_is_not_asked(cells, header, slug, other, separator, values):
    report = check(cells * 30, header, slug, other, separator)
    assert report.questions == []
    columns = {"CO2": "co2", "pm25": "pm25"}
    if slug == "co2-indoor":
        assert published(report, columns[header])[:2] == values
        assert ("thousands" in report.counts) is (values[1] >= 1000)


@pytest.mark.parametrize(
    ("cell", "header", "slug", "other", "separator"),
    [
        ("1.100", "CO2", "co2-indoor", "20.5", ";"),
        ("1.100", "CO2", "co2-indoor", "20.5", "\t"),
        ("1.100", "CO2", "co2-indoor", "", ";"),
        ("1,100", "CO2", "co2-indoor", "", ";"),
        ("1,100", "CO2", "co2-indoor", "20,5", ";"),
        ("12.143", "pm25", "outdoor-air", "20,5", ";"),
    ],
)
def test_what_may_be_thousands_or_decimals_is_asked(cell, header, slug, other, separator):
    report = check([cell] * 60, header, slug, other, separator)
    assert [question.code for question in report.questions] == ["decimal"]
    choices = {value: message.params["reading"] for value, message in report.questions[0].choices}
    written = "," if "," in cell else "."
    assert choices[written] == cell.replace(",", ".")
    assert choices["," if written == "." else "."] == cell.replace(written, "")
    for mark in (",", "."):
        answered = check([cell] * 60, header, slug, other, separator, decimal=mark)
        assert answered.questions == []
        if slug == "co2-indoor":
            assert published(answered, "co2")[0] == (float(cell.replace(",", ".")) if mark == written else 1100)


def test_a_question_about_points_on_a_walk_is_asked_with_an_invented_point():
    protocol = protocols.load("soundsquad")
    rows = [[f"2026-03-22 08:{i:02d}", f"43,52{i:02d}1", f"5,44{i:02d}2", "61.234"] for i in range(40)]
    report = protocols.check_file(
        csv_text(rows, ["time", "latitude", "longitude", "dB"], ";").encode(),
        protocol,
        hints={"timezone": "UTC"},
        now=NOW,
    )
    asked = next(question for question in report.questions if question.code == "decimal")
    assert asked.message.params["value"] == "1.234"
    assert {value: message.params["reading"] for value, message in asked.choices} == {".": "1.234", ",": "1234"}


def test_sorted_rows_are_listed_among_the_repairs():
    data = co2_file(lambda rows: rows.insert(11, rows.pop(12)))
    report = protocols.check_file(data, CO2, hints={"decisions": {"time_backwards": "sort"}}, now=NOW)
    assert report.ok
    repair = next(one for one in report.repairs if one.code == "time_backwards")
    assert (repair.row, repair.column) == (None, "time")
    assert repair.measured.startswith("13, 14, 15")
    assert repair.published.startswith("14, 13, 15")


def air(change, **hints) -> protocols.Report:
    rows = [[row[0], f"{8 + i % 5}.5", f"{14 + i % 7}.5", f"{2 + i % 5 / 2:.1f}"] for i, row in enumerate(co2_rows(60))]
    changed = [change(i, list(row)) for i, row in enumerate(rows)]
    header = ["time", "pm25", "pm10", "temperature"]
    return protocols.check_file(csv_text(changed, header).encode(), AIR, hints=hints, now=NOW)


def told(report: protocols.Report) -> list[tuple]:
    return [(f.code, f.severity, f.row, f.count) for f in report.findings]


def milligrams(row: list[str], *columns: int) -> list[str]:
    return [f"{float(cell) / 1000:.4f}" if i in columns else cell for i, cell in enumerate(row)]


def fahrenheit(cell: str) -> str:
    return f"{float(cell) * 1.8 + 32:.1f}"


def test_a_whole_column_in_milligrams_is_found():
    assert told(air(lambda _i, row: row)) == []
    both = air(lambda _i, row: milligrams(row, 1, 2))
    assert told(both) == [("mixed_units", "error", 2, 60)] * 2
    one = air(lambda _i, row: milligrams(row, 1), decisions={"mixed_units": "convert"})
    assert told(one) == [("mixed_units", "error", 2, 60)]
    assert one.ok
    assert one.clean.rows[0]["pm25"] == 8.5
    assert len(one.repairs) == 60


def test_every_conversion_of_the_units_is_known_in_headers_and_cells():
    rows = [milligrams(row, 1) for row in ([r[0], "8.5", f"{14 + i % 7}.5"] for i, r in enumerate(co2_rows(60)))]
    report = protocols.check_file(csv_text(rows, ["time", "pm25 (mg/m3)", "pm10"]).encode(), AIR, now=NOW)
    assert ("unit_converted", "note", 1, 1) in told(report)
    assert report.clean.rows[0]["pm25"] == 8.5
    rows = [[r[0], "0.0085 mg/m³", "14.5"] for r in co2_rows(60)]
    report = protocols.check_file(csv_text(rows, ["time", "pm25", "pm10"]).encode(), AIR, now=NOW)
    assert report.clean.rows[0]["pm25"] == 8.5


@pytest.mark.parametrize(
    ("rows", "count"), [(range(30), 30), (range(40, 60), 20), (range(10, 15), 5), (range(0, 60, 2), 30)]
)
def test_fahrenheit_in_winter_is_found_where_the_values_leap(rows, count):
    """36 °F and 36 °C are both possible outdoors; a leap that is none once converted is not."""
    report = air(lambda i, row: [*row[:3], fahrenheit(row[3]) if i in rows else row[3]])
    assert told(report) == [("mixed_units", "error", rows[0] + 2, count)]


def test_fahrenheit_in_every_second_row_of_a_room():
    report = temperature([fahrenheit(f"{20 + i % 7 / 10}") if i % 2 else f"{20 + i % 7 / 10}" for i in range(60)])
    assert told(report) == [("mixed_units", "error", 3, 30)]


def test_a_cold_front_and_a_single_leap_are_no_other_unit():
    falls = temperature([f"{25 - min(i, 20) * 0.7:.1f}" for i in range(60)])
    assert "mixed_units" not in falls.counts
    spike = temperature(["69.8" if i == 30 else f"{20 + i % 7 / 10:.1f}" for i in range(60)])
    assert "mixed_units" not in spike.counts


@pytest.mark.parametrize(
    ("rows", "change", "reading"),
    [
        (range(10, 11), lambda cell: cell.replace(".", ""), 20.3),
        (range(10, 15), lambda cell: cell.replace(".", ""), 20.3),
        (range(30, 60), lambda cell: cell.replace(".", ""), 20.2),
        (range(60), lambda cell: cell.replace(".", ""), 20.0),
        (range(10, 15), lambda cell: f"{cell[0]}.{cell[1]}{cell[3]}", 20.3),
    ],
)
def test_a_lost_or_misplaced_comma_is_one_finding(rows, change, reading):
    cells = [f"{20 + i % 7 / 10:.1f}" for i in range(60)]
    written = [change(cell) if i in rows else cell for i, cell in enumerate(cells)]
    assert told(temperature(written)) == [("lost_decimal", "error", rows[0] + 2, len(rows))]
    mended = temperature(written, decisions={"lost_decimal": "convert"})
    assert mended.ok
    assert published(mended, "temperature") == [float(cell) for cell in cells]
    assert [(r.row, r.measured, r.published) for r in mended.repairs][0] == (
        rows[0] + 2, written[rows[0]], f"{reading:g}",
    )  # fmt: skip
    left = temperature(written, decisions={"lost_decimal": "leave_out"})
    assert published(left, "temperature")[rows[0]] is None
    assert len(left.repairs) == len(rows)


@pytest.mark.parametrize("wild", ["999", "99", "850", "333"])
def test_a_wild_value_lost_no_comma(wild):
    assert told(temperature([wild if i == 9 else "20.5" if i % 2 else "20.6" for i in range(60)])) == [
        ("out_of_range", "error", 11, 1)
    ]


@pytest.mark.parametrize(
    "header",
    [
        ["time", "temperature", "co2", "humidity"],
        ["time", "co2", "humidity", "temperature"],
        ["time", "humidity", "co2", "temperature"],
        ["time", "temperature", "humidity", "co2"],
        ["co2", "time", "temperature", "humidity"],
        ["humidity", "time", "co2", "temperature"],
    ],
)
def test_values_under_wrong_names_are_one_finding(header):
    rows = [[*row[:3], str(50 + i % 9)] for i, row in enumerate(co2_rows())]
    report = protocols.check_file(csv_text(rows, header).encode(), CO2, now=NOW)
    assert [(f.code, f.count) for f in report.findings] == [("swapped_columns", 100)]
    assert not report.ok
    mapping = dict(zip(header, ["time", "co2", "temperature", "humidity"], strict=True))
    right = protocols.check_file(csv_text(rows, header).encode(), CO2, hints={"mapping": mapping}, now=NOW)
    assert right.ok
    assert right.findings == []
    assert right.clean.rows[0]["co2"] == 620


def test_swapped_columns_may_be_kept():
    rows = [[row[0], row[2], row[1]] for row in co2_rows()]
    data = csv_text(rows, ["time", "co2", "temperature"]).encode()
    kept = protocols.check_file(data, CO2, hints={"decisions": {"swapped_columns": "keep"}}, now=NOW)
    assert kept.counts["out_of_range"] == 100


def test_a_column_without_a_name_is_told_once():
    rows = [[str(i), *row] for i, row in enumerate(co2_rows())]
    report = protocols.check_file(csv_text(rows).encode(), CO2, now=NOW)
    assert [f.code for f in report.findings] == ["shifted_columns"]
    assert not report.ok


@pytest.mark.parametrize(
    ("cells", "column", "separator", "asked"),
    [(["1.234", "1.345"] * 30, "pm10", ",", []), (["12,143"] * 60, "pm25", ";", ["decimal"])],
    ids=["a point between commas", "a comma"],
)
def test_what_separates_the_columns_tells_what_a_number_means(cells, column, separator, asked):
    report = check(cells, column, "outdoor-air", "", separator)
    assert [question.code for question in report.questions] == asked


def test_fahrenheit_up_to_the_end_of_the_file_is_found():
    report = air(lambda i, row: [*row[:3], fahrenheit(row[3]) if i >= 20 else row[3]])
    assert told(report) == [("mixed_units", "error", 22, 40)]


def test_nines_are_no_lost_comma():
    """So sensors write that they have no value."""
    report = air(lambda i, row: [*row[:3], "99" if i == 9 else row[3]])
    assert told(report) == [("out_of_range", "error", 11, 1)]


def test_a_whole_column_of_shares_where_percent_are_asked_is_found_and_converted():
    """As a classifier writes how sure it was."""
    waste = protocols.load("waste-sorting")
    names = ["image", "file", "true_class", "predicted_class", "confidence", "background", "light"]
    rows = [[str(i + 1), f"{i}.jpg", "plastic", "plastic", f"0.{91 + i % 7}", "plain", "good"] for i in range(40)]
    for decision, found in (("convert", 91), ("keep", 0.91)):
        hints = {"decisions": {"mixed_units": decision}}
        report = protocols.check_file(csv_text(rows, names).encode(), waste, hints=hints, now=NOW)
        assert ("mixed_units", "error", 2, 40) in told(report)
        assert report.clean.rows[0]["confidence"] == found
    percent = [[*row[:4], str(91 + i % 7), *row[5:]] for i, row in enumerate(rows)]
    assert told(protocols.check_file(csv_text(percent, names).encode(), waste, now=NOW)) == []
