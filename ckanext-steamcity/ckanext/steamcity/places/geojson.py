"""Read a GeoJSON file of boundaries: check every feature, mend what can be mended, say what is wrong with the rest.

This plugin only. It touches no database; sentences are marked for translation by the caller (`ProblemError.text`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import shapely
from ckanext.steamcity.messages import N_
from shapely.errors import GEOSException
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry
from slugify import slugify

from .outlines import LANGUAGES

MAX_FEATURES = 20_000
MAX_CORNERS = 2_000_000
_NAME_PROPERTIES = ("name", "nom", "nome", "nombre", "naam", "име", "label", "libelle")


class ProblemError(ValueError):
    """Why a file or one of its features (`number`, from 1) cannot be loaded."""

    def __init__(self, text: str, number: int | None = None, **params: Any) -> None:
        super().__init__(text)
        self.text, self.number, self.params = text, number, params


@dataclass
class Options:
    """How the properties of a file's features become areas."""

    kind: str = "district"
    parent: str | None = None
    name_field: str = ""
    name_fields: dict[str, str] = field(default_factory=dict)
    slug_field: str = ""
    timezone: str | None = None
    approximate: bool = False


def read(data: Any, options: Options) -> tuple[list[dict[str, Any]], list[ProblemError]]:
    """The areas of a FeatureCollection (text, bytes or parsed) and the problems of what could not be read."""
    rows: list[dict[str, Any]] = []
    problems: list[ProblemError] = []
    seen: set[str] = set()
    try:
        features = list(_features(data))
    except ProblemError as problem:
        return [], [problem]
    for number, feature in enumerate(features, start=1):
        try:
            row = _row(feature, options)
            if row["slug"] in seen:
                raise ProblemError(N_("the file has two places with the identifier {slug}"), slug=row["slug"])  # noqa: TRY301
        except ProblemError as problem:
            problem.number = number
            problems.append(problem)
        else:
            seen.add(row["slug"])
            rows.append(row)
    return rows, problems


def _features(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, (str, bytes)):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ProblemError(N_("this is no GeoJSON file")) from error
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise ProblemError(N_("this is no GeoJSON file with a FeatureCollection"))
    features = data.get("features")
    if not isinstance(features, list) or not features:
        raise ProblemError(N_("the file holds no place"))
    if len(features) > MAX_FEATURES:
        raise ProblemError(N_("the file holds more than {limit} places"), limit=MAX_FEATURES)
    yield from features


def _row(feature: Any, options: Options) -> dict[str, Any]:
    if not isinstance(feature, dict):
        raise ProblemError(N_("this is no GeoJSON feature"))
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    outline = outline_of(feature.get("geometry"))
    names = _names(properties, options)
    own = properties.get("slug") if not options.slug_field else properties.get(options.slug_field)
    parent = properties.get("parent", options.parent) if "kind" in properties else options.parent
    slug = slugify(str(own)) if own not in (None, "") else slugify(names["en"])
    if not slug:
        raise ProblemError(N_("the place has no name"))
    prefixed = slug if parent is None or "kind" in properties else f"{parent}-{slug}"
    inside = properties.get("centre") or _inside(outline)
    return {
        "slug": prefixed,
        "kind": str(properties.get("kind") or options.kind),
        "parent": parent,
        "timezone": properties.get("timezone") or options.timezone,
        "names": names,
        "also": [str(name) for name in properties.get("also") or []],
        "centre": inside,
        "shape": outline,
        "approximate": bool(properties.get("approximate", options.approximate)),
    }


def _names(properties: dict[str, Any], options: Options) -> dict[str, str]:
    own = properties.get("names")
    if isinstance(own, dict) and own:
        first = str(next(iter(own.values())))
        return {language: str(own.get(language) or first) for language in LANGUAGES}
    if options.name_field:
        local = properties.get(options.name_field)
    else:
        by_lower = {str(key).lower(): value for key, value in properties.items()}
        local = next((by_lower[key] for key in _NAME_PROPERTIES if by_lower.get(key)), None)
    if local in (None, ""):
        raise ProblemError(
            N_("the place has no name; its properties are {properties}"), properties=", ".join(properties)
        )
    return {
        language: str(properties.get(options.name_fields.get(language, "")) or local).strip() for language in LANGUAGES
    }


def outline_of(geometry: Any) -> MultiPolygon:
    """A valid MultiPolygon in longitude and latitude, or a ProblemError saying what is wrong."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise ProblemError(N_("the place has no polygon"))
    try:
        outline: BaseGeometry = shapely.force_2d(shape(geometry))
    except (GEOSException, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise ProblemError(N_("the polygon cannot be read")) from error
    if outline.is_empty:
        raise ProblemError(N_("the place has no polygon"))
    if shapely.get_num_coordinates(outline) > MAX_CORNERS:
        raise ProblemError(N_("the polygon has more than {limit} corners"), limit=MAX_CORNERS)
    west, south, east, north = outline.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ProblemError(N_("the coordinates are no longitudes and latitudes (WGS 84): save the file in EPSG:4326"))
    if not outline.is_valid:
        outline = shapely.make_valid(outline)
    parts = [part for part in shapely.get_parts(outline) if part.geom_type in ("Polygon", "MultiPolygon")]
    polygons = [polygon for part in parts for polygon in shapely.get_parts(part) if isinstance(polygon, Polygon)]
    if not polygons or not sum(polygon.area for polygon in polygons):
        raise ProblemError(N_("the polygon has no surface"))
    return MultiPolygon([shapely.geometry.polygon.orient(polygon) for polygon in polygons])


def _inside(outline: MultiPolygon) -> list[float]:
    centre = outline.centroid
    point = centre if outline.contains(centre) else outline.representative_point()
    return [round(point.x, 5), round(point.y, 5)]
