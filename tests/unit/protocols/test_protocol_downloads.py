"""What a protocol gives to people: workbook, sample, schema, concepts. Every template, nothing known by name."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from itertools import product

import frictionless
import pytest
import rdflib
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols import concepts, sample, tableschema, template_workbook, units
from ckanext.steamcity.protocols.loader import observed_properties
from openpyxl import load_workbook
from protocol_files import enough

HINTS = {"date_order": "ymd", "timezone": "UTC"}
NOTE = "Exemple inventé : personne ne l’a mesuré."
each = pytest.mark.parametrize("slug", protocols.slugs())
# EEA's pollutants and CF's standard names: what an exact match may point to.
VOCABULARIES = ("http://dd.eionet.europa.eu/vocabulary/aq/pollutant/", "http://vocab.nerc.ac.uk/standard_name/")


@each
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_the_template_in_the_readers_words_reads_back(slug: str, language: str) -> None:
    """Headers, choices, yes and no: the check finds nothing to say but that three rows are few."""
    protocol = protocols.load(slug)
    written = enough(protocols.template_csv(protocol, language, spoken=True), protocol)
    report = protocols.check_file(written, protocol, hints=HINTS)
    assert {finding.code for finding in report.findings} <= {"few_rows"}
    assert not report.questions
    plain = protocols.check_file(enough(protocols.template_csv(protocol, "en"), protocol), protocol, hints=HINTS)
    assert (report.clean and report.clean.to_csv()) == (plain.clean and plain.clean.to_csv())


def test_choices_of_the_template_are_in_the_readers_language() -> None:
    text = protocols.template_csv(protocols.load("co2-indoor"), "bg", spoken=True).decode("utf-8-sig")
    assert "затворени" in text
    assert "closed" not in text


@each
def test_the_workbook_holds_the_template(slug: str) -> None:
    """Header with units, examples as typed cells, explanations, a list for every choice; the same bytes twice."""
    protocol = protocols.load(slug)
    made = template_workbook.workbook(protocol, "it")
    assert made == template_workbook.workbook(protocol, "it")
    book = load_workbook(io.BytesIO(made))
    table, explained, lists = book.worksheets
    assert [cell.value for cell in table[1]] == [tableschema.header(column, "it") for column in protocol.columns]
    assert table.max_row == 1 + tableschema.example_rows(protocol)
    for index, column in enumerate(protocol.columns):
        first = table.cell(2, index + 1).value
        if column.type == "datetime":
            assert isinstance(first, datetime)
        elif column.numeric and column.examples[0] is not None:
            assert first == column.examples[0]
        elif column.choices:
            titles = [choice.titles["it"] for choice in column.choices]
            assert [lists.cell(row + 1, index + 1).value for row in range(len(titles))] == titles
    rules = [rule for rule in table.data_validations.dataValidation if rule.type == "list"]
    assert len(rules) == sum(bool(column.choices) or column.type == "boolean" for column in protocol.columns)
    said = [str(cell.value) for row in explained.iter_rows() for cell in row if cell.value is not None]
    assert protocol.title("it") in said
    assert all(column.titles["it"] in said and column.descriptions["it"] in said for column in protocol.columns)
    assert lists.sheet_state == "hidden"


@each
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_the_sample_is_marked_and_read_without_a_finding(slug: str, language: str) -> None:
    """Its first line says that it is invented; that line is all the check remarks."""
    protocol = protocols.load(slug)
    made = sample.sample_csv(protocol, language, NOTE)
    assert made == sample.sample_csv(protocol, language, NOTE)
    assert made.decode("utf-8-sig").startswith(f"# {NOTE}\n")
    report = protocols.check_file(made, protocol, hints=HINTS)
    assert report.ok
    assert [finding.code for finding in report.findings] == ["preamble"]


@each
def test_the_example_chart_draws_the_sample(slug: str) -> None:
    protocol = protocols.load(slug)
    rows = list(sample.sample_table(protocol).rows)
    for index in range(len(protocol.charts)):
        assert protocols.charts.chart(protocol, rows, "es", 640, index)["data"]["values"]


@each
@pytest.mark.parametrize("language", protocols.LANGUAGES)
def test_frictionless_validates_what_is_published_against_the_schema(slug: str, language: str) -> None:
    """And refuses it when a column is not of its type."""
    table = sample.sample_table(protocols.load(slug))
    schema = frictionless.Schema.from_descriptor(json.loads(json.dumps(table.table_schema(language))))
    rows = list(csv.reader(io.StringIO(table.to_csv().decode())))

    def errors(content: list[list[str]]) -> list[str]:
        resource = frictionless.Resource([list(row) for row in content], schema=schema)
        return [error.type for task in frictionless.validate(resource).tasks for error in task.errors]

    assert errors(rows) == []
    broken = [rows[0], [*rows[1][:-1], "perhaps"]]
    assert "type-error" in errors(broken)


def test_the_schema_says_it_in_the_language() -> None:
    fields = sample.sample_table(protocols.load("co2-indoor")).table_schema("bg")["fields"]
    assert fields[0]["title"] == "Време на измерване"
    assert fields[1]["rdfType"] == f"{concepts.BASE}co2"


def test_answers_of_people_are_in_no_schema() -> None:
    """What is published of them are groups: their size, means, shares."""
    names = [field["name"] for field in sample.sample_table(protocols.load("light-vs-zzz")).table_schema()["fields"]]
    assert names[:3] == ["evening", "n", "nights_mean"]
    assert "sleep" not in names


# --- licences ---------------------------------------------------------------------------------------------------------

SOURCES = sorted(protocols.licences().by_id)


@pytest.mark.parametrize("pair", list(product(SOURCES, SOURCES)), ids="+".join)
def test_two_sources_allow_what_both_allow(pair: tuple[str, str]) -> None:
    """The strictest wins; where nothing is left the reason names both."""
    licences = protocols.licences()
    both = [one for one in licences.choice_ids if all(one in licences.by_id[source].allowed for source in pair)]
    assert licences.result_of(pair) == both
    assert (licences.refusal(pair) is None) == bool(both)
    if any(source.startswith("ODbL") for source in pair):
        assert both == ["ODbL-1.0"]
    for chosen in licences.choice_ids:
        refused = licences.refusal(pair, chosen)
        assert (refused is None) == (chosen in both)
        if refused:
            assert licences.by_id[pair[0]].short in refused.params["licences"]


def test_three_sources_and_an_unknown_one() -> None:
    licences = protocols.licences()
    assert licences.result_of(["PDDL-1.0", "LO-2.0", "CC0-1.0"]) == ["CC-BY-4.0", "ODbL-1.0"]
    assert licences.result_of(["PDDL-1.0", "proprietary"]) == []
    refused = licences.refusal(["PDDL-1.0", "proprietary"])
    assert refused is not None
    assert refused.params == {"licence": "proprietary"}


def test_licences_that_contradict_each_other_are_refused_with_both_names() -> None:
    """None of today's do; the rule holds for one that will."""
    known = protocols.licences()
    one, other = known.by_id["CC0-1.0"], known.by_id["ODbL-1.0"]
    strange = protocols.Licence("X", "X", "X 1.0", "", "", ("CC0-1.0",))
    licences = protocols.Licences({"CC0-1.0": one, "ODbL-1.0": other, "X": strange}, known.choice_ids)
    assert licences.result_of(["X", "ODbL-1.0"]) == []
    refused = licences.refusal(["X", "ODbL-1.0"])
    assert refused is not None
    assert refused.params["licences"] == "X 1.0, ODbL 1.0"


