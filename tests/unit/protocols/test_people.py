"""People in a file: in cells of a text that is published, in columns nobody asked for, above the table."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.findings import Surplus
from protocol_files import HEADER, NOW, co2_rows, csv_text
from workbook_files import xlsx

PLANTS = protocols.load("plants-city")
CO2 = protocols.load("co2-indoor")
ZONE = {"timezone": "UTC"}


def plants(*species: str, rows: int = 60) -> bytes:
    """The template's example with these in the column of texts, first of all rows."""
    example = list(csv.reader(io.StringIO(protocols.template_csv(PLANTS, "en").decode("utf-8-sig"))))
    place = [column.name for column in PLANTS.columns].index("species")
    labels = ("Rosa canina", "Bryum argenteum", "Taraxacum officinale")
    body = [list(example[1 + i % (len(example) - 1)]) for i in range(rows)]
    for i, row in enumerate(body):
        row[place] = species[i] if i < len(species) else labels[i % 3]
    return csv_text(body, example[0]).encode()


def check(data: bytes, protocol: protocols.Protocol = PLANTS, **hints: object) -> protocols.Report:
    return protocols.check_file(data, protocol, hints={**ZONE, **hints}, now=NOW)


def _taken_out(data: bytes, surplus: Surplus, sheet: str | int | None) -> bytes | None:
    pieces = protocols.taken_out(io.BytesIO(data), surplus, sheet)
    return None if pieces is None else b"".join(pieces)


@pytest.mark.parametrize(
    "cell",
    ["Giulia Rossi", "found by Pierre Martin", "Tel: 3391234567", "instagram.com/giulia_rossi", "seen by @lea_du13"],
)
def test_one_person_among_plants_is_not_published(cell: str) -> None:
    report = check(plants(cell))
    assert [(one.code, one.row, one.count) for one in report.findings if one.severity == "error"] == [
        ("personal_data", 2, 1)
    ]
    assert not report.ok
    assert cell not in json.dumps(report.to_dict(), ensure_ascii=False)


@pytest.mark.parametrize("names", [1, 2, 3, 10])
def test_only_the_cells_that_hold_a_person_are_emptied(names: int) -> None:
    people = ["Marie Dupont", "Giulia Rossi", "Lucas Martin"]
    report = check(plants(*(people[i % 3] for i in range(names))), decisions={"personal_data": "leave_out"})
    assert report.clean is not None
    assert [value is None for value in report.clean.data["species"]] == [True] * names + [False] * (60 - names)
    repairs = [one for one in report.repairs if one.code == "personal_data"]
    assert [(one.row, one.column, one.measured, one.published) for one in repairs] == [
        (2 + i, "species", "…", None) for i in range(names)
    ]


@pytest.mark.parametrize("units", [[], [["", "ppm", "°C", ""]]], ids=["names", "names over units"])
def test_a_name_in_a_header_is_told_to_nobody_and_not_kept(units: list[list[str]]) -> None:
    """The line of the names stays, also where their units stand below it."""
    rows = [*units, *([*row[:3], "dry"] for row in co2_rows(40))]
    data = csv_text(rows, ["time", "co2", "temperature", "Élève : Emma Dupont"]).encode()
    report = check(data, CO2)
    assert "personal_line" not in {one.code for one in report.findings}
    assert "Emma" not in json.dumps(report.to_dict(), ensure_ascii=False)
    kept = _taken_out(data, report.surplus, None)
    assert kept is not None
    assert kept.decode().splitlines()[0] == "time,co2,temperature,…"
    assert b"dry" not in kept


def test_plants_named_like_people_are_kept_when_a_person_says_so() -> None:
    report = check(plants("Jacob's ladder"), decisions={"personal_data": "keep"})
    assert report.ok
    assert report.clean is not None
    assert report.clean.data["species"][0] == "Jacob's ladder"


@pytest.mark.parametrize("cell", ["Anna Maria " * 80, "06 12 " * 140])
def test_a_file_full_of_it_is_checked_in_seconds_and_counted_by_cells(cell: str) -> None:
    data = plants(*[cell + str(i) for i in range(600)], rows=600)
    before = time.process_time()
    report = check(data)
    assert report.counts["personal_data"] == 600
    assert time.process_time() - before < 6


