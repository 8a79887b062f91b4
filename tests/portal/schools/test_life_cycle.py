"""No route of CKAN publishes an experiment; whoever tries keeps a draft."""

from __future__ import annotations

import io

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from schoolhelp import act, refused, state

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

# Setting a portal up takes seconds, a route a few hundredths: one test walks all routes of one person.
WHO = ("teacher", "coordinator", "sysadmin")


def headers(user):
    """A token of this person."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]}


def _create(**asked):
    def route(who, draft, people):
        made = act("package_create", who, type="experiment", owner_org=people["school"]["id"], title="Ours", **asked)
        return made["id"]

    return route


def _patch(**asked):
    return lambda who, draft, people: act("package_patch", who, id=draft["id"], **asked) and None


def _update(who, draft, people):
    package = act("package_show", who, id=draft["id"])
    act("package_update", who, **{**package, "state": "active", "title": "Other"})


def _revise(who, draft, people):
    act("package_revise", who, match={"id": draft["id"]}, update={"state": "active"})


def _bulk(action):
    return lambda who, draft, people: act(action, who, datasets=[draft["id"]], org_id=people["school"]["id"])


def _resources(who, draft, people):
    given = {"url": "https://example.org/a.csv", "name": "a.csv", "state": "active"}
    made = act("resource_create", who, package_id=draft["id"], **given)
    act("resource_patch", who, id=made["id"], name="b.csv")
    act("resource_update", who, id=made["id"], url="https://example.org/b.csv", package_id=draft["id"])
    act("package_resource_reorder", who, id=draft["id"], order=[made["id"]])
    act("resource_delete", who, id=made["id"])


def _other_school(who, draft, people):
    act("package_patch", who, id=draft["id"], owner_org=people["other_school"]["id"])


def _owner_org(who, draft, people):
    act("package_owner_org_update", who, id=draft["id"], organization_id=people["other_school"]["id"])


def _script(who, draft, people):
    context = {"ignore_auth": True, "user": who["name"], "allow_state_change": True}
    tk.get_action("package_patch")(context, {"id": draft["id"], "state": "active"})


def _back_from_the_bin(who, draft, people):
    made = act("steamcity_draft_create", who, protocol="co2-indoor", owner_org=people["school"]["name"])
    act("package_delete", who, id=made["id"])
    assert state(made["id"]) == "deleted"
    act("package_patch", who, id=made["id"], state="active")
    return made["id"]


ACTIONS = {
    "create": _create(name="ours-1"),
    "create as active": _create(name="ours-2", state="active"),
    "create as private": _create(name="ours-3", private=True),
    "create as deleted": _create(name="ours-4", state="deleted"),
    "patch the state": _patch(state="active"),
    "patch more": _patch(state="active", title="New"),
    "patch private": _patch(private=True),
    "update": _update,
    "revise": _revise,
    "bulk public": _bulk("bulk_update_public"),
    "bulk private": _bulk("bulk_update_private"),
    "resource routes": _resources,
    "to another school": _other_school,
    "owner_org_update": _owner_org,
    "a script with ignore_auth": _script,
    "delete and undelete": _back_from_the_bin,
}


@pytest.mark.parametrize("role", WHO)
def test_no_action_publishes(people, draft, role):
    """Through the API, whatever it answers."""
    failed = []
    for name, route in ACTIONS.items():
        made = None
        try:
            made = route(people[role], draft, people)
        except (tk.NotAuthorized, tk.ValidationError):
            model.Session.rollback()
        for package_id in {draft["id"], made or draft["id"]}:
            found = state(package_id)
            package = model.Package.get(package_id)
            if found not in ("draft", "deleted") or package.owner_org != people["school"]["id"]:
                failed.append((name, found))
    assert not failed


def _forms(draft, people):
    """(name, address, fields) of CKAN's forms and buttons, and the draft each is about."""
    school, one = people["school"], draft["id"]
    new = {"title": "From form", "owner_org": school["id"]}
    phase = {**new, "save": "go-metadata", "_ckan_phase": "1", "name": "form-1"}
    yield "new, last button", "/experiment/new", phase, "form-1"
    yield "new, one page", "/experiment/new", {**new, "save": "save", "name": "form-2"}, "form-2"
    file = {"id": "", "url": "https://example.org/a.csv", "name": "a.csv"}
    for save in ("go-metadata", "go-metadata-publish", "go-dataset-complete", "go-metadata-preview"):
        yield f"file, {save}", f"/dataset/{one}/resource/new", {**file, "save": save}, one
        yield f"no file, {save}", f"/experiment/{one}/resource/new", {"id": "", "save": save}, one
    for save in ("save", "go-metadata", "go-metadata-publish", "go-metadata-unpublish"):
        fields = {"save": save, "state": "active", "title": "New", "name": one, "_ckan_phase": "1"}
        yield f"edit, {save}", f"/dataset/edit/{one}", fields, one
    for button in ("public", "private"):
        fields = {f"bulk_action.{button}": button, f"dataset_{one}": "on"}
        yield f"bulk, {button}", f"/organization/bulk_process/{school['name']}", fields, one


