"""Twin experiments of a protocol, from frozen tables. The frame's action, views and helpers only.

One search finds the results, one list names the cities; each table is read from its file once and kept reduced.
"""

from __future__ import annotations

import json
import logging
from datetime import date
from functools import lru_cache
from typing import Any

import ckan.plugins.toolkit as tk
from ckanext.steamcity import blobs, protocols, results, wording
from ckanext.steamcity.messages import N_, Message
from ckanext.steamcity.protocols import twin_charts, twins
from ckanext.steamcity.protocols.model import Protocol

log = logging.getLogger(__name__)

MOST_RESULTS = 200
WIDTHS = {"wide": 720, "narrow": 310}


def cities_of(protocol: Protocol, datasets: list[dict[str, Any]]) -> tuple[dict[str, list[twins.Part]], int]:
    """The published results of a protocol by city, reduced to what comparing needs; and how many have a table that
    cannot be read."""
    zones = wording.area_zones()
    parts, unread = [], 0
    for dataset in datasets:
        files = {entry.get("role"): entry.get("sha256") for entry in dataset.get("resources", [])}
        city = dataset.get("city")
        if not city or not files.get("data"):
            continue
        try:
            table = _reduced(
                files["data"], files.get("dictionary") or "", protocol.slug, protocol.digest, zones.get(city) or "UTC"
            )
        except (FileNotFoundError, ValueError, KeyError):
            log.exception("The table of result %s cannot be compared", dataset.get("name"))
            unread += 1
            continue
        parts.append(
            twins.Part(
                city,
                (dataset.get("organization") or {}).get("name") or dataset.get("owner_org") or "",
                _day(dataset.get("period_start")),
                _day(dataset.get("period_end")),
                str(dataset.get("synthetic")).lower() == "true",
                table,
            )
        )
    return twins.cities(protocol, parts), unread


def described(
    protocol: Protocol, cities: dict[str, list[twins.Part]], count: int = 0, unread: int = 0
) -> dict[str, Any]:
    """What is said of the cities, in the order of their names in the reader's language: JSON-safe. ``count``: how many
    results there are, which may be more than are compared; ``unread``: how many could not be."""
    found = []
    for city in sorted(cities, key=wording.area_name):
        facts = twins.facts(protocol, cities[city])
        facts |= {name: facts[name].isoformat() if facts[name] else None for name in ("start", "end")}
        found.append({"city": city, **facts})
    return {
        "protocol": protocol.slug,
        "kind": "series" if twins.is_series(protocol) else "groups",
        "comparable": len(cities) >= twins.LEAST_CITIES,
        "cities": found,
        "references": twins.references(protocol),
        "notes": [message.to_dict() for message in [*twins.apart(cities), *_left_out(count, unread)]],
    }


def _left_out(count: int, unread: int) -> list[Message]:
    found = []
    if count > MOST_RESULTS:
        text = N_("Compared are the newest {most} of {results} results.")
        found.append(Message(text, {"most": MOST_RESULTS, "results": count}))
    if unread:
        found.append(
            Message(N_("Results whose table could not be read, and are not compared: {number}."), {"number": unread})
        )
    return found


def specs(protocol: Protocol, cities: dict[str, list[twins.Part]], width: int) -> list[dict[str, Any]]:
    """The charts, as Vega-Lite specifications with their numbers inside."""
    if len(cities) < twins.LEAST_CITIES:
        return []
    names = {city: wording.area_name(city) for city in cities}
    return twin_charts.charts(protocol, cities, names, wording.language(), width, hours=tk._("Hour of the day"))


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def _reduced(data: str, dictionary: str, slug: str, _digest: str, zone: str) -> twins.Reduced:
    protocol = protocols.load(slug)
    return twins.reduce(protocol, results.read_rows(data), timezone=zone, written_in=_units(dictionary))


def _units(sha256: str) -> dict[str, str]:
    """The unit of each column as the frozen dictionary says it."""
    if not sha256:
        return {}
    try:
        fields = json.loads(blobs.read(sha256)).get("fields", [])
    except (FileNotFoundError, ValueError, AttributeError):
        return {}
    return {field["name"]: field["unit"] for field in fields if isinstance(field, dict) and field.get("unit")}
