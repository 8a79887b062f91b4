"""Pages of CKAN and ckanext-harvest that people still meet: in our frame, in our words, with forms that work."""

from __future__ import annotations

import re

import pytest
from ckan import model
from ckan.tests import factories
from ckan.tests.helpers import call_action
from ckanext.steamcity import helpers, refusals
from ckanext.steamcity.messages import Message

HERE = "http://localhost"
pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def page(app, path: str, **options) -> str:
    """The text of a page that answers."""
    answer = app.get(path, base_url=HERE, **options)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def send(app, path: str, data: dict):
    """The answer to a form, where it leads not followed."""
    return app.post(path, data=data, base_url=HERE, follow_redirects=False, expect_errors=True)


@pytest.fixture
def forms(app, monkeypatch):
    """Forms are taken without a token; that every form of ours has one is a test of the templates."""
    monkeypatch.setitem(app.flask_app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def teacher(app, school, forms) -> dict:
    """The teacher, logged in."""
    person = model.User.get(school["teacher"]["id"])
    person.password = "correct123"
    model.Session.commit()
    app.set_session_user(person.id)
    return school["teacher"]


@pytest.fixture
def administrator(app, school, forms) -> dict:
    """An administrator of the portal, logged in."""
    made = factories.Sysadmin(password="correct123")
    app.set_session_user(made["id"])
    return made


@pytest.mark.parametrize("kind", ["organization", "group"])
@pytest.mark.parametrize("who", ["", "teacher", "member"])
def test_names_of_administrators_are_not_for_strangers(app, school, kind, who):
    """Core's page asks nobody; it shows names of accounts."""
    if who:
        app.set_session_user(school[who]["id"])
    known = school["organization"]["name"] if kind == "organization" else factories.Group()["name"]
    answer = app.get(f"/{kind}/admins/{known}", base_url=HERE, expect_errors=True)
    assert answer.status_code == 403
    assert school["coordinator"]["name"] not in answer.get_data(as_text=True)


def test_whoever_looks_after_a_school_sees_them(app, school):
    """As on the page of its members."""
    app.set_session_user(school["coordinator"]["id"])
    assert app.get(f"/organization/admins/{school['organization']['name']}", base_url=HERE).status_code == 200


@pytest.mark.parametrize(
    ("who", "path", "there"),
    [
        ("teacher", "/dashboard/", "/desk"), ("teacher", "/dashboard/datasets", "/desk"),
        ("teacher", "/dataset/new", "/publish"),
        ("teacher", "/organization/members/{school}", "/organization/{school}"),
        ("coordinator", "/organization/members/{school}", "/school/{school}/people"),
        ("coordinator", "/organization/bulk_process/{school}", "/organization/{school}"),
        ("", "/user/edit", "/user/login?came_from=/user/edit"),
    ],
)  # fmt: skip
def test_where_ours_is_the_page(app, school, who, path, there):
    """Core's second page of something leads to the one people know."""
    if who:
        app.set_session_user(school[who]["id"])
    name = school["organization"]["name"]
    answer = app.get(path.format(school=name), base_url=HERE, follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].removeprefix(HERE).endswith(there.format(school=name))


def test_a_city_keeps_cores_page_of_many_datasets(app, administrator):
    """Plain datasets can be changed in bulk."""
    city = factories.Organization()
    factories.Dataset(owner_org=city["id"])
    assert "bulk_action.delete" in page(app, f"/organization/bulk_process/{city['name']}")


def test_who_may_not_add_a_feed_is_told_before_writing(app, teacher):
    """CKAN would show the form and refuse it afterwards."""
    answer = app.get("/harvest/new", base_url=HERE, expect_errors=True)
    assert answer.status_code == 403
    assert "whoever runs this portal" in answer.get_data(as_text=True)
    assert "You look after no feed" in page(app, "/harvest")


@pytest.mark.parametrize("language", ["en", "fr", "bg"])
def test_refusals_speak_to_people(app, teacher, language):
    """Once, not twice, and not of packages and groups."""
    path = "/group/new" if language == "en" else f"/{language}/group/new"
    text = app.get(path, base_url=HERE, expect_errors=True).get_data(as_text=True)
    cores = {"en": "Unauthorized", "fr": "autorisé à créer un groupe", "bg": "групп"}[language]
    assert cores not in text
    assert "sc-notice" not in text
    # Nor does the sentence wait for the next page.
    assert "Unauthorized" not in page(app, "/user/login")


def test_our_own_reasons_stay(app, with_request_context):
    """Only core's sentences are replaced."""
    assert refusals.sentence("Four eyes: somebody else decides.") == "Four eyes: somebody else decides."
    generic = refusals.sentence("")
    for cores in ("Unauthorized to delete group x", "User ann not authorized to edit package y", "Not authorized"):
        assert refusals.sentence(cores) == generic


def test_a_form_that_waited_too_long_says_what_to_do(app, teacher, monkeypatch):
    """Flask-WTF speaks of tokens."""
    monkeypatch.setitem(app.flask_app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.flask_app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    answer = send(app, "/user/edit", data={"email": "x@example.org"})
    assert answer.status_code == 400
    assert "Please send this once more" in answer.get_data(as_text=True)


class TestAccount:
    """The pages of one's own account."""

    def test_shows_what_is_mine(self, app, teacher):
        """And nothing to follow, no picture, no groups."""
        text = page(app, f"/user/{teacher['name']}")
        assert teacher["email"] in text
        assert "Demo school Aix A" in text
        for clutter in ("Follow", "biography", "avatar", "Groups", "dataset.new"):
            assert clutter not in text

    def test_takes_a_new_password_and_address(self, app, teacher):
        """With the one of now, and with nothing lost."""
        form = page(app, "/user/edit")
        assert re.search(r'name="name" value="' + teacher["name"], form)
        given = {"name": teacher["name"], "email": "new@example.org", "fullname": "", "old_password": "wrong",
                 "password1": "another-123", "password2": "another-123", "save": "save"}  # fmt: skip
        refused = send(app, "/user/edit", data=given).get_data(as_text=True)
        assert "This password is wrong" in refused
        assert "new@example.org" in refused
        send(app, "/user/edit", data={**given, "old_password": "correct123"})
        person = model.User.get(teacher["id"])
        assert person.email == "new@example.org"
        assert person.validate_password("another-123")

    def test_keeps_the_password_when_none_is_given(self, app, teacher):
        """Only the name changes."""
        given = {"name": teacher["name"], "email": teacher["email"], "fullname": "Ann", "old_password": "",
                 "password1": "", "password2": "", "save": "save"}  # fmt: skip
        send(app, "/user/edit", data=given)
        person = model.User.get(teacher["id"])
        assert person.fullname == "Ann"
        assert person.validate_password("correct123")

    def test_makes_and_takes_back_a_token(self, app, teacher):
        """Without a script: the security policy runs none of those in core's page."""
        made = send(app, f"/user/{teacher['name']}/api-tokens", data={"name": "logger"})
        token = re.search(r'id="token">([^<]+)<', made.get_data(as_text=True))
        assert token
        headers = {"Authorization": token[1]}
        asked = "/api/3/action/steamcity_draft_list"
        assert app.get(asked, headers=headers).status_code == 200
        shown = page(app, f"/user/{teacher['name']}/api-tokens")
        assert "logger" in shown
        chosen = re.search(r'name="token" value="([^"]+)"', shown)
        assert chosen
        gone = send(app, f"/user/{teacher['name']}/api-tokens/revoke", data={"token": chosen[1]})
        assert gone.status_code == 200
        assert "logger" not in page(app, f"/user/{teacher['name']}/api-tokens")

    def test_a_token_without_a_name_is_asked_for_one(self, app, teacher):
        """The form comes back."""
        answer = send(app, f"/user/{teacher['name']}/api-tokens", data={"name": ""})
        assert "error-summary" in answer.get_data(as_text=True)

    def test_administrators_make_and_close_accounts(self, app, administrator):
        """From the list of accounts."""
        assert administrator["name"] in page(app, "/user/")
        given = {"name": "new-teacher", "email": "t@example.org", "fullname": "", "password1": "correct123",
                 "password2": "correct123", "save": "save"}  # fmt: skip
        assert "error-summary" in send(app, "/user/register", data={**given, "email": ""}).get_data(as_text=True)
        send(app, "/user/register", data=given)
        made = model.User.get("new-teacher")
        assert made is not None
        assert "Nobody can log in" in page(app, f"/user/delete/{made.id}")
        send(app, f"/user/delete/{made.id}", data={"delete": "delete"})
        assert model.User.get("new-teacher").state == "deleted"
        assert "This account is closed" in page(app, "/user/new-teacher")


class TestSchoolForm:
    """The form of a school or partner."""

    def test_a_coordinator_edits_the_page(self, app, school, forms):
        """What the form does not show stays."""
        app.set_session_user(school["coordinator"]["id"])
        name = school["organization"]["name"]
        form = page(app, f"/organization/edit/{name}")
        assert 'name="kind"' not in form
        given = {"title": "Demo school <b>Aix</b>", "name": name, "description": "We measure.", "image_url": "",
                 "city": "aix-en-provence", "country": "FR", "website": "https://example.org/"}  # fmt: skip
        refused = send(app, f"/organization/edit/{name}", data={**given, "country": "France"})
        assert "error-summary" in refused.get_data(as_text=True)
        assert "We measure." in refused.get_data(as_text=True)
        send(app, f"/organization/edit/{name}", data=given)
        stored = call_action("organization_show", id=name)
        assert (stored["description"], stored["website"], stored["kind"]) == (
            "We measure.",
            "https://example.org/",
            "school",
        )
        assert "<b>Aix" not in page(app, f"/organization/{name}")

    def test_an_administrator_adds_a_partner(self, app, administrator):
        """With its kind."""
        assert 'value="fablab"' in page(app, "/organization/new")
        given = {"title": "Fablab", "name": "fablab", "description": "", "image_url": "", "kind": "fablab", "city": "",
                 "country": "", "website": "", "save": "save"}  # fmt: skip
        assert send(app, "/organization/new", data=given).status_code == 302
        assert call_action("organization_show", id="fablab")["kind"] == "fablab"
        assert "Remove Fablab?" in page(app, "/organization/delete/fablab")


def test_feeds_are_made_and_ended_on_plain_pages(app, administrator):
    """Every button sends a form; none is refused."""
    owner = factories.Organization()
    given = {"url": "https://example.org/", "title": "Street sensors", "name": "street-sensors", "notes": "",
             "source_type": "steamcity_feed", "frequency": "MANUAL", "config": '{"provider": "sensor_community"}',
             "owner_org": owner["id"], "save": "Save"}  # fmt: skip
    assert "error-summary" in send(app, "/harvest/new", data={**given, "url": ""}).get_data(as_text=True)
    send(app, "/harvest/new", data=given)
    source = call_action("harvest_source_show", id="street-sensors")
    for path in ("/harvest", "/harvest/street-sensors", "/harvest/about/street-sensors",
                 "/harvest/admin/street-sensors",
                 "/harvest/street-sensors/job", "/harvest/edit/street-sensors"):  # fmt: skip
        text = page(app, path)
        assert "Street sensors" in text
        for word in ("Clear", "Reharvest", "atalog", "Organization"):
            assert word not in text, path
    send(app, "/harvest/delete/street-sensors", data={})
    assert call_action("package_show", id=source["id"])["state"] == "deleted"


def test_groups_without_any_lead_on(app):
    """An empty list is no dead end."""
    text = page(app, "/group")
    assert "Explore the data" in text
    assert "CKAN" not in text


@pytest.mark.parametrize("path", ["/ckan-admin/", "/ckan-admin/config", "/ckan-admin/trash"])
def test_administration_shows_what_has_an_effect(app, administrator, path):
    """The style sheet, logo and texts of core are used by no page of ours."""
    text = page(app, path)
    assert "Waste bin" in text
    for word in ("Custom CSS</label>", "Intro Text", "Site logo", "CKAN"):
        assert word not in text


def test_a_forgotten_password_is_asked_for_and_set(app, school):
    """Both forms are ours."""
    assert "Forgot your password?" in page(app, "/user/reset")
    person = model.User.get(school["teacher"]["id"])
    person.reset_key = "k" * 32
    model.Session.commit()
    address = f"/user/reset/{person.id}?key={'k' * 32}"
    assert person.name in page(app, address)
    short = send(app, address, data={"password1": "x", "password2": "x"})
    assert "error-summary" in short.get_data(as_text=True)
    good = {"password1": "another-123", "password2": "another-123"}
    assert send(app, address, data=good).status_code == 302
    assert model.User.get(person.id).validate_password("another-123")


def test_a_message_outside_a_request_is_in_english():
    """Commands and jobs say what they found."""
    assert helpers.steamcity_message(Message("{rows} rows", {"rows": 3})) == "3 rows"
