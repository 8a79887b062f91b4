"""Approximate outlines of the demo's places, computed from the names and centres in `schemas/places.yaml`. Pure.

A district is the part of a circle around its centre that is nearer to it than to any other district: a convex polygon,
so it is valid by construction, and neighbours touch without overlapping. The same list always gives the same outlines.
Anybody may import this module.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, TypedDict

import shapely
import yaml
from shapely.geometry import MultiPolygon, Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

LANGUAGES = ("en", "fr", "it", "es", "bg")
KINDS = ("country", "city", "district", "quarter")
_KM_PER_DEGREE = 111.2
# About 100 m: finer digits would pretend to know a border that nobody measured.
_GRID = 0.001
_CIRCLE_CORNERS = 32
# A half plane is cut as a square of this size (km), far larger than any district.
_FAR = 200.0

LonLat = tuple[float, float]


class Area(TypedDict):
    """One named piece of the world, as `steamcity_area_load` stores it. `geometry` is a GeoJSON MultiPolygon."""

    slug: str
    kind: str
    parent: str | None
    country: str
    city: str | None
    timezone: str | None
    names: dict[str, str]
    also: list[str]
    centre: list[float]
    geometry: dict[str, Any]
    approximate: bool


@cache
def source() -> dict[str, Any]:
    """The list as written: `source`, `licence`, `attribution`, names of cells, countries and cities."""
    return yaml.safe_load(files("ckanext.steamcity.schemas").joinpath("places.yaml").read_text(encoding="utf-8"))


@cache
def areas() -> tuple[Area, ...]:
    """All areas of the demo, parents before children."""
    return tuple(_areas(source()))


def collection() -> dict[str, Any]:
    """The areas as a GeoJSON FeatureCollection that `steamcity_area_load` takes as it is."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": area["geometry"], "properties": {**area, "geometry": None}}
            for area in areas()
        ],
    }


def _areas(data: dict[str, Any]) -> Iterator[Area]:
    for slug, country in data["countries"].items():
        rings = [Polygon([_lonlat(point) for point in ring]) for ring in country["outline"]]
        shape = MultiPolygon(rings)
        yield _area(slug, "country", None, country, shape, _lonlat_of(shape.representative_point()), country=slug)
    sites = [_lonlat(d["at"]) for c in data["cities"] for d in (c["districts"] or [c])]
    for city_ in data["cities"]:
        yield from _city_areas(city_, sites)


def _city_areas(entry: dict[str, Any], sites: list[LonLat]) -> Iterator[Area]:
    common = {"country": entry["country"], "city": entry["slug"], "timezone": entry["timezone"]}
    reach = entry["reach_km"]
    shapes = {d["slug"]: cell(_lonlat(d["at"]), sites, reach) for d in entry["districts"]}
    whole = shapely.union_all(list(shapes.values())) if shapes else cell(_lonlat(entry["at"]), sites, reach)
    yield _area(entry["slug"], "city", entry["country"], entry, _filled(whole), _lonlat(entry["at"]), **common)
    for district in entry["districts"]:
        slug = district["slug"]
        yield _area(slug, "district", entry["slug"], district, shapes[slug], _lonlat(district["at"]), **common)
    quarters = entry.get("quarters", [])
    for quarter in quarters:
        centre, parent = _lonlat(quarter["at"]), quarter["district"]
        shape = cell(centre, [_lonlat(q["at"]) for q in quarters], entry["quarter_reach_km"]) & shapes[parent]
        yield _area(quarter["slug"], "quarter", parent, quarter, shape, centre, **common)


def cell(centre: LonLat, sites: Iterable[LonLat], reach_km: float) -> BaseGeometry:
    """What lies within `reach_km` of `centre` (longitude, latitude) and nearer to it than to any other of `sites`."""
    squeeze = math.cos(math.radians(centre[1]))
    shape: BaseGeometry = Polygon(
        (reach_km * math.cos(a), reach_km * math.sin(a))
        for a in (2 * math.pi * n / _CIRCLE_CORNERS for n in range(_CIRCLE_CORNERS))
    )
    for lon, lat in sites:
        x, y = (lon - centre[0]) * squeeze * _KM_PER_DEGREE, (lat - centre[1]) * _KM_PER_DEGREE
        if 0 < math.hypot(x, y) < 2 * reach_km:
            shape &= _nearer_half(x, y)
    degrees = shapely.transform(
        shape, lambda km: km / [squeeze * _KM_PER_DEGREE, _KM_PER_DEGREE] + [centre[0], centre[1]]
    )
    return shapely.set_precision(degrees, _GRID)


def _nearer_half(x: float, y: float) -> Polygon:
    """The half of the plane nearer to the origin than to (x, y)."""
    length = math.hypot(x, y)
    along, across = (x / length, y / length), (-y / length, x / length)
    corners = []
    for depth, side in ((length / 2, -_FAR), (length / 2, _FAR), (-_FAR, _FAR), (-_FAR, -_FAR)):
        corners.append((along[0] * depth + across[0] * side, along[1] * depth + across[1] * side))
    return Polygon(corners)


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """Without the slivers that rounding leaves between neighbours."""
    polygons = [Polygon(part.exterior) for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return shapely.set_precision(shapely.union_all(polygons), _GRID)


def _area(
    slug: str,
    kind: str,
    parent: str | None,
    entry: dict[str, Any],
    shape: BaseGeometry,
    centre: LonLat,
    *,
    country: str,
    city: str | None = None,
    timezone: str | None = None,
) -> Area:
    names = entry.get("names", {})
    return Area(
        slug=slug,
        kind=kind,
        parent=parent,
        country=country,
        city=city,
        timezone=timezone,
        names={language: names.get(language) or entry["name"] for language in LANGUAGES},
        also=list(entry.get("also", [])),
        centre=[round(value, 3) for value in centre],
        geometry=multipolygon(shape),
        approximate=True,
    )


def multipolygon(shape: BaseGeometry) -> dict[str, Any]:
    """GeoJSON MultiPolygon of the polygons in `shape`, outer rings counter-clockwise."""
    parts = [part for part in shapely.get_parts(shapely.normalize(shape)) if isinstance(part, Polygon) and part.area]
    ordered = MultiPolygon([shapely.geometry.polygon.orient(part) for part in parts])
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [[[round(x, 3), round(y, 3)] for x, y in ring] for ring in polygon]
            for polygon in mapping(ordered)["coordinates"]
        ],
    }


def _lonlat(at: list[float]) -> LonLat:
    return at[1], at[0]


def _lonlat_of(point: Point) -> LonLat:
    return point.x, point.y
