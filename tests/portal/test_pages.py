"""Every page anybody can read, in five languages, with hostile text in it."""

from __future__ import annotations

import html
import json
import re

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

LANGUAGES = ("en", "fr", "it", "es", "bg")
HOSTILE = "<b>\"Łódź' 🌳"
PAGES = (
    "/", "/dataset/", "/experiment/", "/protocol", "/protocol/co2-indoor", "/organization/", "/about", "/privacy",
    "/accessibility", "/developers", "/user/login",
)  # fmt: skip
ROWS = "time,co2,quality_flag\n" + "".join(
    f"2026-03-03T{7 + at // 12:02d}:{at % 12 * 5:02d}:00Z,{500 + 40 * at},{3 if at == 30 else 1}\n" for at in range(36)
)
DICTIONARY = json.dumps({"fields": [{"name": "time", "type": "datetime"}, {"name": "co2", "type": "number"},
                                    {"name": "quality_flag", "type": "integer"}]})  # fmt: skip


def published(school: dict, **fields) -> dict:
    """A published result, frozen as the approval of a review freezes it."""
    data = {
        "name": "air-in-our-room", "type": "experiment", "title": "Air in our room",
        "owner_org": school["organization"]["id"],
        "finding": "CO2 climbs above 1,500 ppm", "question": "How bad is the air?", "limits": "One room only.",
        "protocol": "co2-indoor", "city": "aix-en-provence", "class_name": "Team Kingfisher", "level_band": "mixed",
        "school_year": "2025-2026", "period_start": "2026-03-03", "period_end": "2026-03-04", "license_id": "CC-BY-4.0",
        "language": "en", "synthetic": True,
        "hypotheses": [{"statement": "It gets worse", "outcome": "refuted", "stated_on": "2026-03-01"}],
        **fields,
    }  # fmt: skip
    context = {"ignore_auth": True, "user": school["teacher"]["name"], "allow_state_change": True}
    draft = tk.get_action("package_create")(context, data)
    files = [
        {"name": "data.csv", "role": "data", "content": ROWS, "format": "CSV"},
        {"name": "dictionary.json", "role": "dictionary", "content": DICTIONARY, "format": "JSON"},
    ]
    quality = {"quality": {"rows": 36, "expected": 40, "completeness": 0.9}, "repairs": []}
    call_action("steamcity_files_set", id=draft["id"], files=files, provenance=quality)
    sha256 = call_action("steamcity_version_preview", id=draft["id"])["sha256"]
    call_action("steamcity_version_publish", id=draft["id"], sha256=sha256, approved_by="somebody")
    model.Session.remove()
    return call_action("package_show", id=draft["id"])


def words(page: str) -> str:
    """The text of a page, entities resolved."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def loaded(page: str) -> list[str]:
    """Addresses a browser loads for a page without being asked."""
    return re.findall(r'<(?:script|img|iframe|source)[^>]*\ssrc="([^"]+)"', page) + re.findall(
        r'<link[^>]*rel="(?:stylesheet|icon|preload)"[^>]*href="([^"]+)"|<link href="([^"]+)" rel="stylesheet"', page
    )


class TestEveryPage:
    """What holds for all of them."""

    def test_in_five_languages(self, app):
        """Each answers without a log-in, says its language, its canonical address and its siblings."""
        for path in PAGES:
            for language in LANGUAGES:
                answer = app.get(path if language == "en" else f"/{language}{path}")
                page = answer.get_data(as_text=True)
                assert answer.status_code == 200, (path, language)
                assert f'<html lang="{language}">' in page, (path, language)
                assert page.count('rel="canonical"') == 1, path
                assert page.count('rel="alternate" hreflang=') == len(LANGUAGES) + 1, path
                assert page.count("<h1") == 1, path

    def test_nothing_comes_from_elsewhere(self, app):
        """Nor from a script or style in the page itself."""
        for path in PAGES:
            page = app.get(path).get_data(as_text=True)
            for found in loaded(page):
                for address in found if isinstance(found, tuple) else (found,):
                    assert not address or address.startswith("/"), (path, address)
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path
            assert not re.search(r'<script(?![^>]*(?:src=|type="application/(?:ld\+)?json"))', page), path

    def test_reading_sets_no_cookie(self, app):
        """No form, no token, no session."""
        for path in PAGES:
            if path != "/user/login":
                assert "Set-Cookie" not in app.get(path).headers, path

    def test_reading_pages_load_nothing_of_core(self, app):
        """One style sheet and one script, both ours."""
        for path in ("/", "/dataset/", "/protocol"):
            assets = re.findall(r"/webassets/([a-z_-]+)/", app.get(path).get_data(as_text=True))
            assert set(assets) <= {"steamcity", "steamcity_places"}, path

    def test_language_switch_is_links(self, app):
        """To the same page, with its search."""
        page = app.get("/dataset/?q=air").get_data(as_text=True)
        assert 'href="/fr/dataset/?q=air" lang="fr"' in page

    def test_core_pages_wear_the_portal_s_clothes(self, app):
        """The same header and footer."""
        page = app.get("/user/reset").get_data(as_text=True)
        assert "sc-header" in page
        assert "sc-footer" in page
        assert "Powered by" not in page


class TestCoreSecondPages:
    """Core's own pages of what has a page of ours."""

    def test_they_lead_to_ours(self, app, school):
        """A file's page to its result, the about page to the school, the good-bye page home."""
        result = published(school)
        name = school["organization"]["name"]
        file = result["resources"][0]["id"]
        pages = {
            f"/experiment/{result['name']}/resource/{file}": f"/experiment/{result['name']}#files",
            f"/organization/about/{name}": f"/organization/{name}",
            "/user/logged_out_redirect": "/",
        }
        for page, ours in pages.items():
            answer = app.get(page, follow_redirects=False)
            assert answer.status_code == 302
            assert answer.headers["Location"].endswith(ours)

    def test_activities_are_refused_not_broken(self, app, school):
        """To a stranger: 403."""
        assert app.get(f"/organization/activity/{school['organization']['name']}").status_code == 403

    def test_cards_know_course_and_quality_from_the_index(self, app, school):
        """In a search, and in no answer about one dataset."""
        result = published(school)
        found = call_action("package_search")["results"][0]
        assert found["steamcity_glance"]["sure"] == pytest.approx(35 / 36, abs=0.001)
        assert found["steamcity_glance"]["course"].startswith("M1 23")
        assert "steamcity_glance" not in call_action("package_show", id=result["id"])
        assert "sc-spark" in app.get("/dataset/").body


