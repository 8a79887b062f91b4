"""What people and strangers can learn of accounts, and who can act in their name."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from ckan.tests.helpers import call_action

# The test client keeps the session's cookie for this host.
HERE = "http://localhost"
pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def ask(action: str, user: str, **data):
    """An action as somebody, with every permission asked for."""
    return call_action(action, context={"user": user, "ignore_auth": False}, **data)


@pytest.mark.parametrize("who", ["", "teacher", "member"])
def test_activity_is_for_administrators(school, who):
    """It names accounts and tells of drafts."""
    user = school[who]["name"] if who else ""
    for name in ("organization_activity_list", "group_activity_list"):
        with pytest.raises(tk.NotAuthorized):
            ask(name, user, id=school["organization"]["id"])
    with pytest.raises(tk.NotAuthorized):
        ask("recently_changed_packages_activity_list", user)
    assert ask("organization_activity_list", factories.Sysadmin()["name"], id=school["organization"]["id"])


def test_activity_of_plain_datasets_stays_cores(school):
    """Plain datasets keep CKAN's behaviour."""
    dataset = factories.Dataset(owner_org=school["organization"]["id"])
    assert isinstance(ask("package_activity_list", "", id=dataset["id"]), list)


def test_accounts_are_ones_own(school):
    """Neither strangers nor teachers read other accounts."""
    teacher, coordinator = school["teacher"]["name"], school["coordinator"]["name"]
    assert ask("user_show", teacher, id=teacher)["name"] == teacher
    assert ask("organization_list_for_user", teacher)
    for user in ("", teacher):
        for name in ("user_show", "organization_list_for_user", "user_activity_list"):
            with pytest.raises(tk.NotAuthorized):
                ask(name, user, id=coordinator)
        for name, data in (("user_list", {}), ("user_autocomplete", {"q": "test"})):
            with pytest.raises(tk.NotAuthorized):
                ask(name, user, **data)
    assert isinstance(ask("user_autocomplete", coordinator, q="test"), list)


def test_a_form_needs_its_token_even_after_an_anonymous_request(app, school, monkeypatch):
    """CKAN exempts a view for good once an anonymous request has reached it (CVE-2026-41255)."""
    flask_app = app.flask_app
    monkeypatch.setitem(flask_app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(flask_app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    address = f"/organization/edit/{school['organization']['name']}"
    for _attempt in range(3):
        app.post(address, data={"title": "x"})
    app.set_session_user(school["coordinator"]["id"])
    answer = app.post(
        address, data={"title": "Forged", "name": school["organization"]["name"]}, follow_redirects=False, base_url=HERE
    )
    assert answer.status_code == 400
    assert call_action("organization_show", id=school["organization"]["id"])["title"] != "Forged"


def test_pages_of_a_person_are_not_kept_by_caches(app, school):
    """Nor answers of the API to a token."""
    app.set_session_user(school["teacher"]["id"])
    headers = app.get("/desk", base_url=HERE).headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in headers["Vary"]


def test_the_index_holds_no_account(school):
    """Not even in the stored copies of a dataset."""
    ask(
        "package_create",
        school["teacher"]["name"],
        type="experiment",
        name="air",
        title="Air",
        owner_org=school["organization"]["id"],
    )
    found = call_action(
        "package_search", include_drafts=True, fq="+state:draft", fl=["data_dict", "validated_data_dict"]
    )
    assert "creator_user_id" not in str(found["results"])


def test_a_coordinator_does_not_turn_the_school_into_a_city(school):
    """A city publishes plain datasets without a review."""
    coordinator, organization = school["coordinator"]["name"], school["organization"]["id"]
    for data in ({"kind": "city"}, {"title": "Another name"}):
        ask("organization_patch", coordinator, id=organization, **data)
    assert call_action("organization_show", id=organization)["kind"] == "school"
    with pytest.raises(tk.NotAuthorized):
        ask("package_create", school["teacher"]["name"], name="plain", title="Plain", owner_org=organization)
    ask("organization_patch", factories.Sysadmin()["name"], id=organization, kind="library")
    assert call_action("organization_show", id=organization)["kind"] == "library"


def test_files_of_a_draft_carry_no_texts_of_people(school):
    """The gate would not read them."""
    teacher = school["teacher"]["name"]
    file = {
        "name": "data.csv",
        "url": "https://example.org/data.csv",
        "description": "Léa Martin",
        "hash": "Léa",
        "cache_url": "javascript:1",
    }
    made = ask(
        "package_create",
        teacher,
        type="experiment",
        name="air",
        title="Air",
        owner_org=school["organization"]["id"],
        resources=[file],
    )
    resource = made["resources"][0]["id"]
    ask("resource_patch", teacher, id=resource, description="Léa Martin", resource_type="Léa", mimetype="text/html")
    assert "Léa" not in str(call_action("package_show", id="air"))
    assert "javascript" not in str(call_action("package_show", id="air"))
    with pytest.raises(tk.NotAuthorized):
        ask("resource_view_create", teacher, resource_id=resource, title="Léa Martin", view_type="text_view")
