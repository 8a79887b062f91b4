"""Fixtures of the places' tests."""

from __future__ import annotations

import pytest
from ckan.tests.helpers import call_action
from ckanext.steamcity.places import outlines


@pytest.fixture
def demo_places(clean_db) -> None:
    """The demo's approximate outlines, loaded through the action."""
    about = outlines.source()
    keys = ("source", "licence", "attribution")
    call_action("steamcity_area_load", geojson=outlines.collection(), **{key: about[key] for key in keys})