@pytest.mark.parametrize("role", WHO)
def test_no_form_publishes(app, people, draft, role):
    """Through CKAN's forms, the Publish and Unpublish buttons and the organisation's bulk page."""
    token, failed = headers(people[role]), []
    for name, address, fields, package_id in _forms(draft, people):
        app.post(address, data=fields, headers=token, follow_redirects=False)
        # The form of experiments makes nothing any more: it leads to the wizard.
        if model.Package.get(package_id) is not None and state(package_id) != "draft":
            failed.append((name, state(package_id)))
    upload = {"id": "", "save": "go-metadata", "url": "a.csv", "url_type": "upload", "name": "a.csv"}
    upload["upload"] = (io.BytesIO(b"a,b\n1,2\n"), "a.csv")
    app.post(f"/dataset/{draft['id']}/resource/new", data=upload, headers=token, follow_redirects=False)
    assert state(draft["id"]) == "draft"
    assert not failed


def test_forms_lead_to_the_wizard(app, draft, people):
    """CKAN's own forms are not the way."""
    token = headers(people["teacher"])
    new = app.get("/experiment/new", headers=token, follow_redirects=False)
    assert new.status_code == 302
    assert new.location.endswith("/publish")
    edit = app.get(f"/experiment/edit/{draft['id']}", headers=token, follow_redirects=False)
    assert edit.status_code == 302
    assert f"/publish/{draft['id']}" in edit.location


class TestWhatMayBeMade:
    """Schools publish results, nothing else."""

    def test_schools_make_no_plain_dataset(self, people):
        """Neither a dataset nor a monitoring dataset, which have no review."""
        owner = people["school"]["id"]
        for role in ("teacher", "coordinator"):
            for kind in ({"type": "dataset"}, {"type": "monitoring"}, {}):
                error = refused("package_create", people[role], name="plain", title="Plain", owner_org=owner, **kind)
                assert isinstance(error, tk.NotAuthorized), (role, kind)

    def test_cities_and_sysadmins_do(self, people):
        """Reference datasets keep CKAN's behaviour."""
        city = factories.Organization(users=[{"name": people["stranger"]["name"], "capacity": "editor"}])
        made = act(
            "package_create", people["stranger"], name="plain", title="Plain", owner_org=city["id"], type="dataset"
        )
        assert made["state"] == "active"
        act("package_create", people["sysadmin"], name="plain-2", title="Plain", owner_org=people["school"]["id"])
        assert state("plain-2") == "active"

    def test_no_person_enters_an_experiment(self, people, draft):
        """CKAN's fields for persons stay empty, at creation and later."""
        persons = dict.fromkeys(("author", "maintainer"), "Jane Doe")
        persons |= {"author_email": "j@example.org", "maintainer_email": "j@example.org"}
        free = {"extras": [{"key": "pupil", "value": "Jane"}], "tags": [{"name": "jane"}]}
        owner = people["school"]["id"]
        act(
            "package_create",
            people["teacher"],
            type="experiment",
            name="ours",
            owner_org=owner,
            title="O",
            **persons,
            **free,
        )
        act("package_patch", people["teacher"], id=draft["id"], title="T", **persons, **free)
        for name in ("ours", draft["id"]):
            shown = act("package_show", people["teacher"], id=name)
            assert "ane" not in str({key: shown.get(key) for key in (*persons, "extras", "tags", "pupil")})

    def test_unknown_keys_of_a_file_are_left_out(self, people, draft):
        """A name in a key nobody knows does not come along."""
        made = act(
            "resource_create",
            people["teacher"],
            package_id=draft["id"],
            url="https://example.org/a.csv",
            pupil="Jane Doe",
        )
        assert "Jane" not in str(made)
        assert "Jane" not in str(act("package_show", people["teacher"], id=draft["id"]))
