"""Numbers as people write them, choices, yes and no, formulas, headers and units."""

from __future__ import annotations

from itertools import product

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import units
from ckanext.steamcity.protocols.headers import Matcher, split_unit
from ckanext.steamcity.protocols.values import converted, is_formula, is_missing
from protocol_files import NOW, co2_rows, csv_text

CO2 = protocols.load("co2-indoor")


def temperatures(cells: list[str], **hints) -> tuple[list[float | None], protocols.Report]:
    rows = [[row[0], row[1], f'"{cell}"', "41"] for row, cell in zip(co2_rows(len(cells)), cells, strict=True)]
    hints = {"decisions": {"out_of_range": "keep"}, **hints}
    report = protocols.check_file(csv_text(rows).encode(), CO2, hints=hints, now=NOW)
    return ([row["temperature"] for row in report.clean.rows] if report.clean else []), report


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["21.5", "-3", "+4.25", ".5", "7."], [21.5, -3, 4.25, 0.5, 7]),
        (["21,5", "-3,0"], [21.5, -3]),
        (["1.5e1", "2E-1"], [15, 0.2]),
        (["1 234,5", "1\u202f234,5", "1'234.5"][:2], [1234.5, 1234.5]),
        (["1.234,5", "1.234"], [1234.5, 1234]),
        (["1,234.5", "1,234"], [1234.5, 1234]),
        (["21.5", "1.234"], [21.5, 1.234]),
        (["21,5", "1,234"], [21.5, 1.234]),
        (["21.5 °C", "70 °F"], [21.5, 21.11]),
        (["−4,5"], [-4.5]),
        (["٢١"], [21]),
        (["", "nan", "None", "-", "#N/A", "NULL", "20"], [None] * 6 + [20]),
    ],
)
def test_numbers(cells, values):
    assert temperatures(cells)[0] == pytest.approx(values)


@pytest.mark.parametrize(
    "cell", ["abc", "1,2,3", "1.2.3.4", "0x1F", "21.5 ppm", "1e999", "inf", "12:30", "1 2 3", "1,23,456"]
)
def test_not_numbers(cell):
    _values, report = temperatures(["20.5", cell])
    assert report.counts.get("wrong_type") == 1, report.counts


def test_a_comma_before_three_digits_is_asked():
    values, report = temperatures(["1,234", "20"])
    assert [question.code for question in report.questions] == ["decimal"]
    assert temperatures(["1,234", "20"], decimal=",")[0] == [1.234, 20]
    assert temperatures(["1,234", "20"], decimal=".")[0] == [1234, 20]


@pytest.mark.parametrize("cell", ["=1+1", "@x", "+A1", "-2+3+cmd|' /C calc'!A0", "- wet", "=HYPERLINK(1)", "-(1)"])
def test_formulas(cell):
    assert is_formula(cell)


@pytest.mark.parametrize("cell", ["-12,5", "+1", "-1.5e-5", "-5 °C", "-", "--", "-.5", "−3", "+359 88 123 456", "a=b"])
def test_not_formulas(cell):
    assert not is_formula(cell)


def test_choices_in_every_language_and_a_near_miss():
    words = ["open", "Ouvertes", "aperta", "ABIERTAS", "отворени", "1", "открехнати", "opne"]
    rows = [[*row, word] for row, word in zip(co2_rows(len(words)), words, strict=True)]
    report = protocols.check_file(
        csv_text(rows, ["time", "co2", "temperature", "humidity", "windows"]).encode(), CO2, now=NOW
    )
    wrong = [f for f in report.findings if f.severity == "error"]
    assert [(f.code, f.row) for f in wrong] == [("unknown_choice", 9)]
    assert wrong[0].suggestion.params == {"value": "open"}


def test_suggested_answers_are_taken_and_the_others_left_out():
    """Nobody types sixty answers again because one of them was spelled wrongly on each line."""
    words = ["open", "opne", "closde", "purple", "opne", "closed"]
    rows = [[*row, word] for row, word in zip(co2_rows(len(words)), words, strict=True)]
    data = csv_text(rows, ["time", "co2", "temperature", "humidity", "windows"]).encode()
    asked = [one for one in protocols.check_file(data, CO2, now=NOW).findings if one.code == "unknown_choice"]
    assert [one.choices for one in asked] == [["leave_out", "take_suggestion"]] * 2 + [["leave_out"], asked[0].choices]
    report = protocols.check_file(data, CO2, now=NOW, hints={"decisions": {"unknown_choice": "take_suggestion"}})
    assert report.ok
    assert [row["windows"] for row in report.clean.rows] == ["open", "open", "closed", None, "open", "closed"]
    assert [(one.row, one.measured, one.published) for one in report.repairs] == [
        (3, "o…", "open"), (4, "c…", "closed"), (5, "p…", None), (6, "o…", "open"),
    ]  # fmt: skip
    assert [row["quality_flag"] for row in report.clean.rows] == [1] * 6, "what was measured is as good as before"


