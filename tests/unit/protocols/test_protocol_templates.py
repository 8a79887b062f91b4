"""The 25 templates as a whole: complete, consistent, translated; each reads its own CSV template back."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any

import pytest
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import units
from ckanext.steamcity.protocols.aggregate import published_column
from ckanext.steamcity.protocols.headers import key
from ckanext.steamcity.protocols.loader import observed_properties, terms
from ckanext.steamcity.protocols.values import is_missing
from protocol_files import enough

SLUGS = [
    "ai-odyssey",
    "bio-inspired",
    "birdsong",
    "bot-buddy",
    "city-detective",
    "co2-indoor",
    "data-vs-context",
    "decibel-detectives",
    "energy-mix",
    "energy-perspective",
    "factbusters",
    "light-vs-zzz",
    "mobility-regulation",
    "negawatt",
    "outdoor-air",
    "plants-city",
    "pollinators",
    "road-signs",
    "shine-smart",
    "smart-objects-safari",
    "soundsquad",
    "trees-vs-cars",
    "warm-walls",
    "waste-sorting",
    "whisper-walls",
]
CLUSTERS = ("governance", "environment", "mobility", "energy", "technology")
PRIVACY = {
    "P1": {"whisper-walls", "soundsquad", "shine-smart", "warm-walls", "ai-odyssey", "waste-sorting", "trees-vs-cars"},
    "P2": {"city-detective", "road-signs", "negawatt", "bot-buddy"},
    "P3": {"light-vs-zzz", "decibel-detectives", "birdsong"},
}
# What would point to a person, or lead to one, in the words of a header.
FORBIDDEN = re.compile(
    r"\b(name|surname|pupil|student|birthday|age in years|e mail|email|phone|address|initials|plate)\b"
)
HINTS = {"date_order": "ymd", "timezone": "UTC"}
YES_NO = {"en": ("yes", "no"), "fr": ("oui", "non"), "it": ("sì", "no"), "es": ("sí", "no"), "bg": ("да", "не")}
CYRILLIC = re.compile("[а-яА-Я]")


def each() -> Any:
    return pytest.mark.parametrize("slug", SLUGS)


def texts(value: Any, where: str = "") -> list[tuple[str, dict[str, str]]]:
    """Every text in five languages below a piece of a template."""
    if isinstance(value, dict):
        if "en" in value:
            return [(where, value)]
        return [found for name, inner in value.items() for found in texts(inner, f"{where}.{name}")]
    if isinstance(value, list):
        return [found for i, inner in enumerate(value) for found in texts(inner, f"{where}[{i}]")]
    return []


def test_all_protocols_are_there() -> None:
    assert set(SLUGS) <= set(protocols.slugs()), "those of the project; a portal may have more"


def test_clusters_and_levels_are_counted_as_the_authors_count_them() -> None:
    loaded = [protocols.load(slug) for slug in SLUGS]
    clusters = Counter(protocol.clusters[0] for protocol in loaded)
    assert [clusters[name] for name in CLUSTERS] == [3, 8, 2, 5, 7]
    levels = Counter(protocol.level for protocol in loaded)
    assert [levels[name] for name in ("beginner", "intermediate", "advanced")] == [3, 11, 11]


def test_privacy_classes() -> None:
    for slug in SLUGS:
        expected = next((name for name, members in PRIVACY.items() if slug in members), "P0")
        assert protocols.load(slug).privacy == expected, slug


@each()
def test_answers_of_people_are_published_by_group_only(slug: str) -> None:
    protocol = protocols.load(slug)
    assert (protocol.aggregate is not None) == (protocol.privacy in ("P2", "P3"))
    if protocol.aggregate is None:
        return
    assert protocol.aggregate.minimum_group >= 5
    for column in protocol.columns:
        assert column.type not in ("text", "date", "datetime"), f"{column.name} would tell one answer from another"
        assert column.role != "place", column.name
    for name in protocol.aggregate.group_by:
        assert protocol.by_name[name].choices, f"{name}: a group needs a fixed list"


@each()
def test_no_column_asks_for_a_person(slug: str) -> None:
    for column in protocols.load(slug).columns:
        for written in (column.name.replace("_", " "), column.titles["en"].lower()):
            assert not FORBIDDEN.search(written), column.name


@each()
def test_places_come_in_pairs_and_only_on_walks(slug: str) -> None:
    protocol = protocols.load(slug)
    places = [column.name for column in protocol.columns if column.role == "place"]
    assert places in ([], ["latitude", "longitude"])
    assert (protocol.place_setting == "walk") == bool(places)


@each()
def test_a_header_means_one_column(slug: str) -> None:
    owner: dict[str, str] = {}
    for column in protocols.load(slug).columns:
        for written in (column.name, *column.titles.values(), *column.aliases):
            # closed up as well: a logger writes PM2.5, PM 2.5 and pm25
            name = key(written).replace(" ", "")
            assert name, f"{column.name}: {written!r} has no letter"
            assert owner.setdefault(name, column.name) == column.name, f"{written!r} is {owner[name]} and {column.name}"


@each()
def test_a_word_means_one_choice_and_is_never_read_as_missing(slug: str) -> None:
    for column in protocols.load(slug).columns:
        owner: dict[str, str] = {}
        for choice in column.choices:
            for written in (choice.value, *choice.titles.values(), *choice.aliases):
                assert not is_missing(written), f"{column.name}: {written!r} is a word for a missing value"
                assert owner.setdefault(key(written), choice.value) == choice.value, f"{column.name}: {written!r}"


@each()
def test_units_properties_and_terms_are_known(slug: str) -> None:
    protocol = protocols.load(slug)
    for column in protocol.columns:
        assert column.property is None or column.property in observed_properties(), column.property
        if column.unit is not None:
            assert units.resolve(column.unit) == column.unit, column.unit
        for unit in column.source_units:
            assert units.conversion(unit, column.unit), f"{column.name}: {unit} is not converted"
    assert set(protocol.skills) <= set(terms()["skills"])
    assert set(protocol.subjects) <= set(terms()["subjects"])


@each()
def test_charts_checks_and_lines_speak_of_columns(slug: str) -> None:
    protocol = protocols.load(slug)
    names = set(protocol.by_name)
    for chart in protocol.charts:
        assert {chart.x, *chart.y} <= names
        assert chart.group is None or chart.group in names
        if protocol.aggregate:
            assert chart.x in protocol.aggregate.group_by, "only groups are published"
    for check in protocol.checks:
        assert {*check["columns"], *([check["equals"]] if isinstance(check.get("equals"), str) else [])} <= names
    for line in protocol.reference_lines:
        column = protocol.by_name[line.column]
        assert column.numeric
        assert column.unit
        assert column.minimum is not None
        assert column.maximum is not None
        assert column.minimum <= line.value <= column.maximum
        assert line.source["title"]
        assert line.source["year"]


@each()
def test_limits_are_in_order(slug: str) -> None:
    for column in protocols.load(slug).columns:
        limits = [column.minimum, column.typical_minimum, column.typical_maximum, column.maximum]
        given = [limit for limit in limits if limit is not None]
        assert given == sorted(given), column.name


@each()
def test_every_text_is_a_translation(slug: str) -> None:
    protocol = protocols.load(slug)
    for where, text in texts(protocol.data):
        assert set(text) == set(protocols.LANGUAGES), where
        for language, words in text.items():
            assert words == words.strip(), f"{where} {language}"
            assert "  " not in words, f"{where} {language}"
        if len(text["en"]) > 25 and "PM" not in text["en"]:
            for language in ("fr", "it", "es", "bg"):
                assert text[language] != text["en"], f"{where} {language} is still English"
            assert CYRILLIC.search(text["bg"]), where
    for words in protocol.summary.values():
        assert len(re.findall(r"[.!?](?:\s|$)", words)) == 1, f"one sentence: {words}"


@each()
def test_nothing_is_invented_that_the_authors_do_not_state(slug: str) -> None:
    assert protocols.load(slug).data["age"] is None
    assert protocols.load(slug).data["duration"] is None


@each()
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_the_template_reads_back(slug: str, language: str) -> None:
    protocol = protocols.load(slug)
    report = protocols.check_file(enough(protocols.template_csv(protocol, language), protocol), protocol, hints=HINTS)
    found = [(finding.code, finding.column, finding.value) for finding in report.findings if finding.code != "few_rows"]
    assert not found
    assert not report.questions
    assert [entry.column for entry in report.columns] == [column.name for column in protocol.columns]


def _many(protocol: protocols.Protocol) -> list[dict[str, Any]]:
    """The example rows, checked; answers of people six times, so that their groups are large enough."""
    header, *rows = protocols.template_csv(protocol, "en").splitlines()
    report = protocols.check_file(b"\n".join([header, *rows * (6 if protocol.aggregate else 1)]), protocol, hints=HINTS)
    assert report.clean is not None, [finding.code for finding in report.findings]
    return list(report.clean.rows)


@each()
def test_every_chart_draws_the_example_rows(slug: str) -> None:
    protocol = protocols.load(slug)
    rows = _many(protocol)
    for index in range(len(protocol.charts)):
        drawn = protocols.charts.chart(protocol, rows, "bg", 640, index)["data"]["values"]
        assert drawn, protocol.charts[index].titles["en"]
        assert any(point["y"] for point in drawn), f"only zeros: {protocol.charts[index].titles['en']}"


@each()
def test_what_is_published_of_people_are_groups(slug: str) -> None:
    protocol = protocols.load(slug)
    if protocol.aggregate is None:
        return
    for row in _many(protocol):
        assert row["n"] >= 6
        single = {column.name for column in protocol.columns} - set(protocol.aggregate.group_by)
        assert not single & set(row), "a column of single answers"


@each()
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_a_class_may_write_in_its_own_language(slug: str, language: str) -> None:
    """Choices as the form shows them, yes and no, decimal commas and semicolons: the same table as before."""
    protocol = protocols.load(slug)
    plain = enough(protocols.template_csv(protocol, "en"), protocol)
    comma = language != "en"
    lines = list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if comma else ",")
    writer.writerow([column.titles[language] for column in protocol.columns])
    for line in lines[1:]:
        writer.writerow([_spoken(column, cell, language) for column, cell in zip(protocol.columns, line, strict=True)])
    report = protocols.check_file(out.getvalue().encode(), protocol, hints={**HINTS, "decimal": "," if comma else "."})
    assert {finding.code for finding in report.findings} <= {"few_rows", "separator", "decimal_comma"}
    assert report.clean is not None
    expected = protocols.check_file(plain, protocol, hints=HINTS).clean
    assert expected is not None
    assert report.clean.to_csv() == expected.to_csv()


def _spoken(column: protocols.Column, cell: str, language: str) -> str:
    if column.type == "category":
        return next(choice.titles[language] for choice in column.choices if choice.value == cell)
    if column.type == "boolean":
        return YES_NO[language][cell == "false"]
    return cell.replace(".", ",") if column.numeric and language != "en" else cell


def test_the_cell_of_points_has_a_title():
    """Its header is read on pages in five languages, like every other."""
    points, series = protocols.load("soundsquad"), protocols.load("co2-indoor")
    column = published_column(points, "cell")
    assert column is not None
    assert set(column.titles) == set(protocols.LANGUAGES)
    assert published_column(series, "cell") is None


@pytest.mark.parametrize(
    ("slug", "column", "written", "value"),
    [("trees-vs-cars", "vehicle", "lorry", "truck"), ("trees-vs-cars", "vehicle", "Motorbike", "motorcycle"),
     ("waste-sorting", "true_class", "food waste", "food")],
)  # fmt: skip
def test_everyday_words_are_answers(slug, column, written, value):
    choices = protocols.load(slug).by_name[column].choices
    assert [one.value for one in choices if key(written) in {key(word) for word in one.aliases}] == [value]
