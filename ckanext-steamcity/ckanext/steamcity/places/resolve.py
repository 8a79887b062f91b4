"""What a published place (`area:<slug>` or `cell:<index>`) is: name, outline, and the areas that hold it.

This plugin only; others ask the action `steamcity_place_show`.
"""

from __future__ import annotations

from typing import Any

from . import cells, outlines
from .model import Area


def place(value: str) -> dict[str, Any] | None:
    """Everything the public may know of a published place; None when there is no such place."""
    kind, _, key = value.partition(":")
    if kind == "area" and key:
        line = Area.lineage(key)
        return _of_area(line[0], line[1:]) if line else None
    if kind == "cell" and cells.is_cell(key):
        return _of_cell(key)
    return None


def exists(value: str) -> bool:
    """Whether there is such a published place; cheaper than `place`."""
    kind, _, key = value.partition(":")
    return (kind == "area" and bool(key) and Area.known(key)) or (kind == "cell" and cells.is_cell(key))


def lineage(value: str) -> list[str]:
    """Slugs of the areas a published place belongs to: itself when it is an area, then upwards."""
    kind, _, key = value.partition(":")
    if kind == "cell":
        longitude, latitude = cells.centre(key)
        area = Area.at(longitude, latitude, cells.size_km2(key))
    else:
        return [found.slug for found in Area.lineage(key)]
    return [found.slug for found in (area, *area.ancestors())] if area else []


def _of_area(area: Area, ancestors: list[Area]) -> dict[str, Any]:
    return {
        "place": f"area:{area.slug}",
        "kind": "area",
        "area_kind": area.kind,
        "name": dict(area.names),
        "city": area.city,
        "city_name": _city_names(area, ancestors),
        "country": area.country,
        "timezone": area.timezone,
        "ancestors": [ancestor.slug for ancestor in ancestors],
        "geometry": area.geometry(),
        "centre": [area.longitude, area.latitude],
        "approximate": area.approximate,
        "source": area.source,
        "licence": area.licence,
        "attribution": area.attribution,
    }


def _of_cell(cell: str) -> dict[str, Any]:
    longitude, latitude = cells.centre(cell)
    area = Area.at(longitude, latitude, cells.size_km2(cell))
    ancestors = area.ancestors() if area else []
    return {
        "place": f"cell:{cell}",
        "kind": "cell",
        "area_kind": None,
        "name": _cell_names(cell, area, ancestors),
        "city": area.city if area else None,
        "city_name": _city_names(area, ancestors),
        "country": area.country if area else None,
        "timezone": area.timezone if area else None,
        "ancestors": [found.slug for found in (area, *ancestors)] if area else [],
        "geometry": cells.polygon(cell),
        "centre": [longitude, latitude],
        "approximate": False,
        "source": "H3",
        "licence": None,
        "attribution": None,
    }


def _city_names(area: Area | None, ancestors: list[Area]) -> dict[str, str]:
    if area is None or not area.city:
        return {}
    city = next((found for found in (area, *ancestors) if found.slug == area.city), None) or Area.get(area.city)
    return dict(city.names) if city else {}


def _cell_names(cell: str, area: Area | None, ancestors: list[Area]) -> dict[str, str]:
    data = outlines.source()
    templates = data["cell_names"] if area else data["cell_names_alone"]
    cities = _city_names(area, ancestors)
    names = {}
    for language, template in templates.items():
        # "1st arrondissement" alone could be anywhere.
        words = dict.fromkeys([area.names.get(language, area.slug) if area else "", cities.get(language, "")])
        names[language] = cells.label(cell, template, language, ", ".join(word for word in words if word))
    return names
