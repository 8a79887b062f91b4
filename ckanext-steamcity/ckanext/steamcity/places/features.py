"""Outlines for a map, with their number of results. This plugin only; others ask `steamcity_map_features`."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from flask import has_request_context

from . import land, resolve, svg
from .model import KINDS, Area

# A map shows so many places at most: beyond, they are too small to see and too heavy to send.
MAX_FEATURES = 2000
# Degrees (about 30 m for parts of a city, 3 km for a country): what a screen can show.
_TOLERANCE = {"country": 0.03, "city": 0.0006, "district": 0.0003, "quarter": 0.0003}


def depth(kind: str) -> int:
    """0 for a country … 3 for a quarter."""
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def collect(counts: dict[str, Any], places: list[str], kinds: list[str]) -> dict[str, Any]:
    """`features` to draw with colours and `backdrop` to draw pale behind them, both GeoJSON FeatureCollections.

    `breaks` are the upper ends of the classes of colour.
    """
    numbers = {str(slug): int(number) for slug, number in counts.items() if str(number).isdigit()}
    wanted = {area.slug: area for area in Area.of(numbers)}
    for city in {area.city for area in wanted.values() if area.city}:
        # Districts without a result are drawn too: an empty one must not look like its city.
        wanted.update({area.slug: area for area in Area.listed(city=city) if area.kind != "quarter"})
    found = [area for area in wanted.values() if not kinds or area.kind in kinds]
    countries = {area.country for area in found if area.country}
    drawn = [of_area(area, numbers.get(area.slug, 0)) for area in _ordered(found) if area.kind != "country"]
    ends = _shaded(drawn)
    cities: set[str] = set()
    for value in dict.fromkeys(places):
        if spot := resolve.place(str(value)):
            drawn.append(_of_place(spot))
            countries.add(spot["country"])
            cities.add(spot["city"])
    shown = {feature["id"] for feature in drawn}
    behind = Area.of(slug for slug in countries | cities if slug)
    around = [area for city in cities if city for area in Area.listed(city=city) if area.kind == "district"]
    # A rough outline of a whole country says less than the coasts do, and beside a city it is wrong.
    fine = [area for area in [*behind, *around] if area.kind != "country" or not area.approximate]
    backdrop = [of_area(area, None) for area in _ordered(fine) if f"area:{area.slug}" not in shown]
    if land.wide(svg.bounds(drawn)):
        backdrop.insert(0, land.feature())
    return {
        "features": _collection(drawn[:MAX_FEATURES]),
        "backdrop": _collection(backdrop[:MAX_FEATURES]),
        "breaks": ends,
    }


def of_area(area: Area, count: int | None) -> dict[str, Any]:
    """GeoJSON Feature of an area."""
    return {
        "type": "Feature",
        "id": f"area:{area.slug}",
        "geometry": area.geometry(_TOLERANCE.get(area.kind, 0)),
        "properties": {
            "place": f"area:{area.slug}",
            "slug": area.slug,
            "kind": area.kind,
            "parent": area.parent,
            "city": area.city,
            "name": local(area.names),
            "centre": [area.longitude, area.latitude],
            "count": count,
            "approximate": area.approximate,
            "attribution": area.attribution,
        },
    }


def _shaded(drawn: list[dict[str, Any]]) -> list[int]:
    """Give every feature the class of colour of its number of results; return the classes.

    One scale for cities and their parts: a colour means what the legend says wherever it stands.
    """
    properties = [feature["properties"] for feature in drawn]
    divided = {own["city"] for own in properties if own["kind"] == "district"}
    ends = svg.breaks(own["count"] for own in properties)
    for own in properties:
        own["shade"] = svg.shade(own["count"], ends)
        own["divided"] = own["slug"] in divided
        own["label"] = label(own["name"], own["count"])
    return ends


def label(name: str, count: int) -> str:
    """What is written over an area."""
    return tk.ungettext("{name}: {n} result", "{name}: {n} results", count).format(name=name, n=count)


def _of_place(spot: dict[str, Any]) -> dict[str, Any]:
    properties = {key: spot[key] for key in ("place", "city", "centre", "approximate", "attribution")}
    name = local(spot["name"])
    own = {"kind": spot["area_kind"] or "cell", "name": name, "label": name, "count": None, "marked": True}
    return {
        "type": "Feature",
        "id": f"place:{spot['place']}",
        "geometry": spot["geometry"],
        "properties": {**properties, **own},
    }


def local(names: dict[str, str]) -> str:
    """The name in the reader's language; in English where nobody reads (a command, a job)."""
    language = tk.h.lang() if has_request_context() else "en"
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


def _ordered(areas: list[Area]) -> list[Area]:
    return sorted(areas, key=lambda area: (depth(area.kind), area.slug))


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