class TestSearch:
    """The search page."""

    def test_sentence_and_facets(self, app, school):
        """It says what was found and offers to narrow it, as links."""
        published(school)
        page = app.get("/dataset/?q=air&steamcity_city=aix-en-provence").get_data(as_text=True)
        assert "1 result about “air” in" in words(page)
        assert "CO2 climbs above 1,500 ppm" in page
        assert 'href="/dataset/?q=air"' in page, "the filter can be taken away"

    def test_type_is_a_filter(self, app, school):
        """As people and programs write it."""
        published(school)
        answer = app.get("/dataset/?type=experiment", follow_redirects=True)
        assert answer.request.query_string == b"dataset_type=experiment"
        assert "CO2 climbs" in answer.get_data(as_text=True)
        assert "CO2 climbs" not in app.get("/dataset/?dataset_type=monitoring").get_data(as_text=True)

    def test_nothing_found_shows_a_way_out(self, app):
        """Instead of an empty page."""
        page = app.get("/dataset/?q=zzzzzz").get_data(as_text=True)
        assert "Nothing was measured here yet" in page
        assert 'href="/protocol"' in page

    @pytest.mark.parametrize("query", ["title:(", '"', "a:b:c", "<script>alert(1)</script>", "*" * 400])
    def test_strange_words(self, app, query):
        """Never a failure, never a script."""
        answer = app.get("/dataset/", query_string={"q": query})
        assert answer.status_code in (200, 400)
        assert "<script>alert" not in answer.get_data(as_text=True)


class TestResult:
    """The page of a class result."""

    def test_what_stands_on_it(self, app, school):
        """Finding, chart, figures, outcome, limits, files, licence in words, how to cite, how to use."""
        dataset = published(school)
        page = app.get(f"/experiment/{dataset['name']}").get_data(as_text=True)
        text = words(page)
        assert re.search(r"<h1[^>]*>CO2 climbs above 1,500 ppm</h1>", page)
        assert page.count('class="sc-chart-svg"') >= 2
        for said in ("90% complete", "36 rows", "Refuted", "One room only.", "Team Kingfisher", "Demo data, generated",
                     "You may", "SHA-256", "BibTeX", "datastore_search", "1,900"):  # fmt: skip
            assert said in text, said
        assert 'type="application/ld+json"' in page
        assert dataset["identifier"] in page

    def test_charts_hold_no_style(self, app, school):
        """They must show under the strict policy."""
        dataset = published(school)
        assert " style=" not in app.get(f"/bg/experiment/{dataset['name']}").get_data(as_text=True)

    def test_text_in_another_language_says_so(self, app, school):
        """A finding that is not translated keeps its language; one that is, is shown translated."""
        dataset = published(school, language="fr", finding="Le CO2 monte", finding_translated={"it": "La CO2 sale"})
        assert '<h1 lang="fr">Le CO2 monte</h1>' in app.get(f"/bg/experiment/{dataset['name']}").get_data(as_text=True)
        assert "<h1>La CO2 sale</h1>" in app.get(f"/it/experiment/{dataset['name']}").get_data(as_text=True)

    def test_hostile_text_is_text(self, app, school):
        """On its own page and on every page that lists it."""
        fields = ("title", "finding", "question", "limits", "class_name")
        dataset = published(
            school,
            **dict.fromkeys(fields, HOSTILE),
            notes="<script>alert(1)</script> [x](javascript:alert(1))",
            hypotheses=[{"statement": HOSTILE, "outcome": "supported", "reflection": HOSTILE}],
            instruments=[{"name": HOSTILE, "measures": HOSTILE}],
        )
        listing = ("/", "/dataset/", "/protocol/co2-indoor", "/organization/demo-school-aix-a")
        for path in (f"/experiment/{dataset['name']}", *listing):
            page = app.get(path).get_data(as_text=True)
            assert "Łódź" in page, path
            assert '<b>"' not in page, path
            assert "<b>&#34;" not in page, path
            assert "<script>alert" not in page, path
            assert 'href="javascript' not in page, path

    def test_a_draft_is_not_public(self, app, school):
        """It has no page for those who may not see it."""
        context = {"ignore_auth": True, "user": school["teacher"]["name"]}
        owner = school["organization"]["id"]
        data = {"name": "half-done", "title": "Half done", "type": "experiment", "owner_org": owner}
        tk.get_action("package_create")(context, data)
        assert app.get("/experiment/half-done").status_code == 404

    def test_result_show_of_nothing(self):
        """An unknown id, and a dataset that is no result."""
        with pytest.raises(tk.ObjectNotFound):
            call_action("steamcity_result_show", id="nothing")
        other = factories.Dataset(type="dataset", owner_org=factories.Organization()["id"])
        with pytest.raises(tk.ObjectNotFound):
            call_action("steamcity_result_show", id=other["id"])


