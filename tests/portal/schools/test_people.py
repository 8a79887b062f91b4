"""The page on which a coordinator looks after the members of a school."""

from __future__ import annotations

import pytest
from ckan import model
from ckan.tests import factories

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def headers(user):
    """A token of this person."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


def capacity(school, user):
    """What somebody is in a school, None for strangers."""
    model.Session.expire_all()
    query = model.Session.query(model.Member).filter_by(group_id=school["id"], table_id=user["id"], state="active")
    found = query.first()
    return found.capacity if found else None


def test_a_coordinator_adds_and_takes_out(app, people):
    """By a plain form."""
    address, token, new = "/school/demo-school-aix-a/people", headers(people["coordinator"]), factories.User()
    page = app.get(address, headers=token)
    assert people["teacher"]["name"] in page.body
    form = {"do": "add", "username": new["name"], "role": "editor"}
    assert app.post(address, data=form, headers=token, follow_redirects=False).status_code == 302
    assert capacity(people["school"], new) == "editor"
    app.post(address, data={**form, "role": "admin"}, headers=token)
    assert capacity(people["school"], new) == "admin"
    app.post(address, data={"do": "remove", "username": new["name"]}, headers=token)
    assert capacity(people["school"], new) is None


@pytest.mark.parametrize("name", ["nobody-of-this-name", "", "<script>alert(1)</script>", "x" * 5000])
def test_an_unknown_name_gets_a_sentence(app, people, name):
    """Beside the field, which keeps what was written."""
    form = {"do": "add", "username": name, "role": "editor"}
    page = app.post("/school/demo-school-aix-a/people", data=form, headers=headers(people["coordinator"]))
    assert page.status_code == 422
    assert 'id="username-error"' in page.body
    assert "<script>alert(1)" not in page.body


def test_nobody_changes_their_own_part_or_makes_anything_up(app, people):
    """A school is not left without its coordinator by mistake."""
    address, token = "/school/demo-school-aix-a/people", headers(people["coordinator"])
    for form in (
        {"do": "remove", "username": people["coordinator"]["name"]},
        {"do": "add", "username": people["coordinator"]["name"], "role": "editor"},
        {"do": "add", "username": people["stranger"]["name"], "role": "sysadmin"},
        {"do": "remove", "username": people["stranger"]["name"]},
    ):
        assert app.post(address, data=form, headers=token).status_code == 422, form
    assert capacity(people["school"], people["coordinator"]) == "admin"
    assert capacity(people["school"], people["stranger"]) is None


@pytest.mark.parametrize("who", ["teacher", "member", "stranger", "stranger_admin"])
def test_only_coordinators_of_the_school(app, people, who):
    """Nobody else reads or changes it."""
    address, token = "/school/demo-school-aix-a/people", headers(people[who])
    assert app.get(address, headers=token).status_code == 403
    form = {"do": "add", "username": people["stranger"]["name"], "role": "admin"}
    assert app.post(address, data=form, headers=token).status_code == 403
    assert capacity(people["school"], people["stranger"]) is None


def test_core_s_form_leads_here(app, people):
    """Its search for accounts takes no cookies here."""
    answer = app.get(
        "/organization/member_new/demo-school-aix-a", headers=headers(people["coordinator"]), follow_redirects=False
    )
    assert answer.location.endswith("/school/demo-school-aix-a/people")
