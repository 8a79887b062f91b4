"""What ckanext-harvest leaves open is closed here."""

from __future__ import annotations

import json

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from ckanext.harvest.model import HarvestJob, HarvestLog, HarvestObject
from sensor_world import headers

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")


@pytest.fixture
def source():
    user = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    fields = {
        "url": "https://archive.example.org/",
        "name": "feed-doors",
        "title": "Doors",
        "owner_org": factories.Organization()["id"],
        "source_type": "steamcity_feed",
        "config": json.dumps({"provider": "sensor_community"}),
    }
    made = tk.get_action("harvest_source_create")({"user": user, "ignore_auth": True}, fields)
    job = HarvestJob(source_id=made["id"], status="Finished")
    job.save()
    found = HarvestObject(guid="x", job=job, harvest_source_id=made["id"], content='{"inside": 1}')
    found.save()
    return {"id": made["id"], "object": found.id, "job": job.id, "name": made["name"]}


def test_strangers_see_neither_source_nor_configuration_nor_objects(app, source):
    stranger = factories.User()["name"]
    for user in ("", stranger):
        for action, parameters in {
            "package_show": {"id": source["id"]},
            "harvest_source_show": {"id": source["id"]},
            "harvest_source_show_status": {"id": source["id"]},
            "harvest_source_list": {},
            "harvest_object_show": {"id": source["object"]},
            "harvest_object_list": {"source_id": source["id"]},
            "harvest_object_show ": {"dataset_id": source["id"]},
            "harvest_job_list": {"source_id": source["id"]},
            "harvest_job_list ": {},
            "harvest_job_show": {"id": source["job"]},
            "harvest_job_report": {"id": source["job"]},
            "harvest_log_list": {},
            "steamcity_run_show": {"feed": source["id"]},
            "steamcity_feed_run": {"source_id": source["id"]},
        }.items():
            with pytest.raises(tk.NotAuthorized):
                pytest.fail(f"{user}: {action} → {tk.get_action(action.strip())({'user': user}, dict(parameters))}")
    assert "inside" not in app.get(f"/harvest/object/{source['object']}", expect_errors=True).body


def test_an_anonymous_search_does_not_find_sources(app, source):
    answer = app.get("/api/3/action/package_search?fq=dataset_type:harvest")
    assert json.loads(answer.body)["result"]["count"] == 0


def test_nobody_clears_a_source(source):
    admin = factories.Sysadmin()["name"]
    for action, parameters in {
        "harvest_source_clear": {"id": source["id"]},
        "harvest_sources_job_history_clear": {},
    }.items():
        with pytest.raises(tk.NotAuthorized):
            pytest.fail(f"{action}: {tk.get_action(action)({'user': admin}, dict(parameters))}")


@pytest.mark.parametrize("page", ["refresh", "clear", "delete"])
def test_a_mere_link_changes_nothing(app, source, page):
    token = factories.SysadminWithToken()["token"]
    answer = app.get(f"/harvest/{page}/{source['id']}", headers={"Authorization": token}, expect_errors=True)
    # Core's own page under the same address may ask first; what must not happen is a change.
    assert answer.status_code in (200, 405)
    assert model.Package.get(source["id"]).state == "active"
    assert [job.status for job in model.Session.query(HarvestJob)] == ["Finished"]


def test_the_log_of_harvesters_is_for_administrators(source):
    """ckanext-harvest's action fails for everybody: it is its own auth function."""
    HarvestLog(content="read", level="INFO").save()
    admin = factories.Sysadmin()["name"]

    def log(**data):
        return [entry["content"] for entry in tk.get_action("harvest_log_list")({"user": admin}, data)]

    assert "read" in log()
    assert "read" in log(level="info", limit="5", offset=0)
    assert log(level="error") == []
    assert log(limit=-1) == []
    for wrong in ({"limit": "x"}, {"offset": {}}, {"level": "x"}, {"level": ["a"]}):
        with pytest.raises(tk.ValidationError):
            log(**wrong)


@pytest.mark.parametrize("who", ["", "stranger"])
def test_pages_of_sources_are_closed_too(app, source, who):
    """The list, the jobs, the objects, their errors; as a page and as JSON."""
    token = {"Authorization": factories.UserWithToken()["token"]} if who else {}
    for page in (
        f"/harvest/admin/{source['id']}",
        f"/harvest/about/{source['id']}",
        f"/harvest/{source['id']}",
        f"/harvest/{source['id']}/job",
        f"/harvest/{source['id']}/job/last",
        f"/harvest/object/{source['object']}",
        f"/harvest/{source['id']}/job/{source['job']}",
        f"/dataset/harvest_object/{source['object']}",
        f"/harvest/edit/{source['id']}",
        f"/dataset/{source['name']}",
        f"/dataset/{source['id']}",
    ):
        answer = app.get(page, headers=token, expect_errors=True, follow_redirects=False)
        assert answer.status_code < 500, page
        assert "sensor_community" not in answer.body, page
        assert "inside" not in answer.body, page
        assert "archive.example.org" not in answer.body, page


@pytest.mark.parametrize("door", ["harvest_source_update", "harvest_source_patch", "package_update", "package_patch"])
def test_what_is_shown_can_be_changed_and_sent_back(app, source, door):
    """An API client shows, changes one thing, updates; what only reads (`status`) is passed over, whatever is in it."""
    token = headers(factories.Sysadmin())
    shown = app.get(f"/api/3/action/harvest_source_show?id={source['id']}", headers=token).json["result"]
    assert isinstance(shown["status"], dict)
    for status in (shown["status"], ["a list"], None):
        sent = shown | {"title": f"Doors, {door}", "status": status}
        app.post(f"/api/3/action/{door}", json=sent, headers=token, status=200)
        again = app.get(f"/api/3/action/harvest_source_show?id={source['id']}", headers=token).json["result"]
        assert again["title"] == f"Doors, {door}"
        kept = ("id", "name", "url", "source_type", "config", "frequency", "owner_org")
        assert {name: again.get(name) for name in kept} == {name: shown.get(name) for name in kept}