class TestProtocols:
    """Protocols and what classes found by them."""

    def test_list_counts_results(self, school):
        """From one search."""
        published(school)
        listed = {entry["slug"]: entry for entry in call_action("steamcity_protocol_list")}
        assert listed["co2-indoor"]["results"] == 1
        assert listed["pollinators"]["results"] == 0
        mobility = call_action("steamcity_protocol_list", cluster="mobility")
        assert mobility
        assert all("mobility" in entry["clusters"] for entry in mobility)

    def test_show(self, school):
        """The template and the results."""
        published(school)
        shown = call_action("steamcity_protocol_show", id="co2-indoor")
        assert shown["results"] == 1
        assert shown["outcomes"] == {"refuted": 1}
        assert shown["columns"][0]["name"] == "time"
        with pytest.raises(tk.ObjectNotFound):
            call_action("steamcity_protocol_show", id="../../etc/passwd")

    def test_template_csv(self, app):
        """In the reader's language, as a download."""
        answer = app.get("/bg/protocol/co2-indoor/template.csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "Време" in answer.get_data(as_text=True)
        assert app.get("/protocol/nothing/template.csv").status_code == 404


class TestHome:
    """The first page."""

    def test_numbers_are_counted(self, school):
        """Not written by hand."""
        before = call_action("steamcity_home")
        published(school)
        after = call_action("steamcity_home")
        assert (before["results"], after["results"]) == (0, 1)
        assert after["clusters"] == {"environment": 1}
        assert after["cities"] == {"aix-en-provence": 1}

    def test_newest_result_stands_on_it(self, app, school):
        """With its city to go on from."""
        published(school)
        page = app.get("/").get_data(as_text=True)
        assert "CO2 climbs above 1,500 ppm" in page
        assert "steamcity_city=aix-en-provence" in page


class TestErrors:
    """Pages for when something is wrong."""

    def test_unknown_page_has_a_search_box(self, app):
        """And the likeliest pages."""
        answer = app.get("/no/such/page")
        assert answer.status_code == 404
        assert 'type="search"' in answer.get_data(as_text=True)

    def test_closed_page_offers_the_log_in(self, app):
        """To those who are not logged in."""
        answer = app.get("/ckan-admin/config")
        assert answer.status_code in (401, 403)
        assert "/user/login" in answer.get_data(as_text=True)

    def test_schools_show_no_person(self, app, school):
        """Neither on their page nor in the list."""
        for path in ("/organization/", "/organization/demo-school-aix-a"):
            page = app.get(path).get_data(as_text=True)
            for role in ("teacher", "coordinator", "member"):
                assert school[role]["name"] not in page, path


def test_a_feed_leads_people_to_pages(app, school):
    """Its entries to results, its own links to the search it follows."""
    found = published(school)
    feed = app.get("/feeds/custom.atom?q=air&steamcity_city=aix-en-provence").get_data(as_text=True)
    entry = feed.partition("<entry>")[2]
    assert re.search(rf'<link href="http[^"]+/experiment/{found["name"]}"', entry)
    links = [html.unescape(link) for link in re.findall(r'<link href="([^"]+)"', feed.partition("<entry>")[0])]
    assert len(links) > 2
    assert all(link.startswith("http") and "query=" not in link for link in links)
    assert any("q=air" in link and "steamcity_city=aix-en-provence" in link for link in links)
