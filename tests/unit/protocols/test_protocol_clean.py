"""The clean table: reads back as itself, fits its schema; answers become groups; walks become cells; charts and
licences."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import h3
import jsonschema
import pytest
import vl_convert
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import sample
from ckanext.steamcity.protocols.chart_parts import SERIES
from ckanext.steamcity.protocols.charts import chart, decimate
from ckanext.steamcity.protocols.loader import build, read_yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from protocol_files import NOW, START, cell, co2_file, co2_rows, csv_text, enough

CO2 = protocols.load("co2-indoor")
SCHEMA = json.loads(
    (Path(protocols.loader.files(protocols.loader.SCHEMAS).joinpath("protocols/protocol.schema.json"))).read_text()
)


def numbers(low: float, high: float):
    return st.none() | st.integers(int(low * 10), int(high * 10)).map(lambda n: n / 10)


@st.composite
def clean_rows(draw):
    count = draw(st.integers(55, 70))
    start = START + timedelta(minutes=draw(st.integers(0, 100_000)))
    stops = draw(st.sets(st.integers(1, count - 1), max_size=3))
    return [
        {
            "time": f"{start + timedelta(minutes=5 * i):%Y-%m-%d %H:%M:%S}",
            "co2": draw(st.integers(400, 1300)),
            "temperature": draw(numbers(15, 20)),
            "humidity": draw(numbers(30, 45)),
            "people": draw(st.none() | st.integers(0, 30)),
            "windows": draw(st.sampled_from([None, "open", "closed", "tilted"])),
        }
        for i in range(count)
        if i not in stops
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=clean_rows(),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    language=st.sampled_from(protocols.LANGUAGES),
)
def test_any_clean_table_in_any_dialect_is_the_same_table(rows, separator, decimal, encoding, newline, language):
    def write(mark: str, split: str, end: str, header: list[str]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=split, lineterminator=end)
        writer.writerow(header)
        writer.writerows(
            ["" if v is None else str(v).replace(".", mark) if isinstance(v, float) else v for v in row.values()]
            for row in rows
        )
        return out.getvalue()

    titles = [column.titles[language] for column in CO2.columns]
    plain = protocols.check_file(write(".", ",", "\n", list(rows[0])).encode(), CO2, hints={"timezone": "UTC"}, now=NOW)
    other = protocols.check_file(
        write(decimal, separator, newline, titles).encode(encoding), CO2, hints={"timezone": "UTC"}, now=NOW
    )
    assert plain.clean is not None
    assert other.clean is not None, other.to_dict()
    written = plain.clean.to_csv()
    assert other.clean.to_csv() == written
    again = protocols.check_file(written, CO2, now=NOW)
    assert again.ok
    assert again.clean.to_csv() == written
    assert {f.code for f in again.findings} <= {"gap", "unusual", "spike", "frozen", "missing_value", "other_interval"}


def test_a_repaired_table_reads_back_with_its_flags():
    data = co2_file(cell(10, 1, "99999"), cell(20, 1, "abc"))
    decisions = {"out_of_range": "leave_out", "wrong_type": "leave_out"}
    first = protocols.check_file(data, CO2, hints={"decisions": decisions}, now=NOW).clean
    again = protocols.check_file(first.to_csv(), CO2, now=NOW)
    assert again.ok
    assert again.clean.to_csv() == first.to_csv()
    assert [row["quality_flag"] for row in again.clean.rows].count(4) == 2


def test_clean_csv_form():
    clean = protocols.check_file(co2_file(), CO2, now=NOW).clean
    lines = clean.to_csv().decode("utf-8").split("\n")
    assert lines[0] == "time,co2,temperature,humidity,people,windows,quality_flag"
    assert lines[1] == "2026-03-02T07:00:00Z,620,20,41,,,1"
    assert lines[-1] == ""
    assert clean.rows[0]["time"] == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert (clean.period_start, clean.period_end) == (date(2026, 3, 2), date(2026, 3, 2))
    assert clean.rows[-1] == list(clean.rows)[-1] == clean.rows[98:][1]


def test_frictionless_accepts_the_table_and_refuses_a_broken_one(tmp_path):
    frictionless = pytest.importorskip("frictionless")
    data = co2_file(cell(10, 1, "99999"), cell(20, 1, ""))
    clean = protocols.check_file(data, CO2, hints={"decisions": {"out_of_range": "leave_out"}}, now=NOW).clean
    schema = frictionless.Schema.from_descriptor(clean.table_schema("it"))

    def errors(content: bytes) -> list[str]:
        resource = frictionless.Resource(content, format="csv", schema=schema)
        return [error.type for task in frictionless.validate(resource).tasks for error in task.errors]

    assert errors(clean.to_csv()) == []
    assert errors(clean.to_csv().replace(b"2026-03-02T07:00:00Z", b"yesterday")) == ["type-error"]
    assert errors(clean.to_csv().replace(b",620,", b",many,", 1)) == ["type-error"]


@pytest.mark.parametrize("slug", protocols.slugs())
def test_template_is_valid_and_whole(slug):
    data = read_yaml(f"protocols/{slug}.yaml")
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    protocol = build(data)
    assert protocol.slug == slug
    for language in protocols.LANGUAGES:
        report = protocols.check_file(
            enough(protocols.template_csv(protocol, language), protocol),
            protocol,
            hints={"timezone": "UTC"},
            now=NOW + timedelta(days=400),
        )
        allowed = {"few_rows", "local_time", "missing_value"}
        assert {f.code for f in report.findings} <= allowed, (language, report.to_dict())
        assert report.questions == []
        assert report.ok
    fields = report.clean.table_schema("fr")["fields"]
    assert [field["name"] for field in fields] == report.clean.names
    assert [field["id"] for field in report.clean.datastore_fields("bg")] == report.clean.names


@pytest.mark.parametrize("slug", [slug for slug in protocols.slugs() if not protocols.load(slug).aggregate])
def test_every_chart_can_be_drawn(slug):
    protocol = protocols.load(slug)
    report = protocols.check_file(
        protocols.template_csv(protocol, "en"), protocol, hints={"timezone": "UTC"}, now=NOW + timedelta(days=400)
    )
    for index in range(len(protocol.charts)):
        spec = chart(protocol, report.clean.rows, "it", 640, index)
        json.dumps(spec)
        assert spec["data"]["values"], (slug, index)
        assert "<svg" in vl_convert.vegalite_to_svg(spec)


def test_an_axis_of_whole_numbers_has_no_halves():
    protocol = protocols.load("smart-objects-safari")
    index = next(n for n, one in enumerate(protocol.charts) if one.x == "version")
    spec = chart(protocol, list(sample.sample_table(protocol).rows), "en", 640, index)
    drawing = vl_convert.vegalite_to_svg({**spec, "title": None})
    assert [int(label) for label in re.findall(r">(\d)</text>", drawing)][:4] == [2, 3, 4, 5]
    assert not re.findall(r">\d\.\d<", drawing)


def test_chart_keeps_peaks_breaks_at_gaps_and_marks_doubt():
    rows = co2_rows(12_000)
    rows[5000][1] = "2600"
    del rows[7000:7100]
    clean = protocols.check_file(csv_text(rows).encode(), CO2, now=NOW).clean
    spec = chart(CO2, clean.rows, "es", 640)
    values = spec["data"]["values"]
    assert len(values) <= 640
    assert max(value["y"] for value in values) == 2600
    assert next(value["f"] for value in values if value["y"] == 2600) == 3
    assert len({value["s"] for value in values}) == 2
    labels = [layer["data"]["values"][0]["v"] for layer in spec["layer"] if layer.get("mark", {}).get("type") == "text"]
    assert labels == [line.value for line in CO2.reference_lines]
    assert spec["usermeta"]["lines"] == [line.titles["es"] for line in CO2.reference_lines]
    # in the right margin, and as part of one picture: no names of its own for a screen reader
    places = [layer["encoding"]["x"] for layer in spec["layer"] if layer.get("mark", {}).get("type") == "text"]
    assert places == [{"value": "width"}] * len(CO2.reference_lines)
    drawing = vl_convert.vegalite_to_svg({**spec, "title": None})
    assert "<path" in drawing
    assert "graphics-symbol" not in drawing
    assert spec["layer"][0]["encoding"]["y"]["axis"]["title"] == "CO2 (ppm)"
    iso_rows = json.loads(json.dumps([{**row, "time": row["time"].isoformat()} for row in clean.rows]))
    assert chart(CO2, iso_rows, "es", 640) == spec


@pytest.mark.parametrize("slug", protocols.slugs())
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_no_title_of_an_axis_is_longer_than_a_phone_is_wide(slug: str, language: str):
    """Every axis says what it shows, in lines of at most 40 letters; the left one's lies above the drawing."""
    protocol = protocols.load(slug)
    rows = list(sample.sample_table(protocol).rows)
    for index in range(len(protocol.charts) if not protocol.aggregate else 1):
        spec = chart(protocol, rows, language, 310, index)
        encoding = spec["layer"][0]["encoding"]
        for channel in ("x", "y"):
            title = encoding[channel]["axis"]["title"]
            assert title or len(protocol.charts[index].y) > 1, (channel, index)
            assert all(len(line) <= 40 for line in ([title] if isinstance(title, str) else title or []))
        assert encoding["y"]["axis"]["titleAngle"] == 0


