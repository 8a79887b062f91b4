"""Pages of the places plugin: all places with a map, and their outlines as a file."""

from __future__ import annotations

import json
from collections import defaultdict

import ckan.plugins.toolkit as tk
from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response

from . import features
from .model import Area

__all__ = ["steamcity_places"]

steamcity_places = Blueprint("steamcity_places", __name__)

_MOST_MATCHES = 30
_FILTERS = ("country", "city", "parent", "kind")


def index() -> str:
    """All cities and their parts, with a map and the number of results in each."""
    query = {"q": "", "fq": "dataset_type:experiment", "rows": 0, "facet.field": ["steamcity_area"], "facet.limit": -1}
    facets = tk.get_action("package_search")({"user": tk.current_user.name}, query)["search_facets"]
    counts = {item["name"]: item["count"] for item in facets.get("steamcity_area", {}).get("items", [])}
    children: dict[str | None, list[Area]] = defaultdict(list)
    for area in Area.listed():
        children[area.parent].append(area)
    found = tk.h.steamcity_map_features(dict.fromkeys((c.slug for c in Area.listed(kind="city")), 0) | counts)
    q = tk.request.args.get("q", "").strip()[:100]
    wanted = {"q": q, "limit": _MOST_MATCHES}
    matches = tk.get_action("steamcity_area_list")({"user": tk.current_user.name}, wanted) if q else []
    variables = {"children": children, "counts": counts, "features": found, "local": features.local}
    variables |= {"q": q, "matches": matches}
    return tk.render("steamcity_places/index.html", extra_vars=variables)


def areas() -> Response:
    """Outlines of the areas in use as GeoJSON, simplified for drawing.

    The parameters `country`, `city`, `parent` and `kind` narrow them.
    """
    tk.check_access("steamcity_area_list", {"user": tk.current_user.name}, {})
    filters = {name: value for name in _FILTERS if (value := tk.request.args.get(name))}
    found = [features.of_area(area, None) for area in Area.listed(**filters)]
    response = make_response(json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False))
    response.mimetype = "application/geo+json"
    response.cache_control.public = True
    response.cache_control.max_age = 3600
    response.add_etag()
    return response.make_conditional(request)


steamcity_places.add_url_rule("/places/", view_func=index)
steamcity_places.add_url_rule("/places/areas.geojson", view_func=areas)
