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
    assert (first.row, first.column, first.measured, first.published) == (2, "temperature", "69 °F", "20.555556")
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
        csv_text(rows, ["time", "latitude", "longitude", "dB"], ";").encode(), protocol, hints={"timezone": "UTC"}, now=NOW
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
