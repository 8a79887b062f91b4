"""A teacher who means harm: files put in the place of the portal's, names hidden in names of files, texts that are
programs in the five languages of the web."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckanext.steamcity import blobs
from ckanext.steamcity.schools.model import Draft
from schoolhelp import act, co2_csv, refused
from werkzeug.datastructures import FileStorage

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def resource_of(draft, people, role: str) -> dict:
    # As it is in the database: the index lags behind an upload.
    package = tk.get_action("package_show")({"ignore_auth": True, "use_cache": False}, {"id": draft["id"]})
    return next(one for one in package["resources"] if one["role"] == role)


def test_a_description_of_the_table_is_the_portals_own(ready, people):
    """Its words are published: one that somebody else wrote does not pass the gate."""
    mine = resource_of(ready, people, "dictionary")
    written = json.loads(blobs.read(mine["sha256"]))
    written["fields"][0]["title"] = "Measured by Lucas Martin, 06 12 34 56 78"
    upload = FileStorage(io.BytesIO(json.dumps(written).encode()), filename="dictionary.json")
    act("resource_patch", people["teacher"], id=mine["id"], upload=upload)
    assert resource_of(ready, people, "dictionary")["sha256"] != mine["sha256"]
    judged = act("steamcity_gate_check", people["teacher"], id=ready["id"])
    assert [item["code"] for item in judged["items"] if not item["ok"]] == ["data"]
    assert isinstance(refused("steamcity_review_request", people["teacher"], id=ready["id"]), tk.ValidationError)
    act("steamcity_draft_file_set", people["teacher"], id=ready["id"], text=co2_csv(rows=97))
    act("steamcity_draft_file_accept", people["teacher"], id=ready["id"])
    assert act("steamcity_gate_check", people["teacher"], id=ready["id"])["ok"]


@pytest.mark.parametrize(
    "name",
    [
        "Lucas Martin.csv",
        "mesures_lucas.csv",
        "Luc\u200bas.csv",
        "https://example.org/Lucas%20Martin/data.csv",
        "https://example.org/?who=marie@ecole.example",
        "0612345678.csv",
    ],
)
def test_names_of_files_name_nobody(ready, people, name):
    """Neither the name nor the address of a file, and a role is no place for one either."""
    mine = resource_of(ready, people, "data")
    for field in ("name", "url"):
        assert isinstance(
            refused("resource_patch", people["teacher"], id=mine["id"], **{field: name}), tk.ValidationError
        )
    upload = FileStorage(io.BytesIO(b"a,b\n1,2\n"), filename=name)
    act("resource_create", people["teacher"], package_id=ready["id"], name="more", url="", upload=upload)
    assert "ucas" not in json.dumps(act("package_show", people["teacher"], id=ready["id"]))
    # What nobody checked is not published either.
    assert not act("steamcity_gate_check", people["teacher"], id=ready["id"])["ok"]


def test_what_a_draft_made_of_its_files_is_gone_in_the_version(ready, people):
    """A link instead of an upload, a name of one's own: the version's files are the portal's."""
    mine = resource_of(ready, people, "data")
    act("resource_patch", people["teacher"], id=mine["id"], name="ours", url="https://evil.example/x", url_type="")
    if not act("steamcity_gate_check", people["teacher"], id=ready["id"])["ok"]:
        return
    asked = act("steamcity_review_request", people["teacher"], id=ready["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    shown = json.dumps(act("package_show", None, id=ready["id"]))
    assert "evil.example" not in shown
    assert '"ours"' not in shown


def test_a_name_in_the_file_is_kept_nowhere(people, draft, school_class):
    """In a cell left out, a header, the file's own name: gone from database, disk and index once it is published."""
    from schoolhelp import complete

    complete(draft, people, school_class)
    table = co2_csv() + "2026-03-03T20:00:00Z;Zacharias Zimmermann;20,1\n"
    table = table.replace("Température (°C)", "Température (°C);Note of Zacharias", 1)
    upload = FileStorage(io.BytesIO(table.encode()), filename="Zacharias Zimmermann Lucas.csv")
    act("steamcity_draft_file_set", people["teacher"], id=draft["id"], upload=upload)
    decided = {"wrong_type": "leave_out", "personal_data": "leave_out", "ragged": "leave_out"}
    act("steamcity_draft_file_accept", people["teacher"], id=draft["id"], decisions=decided)
    asked = act("steamcity_review_request", people["teacher"], id=draft["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    model.Session.expire_all()
    kept = Draft.get(draft["id"])
    assert kept is not None
    assert (kept.file, kept.report) == (None, None)
    public = json.dumps(act("steamcity_version_show", None, id=draft["id"]))
    for one in act("package_show", None, id=draft["id"])["resources"]:
        public += blobs.read(one["sha256"]).decode()
    public += json.dumps(act("package_search", None, q="*:*", fl="*"), default=str)
    assert "acharias" not in public
    assert "immermann" not in public


PAYLOADS = (
    '</script><script>alert("x1")</script>',
    "<img src=x onerror=alert(2)>",
    '" onmouseover="alert(3)" x="',
    "[x](javascript:alert(4)) ![x](javascript:alert(5)) <svg/onload=alert(6)>",
    "{{ 7*7777 }}${7*7777}<!--",
    "]]></content><script>alert(8)</script>\u2028\r\nSet-Cookie: evil=1",
)
# What would run if it arrived as it was written.
ALIVE = re.compile(r"<script>alert|<img src=x|<svg/onload|54439", re.IGNORECASE)


class Attributes(HTMLParser):
    """Attributes of a page that a browser would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.running: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.running += [
            f"<{tag} {name}={value}>"
            for name, value in attrs
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]


def alive(page: str) -> list[str]:
    return [hit[0] for hit in ALIVE.finditer(page)] + Attributes(page).running


def test_texts_that_are_programs_stay_texts(app, ready, people):
    """On the page, in JSON blocks, feeds, catalogues, citations, lists and previews."""
    hostile = " ".join(PAYLOADS)
    outcome = {"finding": PAYLOADS[0] + PAYLOADS[1], "limits": hostile, "notes": hostile}
    outcome["finding_translated"] = {"fr": PAYLOADS[0]}
    outcome["notes_translated"] = {"fr": hostile}
    outcome["hypotheses"] = [{"outcome": "refuted", "reflection": hostile}]
    question = {"question": hostile, "hypotheses": [{"statement": hostile[:450], "stated_on": "2026-02-27"}]}
    instruments = [{"name": PAYLOADS[0], "measures": PAYLOADS[1], "accuracy": PAYLOADS[2]}]
    told = {"question": question, "outcome": outcome, "data": {"instruments": instruments}}
    told["licence"] = {"license_id": "CC-BY-4.0", "funders": [{"name": PAYLOADS[0], "award": PAYLOADS[4]}]}
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers=told)
    school = people["school"]["id"]
    about = {"title": f"School {PAYLOADS[0]}", "description": hostile, "image_url": "javascript:alert(1)"}
    act("organization_patch", people["coordinator"], id=school, **about)
    refused("organization_patch", people["coordinator"], id=school, website="javascript:alert(1)")
    asked = act("steamcity_review_request", people["teacher"], id=ready["id"])
    act("steamcity_review_approve", people["coordinator"], id=asked["id"], sha256=asked["sha256"])
    name = act("package_show", None, id=ready["id"])["name"]
    pages = [f"{language}/experiment/{name}{end}" for language in ("", "/fr") for end in ("", "/embed", "/cite")]
    pages += [
        "/",
        "/dataset/",
        "/dataset/?q=alert",
        "/fr/dataset/",
        "/organization/",
        f"/organization/{people['school']['name']}",
        f"/organization/about/{people['school']['name']}",
        "/protocol/co2-indoor",
        "/places/",
        "/feeds/dataset.atom",
        "/developers",
        "/dataset/?q=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E&city=%22%20onmouseover=%22",
    ]
    found = []
    for page in pages:
        answer = app.get(page, expect_errors=True)
        assert answer.status_code < 500, page
        found += [f"{page}: {hit}" for hit in alive(answer.body)]
        assert "evil=1" not in str(answer.headers)
    token = {
        "Authorization": tk.get_action("api_token_create")(
            {"user": people["coordinator"]["name"], "ignore_auth": True},
            {"user": people["coordinator"]["name"], "name": "x"},
        )["token"]
    }
    for page in ("/desk", f"/experiment/{name}/withdraw"):
        found += [f"{page}: {hit}" for hit in alive(app.get(page, headers=token, expect_errors=True).body)]
    assert not found, "\n".join(found)
    for end in (".ttl", ".jsonld", ".rdf"):
        assert app.get(f"/dataset/{name}{end}").status_code == 200
