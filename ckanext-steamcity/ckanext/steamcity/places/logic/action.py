"""Actions of the places plugin: find places, say what a published place is, load boundaries."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.types import Context, DataDict
from ckanext.steamcity.arguments import checked
from sqlalchemy.exc import SQLAlchemyError

from .. import cells, features, geojson, load, names, resolve
from ..model import Area
from . import schema

# A list of places longer than this is a download: /places/areas.geojson.
_MOST = 1000

#: Sent when boundaries have been loaded and committed.
loaded = tk.signals.ckanext.signal("steamcity_areas_loaded")

__all__ = [
    "steamcity_area_list",
    "steamcity_area_load",
    "steamcity_area_show",
    "steamcity_map_features",
    "steamcity_place_of_point",
    "steamcity_place_show",
]


@tk.side_effect_free
@checked
@tk.validate_action_data(schema.area_list)
def steamcity_area_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Named places, without their outlines.

    :param q: a name or the beginning of one, in any of the portal's languages; accents and case do not matter. The
        best answers come first.
    :param city: only places in the city with this slug
    :param country: only places in this country
    :param parent: only places directly under this one
    :param kind: `country`, `city`, `district` or `quarter`
    :param limit: at most so many (500, at most 1,000)
    """
    tk.check_access("steamcity_area_list", context, data_dict)
    filters = {name: data_dict[name] for name in ("city", "country", "parent", "kind") if data_dict.get(name)}
    found = Area.listed(**filters)
    if data_dict.get("q"):
        query = names.fold(data_dict["q"])
        ranked = sorted(((names.rank(area.search, query), area) for area in found), key=lambda pair: pair[0])
        # Sorting is stable: within a rank larger places come before smaller ones, then by name.
        ranked.sort(key=lambda pair: (pair[0], features.depth(pair[1].kind)))
        found = [area for rank, area in ranked if rank < 4 and query]
    return [area.dictize() for area in found[: min(data_dict["limit"], _MOST)]]


@tk.side_effect_free
@checked
def steamcity_area_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """One named place with its outline (GeoJSON) and its ancestors.

    :param id: slug of the area
    """
    tk.check_access("steamcity_area_show", context, data_dict)
    area = Area.get(str(tk.get_or_bust(data_dict, "id")))
    if area is None:
        raise tk.ObjectNotFound(tk._("There is no such place."))
    return {
        **area.dictize(),
        "ancestors": [ancestor.slug for ancestor in area.ancestors()],
        "geometry": area.geometry(),
    }


@tk.side_effect_free
@checked
def steamcity_place_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """What a published place is: its names, city, country, outline, and the areas that hold it.

    :param place: `area:<slug>` or `cell:<H3 index>`
    """
    tk.check_access("steamcity_place_show", context, data_dict)
    found = resolve.place(str(tk.get_or_bust(data_dict, "place")))
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such place."))
    return found


@checked
@tk.validate_action_data(schema.place_of_point)
def steamcity_place_of_point(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The published place of a point: the cell that holds it, described as by `steamcity_place_show`.

    Its areas are those of the middle of the cell, never of the point. Only by POST, so that no exact point is written
    into a log of addresses; nothing is stored.

    :param lat: latitude, :param lon: longitude, in degrees
    :param resolution: 5 to 9 (8)
    """
    tk.check_access("steamcity_place_of_point", context, data_dict)
    try:
        cell = cells.cell_of(data_dict["lat"], data_dict["lon"], data_dict["resolution"])
    except ValueError as error:
        raise tk.ValidationError({"lat": [tk._("Give a point on earth and a resolution between 5 and 9.")]}) from error
    found = resolve.place(f"cell:{cell}")
    if found is None:  # a cell of a resolution we publish always is a place
        raise tk.ObjectNotFound(tk._("There is no such place."))
    return found


@tk.side_effect_free
@checked
def steamcity_map_features(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Outlines for a map: areas shaded by how many results they hold, and single places.

    :param counts: {area slug: number of results}
    :param places: published places to draw (`area:…`, `cell:…`)
    :param kinds: only areas of these kinds (all)
    """
    tk.check_access("steamcity_map_features", context, data_dict)
    counts, places, kinds = (data_dict.get(name) for name in ("counts", "places", "kinds"))
    if not isinstance(counts or {}, dict) or not _texts(places or []) or not _texts(kinds or []):
        raise tk.ValidationError({"counts": [tk._("counts is an object, places and kinds are lists.")]})
    return features.collect(counts or {}, places or [], kinds or [])


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


@checked
@tk.validate_action_data(schema.area_load)
def steamcity_area_load(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Load areas from GeoJSON (longitudes and latitudes). All or nothing. Sysadmins only.

    :param geojson: a FeatureCollection
    :param source: where the boundaries come from
    :param licence: their licence
    :param attribution: how to name their author on maps
    :param kind: of all places in the file (`district`), unless a feature's property `kind` says otherwise
    :param parent: slug of the place they belong to
    :param name_field: property with the local name; :param name_fields: {language: property}
    :param slug_field: property for the identifier; the name otherwise
    :param timezone: e.g. `Europe/Paris` (from the parent)
    :param approximate: true when these are no surveyed borders
    :param replace: take places of this kind under this parent that are not in the file out of use
    """
    tk.check_access("steamcity_area_load", context, data_dict)
    options = geojson.Options(
        kind=data_dict["kind"],
        parent=data_dict.get("parent"),
        name_field=data_dict.get("name_field") or "",
        name_fields=data_dict.get("name_fields") or {},
        slug_field=data_dict.get("slug_field") or "",
        timezone=data_dict.get("timezone"),
        approximate=data_dict["approximate"],
    )
    rows, problems = geojson.read(data_dict["geojson"], options)
    if problems:
        raise tk.ValidationError({"geojson": [load.sentence(problem) for problem in problems[:50]]})
    try:
        done: dict[str, Any] = load.store(
            rows, **{name: data_dict[name] for name in ("source", "licence", "attribution")}
        )
        done["retired"] = load.retire_others(rows) if data_dict["replace"] else []
    except (tk.ValidationError, SQLAlchemyError):
        model.Session.rollback()
        raise
    if not context.get("defer_commit"):
        model.Session.commit()
        loaded.send()
    return done
