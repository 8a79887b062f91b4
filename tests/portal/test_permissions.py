"""Who may call each action of ours. Authorisation is asked alone, so that no action's own checks hide an open door.

`own` is the coordinator of the school, `other` the teacher of another one, `stranger` somebody with an account only.
What everybody is refused is done by the portal itself, from inside.
"""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.tests import factories
from ckanext.steamcity.citation.model import Version
from ckanext.steamcity.schools.model import Review

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

WHO = ("anonymous", "stranger", "other", "own", "sysadmin")
EVERYBODY = set(WHO)
ACCOUNT = EVERYBODY - {"anonymous"}
SCHOOL = {"own", "sysadmin"}
OPERATOR = {"sysadmin"}
NOBODY: set[str] = set()

ALLOWED = {
    "steamcity_area_list": EVERYBODY,
    "steamcity_area_load": OPERATOR,
    "steamcity_area_show": EVERYBODY,
    "steamcity_citation_show": EVERYBODY,
    "steamcity_class_create": SCHOOL,
    "steamcity_class_list": EVERYBODY,
    "steamcity_class_show": EVERYBODY,
    "steamcity_class_update": SCHOOL,
    "steamcity_coverage_show": EVERYBODY,
    "steamcity_draft_create": SCHOOL,
    "steamcity_draft_delete": SCHOOL,
    "steamcity_draft_file_accept": SCHOOL,
    "steamcity_draft_file_set": SCHOOL,
    "steamcity_draft_pictures_set": SCHOOL,
    "steamcity_draft_list": ACCOUNT,
    "steamcity_draft_show": SCHOOL,
    "steamcity_draft_update": SCHOOL,
    "steamcity_feed_create": SCHOOL,
    "steamcity_feed_known": NOBODY,
    "steamcity_feed_list": SCHOOL,
    "steamcity_feed_pause": SCHOOL,
    "steamcity_feed_preview": SCHOOL,
    "steamcity_feed_resume": SCHOOL,
    "steamcity_feed_run": SCHOOL,
    "steamcity_feed_show": SCHOOL,
    "steamcity_feed_stop": SCHOOL,
    "steamcity_feed_token_create": SCHOOL,
    "steamcity_feed_token_list": SCHOOL,
    "steamcity_feed_token_revoke": SCHOOL,
    "steamcity_feed_try": SCHOOL,
    "steamcity_feed_update": SCHOOL,
    "steamcity_feed_upload": SCHOOL,
    "steamcity_file_check": ACCOUNT,
    "steamcity_files_set": NOBODY,
    "steamcity_gate_check": SCHOOL,
    "steamcity_home": EVERYBODY,
    "steamcity_latest_list": EVERYBODY,
    "steamcity_map_features": EVERYBODY,
    "steamcity_month_list": EVERYBODY,
    "steamcity_month_write": OPERATOR,
    "steamcity_observation_ingest": NOBODY,
    "steamcity_observation_search": EVERYBODY,
    "steamcity_observation_window": EVERYBODY,
    "steamcity_place_of_point": EVERYBODY,
    "steamcity_place_show": EVERYBODY,
    "steamcity_protocol_list": EVERYBODY,
    "steamcity_protocol_show": EVERYBODY,
    "steamcity_protocol_twins": EVERYBODY,
    # These two ask package_show, which knows who may.
    "steamcity_quality_show": EVERYBODY,
    "steamcity_result_show": EVERYBODY,
    "steamcity_review_approve": SCHOOL,
    "steamcity_review_assign": SCHOOL,
    "steamcity_review_cancel": SCHOOL,
    "steamcity_review_list": ACCOUNT,
    "steamcity_review_request": SCHOOL,
    "steamcity_review_return": SCHOOL,
    "steamcity_review_show": SCHOOL,
    "steamcity_run_claim": NOBODY,
    "steamcity_run_finish": NOBODY,
    "steamcity_run_release": NOBODY,
    "steamcity_run_renew": NOBODY,
    "steamcity_run_live": NOBODY,
    "steamcity_run_show": SCHOOL,
    "steamcity_run_stop": NOBODY,
    "steamcity_station_gone": NOBODY,
    "steamcity_station_refresh": NOBODY,
    "steamcity_station_list": EVERYBODY,
    "steamcity_station_search": EVERYBODY,
    "steamcity_station_show": EVERYBODY,
    "steamcity_station_upsert": NOBODY,
    "steamcity_version_list": EVERYBODY,
    "steamcity_version_preview": SCHOOL,
    "steamcity_version_publish": NOBODY,
    "steamcity_version_show": EVERYBODY,
    "steamcity_version_withdraw": SCHOOL,
}


