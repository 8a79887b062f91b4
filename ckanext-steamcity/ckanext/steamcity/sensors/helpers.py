"""Template helpers of the sensors plugin."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.units import symbol

__all__ = ["steamcity_property_title", "steamcity_stations", "steamcity_unit_symbol"]


def steamcity_property_title(identifier: str) -> str:
    """An observed property in the reader's language."""
    found = protocols.observed_properties().get(identifier)
    return tk.h.steamcity_local(found["titles"]) if found else identifier


def steamcity_unit_symbol(code: str) -> str:
    """A unit as people write it."""
    return symbol(code)


def steamcity_stations(feed: str, limit: int = 100) -> list[dict[str, Any]]:
    """The stations of a feed, by code."""
    return tk.get_action("steamcity_station_list")({}, {"feed": feed, "limit": limit})["results"] if feed else []