# --- units and concepts -----------------------------------------------------------------------------------------------


def test_an_alias_means_one_unit_and_an_unknown_one_none() -> None:
    for code, unit in units.units().items():
        for written in (code, unit.symbol, *unit.aliases):
            assert not written or units.resolve(written), written
        assert set(unit.label) == set(protocols.LANGUAGES)
    assert units.resolve("furlong") is None


def test_concepts_have_names_in_five_languages_and_known_matches() -> None:
    found = observed_properties()
    assert len(found) >= 40
    for one, entry in found.items():
        assert set(entry["titles"]) == set(protocols.LANGUAGES), one
        for uri in (*entry["exact"], *entry.get("close", ())):
            assert uri.startswith(VOCABULARIES), uri
    exact = [uri for entry in found.values() for uri in entry["exact"]]
    assert len(exact) == len(set(exact)), "two concepts cannot both be exactly a third"


def test_the_scheme_is_skos() -> None:
    """rdflib reads it: every concept is in the scheme, with a name in each language."""
    graph = rdflib.Graph().parse(data=json.dumps(concepts.scheme()), format="json-ld")
    skos = rdflib.Namespace("http://www.w3.org/2004/02/skos/core#")
    scheme = next(graph.subjects(rdflib.RDF.type, skos.ConceptScheme))
    members = set(graph.subjects(rdflib.RDF.type, skos.Concept))
    assert {str(member) for member in members} == {concepts.BASE + one for one in observed_properties()}
    for member in members:
        assert (member, skos.inScheme, scheme) in graph
        assert (scheme, skos.hasTopConcept, member) in graph
        assert {str(label.language) for label in graph.objects(member, skos.prefLabel)} == set(protocols.LANGUAGES)
    pm25 = rdflib.URIRef(f"{concepts.BASE}pm25")
    assert str(next(graph.objects(pm25, skos.exactMatch))).endswith("/pollutant/6001")


def test_every_measured_column_of_a_concept_is_found_from_it() -> None:
    for slug in protocols.slugs():
        for column in protocols.load(slug).columns:
            if column.property:
                assert slug in concepts.measured_by()[column.property]