@pytest.fixture
def world(school) -> dict[str, Any]:
    """A school with a class, a draft, a request, a version and a feed; the people; what each action is asked with."""
    own, owner = school["coordinator"], school["organization"]["id"]
    other = factories.User()
    factories.Organization(kind="school", users=[{"name": other["name"], "capacity": "editor"}])
    inside: Any = {"ignore_auth": True, "user": school["teacher"]["name"]}
    a_class = tk.get_action("steamcity_class_create")(dict(inside), {"school": owner, "level_band": "mixed"})
    values = {"protocol": "co2-indoor", "owner_org": owner}
    draft, published = (tk.get_action("steamcity_draft_create")(dict(inside), values)["id"] for _ in range(2))
    # The version is only asked who may withdraw it: its line in the ledger is enough.
    line = {
        "package_id": published,
        "name": "x-v1",
        "concept": "x",
        "n": 1,
        "identifier": "i",
        "concept_identifier": "c",
    }
    line |= {"state": "published", "record": {}, "record_sha256": "", "resource_ids": [], "approved_by": "x"}
    review = Review(package_id=draft, school=owner, sha256="", requested_by=school["teacher"]["id"])
    model.Session.add_all([Version(**line), review])
    model.Session.commit()
    feed = {"name": "feed", "title": "Feed", "url": "https://archive.example.org/", "owner_org": owner}
    feed |= {"source_type": "steamcity_feed", "config": json.dumps({"provider": "sensor_community"})}
    source = tk.get_action("harvest_source_create")(dict(inside), feed)["id"]
    asked = {
        "steamcity_class_create": {"school": owner, "level_band": "mixed"},
        "steamcity_class_update": {"id": a_class["id"], "level_band": "mixed"},
        "steamcity_draft_create": values,
        "steamcity_run_show": {"feed": source},
        "steamcity_version_withdraw": {"id": published},
    }
    asked |= {name: {"id": review.id} for name in ALLOWED if name.startswith("steamcity_review_")}
    asked |= {name: {"source_id": source} for name in ALLOWED if name.startswith("steamcity_feed_")}
    asked |= {f"steamcity_feed_{what}": {"owner_org": owner} for what in ("try", "create", "list")}
    asked |= {name: {"id": draft} for name in ("steamcity_review_request", "steamcity_review_cancel")}
    people = {"stranger": factories.User(), "other": other, "own": own, "sysadmin": factories.Sysadmin()}
    return {"asked": asked, "draft": draft, "people": people}


def allowed(action: str, who: str, world: dict[str, Any]) -> bool:
    """As a request of this person comes in: somebody who is not logged in has an account object too."""
    person = world["people"].get(who)
    account = model.User.get(person["name"]) if person else model.AnonymousUser()
    context: Any = {"user": person["name"] if person else "", "auth_user_obj": account}
    try:
        return tk.check_access(action, context, dict(world["asked"].get(action, {"id": world["draft"]})))
    except tk.NotAuthorized:
        return False


def test_every_action_is_in_the_table(world):
    """A new action has to say who may call it."""
    tk.get_action("status_show")
    assert {name for name in logic._actions if name.startswith("steamcity_")} == set(ALLOWED)


def test_each_action_opens_for_those_only(world):
    """All of them in one world, the wrong ones listed together."""
    found = {action: {who for who in WHO if allowed(action, who, world)} for action in ALLOWED}
    assert {action: who for action, who in found.items() if who != ALLOWED[action]} == {}


def test_the_table_is_asked_of_the_portal_too(app):
    """Over the API, a visitor gets through nowhere the table says so; what is asked for is not there or not whole."""
    for action in sorted(name for name, who in ALLOWED.items() if "anonymous" not in who):
        answer = app.post(f"/api/3/action/{action}", json={"id": "x"})
        assert answer.status_code in (403, 404, 409), action