def test_the_page_shows_the_colours_of_bars_as_they_are_drawn():
    """A page names what the colours mean; the style sheet repeats the drawing's."""
    rules = (Path(protocols.__file__).parents[1] / "assets" / "css" / "series.css").read_text(encoding="utf-8")
    for number, colour in enumerate(SERIES, start=1):
        assert f".sc-series-{number}::before {{ border-color: {colour} !important; }}" in rules


def test_bars_of_several_groups_name_them():
    protocol = protocols.load("plants-city")
    spec = chart(protocol, list(sample.sample_table(protocol).rows), "fr", 310)
    assert spec["usermeta"]["series"] == spec["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert len(spec["usermeta"]["series"]) > 1


@pytest.mark.parametrize("slug", protocols.slugs())
def test_every_column_of_moments_says_its_zone(slug: str):
    """In the Table Schema and in the DataStore's dictionary, in every language."""
    table = sample.sample_table(protocols.load(slug))
    for language in protocols.LANGUAGES:
        said = [field["info"]["notes"] for field in table.datastore_fields(language) if field["type"] == "timestamp"]
        said += [
            field["description"] for field in table.table_schema(language)["fields"] if field["type"] == "datetime"
        ]
        assert all(text.count("UTC") == 1 for text in said), said


def test_decimation_is_bounded_and_keeps_extremes():
    points = [(i, float((i * 7919) % 1009), 1) for i in range(10_000)]
    thin = decimate(points, 600)
    assert len(thin) <= 602
    assert {max(p[1] for p in points), min(p[1] for p in points)} <= {p[1] for p in thin}
    assert [p[0] for p in thin] == sorted(p[0] for p in thin)


def survey_file(sizes: dict[tuple[str, str], int]) -> tuple[protocols.Protocol, bytes]:
    protocol = protocols.load("decibel-detectives")
    names = list(protocol.aggregate.group_by)
    template = list(csv.DictReader(io.StringIO(protocols.template_csv(protocol, "en").decode("utf-8-sig"))))[0]
    header = list(template)
    out = io.StringIO()
    writer = csv.DictWriter(out, header)
    writer.writeheader()
    places = {name: header[[c.name for c in protocol.columns].index(name)] for name in names}
    for group, size in sizes.items():
        for _ in range(size):
            writer.writerow({**template, **{places[name]: value for name, value in zip(names, group, strict=True)}})
    return protocol, out.getvalue().encode()


def test_answers_are_published_as_groups_only():
    protocol = protocols.load("decibel-detectives")
    a, b = (protocol.by_name[name].choices for name in protocol.aggregate.group_by)
    sizes = {
        (a[0].value, b[0].value): 9,
        (a[0].value, b[1].value): 8,
        (a[1].value, b[0].value): 7,
        (a[1].value, b[1].value): 3,
        (a[2].value, b[0].value): 20,
        (a[2].value, b[1].value): 21,
    }
    protocol, data = survey_file(sizes)
    report = protocols.check_file(data, protocol, hints={"timezone": "UTC"}, now=NOW + timedelta(days=400))
    assert report.ok, report.to_dict()
    published = {tuple(row[name] for name in protocol.aggregate.group_by): row["n"] for row in report.clean.rows}
    assert (a[1].value, b[1].value) not in published
    # one hidden group could be worked out from a total: others go with it
    assert len(published) <= 2
    assert all(n >= 5 for n in published.values())
    assert "n" in report.clean.names
    assert report.clean.suppressed_groups == 6 - len(published)
    assert all(finding.value is None for finding in report.findings)
    assert all(repair.row is None for repair in report.repairs)


def test_all_groups_large_enough_are_published_and_drawn():
    protocol = protocols.load("decibel-detectives")
    a, b = (protocol.by_name[name].choices for name in protocol.aggregate.group_by)
    sizes = {(x.value, y.value): 6 + i for i, (x, y) in enumerate(itertools.product(a, b))}
    protocol, data = survey_file(sizes)
    report = protocols.check_file(data, protocol, hints={"timezone": "UTC"}, now=NOW + timedelta(days=400))
    assert sorted(row["n"] for row in report.clean.rows) == sorted(sizes.values())
    for index in range(len(protocol.charts)):
        spec = chart(protocol, report.clean.rows, "bg", 480, index)
        assert spec["data"]["values"]
        assert "<svg" in vl_convert.vegalite_to_svg(spec)


def test_walks_are_published_as_cells_and_hours():
    protocol = protocols.load("soundsquad")
    header = ["time", "latitude", "longitude", "sound_level"]
    rows = [
        [f"2026-03-03T09:{i:02d}:17Z", f"{43.529742 + (i % 4) * 0.004:.6f}", "5.447427", f"{52 + i % 9}"]
        for i in range(40)
    ]
    extra = [c for c in protocol.columns if c.required and c.name not in header]
    header += [c.name for c in extra]
    rows = [[*row, *(str(c.examples[0]) for c in extra)] for row in rows]
    report = protocols.check_file(csv_text(rows, header).encode(), protocol, now=NOW)
    assert report.ok, report.to_dict()
    text = report.clean.to_csv().decode()
    assert "latitude" not in text
    assert "43.52" not in json.dumps(report.to_dict())
    assert {row["time"].minute for row in report.clean.rows} == {0}
    assert all(h3.get_resolution(row["cell"]) in (8, 9) for row in report.clean.rows)
    again = protocols.check_file(report.clean.to_csv(), protocol, now=NOW)
    assert again.ok
    assert again.clean.to_csv() == report.clean.to_csv()


def test_names_and_addresses_in_texts_are_found():
    protocol = next(
        p
        for p in map(protocols.load, protocols.slugs())
        if not p.aggregate and any(c.type == "text" for c in p.columns)
    )
    name = next(c for c in protocol.columns if c.type == "text").name
    header = [c.name for c in protocol.columns]
    row = {c.name: str(c.examples[0]) for c in protocol.columns} | {name: "write to jane.doe@example.org"}
    rows = [[f'"{row[column]}"' for column in header]] * 12
    data = csv_text(rows, header).encode()
    hints = {"timezone": "UTC", "decisions": {"repeated_row": "keep", "duplicate_time": "keep"}}
    report = protocols.check_file(data, protocol, hints=hints, now=NOW + timedelta(days=400))
    assert report.counts["personal_data"] >= 12
    assert "jane.doe" not in json.dumps(report.to_dict())
    hints["decisions"]["personal_data"] = "leave_out"
    report = protocols.check_file(data, protocol, hints=hints, now=NOW + timedelta(days=400))
    assert report.ok, report.to_dict()
    assert b"jane.doe" not in report.clean.to_csv()


MATRIX = {
    "CC-BY-4.0": ["CC-BY-4.0", "ODbL-1.0"],
    "CC0-1.0": ["CC-BY-4.0", "CC0-1.0", "ODbL-1.0"],
    "ODbL-1.0": ["ODbL-1.0"],
    "PDDL-1.0": ["CC-BY-4.0", "CC0-1.0", "ODbL-1.0"],
    "ODbL-1.0-DbCL-1.0": ["ODbL-1.0"],
    "LO-2.0": ["CC-BY-4.0", "ODbL-1.0"],
}


@pytest.mark.parametrize("source", MATRIX)
def test_licence_matrix_cell_by_cell(source):
    licences = protocols.licences()
    assert licences.result_of([source]) == MATRIX[source]
    for chosen in licences.choice_ids:
        assert (licences.refusal([source], chosen) is None) == (chosen in MATRIX[source])


def test_licences_of_several_sources_and_unknown_ones():
    licences = protocols.licences()
    assert set(licences.by_id) == set(MATRIX)
    assert [one.id for one in licences.choices] == ["CC-BY-4.0", "CC0-1.0", "ODbL-1.0"]
    assert licences.result_of([]) == ["CC-BY-4.0", "CC0-1.0", "ODbL-1.0"]
    assert licences.result_of(["CC-BY-4.0", "ODbL-1.0"]) == ["ODbL-1.0"]
    assert licences.result_of(["CC0-1.0", "LO-2.0"]) == ["CC-BY-4.0", "ODbL-1.0"]
    assert licences.result_of(["CC-BY-NC-4.0"]) == []
    assert "CC-BY-NC-4.0" in str(licences.refusal(["CC-BY-NC-4.0"]).params)
    assert licences.refusal(["CC0-1.0"]) is None
    for one in licences.choices:
        for text in (one.description, one.may, one.if_you):
            assert set(text) == set(protocols.LANGUAGES)
            assert all(text.values())


def test_clusters_and_terms_speak_five_languages():
    assert [cluster.id for cluster in protocols.clusters()] == [
        "governance",
        "environment",
        "mobility",
        "energy",
        "technology",
    ]
    assert all(set(cluster.titles) == set(protocols.LANGUAGES) for cluster in protocols.clusters())
    for group in protocols.terms().values():
        assert all(set(text) == set(protocols.LANGUAGES) and all(text.values()) for text in group.values())


def test_unknown_protocols_are_key_errors():
    for slug in ("nothing", "../clusters", "co2-indoor.yaml", ""):
        with pytest.raises(KeyError):
            protocols.load(slug)
