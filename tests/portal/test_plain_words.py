"""What the portal says when something cannot be understood, changed or done; where outcomes and doubts are told."""

from __future__ import annotations

import html
import re

import pytest
from ckan import model
from ckan.cli.dataset import dataset as commands
from ckan.tests import factories
from ckanext.steamcity import status
from click.testing import CliRunner
from test_pages import published, words

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

LANGUAGES = ("en", "fr", "it", "es", "bg")
BROKEN = ("foo:[", '"', "a AND", "{!dismax}x")
INTERNALS = re.compile(r"solr|org\.apache|SyntaxError|Query parsers|error running query", re.I)


class TestSearch:
    """A search the index cannot read."""

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("query", BROKEN)
    def test_one_sentence_in_the_reader_s_language(self, app, query, language):
        path = "/experiment/" if language == "en" else f"/{language}/experiment/"
        answer = app.get(path, query_string={"q": query})
        page = words(answer.get_data(as_text=True))
        assert answer.status_code == 200
        assert not INTERNALS.search(page)
        english = "This search could not be understood" in page
        assert english == (language == "en")

    @pytest.mark.parametrize("query", BROKEN)
    def test_programs_are_told_the_kind_of_the_error(self, app, query):
        answer = app.get("/api/3/action/package_search", query_string={"q": query}, expect_errors=True)
        assert answer.status_code in (400, 409)
        assert answer.json["error"]["__type"] in ("Search Error", "Search Query Error")
        assert "could not be understood" in answer.json["error"]["message"]
        assert not INTERNALS.search(answer.json["error"]["message"])

    def test_a_feed_is_no_failure_of_ours(self, app):
        answer = app.get("/feeds/custom.atom", query_string={"q": "foo:["}, expect_errors=True)
        assert answer.status_code == 400
        assert "could not be understood" in words(answer.get_data(as_text=True))

    def test_what_can_be_read_is_found(self, app, school):
        published(school)
        found = app.get("/api/3/action/package_search", query_string={"q": "air"}).json["result"]
        assert found["count"] == 1


class TestCommands:
    """Core's commands on a published version."""

    @pytest.mark.parametrize("command", ["purge", "delete"])
    def test_the_refusal_is_a_sentence_and_an_exit_code(self, school, command):
        kept = published(school)
        ran = CliRunner().invoke(commands, [command, kept["name"]])
        assert ran.exit_code == 1
        assert isinstance(ran.exception, SystemExit), ran.exception
        assert "published and cannot be changed any more" in ran.output
        model.Session.rollback()
        assert model.Package.get(kept["id"]).state == "active"


class TestAddresses:
    """Machines find the description beside the page."""

    @pytest.mark.parametrize("end", ["ttl", "rdf", "xml", "jsonld"])
    def test_dcat_at_the_address_of_the_page(self, app, school, end):
        name = published(school)["name"]
        ours, cores = (app.get(f"/{kind}/{name}.{end}") for kind in ("experiment", "dataset"))
        assert ours.status_code == cores.status_code == 200
        assert ours.headers["Content-Type"] == cores.headers["Content-Type"]
        assert name in ours.get_data(as_text=True)
        assert app.get(f"/experiment/nothing-here.{end}", expect_errors=True).status_code == 404

    def test_of_a_network_too(self, app):
        city = factories.Organization(kind="city")
        network = factories.Dataset(type="monitoring", owner_org=city["id"])
        answer = app.get(f"/monitoring/{network['name']}.ttl")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/turtle")


class TestResult:
    """The page of a result."""

    def test_outcomes_are_those_of_the_hypothesis(self, app, school):
        """Alone beside the headline, "refuted" is read as said of the headline."""
        name = published(school)["name"]
        for path in (f"/experiment/{name}", "/experiment/"):
            assert re.search(r"Hypothesis:\s+Refuted", words(app.get(path).get_data(as_text=True))), path

    def test_how_sure_is_told_beside_how_complete(self, app, school):
        """36 of 40 rows are there; the instrument is not stated."""
        page = re.sub(r"\s+", " ", words(app.get(f"/experiment/{published(school)['name']}").get_data(as_text=True)))
        sure = page[page.index("How sure is this?") :][:600]
        assert "97% of the rows without doubt" in sure
        assert "90% complete" in sure
        assert "Which instrument was used is not stated." in sure


class TestPlaces:
    """The list of places."""

    def test_is_searched_by_name(self, app):
        page = words(app.get("/places/", query_string={"q": "nowhere at all"}).get_data(as_text=True))
        assert "No place has this name." in page


class TestAdministration:
    """Core's pages in our words."""

    def test_collections_and_title(self, app):
        app.set_session_user(factories.Sysadmin(password="correct123")["id"])
        for path, ours in (("/group/new", "What it brings together"), ("/ckan-admin/config", "Title of the portal"),
                           ("/ckan-admin/reset_config", "Take back the title?")):  # fmt: skip
            page = html.unescape(app.get(path, base_url="http://localhost").get_data(as_text=True))
            assert ours in page
            assert not re.search(r"My Group|Update Config|Create Group|reset the config|Intro Text", page), path

    def test_status_says_which_part_does_not_work(self, app):
        """No worker runs beside the tests; programs still find their address."""
        answer = app.get("/status")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert page.count("does not work</dd>") == 1
        assert "Something does not work right now" in page
        assert "/api/3/action/status_show" in page

    def test_status_is_503_when_nothing_can_be_read(self, app, monkeypatch):
        """For whoever watches the portal by its address."""
        monkeypatch.setattr(status, "is_available", lambda: False)
        answer = app.get("/status", expect_errors=True)
        assert answer.status_code == 503
        assert answer.get_data(as_text=True).count("does not work</dd>") == 2
