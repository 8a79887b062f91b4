"""What is of the wrong type is the caller's mistake and is said so: never an error 500, in no action.

Every parameter that an action's description names is given everything it is not.
"""

from __future__ import annotations

import io
import re
from typing import Any

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.lib.search import SearchError
from ckan.tests import factories
from ckanext.steamcity import arguments
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins")

WRONG: dict[str, Any] = {
    "object": {"a": {"b": 1}},
    "list": ["a", {"b": None}],
    "number": 7,
    "huge number": 10**40,
    "fraction": -1.5,
    "nothing": None,
    "true": True,
    "empty": "",
    "NUL": "a\x00b",
    "half a sign": "\ud800",
    "a long text": "x" * 100_000,
    "NUL within": {"a": ["b\x00"]},
    "quotes": "'\"; drop table package; --",
    "a path": "../../../../etc/passwd",
}
# Core's actions whose first reader is a function of ours, with what each is asked with.
CHAINED = {
    "package_create": ("id", "name", "type", "owner_org"),
    "package_update": ("id", "name"),
    "package_delete": ("id", "name"),
    "dataset_purge": ("id",),
    "package_owner_org_update": ("id", "organization_id"),
    "package_search": ("q", "fq", "rows", "start", "sort", "facet", "facet.field", "facet.limit", "include_private"),
    "package_show": ("id", "name_or_id"),
    "resource_show": ("id",),
    "resource_view_create": ("resource_id", "title"),
    "resource_view_update": ("id", "resource_id"),
    "datastore_create": ("resource_id", "resource", "aliases"),
    "datastore_upsert": ("resource_id", "id"),
    "datastore_delete": ("resource_id", "id"),
    "datastore_records_delete": ("resource_id", "id"),
    "datastore_run_triggers": ("resource_id",),
    "datastore_search": ("resource_id", "id"),
    "datastore_info": ("resource_id", "id"),
    "group_delete": ("id",),
    "group_purge": ("id",),
    "organization_delete": ("id",),
    "organization_purge": ("id",),
    "member_list": ("id",),
    "tag_list": ("query", "vocabulary_id"),
    "tag_search": ("query", "vocabulary_id"),
    "tag_autocomplete": ("query", "vocabulary_id"),
    "format_autocomplete": ("q", "limit"),
    "user_autocomplete": ("q", "limit"),
    "harvest_source_create": ("title", "url", "config", "notes", "owner_org"),
    "harvest_source_update": ("id", "title", "url", "config", "notes"),
    "harvest_source_reindex": ("id",),
    "harvest_source_clear": ("id",),
    "harvest_source_index_clear": ("id",),
    "harvest_source_list": ("organization_id",),
    "harvest_source_show": ("id",),
    "harvest_object_show": ("id", "dataset_id"),
    "harvest_object_list": ("source_id",),
    "harvest_job_list": ("source_id", "status"),
    "harvest_job_show": ("id",),
    "harvest_log_list": ("limit", "offset", "per_page", "level"),
    "harvest_send_job_to_gather_queue": ("id",),
}
MISTAKES = (tk.ValidationError, tk.ObjectNotFound, tk.NotAuthorized, SearchError)


def parameters(action: str) -> list[str]:
    """Names of the parameters that an action's description gives."""
    described = tk.get_action(action).__doc__ or ""
    found = re.findall(r":param ([\w, ]+):", described)
    return [name.strip() for group in found for name in group.split(",")]


def ours() -> list[str]:
    tk.get_action("status_show")
    return sorted(name for name in logic._actions if name.startswith("steamcity_"))


def answer(action: str, user: str, data: dict[str, Any]) -> str:
    """Empty when the action went through or said whose mistake it is; else what broke."""
    account = model.User.get(user) if user else model.AnonymousUser()
    try:
        tk.get_action(action)({"user": user, "auth_user_obj": account}, data)  # type: ignore[typeddict-item]
    except MISTAKES:
        pass
    except Exception as error:  # noqa: BLE001  that is what the test is about
        return f"{type(error).__name__}: {str(error)[:160]}"
    finally:
        model.Session.rollback()
    return ""


@pytest.fixture
def draft(school, clean_index) -> dict[str, Any]:
    """A real draft, so that what stands beside a wrong value is right."""
    context: Any = {"user": school["teacher"]["name"]}
    wanted = {"protocol": "co2-indoor", "owner_org": school["organization"]["id"]}
    return tk.get_action("steamcity_draft_create")(context, wanted)


def beside(name: str, action: str, draft: dict[str, Any]) -> dict[str, Any]:
    """The other parameters, right ones where this test knows any."""
    known = {"id": draft["id"], "protocol": "co2-indoor", "owner_org": draft["school"], "school": draft["school"]}
    known |= {"text": "time,co2\n2026-03-03T07:05:00Z,500\n", "answers": {}, "level_band": "mixed", "lat": 43, "lon": 5}
    known |= {"reason": "Nothing at all is wrong here.", "note": "Please look again.", "concept": "x"}
    if action == "steamcity_draft_delete":
        known["id"] = "none"
    return {key: value for key, value in known.items() if key in parameters(action) and key != name}