@pytest.mark.parametrize("choice", ["leave_out", "take_suggestion"])
def test_a_suggestion_nobody_sees_is_not_taken(choice: str):
    """Answers of people are not shown, so nobody could say that one means another."""
    survey = protocols.load("city-detective")
    rows = ["traffic,lives,4"] * 20 + ["trafic,lives,4"]
    data = "\n".join(["theme,link,importance", *rows])
    report = protocols.check_file(data.encode(), survey, now=NOW, hints={"decisions": {"unknown_choice": choice}})
    told = next(one for one in report.findings if one.code == "unknown_choice")
    assert (told.choices, told.decision) == (["leave_out"], "leave_out")


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [("Temp °F", "70", 21.11), ("Temp °F", "70.5", 21.389), ("Temp (K)", "294.15", 21), ("Temp °F", "7e1", 21.111111)],
)
def test_a_converted_value_has_no_more_decimals_than_it_can_know(header: str, cell: str, value: float):
    rows = [[row[0], row[1], cell, "41"] for row in co2_rows(20)]
    report = protocols.check_file(csv_text(rows, ["time", "co2", header, "humidity"]).encode(), CO2, now=NOW)
    assert report.clean.rows[0]["temperature"] == value


@pytest.mark.parametrize("written", ["{:.0f}", "{:.1f}", "{:.3f}", "{:.4f}", "{:.3e}", "{:.1E}"])
def test_a_converted_value_turned_back_is_what_was_written(written: str):
    """Of every unit, in the cell's own decimals, with a comma as with a point."""
    rules = [(one["factor"], one["offset"]) for unit in units.units().values() for one in unit.to.values()]
    for (factor, offset), number in product(rules, (-41.7, 0.5, 3.14159, 26.5903, 1499.96)):
        cell = written.format(number)
        mantissa, _, exponent = cell.casefold().partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        for form in (cell, cell.replace(".", ",")):
            there = converted(form, float(cell), factor, offset)
            assert round((there - offset) / factor, decimals) == pytest.approx(float(cell), rel=1e-12)


@pytest.mark.parametrize(
    ("header", "column", "unit"),
    [
        ("CO2 (ppm)", "co2", "ppm"),
        ("CO₂ [ppm]", "co2", "ppm"),
        ("co2_ppm", "co2", "ppm"),
        ("Temp °C", "temperature", "°C"),
        ("TEMPÉRATURE", "temperature", None),
        ("Temp. (°F)", "temperature", "°F"),
        ("Влажност (%)", "humidity", "%"),
        ("Humidité relative %", "humidity", "%"),
        ("date et heure", "time", None),
        ("colour", None, None),
    ],
)
def test_headers(header, column, unit):
    found = Matcher(CO2).find(header)
    assert found == ((column, unit) if column else None)


def test_pm_with_comma_and_micro_signs():
    matcher = Matcher(protocols.load("outdoor-air"))
    for header in ("PM2,5 (µg/m³)", "PM2.5 μg/m3", "pm2_5 [ug/m3]", "PM 2.5"):
        assert matcher.find(header)[0] == "pm25", header


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("°C", "Cel"),
        ("ºC", "Cel"),
        ("µg/m³", "ug/m3"),
        ("μg/m3", "ug/m3"),
        ("mW", None),
        ("dB(A)", "dB"),
        ("Lux", "lx"),
        ("furlong", None),
        ("%RH", "%"),
    ],
)
def test_units(written, code):
    assert units.resolve(written) == code


def test_unit_conversions_are_kept_to_one_kind():
    assert units.conversion("Pa", "hPa") == (0.01, 0)
    assert units.conversion("[ppb]", "ug/m3") is None
    assert split_unit("Temp (°C)") == ("Temp", "°C")


def test_missing_tokens():
    assert all(is_missing(cell) for cell in ("", "NaN", "none", "—", "#VALEUR!", "N/A"))
    assert not any(is_missing(cell) for cell in ("0", "no", "x", "-1"))
