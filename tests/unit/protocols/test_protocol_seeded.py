"""Files with known faults give exactly those findings; clean files give none."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import time
import tracemalloc
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.messages import fill
from ckanext.steamcity.protocols.sample import sample_csv
from protocol_files import HEADER, NOW, cell, co2_file, co2_rows, csv_text, remove, school_logger

CO2 = protocols.load("co2-indoor")


def check(data: bytes, **hints) -> protocols.Report:
    report = protocols.check_file(data, CO2, hints=hints, now=NOW)
    json.dumps(report.to_dict())
    for item in [*report.findings, *report.questions]:
        for language in protocols.LANGUAGES:
            sentence = fill(item.message, language=language)
            assert "{" not in sentence, sentence
            assert item.message.text
            assert "  " not in sentence
    for finding in report.findings:
        if finding.suggestion:
            assert "{" not in fill(finding.suggestion)
    return report


def found(report: protocols.Report) -> list[tuple]:
    return [(f.code, f.severity, f.row, f.count) for f in report.findings]


def test_clean_file_gives_nothing():
    report = check(co2_file())
    assert found(report) == []
    assert report.ok
    assert report.clean is not None
    assert len(report.clean.rows) == 100
    assert report.clean.quality.completeness == 1.0
    assert report.repairs == []


def test_the_school_logger_before_decisions():
    report = check(school_logger())
    assert found(report) == [
        ("separator", "note", None, 1),
        ("decimal_comma", "note", None, 290),
        ("decimal_comma", "note", None, 290),
        ("out_of_range", "error", 52, 1),
    ]
    assert [question.code for question in report.questions] == ["timezone"]
    assert not report.ok
    assert report.clean is None
    assert [column.column for column in report.columns] == ["time", "co2", "temperature", "humidity"]
    assert [column.unit for column in report.columns] == [None, "ppm", "°C", "%"]


def test_the_school_logger_with_decisions():
    report = check(school_logger(), timezone="Europe/Paris", decisions={"out_of_range": "leave_out"})
    assert found(report)[4:] == [("local_time", "note", None, 290), ("gap", "note", 102, 10)]
    assert report.ok
    rows = report.clean.rows
    assert report.clean.to_csv().splitlines()[1] == b"2026-03-22T07:00:00Z,620,20,41,,,1"
    assert rows[50]["co2"] is None
    assert rows[50]["quality_flag"] == 4
    repair = next(r for r in report.repairs if r.row)
    assert (repair.row, repair.column, repair.measured, repair.published) == (52, "co2", "99999", None)
    assert report.clean.quality.expected == 300
    # Ten rows are not there, and of one the value was left out.
    assert report.clean.quality.completeness == pytest.approx(289 / 300, abs=1e-4)
    assert report.clean.quality.empty == 1
    gap = next(f for f in report.findings if f.code == "gap")
    assert gap.message.params["from"] == "22/03/2026 16:15"  # as the file says it
    assert gap.message.params["to"] == "22/03/2026 17:10"


def test_keeping_an_impossible_value_marks_it():
    report = check(co2_file(cell(10, 1, "12000")), decisions={"out_of_range": "keep"})
    assert report.ok
    assert report.clean.rows[10]["co2"] == 12000
    assert report.clean.rows[10]["quality_flag"] == 4


def test_a_shifted_row_left_out_keeps_its_cells_among_the_repairs():
    def shift(rows):
        rows[10][1:4] = ["", *rows[10][1:3]]

    measured = co2_rows()[10]
    report = check(co2_file(shift), decisions={"shifted_row": "leave_out"})
    assert report.ok
    assert len(report.clean.rows) == 99
    assert {(r.row, r.measured) for r in report.repairs} == {(12, cell) for cell in measured[:3]}
    kept = check(co2_file(shift), decisions={"shifted_row": "keep"})
    assert ("out_of_range", "error", 12, 1) in found(kept)


@pytest.mark.parametrize("slug", [s for s in protocols.slugs() if protocols.load(s).shape == "time_series"])
def test_no_row_of_a_real_looking_series_seems_shifted(slug):
    """Also not one with a wild value in each column at once: it fits nowhere else either."""
    protocol = protocols.load(slug)
    report = protocols.check_file(sample_csv(protocol), protocol, hints={"timezone": "UTC"}, now=NOW)
    assert "shifted_row" not in {finding.code for finding in report.findings}


SINGLE = {
    "wrong type": (cell(10, 1, "abc"), [("wrong_type", "error", 12, 1)]),
    "impossible": (cell(10, 1, "12000"), [("out_of_range", "error", 12, 1)]),
    "impossible, low": (cell(10, 3, "-4"), [("out_of_range", "error", 12, 1)]),
    "unusual": (cell(10, 1, "2100"), [("spike", "note", 12, 1)]),
    "not a time": (cell(10, 0, "yesterday"), [("bad_time", "error", 12, 1)]),
    "no such day": (cell(10, 0, "2026-02-30T07:50:00Z"), [("bad_time", "error", 12, 1)]),
    "no time": (cell(10, 0, ""), [("no_time", "error", 12, 1)]),
    "same time": (
        cell(10, 0, co2_rows()[9][0]),
        [("duplicate_time", "error", 12, 1)],
    ),
    "back in time": (
        cell(10, 0, "2026-03-01T07:00:00Z"),
        [("time_backwards", "error", 12, 1)],
    ),
    "gap": (remove(20, 30), [("gap", "note", 22, 10)]),
    "clock reset": (cell(10, 0, "1970-01-01T00:00:10Z"), [("clock_reset", "error", 12, 1)]),
    "clock of 2000": (cell(10, 0, "2000-01-01T00:00:10Z"), [("clock_reset", "error", 12, 1)]),
    "future": (cell(99, 0, "2031-01-01T00:00:00Z"), [("future_time", "error", 101, 1)]),
    "formula": (cell(10, 2, "=1+1"), [("formula", "error", 12, 1)]),
    "formula at": (cell(10, 2, "@SUM(A1)"), [("formula", "error", 12, 1)]),
    "formula plus": (cell(10, 2, "+A1"), [("formula", "error", 12, 1)]),
    "formula behind a number": (cell(10, 2, "-2+3|cmd"), [("formula", "error", 12, 1)]),
    "empty value": (cell(10, 1, "NaN"), [("missing_value", "note", 12, 1)]),
    "spike": (cell(10, 2, "33.0"), [("spike", "note", 12, 1)]),
    "one comma": (
        lambda rows: rows[10].__setitem__(2, '"21,5"'),
        [("mixed_decimals", "warning", None, 1)],
    ),
    "extra cell": (lambda rows: rows[10].append("7"), [("extra_cells", "error", 12, 1)]),
    "one column to the right": (
        lambda rows: rows[10].__setitem__(slice(1, 4), ["", *rows[10][1:3]]),
        [("shifted_row", "error", 12, 1)],
    ),
    "one column to the left": (
        lambda rows: rows[10].__setitem__(slice(1, 4), [*rows[10][2:4], ""]),
        [("shifted_row", "error", 12, 1)],
    ),
    "to the left, over the time": (
        lambda rows: rows[10].__setitem__(slice(0, 4), [*rows[10][1:4], ""]),
        [("shifted_row", "error", 12, 1)],
    ),
    "cut off": (lambda rows: rows[99].__delitem__(slice(2, 4)), [("short_row", "warning", 101, 1)]),
    "header again": (lambda rows: rows.insert(10, list(HEADER)), [("repeated_header", "note", 12, 1)]),
    "fahrenheit among celsius": (
        lambda rows: [row.__setitem__(2, f"{float(row[2]) * 1.8 + 32:.1f}") for row in rows[20:40]],
        [("mixed_units", "error", 22, 20)],
    ),
    "all fahrenheit": (
        lambda rows: [row.__setitem__(2, f"{float(row[2]) * 1.8 + 32:.1f}") for row in rows],
        [("mixed_units", "error", 2, 100)],
    ),
    "shares among percent": (
        lambda rows: [row.__setitem__(3, f"{float(row[3]) / 100:.4f}") for row in rows[:30]],
        [("mixed_units", "error", 2, 30)],
    ),
    "two values like another unit are spikes": (
        cell(10, 2, "69.8"),
        [("spike", "note", 12, 1)],
    ),
    "wet sensor": (
        lambda rows: [row.__setitem__(3, f"{99.9 + i % 2 / 10}") for i, row in enumerate(rows[20:60])],
        [("saturated", "warning", 22, 40)],
    ),
    "a moment of rain": (
        lambda rows: [row.__setitem__(3, "100") for row in rows[20:25]],
        [("unusual", "note", 22, 5)],
    ),
    "frozen": (
        lambda rows: [row.__setitem__(1, "700") for row in rows[20:60]],
        [("frozen", "warning", 22, 40)],
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_one_fault_gives_its_findings(name):
    change, expected = SINGLE[name]
    assert sorted(found(check(co2_file(change))), key=str) == sorted(expected, key=str)


TOLD_ONCE = {"missing_value", "mixed_decimals", "repeated_header", "mixed_units", "unusual"}  # at their first place
#: With so many in degrees Fahrenheit, one more of them is no spike.
JOINED = {"fahrenheit among celsius", "all fahrenheit", "two values like another unit are spikes"}


def _later(rows: list[list[str]], minutes: int) -> list[list[str]]:
    """The same rows, so much later; times that are none, or of another year, stay."""
    for row in rows:
        with suppress(ValueError):
            if row[0].startswith("2026"):
                row[0] = f"{datetime.fromisoformat(row[0]) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
    return rows


@pytest.mark.parametrize("first", SINGLE)
def test_two_faults_give_the_findings_of_both(first):
    names = list(SINGLE)
    for second in names[names.index(first) % 3 :: 3]:
        if {first, second} <= JOINED and first != second:
            continue
        blocks = [co2_rows(), co2_rows()]
        SINGLE[first][0](blocks[0])
        SINGLE[second][0](blocks[1])
        rows = [*blocks[0], *co2_rows(150)[100:], *_later(blocks[1], 750), *co2_rows(300)[250:]]
        expected = [(*one, 0) for one in SINGLE[first][1]] + [(*one, len(blocks[0]) + 50) for one in SINGLE[second][1]]
        counts: Counter[tuple] = Counter()
        for code, severity, row, count, offset in expected:
            counts[code, severity, row and code not in TOLD_ONCE and row + offset] += count
        got: Counter[tuple] = Counter()
        for code, severity, row, count in found(check(csv_text(rows).encode())):
            got[code, severity, row and code not in TOLD_ONCE and row] += count
        if first == second == "one comma":
            counts = Counter(dict.fromkeys(counts, 1))  # it is said of the column
        assert got == counts, second


def test_an_impossible_value_does_not_hide_shares_among_percent():
    """It is the lowest of the column, where the shares would else be."""
    changes = (SINGLE["shares among percent"][0], cell(50, 3, "-4"))
    assert sorted(found(check(co2_file(*changes)))) == [
        ("mixed_units", "error", 2, 30), ("out_of_range", "error", 52, 1),
    ]  # fmt: skip


def test_pascal_among_hectopascal_and_milligrams_among_micrograms():
    protocol = protocols.load("outdoor-air")
    rows = [[row[0], f"{8 + i % 5}.5", f"{14 + i % 7}.5", f"{1013 + i % 5}.2"] for i, row in enumerate(co2_rows())]
    header = ["time", "pm25", "pm10", "pressure"]

    def report(change, **hints) -> protocols.Report:
        changed = [change(i, list(row)) for i, row in enumerate(rows)]
        return protocols.check_file(csv_text(changed, header).encode(), protocol, hints=hints, now=NOW)

    def pascal(i, row):
        return [*row[:3], f"{float(row[3]) * 100:.0f}"] if 50 <= i < 80 else row

    def milligrams(i, row):
        return [row[0], f"{float(row[1]) / 1000:.4f}", *row[2:]] if i < 20 else row

    assert found(report(lambda _i, row: row)) == []
    assert found(report(pascal)) == [("mixed_units", "error", 52, 30)]
    assert found(report(milligrams)) == [("mixed_units", "error", 2, 20)]
    mended = report(pascal, decisions={"mixed_units": "convert"})
    assert mended.ok
    assert [row["pressure"] for row in mended.clean.rows] == [float(row[3]) for row in rows]
    assert [row["quality_flag"] for row in mended.clean.rows].count(3) == 30
    repair = mended.repairs[0]
    assert (repair.row, repair.measured, repair.published) == (52, pascal(50, rows[50])[3], rows[50][3])
    left = report(milligrams, decisions={"mixed_units": "leave_out"})
    assert left.clean.rows[3]["pm25"] is None
    assert report(milligrams, decisions={"mixed_units": "keep"}).clean.rows[3]["pm25"] == float(rows[3][1]) / 1000


def test_several_languages_in_one_table_are_said():
    rows = [[*row, "Heures"] for row in co2_rows()]
    header = ["Horodatage", "CO2", "Temperatura dell’aria", "Относителна влажност"]
    report = check(
        csv_text(
            [row[:4] for row in rows], [CO2.columns[0].titles["fr"], *header[1:3], CO2.columns[3].titles["bg"]]
        ).encode()
    )
    assert "mixed_languages" in report.counts
    windows = CO2.by_name["windows"].choices
    answers = [windows[0].titles["it"], windows[1].titles["bg"]]
    rows = [[*row, answers[i % 2]] for i, row in enumerate(co2_rows())]
    report = check(csv_text(rows, [*HEADER, "windows"]).encode())
    assert report.ok
    assert report.counts == {"mixed_languages": 1}
    rows = [[*row, windows[i % 2].titles["it"]] for i, row in enumerate(co2_rows())]
    assert check(csv_text(rows, [*HEADER, "windows"]).encode()).counts == {}


@pytest.mark.parametrize(
    ("names", "several"),
    [
        (["Horodatage", "CO2", "Temperatura", "Humidity"], True),
        (["Fecha y hora", "CO2", "Temperatura", "Влажност"], True),
        (["Horodatage", "CO2", "Température", "Humidité"], False),
        (["Data e ora", "CO2", "Temperatura", "Umidità"], False),
        (["Fecha y hora", "CO2", "Temperatura", "Humedad"], False),
        (["Дата и час", "CO2", "Температура", "Влажност"], False),
        (["Horodatage", "CO2", "Temp", "RH"], False),
        (["time", "co2", "Température", "Humidité"], False),
    ],
)
def test_names_that_loggers_and_classes_use_have_their_language_too(names, several):
    assert ("mixed_languages" in check(csv_text(co2_rows(), names).encode()).counts) is several


def test_many_faults_give_all_their_findings():
    changes = [cell(5, 1, "abc"), cell(15, 1, "12000"), cell(25, 2, "=A1"), cell(35, 1, "#N/A"), remove(80, 85)]
    assert sorted(found(check(co2_file(*changes))), key=str) == sorted(
        [
            ("wrong_type", "error", 7, 1),
            ("out_of_range", "error", 17, 1),
            ("formula", "error", 27, 1),
            ("missing_value", "note", 37, 1),
            ("gap", "note", 82, 5),
        ],
        key=str,
    )


@pytest.mark.parametrize(
    ("change", "decisions", "rows"),
    [
        (cell(10, 0, "1970-01-01T00:00:10Z"), {"clock_reset": "leave_out"}, 99),
        (cell(99, 0, "2031-01-01T00:00:00Z"), {"future_time": "leave_out"}, 99),
        (cell(10, 0, "yesterday"), {"bad_time": "leave_out"}, 99),
        (cell(10, 0, co2_rows()[9][0]), {"duplicate_time": "keep_first"}, 99),
        (cell(10, 0, co2_rows()[9][0]), {"duplicate_time": "keep"}, 100),
        (cell(10, 2, "=1+1"), {"formula": "leave_out"}, 100),
        (lambda rows: rows[10].append("7"), {"extra_cells": "leave_out"}, 99),
        (lambda rows: rows.reverse(), {"time_backwards": "sort"}, 100),
    ],
)
def test_decisions_repair_and_are_listed(change, decisions, rows):
    data = co2_file(change)
    assert not check(data).ok
    report = check(data, decisions=decisions)
    assert report.ok, found(report)
    assert len(report.clean.rows) == rows
    times = [row["time"] for row in report.clean.rows]
    assert times == sorted(times)
    if rows < 100:
        assert {repair.code for repair in report.repairs} == set(decisions)
    assert all(not value.startswith(b"=") for line in report.clean.to_csv().splitlines() for value in line.split(b","))


def test_a_decision_that_is_no_choice_is_not_taken():
    report = check(co2_file(cell(10, 1, "abc")), decisions={"wrong_type": "keep"})
    assert not report.ok


def test_keep_last_keeps_the_second_row():
    data = co2_file(cell(10, 0, co2_rows()[9][0]))
    first = check(data, decisions={"duplicate_time": "keep_first"}).clean.rows[9]["co2"]
    last = check(data, decisions={"duplicate_time": "keep_last"}).clean.rows[9]["co2"]
    assert first == float(co2_rows()[9][1])
    assert last == float(co2_rows()[10][1])


def test_a_file_from_newest_to_oldest_is_one_finding():
    report = check(co2_file(lambda rows: rows.reverse()))
    assert found(report) == [("time_backwards", "error", 2, 99)]


def test_at_most_200_findings_of_a_kind_are_listed_and_all_are_counted():
    rows = co2_rows(500)
    for row in rows[:450]:
        row[1] = "x"
    report = check(csv_text(rows).encode())
    assert sum(f.code == "wrong_type" for f in report.findings) == 200
    assert report.counts["wrong_type"] == 450
    report = check(csv_text(rows).encode(), decisions={"wrong_type": "leave_out"})
    assert report.ok
    assert sum(repair.code == "wrong_type" for repair in report.repairs) == 450


def test_unknown_and_missing_columns():
    rows = [[row[0], row[2], "x"] for row in co2_rows()]
    report = check(csv_text(rows, ["time", "temperature", "colour"]).encode())
    assert found(report) == [("unknown_column", "note", 1, 1), ("missing_column", "error", None, 1)]
    assert not report.ok


def test_wrong_protocol_names_the_better_one():
    rows = [[row[0], "12.3", "20.1"] for row in co2_rows()]
    report = check(csv_text(rows, ["time", "PM2.5 (µg/m3)", "PM10 (µg/m3)"]).encode())
    assert [f.code for f in report.findings if f.severity == "error"] == ["wrong_protocol"]
    assert "outdoor-air" in str(next(f.value for f in report.findings if f.code == "wrong_protocol"))


def test_a_mapping_by_hand_is_used():
    rows = co2_rows()
    data = csv_text(rows, ["time", "Werte A", "temperature", "humidity"]).encode()
    assert not check(data).ok
    report = check(data, mapping={"Werte A": "co2", "humidity": None})
    assert report.ok
    assert report.clean.rows[0]["co2"] == 620
    assert report.clean.rows[0]["humidity"] is None
    assert [column.how for column in report.columns] == ["name", "hint", "name", "ignored"]


def test_units_are_converted_or_refused():
    rows = [[row[0], row[1], f"{float(row[2]) * 1.8 + 32:.2f}", row[3]] for row in co2_rows()]
    report = check(csv_text(rows, ["time", "co2", "Temp (°F)", "humidity"]).encode())
    assert found(report) == [("unit_converted", "note", 1, 1)]
    assert report.clean.rows[3]["temperature"] == pytest.approx(20.3, abs=0.01)
    report = check(csv_text(co2_rows(), ["time", "co2 (hPa)", "temperature", "humidity (furlong)"]).encode())
    assert found(report) == [("wrong_unit", "error", 1, 1), ("unknown_unit", "error", 1, 1)]
    report = check(
        csv_text(co2_rows(), ["time", "co2", "temperature", "humidity (furlong)"]).encode(),
        decisions={"unknown_unit": "as_template"},
    )
    assert report.ok
    assert report.clean.rows[0]["humidity"] == 41


def test_a_comma_is_told_in_the_unit_of_the_file():
    """68,9 °F was read as 68.9; what it is in °C stands elsewhere."""
    rows = [f"{row[0]};{row[1]};{float(row[2]) * 1.8 + 32.01:.1f}".replace(".", ",") for row in co2_rows()]
    report = check("\n".join(["time;co2;Temp (°F)", *rows]).encode())
    (told,) = [finding.message.params for finding in report.findings if finding.code == "decimal_comma"]
    assert float(told["reading"]) == float(told["value"].replace(",", "."))


@pytest.mark.parametrize(
    ("header", "code"),
    [("Importance (1-5)", None), ("Importance [1 – 5]", None), ("Importance (1 to 5)", None),
     ("Importance (1-10)", "unknown_unit"), ("Importance (°C)", "wrong_unit")],
)  # fmt: skip
def test_a_bracket_may_hold_the_scale(header, code):
    rows = "".join(f"traffic;lives;{1 + n % 5}\n" for n in range(40))
    report = protocols.check_file(
        f"Problem;Link to the place;{header}\n{rows}".encode(), protocols.load("city-detective"), now=NOW
    )
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert [finding.code for finding in errors] == ([code] if code else [])
    for finding in errors:
        assert not re.search(r"\b(in|into) \.", f"{fill(finding.message)} {fill(finding.suggestion)}")


def test_two_findings_beyond_two_sensors_side_by_side():
    """Findings tell lines of the file, also when blank lines and a preamble stand in it."""
    rows = co2_rows()
    rows[10][1] = "abc"
    text = "Logger v2\nSerial 0001\n\n" + csv_text(rows).replace("\n", "\n\n", 5)
    report = check(text.encode())
    assert [(f.code, f.row) for f in report.findings] == [("preamble", None), ("wrong_type", 20)]


@pytest.mark.parametrize("token", ["none", "", "N/A", "-"])
def test_a_required_column_without_any_answer_is_an_error(token):
    protocol = protocols.load("mobility-regulation")
    column = next(c for c in protocol.columns if c.required and c.type == "category")
    lines = list(csv.reader(io.StringIO(protocols.template_csv(protocol, "en").decode("utf-8-sig"))))
    place = [c.name for c in protocol.columns].index(column.name)
    later = NOW + timedelta(days=400)

    def errors(answers: list[str]) -> list[tuple]:
        rows = [[*line[:place], answer, *line[place + 1 :]] for line, answer in zip(lines[1:], answers, strict=True)]
        hints = {"timezone": "UTC", "decisions": {"repeated_row": "keep"}}
        report = protocols.check_file(csv_text(rows, lines[0]).encode(), protocol, hints=hints, now=later)
        return [(f.code, f.column, f.count) for f in report.findings if f.severity == "error"]

    count = len(lines) - 1
    assert errors([token] * count) == [("empty_column", lines[0][place], count)]
    assert errors([lines[1][place]] + [token] * (count - 1)) == []


def test_a_long_file_needs_little_memory_for_each_row():
    count = 20_000
    data = csv_text(co2_rows(count)).encode()
    tracemalloc.start()
    report = protocols.check_file(data, CO2, now=NOW + timedelta(days=400))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.rows == count
    assert peak / count < 400


def test_a_gap_of_one_wall_is_no_less_one_because_another_wall_stands_between():
    """Two groups in one file: what lies between in the file is not what was measured at this wall."""
    names = ["time", "indoor_temperature", "outdoor_temperature", "inner_wall_temperature", "wall"]

    def wall(hours: range, kind: str) -> list[list[str]]:
        return [[f"2026-01-{20 + h // 24}T{h % 24:02d}:00:00Z", f"{20 + h % 3}.5", "3.1", "18.2", kind] for h in hours]

    rows = wall(range(24, 36), "uninsulated") + wall(range(24), "insulated") + wall(range(60, 72), "uninsulated")
    report = protocols.check_file(
        csv_text(rows, names).encode(), protocols.load("warm-walls"), hints={"timezone": "UTC"}, now=NOW
    )
    assert [f.count for f in report.findings if f.code == "gap"] == [24]


def test_rows_in_any_order_are_checked_in_time():
    """With a row missing after every three."""
    rows = [row for number, row in enumerate(co2_rows(20_000)) if number % 4]
    random.Random(1).shuffle(rows)
    begun = time.process_time()
    report = protocols.check_file(csv_text(rows).encode(), CO2, now=NOW + timedelta(days=400))
    assert "time_backwards" in {f.code for f in report.findings}
    assert time.process_time() - begun < 3
