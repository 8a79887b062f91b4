"""Where a network's stations are: its dataset is found by each of their cities and areas, not only by its own place.

Called by the plugin's `before_dataset_index` only.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from ckan import model

_WHERE = sa.text(
    "select array(select distinct city from steamcity_sensors_station where feed_id = :feed and city <> ''),"
    " array(select distinct a.slug from steamcity_sensors_station s join steamcity_sensors_deployment d"
    " on d.station_id = s.id cross join unnest(d.areas) a(slug) where s.feed_id = :feed)"
)


def before_dataset_index(document: dict[str, Any]) -> dict[str, Any]:
    """Add the published areas of its stations to the document of a network; others stay as they are."""
    if document.get("dataset_type") != "monitoring":
        return document
    feed = json.loads(document.get("validated_data_dict") or document.get("data_dict") or "{}").get("feed")
    if not feed:
        return document
    cities, areas = model.Session.execute(_WHERE, {"feed": str(feed)}).one()
    for name, found in (("steamcity_city", cities), ("steamcity_area", areas)):
        known = document.get(name) or []
        document[name] = sorted({*([known] if isinstance(known, str) else known), *found})
    return document