HEADERS = ["Élève", "Prénom", "Name", "Studente", "Alumno", "Име", "Ученик", "e-mail", "Commentaire"]


def co2_with(header: str, value: str, separator: str = ",", **more: str) -> bytes:
    rows = [[*row, value] for row in co2_rows(100)]
    return csv_text(rows, [*HEADER, header], separator, **more).encode()


@pytest.mark.parametrize("header", HEADERS)
def test_a_column_of_people_is_told_and_taken_out_of_what_is_kept(header: str) -> None:
    data = co2_with(header, "Marie Dupont", ";", newline="\r\n")
    report = check(data, CO2)
    assert [one.column for one in report.findings if one.code == "personal_column"] == [header]
    assert "unknown_column" not in report.counts
    kept = _taken_out(data, report.surplus, None)
    assert kept is not None
    assert b"Dupont" not in kept
    assert kept.decode().splitlines()[0].split(";") == [*HEADER, header]
    again = check(kept, CO2)
    assert again.ok
    assert again.clean is not None
    assert report.clean is not None
    assert again.clean.to_csv() == report.clean.to_csv()
    assert [one.to_dict() for one in again.columns] == [one.to_dict() for one in report.columns]


@pytest.mark.parametrize(("header", "value"), [("battery", "3.7"), ("Remark", "window open"), ("Raum", "R12")])
def test_other_columns_are_kept(header: str, value: str) -> None:
    report = check(co2_with(header, value), CO2)
    assert not report.surplus
    assert report.counts == {"unknown_column": 1}


def test_lines_above_the_table_keep_their_place() -> None:
    data = b"sep=;\nAuteur: Marie Dupont\n\n" + co2_with("Note", 'a "quoted; ""text""\nin two lines"', ";")
    data = data.replace(b'a "quoted; ""text""\nin two lines"', b'"a quoted; ""text""\nin two lines"')
    report = check(data, CO2)
    assert [(one.code, one.row) for one in report.findings if one.code.startswith("personal")] == [("personal_line", 2)]
    kept = _taken_out(data, report.surplus, None)
    assert kept is not None
    assert b"Dupont" not in kept
    before, after = (list(csv.reader(io.StringIO(one.decode()), delimiter=";"))[2:] for one in (data, kept))
    assert before == after
    again = check(kept, CO2)
    assert again.understood["header_line"] == report.understood["header_line"] == 4


def test_a_workbook_is_kept_as_the_text_of_its_sheet() -> None:
    rows = [[*row, "Marie Dupont"] for row in co2_rows(100)]
    data = xlsx([[*HEADER, "Prénom"], *rows])
    report = check(data, CO2)
    assert "personal_column" in report.counts
    kept = _taken_out(data, report.surplus, report.understood["sheet"])
    assert kept is not None
    assert b"Dupont" not in kept
    again = check(kept, CO2)
    assert again.clean is not None
    assert report.clean is not None
    assert again.clean.to_csv() == report.clean.to_csv()


def test_what_cannot_be_written_again_is_not_kept() -> None:
    records = [dict(zip([*HEADER, "student"], [*row, "Marie Dupont"], strict=True)) for row in co2_rows(100)]
    data = json.dumps(records).encode()
    report = check(data, CO2)
    assert "personal_column" in report.counts
    assert _taken_out(data, report.surplus, None) is None


def test_blank_rows_of_a_workbook_keep_their_place() -> None:
    rows = [[*row, "Marie Dupont"] for row in co2_rows(100)]
    data = xlsx([["Auteur: Marie Dupont"], [], [], [*HEADER, "Prénom"], *rows])
    report = check(data, CO2)
    kept = _taken_out(data, report.surplus, report.understood["sheet"])
    assert kept is not None
    assert b"Dupont" not in kept
    assert check(kept, CO2).understood["header_line"] == report.understood["header_line"] == 4


def test_a_table_made_from_a_file_cannot_be_written_again() -> None:
    lines = ["experimentId,sensorType,value,unit,timestamp"]
    for row in co2_rows(60):
        lines += [f"e1,co2,{row[1]},ppm,{row[0]}", f"e1,Prénom,Marie Dupont,,{row[0]}"]
    data = "\n".join(lines).encode()
    report = check(data, CO2)
    assert report.surplus.columns
    assert _taken_out(data, report.surplus, None) is None