def test_actions_of_ours_take_any_rubbish(draft):
    """As administrator, who passes every question about rights; and as a visitor."""
    wrong, admin = [], factories.Sysadmin()["name"]
    for action in ours():
        for name in parameters(action):
            for kind, value in WRONG.items():
                data = {**beside(name, action, draft), name: value}
                if broke := answer(action, admin, dict(data)):
                    wrong.append(f"{action} {name}={kind}: {broke}")
        for kind, value in WRONG.items():
            for user in (admin, ""):
                if broke := answer(action, user, {"id": value, "unknown": value}):
                    wrong.append(f"{action} unknown={kind} as {user or 'visitor'}: {broke}")
        if broke := answer(action, "", {"id": "x" * 10_000_000}):
            wrong.append(f"{action} id=ten megabytes: {broke}")
    assert not wrong, "\n".join(wrong)


def test_chained_actions_take_any_rubbish(draft):
    """Where a function of ours is the first to look."""
    wrong, admin = [], factories.Sysadmin()["name"]
    for action, names in CHAINED.items():
        for name in names:
            for kind, value in WRONG.items():
                for user in (admin, ""):
                    if broke := answer(action, user, {name: value}):
                        wrong.append(f"{action} {name}={kind} as {user or 'visitor'}: {broke}")
    assert not wrong, "\n".join(wrong)


def test_every_chained_action_is_asked():
    """Core's actions with nothing of ours before them are core's own business, and are not in the table."""
    chained = {
        name
        for plugin in plugins.PluginImplementations(plugins.IActions)
        if type(plugin).__module__.startswith("ckanext.steamcity")
        for name, action in plugin.get_actions().items()
        if getattr(action, "chained_action", False)
    }
    assert chained == set(CHAINED)


def test_answers_of_a_draft_take_any_rubbish(draft):
    """Every field of every step."""
    from ckanext.steamcity.schools import answers

    wrong, admin = [], factories.Sysadmin()["name"]
    for step, fields in answers._FIELDS.items():
        for field in fields:
            for kind, value in {**WRONG, "list of rubbish": [{"statement": {}, "name": 3, "outcome": []}]}.items():
                data = {"id": draft["id"], "answers": {step: {field: value}}}
                if broke := answer("steamcity_draft_update", admin, data):
                    wrong.append(f"{step}.{field}={kind}: {broke}")
    assert not wrong, "\n".join(wrong)


def test_files_and_hints_take_any_rubbish(draft):
    """What a logger or an attacker may send as a table."""
    wrong, admin = [], factories.Sysadmin()["name"]
    rubbish = (b"", b"\x00" * 1000, b"\xff\xfe\x00\xd8", b"PK\x03\x04" + b"\x00" * 100, b"\x1f\x8b", b'"' * 5000)
    for content in (*rubbish, b",\n" * 5000, b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"):
        for action in ("steamcity_file_check", "steamcity_draft_file_set"):
            upload = FileStorage(io.BytesIO(content), filename="\x00../../x\r\n.csv")
            data = {"id": draft["id"], "protocol": "co2-indoor", "upload": upload}
            if broke := answer(action, admin, data):
                wrong.append(f"{action} {content[:20]!r}: {broke}")
    table = "time,co2\n2026-03-03T07:05:00Z,500\n"
    for hint in ("mapping", "timezone", "date_order", "decimal", "start_time", "decisions"):
        for kind, value in WRONG.items():
            for action in ("steamcity_file_check", "steamcity_draft_file_set"):
                data = {"id": draft["id"], "protocol": "co2-indoor", "text": table, "hints": {hint: value}}
                if broke := answer(action, admin, data):
                    wrong.append(f"{action} hints.{hint}={kind}: {broke}")
    assert not wrong, "\n".join(wrong)


def test_the_api_answers_in_json_and_never_with_an_error_of_its_own(app, clean_db):
    """Through the whole site: a NUL, a name that is an object, a text where an object belongs."""
    bodies = (
        '{"id": "a\\u0000b"}',
        '{"id": {"a": 1}}',
        '{"id": ["a"]}',
        '{"id": 1e400}',
        '["id"]',
        '"id"',
        "null",
        "{",
    )
    for action in ("package_show", "steamcity_draft_show", "steamcity_station_show", "datastore_search"):
        for body in bodies:
            answered = app.post(f"/api/3/action/{action}", data=body, content_type="application/json")
            assert answered.status_code in (400, 403, 404, 409), (action, body)


@pytest.mark.parametrize(
    "address",
    ["/experiment/a%00b", "/dataset/%00", "/organization/a%00", "/station/%00", "/protocol/%00", "/dataset/?q=%00",
     "/places/?q=a%00", "/user/%00", "/dataset/x/resource/%00/download/%00", "/experiment/%ff%fe", "/dataset/?page=x",
     "/dataset/?ext_bbox=x,y,z,1", "/dataset/?page=-1", "/dataset/?page=99999999999999999999",
     "/dataset/?tags=%7B%21x", "/places/?q=" + "x" * 3000],
)  # fmt: skip
def test_odd_addresses_are_no_error_of_the_portal(app, clean_db, clean_index, address):
    assert app.get(address, expect_errors=True, follow_redirects=False).status_code < 500


def test_names_are_texts():
    """The one place that says so."""
    for value in ({}, [], 1, 1.5, True):
        with pytest.raises(tk.ValidationError):
            arguments.check({"id": value})
    arguments.check({"id": None, "fields": [{"id": 1}], "limit": 10})
    deep: Any = "x"
    for _turn in range(100):
        deep = [deep]
    with pytest.raises(tk.ValidationError):
        arguments.check({"fields": deep})
