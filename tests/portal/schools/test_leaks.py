"""A stranger asks everything that can be asked: every reading action, every page. Nothing of a draft and no account
may show, neither to the public nor to a teacher of another school.
"""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import logic, model
from ckan.tests import factories
from ckanext.steamcity import blobs
from schoolhelp import act

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

SECRET = "Zanzibarian"
STRANGERS = ("anonymous", "stranger", "stranger_admin", "member")


@pytest.fixture
def secret(ready, people):
    """A complete draft whose every text has a word that stands nowhere else, and what strangers may know of it."""
    words = {"question": f"Is {SECRET} air good?", "hypotheses": [{"statement": f"{SECRET} air", "stated_on": ""}]}
    told = {"finding": f"{SECRET} air is good", "limits": f"{SECRET} only", "notes": SECRET, "hypotheses": []}
    act("steamcity_draft_update", people["teacher"], id=ready["id"], answers={"question": words, "outcome": told})
    act("package_patch", people["teacher"], id=ready["id"], title=f"{SECRET} title", tags=[{"name": SECRET}])
    package = act("package_show", people["teacher"], id=ready["id"])
    data = next(one for one in package["resources"] if one["role"] == "data")
    return {"package": package, "data": data, "sha": data["sha256"]}


def questions(secret, people) -> list[dict[str, Any]]:
    """What an attacker sends who knows every id there is."""
    package, data = secret["package"], secret["data"]
    names = (package["id"], data["id"], people["school"]["id"], people["teacher"]["id"], people["teacher"]["name"])
    keys = ("resource_id", "package_id", "organization_id", "concept", "school")
    asked: list[dict[str, Any]] = [{}, {"resource_id": "_table_metadata"}]
    asked += [{"id": name} for name in names]
    asked += [dict.fromkeys(keys, name) for name in names[:3]]
    asked += [dict.fromkeys(("q", "query", "title", "name", "user", "search"), word) for word in (SECRET, SECRET[:4])]
    return asked


def searches(secret, people) -> list[dict[str, Any]]:
    """Every trick of a search that we know of, and a few parameters of other actions."""
    package, data = secret["package"], secret["data"]
    drafts = {"include_drafts": True, "include_private": True, "include_deleted": True}
    return [
        {**drafts, "q": SECRET},
        {**drafts, "q": "*:*", "rows": 1000},
        {**drafts, "fq": "state:draft"},
        {**drafts, "fq": "+state:* OR state:draft"},
        {**drafts, "fq": f"creator_user_id:{people['teacher']['id']}"},
        {**drafts, "fq_list": ["state:draft"], "fl": ["id", "title", "text", "data_dict"]},
        {**drafts, "q": "{!lucene}state:draft"},
        {**drafts, "q": '_query_:"state:draft"'},
        {**drafts, "q": "x", "fq": ") OR (state:draft"},
        {**drafts, "q": f'id:"{package["id"]}"'},
        {
            **drafts,
            "facet.field": ["title_string", "tags", "name", "organization", "res_name", "creator_user_id"],
            "facet.limit": -1,
            "facet.mincount": 0,
        },
        {**drafts, "facet.field": ["{!key=x facet.mincount=0 facet.limit=-1}tags", "{!terms=a}title_string"]},
        {"q": "%"},
        {"q": "%%%"},
        {"q": "___"},
        {**drafts, "q": "permission_labels:*"},
        {**drafts, "fq": "permission_labels:*", "defType": "lucene"},
        {**drafts, "q": "*:*", "sort": "title_string asc", "start": 0, "bf": "1", "df": "text"},
        {"query": [f"name:{SECRET}"]},
        {"query": "name:data"},
        {"query": f"url:{data['id']}"},
        {"query": "hash:"},
        {"all_fields": True, "include_users": True, "include_datasets": True, "include_extras": True},
        {"id": people["school"]["id"], "include_users": True, "include_datasets": True, "include_followers": True},
        {"id": people["school"]["id"], "object_type": "user"},
        {"id": people["school"]["id"], "object_type": "package"},
        {"id": people["teacher"]["name"], "include_datasets": True, "include_plugin_extras": True},
        {"resource_id": data["id"], "q": "1"},
        {"resource_id": data["id"], "limit": 1, "include_total": True},
        {"dataset_id": package["id"]},
        {"object_id": package["id"]},
        {"user_id": people["teacher"]["id"]},
        {"id": package["id"], "activity_id": package["id"], "object_type": "package"},
        {"mine": True},
        {"id": package["id"], "format": "json"},
        {"sha256": secret["sha"]},
        {"reference": package["id"]},
    ]


