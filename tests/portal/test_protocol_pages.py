"""Pages and files of protocols on the real portal."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from itertools import cycle
from pathlib import Path

import ckan.plugins.toolkit as tk
import frictionless
import pytest
import yaml
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.steamcity import downloads, protocols, twinning
from ckanext.steamcity.protocols import loader
from test_pages import LANGUAGES, published, words

pytestmark = pytest.mark.usefixtures("with_plugins")
FILES = {
    "template.csv": "text/csv; charset=utf-8",
    "template.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sample.csv": "text/csv; charset=utf-8",
    "schema.json": "application/json",
    "pack.zip": "application/zip",
}


def _school() -> dict:
    teacher = factories.User()
    organization = factories.Organization(users=[{"name": teacher["name"], "capacity": "editor"}], kind="school")
    return {"teacher": teacher, "organization": organization}


@pytest.mark.parametrize(("slug", "language"), list(zip(protocols.slugs(), cycle(LANGUAGES), strict=False)))
def test_field_sheet(app, slug, language):
    """Every column, lines for place, date and instrument, and none for a person."""
    page = app.get(f"/{language}/protocol/{slug}/fieldsheet").get_data(as_text=True)
    text = words(page)
    protocol = protocols.load(slug)
    assert f'<html lang="{language}">' in page
    assert all(column.titles[language] in text for column in protocol.columns)
    assert page.count("<dd></dd>") == 6
    assert page.count("<tr>") > 15
    assert "<script" not in page


@pytest.mark.parametrize("language", LANGUAGES)
class TestPages:
    """No results are needed: they come from the template."""

    @pytest.mark.parametrize("end", FILES)
    def test_files(self, app, end, language):
        """In the reader's language, the same bytes twice."""
        answer = app.get(f"/{language}/protocol/co2-indoor/{end}")
        assert answer.headers["Content-Type"] == FILES[end]
        assert answer.data == app.get(f"/{language}/protocol/co2-indoor/{end}").data
        if end != "schema.json":
            assert "attachment; filename=" in answer.headers["Content-Disposition"]
        assert app.get(f"/{language}/protocol/nothing/{end}").status_code == 404

    def test_sample_is_marked_in_the_language(self, app, language):
        first = app.get(f"/{language}/protocol/negawatt/sample.csv").get_data(as_text=True).splitlines()[0]
        assert first.lstrip("\ufeff").startswith("# ")
        assert (downloads.SYNTHETIC in first) == (language == "en")

    def test_not_stated_is_said(self, app, language):
        """The authors name neither age nor duration: the page invents none."""
        text = words(app.get(f"/{language}/protocol/co2-indoor").get_data(as_text=True))
        said = {"en": "not stated", "fr": "non précisé", "it": "non indicat", "es": "no indicad", "bg": "не е посочен"}
        assert text.count(said[language]) == 2


def test_values_are_shown_as_a_reader_writes_them(app):
    """Choices in words, decimal signs of the language, times without seconds; the files keep the codes."""
    page = app.get("/fr/protocol/co2-indoor").get_data(as_text=True)
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "<td>closed</td>" not in table
    assert "<td>fermées</td>" in table
    with app.flask_app.test_request_context("/fr/"):
        tk.request.environ["CKAN_LANG"] = "fr"
        cells = [
            ("time", "2026-03-02T07:05:00Z"), ("temperature", 20.5), ("temperature", "-0.25"), ("co2", None),
            ("windows", "closed"), ("quality_flag", "3"), ("time", "2026-03-02"), ("co2", "many"),
        ]  # fmt: skip
        shown = [tk.h.steamcity_cell("co2-indoor", *one) for one in cells]
    in_one_line = '<span class="sc-moment">2026-03-02 07:05</span>'
    assert shown == [in_one_line, "20,5", "-0,25", "", "fermées", "3", "2026-03-02", "many"]


