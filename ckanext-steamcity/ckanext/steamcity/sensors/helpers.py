"""Template helpers of the sensors plugin."""

from __future__ import annotations

from datetime import date
from typing import Any

import ckan.plugins.toolkit as tk
from babel.dates import format_date
from ckanext.steamcity import protocols
from ckanext.steamcity.protocols.units import symbol

from . import network

__all__ = [
    "steamcity_month_name",
    "steamcity_network",
    "steamcity_property_title",
    "steamcity_stations",
    "steamcity_unit_symbol",
]


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


def steamcity_network(feed: str, limit: int = 100) -> dict[str, Any]:
    """What the page of a network shows: stations with newest values, quantities, days with data, files of months."""
    asked = tk.request.args.get("year", "")
    year = int(asked) if len(asked) == 4 and asked.isdecimal() and 2000 <= int(asked) <= 2200 else None  # noqa: PLR2004
    stations = tk.get_action("steamcity_latest_list")({}, {"feed": feed, "limit": limit})
    covered = tk.get_action("steamcity_coverage_show")({}, {"feed": feed, "year": year})
    return {
        "stations": stations,
        "properties": sorted({name for station in stations for name in station["latest"]}),
        "coverage": covered,
        "sheet": network.sheet(covered),
        "files": tk.get_action("steamcity_month_list")({}, {"feed": feed}),
    }


def steamcity_month_name(month: str, *, short: bool = False) -> str:
    """A month in words: March 2026."""
    year, number = (int(part) for part in month.split("-"))
    pattern = "LLL" if short else "LLLL y"
    return format_date(date(year, number, 1), pattern, locale=tk.h.steamcity_language())