def signs(secret, people) -> list[str]:
    """What must not be in any answer, unless the question had it."""
    person = people["teacher"]
    fields = [secret["package"]["id"], secret["data"]["id"], secret["package"]["name"], secret["sha"], SECRET]
    return [*fields, person["id"], person["name"], person["email"], "1283"]


def leaks(answer: str, question: str, secret, people) -> list[str]:
    answer, question = answer.lower(), question.lower()
    return [sign for sign in signs(secret, people) if sign.lower() in answer and sign.lower() not in question]


def test_no_reading_action_tells_of_a_draft_or_an_account(secret, people):
    """All of them, CKAN's and the extensions' too."""
    tk.get_action("status_show")
    reading = sorted(name for name, action in logic._actions.items() if getattr(action, "side_effect_free", False))
    assert len(reading) > 60
    found = []
    for who in ("anonymous", "stranger_admin"):
        person = model.User.get(people[who]["name"]) if people[who] else model.AnonymousUser()
        for action in reading:
            if action in ("help_show", "api_token_list") or (who != "anonymous" and action.startswith("harvest")):
                continue
            searching = "search" in action or action.startswith(("organization", "group", "member", "resource", "user"))
            for data in questions(secret, people) + (searches(secret, people) if searching else []):
                context: Any = {"user": person.name if people[who] else "", "auth_user_obj": person}
                try:
                    answer = json.dumps(tk.get_action(action)(context, dict(data)), default=str)
                except Exception as error:  # noqa: BLE001  a refusal in any words; the words are looked at too
                    answer = f"{error} {getattr(error, 'error_dict', '')}"
                    if "datastore" in action or "Error" in type(error).__name__[:3]:
                        answer = ""
                finally:
                    model.Session.rollback()
                if there := leaks(answer, json.dumps(data), secret, people):
                    found.append(f"{action} {data} as {who}: {there}")
    assert not found, "\n".join(found)


