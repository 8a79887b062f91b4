"""What differs from the measured values is listed whole, however much it is, and goes with the version."""

from __future__ import annotations

import csv
import io
import json

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests import factories
from ckanext.steamcity import blobs
from schoolhelp import ANSWERS, act, co2_csv, refused

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")
MANY = 1100


@pytest.fixture
def accepted(people, school_class):
    """A draft whose file has more impossible values than stand in a record, all left out."""
    teacher = people["teacher"]
    draft = act("steamcity_draft_create", teacher, protocol="co2-indoor", owner_org=people["school"]["id"])
    act("steamcity_draft_update", teacher, id=draft["id"], answers=ANSWERS)
    act("steamcity_draft_update", teacher, id=draft["id"], answers={"question": {"class_id": school_class["id"]}})
    lines = co2_csv(2 * MANY).splitlines()
    broken = [
        ";".join((line.split(";")[0], "99999", line.split(";")[2])) if number % 2 else line
        for number, line in enumerate(lines)
    ]
    hints = {"timezone": "UTC", "decisions": {"out_of_range": "leave_out"}}
    shown = act("steamcity_draft_file_set", teacher, id=draft["id"], text="\n".join(broken), hints=hints)
    assert shown["report"]["ok"], [one["code"] for one in shown["report"]["findings"]]
    act("steamcity_draft_file_accept", teacher, id=draft["id"])
    return draft["id"]


def roles(draft):
    model.Session.expire_all()
    shown = tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": draft})
    return {one["role"]: one for one in shown["resources"]}


def test_all_repairs_are_a_file_of_the_version(people, accepted, app):
    kept = roles(accepted)
    assert set(kept) == {"data", "dictionary", "repairs"}
    rows = list(csv.DictReader(io.StringIO(blobs.read(kept["repairs"]["sha256"]).decode())))
    assert len(rows) == MANY
    assert {(row["column"], row["measured"], row["published"], row["code"]) for row in rows} == {
        ("co2", "99999", "", "out_of_range")
    }
    assert len({row["row"] for row in rows}) == MANY
    provenance = json.loads(blobs.read(kept["dictionary"]["sha256"]))["provenance"]
    assert (len(provenance["repairs"]), provenance["repairs_count"]) == (1000, MANY)
    token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
    page = app.get(f"/publish/{accepted}/data", headers=token).body
    assert "What will differ from your file" in page
    assert "<code>99999</code> → left out" in page

    judged = act("steamcity_gate_check", people["teacher"], id=accepted)
    assert not [item for item in judged["items"] if not item["ok"]]
    asked = act("steamcity_review_request", people["teacher"], id=accepted)
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    shown = act("package_show", None, id=accepted)
    published = {one["role"]: one["name"] for one in shown["resources"]}
    assert published["repairs"] == f"{shown['name']}-repairs.csv"
    assert act("steamcity_quality_show", None, id=accepted)["repairs"] == MANY
    page = app.get(f"/experiment/{shown['name']}").body
    for words in ("and 1,090 more", "All of them are a table under Files.", "What differs from the measured values"):
        assert words in page


def test_the_gate_takes_no_other_table_of_repairs(people, accepted):
    """Neither one that is not the portal's, nor two."""
    wrong = {"name": "repairs.csv", "role": "repairs", "content": "row\nAnna\n", "format": "CSV"}
    tk.get_action("steamcity_files_set")({"ignore_auth": True}, {"id": accepted, "files": [wrong]})
    items = {item["code"]: item["ok"] for item in act("steamcity_gate_check", people["teacher"], id=accepted)["items"]}
    assert items["data"] is False
    assert refused("steamcity_review_request", people["teacher"], id=accepted)


def test_a_file_that_needs_no_repair_takes_the_table_away(people, accepted):
    hints = {"timezone": "UTC"}
    act("steamcity_draft_file_set", people["teacher"], id=accepted, text=co2_csv(), hints=hints)
    act("steamcity_draft_file_accept", people["teacher"], id=accepted)
    assert set(roles(accepted)) == {"data", "dictionary"}
    assert act("steamcity_quality_show", people["teacher"], id=accepted)["repairs"] == 0


def test_a_file_of_a_draft_is_checked_where_it_lies_for_those_who_may_see_it(people, accepted):
    """By its address, in a draft and published; not for others, and nowhere else than here."""
    data = roles(accepted)["data"]
    wanted = {"protocol": "co2-indoor", "url_of_draft_file": data["url"]}
    assert "/resource/" in data["url"]
    report = act("steamcity_file_check", people["teacher"], **wanted)
    assert report["ok"]
    assert report["rows"] == 2 * MANY
    stranger = factories.User()
    elsewhere = data["url"].replace(tk.config["ckan.site_url"], "https://elsewhere.example")
    for person, url in (
        (stranger, data["url"]),
        (people["teacher"], elsewhere),
        (people["teacher"], data["url"].replace(data["id"], "0" * 8 + data["id"][8:])),
        (people["teacher"], "http://[broken"),
        (people["teacher"], "file:///etc/passwd"),
    ):
        refusal = refused("steamcity_file_check", person, **{**wanted, "url_of_draft_file": url})
        assert isinstance(refusal, tk.ValidationError), url
        assert "that you may see" in str(refusal.error_summary)
