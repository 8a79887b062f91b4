"""How a version is cited, from its record alone."""

from __future__ import annotations

import json

import pytest
from ckanext.steamcity.citation import canonical, formats, jsonld

RECORD = {
    "version": 2,
    "identifier": "steamcity:2026.0000000q",
    "language": "en",
    "title": {"text": "CO2 in our classroom", "translated": {}},
    "finding": {"text": "CO2 climbs\nabove 1,500 ppm & stays {there}", "translated": {}},
    "notes": {"text": "We measured.", "translated": {}},
    "question": "How bad is it?",
    "limits": "One room.",
    "protocol": {"slug": "co2-indoor", "titles": {"en": "CO2 sensors"}, "digest": "x"},
    "creators": [
        {"kind": "class", "reference": "c1", "name": "Team Kingfisher"},
        {"kind": "school", "reference": "s1", "name": "Demo school Aix A"},
    ],
    "licence": {"id": "CC-BY-4.0", "title": "CC BY 4.0", "short": "CC BY 4.0", "url": "https://creativecommons.org/x"},
    "funders": [],
    "period": {"start": "2026-03-03", "end": "2026-03-14"},
    "place": {
        "value": "area:aix",
        "name": {"en": "Jas de Bouffan"},
        "geometry": {"type": "Polygon", "coordinates": [[[5.4, 43.5], [5.5, 43.5], [5.5, 43.6], [5.4, 43.5]]]},
    },
    "school": {"title": "Demo school Aix A"},
    "synthetic": True,
    "files": [
        {"id": "f", "name": "data.csv", "bytes": 10, "sha256": "ab", "media_type": "text/csv", "table_schema": {
            "fields": [{"name": "co2", "title": "CO2", "unit": "[ppm]"}, {"name": "time"}]}},
    ],
}  # fmt: skip
WORK = formats.work(RECORD, published_at="2026-11-23T10:00:00+00:00", publisher="SteamCity", url="https://x.test/id/y")


class TestText:
    """One line."""

    def test_english(self):
        """Everything a reader needs, and that it is generated."""
        assert formats.text(WORK) == (
            "Team Kingfisher, & Demo school Aix A (2026). CO2 climbs above 1,500 ppm & stays {there} (Version 2) "
            "[Data set; generated demo data]. SteamCity. steamcity:2026.0000000q. https://x.test/id/y"
        )

    @pytest.mark.parametrize(
        ("language", "words"),
        [("fr", "Jeu de données"), ("it", "Set di dati"), ("es", "Conjunto de datos"), ("bg", "Набор от данни")],
    )
    def test_other_languages(self, language, words):
        """The words around the title change, the title does not."""
        text = formats.text(WORK, language)
        assert words in text
        assert "CO2 climbs above" in text
        assert "Data set" not in text

    def test_an_unknown_language_is_english(self):
        """No error on a page because of a language."""
        assert formats.text(WORK, "de") == formats.text(WORK, "en")


class TestFiles:
    """BibTeX, RIS, CSL-JSON."""

    def test_bibtex(self):
        """Special characters are escaped, creators kept whole."""
        entry = formats.bibtex(WORK)
        assert entry.startswith("@misc{steamcity_2026_0000000q,\n")
        assert r"title = {{CO2 climbs above 1,500 ppm \& stays \{there\}}}" in entry
        assert "author = {{Team Kingfisher} and {Demo school Aix A}}" in entry
        assert entry.count("{") == entry.count("}")

    def test_ris(self):
        """One tag a line, begun by the type and ended."""
        lines = formats.ris(WORK).split("\r\n")
        assert lines[0] == "TY  - DATA"
        assert lines[-2:] == ["ER  - ", ""]
        assert [line for line in lines if line.startswith("AU")] == ["AU  - Team Kingfisher", "AU  - Demo school Aix A"]
        assert all("\n" not in line for line in lines)

    def test_csl(self):
        """A dataset with its date in parts; creators are institutions."""
        (item,) = json.loads(formats.render(WORK, "json"))
        assert item["type"] == "dataset"
        assert item["issued"] == {"date-parts": [[2026, 11, 23]]}
        assert item["author"][0] == {"literal": "Team Kingfisher"}

    def test_unknown_style(self):
        """It is the caller's mistake."""
        with pytest.raises(KeyError):
            formats.render(WORK, "docx")


class TestJsonld:
    """schema.org."""

    def test_what_google_wants(self):
        """Name, description of at least 50 characters, addresses of the files, licence, place and time."""
        data = jsonld.dataset(
            RECORD,
            WORK,
            site_url="https://x.test",
            page={"url": "https://x.test/e", "files": {"f": "https://x.test/f"}},
        )
        assert data["name"] == WORK.title
        assert 50 <= len(data["description"]) <= 5000
        assert data["distribution"][0]["contentUrl"] == "https://x.test/f"
        assert data["license"] == "https://creativecommons.org/x"
        assert data["spatialCoverage"]["geo"]["box"] == "43.5 5.4 43.6 5.5"
        assert data["temporalCoverage"] == "2026-03-03/2026-03-14"
        assert data["variableMeasured"] == [{"@type": "PropertyValue", "name": "CO2", "unitText": "[ppm]"}]
        assert "funder" not in data

    def test_nothing_empty(self):
        """A record with little in it gives a shorter document, no nulls."""
        record = {**RECORD, "place": None, "period": {"start": None, "end": None}, "files": [], "licence": None}
        work = formats.work(record, published_at="2026-01-01", publisher="P", url="u")
        data = jsonld.dataset(record, work, site_url="https://x.test", page={"url": "u", "files": {}})
        assert None not in data.values()
        assert "license" not in data


class TestCanonical:
    """The same record, the same bytes."""

    def test_order_and_numbers(self):
        """RFC 8785: keys sorted, numbers in one way, no spaces."""
        assert canonical.dump({"b": 1.0, "a": [1e3, "é"]}) == '{"a":[1000,"é"],"b":1}'.encode()

    def test_a_change_is_seen(self):
        """One character is another checksum."""
        assert canonical.sha256({"a": "x"}) != canonical.sha256({"a": "y"})
        assert canonical.sha256({"a": 1, "b": 2}) == canonical.sha256({"b": 2, "a": 1})