def test_no_page_tells_of_a_draft_or_an_account(app, secret, people):
    """Everything that has an address without parameters, and with every id of the draft."""
    package, data, school = secret["package"], secret["data"], people["school"]
    pages = [
        rule.rule for rule in app.flask_app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    sha = secret["sha"]
    pages += [
        f"/{kind}/{reference}{end}"
        for kind in ("dataset", "experiment", "monitoring", "harvest")
        for reference in (package["id"], package["name"])
        for end in (
            "",
            ".ttl",
            ".jsonld",
            ".rdf",
            ".xml",
            "/embed",
            "/cite",
            "/withdraw",
            "/groups",
            f"/resource/{data['id']}",
            f"/resource/{data['id']}/download",
            f"/resource/{data['id']}/download/data.csv",
            f"/resource/{data['id']}/view",
            f"/resource/{data['id']}/preview",
            f"/dictionary/{data['id']}",
        )
    ]
    pages += [
        f"/organization/{school['name']}",
        f"/organization/about/{school['name']}",
        f"/organization/members/{school['name']}",
        f"/organization/activity/{school['name']}",
        f"/group/{school['name']}",
        f"/feeds/organization/{school['name']}.atom",
        f"/feeds/tag/{SECRET}.atom",
        "/feeds/dataset.atom",
        f"/feeds/custom.atom?q={SECRET}",
        "/catalog.ttl",
        "/catalog.jsonld",
        f"/catalog.xml?q={SECRET}",
        "/sitemap.xml",
        "/robots.txt",
        f"/dataset/?q={SECRET}",
        f"/dataset/?tags={SECRET}",
        "/dataset/?state=draft&include_drafts=true",
        f"/dataset/?q=state:draft&creator={people['teacher']['id']}",
        "/dataset/?q={!lucene}state:draft",
        f"/user/{people['teacher']['name']}",
        f"/user/{people['teacher']['id']}",
        f"/user/activity/{people['teacher']['name']}",
        f"/user/edit/{people['teacher']['name']}",
        f"/datastore/dump/{data['id']}",
        f"/datastore/dictionary_download/{data['id']}",
        f"/id/{package['id']}",
        f"/uploads/{sha[:2]}/{sha[2:]}",
        f"/steamcity/blobs/{sha[:2]}/{sha[2:]}",
        f"/storage/steamcity/blobs/{sha[:2]}/{sha[2:]}",
        f"/uploads/steamcity/../../steamcity/blobs/{sha[:2]}/{sha[2:]}",
        f"/steamcity/drafts/{package['id']}/{sha}",
        f"/api/2/util/dataset/autocomplete?incomplete={SECRET}",
        f"/api/2/util/tag/autocomplete?incomplete={SECRET}",
        "/api/2/util/resource/format_autocomplete?incomplete=c",
        f"/api/2/util/user/autocomplete?q={people['teacher']['name'][:4]}",
        f"/api/2/util/organization/autocomplete?q={school['name'][:4]}",
        f"/draft/{package['id']}",
        f"/publish/{package['id']}",
        f"/desk/{package['id']}",
        f"/api/3/action/package_search?q={SECRET}&include_drafts=true",
    ]
    found = []
    for who in STRANGERS[:2]:
        token = {"Authorization": factories.APIToken(user=people[who]["name"])["token"]} if people[who] else {}
        for page in pages:
            # A message kept for the next page ("no result with the identifier …") repeats what was asked before.
            app.client = app.test_client()
            answer = app.get(page, headers=token, follow_redirects=False, expect_errors=True)
            if answer.status_code >= 500:
                found.append(f"{page} as {who}: {answer.status_code}")
            if there := leaks(f"{answer.headers}{answer.body}", page, secret, people):
                found.append(f"{page} as {who}: {there}")
    assert blobs.path(sha).exists()
    assert not found, "\n".join(found)


def test_no_account_shows_once_it_is_published(app, requested, people):
    """Teacher and coordinator, by name, id or e-mail address, in no form of the result."""
    act("steamcity_review_approve", people["coordinator"], id=requested["id"], sha256=requested["sha256"])
    package = act("package_show", None, id=requested["package_id"])
    data = next(one for one in package["resources"] if one["role"] == "data")
    names = [people[who][key] for who in ("teacher", "coordinator") for key in ("id", "name", "email")]
    pages = [
        f"/experiment/{package['name']}{end}" for end in ("", ".ttl", ".jsonld", ".rdf", ".xml", "/embed", "/cite")
    ]
    pages += [
        f"/dataset/{package['id']}/resource/{one['id']}/download/{one['url'].rpartition('/')[2]}"
        for one in package["resources"]
    ]
    pages += [
        "/",
        "/dataset/",
        "/feeds/dataset.atom",
        f"/feeds/organization/{people['school']['name']}.atom",
        "/catalog.ttl",
        "/catalog.jsonld",
        f"/organization/{people['school']['name']}",
        f"/dataset/activity/{package['id']}",
        f"/api/3/action/package_show?id={package['id']}",
        f"/api/3/action/datastore_info?id={data['id']}",
        f"/api/3/action/steamcity_version_show?id={package['id']}",
        "/api/3/action/current_package_list_with_resources",
        f"/api/3/action/steamcity_version_list?concept={package['concept']}",
        "/api/3/action/package_search?fl=*",
        f"/api/3/action/steamcity_result_show?id={package['id']}",
        f"/datastore/dump/{data['id']}",
        f"/api/3/action/organization_show?id={people['school']['id']}&include_users=true&include_datasets=true",
        f"/api/3/action/dcat_dataset_show?id={package['id']}&format=jsonld",
    ]
    found = []
    for page in pages:
        answer = app.get(page, follow_redirects=True, expect_errors=True)
        found += [f"{page}: {name}" for name in names if name in f"{answer.headers}{answer.body}"]
    assert not found, "\n".join(found)
