"""Classes get their names from the portal."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
import pytest
from schoolhelp import act, refused

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_db", "clean_index")


def test_classes_of_a_school(people):
    """Made by staff, named by the portal, unique in school and year, readable by everybody, without a person."""
    school = people["school"]["id"]
    given = {"school": school, "level_band": "mixed"}
    made = [act("steamcity_class_create", people["teacher"], **given, school_year="2025-2026") for _ in range(3)]
    assert len({one["name"] for one in made}) == 3
    assert all(one["name"].startswith("Team ") for one in made)
    for who in ("member", "stranger", "anonymous"):
        assert isinstance(refused("steamcity_class_create", people[who], **given), tk.NotAuthorized), who
        changed = {"id": made[0]["id"], "level_band": "upper_secondary"}
        assert isinstance(refused("steamcity_class_update", people[who], **changed), tk.NotAuthorized), who
    for wrong in ({"level_band": "4B"}, {"school_year": "2025-2027"}, {"level_band": None}):
        assert isinstance(
            refused("steamcity_class_create", people["teacher"], **{**given, **wrong}), tk.ValidationError
        )
    act("steamcity_class_update", people["coordinator"], id=made[0]["id"], level_band="upper_secondary")
    listed = act("steamcity_class_list", people["anonymous"], school=people["school"]["name"])
    assert {one["id"] for one in listed} == {one["id"] for one in made}
    shown = act("steamcity_class_show", people["anonymous"], id=made[0]["id"])
    assert set(shown) == {"id", "school", "school_year", "name", "level_band"}
    assert shown["level_band"] == "upper_secondary"


def test_pages_of_classes(app, people):
    """The teacher makes one with two fields; a wrong year is said beside its field."""
    from ckan.tests import factories

    token = {"Authorization": factories.APIToken(user=people["teacher"]["name"])["token"]}
    address = f"/school/{people['school']['name']}/classes"
    wrong = app.post(address, data={"level_band": "mixed", "school_year": "25/26"}, headers=token)
    assert wrong.status_code == 422
    assert 'id="school_year-error"' in wrong.body
    made = app.post(address, data={"level_band": "mixed", "school_year": "2025-2026"}, headers=token)
    assert "Team " in made.body
    stranger = {"Authorization": factories.APIToken(user=people["stranger"]["name"])["token"]}
    assert app.get(address, headers=stranger).status_code == 403
