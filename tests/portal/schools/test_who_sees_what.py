"""Who sees a draft, through every door."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from schoolhelp import act, refused

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")

SEES = ("teacher", "colleague", "coordinator", "collaborator", "sysadmin")
BLIND = ("anonymous", "member", "stranger", "stranger_admin")


def headers(user):
    """A token of this person; none for the public."""
    return {"Authorization": factories.APIToken(user=user["name"])["token"]} if user else {}


@pytest.fixture
def shared(ready, people):
    """A complete draft with a collaborator."""
    person = people["collaborator"]["id"]
    act("package_collaborator_create", people["coordinator"], id=ready["id"], user_id=person, capacity="editor")
    yield ready
    # CKAN's own reset stumbles over collaborators of packages it deletes.
    model.Session.rollback()
    model.Session.execute(sa.delete(model.PackageMember))
    model.Session.commit()


def _found(user, draft, **query):
    found = act(
        "package_search", user, fq="dataset_type:experiment", include_drafts=True, include_private=True, **query
    )
    return draft["id"] in [result["id"] for result in found["results"]]


def test_show_search_and_download(app, shared, people):
    """package_show, package_search, the page, the file."""
    package = act("package_show", people["teacher"], id=shared["id"])
    data = next(one for one in package["resources"] if one["role"] == "data")
    address = f"/dataset/{package['id']}/resource/{data['id']}/download/data.csv"
    for who in SEES:
        assert act("package_show", people[who], id=shared["id"])["id"] == shared["id"], who
        assert _found(people[who], shared), who
        assert app.get(address, headers=headers(people[who])).body.startswith("time,co2"), who
    for who in BLIND:
        assert isinstance(refused("package_show", people[who], id=shared["id"]), tk.NotAuthorized), who
        assert isinstance(refused("resource_show", people[who], id=data["id"]), tk.NotAuthorized), who
        assert not _found(people[who], shared), who
        token = headers(people[who])
        assert app.get(address, headers=token, follow_redirects=False).status_code in (302, 403, 404), who
        page = app.get(f"/experiment/{shared['id']}", headers=token, follow_redirects=False)
        assert page.status_code in (302, 403, 404), who


def test_drafts_and_answers(shared, people):
    """The wizard's actions."""
    for who in SEES:
        assert act("steamcity_draft_show", people[who], id=shared["id"])["answers"]["question"], who
    for who in BLIND:
        assert refused("steamcity_draft_show", people[who], id=shared["id"]), who
        assert refused("steamcity_draft_update", people[who], id=shared["id"], answers={}), who
        assert refused("steamcity_gate_check", people[who], id=shared["id"]), who
        assert refused("package_patch", people[who], id=shared["id"], title="x"), who
        assert refused("steamcity_draft_file_set", people[who], id=shared["id"], text="a,b\n1,2\n"), who
    listed = {who: [one["id"] for one in act("steamcity_draft_list", people[who])] for who in ("colleague", "stranger")}
    assert listed == {"colleague": [shared["id"]], "stranger": []}


def test_what_everybody_may_ask_tells_nothing(app, shared, people):
    """Tags, formats, members, facets, feeds, activity, lists."""
    tk.get_action("package_patch")(
        {"ignore_auth": True, "user": people["sysadmin"]["name"]},
        {"id": shared["id"], "tags": [{"name": "secret-tag"}]},
    )
    package = model.Package.get(shared["id"])
    package.add_tag_by_name("secret-tag")
    package.resources_all[0].format = "SecretFormat"
    model.Session.commit()
    for who in ("anonymous", "stranger"):
        user = people[who]
        assert "secret-tag" not in act("tag_list", user)
        assert "secret-tag" not in str(act("tag_list", user, query="secret", all_fields=True))
        assert act("tag_search", user, query="secret") == {"count": 0, "results": []}
        assert act("tag_autocomplete", user, query="secret") == []
        assert act("format_autocomplete", user, q="secret") == []
        assert shared["id"] not in str(act("member_list", user, id=people["school"]["id"]))
        assert shared["id"] not in act("package_list", user)
        facets = act(
            "package_search", user, **{"facet.field": ["steamcity_protocol", "organization"], "facet.limit": -1}
        )
        assert not any(facets["facets"].values())
        assert act("organization_show", user, id=people["school"]["id"])["package_count"] == 0
        assert shared["id"] not in str(refused("organization_activity_list", user, id=people["school"]["id"]))
    assert shared["id"] in str(act("member_list", people["teacher"], id=people["school"]["id"]))
    for address in ("/feeds/dataset.atom", f"/feeds/organization/{people['school']['name']}.atom", "/catalog.ttl"):
        answer = app.get(address)
        assert shared["id"] not in answer.body
        assert "secret" not in answer.body.lower()


def test_plain_datasets_keep_their_rules(people):
    """Private datasets of other organisations are seen by their members, as ever."""
    city = factories.Organization(users=[{"name": people["member"]["name"], "capacity": "member"}])
    private = factories.Dataset(owner_org=city["id"], private=True, tags=[{"name": "of-a-city"}])
    assert act("package_show", people["member"], id=private["id"])["id"] == private["id"]
    assert isinstance(refused("package_show", people["stranger"], id=private["id"]), tk.NotAuthorized)
    assert "of-a-city" in act("tag_list", people["anonymous"])