def test_schema_in_another_language_than_the_page(app):
    """`?lang=` chooses; a strange language falls back; what a class writes down is a schema of its own."""
    bulgarian = json.loads(app.get("/fr/protocol/co2-indoor/schema.json?lang=bg").data)
    assert bulgarian["fields"][0]["title"] == "Време на измерване"
    french = json.loads(app.get("/fr/protocol/co2-indoor/schema.json?lang=xx").data)
    assert french["fields"][0]["title"] == "Heure de la mesure"
    collected = json.loads(app.get("/protocol/light-vs-zzz/schema.json?table=collected").data)
    assert [field["name"] for field in collected["fields"]][:2] == ["evening", "nights"]
    for schema in (bulgarian, french, collected):
        assert frictionless.Schema.from_descriptor(schema).to_descriptor()


def test_pack_holds_everything_and_nothing_of_the_portal(app):
    """Page, tables, field sheet, sample, licence, schema: relative addresses only, no script."""
    archive = zipfile.ZipFile(io.BytesIO(app.get("/es/protocol/outdoor-air/pack.zip").data))
    names = {name.removeprefix("outdoor-air/") for name in archive.namelist()}
    assert names == {
        "index.html", "fieldsheet.html", "style.css", "LICENCE.txt", "schema.json", "outdoor-air-es.csv",
        "outdoor-air-es.xlsx", "outdoor-air-sample-synthetic-es.csv",
    }  # fmt: skip
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for name in ("index.html", "fieldsheet.html"):
        page = archive.read(f"outdoor-air/{name}").decode()
        assert "<script" not in page
        assert 'href="/' not in page
        assert "src=" not in page
        linked = {part.split('"')[0] for part in page.split('href="')[1:]}
        assert {one for one in linked if not one.startswith("data:")} <= names
    assert "<svg" in archive.read("outdoor-air/index.html").decode()
    assert "CC0" in archive.read("outdoor-air/LICENCE.txt").decode()


class TestProperties:
    """What is observed has a page and a description for programs."""

    def test_page_and_data(self, app):
        page = app.get("/fr/property/pm25")
        assert "Particules fines PM2,5" in words(page.get_data(as_text=True))
        assert "w3id.org/steamcity/property/pm25" in page.get_data(as_text=True)
        asked = app.get("/property/pm25", headers={"Accept": "application/ld+json"})
        assert asked.headers["Content-Type"] == "application/ld+json"
        assert "Accept" in asked.headers["Vary"]
        assert json.loads(asked.data) == json.loads(app.get("/property/pm25.jsonld").data)
        assert app.get("/property/nothing").status_code == 404
        assert app.get("/property/nothing.jsonld").status_code == 404

    def test_list(self, app):
        assert 'href="/it/property/co2"' in app.get("/it/property").get_data(as_text=True)
        assert len(json.loads(app.get("/property.jsonld").data)["@graph"]) > 40


