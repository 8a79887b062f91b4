"""Drafts and versions for the citation tests."""

from __future__ import annotations

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
from citation_world import ROWS, publish, set_files
from ckan.tests import factories


@pytest.fixture
def make_draft(school):
    """A function that makes a draft with its clean table, as the wizard leaves it."""

    def make(name: str = "co2-in-our-classroom", rows: str = ROWS, **fields):
        context = {"ignore_auth": True, "user": school["teacher"]["name"], "allow_state_change": True}
        draft = tk.get_action("package_create")(
            context,
            {
                "name": name,
                "type": "experiment",
                "state": "draft",
                "owner_org": school["organization"]["id"],
                "title": "CO2 in our classroom",
                "finding": "CO2 climbs above 1,500 ppm in two of three lessons",
                "notes": "We measured the air while we had lessons & opened no window.",
                "question": "How bad is the air after a lesson?",
                "limits": "One room, one week in winter.",
                "protocol": "co2-indoor",
                "class_name": "Team Kingfisher",
                "level_band": "lower_secondary",
                "school_year": "2025-2026",
                "period_start": "2026-03-03",
                "period_end": "2026-03-14",
                "license_id": "CC-BY-4.0",
                "language": "en",
                "hypotheses": [{"statement": "Air gets worse", "outcome": "supported", "stated_on": "2026-03-01"}],
                "tags": [{"name": "air"}],
                **fields,
            },
        )
        set_files(draft["id"], rows)
        return draft["id"]

    return make


@pytest.fixture
def version(make_draft):
    """A published version."""
    published = publish(make_draft())
    model.Session.remove()
    return published


@pytest.fixture
def sysadmin(clean_db):
    """An administrator of the portal."""
    return factories.Sysadmin()
