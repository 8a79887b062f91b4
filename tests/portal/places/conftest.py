"""Fixtures of the places' tests."""

from __future__ import annotations

import pytest
from ckan.tests.helpers import call_action
from ckanext.steamcity.places import outlines


@pytest.fixture
def demo_places(clean_db) -> None:
    """The demo's approximate outlines in an empty database, loaded through the action."""
    _load()


@pytest.fixture
def demo_places_once(tables, with_plugins) -> None:
    """The demo's outlines, for tests that need no empty database: loaded when the last test left none or others.

    Emptying and migrating takes seconds; `./portal test` has made the tables before.
    """
    listed = call_action("steamcity_area_list", limit=1000)
    if [area["id"] for area in listed] != sorted(area["slug"] for area in outlines.areas()):
        for area in listed:
            assert area["source"], "the table holds something no test of ours wrote"
        _load()


def _load() -> None:
    about = outlines.source()
    keys = ("source", "licence", "attribution")
    call_action("steamcity_area_load", geojson=outlines.collection(), **{key: about[key] for key in keys})