@pytest.mark.usefixtures("clean_db", "clean_index")
class TestTwins:
    """From frozen tables, through actions."""

    def test_two_cities_on_one_chart(self, app):
        """Figures, period and how sure; one city alone is not compared; drafts are not in it."""
        published(_school(), name="one")
        alone = call_action("steamcity_protocol_twins", id="co2-indoor")
        assert alone["comparable"] is False
        assert alone["charts"] == []
        assert "sc-empty" in app.get("/protocol/co2-indoor/twins").get_data(as_text=True)
        published(_school(), name="two", city="sofia")
        found = call_action("steamcity_protocol_twins", id="co2-indoor")
        assert [city["city"] for city in found["cities"]] == ["aix-en-provence", "sofia"]
        for city in found["cities"]:
            assert city["rows"] == 36
            assert city["doubtful"] == pytest.approx(1 / 36)
            assert (city["start"], city["end"]) == ("2026-03-03", "2026-03-04")
            (value,) = city["values"]
            assert value["count"] == 36
            assert value["above"][0]["share"] == pytest.approx(28 / 36)
        page = app.get("/fr/protocol/co2-indoor/twins").get_data(as_text=True)
        assert page.count('<svg role="img"') >= 2
        assert "/fr/protocol/co2-indoor/twins" in app.get("/fr/protocol/co2-indoor").get_data(as_text=True)

    def test_one_search_whatever_the_number_of_results(self, monkeypatch):
        """Tables are read once; nothing is asked in a loop."""
        for number in range(3):
            published(_school(), name=f"one-{number}", city=("sofia", "napoli", "aix-en-provence")[number])
        call_action("steamcity_protocol_twins", id="co2-indoor")
        asked: list[str] = []
        real = tk.get_action

        def counting(name: str):
            asked.append(name)
            return real(name)

        monkeypatch.setattr(tk, "get_action", counting)
        monkeypatch.setattr(twinning.results, "read_rows", lambda _sha256: pytest.fail("a table was read again"))
        real("steamcity_protocol_twins")({}, {"id": "co2-indoor"})
        assert asked.count("package_search") == 1
        assert set(asked) <= {"package_search", "steamcity_area_list"}

    def test_what_is_not_compared_is_said(self, app, monkeypatch):
        """More results than are compared, and a table that is not there, both on the page."""
        for number in range(3):
            published(_school(), name=f"one-{number}", city=("sofia", "napoli", "aix-en-provence")[number])
        assert call_action("steamcity_protocol_twins", id="co2-indoor")["notes"] == []
        monkeypatch.setattr(twinning, "MOST_RESULTS", 2)
        page = app.get("/protocol/co2-indoor/twins").get_data(as_text=True)
        assert "Compared are the newest 2 of 3 results." in page
        assert len(call_action("steamcity_protocol_twins", id="co2-indoor")["cities"]) == 2
        monkeypatch.undo()
        twinning._reduced.cache_clear()

        def lost(sha256: str):
            raise FileNotFoundError(sha256)

        monkeypatch.setattr(twinning.results, "read_rows", lost)
        (note,) = call_action("steamcity_protocol_twins", id="co2-indoor")["notes"]
        assert note["params"] == {"number": 3}

    def test_wrong_questions(self):
        with pytest.raises(tk.ObjectNotFound):
            call_action("steamcity_protocol_twins", id="nothing")
        with pytest.raises(tk.ValidationError):
            call_action("steamcity_protocol_twins", id="co2-indoor", width="wide")


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One YAML file more among the protocols."""
    folder = tmp_path / "schemas"
    shutil.copytree(Path(str(files(loader.SCHEMAS))), folder)
    data = yaml.safe_load((folder / "protocols" / "warm-walls.yaml").read_text(encoding="utf-8"))
    data |= {"slug": "cold-roofs", "titles": dict.fromkeys(LANGUAGES, "Cold roofs")}
    (folder / "protocols" / "cold-roofs.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr(loader, "_folder", lambda: folder)
    loader.slugs.cache_clear()
    yield "cold-roofs"
    loader.slugs.cache_clear()


@pytest.mark.usefixtures("clean_db", "clean_index")
def test_a_26th_protocol_has_its_pages(app, dropped):
    """Page, list, every file, field sheet, comparison, the check and the API, without a line of code."""
    assert "Cold roofs" in app.get("/protocol").get_data(as_text=True)
    page = app.get(f"/bg/protocol/{dropped}").get_data(as_text=True)
    assert "Cold roofs" in page
    assert '<svg role="img"' in page
    for end in (*FILES, "fieldsheet", "twins"):
        assert app.get(f"/protocol/{dropped}/{end}").status_code == 200, end
    shown = call_action("steamcity_protocol_show", id=dropped)
    assert shown["downloads"]["pack"].endswith(f"/protocol/{dropped}/pack.zip")
    assert dropped in {entry["slug"] for entry in call_action("steamcity_protocol_list")}
    text = app.get(f"/protocol/{dropped}/template.csv").get_data(as_text=True)
    checked = call_action("steamcity_file_check", protocol=dropped, text=text, hints={"timezone": "UTC"})
    assert checked["clean"]["columns"][0] == "time"
