"""People, classes and drafts of the schools tests."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories
from schoolhelp import act, complete


@pytest.fixture
def people(area):
    """A school with everybody who may look at its drafts or not."""
    roles = {"teacher": "editor", "colleague": "editor", "coordinator": "admin", "member": "member"}
    staff = {who: factories.User() for who in roles}
    school = factories.Organization(
        name="demo-school-aix-a",
        title="Demo school Aix A",
        kind="school",
        city=area["city"],
        country="FR",
        users=[{"name": staff[who]["name"], "capacity": capacity} for who, capacity in roles.items()],
    )
    other = factories.Organization(
        name="demo-school-napoli-b",
        users=[
            {"name": (stranger := factories.User())["name"], "capacity": "editor"},
            {"name": (stranger_admin := factories.User())["name"], "capacity": "admin"},
        ],
    )
    return {
        **staff,
        "stranger": stranger,
        "stranger_admin": stranger_admin,
        "collaborator": factories.User(),
        "sysadmin": factories.Sysadmin(),
        "anonymous": None,
        "school": school,
        "other_school": other,
    }


@pytest.fixture
def area(clean_db):
    """Two places: a city and a neighbourhood in it."""
    square = [[[5.38, 43.50], [5.46, 43.50], [5.46, 43.55], [5.38, 43.55], [5.38, 43.50]]]
    inner = [[[5.40, 43.51], [5.42, 43.51], [5.42, 43.53], [5.40, 43.53], [5.40, 43.51]]]

    def feature(kind: str, slug: str, name: str, polygon: Any, parent: str | None) -> dict[str, Any]:
        properties = {"slug": slug, "kind": kind, "parent": parent, "names": {"en": name}, "timezone": "Europe/Paris"}
        geometry = {"type": "Polygon", "coordinates": polygon}
        return {"type": "Feature", "properties": {**properties, "approximate": True}, "geometry": geometry}

    features = [
        feature("country", "fr", "France", square, None),
        feature("city", "aix-en-provence", "Aix-en-Provence", square, "fr"),
        feature("district", "jas-de-bouffan", "Jas de Bouffan", inner, "aix-en-provence"),
        feature("quarter", "petit-jas", "Petit Jas", inner, "jas-de-bouffan"),
    ]
    about = {"source": "test", "licence": "CC0-1.0", "attribution": "test"}
    collection = {"type": "FeatureCollection", "features": features}
    tk.get_action("steamcity_area_load")({"ignore_auth": True}, {"geojson": collection, **about})
    return {"city": "aix-en-provence", "district": "jas-de-bouffan", "quarter": "petit-jas"}


@pytest.fixture
def school_class(people):
    """A class of the school."""
    given = {"school": people["school"]["id"], "level_band": "upper_secondary", "school_year": "2025-2026"}
    return act("steamcity_class_create", people["teacher"], **given)


@pytest.fixture
def draft(people):
    """An empty draft of the teacher."""
    return act("steamcity_draft_create", people["teacher"], protocol="co2-indoor", owner_org=people["school"]["name"])


@pytest.fixture
def ready(draft, people, school_class):
    """A draft that may be asked for."""
    return complete(draft, people, school_class)


@pytest.fixture
def requested(ready, people):
    """An open request."""
    return act("steamcity_review_request", people["teacher"], id=ready["id"])
