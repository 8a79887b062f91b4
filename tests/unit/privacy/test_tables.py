"""Tables: headers and values together decide."""

from __future__ import annotations

import pytest
from ckanext.steamcity.privacy import scan_table


def kinds(header: str, *values: object, **options: object) -> set[str]:
    """Kinds found in a table of one column."""
    return {finding.kind for finding in scan_table([header], [[value] for value in values], **options)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("Nom", ["Dupont", "Martin"], "person_name"),
        ("name", ["A. Smith"], "person_name"),
        ("prénom", ["Zoé"], "person_name"),
        ("firstName", ["Kim"], "person_name"),
        ("COGNOME", ["Rossi"], "person_name"),
        ("Nombre y apellidos", ["Lucía García"], "person_name"),
        ("Nombre", ["Lucía", "Juan"], "person_name"),
        ("име", ["Мария"], "person_name"),
        ("Фамилия", ["Петрова"], "person_name"),
        ("élève", ["Zoé D."], "person_name"),
        ("teacher", ["Brown"], "person_name"),
        ("ученик", ["Петър"], "person_name"),
        ("who measured", ["Lucas", "Emma", "Hugo", "Lucas"], "person_name"),
        ("remark", ["ask Lucas, Emma et Hugo about it"], "person_name"),
        ("student id", ["S01", "S02"], "pupil_code"),
        ("élève", [1, 2, 3], "pupil_code"),
        ("contact", ["x@y.example"], "email"),
        ("Téléphone", ["612345678"], "phone"),
        ("x", ["06 12 34 56 78"], "phone"),
        ("lat", ["43.52912"], "coordinates"),
        ("longitude (°)", ["5,44731"], "coordinates"),
        ("gps", ["43.52912,5.44731"], "coordinates"),
        ("plaque", ["ab123cd"], "number_plate"),
        ("vehicle", ["AB-123-CD"], "number_plate"),
        ("Date de naissance", ["03/05/2011"], "birth_date"),
        ("дата на раждане", ["03.05.2011"], "birth_date"),
        ("âge", [14, 15], "age"),
        ("adresse", ["le grand immeuble"], "address"),
        ("lieu", ["12 rue des Lilas"], "address"),
        ("instagram", ["@zoe"], "account"),
        ("mail of zoe@ecole.example", [1], "email"),
        ("mail of zoe\uff20ecole.example", [1], "email"),
        ("No\u200bm", ["Dupont", "Martin"], "person_name"),
        ("\u0435\u0301l\u00e8ve", ["Zoé D."], "person_name"),
        ("pre\u0301nom", ["Zoe\u0301"], "person_name"),
        ("contact", ["x\uff20y.example"], "email"),
        ("contact", ["x (at) y dot fr"], "email"),
        ("who measured", ["Luc\u200bas", "\u0415mma", "Hug\u043e"], "person_name"),
        ("gps", ["\uff14\uff13.52912,5.4\u200b4731"], "coordinates"),
    ],
)  # fmt: skip
def test_personal_columns_are_found(header: str, values: list[object], kind: str) -> None:
    """Columns that name, number or locate people."""
    assert kind in kinds(header, *values)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("station name", ["Roof", "Yard"]),
        ("nom du capteur", ["cour", "toit"]),
        ("species name", ["Rose", "Iris"]),
        ("Nom vernaculaire", ["Tilleul"]),
        ("nombre de la estación", ["Retiro"]),
        ("Nombre", [3, 4]),
        ("nombre d’élèves", [24]),
        ("élèves", [24, 25]),
        ("alumnos", [24, 24, 0]),
        ("брой ученици", [24]),
        ("pupils", ["24", ""]),
        ("CO2 per student", [40.5]),
        ("teacher present", ["yes", "no"]),
        ("student opinion", ["good", "bad"]),
        ("building age", [50]),
        ("time", ["2026-03-03T07:05:00Z", "03/03/2026 07:05", "03-03-2026 07:05:12"]),
        ("unix", ["1772521500", "1772521800"]),
        ("lat", ["43.529", "43.5300"]),
        ("adresse MAC", ["a0:b1:c2:d3:e4:f5"]),
        ("serial", ["0612345678"]),
        ("co2 (ppm)", ["1234.56789", "-99"]),
        ("height", ["1234567890123"]),
        ("species", ["Rosa canina", "Viola", "Iris germanica"]),
        ("city", ["Sofia", "Paris", "Florence"]),
    ],
)
def test_ordinary_columns_are_left_alone(header: str, values: list[object]) -> None:
    """Measurements, counts, things and places are no people."""
    assert kinds(header, *values) == set()


def test_what_the_protocol_makes_coarse_is_not_reported() -> None:
    """Points of a walk are published as cells: their columns are expected."""
    rows = [["43.52912", "5.44731", "61"]]
    assert {f.column for f in scan_table(["lat", "lon", "laeq"], rows)} == {"lat", "lon"}
    assert scan_table(["lat", "lon", "laeq"], rows, coarsened=("lat", "lon")) == []


def test_a_finding_names_row_and_column_and_hides_the_value() -> None:
    """Rows count as in the file, header in line 1; mappings are read as well as lists."""
    rows = [{"t": "1", "note": "fine"}, {"t": "2", "note": "ask zoe@ecole.example"}]
    (finding,) = scan_table(["t", "note"], rows)
    assert (finding.kind, finding.column, finding.row) == ("email", "note", 3)
    assert "zoe" not in str(finding.to_dict())


def test_many_findings_are_counted_not_listed() -> None:
    """A column of 1,000 addresses gives 200 findings; the last one stands for all the others."""
    found = scan_table(["a"], [[f"p{i}@ecole.example"] for i in range(1000)])
    assert len(found) == 200
    assert sum(finding.count for finding in found) == 1000
    assert [finding.row for finding in found] == list(range(2, 202))
    assert {len(finding.rows) for finding in found} == {1000}


def test_what_a_cell_holds_often_counts_once() -> None:
    """Counts are cells, not matches."""
    (finding,) = scan_table(["a"], [["06 12 34 56 78 and 06 12 34 56 79, or 06 12 34 56 80"]])
    assert finding.count == 1


@pytest.mark.parametrize("names", [1, 2, 3, 10, 20])
def test_some_names_among_labels_are_cells_and_not_a_column(names: int) -> None:
    """Where most cells are labels, only those with a name are told."""
    people = ["Marie Dupont", "Giulia Rossi", "José García", "Мария Иванова", "Lucas Martin", "Emma Bernard"]
    labels = ["Rosa canina", "Bryum argenteum", "Taraxacum officinale"]
    cells = [people[i % len(people)] if i < names else labels[i % 3] for i in range(60)]
    found = scan_table(["Species"], [[cell] for cell in cells], first_row=0)
    assert sum(finding.count for finding in found) == names
    assert {row for finding in found for row in finding.rows} == set(range(names))
    assert not any(finding.certain for finding in found)


def test_a_column_of_names_is_one_finding() -> None:
    """Where most cells are names, the others are names nobody has listed."""
    (finding,) = scan_table(["x"], [[cell] for cell in ["Marie", "Giulia", "Lucas", "Xiomara"]])
    assert (finding.kind, finding.count, finding.rows) == ("person_name", 4, ())
