"""What this plugin writes into Solr: outline, areas and cell of the published place, and of nothing finer.

Called by the plugin's `before_dataset_index` only.
"""

from __future__ import annotations

import json
import logging
import math
from typing import Any

import shapely
from shapely.geometry import shape

from . import resolve

log = logging.getLogger(__name__)

_LANGUAGES = ("en", "fr", "it", "es", "bg")
# Corners say little in a search and cost Solr time: those nearer than about 30 m, and than a hundredth of the place.
_TOLERANCE = 0.0003
_SHARE = 0.01
# ckanext-spatial reads these; on a dataset with a published place they could only be finer than what is published.
_FOREIGN = ("spatial", "extras_spatial")


def before_dataset_index(document: dict[str, Any]) -> dict[str, Any]:
    """Add the published place to the document of a dataset that has one; others and drafts get none."""
    value = _published_place(document)
    if not value:
        return document
    for name in _FOREIGN:
        document.pop(name, None)
    if document.get("state") == "draft":
        # It stands on no map before it is published, and outlines are what costs Solr most.
        return document
    found = resolve.place(value)
    if found is None:
        log.warning("Dataset %s names the unknown place %s; it is found by text only", document.get("id"), value)
        return document
    whole = shape(found["geometry"])
    west, south, east, north = whole.bounds
    outline = shapely.simplify(whole, max(_TOLERANCE, _SHARE * math.hypot(east - west, north - south)))
    document["spatial_geom"] = [shapely.to_wkt(outline, rounding_precision=5)]
    document.update(minx=west, miny=south, maxx=east, maxy=north, bbox_area=(east - west) * (north - south))
    own = [value.removeprefix("area:")] if found["kind"] == "area" else []
    document["steamcity_area"] = own + found["ancestors"]
    _names(document, found)
    if found["kind"] == "cell":
        document["steamcity_cell"] = [value.removeprefix("cell:")]
    return document


def _names(document: dict[str, Any], found: dict[str, Any]) -> None:
    """The place is found under its name in each language, and under its city's."""
    for names in (found["name"], found["city_name"] or {}):
        for language, name in names.items():
            field = f"text_{language}" if language in _LANGUAGES else "steamcity_text"
            document.setdefault(field, []).append(name)


def _published_place(document: dict[str, Any]) -> str:
    dataset = json.loads(document.get("validated_data_dict") or document.get("data_dict") or "{}")
    return str(dataset.get("published_place") or document.get("published_place") or "")
