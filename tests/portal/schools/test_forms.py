"""CKAN's own forms: they never break, and those for experiments lead to the wizard. Requests that are too long."""

from __future__ import annotations

import io
import re

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from schoolhelp import act, co2_csv

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def headers(user):
    """A token of this person."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


@pytest.fixture
def network(people):
    """A monitoring dataset of a city."""
    city = factories.Organization(name="aix", kind="city")
    values = {"name": "air-aix", "title": "Air in Aix", "type": "monitoring", "owner_org": city["id"]}
    values |= {"title_translated": {"fr": "L’air d’Aix"}, "station_count": 4}
    context = {"ignore_auth": True, "user": people["sysadmin"]["name"]}
    return tk.get_action("package_create")(context, values)


class TestForms:
    """Every form of core and scheming answers."""

    def test_none_breaks(self, app, people, network, area):
        """Organisations, stations, plain datasets: new and edit."""
        token = headers(people["sysadmin"])
        pages = [
            "/organization/new",
            "/organization/edit/demo-school-aix-a",
            "/monitoring/new",
            "/monitoring/edit/air-aix",
        ]
        for page in [*pages, "/dataset/new", "/monitoring/air-aix", "/dataset/air-aix"]:
            assert app.get(page, headers=token).status_code == 200, page

    def test_texts_in_five_languages(self, app, people, network):
        """A labelled field each, filled with what is kept; what is sent is kept."""
        token = headers(people["sysadmin"])
        page = app.get("/monitoring/edit/air-aix", headers=token).body
        for code in ("en", "fr", "it", "es", "bg"):
            assert f'for="field-title_translated-{code}"' in page
            assert f'id="field-title_translated-{code}"' in page
        field = re.search(r'<input id="field-title_translated-fr"[^>]*>', page)
        assert field
        assert "L’air d’Aix" in field[0]
        form = {name: network.get(name) or "" for name in ("name", "title", "owner_org", "notes")}
        form |= {
            "title_translated-fr": "L’air à Aix",
            "title_translated-it": "L’aria di Aix",
            "save": "",
            "pkg_name": network["id"],
        }
        saved = app.post("/monitoring/edit/air-aix", data=form, headers=token, follow_redirects=False)
        assert saved.status_code == 302, saved.body[-3000:]
        kept = act("package_show", None, id="air-aix")["title_translated"]
        assert kept == {"fr": "L’air à Aix", "it": "L’aria di Aix"}

    def test_the_number_of_stations_is_a_number(self, network):
        """Also when it is read again."""
        assert act("package_show", None, id=network["id"])["station_count"] == 4


class TestExperimentsGoThroughTheWizard:
    """Whatever is sent to CKAN's form for experiments, nothing of it is taken."""

    def test_new(self, app, people):
        """Reading or sending it leads to the choice of a protocol."""
        token = headers(people["teacher"])
        form = {"name": "past-the-wizard", "title": "x", "owner_org": people["school"]["id"], "save": "x"}
        for answer in (
            app.get("/experiment/new", headers=token, follow_redirects=False),
            app.post("/experiment/new", data=form, headers=token, follow_redirects=False),
        ):
            assert answer.status_code == 302
            assert answer.location.endswith("/publish")
        assert model.Package.get("past-the-wizard") is None

    def test_edit(self, app, people, ready):
        """A draft's form leads to its first step, and changes nothing."""
        token = headers(people["teacher"])
        for path in (
            f"/experiment/edit/{ready['id']}",
            f"/dataset/edit/{ready['id']}",
            f"/experiment/{ready['id']}/resource/new",
        ):
            answer = app.post(
                path, data={"title": "Past the wizard", "save": "x"}, headers=token, follow_redirects=False
            )
            assert answer.status_code == 302, path
            step = "data" if "resource" in path else "question"
            assert answer.location.endswith(f"/publish/{ready['id']}/{step}"), path
        shown = act("package_show", people["teacher"], id=ready["id"])
        assert shown["title"] != "Past the wizard"
        assert len(shown["resources"]) == 2


def test_core_s_page_for_throwing_away_is_ours(app, ready, people):
    """A draft's leads to ours; a published result's says that it stays."""
    token = headers(people["teacher"])
    answer = app.get(f"/dataset/delete/{ready['id']}", headers=token, follow_redirects=False)
    assert answer.location.endswith(f"/publish/{ready['id']}/delete")
    asked = act("steamcity_review_request", people["teacher"], id=ready["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    answer = app.get(f"/dataset/delete/{ready['id']}", headers=token, follow_redirects=False)
    assert "/experiment/" in answer.location
    refused_post = app.post(f"/dataset/delete/{ready['id']}", headers=token)
    assert refused_post.status_code == 403
    assert "a citation always leads to the same data" in refused_post.get_data(as_text=True)


@pytest.mark.parametrize(
    "page",
    [
        "/experiment/resources/{id}",
        "/dataset/{id}/resource/{file}/edit",
        "/experiment/{id}/resource/{file}/new_view",
        "/dataset/{id}/resource/{file}/views",
    ],
)
def test_core_s_pages_of_a_draft_s_files_lead_to_its_data(app, ready, people, page):
    file = act("package_show", people["teacher"], id=ready["id"])["resources"][0]["id"]
    address = page.format(id=ready["id"], file=file)
    answer = app.get(address, headers=headers(people["teacher"]), follow_redirects=False)
    assert answer.status_code == 302
    assert answer.location.endswith(f"/publish/{ready['id']}/data")


def test_a_long_table_can_be_pasted(app, draft, people):
    """Flask would take 500 kB of text."""
    form = {"do": "check", "text": co2_csv(24_000)}
    assert len(form["text"]) > 600_000
    answer = app.post(f"/publish/{draft['id']}/data", data=form, headers=headers(people["teacher"]))
    assert answer.status_code == 200
    assert act("steamcity_draft_show", people["teacher"], id=draft["id"])["report"]["rows"] == 24_000


class TestTooLong:
    """A request longer than the portal takes gets a sentence, not a broken page."""

    @pytest.fixture(autouse=True)
    def short(self, app, monkeypatch):
        assert app.flask_app.config["MAX_CONTENT_LENGTH"] > 50 * 1024 * 1024
        monkeypatch.setitem(app.flask_app.config, "MAX_CONTENT_LENGTH", 10_000)

    def test_on_the_data_page_the_draft_stays(self, app, ready, people):
        """The page says how much is taken."""
        token = headers(people["teacher"])
        form = {"do": "check", "upload": (io.BytesIO(b"x" * 20_000), "big.csv")}
        answer = app.post(f"/fr/publish/{ready['id']}/data", data=form, headers=token, follow_redirects=False)
        assert answer.status_code == 302
        assert answer.location.endswith(f"/fr/publish/{ready['id']}/data")
        shown = act("steamcity_draft_show", people["teacher"], id=ready["id"])
        assert shown["accepted"]
        assert shown["answers"] == ready["answers"]

    def test_for_a_program(self, app, ready, people):
        """JSON, as every answer of the API."""
        token = headers(people["teacher"])
        form = {"id": ready["id"], "upload": (io.BytesIO(b"x" * 20_000), "big.csv")}
        answer = app.post("/api/3/action/steamcity_draft_file_set", data=form, headers=token)
        assert answer.status_code == 413
        assert answer.json["success"] is False
        assert "50 MB" in answer.json["error"]["upload"][0]

    def test_elsewhere(self, app, people):
        """A page in the portal's own look."""
        answer = app.post("/user/login", data={"login": "x" * 20_000})
        assert answer.status_code == 413
        assert "50 MB" in answer.body
